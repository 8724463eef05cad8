"""What settles a conversation at the same time as somebody else changes it, and what leaves nothing behind."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from channels.connectors.talk import MessageKind as K
from channels.connectors.talk import Messages
from community import desk, escalating, ingest, sorting, timing
from community.models import Conversation, Message, Note, Pull, Target
from tests.community.conftest import told
from tests.community.test_answers import person


def test_an_answer_of_ours_survives_a_round_that_does_not_list_it(world, network):
    """Some networks are asked for what others said only."""
    publication = world.finish(world.publication("The river is clean."))
    row = Pull.objects.get(publication=publication)
    theirs = told("1", post_id=publication.remote_id)
    work(world, row, network, theirs)
    talk = Conversation.objects.get()
    cleo = person(world, "cleo")
    answer = desk.send(cleo, desk.draft_answer(cleo, talk, "Yes.", form_key="f1"))
    world.finish(answer.publication)

    world.hand.at += timedelta(days=1, minutes=5)
    work(world, row, network, theirs)

    talk.refresh_from_db()
    assert (talk.messages.get(direction="out").deleted_at, talk.status) == (None, "answered")


def work(world, row, network, *messages):
    from work import worker

    network.pages = [Messages(messages, complete=True)]
    row.refresh_from_db()
    world.hand.at = max(world.hand.at, row.next_action_at)
    assert worker.run_one("conversations", row.pk)


def test_news_is_a_change_that_whoever_closes_must_have_seen(world, store):
    store(told("1", minute=1))
    seen = Conversation.objects.get()
    store(told("1", minute=1))  # told again is no news
    assert Conversation.objects.get().version == seen.version

    store(told("2", kind=K.REPLY, parent_id="1", minute=2))
    with pytest.raises(sorting.Changed):
        sorting.set_status(seen, "closed", by=world.owner, version=seen.version)


def test_what_hangs_on_a_conversation_goes_where_its_last_message_goes(world, store):
    store(told("d", "Hello", kind=K.DIRECT, conversation_id=""))
    before = Conversation.objects.get()
    Note.objects.create(conversation=before, text="Call her", at=world.hand.at)

    store(told("d", "Hello", kind=K.DIRECT, conversation_id="t"))  # now the network says in which talk

    talk = Conversation.objects.get()
    assert (talk.key, talk.notes.get().text, talk.messages.count()) == ("direct:t", "Call her", 1)


@pytest.fixture
def committed(transactional_db, waits, network):
    from tests.publishing.conftest import START, make_world
    from work import clock

    with clock.by_hand(START) as hand:
        yield make_world(hand, network)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_two_who_settle_at_once_lose_nothing(committed):
    """An answer goes out while a page is being kept: the second waits, and counts what the first has added."""
    world = committed
    ingest.store(world.channel, [told("1", minute=1)], at=world.hand.at)
    talk = Conversation.objects.get()
    held, go_on = threading.Event(), threading.Event()

    def ours():
        try:
            with transaction.atomic():
                Message.objects.create(
                    conversation=talk,
                    channel=world.channel,
                    remote_id="a",
                    kind="reply",
                    direction="out",
                    text="Yes.",
                    at=world.hand.at + timedelta(minutes=2),
                    seen_at=world.hand.at,
                )
                ingest.settle({talk.pk}, at=world.hand.at)
                held.set()
                go_on.wait(10)
        finally:
            connection.close()

    def theirs():
        try:
            held.wait(10)
            page = [told("2", kind=K.REPLY, parent_id="1", minute=1)]
            ingest.store(world.channel, page, at=world.hand.at)
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (ours, theirs)]
    for thread in threads:
        thread.start()
    held.wait(10)
    threads[1].join(1)  # time enough to read the messages, were it not held back
    go_on.set()
    for thread in threads:
        thread.join(20)

    talk.refresh_from_db()
    assert (talk.messages_count, talk.last_out_at is not None, talk.answered_at is not None) == (
        3,
        True,
        True,
    )


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("how", ["status", "escalate", "correct"])
def test_a_page_that_waits_for_a_status_counts_after_it(committed, how, monkeypatch):
    """Who writes while a colleague closes it waits, with a due time and a warning; what we answer meanwhile is answered."""
    world = committed
    ingest.store(world.channel, [told("1", minute=0)], at=world.hand.at)
    talk, mona = Conversation.objects.get(), person(world, "mona", "manager")
    cleo = person(world, "cleo")
    if how == "escalate":
        sorting.set_status(talk, "closed", by=cleo)
    Target.objects.create(
        campaign_id=talk.campaign_id, topic="lamps", first_min=60, next_min=60, escalate_min=30
    )
    act = {
        "status": lambda: sorting.set_status(talk, "closed", by=cleo),
        "escalate": lambda: escalating.escalate(talk, mona, "They were right", by=cleo),
        "correct": lambda: sorting.correct(talk, "topic", "lamps", by=cleo),
    }[how]
    held, stored = threading.Event(), threading.Event()
    failed = []

    def page():
        try:
            held.wait(10)
            new = told("2", kind=K.REPLY, parent_id="1", author="tom", minute=5, ours=how != "status")
            ingest.store(world.channel, [new], at=world.hand.at + timedelta(minutes=5))
        except Exception as error:
            failed.append(error)
        finally:
            stored.set()
            connection.close()

    def slow(module, name, before=False):
        done = getattr(module, name)

        def slowly(*args):
            found = None if before else done(*args)
            if threading.current_thread() is threading.main_thread():
                held.set()
                stored.wait(1)  # time enough to store the page, were it not held back
            return done(*args) if before else found

        monkeypatch.setattr(module, name, slowly)

    slow(ingest, "said_in")
    slow(timing, "reckon", before=True)
    other = threading.Thread(target=page)
    other.start()
    act()
    other.join(20)

    talk.refresh_from_db()
    assert failed == []
    times = (talk.waiting_since, talk.due_since, talk.warn_at, talk.next_due_at)
    if how != "status":
        assert (talk.status, *times) == ("answered", None, None, None, None)
        return
    since = talk.started_at + timedelta(minutes=5)
    assert (talk.status, talk.waiting_since, talk.due_since) == ("open", since, since)
    assert talk.next_due_at == since + timedelta(minutes=240)
    assert talk.warn_at == talk.next_due_at - timedelta(minutes=30)
