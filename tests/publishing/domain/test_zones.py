"""A zone's rules change after a post was planned: its wall time is kept, and its people know before it moves."""

from datetime import UTC, datetime, timedelta

import pytest

from formats import schedule
from publishing.domain import actions, zones
from publishing.models import Publication, Version
from work.models import Notice

pytestmark = pytest.mark.db

DUE = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


@pytest.fixture
def shift(monkeypatch):
    """As if London's clocks were ``hours`` ahead of what the older database said."""
    real = schedule.resolve
    rule = {"hours": 0}

    def resolve(wall, zone, fold=0):
        found = real(wall, zone, fold)
        return schedule.Resolved(
            at=found.at - timedelta(hours=rule["hours"]), wall=found.wall, zone=zone, fold=found.fold
        )

    monkeypatch.setattr(schedule, "resolve", resolve)
    return rule


@pytest.fixture
def planned(world):
    publication = world.publication("one", due=DUE)
    wall = "2026-12-01T18:00:00"
    payload = {**publication.version.payload, "wall_time": wall}
    Version.objects.filter(pk=publication.version_id).update(payload=payload)
    Publication.objects.filter(pk=publication.pk).update(wall_time=wall)
    publication.refresh_from_db()
    return publication


def told(world):
    return Notice.objects.filter(kind="zone_moved", user=world.owner).count()


def test_nothing_changes_while_the_rules_do_not(world, planned):
    assert zones.resolve_again() == 0
    assert told(world) == 0


def test_owner_is_told_a_day_before_it_moves(world, planned, shift):
    shift["hours"] = 1

    zones.resolve_again()
    planned.refresh_from_db()
    assert (planned.due_at, planned.moves_to, told(world)) == (DUE, DUE - timedelta(hours=1), 1)

    world.hand.move(3600)
    zones.resolve_again()
    planned.refresh_from_db()
    assert (planned.due_at, told(world)) == (DUE, 1)

    world.hand.move(86_400)
    zones.resolve_again()
    planned.refresh_from_db()
    assert planned.due_at == DUE - timedelta(hours=1)
    assert planned.moves_to is None
    assert planned.version.payload["planned_at"] == "2026-12-01T17:00:00Z"
    assert planned.version.approved_by == world.manager
    assert planned.version.voided_at is None
    assert told(world) == 1
    world.finish(planned)
    assert world.network.ledger[0].at == DUE - timedelta(hours=1)


def test_rules_that_change_back_move_nothing(world, planned, shift):
    shift["hours"] = 1
    zones.resolve_again()
    shift["hours"] = 0
    world.hand.move(86_400)

    zones.resolve_again()

    planned.refresh_from_db()
    assert (planned.due_at, planned.moves_to) == (DUE, None)


def test_what_is_due_before_the_next_run_moves_at_once(world, planned, shift):
    shift["hours"] = 1
    world.hand.at = DUE - timedelta(hours=20)

    zones.resolve_again()

    planned.refresh_from_db()
    assert planned.due_at == DUE - timedelta(hours=1)
    assert told(world) == 1


def test_a_persons_own_time_follows_the_clock_too(world, planned, shift):
    actions.reschedule(planned, DUE + timedelta(hours=2), by=world.manager)
    shift["hours"] = 1
    world.hand.at = DUE - timedelta(hours=20)

    zones.resolve_again()

    planned.refresh_from_db()
    assert planned.due_at == DUE + timedelta(hours=1)
    assert "zone_moved" in world.events(planned)


def test_what_is_being_sent_or_has_no_known_zone_stays(world, planned, shift):
    shift["hours"] = 1
    Publication.objects.filter(pk=planned.pk).update(zone="Atlantis/Capital")
    zones.resolve_again()
    Publication.objects.filter(pk=planned.pk).update(zone="Europe/London", started_at=world.hand.at)
    zones.resolve_again()

    planned.refresh_from_db()
    assert (planned.due_at, told(world)) == (DUE, 0)
