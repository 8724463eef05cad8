"""Pictures: the look chosen on a phone, a map given, renders cancelled and made after all, captions taken from the files."""

from __future__ import annotations

import json

import pytest

from tests.stack import running, until

pytestmark = [pytest.mark.browser]
PHONE = (390, 844)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 50">{}<path id="North Bank" d="M0 0h40v40h-40z"/>' \
    '<path id="Harbour" d="M45 0h40v40h-40z"/></svg>'  # fmt: skip
IN_SIGHT = """([image, field]) => {
  const [i, f] = [image, field].map(e => e.getBoundingClientRect())
  return i.top >= 0 && i.bottom <= innerHeight && f.top >= i.bottom && f.bottom <= innerHeight
}"""
MADE = """import json
from cms.models import StoryPage
from django.contrib.auth import get_user_model
from formats.variants import create_variants
who = get_user_model().objects.get(username='chris')
story = StoryPage.objects.order_by('pk').first()
(made,) = create_variants(story, ['instagram.image'], by=who)
print(json.dumps([story.get_campaign().pk, story.pk, made.pk]))"""


CUT = """import json
from cms.models import StoryPage
from django.contrib.auth import get_user_model
from formats.core.piece import Video
from formats.variants import create_variants
who = get_user_model().objects.get(username='chris')
stories = StoryPage.objects.order_by('pk')
story = next(s for s in stories if any(isinstance(b, Video) for b in s.to_piece().blocks))
(made,) = create_variants(story, ['instagram.reel'], by=who)
print(json.dumps([story.get_campaign().pk, story.pk, made.pk]))"""
VIEWS = [(size, scheme) for size in ((1440, 900), PHONE) for scheme in ("light", "dark")]
ALL_VIEWS = pytest.mark.parametrize(
    ("size", "scheme"), VIEWS, ids=[f"{size[0]}-{scheme}" for size, scheme in VIEWS]
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Without a worker: what is asked for waits until a test starts one."""
    with running(tmp_path_factory.mktemp("stack"), sample=("--bare",), worker=False) as found:
        yield found


@pytest.fixture(scope="module")
def made(stack) -> list[int]:
    """A picture of the first story: [campaign, story, variant]."""
    return json.loads(stack.shell(MADE).strip().splitlines()[-1])


@pytest.fixture(scope="module")
def cut(stack) -> list[int]:
    """A cut of a story's video: [campaign, story, variant]."""
    return json.loads(stack.shell(CUT).strip().splitlines()[-1])


def as_it_should_be(who) -> None:
    """No finding of axe, no complaint of the browser, nothing that scrolls sideways."""
    assert who.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert who.serious() == []
    assert who.trouble == []


def tab_to(page, selector: str, most: int = 120) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does, and see that it can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            shown = "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.boxShadow !== 'none' }"
            assert page.evaluate(shown, page.evaluate_handle("document.activeElement"))
            return
    pytest.fail(f"{selector} is never reached by Tab")


@ALL_VIEWS
def test_the_page_of_the_look(person, made, size, scheme):
    chris = person("chris", size=size, scheme=scheme)
    page = chris.go(f"/admin/campaigns/{made[0]}/look/")
    page.wait_for_function(
        "e => e.complete && e.naturalWidth", arg=page.locator(".look-sheet").element_handle()
    )
    as_it_should_be(chris)

    tab_to(page, "input[name=typeface]")
    before = page.evaluate("document.activeElement.value")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") != before


@ALL_VIEWS
def test_the_pages_of_maps(person, made, size, scheme):
    chris = person("chris", size=size, scheme=scheme)
    chris.go("/admin/maps/")
    as_it_should_be(chris)
    page = chris.go("/admin/maps/add/")
    as_it_should_be(chris)

    tab_to(page, "input[name=name]")
    page.keyboard.type("Wards")
    tab_to(page, "input[name=source]", 12)


@ALL_VIEWS
def test_the_page_of_files(person, stack, cut, size, scheme):
    chris = person("chris", size=size, scheme=scheme)
    page = chris.go(f"/admin/variants/story/{cut[1]}/files/")
    page.locator("main").get_by_text("Instagram").first.wait_for()
    as_it_should_be(chris)

    tab_to(page, "main a[href], main button")


@ALL_VIEWS
def test_the_dialog_of_the_passage(person, cut, size, scheme):
    """By keyboard alone: opened, the passage moved, looked at and closed, and the focus is where it was."""
    chris = person("chris", size=size, scheme=scheme)
    page = chris.go(f"/admin/variants/edit/{cut[2]}/")
    opener = page.locator("button[data-do=passage]").first
    opener.wait_for()
    opener.focus()
    page.keyboard.press("Enter")
    start = page.locator("#variant-passage input[name=start_line]")
    start.wait_for()
    as_it_should_be(chris)

    auto = page.locator("#variant-passage input[name=auto]")
    if auto.is_checked():
        auto.focus()
        page.keyboard.press("Space")
    tab_to(page, "#variant-passage input[name=start_line]")
    before = float(start.input_value())
    page.keyboard.press("ArrowRight")
    assert float(start.input_value()) > before
    tab_to(page, "#variant-passage button[type=submit]:not([value])")
    as_it_should_be(chris)
    page.keyboard.press("Escape")
    until(
        lambda: page.evaluate("document.activeElement.dataset.do") == "passage",
        what="the focus where it was",
    )


def test_a_look_is_chosen_on_a_phone(person, made):
    chris = person("chris", size=PHONE)
    page = chris.go(f"/admin/campaigns/{made[0]}/look/")
    sheet = page.locator(".look-sheet")
    page.wait_for_function("e => e.complete && e.naturalWidth", arg=sheet.element_handle())
    first = sheet.get_attribute("src")

    serif = page.locator("input[name=typeface][value=serif]")
    serif.scroll_into_view_if_needed()
    serif.focus()
    assert page.evaluate(IN_SIGHT, [sheet.element_handle(), serif.element_handle()])
    page.keyboard.press("Space")
    until(lambda: page.locator(".look-sheet").get_attribute("src") != first, what="the preview to follow")
    page.fill("input[name=ink]", "#0b5c64")
    page.locator(".look-fails").first.wait_for()
    page.locator("button[name=take]").first.click()
    until(lambda: page.input_value("input[name=ink]") != "#0b5c64", what="a colour that can be read")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert chris.serious() == []
    assert chris.trouble == []


def test_a_map_is_given(person, made):
    chris = person("chris")
    page = chris.go("/admin/maps/add/")
    page.fill("[name=name]", "Wards")
    page.fill("[name=source]", "Council, CC BY 4.0")
    bad = {"name": "m.svg", "mimeType": "image/svg+xml", "buffer": SVG.format("<script>1</script>").encode()}
    page.set_input_files("[name=svg]", bad)
    page.keyboard.press("Control+s")
    page.get_by_text("This file has “script” in it").wait_for()
    page.set_input_files("[name=svg]", bad | {"buffer": SVG.format("").encode()})
    page.keyboard.press("Control+s")
    page.get_by_text("Wards (2 regions)").first.wait_for()

    assert chris.trouble == []


def test_renders_are_cancelled_and_made_after_all(person, stack, made):
    chris = person("chris")
    board = f"/admin/variants/story/{made[1]}/"
    page = chris.go(board)
    page.locator("button[aria-label='Cancel what is waiting'], button[aria-label^='Cancel']").first.click()
    again = page.locator("button[aria-label^='Make it after all']")
    again.first.wait_for()
    assert chris.serious() == []
    again.first.click()
    page.get_by_text("waiting for its turn").first.wait_for()

    stack.start_worker()
    page.goto(f"{stack.site}{board}files/")
    page.get_by_role("link", name="Download all as ZIP").wait_for(timeout=60_000)
    shown = page.locator(".files-picture img").first
    assert page.evaluate("e => e.decode().then(() => e.naturalWidth)", shown.element_handle()) == 1080
    assert chris.serious() == []
    assert chris.trouble == []
