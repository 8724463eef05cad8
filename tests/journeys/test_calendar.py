"""A week planned and handed in by keyboard alone; posts dragged from the tray, within a week, over the change of the clocks
and into a quiet period; the quick panel by keyboard; every page of planning in both themes.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.sync_api import expect

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
accounts = [
    Channel.objects.create(campaign_id=campaign.pk, platform=platform, remote_id="kb", handle=f"@{platform}_by_keyboard")
    for platform in ("x", "facebook", "linkedin")
]
RecurringSlot.objects.bulk_create(RecurringSlot(channel=accounts[0], weekday=day, at=time(18)) for day in range(7))
made = {}
everywhere = ["x.thread", "facebook.post", "linkedin.post"]
for title, formats in {
    "Early on the river": everywhere,
    "Late on the river": everywhere,
    "Sunday on the river": ["x.thread"],
    "Dragged along": ["x.thread", "facebook.post"],
    "The night of the clocks": ["x.thread"],
}.items():
    story = campaign.add_child(instance=StoryPage(title=title, lead=f"{title}: come and help.", owner=chris, live=False))
    story.save_revision(user=chris)
    made[title] = variants.create_variants(story, formats, by=chris)
night = made["The night of the clocks"][0]
zone = ZoneInfo("Europe/London")
sunday = datetime.fromisoformat("SUNDAY")
saturday = sunday - timedelta(days=1)
variants.plan(night, saturday.replace(hour=1, minute=30), "Europe/London", by=chris, now=clock.now())
quiet = (sunday - timedelta(days=2)).replace(tzinfo=zone)
QuietPeriod.objects.create(name="Silence", reason="Two days before polling.", campaign_id=campaign.pk,
                           starts_at=quiet, ends_at=quiet + timedelta(days=1))
CampaignEvent.objects.create(campaign_id=campaign.pk, name="Polling day", first_on=sunday.date())
import json
print(json.dumps({
    "week": [variant.pk for title in made if "on the river" in title for variant in made[title]],
    "dragged": [variant.pk for variant in made["Dragged along"]],
    "night": night.pk,
    "story": night.story_id,
    "account": accounts[0].pk,
}))
"""


IN_THE_FIELD = "() => document.activeElement.name === 'wall'"  # a function: the pages' policy forbids eval


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
    """Nine variants on three accounts without a time, and one on the Saturday before the clocks go back; Friday is quiet."""
    return json.loads(stack.shell(SCENE.replace("SUNDAY", autumn().isoformat())))


def whole_week() -> date:
    """The next Monday whose week lies within one month."""
    monday = datetime.now(UTC).date() + timedelta(days=2)
    while monday.weekday() or (monday + timedelta(days=6)).month != monday.month:
        monday += timedelta(days=1)
    return monday


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


def type_wall(page, wall: datetime) -> None:
    """Into the field that has the focus, part by part as a person does."""
    page.keyboard.type(f"{wall:%m%d%Y}")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{wall:%I%M%p}")


def test_a_creator_plans_and_submits_a_week_by_keyboard_alone(stack, person, scene):
    chris, monday = person("chris"), whole_week()
    page = chris.go(f"/admin/calendar/week/?week={monday:%G-W%V}&q=on+the+river")
    page.wait_for_selector(".has-grid")
    wanted = {}

    tab_to(page, "[data-tray] [data-move]")  # once: the focus goes on to the next one by itself
    for number in range(7):
        page.wait_for_function("() => document.activeElement.closest('[data-tray] [data-entry]')")
        pk = page.evaluate("document.activeElement.closest('[data-tray] [data-entry]').dataset.entry")
        page.keyboard.press("Enter")
        page.wait_for_function(IN_THE_FIELD)
        if number == 0:
            page.wait_for_selector("[data-move-dialog][open] [data-move-slots] button")
            tab_to(page, "[data-move-slots] button")
        else:
            wanted[pk] = datetime.combine(monday + timedelta(days=number), time(8 + number, 30))
            type_wall(page, wanted[pk])
        page.keyboard.press("Enter")
        page.locator("[data-live]", has_text="moved to").wait_for()
        page.wait_for_selector(f"[data-tray] [data-entry='{pk}']", state="detached")
    page.wait_for_function("() => document.activeElement.closest('.cal-grid a')")

    walls = {str(pk): planned(stack, pk)[0] for pk in scene["week"]}
    assert {pk: walls[pk] for pk in wanted} == {pk: str(wall) for pk, wall in wanted.items()}
    [by_slot] = walls.keys() - wanted.keys()
    assert walls[by_slot][11:] == "18:00:00"

    days = sorted({wall[:7] for wall in walls.values()})
    for month in days:
        page = chris.go(f"/admin/calendar/list/?month={month}&q=on+the+river")
        tab_to(page, "[data-tick-all] input")
        page.keyboard.press("Space")
        tab_to(page, "button[name=action][value=submit]")
        page.keyboard.press("Enter")
        page.get_by_text("submitted for approval").first.wait_for()
    words = "from formats.models import Variant as V; from publishing.status import status_of as s"
    asked = f"{words}; print(sorted({{row.word for row in s(V.objects.filter(pk__in={scene['week']})).values()}}))"
    assert stack.shell(asked).strip() == "['in_review']"

    assert chris.serious() == []
    assert chris.trouble == []


