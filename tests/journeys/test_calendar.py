"""A week planned and handed in by keyboard alone; a post dragged over the change of the clocks and into a quiet period."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.stack import until

pytestmark = pytest.mark.browser
SCENE = """
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo
from django.contrib.auth import get_user_model
from channels.models import Channel
from cms.models import CampaignPage, StoryPage
from editorial.models import CampaignEvent, QuietPeriod, RecurringSlot
from formats import variants
from work import clock
people = get_user_model().objects
chris = people.get(username="chris")
campaign = CampaignPage.objects.get(slug="river-clean-up-2026")
channel = Channel.objects.create(campaign_id=campaign.pk, platform="x", remote_id="kx", handle="@by_keyboard")
RecurringSlot.objects.bulk_create(RecurringSlot(channel=channel, weekday=day, at=time(18)) for day in range(7))
made = []
for title in ("Monday on the river", "Tuesday on the river", "The night of the clocks"):
    story = campaign.add_child(instance=StoryPage(title=title, lead=f"{title}: come and help.", owner=chris, live=False))
    story.save_revision(user=chris)
    made += variants.create_variants(story, ["x.thread"], by=chris)
zone = ZoneInfo("Europe/London")
sunday = datetime.fromisoformat("SUNDAY")
saturday = sunday - timedelta(days=1)
variants.plan(made[2], saturday.replace(hour=1, minute=30), "Europe/London", by=chris, now=clock.now())
quiet = (sunday - timedelta(days=2)).replace(tzinfo=zone)
QuietPeriod.objects.create(name="Silence", reason="Two days before polling.", campaign_id=campaign.pk,
                           starts_at=quiet, ends_at=quiet + timedelta(days=1))
CampaignEvent.objects.create(campaign_id=campaign.pk, name="Polling day", first_on=sunday.date())
import json
print(json.dumps([variant.pk for variant in made]))
"""


def autumn() -> date:
    """The next last Sunday of October that is at least a month away: the clocks of London go back."""
    soon = datetime.now(UTC).date() + timedelta(days=31)
    for year in (soon.year, soon.year + 1):
        last = date(year, 10, 31)
        last -= timedelta(days=(last.weekday() + 1) % 7)
        if last > soon:
            return last
    raise AssertionError(soon)


@pytest.fixture(scope="module")
def scene(stack):
    """Two variants without a time, and one on the Saturday before the clocks go back; Friday is quiet."""
    return json.loads(stack.shell(SCENE.replace("SUNDAY", autumn().isoformat())))


def tab_to(page, selector: str, most: int = 160) -> None:
    """Press Tab until the first thing that matches has the focus; nothing is clicked."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by keyboard")


def planned(stack, pk: int) -> tuple[str, int]:
    words = f"from formats.models import Variant as V; v = V.objects.get(pk={pk}); print(v.planned_wall, v.planned_fold)"
    wall, _, fold = stack.shell(words).strip().rpartition(" ")
    return wall, int(fold)


def test_a_creator_plans_and_submits_a_week_by_keyboard_alone(stack, person, scene):
    chris = person("chris")
    page = chris.go("/admin/calendar/week/")
    page.wait_for_selector(".has-grid")

    for pk, button in ((scene[0], "[data-move-form] [name=wall]"), (scene[1], "[data-move-slots] button")):
        tab_to(page, f"[data-tray] [data-entry='{pk}'] [data-move]")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-move-dialog][open]")
        page.wait_for_function("document.activeElement.name === 'wall'")
        if "slots" in button:
            tab_to(page, button)
        page.keyboard.press("Enter")
        page.locator("[data-live]", has_text="moved to").wait_for()
        page.wait_for_selector(f"[data-tray] [data-entry='{pk}']", state="detached")
        page.locator("[data-live]", has_text="Undo").wait_for()
    walls = [planned(stack, pk)[0] for pk in scene[:2]]
    assert [wall[11:16] for wall in walls] == ["10:00", "18:00"]

    for month in sorted({wall[:7] for wall in walls}):
        page = chris.go(f"/admin/calendar/list/?month={month}&q=on+the+river")
        for pk, wall in zip(scene[:2], walls, strict=True):
            if wall.startswith(month):
                tab_to(page, f"input[name=v][value='{pk}']")
                page.keyboard.press("Space")
        tab_to(page, "button[name=action][value=submit]")
        page.keyboard.press("Enter")
        page.get_by_text("submitted for approval").first.wait_for()

    assert chris.serious() == []
    assert chris.trouble == []


def drag(page, pk: int, day: date) -> None:
    event = page.locator(f".cal-grid a[href$='/variant/{pk}/']").bounding_box()
    target = cell(page, day).bounding_box()
    page.mouse.move(event["x"] + 20, event["y"] + 12)
    page.mouse.down()
    page.mouse.move(event["x"] + 40, event["y"] + 20, steps=3)
    page.mouse.move(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2, steps=8)
    page.mouse.up()


def cell(page, day: date):
    return page.locator(f".cal-grid [role=gridcell][data-date='{day}']")


def stands_on(page, pk: int, day: date) -> bool:
    event, box = (
        page.locator(f".cal-grid a[href$='/variant/{pk}/']").bounding_box(),
        cell(page, day).bounding_box(),
    )
    return (
        box["x"] <= event["x"] + 5 <= box["x"] + box["width"]
        and box["y"] <= event["y"] <= box["y"] + box["height"]
    )


def test_a_manager_drags_over_the_change_of_the_clocks_and_is_refused_by_a_quiet_period(stack, person, scene):
    sunday, pk = autumn(), scene[2]
    saturday, friday = sunday - timedelta(days=1), sunday - timedelta(days=2)
    mona = person("mona", size=(1440, 1200))
    page = mona.go(f"/admin/calendar/?month={sunday:%Y-%m}&q=clocks")
    page.locator(f".cal-grid a[href$='/variant/{pk}/']").wait_for()
    assert page.get_by_text("Polling day").first.is_visible()
    assert stands_on(page, pk, saturday)

    drag(page, pk, sunday)
    page.get_by_text("happens twice").wait_for()
    page.get_by_role("button", name="The second").click()
    page.locator("[data-live]", has_text="moved to").wait_for()
    assert planned(stack, pk) == (f"{sunday} 01:30:00", 1)
    page.get_by_role("button", name="Undo").click()
    until(
        lambda: planned(stack, pk) == (f"{saturday} 01:30:00", 0), seconds=20, every=1, what="the move undone"
    )
    until(lambda: stands_on(page, pk, saturday), seconds=10, what="the post back on Saturday")

    drag(page, pk, friday)
    page.locator("[data-live]", has_text="Two days before polling.").wait_for()
    assert "Not moved" in page.locator("[data-live]").inner_text()
    until(lambda: stands_on(page, pk, saturday), seconds=10, what="the post snapped back")
    assert planned(stack, pk) == (f"{saturday} 01:30:00", 0)

    assert mona.serious() == []
    assert mona.trouble == []


@pytest.mark.parametrize(("size", "scheme"), [((1440, 900), "dark"), ((390, 844), "light")])
def test_every_page_of_planning_is_sound_in_both_themes_and_on_a_phone(person, scene, size, scheme):
    mona = person("mona", size=size, scheme=scheme)
    found = []
    for path in (
        "",
        "week/",
        "list/",
        "new/",
        "slots/",
        "import/",
        "print/month/",
        "print/week/",
        "print/list/",
    ):
        page = mona.go(f"/admin/calendar/{path}")
        found += [f"{path}: {each}" for each in mona.serious()]
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    assert found == []
    assert mona.trouble == []
