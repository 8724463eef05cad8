"""What waits for me, and how my own work stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from editorial import domain
from publishing.core.states import State
from publishing.models import Publication

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

LATER = "2026-12-01T18:00"


def home(client) -> str:
    return client.get(reverse("wagtailadmin_home")).content.decode()


def test_managers_see_what_waits_for_them_but_not_their_own(river, make_campaign, as_user):
    manager, forest = river.people["manager"], make_campaign("Forest")
    theirs, own = river.variant(wall=LATER), river.variant(wall="2026-12-02T10:00", by=manager)
    other = forest.variant(wall=LATER)
    for variant, by in ((theirs, river.people["creator"]), (own, manager), (other, forest.people["creator"])):
        domain.submit(variant, by=by)

    page = home(as_user(manager))

    waiting = page[page.index("Waiting for me") : page.index("My posts")]
    assert reverse("editorial:variant", args=[theirs.pk]) in waiting
    assert reverse("editorial:variant", args=[own.pk]) not in waiting
    assert reverse("editorial:variant", args=[other.pk]) not in page
    assert reverse("editorial:variant", args=[own.pk]) in page[page.index("My posts") :]


def test_creators_see_their_own_and_analysts_neither(river, as_user):
    variant = river.variant(wall=LATER)

    page = home(as_user(river.people["creator"]))
    assert "Waiting for me" not in page
    assert reverse("editorial:variant", args=[variant.pk]) in page

    page = home(as_user(river.people["analyst"]))
    assert "My posts" not in page


def test_what_is_out_takes_no_place_of_what_is_open(river, as_user, monkeypatch):
    monkeypatch.setattr("editorial.dashboard.LOOKED_AT", 1)
    still_open = river.variant(wall=LATER)
    river.approved(wall="2026-12-02T10:00")
    Publication.objects.update(state=State.PUBLISHED, published_at=datetime(2026, 11, 22, tzinfo=UTC))

    mine = home(as_user(river.people["creator"]))

    assert reverse("editorial:variant", args=[still_open.pk]) in mine


def test_the_panels_take_as_many_queries_for_many_as_for_one(river, as_user):
    client = as_user(river.people["manager"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            home(client)
        return len(caught)

    domain.submit(river.variant(wall=LATER), by=river.people["creator"])
    queries()
    one = queries()
    for day in range(2, 8):
        domain.submit(river.variant(wall=f"2026-12-0{day}T10:00"), by=river.people["creator"])

    assert queries() == one