def drag(page, pk: int, day: date) -> None:
    target = cell(page, day).bounding_box()
    drop(
        page,
        page.locator(f".cal-grid a[href$='/variant/{pk}/']"),
        target["x"] + target["width"] / 2,
        target["y"] + target["height"] / 2,
    )


def drop(page, what, x: float, y: float) -> None:
    box = what.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 20, steps=3)
    page.mouse.move(x, y, steps=8)
    page.mouse.up()


def cell(page, day: date):
    return page.locator(f".cal-grid [role=gridcell][data-date='{day}']")


def stands_on(page, pk: int, day: date) -> bool:
    event, box = (
        page.locator(f".cal-grid a[href$='/variant/{pk}/']").bounding_box(),
        cell(page, day).bounding_box(),
    )
    if event is None or box is None:  # the grid is just being drawn anew
        return False
    return (
        box["x"] <= event["x"] + 5 <= box["x"] + box["width"]
        and box["y"] <= event["y"] <= box["y"] + box["height"]
    )


def test_a_manager_drags_over_the_change_of_the_clocks_and_is_refused_by_a_quiet_period(stack, person, scene):
    sunday, pk = autumn(), scene["night"]
    saturday, friday = sunday - timedelta(days=1), sunday - timedelta(days=2)
    mona = person("mona", size=(1440, 1200))
    page = mona.go(f"/admin/calendar/?month={sunday:%Y-%m}&q=clocks")
    page.locator(f".cal-grid a[href$='/variant/{pk}/']").wait_for()
    expect(page.get_by_text("Polling day").first).to_be_visible()
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


def test_the_quick_panel_opens_and_closes_by_keyboard_and_gives_the_focus_back(person, scene):
    pk, mona = scene["night"], person("mona")
    page = mona.go(f"/admin/calendar/?month={autumn():%Y-%m}&q=clocks")
    event = f".cal-grid a[href$='/variant/{pk}/']"
    page.wait_for_selector(event)

    tab_to(page, event)
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="The night of the clocks")
    panel.wait_for()
    assert panel.get_by_label("As it will go out").get_by_text("come and help").first.is_visible()
    for part in ("Worth a look", "History"):
        expect(panel.get_by_role("heading", name=part)).to_be_visible()
    expect(panel.get_by_role("link", name="Open editor")).to_be_visible()
    assert mona.serious() == []
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("selector => document.activeElement.matches(selector)", event)

    page.keyboard.press("Enter")
    panel.wait_for()
    tab_to(page, "dialog[open] [data-move]")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_THE_FIELD)
    type_wall(page, datetime(2020, 1, 1, 9))
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("has passed").wait_for()
    page.wait_for_function(IN_THE_FIELD)
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-move-dialog][open]", state="detached")
    assert page.evaluate("selector => document.activeElement.matches(selector)", event)

    page.keyboard.press("Enter")
    panel.wait_for()
    tab_to(page, "dialog[open] [data-move]")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_THE_FIELD)
    type_wall(page, datetime.combine(autumn() - timedelta(days=3), time(9)))
    page.keyboard.press("Enter")
    page.locator("[data-live]", has_text="moved to").wait_for()
    until(lambda: stands_on(page, pk, autumn() - timedelta(days=3)), seconds=10, what="the post on Thursday")
    page.wait_for_function("selector => document.activeElement.matches(selector)", arg=event)
    assert mona.trouble == []


