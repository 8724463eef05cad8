"""The editor and the comparison of variants, by keyboard alone: written, split, mended, illustrated, copied, taken back."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.test_main_job import add_block, campaign
from tests.stack import until

pytestmark = [pytest.mark.browser]
READY = """() => document.querySelectorAll('.desk-count').length > 0
  && !document.querySelector('.desk--counting, [data-busy]')"""
TEXTS = "() => [...document.querySelectorAll('[data-contentpath=text] textarea')].map(each => each.value)"


@pytest.fixture(scope="module")
def made(stack):
    """A thread, a post and a carousel of the first story, by Chris: {format: id}."""
    code = (
        "import json; from cms.models import StoryPage; from django.contrib.auth import get_user_model;"
        "from formats.variants import create_variants;"
        "who = get_user_model().objects.get(username='chris');"
        "story = StoryPage.objects.order_by('pk').first();"
        "made = create_variants(story, ['x.thread', 'facebook.post', 'instagram.carousel'], by=who);"
        "filmed = next(s for s in StoryPage.objects.order_by('pk') if 'video' in [b.block_type for b in s.body]);"
        "made += create_variants(filmed, ['instagram.reel'], by=who);"
        "print(json.dumps({'story': story.pk, **{v.format: v.pk for v in made}}))"
    )
    return json.loads(stack.shell(code).strip().splitlines()[-1])


@pytest.fixture(scope="module")
def chris(chromium, stack):
    from tests.journeys.conftest import Person

    someone = Person(chromium, stack.site, "chris")
    yield someone
    someone.close()


def texts(page) -> list[str]:
    return page.evaluate(TEXTS)


def reach(page, target, *, most: int = 260):
    """Go on with Tab until the focus is on what is sought: what the keyboard cannot reach fails here."""
    wanted = target.element_handle()
    for _ in range(most):
        if page.evaluate("e => document.activeElement === e", wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab did not reach {target}")


def press(page, target):
    reach(page, target)
    page.keyboard.press("Enter")


def serious(someone) -> list[str]:
    """What axe finds, but for the date picker that Wagtail brings and hangs below the page."""
    someone.page.evaluate(
        "document.querySelectorAll('.xdsoft_datetimepicker').forEach(each => each.remove())"
    )
    return someone.serious()


def settled(page):
    page.wait_for_timeout(350)  # the desk waits this long for the next letter
    page.wait_for_function(READY)


def part(page, nth: int):
    return page.locator(".variant-part").nth(nth)


def open_editor(chris, pk: int):
    if "/edit/" in chris.page.url:  # an autosave on its way would make the page that comes next out of date
        chris.page.wait_for_timeout(2500)
    page = chris.go(f"/admin/variants/edit/{pk}/")
    page.wait_for_function(READY)
    return page


def test_split_join_move_and_undo_by_keyboard(chris, made):
    page = open_editor(chris, made["x.thread"])
    before = texts(page)
    area = part(page, 0).locator("[data-contentpath=text] textarea")
    reach(page, area)
    page.keyboard.press("Control+Home")
    for _ in range(2):
        page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Alt+Shift+Enter")
    until(lambda: len(texts(page)) == len(before) + 1, what="the split")
    total = len(before) + 1
    first, second, *rest = texts(page)
    assert first.endswith(f"\n\n1/{total}")
    assert second.endswith(f"\n\n2/{total}")
    assert re.sub(r"\d+/\d+$", "", rest[-1]) == re.sub(r"\d+/\d+$", "", before[-1])
    settled(page)
    assert page.evaluate("document.activeElement.value") == second  # the cursor is where one would go on

    page.keyboard.press("Alt+Shift+ArrowUp")
    until(lambda: texts(page)[0].startswith(second.split("\n")[0]), what="the move")
    assert texts(page)[0].endswith(f"1/{total}")
    settled(page)
    page.keyboard.press("Alt+Shift+Z")
    until(lambda: texts(page)[0] == first, what="the first undo")
    settled(page)

    press(page, part(page, 0).locator("[data-do=join]"))
    until(lambda: len(texts(page)) == len(before), what="the join")
    settled(page)
    undo = page.locator(".desk-bar [data-do=undo]")
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
        undo.focus()
        page.keyboard.press("Enter")
        settled(page)
    assert texts(page) == before
    assert chris.trouble == []


def test_the_counter_says_what_the_server_counts(chris, stack, made):
    page = open_editor(chris, made["x.thread"])
    words = "Naïve café 👨‍👩‍👧 今日 https://example.org/a-b/c — ok"
    area = part(page, 1).locator("[data-contentpath=text] textarea")
    reach(page, area)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(words)
    settled(page)
    count = page.locator(".desk-count").nth(1)
    counted = int(
        stack.shell(f"from formats.registry import FORMATS; print(FORMATS['x.thread'].count({words!r}))")
    )
    until(lambda: count.inner_text().startswith(f"{counted} / 280"), what=f"{counted} in the counter")
    assert words in page.locator(".desk-preview").inner_text().replace(
        "example.org/a-b/c", "https://example.org/a-b/c"
    )


def test_a_text_that_is_too_long_is_mended_by_a_button_and_undone(chris, made):
    page = open_editor(chris, made["x.thread"])
    area = part(page, 2).locator("[data-contentpath=text] textarea")
    reach(page, area)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("We counted every single piece that came out of the river. " * 8)
    settled(page)
    long = texts(page)
    mend = part(page, 2).locator("[data-do=mend][data-mend=split_part]")
    until(lambda: mend.count() == 1, what="a way to mend it")
    assert "too many" in page.locator(".desk-count").nth(2).inner_text()
    expect(part(page, 2).locator(".variant-source a").first).to_be_visible()
    assert serious(chris) == []
    press(page, mend)
    until(lambda: len(texts(page)) > len(long), what="the mend")
    settled(page)
    assert page.locator(".desk-count.variant-over").count() == 0
    page.locator(".desk-bar [data-do=undo]").focus()
    page.keyboard.press("Enter")
    until(lambda: texts(page) == long, what="the undo of the mend")


def test_another_focal_point_and_alt_text_are_saved(chris, stack, made):
    page = open_editor(chris, made["instagram.carousel"])
    medium = page.locator(".variant-media").first
    press(page, medium.locator("[data-do=pick]"))
    dialog = page.locator("#variant-picker")
    x = dialog.locator("input[name=x]")
    x.wait_for()
    assert serious(chris) == []
    reach(page, x)
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    press(page, dialog.locator("button:has-text('Use this picture')"))
    until(lambda: not dialog.is_visible(), what="the dialog to close")
    settled(page)
    alt = page.locator(".variant-media [data-contentpath=alt] textarea").first
    reach(page, alt)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("Neighbours on the bank, seen from the bridge.")
    settled(page)
    assert page.locator(".desk-alt-count").first.inner_text().startswith("45 / ")
    page.keyboard.press("Control+s")
    page.wait_for_load_state()
    code = (
        "from formats.models import Variant; v = Variant.objects.get(pk=%d).to_parts()[0].media[0];"
        "print(v.plan['source']['focus']['x'], v.alt)"
    )
    until(
        lambda: (
            stack.shell(code % made["instagram.carousel"]).split(maxsplit=1)
            == ["0.12", "Neighbours on the bank, seen from the bridge.\n"]
        ),
        every=1,
        what="saving",
    )
    assert chris.trouble == []


def test_the_passage_of_a_video_is_chosen_by_its_words(chris, stack, made):
    page = open_editor(chris, made["instagram.reel"])
    press(page, page.locator(".variant-media [data-do=passage]").first)
    dialog = page.locator("#variant-passage")
    lines = dialog.locator("[data-sentence]")
    until(lambda: lines.count() > 2, what="what is said")
    assert (
        dialog.locator("[data-passage-length]").inner_text()
        == "Hustings looks for it when the video is made."
    )
    assert serious(chris) == []
    press(page, lines.nth(1).locator("[data-begin]"))
    press(page, lines.nth(2).locator("[data-end]"))
    assert [lines.nth(n).evaluate("e => e.classList.contains('is-in')") for n in range(4)] == [
        False,
        True,
        True,
        False,
    ]
    handle, number = dialog.locator("input[name=end_line]"), dialog.locator("input[name=end]")
    assert dialog.locator("[data-passage-track] span").count() == lines.count()
    reach(page, handle)  # back from its end: Tab goes round the dialog
    before = float(number.input_value())
    page.keyboard.press("ArrowLeft")
    assert float(number.input_value()) == pytest.approx(before - 0.1)
    assert handle.get_attribute("aria-valuetext").startswith("0:")
    page.keyboard.press("ArrowRight")
    end = dialog.locator("input[name=end]")
    begun = float(dialog.locator("input[name=start]").input_value())
    end.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(str(begun - 1))
    assert dialog.locator("[data-passage-length]").inner_text() == "The passage ends before it begins."
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    end.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(str(begun + 6))
    centre = dialog.locator("input[name=x]")
    found = int(
        centre.input_value()
    )  # what the renderer found worth showing, as far as it has made the video
    centre.focus()
    page.keyboard.press("ArrowLeft")
    press(page, dialog.locator("button:has-text('Use this passage')"))
    until(lambda: not dialog.is_visible(), what="the dialog to close")
    settled(page)
    page.keyboard.press("Control+s")
    page.wait_for_load_state()
    code = (
        "import json; from formats.models import Variant; v = Variant.objects.get(pk=%d).to_parts()[0].media[0];"
        "print(json.dumps([v.plan['start_s'], v.plan.get('length_s'), v.plan.get('centre')]))"
    )
    until(
        lambda: (
            json.loads(stack.shell(code % made["instagram.reel"]))
            == [begun, 6.0, {"x": (found - 1) / 100, "y": 0.5}]
        ),
        every=1,
        what="saving",
    )
    assert chris.trouble == []


BLOCKS = (
    "Paragraph",
    "Key points",
    "Quote",
    "Statistic",
    "Picture",
    "Video",
    "Recording",
    "Music",
    "Call to action",
)


def test_every_block_of_a_story_can_be_filled_in_by_those_who_hear_the_page(chris, stack):
    page = chris.go(f"/admin/pages/add/cms/storypage/{campaign(stack)}/")
    for label in BLOCKS:
        add_block(page, label)
    page.get_by_role("textbox", name="Text", exact=True).first.wait_for()
    expect(page.get_by_role("textbox", name="Key point", exact=True)).to_have_count(1)
    # Wagtail's map of the page has an empty link for each item of a list, as these have no heading.
    page.evaluate(
        "document.querySelectorAll('.w-minimap-item').forEach(e => e.innerText.trim() || e.remove())"
    )
    assert serious(chris) == []


def test_leaving_with_unsaved_words_warns(chris, made):
    page = open_editor(chris, made["facebook.post"])
    page.route(
        "**/admin/variants/edit/**",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    page.wait_for_timeout(2200)  # Wagtail begins to watch two seconds after the page is there
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    reach(page, part(page, 0).locator("[data-contentpath=text] textarea"))
    page.keyboard.type("Unsaved ")
    page.wait_for_timeout(1500)
    page.goto(f"{chris.site}/admin/variants/")
    page.unroute("**/admin/variants/edit/**")
    chris.complaints[:] = [
        each for each in chris.complaints if "Failed to" not in each[1] and "ERR_FAILED" not in each[1]
    ]
    assert asked == ["beforeunload"]


def test_comparing_and_copying_hashtags_by_keyboard(chris, stack, made):
    code = (
        "from formats.variants import fresh, save; from formats import desk; from dataclasses import replace;"
        "v = fresh(%d); rows = desk.rows_of(v);"
        "desk.put(v, (replace(rows[0], text='Begins differently\\n\\n#Brook #Clean'), *rows[1:])); save(v, by=None)"
    )
    stack.shell(code % made["facebook.post"])
    page = chris.go(f"/admin/variants/story/{made['story']}/")
    table = page.locator(".compare-lines")
    expect(table.get_by_text("Begins").first).to_be_visible()
    assert table.locator("ins").count() >= 1
    assert serious(chris) == []
    press(page, page.locator(f"#variant-{made['facebook.post']} a:has-text('Copy a change')"))
    page.wait_for_url("**/admin/variants/copy/**")
    select = page.locator("#copy-what")
    reach(page, select)
    page.keyboard.type("The hashtags")
    press(page, page.get_by_role("button", name="Show what would change"))
    page.wait_for_url("**what=tags**")
    ticked = page.locator("input[name=to]:checked")
    assert ticked.count() >= 1
    assert serious(chris) == []
    press(page, page.get_by_role("button", name="Copy to the ticked variants"))
    page.wait_for_url("**done=**")
    after = "from formats.variants import fresh; print(any('#Brook #Clean' in p.text for p in fresh(%d).to_parts()))"
    assert stack.shell(after % made["instagram.carousel"]).strip() == "True"
    press(page, page.get_by_role("button", name="Take it back"))
    page.get_by_text("Taken back in").wait_for()
    assert stack.shell(after % made["instagram.carousel"]).strip() == "False"
    assert chris.trouble == []


def test_somebody_is_added_and_called_by_their_handle(chris, stack, made):
    page = chris.go("/admin/people/")
    press(page, page.get_by_role("link", name="Add person or account"))
    page.wait_for_url("**/admin/people/add/")
    reach(page, page.locator("[name=name]"))
    page.keyboard.insert_text("Old Mill Bakery")
    reach(page, page.locator("[name=on_x]"))
    page.keyboard.insert_text("https://x.com/OldMillBakery")
    reach(page, page.locator("[name=on_instagram]"))
    page.keyboard.insert_text("not a handle!")
    page.keyboard.press("Enter")
    wrong = page.locator(".w-field__errors:visible").first
    wrong.wait_for()
    assert serious(chris) == []
    reach(page, page.locator("[name=on_instagram]"))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("@oldmill.bakery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/people/")
    row = page.locator("tr", has_text="Old Mill Bakery")
    assert "@OldMillBakery" in row.inner_text()
    assert "@oldmill.bakery" in row.inner_text()
    assert chris.trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_the_desk_fits_and_can_be_read(chromium, stack, made, width, scheme):
    from tests.journeys.conftest import Person

    someone = Person(chromium, stack.site, "chris", size=(width, 844), scheme=scheme)

    def fits(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        assert serious(someone) == [], page.url

    try:
        page = open_editor(someone, made["x.thread"])
        summary = page.locator(".desk-left-out summary")
        press(page, summary)
        reasons = page.locator(".desk-left-out .variant-remedy")
        until(lambda: reasons.first.is_visible(), what="what was left out")
        assert "has no place for it" not in " ".join(reasons.all_inner_texts())
        fits(page)
        fits(someone.go(f"/admin/variants/story/{made['story']}/?theme={scheme}"))
        fits(someone.go(f"/admin/variants/story/{made['story']}/create/"))
        fits(someone.go("/admin/people/"))
        fits(someone.go("/admin/people/add/"))
        assert someone.trouble == []
    finally:
        someone.close()
