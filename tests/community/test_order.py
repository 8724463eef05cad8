"""What was asked for earlier and is kept later takes nothing back, and what somebody changes is news."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.connectors.talk import MessageKind as K
from channels.signals import channel_told
from community import desk, inbox, ingest, sorting
from community.core import clean
from community.core.targets import Said, waits
from community.models import Contact, Conversation, Message
from tests.community.conftest import told
from tests.community.test_answers import person
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
ADVERTISING = "Buy followers cheap!!! http://spam.example/now"
SPAM = {"category": "spam", "note": "The same advertisement again and again."}


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


def acted(world, cleo, action):
    """Moderate the only message twenty seconds after a page was asked for; returns when that was."""
    asked = world.hand.at
    world.hand.at += timedelta(seconds=20)
    act = desk.moderate(cleo, Message.objects.get(), action, **SPAM)
    world.finish(act.publication)
    return asked


def test_a_page_asked_for_before_we_deleted_brings_nothing_back(world, store, cleo):
    store(told("1", ADVERTISING, post_id="p"))
    asked = acted(world, cleo, "delete_comment")
    gone = Message.objects.get().deleted_at

    store(told("1", ADVERTISING, post_id="p"), at=asked)

    talk = Conversation.objects.get()
    assert (Message.objects.get().deleted_at, talk.status, talk.next_due_at) == (gone, "no_answer", None)
    store(told("1", ADVERTISING, post_id="p"), at=world.hand.at + MINUTE)  # it does stand there
    assert (Message.objects.get().deleted_at, Conversation.objects.get().status) == (None, "open")


def test_a_page_asked_for_before_we_hid_shows_nothing_again(world, store, cleo):
    store(told("1", ADVERTISING, post_id="p"))
    asked = acted(world, cleo, "hide")

    store(told("1", ADVERTISING, post_id="p"), at=asked)

    assert Message.objects.get().hidden
    store(told("1", ADVERTISING, post_id="p"), at=world.hand.at + MINUTE)
    assert not Message.objects.get().hidden


def test_what_a_network_does_not_tell_of_hiding_changes_nothing(world, store, cleo):
    """X lists a hidden reply like any other, or leaves it out: neither shows it again nor makes it gone."""
    store(told("1", ADVERTISING, post_id="p", hidden=None))
    assert not Message.objects.get().hidden
    acted(world, cleo, "hide")
    world.hand.at += timedelta(hours=1)
    store(told("1", ADVERTISING, post_id="p", hidden=None))
    assert Message.objects.get().hidden

    world.hand.at += timedelta(days=1)
    assert ingest.gone(world.channel, Q(), round_at=world.hand.at, since=None, at=world.hand.at) == 0
    message = Message.objects.get()
    assert (message.hidden, message.deleted_at) == (True, None)
    back = desk.undo(cleo, message.acts.get())
    world.finish(back.publication)
    assert not Message.objects.get().hidden
    world.hand.at += timedelta(days=1)  # shown again, it can vanish as everything else
    assert ingest.gone(world.channel, Q(), round_at=world.hand.at, since=None, at=world.hand.at) == 1


def test_our_answer_that_we_changed_does_not_change_back(world, store, cleo):
    ours = told("2", "Yes, behind the mill", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=1)
    store(told("1", "Is there parking?", post_id="p"), ours)
    asked = world.hand.at
    world.hand.at += MINUTE
    mine = Message.objects.get(remote_id="2")
    world.finish(desk.change_answer(cleo, mine, "No, there is none.").publication)

    store(ours, at=asked)

    assert Message.objects.get(remote_id="2").text == "No, there is none."


def test_the_name_asked_for_last_holds(world, store):
    store(told("1", author_name="Mara New"), at=START + 5 * MINUTE)
    store(told("1", author_name="Mara Old"), at=START)

    person = Contact.objects.get()
    assert (person.name, person.last_seen_at) == ("Mara New", START + 5 * MINUTE)


VERSIONS = [
    (minute, told("1", text, hidden=hidden, post_id="p"))
    for minute, text, hidden in ((0, "One", False), (1, "Two", False), (2, "Two", True), (3, "Three", False))
]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(seed=st.integers(0, 10**6))
def test_tellings_of_what_changes_end_with_the_one_asked_for_last(world, store, seed):
    Conversation.objects.all().delete()
    chance = random.Random(seed)
    pages = [*VERSIONS, *chance.choices(VERSIONS, k=3)]
    chance.shuffle(pages)

    for minute, message in pages:
        store(message, at=START + minute * MINUTE)

    row = Message.objects.get()
    assert (row.text, row.hidden, row.told_at) == ("Three", False, START + 3 * MINUTE)
    assert Conversation.objects.get().snippet == "Three"


def test_what_a_webhook_says_is_as_old_as_the_call(world, store):
    store(told("1", "Two", post_id="p"), at=START + MINUTE)
    old = told("1", "One", post_id="p")
    channel_told.send(None, channel=world.channel, post_id="", messages=(old,), remote_id="1", at=START)

    assert Message.objects.get().text == "Two"


# What somebody changes --------------------------------------------------------------------------------------------


def closed(world, store, cleo, text="Nice"):
    store(told("1", text, post_id="p"))
    sorting.seen(Conversation.objects.get(), by=cleo)
    sorting.set_status(Conversation.objects.get(), "closed", by=cleo)
    world.hand.at += 60 * MINUTE


def test_other_words_in_a_closed_conversation_are_news(world, store, cleo):
    closed(world, store, cleo)
    before = Conversation.objects.get()

    store(told("1", "You liars, answer me: why was the bridge closed?", post_id="p"))

    talk = Conversation.objects.get()
    assert (talk.status, talk.wants, talk.version > before.version) == ("open", "question", True)
    assert talk.next_due_at is not None
    shown = inbox.load(cleo, inbox.channels_of(cleo), inbox.Filters(unread="1"), number=1, now=world.hand.at)
    assert [row.unread for row in shown.rows] == [True]


@pytest.mark.parametrize("text", ["nice!", "  Nice ", "Nice, "])
def test_a_mended_comma_is_no_news(world, store, cleo, text):
    closed(world, store, cleo)
    store(told("1", text, post_id="p"))
    assert Conversation.objects.get().status == "closed"


def test_two_lists_that_tell_it_differently_are_news_once(world, store, cleo):
    closed(world, store, cleo, "A long text that one list tells")
    store(told("1", "A long text", post_id="p"))
    sorting.set_status(Conversation.objects.get(), "closed", by=cleo)
    for minute, text in enumerate(("A long text that one list tells", "A long text")):
        store(told("1", text, post_id="p"), at=world.hand.at + (minute + 1) * MINUTE)
        assert Conversation.objects.get().status == "closed"


def test_what_was_answered_and_then_changed_waits_from_then_on(world, store, cleo, client):
    store(told("1", "Is there parking?", post_id="p"))
    store(told("2", "Yes.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=5))
    assert Conversation.objects.get().status == "answered"
    changed = START + 30 * MINUTE

    store(told("1", "Why is the bridge closed?", post_id="p"), at=changed)

    talk = Conversation.objects.get()
    assert (talk.status, talk.waiting_since) == ("open", changed)
    said = [Said(START), Said(START + 5 * MINUTE, ours=True), Said(changed, again=True)]
    assert [wait.since for wait in waits(said)] == [START, changed]


def test_our_own_changed_answer_is_no_news(world, store):
    ours = told("2", "Yes.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=5)
    store(told("1", "Is there parking?", post_id="p"), ours)
    changed = told("2", "No.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=5)
    store(changed, at=START + 9 * MINUTE)
    assert Conversation.objects.get().status == "answered"


def test_letters():
    assert clean.letters("Ja, klar!") == clean.letters("ja klar") != clean.letters("ja klar?")


# What is gone ------------------------------------------------------------------------------------------------


def test_what_we_deleted_is_not_laid_at_its_authors_door(world, store, cleo):
    store(told("1", ADVERTISING, post_id="p"))
    acted(world, cleo, "delete_comment")

    talk = Conversation.objects.get()
    assert (talk.status, talk.reason) == ("no_answer", "We deleted it under the moderation policy.")


def test_who_took_away_what_a_round_no_longer_shows_is_not_known(world, store):
    from django.db.models import Q

    from community import ingest

    store(told("1", post_id="p"))
    later = world.hand.at + 60 * MINUTE
    assert ingest.gone(world.channel, Q(kind="comment"), round_at=later, since=None, at=later) == 1
    assert Conversation.objects.get().reason == "It is no longer on the network."