def test_posts_are_dragged_from_the_tray_and_within_a_week(stack, person, scene):
    monday, (second, first) = whole_week() + timedelta(days=7), sorted(scene["dragged"])
    mona = person("mona", size=(1440, 1600))
    page = mona.go(f"/admin/calendar/?month={monday:%Y-%m}&q=dragged")
    page.wait_for_selector(".has-grid [role=gridcell]")
    day = cell(page, monday).bounding_box()
    drop(page, page.locator(f"[data-tray] [data-entry='{first}']"), day["x"] + 60, day["y"] + 60)
    page.wait_for_function(IN_THE_FIELD)
    assert page.locator("[data-move-form] [name=wall]").input_value() == f"{monday}T10:00"
    page.keyboard.press("Enter")
    until(
        lambda: planned(stack, first)[0] == f"{monday} 10:00:00",
        seconds=20,
        every=0.5,
        what="planned on its day",
    )

    page = mona.go(f"/admin/calendar/week/?week={monday:%G-W%V}&q=dragged")
    event = page.locator(f".cal-grid a[href$='/variant/{first}/']")
    event.wait_for()
    at = event.bounding_box()
    # From the tray onto an hour: it stands there at once, and can be taken back, even before the page has heard all of it.
    late = []
    page.route(
        lambda url: "/calendar/week/" in url,
        lambda route: route.continue_() if late else late.append((route, route.fetch())),
    )
    drop(page, page.locator(f"[data-tray] [data-entry='{second}']"), at["x"] + 20, at["y"] + 100)
    page.locator("[data-live]", has_text=f"moved to {monday:%a}").wait_for()
    assert planned(stack, second)[0][:11] == f"{monday} "
    until(lambda: late or page.wait_for_timeout(50), what="the page as it is before the undo")
    page.get_by_role("button", name="Undo").click()
    until(lambda: planned(stack, second)[0] == "None", seconds=20, every=0.5, what="taken back")
    page.wait_for_selector(f".cal-grid a[href$='/variant/{second}/']", state="detached")
    page.wait_for_selector(f"[data-tray] [data-entry='{second}']")
    [(route, answer)] = late
    assert "data-tray" not in answer.text()  # everything had its time then
    with page.expect_event("requestfinished", lambda request: "/calendar/week/" in request.url):
        route.fulfill(response=answer)
    page.wait_for_timeout(500)
    expect(page.locator(f"[data-tray] [data-entry='{second}']")).to_be_visible()

    at = event.bounding_box()
    wide = page.locator(f".cal-grid [role=gridcell][data-date='{monday}']").last.bounding_box()["width"]
    drop(page, event, at["x"] + 20 + wide, at["y"] + 12)
    tuesday = monday + timedelta(days=1)
    page.locator("[data-live]", has_text=f"moved to {tuesday:%a}").wait_for()
    assert planned(stack, first)[0] == f"{tuesday} 10:00:00"
    assert mona.trouble == []


PLAN = """Story,Format,Date,Time,Lead
Sunday on the river,Facebook post,2039-06-01,10:00,
Nobody wrote this,X thread,the first of June,ten,
"""
PAGES = (  # in both themes, wide and narrow
    "calendar/",
    "calendar/week/",
    "calendar/list/?month=MONTH",
    "calendar/list/?q=nothing+has+this+in+it",
    "calendar/new/",
    "calendar/new/STORY/",
    "calendar/review/",
    "calendar/variant/NIGHT/",
    "calendar/slots/",
    "calendar/slots/ACCOUNT/",
    "calendar/print/month/",
    "calendar/print/week/",
    "calendar/print/list/",
    "calendar/import/",
)
MORE_PAGES = (  # of the same parts: on a phone, where there is the least room
    "calendar/?month=2039-05",
    "calendar/variant/NIGHT/move/",
    "calendar/variant/NIGHT/history/",
    "calendar/variant/NIGHT/guests/",
    "calendar/variant/NIGHT/quiet/",
    "calendar/shift/?v=NIGHT",
    "calendar/repeat/?v=NIGHT",
    "calendar/views/",
    "calendar/feeds/",
    "calendar/quiet/",
    "calendar/quiet/new/",
    "calendar/dates/",
    "calendar/dates/new/",
    "calendar/stand-ins/new/",
    "notices/",
    "account/",
)
# What stands beyond the edge of the window and in nothing that scrolls: nobody gets there, whatever the page's own width is.
LOST = """() => [...document.querySelectorAll('main *')].filter((each) => {
  const box = each.getBoundingClientRect()
  if (box.right <= innerWidth + 1 || !box.width || !each.checkVisibility() || each.closest('.form-side')) return false
  for (let around = each; around && !around.matches('main.content-wrapper'); around = around.parentElement)
    if (getComputedStyle(around).overflowX !== 'visible') return false
  return true
}).slice(0, 3).map((each) => each.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize(
    ("size", "scheme", "paths"),
    [((1440, 900), "light", PAGES), ((390, 844), "dark", (*MORE_PAGES, *PAGES))],
    ids=["wide", "phone"],
)
def test_every_page_of_planning_is_sound_in_both_themes_and_on_a_phone(person, scene, size, scheme, paths):
    mona = person("mona", size=size, scheme=scheme)
    names = {"NIGHT": scene["night"], "STORY": scene["story"], "ACCOUNT": scene["account"]}
    names["MONTH"] = f"{autumn():%Y-%m}"
    found = []

    def look(path: str) -> None:
        found.extend(f"{path}: {each}" for each in mona.serious())
        found.extend(f"{path}: out of reach: {each}" for each in mona.page.evaluate(LOST))
        if mona.page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{path}: wider than the window")

    for path in paths:
        for name, value in names.items():
            path = path.replace(name, str(value))
        page = mona.go(f"/admin/{path}")
        look(path)
    page.set_input_files("[name=file]", {"name": "plan.csv", "mimeType": "text/csv", "buffer": PLAN.encode()})
    page.click("button:text-is('See what it makes')")
    page.get_by_role("heading", name="1 post will be planned, 1 row to mend").wait_for()
    look("import, with its preview")
    assert found == []
    assert mona.trouble == []
