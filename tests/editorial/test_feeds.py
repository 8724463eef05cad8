from datetime import UTC, datetime

import pytest
from django.urls import reverse
from icalendar import Calendar

from editorial import feeds
from editorial.models import CalendarFeed, SavedView

pytestmark = pytest.mark.db


def events_of(answer):
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_feed_shows_what_its_person_may_see(frozen, river, make_campaign, client):
    forest = make_campaign("Forest")
    mine = river.variant(wall="2026-12-01T18:00", zone="Europe/Berlin")
    forest.variant(wall="2026-12-01T18:00")
    _, token = feeds.make(river.people["creator"], "Phone", "")
    (event,) = events_of(client.get(reverse("calendar_feed", args=[token])))
    assert event["uid"].startswith(f"variant-{mine.pk}@")
    assert event.decoded("dtstart") == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    assert event["status"] == "TENTATIVE"
    assert "River story" in event["summary"]
    assert CalendarFeed.objects.get().read_at == frozen


def test_its_filters_hold(frozen, river, client):
    river.variant("The bridge is open.", wall="2026-12-01T18:00")
    river.variant("The river is clean.", wall="2026-12-02T18:00")
    _, token = feeds.make(river.people["creator"], "Bridge", "q=bridge")
    (event,) = events_of(client.get(reverse("calendar_feed", args=[token])))
    assert event.decoded("dtstart").day == 1


def test_an_approved_post_is_confirmed(frozen, river, client):
    river.approved()
    _, token = feeds.make(river.people["analyst"], "Desk", "")
    (event,) = events_of(client.get(reverse("calendar_feed", args=[token])))
    assert event["status"] == "CONFIRMED"


def test_the_address_is_shown_once_and_kept_nowhere(river, as_user):
    client = as_user(river.people["creator"])
    page = client.post(reverse("editorial:feeds") + "?q=bridge", {"name": "Phone"})
    token = page.context["address"].rpartition("/")[2].removesuffix(".ics")
    feed = CalendarFeed.objects.get()
    assert feed.query == "q=bridge"
    assert token not in str(feed.__dict__.values())
    assert token not in client.get(reverse("editorial:feeds")).content.decode()
    assert client.get(reverse("calendar_feed", args=[token])).status_code == 200


@pytest.mark.parametrize("end", ["taken back", "account closed", "another token", "left the team"])
def test_what_ends_a_feed(river, as_user, end):
    person = river.people["creator"]
    river.variant(wall="2036-12-01T18:00")
    feed, token = feeds.make(person, "Phone", "")
    if end == "taken back":
        assert as_user(person).post(reverse("editorial:feeds"), {"revoke": feed.pk}).status_code == 302
    elif end == "account closed":
        person.is_active = False
        person.save()
    elif end == "another token":
        token = "x" + token[1:]
    client = as_user(river.people["manager"])
    client.logout()
    if end == "left the team":
        person.groups.clear()
        assert events_of(client.get(reverse("calendar_feed", args=[token]))) == []
    else:
        assert client.get(reverse("calendar_feed", args=[token])).status_code == 404


def test_nobody_takes_back_the_feed_of_another(river, as_user):
    feed, _ = feeds.make(river.people["creator"], "Phone", "")
    assert (
        as_user(river.people["manager"]).post(reverse("editorial:feeds"), {"revoke": feed.pk}).status_code
        == 404
    )
    assert CalendarFeed.objects.count() == 1


def test_a_saved_view_opens_as_it_was_saved(river, as_user):
    client = as_user(river.people["creator"])
    client.post(
        reverse("editorial:saved_views") + "?view=week&q=bridge&status=draft&month=2026-11", {"name": "Mine"}
    )
    page = client.get(reverse("editorial:saved_views"))
    (row,) = page.context["rows"]
    assert row["url"] == reverse("editorial:week") + "?status=draft&q=bridge"
    assert client.get(row["url"]).status_code == 200
    # the same name again replaces it
    client.post(reverse("editorial:saved_views") + "?view=list", {"name": "Mine"})
    assert SavedView.objects.get().view == "list"
    other = as_user(river.people["manager"])
    assert other.get(reverse("editorial:saved_views")).context["rows"] == []
    assert (
        other.post(reverse("editorial:saved_views"), {"delete": SavedView.objects.get().pk}).status_code
        == 404
    )


def test_a_saved_view_is_deleted_and_needs_a_name(river, as_user):
    client = as_user(river.people["creator"])
    assert "required" in client.post(reverse("editorial:saved_views"), {"name": " "}).content.decode()
    client.post(reverse("editorial:saved_views"), {"name": "Mine"})
    client.post(reverse("editorial:saved_views"), {"delete": SavedView.objects.get().pk})
    assert not SavedView.objects.exists()
