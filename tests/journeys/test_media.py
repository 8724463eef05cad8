"""Pictures and videos: uploaded, framed and cut by keyboard, the look chosen on a phone, renders cancelled and made."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from media import ffmpeg
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


def give(page, offered: list, selector: str, file: Path) -> None:
    """Choose a file for a field, by keyboard: what opens then, and is in ``offered``, is the system's own."""
    tab_to(page, selector)
    page.keyboard.press("Enter")
    until(lambda: page.wait_for_timeout(50) or offered, what="the choice of a file")
    offered.pop().set_files(file)


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Two seconds of video, beside them captions with an editor's note, and captions with a fault."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "said.vtt").write_text("WEBVTT\n\nNOTE ask Bob\n\n00:00.200 --> 00:01.500\nGood morning\n")
    (folder / "wrong.vtt").write_text("WEBVTT\n\n00:00.200 -> 00:01.500\nGood morning\n")
    command = [ffmpeg.executable(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=2:r=10"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(folder / "film.mp4")], check=True)
    return folder / "film.mp4"


@ALL_VIEWS
def test_a_video_with_its_captions_is_uploaded(person, stack, made, film, size, scheme):
    """By keyboard alone. A fault in the captions, and a video given as poster, are told where they were given."""
    title = f"Morning {size[0]} {scheme}"
    chris = person("chris", size=size, scheme=scheme)
    page, offered = chris.go("/admin/media/video/add/"), []
    page.on("filechooser", lambda choice: offered.append(choice))
    as_it_should_be(chris)

    tab_to(page, "input[name=title]")
    page.keyboard.type(title)
    give(page, offered, "input[name=file]", film)
    give(page, offered, "input[name=captions]", film.with_name("wrong.vtt"))
    give(page, offered, "input[name=thumbnail]", film)
    tab_to(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    page.get_by_text("Line 3:").first.wait_for()
    expect(page.get_by_text("Give a still picture here").first).to_be_visible()
    assert page.input_value("input[name=title]") == title
    as_it_should_be(chris)

    give(page, offered, "input[name=file]", film)
    give(page, offered, "input[name=captions]", film.with_name("said.vtt"))
    tab_to(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name=title, exact=True).first
    link.wait_for()
    as_it_should_be(chris)
    said = stack.shell(
        f"from cms.models import CampaignMedia; m = CampaignMedia.objects.get(title={title!r});"
        "print(round(m.duration), m.width, m.captions.read().decode().split())"
    )
    assert said.strip() == "2 320 ['WEBVTT', '00:00.200', '-->', '00:01.500', 'Good', 'morning']"

    page.keyboard.press("Tab")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/media/edit/**")
    as_it_should_be(chris)


@ALL_VIEWS
def test_the_focal_point_of_a_picture(person, made, size, scheme):
    """By keyboard alone: opened, another picture looked at, the point moved and seen to move, closed."""
    chris = person("chris", size=size, scheme=scheme)
    page = chris.go(f"/admin/variants/edit/{made[2]}/")
    opener = page.locator(".variant-media button[data-do=pick]").first
    opener.wait_for()
    opener.focus()
    page.keyboard.press("Enter")
    across = page.locator("#variant-picker input[name=x]")
    across.wait_for()
    page.wait_for_function("() => document.activeElement.matches('#variant-picker input[name=from]')")
    page.wait_for_function("() => document.querySelector('[data-focus-picture]').naturalWidth > 0")
    as_it_should_be(chris)

    tab_to(page, "#variant-picker input[name=x]")
    mark = page.locator("[data-focus-mark]")
    before = mark.bounding_box()["x"]
    page.keyboard.press("Control+a")
    page.keyboard.type("5" if float(across.input_value()) > 50 else "95")
    assert abs(mark.bounding_box()["x"] - before) > 20
    seen = page.locator("[data-focus-picture]").bounding_box()
    assert seen["x"] - 17 <= mark.bounding_box()["x"] <= seen["x"] + seen["width"]
    tab_to(page, "#variant-picker button[type=submit]:not([value]):not(.button-secondary)", 12)
    as_it_should_be(chris)
    page.keyboard.press("Escape")
    until(lambda: page.evaluate("document.activeElement.dataset.do") == "pick", what="the focus where it was")


LATE = """() => {
  const real = window.fetch
  let first = true
  window.fetch = (url, options) => {
    if (!String(url).includes('/passages/') || !first) return real(url, options)
    first = false
    return new Promise(done => setTimeout(done, 2000)).then(() => real(url)).then(answer => (window.late = answer))
  }
}"""


def test_the_answer_of_a_dialog_that_was_closed_is_not_shown(person, cut):
    """On a slow line: what was opened first must not be written into what is open now."""
    chris = person("chris")
    page = chris.go(f"/admin/variants/edit/{cut[2]}/")
    opener = page.locator("button[data-do=passage]").first
    opener.wait_for()
    page.evaluate(LATE)
    opener.click()
    page.keyboard.press("Escape")
    opener.click()
    start = page.locator("#variant-passage input[name=start]")
    start.wait_for()
    page.locator("#variant-passage input[name=auto]").uncheck()
    start.fill("1.5")
    until(lambda: page.evaluate("Boolean(window.late)"), what="the late answer")
    page.wait_for_timeout(500)

    assert start.input_value() == "1.5"
    assert chris.trouble == []


def test_a_cover_outside_the_passage_is_told_before_the_dialog_closes(person, cut):
    chris = person("chris")
    page = chris.go(f"/admin/variants/edit/{cut[2]}/")
    page.locator("button[data-do=passage]").first.click()
    dialog = page.locator("#variant-passage")
    dialog.locator("input[name=auto]").uncheck()
    for name, value in (("start", "0"), ("end", "6"), ("cover", "9")):
        dialog.locator(f"input[name={name}]").fill(value)
    dialog.locator("button:has-text('Use this passage')").click()

    assert "at 0:09.0, is not in the passage" in dialog.locator("[data-passage-length]").inner_text()
    assert page.evaluate("document.activeElement.name") == "cover"
    dialog.locator("input[name=cover]").fill("3")
    dialog.locator("[data-sentence] [data-begin]").last.click()  # moves the passage away from it
    assert dialog.locator("input[name=cover]").input_value() == ""
    assert "Hustings chooses one" in dialog.locator("[data-passage-said]").inner_text()
    assert chris.trouble == []


def test_a_button_that_the_server_refuses_says_so(person, stack, made):
    """Here: somebody took the right to write away meanwhile."""
    chris = person("chris")
    page = chris.go(f"/admin/variants/edit/{made[2]}/")
    cancel = page.locator("[data-making] button").first
    cancel.wait_for()
    page.route("**/admin/variants/cancel-media/**", lambda route: route.fulfill(status=403, body="No."))
    cancel.click()

    page.locator("[data-said]", has_text="That was not done: the server answered 403").wait_for()
    assert cancel.is_enabled()


INFOGRAPHICS = (
    "import json; from cms.models import InfographicPage;"
    "print(json.dumps([p.url for p in InfographicPage.objects.live().order_by('pk')]))"
)


@ALL_VIEWS
def test_the_public_page_of_an_infographic(person, stack, made, size, scheme):
    """As somebody who is not signed in, by keyboard: the figures are opened as a table."""
    reader = person("chris", size=size, scheme=scheme)
    reader.context.clear_cookies()
    for address in json.loads(stack.shell(INFOGRAPHICS).strip().splitlines()[-1]):
        page = reader.go(address)
        page.locator("figure.figures").wait_for()
        as_it_should_be(reader)
        tab_to(page, "details.as-table summary")
        page.keyboard.press("Enter")
        table = page.locator("details.as-table table")
        until(table.is_visible, what="the table")
        assert table.locator("tbody tr").count() >= 2
        as_it_should_be(reader)


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
    page.wait_for_function("e => e.complete", arg=shown.element_handle())
    assert page.evaluate("e => createImageBitmap(e).then(b => b.width)", shown.element_handle()) == 1080
    assert chris.serious() == []
    assert chris.trouble == []
