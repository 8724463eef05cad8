"""Moving the ticked posts by days."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from formats.models import Variant

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def standing_clock(frozen):
    return frozen


def shift(client, *variants, days, **more):
    return client.post(reverse("editorial:shift"), {"v": [v.pk for v in variants], "days": days, **more})


def wall(variant):
    return Variant.objects.get(pk=variant.pk).planned_wall


def said(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_each_keeps_its_time_of_day_across_the_summer_time_change(river, as_user):
    before, after = river.variant(wall="2027-03-26T18:00"), river.variant("Another.", wall="2027-03-27T10:00")

    answer = shift(as_user(river.people["creator"]), before, after, days=2)

    assert (wall(before), wall(after)) == (datetime(2027, 3, 28, 18), datetime(2027, 3, 29, 10))
    assert Variant.objects.get(pk=before.pk).planned_at.hour == 17  # UTC: British summer time has begun
    assert "2 posts moved 2 days later." in said(answer)


def test_what_cannot_be_moved_stays_and_says_why(river, as_user):
    near, far = river.variant(wall="2026-11-24T10:00"), river.variant("Another.", wall="2026-12-20T10:00")

    answer = shift(as_user(river.people["creator"]), near, far, days=-5)

    assert (wall(near), wall(far)) == (datetime(2026, 11, 24, 10), datetime(2026, 12, 15, 10))
    assert "was not moved" in said(answer)
    assert "1 post moved 5 days earlier." in said(answer)


def test_an_approval_is_only_given_up_on_purpose(river, as_user):
    approved = river.approved()
    client = as_user(river.people["creator"])

    page = client.get(reverse("editorial:shift"), {"v": approved.pk, "days": 1}).content.decode()
    shift(client, approved, days=1)
    first = wall(approved)
    shift(client, approved, days=1, confirmed="1")

    assert 'name="confirmed"' in page
    assert (first, wall(approved)) == (datetime(2026, 12, 1, 18), datetime(2026, 12, 2, 18))


def test_nobody_moves_posts_of_another_campaign(river, make_campaign, as_user):
    variant = river.variant(wall="2026-12-01T18:00")

    shift(as_user(make_campaign("Forest").people["manager"]), variant, days=1)
    answer = as_user(river.people["analyst"]).post(reverse("editorial:shift"), {"v": variant.pk, "days": 1})

    assert wall(variant) == datetime(2026, 12, 1, 18)
    assert answer.status_code in (302, 403)


@pytest.mark.parametrize("days", ["", "0", "x", "99999999"])
def test_a_number_that_is_none_is_said_beside_the_field(river, as_user, days):
    variant = river.variant(wall="2026-12-01T18:00")

    answer = shift(as_user(river.people["creator"]), variant, days=days)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert wall(variant) == datetime(2026, 12, 1, 18)


def test_the_ticked_posts_lead_there(river, as_user):
    variant = river.variant(wall="2026-12-01T18:00")

    answer = as_user(river.people["creator"]).post(
        reverse("editorial:selected"), {"v": variant.pk, "action": "shift"}, follow=True
    )

    assert "Wed 2 Dec 2026, 18:00" in answer.content.decode()
