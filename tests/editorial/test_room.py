"""What the calendar has room for, and filling it: slots, campaign dates, "+" on a day, copies, paper, a plan from a file."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from channels.models import Channel
from cms.models import StoryPage
from editorial import board, domain
from editorial.core import plan_rows
from editorial.domain import free
from editorial.domain.plan_import import Plan
from editorial.models import CampaignEvent, QuietPeriod, RecurringSlot
from formats.again import again
from formats.models import Variant
from media import sheets
from publishing.domain import actions
from publishing.models import Publication, Version

pytestmark = [pytest.mark.db, pytest.mark.django_db]
LATER = "2026-12-01T18:00"
WEEK = {"week": "2026-W49"}


@pytest.fixture(autouse=True)
def standing_clock(frozen):
    return frozen


def text_of(answer):
    return answer.content.decode()


def data_of(answer):
    return json.loads(re.search(r'<script id="calendar-data"[^>]*>(.*?)</script>', text_of(answer), re.S)[1])


def said_by(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def slots(channel, *pairs):
    RecurringSlot.objects.bulk_create(RecurringSlot(channel=channel, weekday=d, at=at) for d, at in pairs)


def walls(found):
    return [each.wall.isoformat(timespec="minutes") for each in found]


# Slots ----------------------------------------------------------------------------------------------------------------
def test_a_manager_sets_slots_and_gap_and_a_creator_only_looks(river, as_user):
    url = reverse("editorial:edit_slots", args=[river.channel.pk])
    sent = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 0,
        "form-0-at": "18:00",
        "form-0-days": ["1", "3"],
        "form-1-at": "",
        "min_gap_min": "45",
    }
    client = as_user(river.people["manager"])

    assert client.post(url, {**sent, "form-1-at": "09:00"}).status_code == 400
    assert client.post(url, sent).status_code == 302

    river.channel.refresh_from_db()
    assert [(s.weekday, s.at) for s in river.channel.slots.all()] == [(1, time(18)), (3, time(18))]
    assert river.channel.min_gap_min == 45
    assert 'value="18:00"' in text_of(client.get(url))
    creator = as_user(river.people["creator"])
    assert creator.get(url).status_code in {302, 403}
    assert "Tuesday, Thursday" in text_of(creator.get(reverse("editorial:slots")))


def test_the_next_free_slots_pass_over_what_is_taken_quiet_or_too_near(river):
    from datetime import UTC, datetime

    slots(river.channel, (1, time(18)), (3, time(18)))
    river.variant("Too near.", wall="2026-11-24T17:45")
    QuietPeriod.objects.create(
        name="Silence",
        reason="r",
        campaign=river.page,
        starts_at=datetime(2026, 11, 26, tzinfo=UTC),
        ends_at=datetime(2026, 11, 27, tzinfo=UTC),
    )
    variant = river.variant("Mine.", wall="2026-12-01T18:00")

    assert walls(free.next_slots(variant, now=standing_now(), most=2)) == [
        "2026-12-01T18:00",
        "2026-12-03T18:00",
    ]
    assert free.next_slots(river.variant("No account.", channel=False), now=standing_now()) == []


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_slot_of_what_came_to_nothing_is_free_again(river, state):
    slots(river.channel, (1, time(18)))
    over = river.approved("2026-11-24T18:00")
    variant = river.variant("Mine.")
    row = ["", "New", "X thread", "2026-11-24", "18:10", "", "", "A lead."]
    assert walls(free.next_slots(variant, now=standing_now(), most=1)) == ["2026-12-01T18:00"]
    assert plan_of(river, row).steps[0].hints

    Publication.objects.filter(variant=over).update(state=state, next_action_at=None)

    assert walls(free.next_slots(variant, now=standing_now(), most=1)) == ["2026-11-24T18:00"]
    assert plan_of(river, row).steps[0].hints == []


def standing_now():
    from work import clock

    return clock.now()


def test_the_move_page_offers_slots_and_takes_one(river, as_user):
    slots(river.channel, (1, time(18)))
    variant = river.variant()
    client = as_user(river.people["creator"])
    url = reverse("editorial:move", args=[variant.pk])

    page = text_of(client.get(url))
    assert 'name="slot" value="2026-11-24T18:00"' in page
    assert page.index(">Move</button>") < page.index('name="slot"')  # Enter presses the first
    client.post(url, {"slot": "2026-11-24T18:00", "wall": "2026-12-09T10:00"})

    variant.refresh_from_db()
    assert variant.planned_wall.isoformat() == "2026-11-24T18:00:00"


def test_a_week_shows_free_slots_and_empty_days(river, as_user):
    slots(river.channel, (1, time(18)), (3, time(18)))
    river.variant(wall=LATER)
    client = as_user(river.people["creator"])

    page = client.get(reverse("editorial:week"), WEEK)
    other = client.get(reverse("editorial:week"), {**WEEK, "platform": "facebook"})

    free_ones = [event for event in data_of(page)["events"] if event.get("slot")]
    assert [event["start"] for event in free_ones] == ["2026-12-03T18:00:00"]
    assert f"?on=2026-12-03T18%3A00&channel={river.channel.pk}" in free_ones[0]["url"]
    assert "Wednesday 2" in text_of(page)
    assert not [event for event in data_of(other)["events"] if event.get("slot")]


def test_a_day_that_the_network_calls_full_has_no_free_slot(river, as_user):
    slots(river.channel, (1, time(18)), (3, time(18)))
    river.channel.facts = {"posts_a_day": 1}
    river.channel.save()
    river.variant("Earlier that Thursday.", wall="2026-12-03T09:00")

    page = as_user(river.people["creator"]).get(reverse("editorial:week"), WEEK)

    free_ones = [event["start"] for event in data_of(page)["events"] if event.get("slot")]
    assert free_ones == ["2026-12-01T18:00:00"]


def test_a_plan_from_a_file_keeps_the_networks_day_quota(river):
    river.channel.facts = {"posts_a_day": 2}
    river.channel.save()
    river.variant("Stands already.", wall="2026-12-03T09:00")

    def row(title, at):
        return ["", title, "X thread", "2026-12-03", at, "", "", "A lead."]

    plan = plan_of(
        river, row("One", "11:00"), row("Two", "15:00"), ["", "Later", "X thread", "", "", "", "", "L"]
    )

    assert [bool(step.problems) for step in plan.steps] == [False, True, False]
    assert "2 posts in 24 hours" in plan.steps[1].problems[0]
    assert [variant.story.title for variant in plan.make()[0]] == ["One", "Later"]


# Dates and same words -------------------------------------------------------------------------------------------------
def test_campaign_dates_stand_behind_the_calendar_of_their_campaign(river, make_campaign, as_user):
    forest = make_campaign("Forest")
    own = CampaignEvent.objects.create(
        campaign=river.page, name="Debate", first_on=date(2026, 12, 3), begins=time(19)
    )
    theirs = CampaignEvent.objects.create(
        campaign=forest.page, name="Secret rally", first_on=date(2026, 12, 4)
    )
    client = as_user(river.people["creator"])

    page = client.get(reverse("editorial:month"), {"month": "2026-12"})

    assert [(e["title"], e["start"]) for e in data_of(page)["background"] if e["id"].startswith("date-")] == [
        ("19:00 Debate", "2026-12-03")
    ]
    assert "Secret rally" not in text_of(page)
    assert client.get(reverse("campaign_dates:edit", args=[own.pk])).status_code == 200
    for name in ("edit", "delete", "history", "usage"):
        answer = client.get(reverse(f"campaign_dates:{name}", args=[theirs.pk]))
        assert answer.status_code in {302, 403, 404}, name
    assert "Secret rally" not in text_of(client.get(reverse("campaign_dates:index")))
    assert "Forest" not in text_of(client.get(reverse("campaign_dates:add")))


def test_the_same_text_on_the_same_account_is_said(river):
    river.variant("Clean at last.", wall=LATER)
    again = river.variant("clean  at last.", wall="2026-12-20T10:00")
    river.variant("Clean at last.", wall="2026-12-21T10:00", channel=False)
    river.variant("Another.", wall="2026-12-22T10:00")

    loaded = board.load(river.people["creator"], date(2026, 12, 1), date(2027, 1, 1))
    problems = [entry.problems for entry in loaded.entries]

    assert problems[0] == ["The same text is planned on Sun 20 December, 10:00"]
    assert problems[1] == ["The same text is planned on Tue 1 December, 18:00"]
    assert problems[2:] == [[], []]
    assert board.entry_of(again, river.people["creator"]).problems == problems[1]


def test_the_same_text_that_was_cancelled_stands_nowhere(river):
    first = river.approved(wall=LATER, text="Clean at last.")
    again = river.variant("Clean at last.", wall="2026-12-20T10:00")
    creator = river.people["creator"]
    assert board.entry_of(again, creator).problems == ["The same text is planned on Tue 1 December, 18:00"]

    first.publications.update(state="cancelled")

    assert board.entry_of(again, creator).problems == []


def test_a_sending_that_was_given_another_time_says_so_on_the_calendar(river):
    """The variant keeps the time that was planned for all its accounts; one of them may go later."""
    variant = river.approved(wall=LATER)
    creator = river.people["creator"]
    assert board.entry_of(variant, creator).problems == []

    actions.reschedule(
        variant.publications.get(), datetime(2026, 12, 1, 19, 45, tzinfo=UTC), by=river.people["manager"]
    )

    (problem,) = board.entry_of(variant, creator).problems
    assert problem == "Goes to @river on Tue 1 December, 19:45 instead"
    variant.publications.update(state="published")
    assert board.entry_of(variant, creator).problems == []


# "+" on a day -----------------------------------------------------------------------------------------------------------
def planned_and_copied(river):
    """A post that has its time, and a copy of it that has none."""
    first = river.variant("Again and again.", wall=LATER)
    copy = again(first, by=river.people["creator"])
    return first, copy


def wall_of(variant):
    variant.refresh_from_db()
    return variant.planned_wall and f"{variant.planned_wall:%Y-%m-%dT%H:%M}"


def test_plus_takes_the_copy_without_a_time_and_leaves_the_planned_one(river, as_user):
    first, copy = planned_and_copied(river)
    url = reverse("editorial:new_formats", args=[river.story.pk])

    as_user(river.people["creator"]).post(
        url, {"format": ["x.thread"], "when": "time", "wall": "2026-12-09T11:30"}
    )

    assert (wall_of(first), wall_of(copy)) == (LATER, "2026-12-09T11:30")


def test_a_plan_takes_the_copy_without_a_time_and_leaves_the_planned_one(river):
    first, copy = planned_and_copied(river)

    def row(day, at):
        return ["", river.story.title, "X thread", day, at, "", "", ""]

    assert plan_of(river, row("2026-12-01", "18:00")).steps[0].done
    made, refused = plan_of(river, row("2026-12-09", "11:30")).make()

    assert (made, refused) == ([copy], [])
    assert (wall_of(first), wall_of(copy)) == (LATER, "2026-12-09T11:30")


def test_a_free_slot_of_one_account_plans_for_that_account_only(river, as_user):
    other = Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="x-second", handle="@second"
    )
    url = reverse("editorial:new_formats", args=[river.story.pk]) + f"?channel={other.pk}"

    as_user(river.people["creator"]).post(
        url, {"format": ["x.thread"], "when": "time", "wall": "2026-12-09T11:30"}
    )

    assert list(Variant.objects.get().channels.all()) == [other]


@pytest.fixture
def second(river):
    return Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="x-second", handle="@second"
    )


def test_a_copy_for_another_account_is_not_planned_into_this_ones_slot(river, second, as_user):
    copy = river.variant("For the river.")
    url = reverse("editorial:new_formats", args=[river.story.pk]) + f"?channel={second.pk}"

    answer = as_user(river.people["creator"]).post(
        url, {"format": ["x.thread"], "when": "time", "wall": "2026-12-09T11:30"}
    )

    assert "It goes to @river, not to @second." in said_by(answer)
    assert wall_of(copy) is None
    assert list(copy.channels.all()) == [river.channel]


def test_a_plan_names_accounts_that_the_post_that_is_there_does_not_go_to(river, second):
    copy = river.variant("For the river.")
    named = ["", "River story", "X thread", "2026-12-09", "10:00", "", "@second"]

    plan = plan_of(river, named)
    assert "goes to @river" in plan.steps[0].problems[0]
    assert plan.make() == ([], [])
    made, _ = plan_of(river, [*named[:6], "@river"]).make()

    assert made == [copy]
    assert plan_of(river, [*named[:6], "@river"]).steps[0].done
    assert "for @river" in plan_of(river, named).steps[0].problems[0]
    assert plan_of(river, named[:6]).steps[0].done


def test_plus_chooses_a_story_then_formats_and_plans_them(river, as_user):
    client = as_user(river.people["creator"])
    stories = text_of(client.get(reverse("editorial:new"), {"on": "2026-12-03"}))
    url = reverse("editorial:new_formats", args=[river.story.pk])
    assert f"{url}?on=2026-12-03" in stories

    assert 'value="2026-12-03T10:00"' in text_of(client.get(url, {"on": "2026-12-03"}))
    answer = client.post(url, {"format": ["x.thread"], "when": "time", "wall": "2026-12-03T11:30"})

    variant = Variant.objects.get()
    assert (variant.format, variant.planned_wall.isoformat()) == ("x.thread", "2026-12-03T11:30:00")
    assert [channel.pk for channel in variant.channels.all()] == [river.channel.pk]
    assert answer["Location"].endswith("?month=2026-12")
    assert "planned on" in text_of(client.get(url))


def test_plus_asks_which_of_two_hours_before_it_makes_anything(river, as_user):
    client = as_user(river.people["creator"])
    url = reverse("editorial:new_formats", args=[river.story.pk])
    sent = {"format": ["x.thread"], "when": "time", "wall": "2027-10-31T01:30"}

    asked = client.post(url, sent)
    assert "happens twice" in text_of(asked)
    assert not Variant.objects.exists()
    client.post(url, {**sent, "fold": "1"})

    assert Variant.objects.get().planned_fold == 1


def test_plus_to_the_next_slot_leaves_what_finds_none_in_the_tray(river, as_user):
    client = as_user(river.people["creator"])
    url = reverse("editorial:new_formats", args=[river.story.pk])
    sent = {"format": ["x.thread"], "when": "slots"}

    answer = client.post(url, sent)
    assert "no free slot" in said_by(answer)
    assert Variant.objects.get().planned_wall is None

    slots(river.channel, (1, time(18)))
    client.post(url, sent)
    assert Variant.objects.get().planned_wall.isoformat() == "2026-11-24T18:00:00"


def test_plus_offers_no_story_of_another_campaign(river, make_campaign, as_user):
    forest = make_campaign("Forest")
    client = as_user(river.people["creator"])

    assert "Forest story" not in text_of(client.get(reverse("editorial:new"), {"channel": forest.channel.pk}))
    url = reverse("editorial:new_formats", args=[forest.story.pk])
    assert client.post(url, {"format": ["x.thread"], "wall": "2026-12-03T11:30"}).status_code == 404
    assert as_user(river.people["analyst"]).get(reverse("editorial:new")).status_code in {302, 403}
    assert not Variant.objects.exists()


# Copies ---------------------------------------------------------------------------------------------------------------
def test_a_week_is_copied_as_drafts_across_the_change_of_the_clocks(river, as_user):
    approved = river.approved("2027-03-22T09:00")
    river.variant("In the gap.", wall="2027-03-21T01:30")
    client = as_user(river.people["creator"])
    url = reverse("editorial:repeat")
    week = {"week": "2027-W12"}

    assert "→ <strong>Mon 29 Mar 2027, 09:00</strong>" in text_of(client.get(url, week))
    client.post(url, {"v": [approved.pk], "weeks": "1"})

    copy = Variant.objects.exclude(pk=approved.pk).latest("pk")
    assert copy.planned_wall.isoformat() == "2027-03-29T09:00:00"
    assert (approved.planned_at.hour, copy.planned_at.hour) == (9, 8)
    assert copy.to_parts() == approved.to_parts()
    assert list(copy.channels.all()) == list(approved.channels.all())
    assert not Version.objects.filter(variant=copy).exists()
    assert Version.objects.get(variant=approved).voided_at is None


def test_a_copy_that_finds_no_place_waits_without_a_time(river, as_user):
    from datetime import UTC, datetime

    variant = river.variant(wall=LATER)
    QuietPeriod.objects.create(
        name="Silence",
        reason="Polling.",
        campaign=river.page,
        starts_at=datetime(2026, 12, 8, tzinfo=UTC),
        ends_at=datetime(2026, 12, 9, tzinfo=UTC),
    )

    answer = as_user(river.people["creator"]).post(
        reverse("editorial:repeat"), {"v": [variant.pk], "weeks": "1"}
    )

    assert "Silence" in said_by(answer)
    assert Variant.objects.latest("pk").planned_wall is None


# On paper ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("view", ["month", "week", "list"])
def test_paper_says_in_words_what_the_screen_shows(river, as_user, view):
    river.variant(wall=LATER)

    page = text_of(
        as_user(river.people["analyst"]).get(
            reverse("editorial:print", args=[view]), {"month": "2026-12", **WEEK}
        )
    )

    for words in ("River story", "18:00", "X thread", "Draft"):
        assert words in page
    assert "<form" not in page


def test_there_is_no_other_paper(river, as_user):
    assert as_user(river.people["analyst"]).get("/admin/calendar/print/board/").status_code == 404


# A plan from a file -----------------------------------------------------------------------------------------------------
def plan_of(river, *rows, by=None):
    table = [list(plan_rows.HEADINGS), *([*row, *[""] * (8 - len(row))] for row in rows)]
    return Plan(plan_rows.read(table), by=by or river.people["creator"], at=standing_now())


def test_a_plan_makes_drafts_and_variants_once(river):
    rows = (
        ["", "River story", "X thread", "2026-12-03", "18:00"],
        ["", "Brand new", "x.thread", "2026-12-04", "9:30", "", "@river", "We will plant trees."],
        ["", "Later", "X thread", "", "", "", "", "No time yet."],
    )

    made, refused = plan_of(river, *rows).make()
    again = plan_of(river, *rows)

    assert refused == []
    assert [v.planned_wall and v.planned_wall.isoformat() for v in made] == [
        "2026-12-03T18:00:00",
        "2026-12-04T09:30:00",
        None,
    ]
    story = StoryPage.objects.get(title="Brand new")
    assert (story.live, story.owner, story.lead) == (False, river.people["creator"], "We will plant trees.")
    assert [step.done for step in again.steps] == [True, True, True]
    assert again.make() == ([], [])
    assert Variant.objects.count() == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["Forest", "River story", "X thread"], "in no campaign called"),
        (["", "Nothing like it", "X thread"], "There is no story"),
        (["", "River story", "Telegram"], "is no format"),
        (["", "River story", "X thread", "2026-11-01", "10:00"], "passed"),
        (["", "River story", "X thread", "2027-10-31", "01:30"], "Write first or second"),
        (["", "River story", "X thread", "2026-12-05", "10:00"], "Quiet period “Silence”"),
        (["", "River story", "X thread", "", "", "", "@forest"], "is no account for this format"),
    ],
)
def test_a_row_with_a_fault_says_why_and_makes_nothing(river, make_campaign, row, words):
    from datetime import UTC, datetime

    make_campaign("Forest")
    QuietPeriod.objects.create(
        name="Silence",
        reason="r",
        campaign=river.page,
        starts_at=datetime(2026, 12, 5, tzinfo=UTC),
        ends_at=datetime(2026, 12, 6, tzinfo=UTC),
    )
    plan = plan_of(river, row)

    assert words in " ".join(plan.steps[0].problems)
    assert plan.make() == ([], [])
    assert not Variant.objects.exists()


def test_what_is_planned_is_not_moved_by_a_plan(river):
    variant = river.variant(wall=LATER)
    plan = plan_of(river, ["", "River story", "X thread", "2026-12-09", "10:00"])

    assert "Move it on the calendar" in plan.steps[0].problems[0]
    plan.make()
    variant.refresh_from_db()
    assert variant.planned_wall.isoformat() == f"{LATER}:00"


def test_a_plan_says_what_stands_too_near(river):
    river.variant(wall="2026-12-03T18:10")
    plan = plan_of(
        river,
        ["", "One", "X thread", "2026-12-03", "18:00", "", "", "A lead."],
        ["", "Two", "X thread", "2026-12-03", "17:55", "", "", "A lead."],
        ["", "Three", "X thread", "2026-12-04", "18:00", "", "", "A lead."],
    )

    assert [step.hints for step in plan.steps] == [
        ["Only 5 min from another post of this account (30 wanted)."],
        ["Only 5 min from another post of this account (30 wanted)."],
        [],
    ]


def test_a_row_is_made_whole_or_not_at_all(river, monkeypatch):
    def refuse(*args, **kwargs):
        raise domain.Refused("quota", "One too many.")

    monkeypatch.setattr("editorial.domain.plan_import.move", refuse)

    made, refused = plan_of(river, ["", "New", "X thread", "2026-12-09", "10:00", "", "", "A lead."]).make()

    assert (made, [why for _, why in refused]) == ([], ["One too many."])
    assert not StoryPage.objects.filter(title="New").exists()


def test_the_page_shows_what_a_file_makes_then_makes_it(river, as_user):
    client = as_user(river.people["creator"])
    url = reverse("editorial:import")
    template = client.get(reverse("editorial:plan_template", args=["csv"])).content
    assert template.startswith("\ufeffCampaign,Story".encode())
    rows = [
        list(plan_rows.HEADINGS),
        ["", "River story", "X thread", "2026-12-03", "18:00"],
        ["", "=1+1", "X thread"],
    ]
    file = SimpleUploadedFile("plan.xlsx", sheets.to_xlsx("Plan", rows))

    page = client.post(url, {"file": file})
    kept = json.dumps(rows)

    assert "1 post will be planned, 1 row to mend" in text_of(page)
    assert not Variant.objects.exists()
    mend = client.post(url, {"rows": kept, "action": "mend"})
    assert mend.content[:2] == b"PK"
    client.post(url, {"rows": kept, "action": "make"})
    assert Variant.objects.get().planned_wall.isoformat() == "2026-12-03T18:00:00"


@pytest.mark.parametrize("sent", [{}, {"rows": "{}"}, {"rows": "[[1]]"}, {"rows": '["x"]'}])
def test_nonsense_instead_of_rows_is_answered_in_words(river, as_user, sent):
    answer = as_user(river.people["creator"]).post(reverse("editorial:import"), sent)

    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
