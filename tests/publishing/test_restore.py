"""A database that is older than what was sent: noticed, stopped, looked up; and the file that tells."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils.dateparse import parse_datetime

from channels.connectors.base import Lookup, LookupKind
from channels.wire import AnswerLost
from publishing import lookups, marks, restore
from publishing.core.states import Reason, State
from publishing.models import Event, Publication
from work import switches
from work.models import Finding, Notice, Switch

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, monkeypatch):
    settings.VAR = tmp_path
    settings.MEDIA_ROOT = str(tmp_path / "media")
    monkeypatch.setattr(marks, "_mine", None)
    monkeypatch.setattr(restore, "_copied", {"what": b"", "turn": 0})
    return tmp_path / "restore"


def forget(publication):
    """What a restore of an older copy does: the database no longer knows of the sending."""
    from django.db import connection
    from django.db.transaction import atomic

    from publishing.models import Attempt, Step

    with atomic(), connection.cursor() as cursor:
        ids = list(
            Event.objects.filter(publication=publication, seq__gt=1)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS publishing_event_no_delete")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending on the table
            cursor.execute("ALTER TABLE publishing_event DISABLE TRIGGER USER")
        for pk in ids:
            cursor.execute("DELETE FROM publishing_event WHERE id = %s", [pk])
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE publishing_event ENABLE TRIGGER USER")
    Attempt.objects.filter(step__publication=publication).delete()
    Step.objects.filter(publication=publication).delete()
    Publication.objects.filter(pk=publication.pk).update(
        state=State.SCHEDULED,
        next_action_at=publication.due_at,
        remote_id="",
        remote_url="",
        parts_out=0,
        published_at=None,
        started_at=None,
        intent_open=False,
        lease_owner="",
        lease_until=None,
    )
    publication.refresh_from_db()


def sent_and_forgotten(world, *texts):
    publication = world.publication(*texts)
    world.finish(publication)
    assert publication.state == State.PUBLISHED
    forget(publication)
    return publication


# The file ---------------------------------------------------------------------------------------------------


def test_every_intent_is_marked_before_its_call(world):
    publication = world.publication()
    seen = []
    world.network.before = lambda step, ctx: seen.append([mark.events[-1] for _, mark in marks.local()])
    world.finish(publication)

    intent = Event.objects.get(publication=publication, kind="intent")
    assert seen[0] == [(intent.pk, intent.hash[:16])]


def test_nothing_is_sent_when_the_mark_cannot_be_written(world, monkeypatch):
    def full(event):
        raise OSError(28, "No space left on device")

    publication = world.publication()
    monkeypatch.setattr(marks, "put", full)
    world.step(publication, publication.due_at)
    for _ in range(3):
        world.step(publication)

    assert world.network.texts() == []
    assert publication.intent_open is False
    assert publication.state in (State.WAITING, State.RUNNING, State.SCHEDULED)


def test_torn_half_leaves_the_other(db, folder):
    mine = marks.mine()
    mine.add(1, "a" * 64)
    mine.add(2, "b" * 64)
    (file,) = folder.glob("*.mark")
    data = bytearray(file.read_bytes())
    newest = data.rfind(b'[2,"') // marks.HALF
    data[newest * marks.HALF + 20] ^= 0xFF
    file.write_bytes(bytes(data))

    ((_, mark),) = marks.local()
    assert mark.events == ((1, "a" * 16),)


def test_each_process_has_a_file_of_its_own(db, folder):
    first, second = marks.Marks(folder), marks.Marks(folder)
    first.add(1, "a" * 64)
    second.add(2, "b" * 64)

    assert sorted(mark.events for _, mark in marks.local()) == [((1, "a" * 16),), ((2, "b" * 16),)]


def test_a_new_process_goes_on_in_the_file_of_one_that_died(db, folder):
    first = marks.Marks(folder)
    first.add(1, "a" * 64)
    import os

    os.close(first._file)
    second = marks.Marks(folder)
    second._open()

    ((_, mark),) = marks.local()
    assert mark.events == ((1, "a" * 16),)  # taking the file over loses nothing


# The guard --------------------------------------------------------------------------------------------------


def test_well_when_the_database_knows_everything(world):
    world.finish(world.publication())

    restore.guard()

    assert Finding.objects.get(key="restore").ok
    assert not Switch.objects.filter(on=True).exists()


def test_older_database_pauses_everything_and_asks_about_every_live_publication(world):
    admin = get_user_model().objects.create_superuser("root", "root@example.org", None)
    sent = sent_and_forgotten(world)
    later = world.publication("Another.", due=world.hand.at + timedelta(days=3))

    restore.guard()
    restore.guard()

    assert switches.paused().reason == restore.PAUSED
    for publication in (sent, later):
        publication.refresh_from_db()
        assert (publication.state, publication.reason) == (State.ATTENTION, Reason.RESTORED)
    assert Notice.objects.filter(user=admin, kind="restored").count() == 1
    finding = Finding.objects.get(key="restore")
    assert not finding.ok
    assert "is not in the database" in finding.words


def test_a_copy_made_before_any_worker_ran_is_known_as_a_copy_of_this_database(world):
    publication = world.publication()

    row = Finding.objects.get(key=marks.KEY)  # it stands in every copy made from now on

    world.finish(publication)
    [(_, mark)] = marks.local()
    assert mark.database == row.data["database"]


def test_a_pause_ended_too_early_comes_back(world):
    sent_and_forgotten(world)
    restore.guard()
    switches.turn("all", on=False)

    restore.guard()

    assert switches.paused() is not None


def test_another_event_of_the_same_number_is_noticed(world):
    publication = world.publication()
    world.finish(publication)
    mine = marks.mine()
    mine.add(Event.objects.order_by("-pk").first().pk, "f" * 64)

    restore.guard()

    assert "is another one in the database" in Finding.objects.get(key="restore").words


def test_marks_of_another_database_do_not_count(world):
    sent_and_forgotten(world)
    row = Finding.objects.get(key="restore")
    Finding.objects.filter(pk=row.pk).update(data={**row.data, "database": "another"})

    restore.guard()

    assert Finding.objects.get(key="restore").ok


def test_copy_in_the_media_store_tells_when_the_machine_is_gone(world, folder):
    publication = world.publication()
    world.finish(publication)
    restore.copy_to_media_store()
    for file in folder.glob("*.mark"):
        file.unlink()
    forget(publication)

    restore.guard()

    assert "media store" in Finding.objects.get(key="restore").words


# Looking up -------------------------------------------------------------------------------------------------


def accept(world):
    restore.guard()
    restore.accept(by="root")


def settle(world, publication, times=2):
    for _ in range(times):
        lookups.settle_restored()
        world.hand.move(61)
    publication.refresh_from_db()
    return publication


def test_nothing_is_looked_up_before_a_person_has_accepted(world):
    publication = sent_and_forgotten(world)
    restore.guard()
    world.network.calls.clear()

    settle(world, publication)

    assert world.network.calls == []
    assert publication.reason == Reason.RESTORED


def test_what_is_out_is_found_and_never_sent_again(world):
    publication = sent_and_forgotten(world, "One.", "Two.")
    accept(world)
    settle(world, publication)
    switches.turn("all", on=False)
    world.finish(publication)

    assert publication.state == State.PUBLISHED
    assert publication.remote_id
    assert world.network.texts() == ["One.", "Two."]


def test_what_is_not_there_on_two_looks_goes_out_at_its_time(world):
    marks.mine().add(10**6, "f" * 64)
    later = world.publication("Later.", due=world.hand.at + timedelta(days=1))
    accept(world)
    lookups.settle_restored()
    later.refresh_from_db()
    assert later.reason == Reason.RESTORED
    lookups.settle_restored()  # at once: does not count
    later.refresh_from_db()
    assert later.reason == Reason.RESTORED
    world.hand.move(61)
    lookups.settle_restored()
    later.refresh_from_db()
    assert later.state == State.SCHEDULED

    switches.turn("all", on=False)
    world.finish(later)

    assert world.network.texts().count("Later.") == 1
    assert later.state == State.PUBLISHED


def test_a_case_that_waited_before_waits_on(world):
    old = world.publication("Old.")
    Publication.objects.filter(pk=old.pk).update(
        state=State.ATTENTION, reason=Reason.LATE, detail="Too late.", next_action_at=None
    )
    marks.mine().add(10**6, "f" * 64)
    accept(world)
    settle(world, old)

    assert (old.state, old.reason, old.detail) == (State.ATTENTION, Reason.LATE, "Too late.")


def test_part_of_a_thread_that_is_out_is_for_a_person(world):
    publication = sent_and_forgotten(world, "One.", "Two.")
    del world.network.ledger[1]
    accept(world)
    settle(world, publication)

    assert (publication.state, publication.reason, publication.parts_out) == (
        State.ATTENTION,
        Reason.PARTIAL,
        1,
    )


def test_a_network_that_cannot_tell_leaves_it_to_a_person(world):
    from channels.connectors.base import Lookup, LookupKind

    publication = sent_and_forgotten(world)
    accept(world)
    world.network.looks = [Lookup(LookupKind.CANNOT, reason="it is away")] * 5
    settle(world, publication, times=4)

    assert (publication.state, publication.reason) == (State.ATTENTION, Reason.RESTORED)
    assert "it is away" in publication.detail
    assert len(world.network.texts()) == 1


# The command ------------------------------------------------------------------------------------------------


def run(*arguments):
    out = io.StringIO()
    call_command("restore_check", *arguments, stdout=out)
    return out.getvalue()


def test_command_on_a_sound_database(world):
    world.finish(world.publication())
    assert "knows everything that was sent" in run()


def test_command_says_what_it_found_and_accepts_only_when_told(world):
    sent_and_forgotten(world)
    with pytest.raises(CommandError, match="older than what was sent"):
        run()
    assert not Finding.objects.get(key="restore").ok

    said = run("--accept", "--by", "root")

    assert "era 1 begins" in said
    assert "1 publications wait to be looked up" in said
    assert Finding.objects.get(key="restore").data["accepted_by"] == "root"
    run()  # the old marks no longer count
    restore.guard()
    assert Finding.objects.get(key="restore").ok
    assert switches.paused() is not None  # ended by a person


def test_a_database_from_before_the_acceptance_is_noticed(world):
    sent_and_forgotten(world)
    accept(world)
    world.finish(world.publication("New.", due=world.hand.at + timedelta(hours=1)))
    marks.mine().add(Event.objects.order_by("-pk").first().pk, Event.objects.order_by("-pk").first().hash)
    row = Finding.objects.get(key="restore")
    Finding.objects.filter(pk=row.pk).update(data={**row.data, "era": 0})

    restore.guard()

    assert "restored database had been accepted" in Finding.objects.get(key="restore").words


def test_what_is_found_after_a_restore_is_as_old_as_the_network_says(world):
    publication = sent_and_forgotten(world, "One.")
    out_at = world.network.ledger[0].at
    world.hand.move(3 * 3600)
    accept(world)
    world.network.looks = [
        Lookup(LookupKind.FOUND, "1", "https://fake.example/1", True, {"id": "1"}, at=out_at)
    ]
    settle(world, publication)

    assert (publication.state, publication.published_at, publication.out_until) == ("published", out_at, None)


def test_where_the_network_does_not_say_it_lies_between_the_copy_and_now(world):
    publication = sent_and_forgotten(world, "One.")
    out_at = world.network.ledger[0].at
    world.hand.move(3 * 3600)
    accept(world)
    since = parse_datetime(Finding.objects.get(key=marks.KEY).data["since"])
    at = world.hand.at
    settle(world, publication, times=1)

    assert publication.state == State.PUBLISHED
    assert (publication.published_at, publication.out_until) == (max(since, publication.created_at), at)
    assert publication.published_at <= out_at < publication.out_until


def waiting_after_restore(world, n):
    """So many posts of which nobody knows whether they went out, on the account that the world has."""
    posts = [world.publication(f"Post {i}.") for i in range(n)]
    Publication.objects.update(state=State.ATTENTION, reason=Reason.RESTORED, next_action_at=None)
    since = (world.hand.at - timedelta(hours=1)).isoformat()
    Finding.objects.update_or_create(
        key=marks.KEY, defaults={"ok": True, "words": "", "data": {"since": since}, "at": world.hand.at}
    )
    return posts


def test_what_no_network_can_tell_of_keeps_nothing_else_waiting(world, monkeypatch):
    """Three at a time, and of the first three it is never told what became of them."""
    monkeypatch.setattr(lookups, "AT_ONCE", 3)
    *hopeless, last = waiting_after_restore(world, 4)
    Publication.objects.filter(pk=last.pk).update(due_at=last.due_at + timedelta(hours=1))
    names = {each.payload["parts"][0]["text"] for each in hopeless}

    def search(step, ctx):
        if ctx.payload["parts"][0]["text"] in names:
            return Lookup(LookupKind.CANNOT, complete=True, reason="nobody can tell")
        return Lookup(LookupKind.FOUND, "9", "https://fake.example/9", True, {"id": "9"})

    world.network.search = search
    for _ in range(2):
        lookups.settle_restored()
        world.hand.move(61)
    last.refresh_from_db()

    assert last.state == State.PUBLISHED


def test_a_silent_network_is_asked_once_in_a_round_of_look_ups(world):
    waiting_after_restore(world, 5)
    asked = []

    def search(step, ctx):
        asked.append(step.key)
        raise AnswerLost("no answer in time", "ReadTimeout")

    world.network.search = search
    lookups.settle_restored()
    assert len(asked) == 1
    world.hand.move(61)
    lookups.settle_restored()

    assert len(asked) == 2


def test_a_round_of_look_ups_ends_before_its_lease_does(world):
    waiting_after_restore(world, 20)
    asked = []

    def search(step, ctx):
        asked.append(step.key)
        world.hand.move(11)
        return Lookup(LookupKind.CANNOT, complete=True, reason="nobody can tell")

    world.network.search = search
    lookups.settle_restored()

    assert len(asked) == 6
