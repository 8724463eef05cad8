"""What settles a conversation at the same time as somebody else changes it, and what leaves nothing behind."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Q

from channels.connectors.talk import MessageKind as K
from channels.connectors.talk import Messages
from community import desk, escalating, ingest, moderation, retention, sorting, timing
from community.models import Conversation, Message, Miss, Note, Pull, Target
from tests.community.conftest import told
from tests.community.test_answers import person

MINUTE = timedelta(minutes=1)
SPAM = {"category": "spam", "note": "The same advertisement again and again."}
two_at_once = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"
)


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
                stored.wait(
                    0.6
                )  # time enough to store the page, were it not held back; no wait for a lock exceeds 3 s
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


# Two at once --------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch):
    """Do the first; where it comes to ``name`` of ``module``, begin the second, and go on when that is done or waits.

    ``after``: once that is done, not before. Returns what went wrong.
    """

    def run(first, second, module, name, *, after=True):
        held, done, failed = threading.Event(), threading.Event(), []
        real = getattr(module, name)

        def pause():
            if threading.current_thread() is threading.main_thread() and not held.is_set():
                held.set()
                done.wait(1.5)

        def slowly(*args, **kwargs):
            if not after:
                pause()
            found = real(*args, **kwargs)
            if after:
                pause()
            return found

        def other():
            try:
                if held.wait(10):
                    second()
            except Exception as error:
                failed.append(error)
            finally:
                done.set()
                connection.close()

        with monkeypatch.context() as patch:
            patch.setattr(module, name, slowly)
            thread = threading.Thread(target=other)
            thread.start()
            try:
                first()
            except Exception as error:
                failed.append(error)
            thread.join(20)
        assert held.is_set()
        return failed

    return run


@pytest.fixture
def talks(committed):
    """Of one person: one not answered, and one answered, in which they have written again after that."""
    world = committed
    ingest.store(world.channel, [told("1", author="tom", post_id="p")], at=world.hand.at)
    ours = told("3", ours=True, kind=K.REPLY, parent_id="2", post_id="p", minute=2)
    ingest.store(world.channel, [told("2", author="tom", post_id="p", minute=1), ours], at=world.hand.at)
    world.hand.at += 30 * MINUTE
    again = told("9", author="tom", kind=K.REPLY, parent_id="2", post_id="p", minute=3)
    ingest.store(world.channel, [again], at=world.hand.at)
    return world


def said(remote_id):
    return Message.objects.select_related("conversation").get(remote_id=remote_id)


def vanish(world, *names):
    """A round that shows everything but these."""
    at = world.hand.at + 50 * MINUTE
    return lambda: ingest.gone(world.channel, Q(remote_id__in=names), round_at=at, since=None, at=at)


@two_at_once
def test_who_closes_while_a_page_lists_what_is_known(committed, at_once):
    world = committed
    ingest.store(world.channel, [told("1")], at=world.hand.at)
    talk, cleo = Conversation.objects.get(), person(world, "cleo")
    page = [told("1"), told("2", kind=K.REPLY, parent_id="1", author="tom", minute=5)]

    failed = at_once(
        lambda: sorting.set_status(talk, "closed", by=cleo),
        lambda: ingest.store(world.channel, page, at=world.hand.at + 5 * MINUTE),
        ingest,
        "said_in",
    )

    talk.refresh_from_db()
    assert failed == []
    assert (talk.status, talk.waiting_since) == ("open", talk.started_at + 5 * MINUTE)
    assert said("1").set_aside_at is not None


@two_at_once
def test_who_is_muted_while_a_round_finds_something_gone_in_two_conversations(talks, at_once):
    cleo = person(talks, "cleo")
    mute = lambda: desk.moderate(cleo, said("9"), "mute", **SPAM)  # noqa: E731

    assert at_once(vanish(talks, "1", "3"), mute, ingest, "_take_away") == []

    assert set(Conversation.objects.values_list("status", flat=True)) == {"no_answer"}
    assert Message.objects.filter(deleted_at=None).count() == 2


@two_at_once
def test_who_is_muted_by_a_message_that_a_round_finds_gone(talks, at_once):
    cleo = person(talks, "cleo")
    mute = lambda: desk.moderate(cleo, said("9"), "mute", **SPAM)  # noqa: E731

    failed = at_once(vanish(talks, "9", "3"), mute, ingest, "said_in")

    assert failed == []
    assert set(Conversation.objects.values_list("status", flat=True)) == {"no_answer"}


@two_at_once
def test_who_closes_while_a_round_finds_something_gone_there(talks, at_once):
    talk, cleo = said("1").conversation, person(talks, "cleo")

    failed = at_once(
        lambda: sorting.set_status(talk, "closed", by=cleo), vanish(talks, "1"), ingest, "said_in"
    )

    assert failed == []
    assert said("1").deleted_at is not None


@two_at_once
def test_who_closes_while_our_deleting_is_done(talks, at_once):
    """The network has done it; the transaction that says so waits for whoever has the conversation."""
    talk, cleo, mona = said("9").conversation, person(talks, "cleo"), person(talks, "mona", "manager")
    act = moderation.agree(moderation.moderate(said("9"), "delete_comment", by=cleo, **SPAM), by=mona)

    def is_done():
        with transaction.atomic():
            moderation.went_out(act.publication)

    failed = at_once(lambda: sorting.set_status(talk, "closed", by=cleo), is_done, ingest, "said_in")

    assert failed == []
    assert said("9").deleted_at is not None


@two_at_once
@pytest.mark.parametrize("how", ["forgotten", "emptied"])
def test_who_closes_while_a_person_is_forgotten_or_a_time_is_over(talks, at_once, how):
    talk, cleo, tom = said("9").conversation, person(talks, "cleo"), said("9").author

    def empty():
        with transaction.atomic():
            retention.erase(tom) if how == "forgotten" else retention._empty(Conversation.objects.all())

    failed = at_once(lambda: sorting.set_status(talk, "closed", by=cleo), empty, ingest, "said_in")

    talk.refresh_from_db()
    assert failed == []
    assert (said("9").text, talk.status) == ("", "closed")


@two_at_once
def test_who_is_muted_between_what_a_page_brings_and_what_is_gone(talks, at_once, network):
    """The page is kept before what is gone is held: its conversations may have the larger numbers."""
    publication = talks.finish(talks.publication("The river is clean."))
    post, cleo = publication.remote_id, person(talks, "cleo")
    Message.objects.update(post_id=post)
    row = Pull.objects.get(publication=publication)
    talks.hand.at += timedelta(days=1)
    there = [
        told("2", author="tom", post_id=post, minute=1),
        told("3", ours=True, kind=K.REPLY, parent_id="2", post_id=post, minute=2),
        told("9", author="tom", kind=K.REPLY, parent_id="2", post_id=post, minute=3),
        told("10", author="tom", kind=K.REPLY, parent_id="2", post_id=post, minute=4),
    ]

    failed = at_once(
        lambda: work(talks, row, network, *there),
        lambda: desk.moderate(cleo, said("9"), "mute", **SPAM),
        ingest,
        "gone",
        after=False,
    )

    assert failed == []
    assert (said("1").deleted_at is not None, said("10").deleted_at) == (True, None)


@two_at_once
def test_two_pages_of_an_account_that_overlap_are_kept_once_each(committed, at_once):
    """A round and what a webhook's hint named, at the same time."""
    world = committed
    first = [told("1", minute=1), told("2", kind=K.REPLY, parent_id="1", author="tom", minute=2)]
    second = [*first, told("3", kind=K.REPLY, parent_id="1", author="ana", minute=3), told("4", minute=4)]

    failed = at_once(
        lambda: ingest.store(world.channel, first, at=world.hand.at),
        lambda: ingest.store(world.channel, second, at=world.hand.at),
        ingest,
        "said_in",
    )

    assert failed == []
    assert sorted(Message.objects.values_list("remote_id", flat=True)) == ["1", "2", "3", "4"]
    found = Conversation.objects.order_by("key").values_list("key", "messages_count")
    assert list(found) == [("thread:1", 3), ("thread:4", 1)]


@two_at_once
def test_what_is_written_while_a_campaign_is_reckoned_again_has_its_own_due_time(committed, at_once):
    world = committed
    ingest.store(world.channel, [told("1", minute=0)], at=world.hand.at)
    world.hand.at += 50 * MINUTE
    Target.objects.create(campaign=world.campaign, first_min=60, next_min=480, escalate_min=10)
    more = [
        told("2", kind=K.REPLY, parent_id="1", ours=True, minute=40),
        told("3", kind=K.REPLY, parent_id="1", minute=45),
    ]

    failed = at_once(
        lambda: timing.reckon_all(world.campaign.pk),
        lambda: ingest.store(world.channel, more, at=world.hand.at),
        timing,
        "reckon",
        after=False,
    )

    talk = Conversation.objects.get()
    assert failed == []
    assert talk.waiting_since == talk.due_since == talk.started_at + 45 * MINUTE
    assert talk.next_due_at == talk.waiting_since + 480 * MINUTE
    world.hand.at += 30 * MINUTE
    timing.watch()
    assert not Miss.objects.exists()
