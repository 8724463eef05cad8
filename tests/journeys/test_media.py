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


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Without a worker: what is asked for waits until a test starts one."""
    with running(tmp_path_factory.mktemp("stack"), sample=("--bare",), worker=False) as found:
        yield found


@pytest.fixture(scope="module")
def made(stack) -> list[int]:
    """A picture of the first story: [campaign, story, variant]."""
    return json.loads(stack.shell(MADE).strip().splitlines()[-1])


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
