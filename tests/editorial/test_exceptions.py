"""A post goes out inside a quiet period only where one person asked with a reason and another one granted it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from editorial import domain
from editorial.domain import exceptions, quiet
from editorial.models import QuietException, QuietPeriod
from publishing.models import Publication
from tests.editorial.test_approval import refusal, second_manager, seen, submitted
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def silence(river):
    return QuietPeriod.objects.create(
        name="Election silence",
        reason="The law.",
        campaign=river.page,
        starts_at=datetime(2026, 12, 1, tzinfo=UTC),
        ends_at=datetime(2026, 12, 2, tzinfo=UTC),
    )


def granted(river, variant, **more):
    asked = exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.", **more)
    return exceptions.settle(asked, by=river.people["manager"], grant=True)


def approve(river, variant):
    return domain.approve(variant, by=river.people["manager"], digest=seen(variant))


def test_two_people_let_it_be_approved_and_sent(river, silence):
    variant = submitted(river)
    assert refusal(approve, river, variant) == "quiet"

    granted(river, variant)
    approve(river, variant)

    publication = Publication.objects.get()
    assert quiet.hold(publication, publication.due_at) is None
    assert quiet.hold(publication, publication.due_at + timedelta(minutes=5)) is None


def test_without_the_second_person_it_is_held(river, silence):
    variant = submitted(river)
    exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.")

    assert refusal(approve, river, variant) == "quiet"


def test_nobody_grants_their_own(river, silence):
    manager = river.people["manager"]
    variant = submitted(river)
    asked = exceptions.ask(variant, by=manager, reason="A flood warning.")

    assert refusal(exceptions.settle, asked, by=manager, grant=True) == "own_request"
    with pytest.raises(IntegrityError), transaction.atomic():
        QuietException.objects.filter(pk=asked.pk).update(settled_by=manager)
    exceptions.settle(asked, by=second_manager(river), grant=True)
    assert approve(river, variant) is not None


@pytest.mark.parametrize("role", ["creator", "community", "analyst"])
def test_only_who_may_change_the_period_grants(river, silence, role):
    asked = exceptions.ask(submitted(river), by=river.people["manager"], reason="A flood warning.")

    assert refusal(exceptions.settle, asked, by=river.people[role], grant=True) == "permission"


def test_a_period_for_every_campaign_is_the_administrators(river, silence, admin):
    QuietPeriod.objects.filter(pk=silence.pk).update(campaign=None)
    variant = submitted(river)
    asked = exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.")

    assert refusal(exceptions.settle, asked, by=river.people["manager"], grant=True) == "permission"
    exceptions.settle(asked, by=admin, grant=True)
    assert approve(river, variant) is not None


def test_a_reason_is_needed_and_a_period(river, silence):
    variant, creator = submitted(river), river.people["creator"]
    free = datetime(2026, 12, 5, 12, tzinfo=UTC)

    assert refusal(exceptions.ask, variant, by=creator, reason=" ") == "reason"
    assert refusal(exceptions.ask, variant, by=creator, reason="x", at=free) == "none"
    assert refusal(exceptions.ask, variant, by=river.people["analyst"], reason="x") == "permission"
    exceptions.ask(variant, by=creator, reason="x")
    assert refusal(exceptions.ask, variant, by=river.people["manager"], reason="y") == "asked"


def test_it_holds_for_its_moment_only(river, silence):
    variant = submitted(river)
    granted(river, variant)

    with pytest.raises(domain.Refused, match="Election silence"):
        domain.move(variant, wall=datetime(2026, 12, 1, 19, 0), by=river.people["manager"])


def test_planning_into_it_needs_the_exception_first(river, silence):
    variant = river.variant(wall="2026-12-05T12:00")
    wall, at = datetime(2026, 12, 1, 15, 0), datetime(2026, 12, 1, 15, tzinfo=UTC)
    with pytest.raises(domain.Refused, match="Election silence"):
        domain.move(variant, wall=wall, by=river.people["creator"])

    granted(river, variant, at=at)

    assert domain.move(variant, wall=wall, by=river.people["creator"]).now.wall == wall


def test_the_calendar_no_longer_warns_of_what_was_granted(river, silence):
    from datetime import date

    from editorial import board

    manager, variant = river.people["manager"], submitted(river)
    asked = exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.")

    def warned():
        [entry] = board.load(manager, date(2026, 12, 1), date(2027, 1, 1)).entries
        listed = board.entries_of(
            [entry.variant.__class__.objects.get(pk=variant.pk)], manager, quiet=[silence]
        )
        marks = {each.quiet is not None for each in (entry, board.entry_of(variant, manager), *listed)}
        assert len(marks) == 1
        return marks.pop()

    assert warned()
    exceptions.settle(asked, by=manager, grant=True)
    assert not warned()

    QuietPeriod.objects.filter(pk=silence.pk).update(ends_at=silence.ends_at + timedelta(days=1))
    silence.refresh_from_db()
    assert warned()


def test_a_period_that_changed_holds_again(river, silence):
    variant = submitted(river)
    granted(river, variant)
    QuietPeriod.objects.filter(pk=silence.pk).update(ends_at=silence.ends_at + timedelta(days=1))

    assert refusal(approve, river, variant) == "quiet"


def test_after_the_period_changed_one_asks_again(river, silence):
    variant = river.variant(wall="2026-12-01T18:00")
    old = exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.")
    QuietPeriod.objects.filter(pk=silence.pk).update(ends_at=silence.ends_at + timedelta(days=1))
    assert refusal(exceptions.settle, old, by=river.people["manager"], grant=True) == "changed"

    new = exceptions.ask(variant, by=river.people["creator"], reason="A flood warning.")
    exceptions.settle(new, by=river.people["manager"], grant=True)

    old.refresh_from_db()
    assert (old.granted, old.settled_at is None) == (False, False)
    assert refusal(exceptions.ask, variant, by=river.people["creator"], reason="Again.") in {"none", "asked"}


def test_another_period_at_the_same_time_still_holds(river, silence):
    variant = submitted(river)
    granted(river, variant)
    QuietPeriod.objects.create(
        name="Mourning", reason="A death.", starts_at=silence.starts_at, ends_at=silence.ends_at
    )

    with pytest.raises(domain.Refused, match="Mourning"):
        approve(river, variant)


def test_everybody_concerned_is_told_and_it_is_in_the_history(river, silence):
    from editorial.history import whole_history

    variant = submitted(river)
    granted(river, variant)

    assert {n.user for n in Notice.objects.filter(kind="quiet_asked")} == {river.people["manager"]}
    assert {n.user for n in Notice.objects.filter(kind="quiet_granted")} == {river.people["creator"]}
    words = [line.what for line in whole_history(variant)]
    assert "Exception from a quiet period asked for" in words
    assert "Exception from a quiet period granted" in words


def test_the_page_asks_and_grants_and_shows_it_where_the_post_is(river, silence, as_user):
    variant = submitted(river)
    url = reverse("editorial:quiet", args=[variant.pk])
    client = as_user(river.people["creator"])

    client.post(url, {"wall": "2026-12-01T18:00", "reason": "A flood warning."})
    asked = QuietException.objects.get()
    client.post(url, {"exception": asked.pk, "do": "grant"})
    asked.refresh_from_db()
    assert asked.state == "asked"
    as_user(river.people["manager"]).post(url, {"exception": asked.pk, "do": "grant"})
    asked.refresh_from_db()
    assert asked.state == "granted"

    for name in ("variant", "panel"):
        page = client.get(reverse(f"editorial:{name}", args=[variant.pk])).content.decode()
        assert "Exception granted" in page, name
        assert "A flood warning." in page
