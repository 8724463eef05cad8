"""Who is no longer answered in one campaign: nobody else is touched, and taking it back gives everything back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.connectors.abilities import Action
from channels.connectors.base import Safety
from channels.connectors.talk import MessageKind as K
from channels.models import Channel
from community import desk, ingest, moderation, objections, retention, timing
from community.enums import Appeal
from community.models import Act, Conversation, Message, Miss, Mute, Objection
from tests.community.conftest import enter, told
from tests.community.test_answers import person
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
WHY = {"category": "insult", "note": "Calls everybody idiots, again"}


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


@pytest.fixture
def lake(world):
    """Another campaign of the agency, with an account on the same network."""
    page = world.campaign.get_root().add_child(title="Lake", slug="lake")
    return Channel.objects.create(campaign=page, platform="fake", remote_id="2", handle="@lake")


def talk(key):
    return Conversation.objects.get(key=key)


def muted(cleo, remote_id="1"):
    return desk.moderate(cleo, Message.objects.get(remote_id=remote_id), "mute", **WHY)


def test_another_campaign_goes_on_answering(world, store, cleo, lake):
    store(told("1", "You are all idiots", post_id="p"))
    ingest.store(lake, [told("9", "Is the lake clean?")], at=START)
    due = talk("thread:9").next_due_at

    muted(cleo)
    ingest.store(lake, [told("10", "And the beach?", minute=5)], at=START + 5 * MINUTE)

    assert (talk("thread:1").status, talk("thread:1").reason) == ("no_answer", ingest.NOT_ANSWERED)
    assert (talk("thread:9").status, talk("thread:9").next_due_at) == ("open", due)
    assert (talk("thread:10").status, talk("thread:10").next_due_at) == ("open", START + 245 * MINUTE)


def test_others_who_wait_in_their_thread_go_on_waiting(world, store, cleo):
    store(
        told("1", "You are all idiots", post_id="p"),
        told("2", "Is there parking?", author="tom", kind=K.REPLY, parent_id="1", post_id="p", minute=5),
    )
    muted(cleo)
    row = talk("thread:1")
    assert (row.status, row.waiting_since, row.next_due_at) == (
        "open",
        START + 5 * MINUTE,
        START + 245 * MINUTE,
    )

    store(told("3", "Idiots!", kind=K.REPLY, parent_id="1", post_id="p", minute=9))
    row = talk("thread:1")
    assert (row.status, row.next_due_at) == ("open", START + 245 * MINUTE)
    world.hand.at = START + 250 * MINUTE
    store(told("a", "Yes", kind=K.REPLY, parent_id="2", post_id="p", ours=True, minute=249))
    assert (
        Miss.objects.get().since == START + 5 * MINUTE
    )  # late, and not hidden behind whoever waits no longer
    assert talk("thread:1").status == "answered"

    desk.undo(cleo, Mute.objects.get().act)
    row = talk("thread:1")
    assert (row.status, row.waiting_since) == ("open", START)


def test_a_mute_asks_once_for_a_conversation_however_much_was_said(world, store, cleo):
    def mute(name, messages):
        store(*(told(f"{name}{n}", author=name, post_id="p", **under(name, n)) for n in range(messages)))
        world.hand.at = max(world.hand.at, START) + 300 * MINUTE
        with CaptureQueriesContext(connection) as asked:
            muted(cleo, f"{name}0")
        assert talk(f"thread:{name}0").misses.count() == 1
        return sum("community_miss" in each["sql"] for each in asked)

    def under(name, n):
        return {"kind": K.REPLY, "parent_id": f"{name}0"} if n else {}

    assert mute("mara", 1) == mute("tom", 6)


@pytest.mark.parametrize("act", ["mute", "delete_comment"])
def test_a_miss_of_whom_we_answer_no_longer_stays_whoever_else_was_answered(world, store, cleo, act):
    under = {"kind": K.REPLY, "post_id": "p"}
    store(
        told("1", "Ask us!", ours=True, post_id="p"),
        told("2", "Where?", author="tom", minute=10, parent_id="1", **under),
        told("3", "Buy followers!", author="mara", minute=60, parent_id="1", **under),
        told("4", "Behind the mill", minute=80, ours=True, parent_id="2", **under),
    )
    due = talk("thread:1").next_due_at
    world.hand.at = due + 5 * MINUTE
    timing.watch()
    spam = {"category": "spam", "note": "The same advertisement again and again."}
    done = desk.moderate(cleo, Message.objects.get(remote_id="3"), act, **spam)
    if act == "delete_comment":
        world.finish(done.publication)

    miss = Miss.objects.get()
    assert (miss.due_at, miss.since, miss.answered_at) == (due, START + 60 * MINUTE, None)


def test_taking_it_back_gives_back_what_it_set_aside(world, store, cleo):
    store(
        told("1", "You are all idiots", post_id="p"),
        told("2", "Where is it?", post_id="q", minute=1),
        told("3", "And when?", post_id="r", minute=2),
    )
    due = talk("thread:2").next_due_at
    from community import sorting

    sorting.set_status(talk("thread:3"), "no_answer", by=cleo, reason="Said thanks.")
    act = muted(cleo)
    store(told("4", "Why?", post_id="s", minute=3))
    assert {c.status for c in Conversation.objects.all()} == {"no_answer"}

    desk.undo(cleo, act)

    assert {c.key: c.status for c in Conversation.objects.all()} == {
        "thread:1": "open",
        "thread:2": "open",
        "thread:3": "no_answer",
        "thread:4": "open",
    }
    assert (talk("thread:2").next_due_at, talk("thread:2").reason) == (due, "")
    assert not Mute.objects.exists()


@pytest.mark.parametrize("act", ["mute", "delete_comment"])
def test_what_was_missed_before_it_was_moderated_is_noted(world, store, cleo, act):
    """Also between two looks at what is overdue, and once."""
    store(told("1", "Buy followers cheap!!! http://spam.example/now", post_id="p"))
    world.hand.at = START + 241 * MINUTE
    spam = {"category": "spam", "note": "The same advertisement again and again."}
    done = desk.moderate(cleo, Message.objects.get(), act, **spam)
    if act == "delete_comment":
        world.finish(done.publication)

    assert talk("thread:1").next_due_at is None
    miss = Miss.objects.get()
    assert (miss.due_at, miss.since, miss.answered_at) == (START + 240 * MINUTE, START, None)


def test_of_two_decisions_the_other_one_stands(world, store, cleo):
    store(told("1", "You are all idiots", post_id="p"), told("2", "Idiots", post_id="q", minute=1))
    first, second = muted(cleo), muted(cleo, "2")
    desk.undo(cleo, first)
    assert talk("thread:1").status == "no_answer"
    desk.undo(cleo, second)
    assert talk("thread:1").status == "open"


def taken_away(world, remote_id="1"):
    """Its author deletes it, and a round no longer shows it."""
    world.hand.at += timedelta(hours=1)
    ingest.gone(world.channel, Q(remote_id=remote_id), round_at=world.hand.at, since=None, at=world.hand.at)
    assert Message.objects.get(remote_id=remote_id).deleted_at == world.hand.at


def test_it_is_taken_back_also_when_the_message_is_gone(world, store, cleo):
    store(told("1", "You are all idiots", post_id="p"), told("2", "Idiots", post_id="q", minute=1))
    act = muted(cleo)
    taken_away(world)

    assert moderation.can(Message.objects.get(remote_id="1"), "hide") == "It is gone already."
    desk.undo(cleo, act)
    assert not Mute.objects.exists()
    assert talk("thread:2").status == "open"


def emptied(world):
    """Its time is over; the person has written again since."""
    Conversation.objects.update(status="closed")
    world.hand.at += timedelta(days=800)
    assert retention.prune() == Conversation.objects.count()
    return Message.objects.get(remote_id="1")


def test_it_is_taken_back_also_when_the_conversation_was_emptied(world, store, cleo, client):
    store(told("1", "You are all idiots", post_id="p"))
    act = muted(cleo)
    old = emptied(world)
    store(told("2", "Is there parking?", post_id="q", minute=800 * 24 * 60))
    assert (old.author, talk("thread:2").status) == (None, "no_answer")

    enter(client, cleo)
    url = reverse("community:moderate", args=[old.pk])
    assert url in client.get(reverse("community:conversation", args=[talk("thread:2").pk])).content.decode()
    client.post(url, {"undo": act.pk})

    assert (Mute.objects.exists(), talk("thread:2").status) == (False, "open")
    assert Act.objects.get(undoes=act).copy_author == "(erased)"
    store(told("3", "And on Sundays?", post_id="r", minute=800 * 24 * 60 + 5))
    assert talk("thread:3").status == "open"


def test_a_block_is_taken_back_also_when_the_conversation_was_emptied(
    world, store, cleo, network, monkeypatch
):
    acts = {**type(network).acts, Action.BLOCK: Safety.PURE, Action.UNBLOCK: Safety.PURE}
    monkeypatch.setattr(type(network), "acts", acts)
    store(told("1", "You are all idiots", post_id="p"))
    act = desk.moderate(cleo, Message.objects.get(), "block", **WHY)
    world.finish(act.publication)
    emptied(world)
    row = Objection.objects.create(place="@mara", text="It was long ago.", at=START, act=act, platform="fake")

    objections.decide(person(world, "mona", "manager"), row, Appeal.REVERSED, "You are right.")
    back = Act.objects.get(undoes=act)
    world.finish(back.publication)

    assert [(done.action, done.person_id) for done in network.done] == [
        ("block", "mara"),
        ("unblock", "mara"),
    ]
    assert not Mute.objects.exists()
    retention.prune()
    back.publication.version.refresh_from_db()
    assert back.publication.version.payload["act"]["person_id"] == ""


def test_an_objection_is_granted_also_when_the_message_is_gone(world, store, cleo):
    store(told("1", "You are all idiots", post_id="p"))
    act = muted(cleo)
    taken_away(world)
    row = Objection.objects.create(
        place="@mara", text="I asked for minutes.", at=START, act=act, platform="fake"
    )

    objections.decide(person(world, "mona", "manager"), row, Appeal.REVERSED, "You are right.")
    row.refresh_from_db()
    assert (row.state, Mute.objects.exists()) == (Appeal.REVERSED, False)


def test_what_was_hidden_and_is_gone_can_be_regretted(world, store, cleo):
    store(told("1", "You are all idiots", post_id="p"))
    act = desk.moderate(cleo, Message.objects.get(), "hide", **WHY)
    world.finish(act.publication)
    Message.objects.update(deleted_at=world.hand.at)
    row = Objection.objects.create(
        place="@mara", text="I asked for minutes.", at=START, act=act, platform="fake"
    )

    said = objections.decide(person(world, "mona", "manager"), row, Appeal.REVERSED, "You are right.")
    assert "nothing to show again" in said
    row.refresh_from_db()
    assert row.state == Appeal.REVERSED


def test_the_page_leads_to_it_and_says_why_something_cannot_be_taken_back(world, store, cleo, client):
    store(told("1", "You are all idiots", post_id="p"))
    act = desk.moderate(cleo, Message.objects.get(), "hide", **WHY)
    world.finish(act.publication)
    Message.objects.update(deleted_at=world.hand.at, author=None)
    enter(client, cleo)
    url = reverse("community:moderate", args=[act.message_id])

    assert url in client.get(reverse("community:conversation", args=[act.conversation_id])).content.decode()
    page = client.post(url, {"undo": act.pk}).content.decode()
    assert '<p class="cal-error" role="alert">It is gone already.</p>' in page


def test_the_page_says_it_in_that_campaign_only(world, store, cleo, client, lake):
    store(told("1", "You are all idiots", post_id="p"))
    ingest.store(lake, [told("9", "Is the lake clean?")], at=START)
    muted(cleo)
    enter(client, cleo)
    said = "their messages need no answer since"
    assert said in client.get(reverse("community:conversation", args=[talk("thread:1").pk])).content.decode()
    world.manager.is_superuser = True
    world.manager.save()
    client.force_login(world.manager)
    assert (
        said not in client.get(reverse("community:conversation", args=[talk("thread:9").pk])).content.decode()
    )


def test_nothing_is_due_of_who_is_no_longer_answered(world, store, cleo):
    store(told("1", "You are all idiots", post_id="p"))
    muted(cleo)
    world.hand.at = START + 500 * MINUTE
    timing.watch()
    assert timing.reckon_all(world.campaign.pk) == 0
    assert not Miss.objects.exists()
