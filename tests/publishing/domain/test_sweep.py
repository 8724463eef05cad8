"""I8: whatever is not over has a date that is not forgotten, or people who know of it."""

from datetime import UTC, datetime, timedelta

import pytest

from publishing.core.states import Reason
from publishing.domain import asking, sweep
from publishing.models import Publication
from work import claim
from work.models import Notice

pytestmark = pytest.mark.db

DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def change(publication, **fields):
    Publication.objects.filter(pk=publication.pk).update(**fields)
    publication.refresh_from_db()


def test_nothing_is_an_orphan_along_a_normal_run(world):
    publication = world.publication("one")
    while publication.state != "published":
        assert sweep.orphans(world.hand.at) == 0
        world.step(publication)


@pytest.mark.parametrize(
    "fields",
    [
        {"next_action_at": None},
        {"next_action_at": DUE + timedelta(minutes=1)},
        {"state": "waiting", "next_action_at": DUE + timedelta(days=2)},
        {"state": "in_doubt", "next_action_at": None},
        {"state": "running", "next_action_at": None},
        {"due_at": DUE - timedelta(days=9), "next_action_at": DUE + timedelta(days=2)},
        {"state": "attention", "reason": "restored", "next_action_at": None},
    ],
)
def test_what_would_sleep_for_ever_is_counted_and_mended(world, fields):
    publication = world.publication("one")
    change(publication, **fields)
    assert sweep.orphans(world.hand.at) == 1

    assert sweep.sweep() == 1
    assert sweep.sweep() == 0

    publication.refresh_from_db()
    assert sweep.orphans(world.hand.at) == 0
    if publication.state == "attention":
        assert publication.attention_since == world.hand.at
        assert Notice.objects.filter(user=world.owner, kind="attention").exists()
    else:
        assert publication.next_action_at == world.hand.at
        assert "swept" in world.events(publication)


def test_overdue_is_counted_but_needs_only_a_worker(world):
    publication = world.publication("one")
    change(publication, next_action_at=DUE)

    assert sweep.orphans(DUE + timedelta(minutes=5)) == 0
    assert sweep.orphans(DUE + timedelta(minutes=5, seconds=1)) == 1
    world.hand.at = DUE + timedelta(minutes=6)
    assert sweep.sweep() == 0


def test_what_a_worker_holds_is_no_orphan(world):
    publication = world.publication("one")
    world.hand.at = DUE
    claim.claim(Publication, publication.pk, worker="w", lease_s=900)

    assert sweep.orphans(DUE + timedelta(minutes=10)) == 0
    assert sweep.orphans(DUE + timedelta(minutes=21)) == 1


def test_asking_from_outside_ends_a_workers_hold(world):
    publication = world.publication("one")
    world.hand.at = DUE
    held = claim.claim(Publication, publication.pk, worker="w")

    assert asking.ask(publication, Reason.RESTORED, "An older copy was restored.") is True
    assert asking.ask(publication, Reason.RESTORED, "Again.") is False

    with pytest.raises(claim.LeaseLost):
        claim.write(held, detail="x")
    assert (publication.state, publication.reason, publication.attention_told) == ("attention", "restored", 1)
    assert sweep.orphans(DUE) == 0
