"""What settles a conversation at the same time as somebody else changes it, and what leaves nothing behind."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from channels.connectors.talk import MessageKind as K
from channels.connectors.talk import Messages
from community import desk, ingest, sorting
from community.models import Conversation, Message, Note, Pull
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
