"""What somebody closed, or said needs no answer, waits for nobody; what is said after that waits for itself."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import Q
from django.urls import reverse

from channels.connectors.abilities import PrivateStart
from channels.connectors.talk import MessageKind as K
from community import desk, escalating, ingest, rating, sorting, timing
from community.core import speed, threads
from community.core.rules import parse
from community.models import Conversation, Message, Miss, Rule, Settings
from tests.community.conftest import enter, told
from tests.community.test_answers import person
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
DAY = 24 * 60


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


@pytest.fixture
def at(world):
    def move(minute):
        world.hand.at = START + minute * MINUTE
        timing.watch()

    return move


@pytest.fixture
def say(store, at):
    def _say(remote_id, minute, *, read=None, **more):
        at(minute if read is None else read)
        store(told(remote_id, f"Words {remote_id}", minute=minute, post_id="p", **more))

    return _say


def private(say, remote_id, minute, **more):
    say(remote_id, minute, kind=K.DIRECT, conversation_id="m", **more)


def only():
    return Conversation.objects.get()


def timed(row):
    """What the report makes of it."""
    rows = ingest.said_in([row.pk])[0][row.pk]
    misses = list(row.misses.order_by("due_at").values_list("due_at", flat=True))
    return [(w.minutes, w.kept, w.open) for w in speed.timed(threads.spoken(rows), misses)]


def names(row):
    return [contact.remote_id for contact, _ in ingest.who_waits(row)]


@pytest.mark.parametrize("status", ["closed", "no_answer", "answered"])
def test_who_writes_again_in_private_after_a_thank_you_waits_from_then_on(say, at, cleo, status):
    private(say, "1", 0)
    at(5)
    sorting.set_status(only(), status, by=cleo, reason="only thanks")
    assert (only().waiting_since, only().next_due_at, names(only())) == (None, None, [])

    private(say, "2", 14 * DAY)
    row = only()
    since = START + 14 * DAY * MINUTE
    assert (row.status, row.waiting_since, row.next_due_at) == ("open", since, since + 240 * MINUTE)
    at(14 * DAY + 5)
    private(say, "3", 14 * DAY + 10, ours=True)

    assert only().status == "answered"
    assert not Miss.objects.exists()
    assert timed(only()) == [(None, None, False), (10, True, False)]


def test_in_a_public_thread_the_new_person_waits_and_not_who_was_set_aside(say, at, cleo):
    say("1", 0, author="mara")
    sorting.set_status(only(), "no_answer", by=cleo, reason="praise")
    say("2", 3 * DAY, author="tom", parent_id="1", kind=K.REPLY)

    row = only()
    assert names(row) == ["tom"]
    assert row.next_due_at == START + (3 * DAY + 240) * MINUTE
    say("3", 3 * DAY + 10, parent_id="2", kind=K.REPLY, ours=True)
    assert (only().status, names(only())) == ("answered", [])
    assert not Miss.objects.exists()


def test_what_a_rule_closes_waits_for_nobody_later(say, at):
    when, then = parse('contains "words 1" -> close').as_data()
    Rule.objects.create(name="Thanks", when=when, then=then, changed_at=START)
    private(say, "1", 0)
    assert (only().status, only().waiting_since) == ("closed", None)

    private(say, "2", 2 * DAY)
    assert only().next_due_at == START + (2 * DAY + 240) * MINUTE
    assert not Miss.objects.exists()


def test_what_was_said_before_and_read_after_waits(say, at, cleo):
    say("1", 0, author="mara")
    at(60)
    sorting.set_status(only(), "closed", by=cleo)
    say("2", 50, read=70, author="mara", parent_id="1", kind=K.REPLY)

    assert (only().status, only().waiting_since) == ("open", START + 50 * MINUTE)


def test_what_says_something_else_after_it_was_set_aside_waits_from_then_on(store, say, at, cleo):
    say("1", 0)
    sorting.set_status(only(), "closed", by=cleo)
    at(90)
    store(told("1", "That is not what I meant: where is it?", post_id="p"))

    assert (only().status, only().waiting_since) == ("open", START + 90 * MINUTE)


def test_a_person_who_opens_it_again_lets_them_wait_as_before(say, at, cleo, world):
    mona = person(world, "mona", "manager")
    say("1", 0)
    for again in (
        lambda: sorting.set_status(only(), "open", by=cleo),
        lambda: escalating.escalate(only(), mona, "They were right", by=cleo),
    ):
        sorting.set_status(only(), "closed", by=cleo)
        assert only().waiting_since is None
        again()
        assert (only().waiting_since, names(only())) == (START, ["mara"])
        assert only().next_due_at == START + 240 * MINUTE


def test_closing_over_a_miss_takes_nothing_back(say, at, cleo):
    """It stays missed, and whoever writes again is no longer late from the first line."""
    say("1", 0)
    at(242)
    sorting.set_status(only(), "closed", by=cleo)
    at(300)
    say("2", 300, parent_id="1", kind=K.REPLY)
    assert only().next_due_at == START + 540 * MINUTE
    say("3", 310, parent_id="2", kind=K.REPLY, ours=True)

    miss = Miss.objects.get()
    assert (miss.since, miss.answered_at) == (START, None)
    assert timed(only()) == [(None, False, False), (10, True, False)]


def test_an_answer_that_was_on_its_way_when_it_was_closed_has_answered(say, at, cleo, world):
    say("1", 0)
    at(30)
    made = desk.draft_answer(cleo, only(), "Behind the mill.", form_key="f", message=only().messages.get())
    publication = desk.send(cleo, made).publication
    sorting.set_status(only(), "closed", by=cleo)
    at(31)
    world.finish(publication)

    row = only()
    minutes, kept, still = timed(row)[0]
    assert (minutes >= 30, kept, still) == (True, True, False)
    assert row.status in ("closed", "answered")


def test_of_two_threads_that_become_one_nothing_is_set_aside_that_nobody_looked_at(store, say, at, cleo):
    say("2", 10, parent_id="1", kind=K.REPLY, author="tom")
    say("3", 20, parent_id="2", kind=K.REPLY, author="mara")
    assert Conversation.objects.count() == 1
    at(30)
    sorting.set_status(only(), "closed", by=cleo)
    say("9", 40, author="rosa")
    store(told("1", "First", parent_id="9", post_id="p", minute=0, author="ola", kind=K.REPLY))

    assert "rosa" in names(only())
    assert only().status == "open"


@pytest.fixture
def thanked(say, at, cleo):
    """Closed with thanks, two weeks before somebody asks."""
    private(say, "1", 0)
    at(5)
    sorting.set_status(only(), "no_answer", by=cleo, reason="only thanks")
    private(say, "2", 14 * DAY)


def test_a_second_closing_leaves_the_first_one_as_it_was(thanked, say, at, cleo):
    private(say, "3", 14 * DAY + 10, ours=True)
    private(say, "4", 14 * DAY + 20)
    sorting.set_status(only(), "no_answer", by=cleo, reason="only thanks")

    assert timed(only()) == [(None, None, False), (10, True, False), (None, None, False)]
    assert not Miss.objects.exists()


def test_a_second_closing_in_public_leaves_the_first_one_as_it_was(say, at, cleo):
    say("1", 0, author="mara")
    sorting.set_status(only(), "closed", by=cleo)
    say("2", 3 * DAY, author="mara", parent_id="1", kind=K.REPLY)
    say("3", 3 * DAY + 10, parent_id="2", kind=K.REPLY, ours=True)
    sorting.set_status(only(), "closed", by=cleo)

    assert timed(only()) == [(None, None, False), (10, True, False)]


@pytest.mark.parametrize("status", ["waiting", "open"])
def test_another_status_of_what_is_open_brings_nothing_back(thanked, at, cleo, status):
    at(14 * DAY + 3)
    sorting.set_status(only(), status, by=cleo)

    since = START + 14 * DAY * MINUTE
    assert (only().waiting_since, only().next_due_at) == (since, since + 240 * MINUTE)
    assert timed(only()) == [(None, None, False), (None, None, True)]


@pytest.mark.parametrize("slips", [("closed",), ("closed", "no_answer")])
def test_what_is_closed_by_mistake_and_opened_waits_as_before(thanked, at, cleo, slips):
    at(14 * DAY + 1)
    for slip in slips:
        sorting.set_status(only(), slip, by=cleo, reason="by mistake")
    at(14 * DAY + 2)
    sorting.set_status(only(), "open", by=cleo)
    at(14 * DAY + 3)

    since = START + 14 * DAY * MINUTE
    assert (only().waiting_since, only().next_due_at) == (since, since + 240 * MINUTE)
    assert not Miss.objects.exists()


def test_opening_what_we_answered_brings_back_nothing_that_was_set_aside_before(thanked, say, at, cleo):
    private(say, "3", 14 * DAY + 10, ours=True)
    sorting.set_status(only(), "open", by=cleo)
    at(14 * DAY + 11)

    assert (only().waiting_since, only().next_due_at) == (None, None)
    assert not Miss.objects.exists()
    assert timed(only()) == [(None, None, False), (10, True, False)]


def test_what_is_changed_after_each_closing_waits_from_the_last_change(store, say, at, cleo):
    say("1", 0)
    sorting.set_status(only(), "closed", by=cleo)
    for minute, words in ((3 * DAY, "That is not what I meant: where is it?"), (6 * DAY, "Who pays it?")):
        at(minute)
        store(told("1", words, post_id="p"))
        assert (only().status, only().waiting_since) == ("open", START + minute * MINUTE)
        at(minute + 1)
        sorting.set_status(only(), "closed", by=cleo)
        assert only().waiting_since is None
    sorting.set_status(only(), "open", by=cleo)

    assert only().waiting_since == START + 6 * DAY * MINUTE
    assert not Miss.objects.exists()
    assert timed(only()) == [(None, None, False), (None, None, True)]


@pytest.fixture
def begun(say, world, network, cleo):
    """A private conversation that we begin; as long as our message is not out, nothing stands in it."""
    say("1", 0)
    network.begins = PrivateStart({}, "a test")
    sent = desk.send(cleo, desk.take_private(cleo, only(), "Which house is it?", form_key="f"))
    row = Conversation.objects.get(kind="direct")
    assert not row.messages.exists()
    return row, sent


@pytest.mark.parametrize("status", ["waiting", "open", "closed", "answered", "no_answer"])
def test_what_we_have_only_begun_has_a_status_too(begun, world, cleo, client, status):
    row, sent = begun
    enter(client, cleo)
    change = {"do": "status", "status": status, "reason": "The network took none", "version": row.version}
    page = client.post(reverse("community:change", args=[row.pk]), change, follow=True)

    row.refresh_from_db()
    assert (page.status_code, row.status, row.waiting_since, row.next_due_at) == (200, status, None, None)
    world.finish(sent.publication)
    row.refresh_from_db()
    assert (row.messages.count(), row.next_due_at) == (1, None)


def test_what_we_have_only_begun_is_escalated_once_and_told(begun, world, cleo):
    row, _ = begun
    mona = person(world, "mona", "manager")
    for status in ("open", "closed"):
        sorting.set_status(row, status, by=cleo)
        escalating.escalate(row, mona, "What do I write to her?", by=cleo)
        row.refresh_from_db()
        assert (row.status, row.assignee, row.next_due_at) == ("open", mona, None)
        escalating.withdraw(row, by=cleo)


def answer(world, cleo, words="Behind the mill.", form="f", to="1"):
    """Ours, from here, to one message; out at once."""
    message = Message.objects.get(remote_id=to)
    made = desk.draft_answer(cleo, message.conversation, words, form_key=form, message=message)
    world.finish(desk.send(cleo, made, anyway=True).publication)
    return Message.objects.filter(direction="out").latest("pk")


@pytest.mark.parametrize("how", ["delete", "round"])
def test_closing_decides_nothing_about_what_was_answered(say, at, cleo, world, how):
    """Once that answer is gone the question waits, and stands in the list; what else was closed stays so."""
    say("1", 0, author="mara")
    say("2", 1, author="tom", parent_id="1", kind=K.REPLY)
    at(15)
    mine = answer(world, cleo)
    at(30)
    sorting.set_status(only(), "closed", by=cleo)
    assert (only().status, only().waiting_since) == ("closed", None)
    at(60)
    if how == "delete":
        world.finish(desk.delete_answer(cleo, mine).publication)
    else:
        Message.objects.update(told_at=world.hand.at)
        assert ingest.gone(
            world.channel, Q(pk=mine.pk), round_at=world.hand.at + MINUTE, since=None, at=world.hand.at
        )

    row = only()
    assert (row.status, row.waiting_since, names(row)) == ("open", START, ["mara"])
    assert row.next_due_at == START + 240 * MINUTE
    sorting.set_status(row, "closed", by=cleo)
    sorting.set_status(row, "open", by=cleo)
    assert names(only()) == ["mara"]  # and tom's was ended by the closing before


@pytest.mark.parametrize("how", ["delete", "round"])
@pytest.mark.parametrize(("closed", "waits"), [(10, ["mara"]), (-DAY, [])])
def test_what_was_closed_before_the_answer_was_out_waits_too_once_that_is_gone(
    say, at, cleo, world, how, closed, waits
):
    """What it did not answer, since it was closed long before, stays closed; and so does what tom said."""
    say("1", min(0, closed - 1), author="mara")
    say("2", min(1, closed), author="tom", parent_id="1", kind=K.REPLY)
    at(closed)
    sorting.set_status(only(), "closed", by=cleo)
    at(15)
    mine = answer(world, cleo)
    at(60)
    if how == "delete":
        world.finish(desk.delete_answer(cleo, mine).publication)
    else:
        Message.objects.update(told_at=world.hand.at)
        assert ingest.gone(
            world.channel, Q(pk=mine.pk), round_at=world.hand.at + MINUTE, since=None, at=world.hand.at
        )

    row = only()
    assert (row.status, names(row)) == ("open" if waits else "closed", waits)
    assert (row.waiting_since, row.next_due_at) == ((START, START + 240 * MINUTE) if waits else (None, None))


def test_what_was_emptied_with_its_answer_waits_no_more_once_that_is_gone(say, at, cleo, world):
    say("1", 0)
    at(15)
    mine = answer(world, cleo)
    at(30)
    ingest.mark_aside(only().messages.all(), world.hand.at)
    Conversation.objects.update(status="no_answer")
    world.finish(desk.delete_answer(cleo, mine).publication)

    assert (only().status, only().waiting_since) == ("no_answer", None)


def test_where_another_answer_stands_nothing_waits_once_one_is_gone(say, at, cleo, world):
    say("1", 0)
    at(15)
    mine = answer(world, cleo)
    at(20)
    answer(world, cleo, "Behind the old mill, that is.", form="g")
    sorting.set_status(only(), "closed", by=cleo)
    world.finish(desk.delete_answer(cleo, mine).publication)

    assert (only().status, only().waiting_since) == ("closed", None)


def test_what_was_closed_while_it_was_gone_stays_closed_when_it_is_back(store, say, at, cleo):
    say("1", 0)
    Message.objects.update(deleted_at=START + MINUTE)
    sorting.set_status(only(), "no_answer", by=cleo, reason="They took it back")
    at(60)
    store(told("1", "Words 1", post_id="p"))

    assert Message.objects.get().deleted_at is None
    assert (only().status, only().waiting_since) == ("no_answer", None)


@pytest.mark.parametrize("where", ["here", "app"])
def test_an_answer_that_is_sent_after_a_colleague_has_closed_has_answered(say, at, cleo, world, where):
    say("1", 0)
    at(10)
    sorting.set_status(only(), "closed", by=cleo)
    at(15)
    if where == "here":
        answer(world, cleo)
    else:
        say("a", 15, parent_id="1", kind=K.REPLY, ours=True)

    ((minutes, kept, still),) = timed(only())
    assert (15 <= minutes < 17, kept, still) == (True, None, False)
    assert (only().status, only().waiting_since, only().next_due_at) == ("closed", None, None)
    assert not Miss.objects.exists()


def test_what_was_missed_before_it_was_closed_stays_missed_when_it_is_answered(say, at, cleo, world):
    say("1", 0)
    at(242)
    sorting.set_status(only(), "closed", by=cleo)
    at(300)
    answer(world, cleo)

    ((minutes, kept, _),) = timed(only())
    assert (300 <= minutes < 302, kept, Miss.objects.get().answered_at is not None) == (True, False, True)


@pytest.mark.parametrize(("to", "minute"), [("2", 15), ("1", 25 * 60)])
def test_what_is_said_to_another_or_days_later_answers_nothing_that_was_closed(
    say, at, cleo, world, to, minute
):
    say("1", 0, author="mara")
    say("2", 1, author="tom", parent_id="1", kind=K.REPLY)
    at(10)
    sorting.set_status(only(), "closed", by=cleo)
    at(minute)
    answer(world, cleo, to=to)

    assert timed(only())[0] == (None, None, False)


def test_the_question_how_our_answer_was_answers_nothing(say, at, cleo, world, client):
    Settings.objects.create(campaign=world.campaign, ask_rating=True, ask_channels=[world.channel.pk])
    private(say, "1", 0)
    at(5)
    answer(world, cleo)
    private(say, "2", 20)
    sorting.set_status(only(), "no_answer", by=cleo, reason="only thanks")
    at(30)
    world.finish(rating.ask(cleo, only()).publication)

    assert only().messages.filter(direction="out").count() == 2
    assert [minutes for minutes, _, _ in timed(only())][1:] == [None]

    sent = only().messages.filter(direction="out")
    sent.update(automatic=False)  # as it was stored before
    import_module("community.migrations.0018_questions_about_answers").in_step(apps, None)
    assert list(sent.order_by("at").values_list("automatic", flat=True)) == [False, True]
    enter(client, cleo)
    page = client.get(reverse("community:conversation", args=[only().pk])).content.decode()
    assert "talk-said__who" in page
    assert ">Automatic<" not in page  # a person sent it
