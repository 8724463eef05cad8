"""The numbers tell what happened, and name nobody."""

import pytest

from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind
from publishing import chains, metrics
from publishing.models import Attempt, Budget, Event, Publication
from work.models import Finding

pytestmark = pytest.mark.db


def value(name, **labels):
    for family in metrics.collect():
        for sample in family.samples:
            if sample.name == name and sample.labels == {k: str(v) for k, v in labels.items()}:
                return sample.value
    return None


def test_a_publication_is_a_call_and_a_lateness(world):
    world.finish(world.publication())

    assert value("attempts_total", platform="fake", **{"class": "ok"}) == 1
    assert value("publish_lateness_seconds_count") == 1
    assert value("publish_lateness_seconds_bucket", le="0.5") == 1
    assert value("resends_total") == 0
    assert value("orphans") == 0


def test_a_lost_call_that_was_repeated_is_a_resend(world):
    world.network.script["commit"] = ["dropped", "ok"]
    world.finish(world.publication())

    assert world.network.texts() == ["The river is clean."]
    assert value("resends_total") == 1


def test_doubt_and_questions_are_counted(world):
    publication = world.publication()
    world.network.script["commit"] = ["lost"]
    world.network.looks = [Lookup(LookupKind.CANNOT)] * 3
    world.step(publication, publication.due_at)
    assert value("in_doubt") == 1
    world.hand.move(30)
    assert value("in_doubt_oldest_seconds") >= 30

    Publication.objects.update(state="attention", reason="late")
    assert value("attention_open", reason="late") == 1
    assert value("attention_open", reason="quota") == 0


def test_a_double_that_a_look_up_saw_is_counted(world):
    publication = world.publication()
    world.network.script["commit"] = ["lost"]
    seen = ({"id": "1"}, {"id": "2"})
    world.network.looks = [Lookup(LookupKind.CANNOT, complete=True, seen=seen, reason="two of them")] * 9
    world.step(publication, publication.due_at)
    assert value("doubles_detected_total") == 0
    world.finish(publication)
    assert value("doubles_detected_total") >= 1


def test_a_call_that_the_guard_stopped_is_counted(world):
    world.network.script["commit"] = [Outcome(OutcomeKind.NOT_SENT, code="guard_late"), "ok"]
    world.finish(world.publication())
    assert value("guard_aborts_total") == 1


def test_a_due_publication_that_nobody_takes_has_an_age(world):
    publication = world.publication()
    Publication.objects.update(next_action_at=world.hand.at)
    world.hand.move(90)
    assert value("due_unclaimed", source="publication") == 1
    assert value("oldest_due_seconds") == 90
    assert publication.state == "scheduled"


def test_budgets_are_what_is_left_at_once(db, world, monkeypatch):
    from channels.connectors.base import Rate

    world.network.rates = (Rate(100, 900),)
    Budget.objects.create(key="posts:fake:7:900", tat=world.hand.at.timestamp() + 180)
    Budget.objects.create(key="catch-up:7", tat=1)

    ((key, left),) = metrics.budgets(world.hand.at)

    assert key == "posts:fake:7:900"
    assert left == 40  # 50 at once, one each 18 s: ten are used


def test_no_label_tells_a_text_a_person_or_a_worker(world):
    publication = world.publication("A secret text.")
    world.finish(publication)
    labels = {v for family in metrics.collect() for sample in family.samples for v in sample.labels.values()}

    for word in ("secret", "ada", "max", "@river", str(publication.pk)):
        assert not any(word in label for label in labels)


def test_a_broken_chain_is_found_by_the_job_and_stays_found(world):
    publication = world.publication()
    chains.check()
    assert value("hash_chain_ok") == 1

    event = Event.objects.get(publication=publication, seq=1)
    Event.objects.create(
        publication=publication, seq=2, at=event.at, kind="waiting", prev_hash=event.hash, hash="f" * 64
    )
    chains.check()

    assert value("hash_chain_ok") == 0
    assert Finding.objects.get(key="chains").data["broken"] == [[str(publication.pk), 2]]
    assert Attempt.objects.count() == 0
