"""The history checker finds what it is there to find."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publishing.domain import actions
from publishing.models import Attempt, Publication, Step, Version
from tests.faults import history
from tests.faults import lab as net
from tests.faults.world import DUE, s
from work.models import Notice

pytestmark = pytest.mark.db


@pytest.fixture
def out(world):
    """A thread of two that is out as it should be."""
    world.finish(world.publication("one", "two"))
    assert world.problems() == []
    world.checks = False
    return world


def found(world, stood=None, **more):
    stood = world.lab.stood() if stood is None else stood
    return "\n".join(history.problems(stood, at=world.hand.at, **more))


def test_double_is_found(out):
    world = out
    first = world.lab.stood()[0]
    assert "DOUBLED" in found(world, [*world.lab.stood(), replace(first, id="p-9")])


def test_lost_post_is_found(out):
    assert "LOST" in found(out, out.lab.stood()[:1])


def test_foreign_post_in_our_name_is_found(out):
    extra = replace(out.lab.stood()[0], text="never approved", id="p-9")
    assert "belong to no publication" in found(out, [*out.lab.stood(), extra])
    assert found(out, [*out.lab.stood(), extra], extra_texts=["never approved"]) == ""


def test_wrong_order_is_found(out):
    one, two = out.lab.stood()
    assert "hangs below" in found(out, [one, replace(two, parent="p-77")])
    assert "older than" in found(out, [one, replace(two, at=one.at - s(1))])


def test_id_that_does_not_exist_is_found(out):
    Step.objects.filter(key="commit").update(remote_id="p-77")
    assert "does not exist" in found(out)


def test_other_content_than_approved_is_found(out):
    version = Version.objects.get()
    Version.objects.update(payload={**version.payload, "language": "de"})
    assert "not what was approved" in found(out)


def test_other_files_than_approved_are_found(out):
    one, two = out.lab.stood()
    assert "other files" in found(out, [replace(one, media=("abc",)), two])


def test_early_and_late_posts_are_found(out):
    Attempt.objects.filter(step__key="commit").update(intent_at=DUE - s(1))
    assert "EARLY" in found(out)
    Attempt.objects.filter(step__key="commit").update(intent_at=DUE + s(1801))
    assert "LATE" in found(out)


def test_open_attempt_is_found(out):
    Attempt.objects.filter(step__key="commit").update(outcome="")
    assert "never closed" in found(out)


def test_row_that_sleeps_for_ever_is_found(world):
    publication = world.publication("one")
    world.checks = False
    Publication.objects.filter(pk=publication.pk).update(next_action_at=None)
    assert "ORPHAN" in found(world, settled=False)
    Publication.objects.filter(pk=publication.pk).update(next_action_at=world.hand.at - timedelta(hours=1))
    assert "ORPHAN" in found(world)
    assert "LOST" in found(world)


def test_end_that_nobody_was_told_of_is_found(world):
    publication = world.publication("one")
    world.lab.next("POST /post", net.refusal(422, "text", "Too rude."))
    world.finish(publication)
    assert found(world) == ""
    world.checks = False
    Notice.objects.all().delete()
    assert "not told" in found(world)


def test_failed_and_cancelled_that_stand_are_found(out):
    Publication.objects.update(state="failed")
    assert "it says failed" in found(out)
    Publication.objects.update(state="cancelled")
    assert "it says cancelled" in found(out)


def test_decision_without_a_reason_is_found(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    assert found(world) == ""
    world.checks = False
    Publication.objects.update(detail="")
    assert "nobody can see why" in found(world)


def test_post_that_a_decision_does_not_know_of_is_found(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    world.checks = False
    stood = history.Stood("@river", "one", "p-1", DUE)
    assert "1 part(s) stand" in found(world, [stood])


def test_forged_event_is_found(world):
    from django.db import connection

    world.finish(world.publication("one"))
    world.checks = False
    with connection.cursor() as cursor:  # past the triggers, as somebody with the database's keys could
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER publishing_event_no_update")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending on the table
            cursor.execute("ALTER TABLE publishing_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE publishing_event SET kind = 'praised' WHERE seq = 2")
        if connection.vendor != "sqlite":
            cursor.execute("ALTER TABLE publishing_event ENABLE TRIGGER USER")
    assert "do not fit" in found(world)


def test_what_a_person_said_is_out_need_not_be_in_the_ledger(world):
    publication = world.publication("one")
    world.step(publication, to=DUE + s(1801))
    actions.mark_as_out(publication, "https://lab.example/shown/9", by=world.manager)
    assert found(world) == ""
