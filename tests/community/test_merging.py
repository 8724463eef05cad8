"""What a conversation is said to be while several things wait in it: the newest line takes nothing away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.connectors.talk import MessageKind as K
from community import answers, sorting, timing
from community.core import triage
from community.models import Answer, Conversation, Message, Settings, Target
from tests.community.conftest import told
from tests.community.test_answers import person
from tests.community.test_questions import ASKED, pair, people  # noqa: F401
from tests.community.test_timing import rule
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
LEAK = "Gas leak at the school, this is urgent!"
ANGRY = "This is a scandal, nobody answers and I want to complain!"
VOTE = "Where is the polling station for Mill Lane?"
BUS = "The bus was late again, the tram too."


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


def only():
    return Conversation.objects.get()


def below(remote_id, text, *, minute, author="mara", **more):
    return told(
        remote_id, text, kind=K.REPLY, parent_id="1", post_id="p", minute=minute, author=author, **more
    )


def test_the_urgent_stays_urgent(store):
    store(told("1", LEAK, post_id="p"))
    assert only().urgency == "high"
    store(below("2", "Is anybody reading this page?", minute=9))
    assert only().urgency == "high"
    assert "urgent" in only().suggested["urgency"]["why"]  # and still says because of what


@pytest.mark.parametrize("together", [True, False])
def test_thanks_of_somebody_else_end_no_complaint(store, together):
    said = [told("1", ANGRY, post_id="p"), below("2", "Thanks, great work!", minute=5, author="tom")]
    for page in [said] if together else [said[:1], said[1:]]:
        store(*page)
    assert (only().wants, only().sentiment) == ("complaint", "negative")


def test_once_everybody_was_answered_it_is_what_is_said_then(store):
    store(told("1", f"{ANGRY} It is urgent.", post_id="p"))
    store(below("a", "We are sorry.", minute=5, ours=True))
    store(below("2", "Thanks, great work!", minute=9))
    assert (only().wants, only().sentiment, only().urgency) == ("praise", "positive", "low")


def test_who_takes_back_the_only_words_is_taken_at_the_new_ones(store, world):
    store(told("1", ANGRY, post_id="p"))
    store(told("1", "Where is the town hall?", post_id="p"), at=world.hand.at + MINUTE)
    assert only().wants == "question"


def test_what_was_dealt_with_begins_anew(store, cleo):
    store(told("1", ANGRY, post_id="p"))
    sorting.set_status(only(), "closed", by=cleo)
    store(below("2", "Where is the town hall?", minute=9))
    assert only().wants == "question"


def test_the_strictest_topic_of_those_who_wait_decides_the_due_time(store, world):
    Target.objects.create(campaign=world.campaign, topic="voting", first_min=30, next_min=30)
    Target.objects.create(campaign=world.campaign, topic="traffic", first_min=20, next_min=20)
    store(told("1", VOTE, post_id="p"))
    assert only().next_due_at == START + 30 * MINUTE
    store(below("2", BUS, minute=5, author="tom"))

    row = only()
    assert (row.topic, row.topics) == ("voting", ["voting", "traffic"])
    assert row.next_due_at == START + 20 * MINUTE
    store(below("3", "I love this town, what a nice day it is", minute=6, author="ana"))
    assert only().topics == ["voting", "traffic"]


def test_what_a_person_says_it_is_about_decides_alone(store, world, cleo):
    Target.objects.create(campaign=world.campaign, topic="voting", first_min=30, next_min=30)
    store(told("1", VOTE, post_id="p"))
    sorting.correct(only(), "topic", "other", by=cleo)
    assert timing.topics_of(only()) == ["other"]
    assert only().next_due_at == START + 240 * MINUTE


def test_an_answer_to_what_needs_a_second_person_needs_one_whatever_is_said_later(store, world, cleo):
    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    store(told("1", VOTE, post_id="p"))
    store(below("2", BUS, minute=5, author="tom"))
    assert "second person" in answers.why_second(only(), cleo)
    Settings.objects.update(approve_topics=["traffic"])
    assert "second person" in answers.why_second(only(), cleo)  # also what joined the first one
    Settings.objects.update(approve_topics=["voting"])

    store(below("a", "At the school.", minute=9, ours=True))
    store(below("3", BUS, minute=10, author="tom"))
    vote, bus = (Message.objects.get(remote_id=key) for key in ("1", "3"))
    Conversation.objects.update(topic="traffic", topics=["traffic"], suggested={})
    assert "second person" in answers.why_second(only(), cleo, to=vote)
    assert answers.why_second(only(), cleo, to=bus) == ""


def test_what_a_rule_has_set_stays(store, world):
    rule('contains "polling station" -> topic elections, urgency high, risk high')
    Target.objects.create(campaign=world.campaign, topic="elections", first_min=30, next_min=30)
    store(told("1", VOTE, post_id="p"))
    store(below("2", BUS, minute=5, author="tom"))

    row = only()
    assert (row.topic, row.urgency, row.risk) == ("elections", "high", "high")
    assert row.next_due_at == START + 30 * MINUTE
    assert row.suggested["topic"]["why"] == ["the rule “Polling”"]
    store(below("a", "At the school.", minute=9, ours=True))
    store(below("3", BUS, minute=10, author="tom"))
    assert (only().topic, only().urgency) == ("elections", "normal")
    assert "traffic" in only().topics


def test_another_rule_may_say_otherwise_but_makes_nothing_less_urgent_for_who_waits(store):
    rule('contains "polling station" -> topic elections, urgency high')
    rule('contains "bus" -> topic buses, urgency low', name="Buses", sort_order=2)
    store(told("1", VOTE, post_id="p"))
    store(below("2", BUS, minute=5, author="tom"))
    row = only()
    assert (row.topic, row.urgency) == ("buses", "high")
    assert {"elections", "buses"} <= set(row.topics)


def test_what_a_rule_calls_not_urgent_can_become_urgent(store):
    rule('contains "bus" -> urgency low')
    store(told("1", BUS, post_id="p"))
    assert only().urgency == "low"
    store(below("2", LEAK, minute=5))
    assert only().urgency == "high"


def test_a_rule_closes_only_where_nothing_else_waits(store):
    rule('contains "lottery" -> close', name="Lottery")
    store(told("1", VOTE, post_id="p"))
    store(below("2", "Win the lottery", minute=5, author="tom"))
    assert only().status == "open"

    store(told("9", "Win the lottery", post_id="q", author="tom"))
    row = Conversation.objects.get(key="thread:9")
    assert (row.status, row.reason, row.next_due_at) == ("closed", "The rule “Lottery”", None)


@pytest.mark.parametrize("edited", [True, False])
def test_after_a_complaint_no_machine_answers_though_they_wrote_on(world, network, store, pair, edited):  # noqa: F811
    store(told("1", ANGRY, post_id="p"))
    if edited:
        store(told("1", "When do you reply?", post_id="p"), at=START + MINUTE)
    else:
        store(below("2", "When do you reply?", minute=5))
        Conversation.objects.update(wants="question", sentiment="neutral")
    day = 24 * 60
    world.hand.at = START + day * MINUTE
    store(told("3", ASKED, post_id="q", minute=day), at=world.hand.at)
    assert not Answer.objects.exists()

    world.hand.at = START + 16 * day * MINUTE
    store(told("4", ASKED, post_id="r", minute=16 * day), at=world.hand.at)
    assert Answer.objects.exists()  # a fortnight later it may


def test_worse():
    assert (
        triage.worse("wants", "complaint", "praise")
        == triage.worse("wants", "praise", "complaint")
        == "complaint"
    )
    assert triage.worse("topic", "", "voting") == "voting"
    assert triage.worse("topic", "traffic", "voting") == "traffic"
