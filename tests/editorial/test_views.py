"""The calendar's pages: who sees what, what a move answers, and how many queries a month takes."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import get_messages
from django.contrib.staticfiles import finders
from django.urls import reverse

from channels.models import Channel
from editorial import domain, urls
from editorial.domain import approval
from editorial.models import QuietPeriod
from formats.core.payload import digest
from formats.models import Variant
from formats.registry import FORMATS
from media.colour import contrast, rgb
from publishing.models import Version

pytestmark = [pytest.mark.db, pytest.mark.django_db]

MOST_QUERIES = 15  # of a manager; an administrator needs fewer, for whom Wagtail reads no permissions
LATER = "2026-12-01T18:00"
DECEMBER = {"month": "2026-12"}
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def standing_clock(frozen):
    return frozen


def text_of(response):
    return response.content.decode()


def data_of(response):
    return json.loads(
        re.search(r'<script id="calendar-data"[^>]*>(.*?)</script>', text_of(response), re.S)[1]
    )


def test_month_and_list_show_the_same_posts_without_a_script(river, as_user):
    river.variant(wall=LATER)
    client = as_user(river.people["creator"])

    for name in ("month", "list"):
        page = text_of(client.get(reverse(f"editorial:{name}"), DECEMBER))
        agenda = page[page.index("data-agenda") :]
        assert "River story" in agenda
        assert "Tuesday 1 December" in agenda
        assert "Draft" in agenda


def test_the_grid_gets_wall_times_of_the_campaign(river, as_user):
    river.variant(wall=LATER)

    data = data_of(as_user(river.people["creator"]).get(reverse("editorial:month"), DECEMBER))
    assert [(event["start"], event["statusLabel"]) for event in data["events"]] == [(f"{LATER}:00", "Draft")]


def test_filters_live_in_the_address(river, as_user):
    river.variant("One about otters.", wall=LATER)
    river.variant("Another about herons.", wall="2026-12-02T10:00")
    client = as_user(river.people["creator"])

    def shown(**query):
        answer = client.get(
            reverse("editorial:events"), {"start": "2026-12-01", "end": "2027-01-01", **query}
        )
        return len(answer.json()["events"])

    assert shown() == 2
    assert shown(q="OTTERS") == 1
    assert shown(platform="facebook") == 0
    assert shown(status="draft") == 2
    assert shown(status="approved") == 0
    assert shown(campaign=str(river.page.pk)) == 2
    assert shown(campaign="999999") == 0
    assert shown(channel=str(river.channel.pk)) == 2
    assert shown(channel="999999") == 0
    assert shown(owner=str(river.people["creator"].pk)) == 2
    assert shown(owner=str(river.people["manager"].pk)) == 0
    assert shown(language="en") == 2
    assert shown(language="de") == 0


def test_filters_offer_what_stands_there_and_keep_what_was_chosen(river, as_user):
    river.variant("By the creator.", wall=LATER)
    river.variant("By the manager.", wall=LATER, by=river.people["manager"])
    client = as_user(river.people["creator"])

    every = text_of(client.get(reverse("editorial:list"), DECEMBER))
    chosen = text_of(client.get(reverse("editorial:list"), {**DECEMBER, "channel": "999999"}))

    assert f'<option value="{river.people["manager"].pk}">' in every[every.index('name="owner"') :]
    assert 'name="language"' not in every  # one language is no choice
    assert '<option value="999999" selected>Nothing of it here</option>' in chosen


@pytest.mark.parametrize(
    "query",
    [{}, {"start": "2026-12-01"}, {"start": "x", "end": "y"}, {"start": "2020-01-01", "end": "2026-01-01"}],
)
def test_the_feed_refuses_a_range_that_is_none(river, as_user, query):
    assert as_user(river.people["creator"]).get(reverse("editorial:events"), query).status_code == 400


def test_a_week_shows_its_seven_days_and_leads_to_its_month(river, as_user):
    river.variant("The Sunday before.", wall="2026-11-29T10:00")
    river.variant("Tuesday.", wall=LATER)
    client = as_user(river.people["creator"])

    page = text_of(client.get(reverse("editorial:week"), {"week": "2026-W49", "platform": "x"}))

    data = json.loads(re.search(r'<script id="calendar-data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert [event["start"] for event in data["events"]] == [f"{LATER}:00"]
    assert (data["view"], data["first"]) == ("week", "2026-11-30")
    assert "30 November – 6 December 2026" in page
    assert f"{reverse('editorial:month')}?platform=x&amp;month=2026-11" in page


@pytest.mark.parametrize("month", ["", "2026-13", "nonsense", "0001-01", "9999-12"])
def test_any_month_in_the_address_opens(river, as_user, month):
    assert (
        as_user(river.people["creator"]).get(reverse("editorial:month"), {"month": month}).status_code == 200
    )


def test_clashes_and_passed_times_are_said_in_words(river, as_user):
    river.variant(wall=LATER)
    river.variant(wall="2026-12-01T18:10")
    river.variant(wall="2026-11-20T10:00")
    client = as_user(river.people["creator"])

    assert "Only 10 min from another post (30 wanted)" in text_of(
        client.get(reverse("editorial:list"), DECEMBER)
    )
    assert "Its time has passed" in text_of(client.get(reverse("editorial:list"), {"month": "2026-11"}))


def test_unplanned_ones_wait_in_the_tray(river, as_user):
    river.variant()

    page = text_of(as_user(river.people["creator"]).get(reverse("editorial:month"), DECEMBER))

    assert "River story" in page[page.index("data-tray") :]


def test_a_tray_that_does_not_hold_all_of_them_says_so(river, as_user, monkeypatch):
    client = as_user(river.people["creator"])
    for text in ("The first.", "The second.", "The third."):
        river.variant(text)

    assert "Looked for among" not in text_of(client.get(reverse("editorial:month")))
    monkeypatch.setattr("editorial.board.MAX_UNPLANNED", 2)
    page = client.get(reverse("editorial:month"))

    assert len(page.context["board"].unplanned) == 2
    assert "Looked for among the newest 2" in text_of(page)


def test_more_to_look_at_than_is_listed_is_counted(river, as_user):
    for minute in range(9):
        river.variant(f"Post {minute}.", wall=f"2026-12-01T18:0{minute}")

    page = text_of(as_user(river.people["creator"]).get(reverse("editorial:month"), DECEMBER))

    assert "and 1 more, marked in the calendar" in page


# Moving ---------------------------------------------------------------------------------------------------------------
def test_a_move_answers_what_is_announced_and_how_to_undo_it(river, as_user):
    variant = river.variant(wall=LATER)
    client = as_user(river.people["creator"])
    url = reverse("editorial:move", args=[variant.pk])

    answer = client.post(url, {"wall": "2026-12-03T09:30"}, **JSON).json()

    assert answer["ok"] is True
    assert "moved to Thu 3 December 2026, 09:30 (Europe/London)" in answer["message"]
    assert answer["event"]["start"] == "2026-12-03T09:30:00"
    client.post(url, answer["undo"], **JSON)
    variant.refresh_from_db()
    assert variant.planned_wall.isoformat() == f"{LATER}:00"


def test_a_refused_move_says_why_and_a_question_offers_choices(river, as_user):
    variant = river.variant(wall=LATER)
    client = as_user(river.people["creator"])
    url = reverse("editorial:move", args=[variant.pk])

    past = client.post(url, {"wall": "2026-11-01T10:00"}, **JSON).json()
    asked = client.post(url, {"wall": "2027-10-31T01:30"}, **JSON)
    twice = asked.json()
    nonsense = client.post(url, {"wall": "soon"}, **JSON).json()

    assert (past["ok"], past["code"]) == (False, "past")
    assert asked.status_code == 200
    assert [choice["fields"] for choice in twice["choices"]] == [{"fold": "0"}, {"fold": "1"}]
    assert nonsense["message"] == "Write a date and a time."


def test_the_dialog_is_a_page_that_asks_the_same_question(river, as_user):
    variant = river.variant(wall=LATER)
    client = as_user(river.people["creator"])
    url = reverse("editorial:move", args=[variant.pk])

    assert 'value="2026-12-01T18:00"' in text_of(client.get(url))
    asked = client.post(url, {"wall": "2027-10-31T01:30"})
    assert "happens twice" in text_of(asked)
    answered = client.post(url, {"wall": "2027-10-31T01:30", "fold": "1"})

    assert answered.status_code == 302
    [said] = get_messages(answered.wsgi_request)
    assert f"{url}?wall=2026-12-01T18%3A00" in str(said)
    assert 'value="2026-12-01T18:00"' in text_of(client.get(url, {"wall": LATER}))
    variant.refresh_from_db()
    assert variant.planned_fold == 1


# Deciding -------------------------------------------------------------------------------------------------------------
def test_a_manager_approves_what_the_page_shows(river, as_user):
    variant = river.variant("Exactly these words.", wall=LATER)
    domain.submit(variant, by=river.people["creator"])
    client = as_user(river.people["manager"])
    page = text_of(client.get(reverse("editorial:variant", args=[variant.pk])))
    assert "Exactly these words." in page
    digest = re.search(r'name="digest" value="(\w{64})"', page)[1]

    client.post(reverse("editorial:approve", args=[variant.pk]), {"digest": digest})

    assert Version.objects.get().digest == digest


def test_the_author_gets_no_button_but_the_reason(river, as_user):
    manager = river.people["manager"]
    variant = river.variant(wall=LATER, by=manager)
    domain.submit(variant, by=manager)

    page = text_of(as_user(manager).get(reverse("editorial:variant", args=[variant.pk])))

    assert 'name="digest"' not in page
    assert "somebody else has to approve it" in page


def test_bulk_approval_takes_what_was_shown_and_leaves_what_changed(river, as_user):
    from formats.core.draft import Part
    from formats.variants import set_parts

    first, second = river.variant("One.", wall=LATER), river.variant("Two.", wall="2026-12-02T10:00")
    for variant in (first, second):
        domain.submit(variant, by=river.people["creator"])
    client = as_user(river.people["manager"])
    page = text_of(client.get(reverse("editorial:review")))
    fields = dict(re.findall(r'name="(digest-\d+)" value="(\w{64})"', page))
    assert len(fields) == 2
    set_parts(second, [Part(text="Something else.")], by=river.people["creator"])

    answer = client.post(reverse("editorial:review"), {**fields, "v": [first.pk, second.pk]})

    assert list(Version.objects.values_list("variant", flat=True)) == [first.pk]
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any("changed after you opened it" in words for words in said)
    assert any("1 post approved" in words for words in said)


def test_an_account_kept_to_other_groups_is_left_out_of_many_at_once(river, as_user):
    mine, theirs = river.variant("One.", wall=LATER), river.variant("Two.", wall="2026-12-02T10:00")
    kept = type(river.channel).objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="x-kept", handle="@kept"
    )
    theirs.channels = [kept]
    theirs.save()
    for variant in (mine, theirs):
        domain.submit(variant, by=river.people["creator"])
    kept.only_groups = [999_999]
    kept.save()
    client = as_user(river.people["manager"])
    address = reverse("editorial:review")
    fields = dict(re.findall(r'name="(digest-\d+)" value="(\w{64})"', text_of(client.get(address))))

    page = text_of(client.get(address, {"v": [mine.pk, theirs.pk]}))
    client.post(
        address, {**fields, f"digest-{theirs.pk}": digest(approval.built(theirs)), "v": [mine.pk, theirs.pk]}
    )
    domain.withdraw(theirs, by=admin_of(river))
    as_user(river.people["creator"]).post(
        reverse("editorial:selected"), {"v": [theirs.pk], "action": "submit"}
    )

    assert f'name="digest-{theirs.pk}"' not in page
    assert list(Version.objects.values_list("variant", flat=True)) == [mine.pk]
    assert not Variant.objects.get(pk=theirs.pk).workflow_in_progress


def admin_of(river):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_superuser("ada", "ada@example.org", "x")


def test_bulk_submission_names_what_holds_one_back(river, as_user):
    ready, empty = river.variant(wall=LATER), river.variant("", wall=LATER)
    client = as_user(river.people["creator"])

    answer = client.post(reverse("editorial:selected"), {"v": [ready.pk, empty.pk], "action": "submit"})

    assert ready.workflow_in_progress
    assert not empty.workflow_in_progress
    assert any(str(empty) in str(message) for message in get_messages(answer.wsgi_request))


def test_bulk_submission_says_how_many_are_not_yours_to_submit(river, make_campaign, as_user):
    theirs = make_campaign("Forest").variant(wall=LATER)
    kept, ready = river.variant(wall=LATER), river.variant(wall="2026-12-02T18:00")
    second = Channel.objects.create(
        campaign_id=river.page.pk, platform="x", remote_id="x-2", handle="@second", only_groups=[999_999]
    )
    kept.channels = [second]
    kept.save()
    ticked = {"v": [theirs.pk, kept.pk, ready.pk], "action": "submit"}

    answer = as_user(river.people["creator"]).post(reverse("editorial:selected"), ticked)

    said = [str(message).strip() for message in get_messages(answer.wsgi_request)]
    assert "You may not submit 1 post of those ticked." in said
    assert "1 post submitted for approval." in said
    assert any("You may not submit posts" in each for each in said)


# Isolation ------------------------------------------------------------------------------------------------------------
def addresses(variant):
    things = {"slots": variant.channels.first().pk, "new": variant.story_id}
    for pattern in urls.urlpatterns:
        address = str(pattern.pattern)
        takes = {
            "pk": things.get(address.partition("/")[0], variant.pk),
            "view": "list",
            "kind": "csv",
        }
        given = {name: value for name, value in takes.items() if f":{name}>" in address}
        yield pattern.name, reverse(f"editorial:{pattern.name}", kwargs=given), "pk" in given


@pytest.mark.parametrize("role", ["creator", "manager", "community", "analyst"])
def test_no_address_shows_or_changes_another_campaigns_variant(river, make_campaign, as_user, role):
    forest = make_campaign("Forest")
    secret = forest.variant("A secret of the forest.", wall=LATER)
    domain.submit(secret, by=forest.people["creator"])
    unplanned = forest.variant("Another secret.")
    before = list(Variant.objects.order_by("pk").values())
    client = as_user(river.people[role])
    dates = {"start": "2026-12-01", "end": "2027-01-01", "month": "2026-12", "v": [secret.pk], "q": "secret"}
    sent = {
        "wall": "2026-12-09T10:00",
        "v": [secret.pk],
        "action": "submit",
        "comment": "x",
        "digest": "0" * 64,
    }

    for name, url, takes_pk in addresses(secret):
        for answer in (client.get(url, dates), client.post(url, {**sent, f"digest-{secret.pk}": "0" * 64})):
            if takes_pk:
                assert answer.status_code in {302, 403, 404, 405}, name
                assert answer.status_code != 302 or answer["Location"] == reverse("wagtailadmin_home"), name
            assert "Forest story" not in text_of(answer), name
            assert "secret of the forest" not in text_of(answer), name

    assert list(Variant.objects.order_by("pk").values()) == before
    assert secret.workflow_in_progress
    assert not unplanned.workflow_in_progress
    assert not Version.objects.exists()


def test_people_without_a_campaign_and_strangers_get_nothing(river, client, django_user_model):
    from django.contrib.auth.models import Permission

    variant = river.variant(wall=LATER)
    nobody = django_user_model.objects.create_user("nobody", "n@example.org", "x")
    nobody.user_permissions.add(Permission.objects.get(codename="access_admin"))

    for _name, url, _pk in addresses(variant):
        assert client.get(url).status_code == 302
    client.force_login(nobody)
    for _name, url, _pk in addresses(variant):
        assert client.get(url)["Location"] == reverse("wagtailadmin_home")


def test_analysts_look_and_change_nothing(river, as_user):
    variant = river.variant(wall=LATER)
    client = as_user(river.people["analyst"])

    assert client.get(reverse("editorial:variant", args=[variant.pk])).status_code == 200
    client.post(reverse("editorial:move", args=[variant.pk]), {"wall": "2026-12-09T10:00"}, **JSON)
    client.post(reverse("editorial:submit", args=[variant.pk]))

    variant.refresh_from_db()
    assert variant.planned_wall.isoformat() == f"{LATER}:00"
    assert not variant.workflow_in_progress


def test_a_quiet_day_is_the_day_where_the_campaign_is(make_campaign, as_user):
    """In Kathmandu the second of December begins at 18:15 UTC of the first."""
    hills = make_campaign("Hills", zone="Asia/Kathmandu")
    at_home = ZoneInfo("Asia/Kathmandu")
    QuietPeriod.objects.create(
        name="Silence",
        reason="The law.",
        campaign=hills.page,
        starts_at=datetime(2026, 12, 2, tzinfo=at_home),
        ends_at=datetime(2026, 12, 3, tzinfo=at_home),
    )
    client = as_user(hills.people["creator"])

    board = data_of(client.get(reverse("editorial:month"), {"month": "2026-12"}))
    paper = client.get(reverse("editorial:print", args=["month"]), {"month": "2026-12"})

    [band] = [each for each in board["background"] if each["id"].startswith("quiet-")]
    assert (band["start"], band["end"]) == ("2026-12-02", "2026-12-03")
    assert [
        cell.day.isoformat()
        for week in paper.context["weeks"]
        for cell in week
        if "Quiet: Silence" in cell.notes
    ] == ["2026-12-02"]


def test_more_posts_than_go_at_once_are_not_cut_silently(river, as_user):
    client = as_user(river.people["creator"])

    answer = client.post(reverse("editorial:selected"), {"v": range(1, 52), "action": "submit"}, follow=True)

    assert "51 posts are ticked, and at most 50 go at once. Nothing was done" in text_of(answer)


@pytest.mark.parametrize("view", ["month", "week"])
def test_many_are_submitted_and_approved_from_the_calendar_too(river, as_user, view):
    river.variant(wall=LATER)
    at = {"month": DECEMBER, "week": {"week": "2026-W49"}}[view]

    creators = text_of(as_user(river.people["creator"]).get(reverse(f"editorial:{view}"), at))
    managers = text_of(as_user(river.people["manager"]).get(reverse(f"editorial:{view}"), at))

    assert "Submit or move several…" in creators
    assert f"{reverse('editorial:list')}?month=" in creators
    assert reverse("editorial:review") not in creators
    assert f"{reverse('editorial:review')}?next=" in managers


def test_the_review_names_every_account(river, as_user):
    Channel.objects.create(campaign_id=river.page.pk, platform="x", remote_id="x-second", handle="@second")
    variant = river.variant(wall=LATER)
    variant.channels = list(Channel.objects.order_by("pk"))
    variant.save()
    variant.save_revision(user=river.people["creator"])
    domain.submit(variant, by=river.people["creator"])

    page = text_of(as_user(river.people["manager"]).get(reverse("editorial:review")))

    assert "To @river, @second" in page


def test_quiet_periods_are_each_campaigns_own(river, make_campaign, as_user):
    from datetime import UTC, datetime

    forest = make_campaign("Forest")
    times = {"starts_at": datetime(2026, 12, 5, tzinfo=UTC), "ends_at": datetime(2026, 12, 6, tzinfo=UTC)}
    own = QuietPeriod.objects.create(name="Own silence", reason="r", campaign=river.page, **times)
    theirs = QuietPeriod.objects.create(name="Their silence", reason="r", campaign=forest.page, **times)
    everyone = QuietPeriod.objects.create(name="Everybody silent", reason="r", **times)
    client = as_user(river.people["manager"])
    listed = text_of(client.get(reverse("quiet_periods:index")))

    assert "Own silence" in listed
    assert "Their silence" not in listed
    for name in ("edit", "delete", "history", "usage"):
        assert client.get(reverse(f"quiet_periods:{name}", args=[own.pk])).status_code == 200, name
        for other in (theirs, everyone):
            answer = client.get(reverse(f"quiet_periods:{name}", args=[other.pk]))
            assert answer.status_code in {302, 403, 404}, name
            assert other.name not in text_of(answer), name
    assert "Forest" not in text_of(client.get(reverse("quiet_periods:add")))
    sent = {
        "name": "n",
        "reason": "r",
        "campaign": forest.page.pk,
        "starts_at": "2026-12-05",
        "ends_at": "2026-12-06",
    }
    client.post(reverse("quiet_periods:add"), sent)
    client.post(reverse("quiet_periods:add"), {**sent, "campaign": ""})
    assert QuietPeriod.objects.count() == 3
    client.logout()
    creators = as_user(river.people["creator"])
    assert creators.get(reverse("quiet_periods:index")).status_code == 302


# Marks of platforms ---------------------------------------------------------------------------------------------------
def test_every_platform_has_a_mark_and_a_colour_that_white_is_read_on(river, as_user):
    sprite = as_user(river.people["manager"]).get(reverse("wagtailadmin_sprite")).content.decode()
    style = Path(finders.find("editorial/parts.css")).read_text()

    for platform in sorted({each.platform for each in FORMATS}):
        assert f'id="icon-platform-{platform}"' in sprite
        [colour] = re.findall(rf"\.cal-platform\.is-{platform} {{ background: (#\w+)", style)
        assert contrast(rgb(colour), (255, 255, 255)) >= 4.5, platform


# Queries --------------------------------------------------------------------------------------------------------------
def test_each_view_takes_as_many_queries_for_thirty_as_for_one(river, as_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_user(river.people["manager"])
    query = {**DECEMBER, "week": "2026-W49", "start": "2026-12-01", "end": "2027-01-01"}

    def queries(name):
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse(f"editorial:{name}"), query).status_code == 200
        return len(caught)

    views = ("month", "week", "list", "events")
    river.variant(wall=LATER)
    for name in views:
        queries(name)  # content types and the like are cached by the first
    one = {name: queries(name) for name in views}
    for day in range(2, 31):
        river.variant(f"Post {day}", wall=f"2026-12-{day:02d}T10:00")
    river.variant("Without a time")

    assert {name: queries(name) for name in views} == one
    assert max(one.values()) <= MOST_QUERIES
