"""What holds in an unlucky order: automatic answers, due times, decisions, pages that come late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from channels.connectors.talk import MessageKind as K
from community import desk, inbox, moderation, questions, rating, timing
from community.answers import NotPossible
from community.enums import AnswerState, Status
from community.inbox import Filters
from community.models import Act, Answer, Conversation, Message, Miss, Mute, Settings, Target
from tests.community.conftest import told
from tests.community.test_answers import answered, cleo, person, run, talk  # noqa: F401
from tests.community.test_questions import ASKED, pair, people  # noqa: F401
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
ANGRY = "This is a scandal, nobody answers and I want to complain!"


# Automatic answers --------------------------------------------------------------------------------------------


def test_the_sign_of_a_complaint_counts_wherever_it_stands_in_a_page(world, network, store, pair):  # noqa: F811
    store(told("1", ASKED, post_id="p"))
    run(world, Answer.objects.get().publication)

    store(
        told("2", ANGRY, parent_id="1", post_id="p", minute=1),
        told("3", "ok see you", parent_id="1", post_id="p", minute=2),
    )

    pair.refresh_from_db()
    row = Conversation.objects.get()
    assert (row.status, row.urgency, questions.TAG in row.tags) == (Status.OPEN, "high", True)
    assert pair.stopped_at is not None


@pytest.mark.parametrize("where", ["thread", "elsewhere", "private"])
def test_after_a_complaint_nothing_is_answered_by_itself(world, network, store, pair, where):  # noqa: F811
    if where == "thread":
        store(told("c", ANGRY, author="otto", post_id="p"))
        store(told("1", ASKED, parent_id="c", kind=K.REPLY, post_id="p", minute=1))
    else:
        more = {"kind": K.DIRECT, "conversation_id": "t"} if where == "private" else {"post_id": "q"}
        store(told("c", ANGRY, **more))
        store(told("1", ASKED, post_id="p", minute=1))

    assert not Answer.objects.exists()


def test_a_question_edited_into_a_complaint_is_not_answered(world, network, store, pair):  # noqa: F811
    store(told("1", ASKED, post_id="p"))
    store(told("1", f"You idiots. {ANGRY}", post_id="p"), at=world.hand.at + MINUTE)

    assert Answer.objects.get().state == AnswerState.DROPPED
    assert Conversation.objects.get().wants in ("complaint", "abuse")
    assert network.answers() == []


def test_a_pair_that_is_stopped_sends_nothing_that_was_waiting(world, network, store, pair):  # noqa: F811
    store(told("1", ASKED, author="otto", post_id="p"))
    store(told("2", ASKED, author="anna", post_id="p", minute=1))
    first, second = Answer.objects.order_by("pk")
    run(world, first.publication)
    store(told("3", ANGRY, author="otto", parent_id="1", post_id="p", minute=2), at=world.hand.at)

    second.refresh_from_db()
    assert (second.state, second.publication.state) == (AnswerState.DROPPED, "cancelled")
    assert len(network.answers()) == 1


@pytest.mark.parametrize("text", ["Never mind, I have found it.", ANGRY])
def test_who_writes_on_before_it_is_out_gets_no_automatic_answer(world, network, store, pair, text):  # noqa: F811
    store(told("1", ASKED, author="otto", post_id="p"))
    answer = Answer.objects.get()
    assert answer.state == AnswerState.HANDED_OVER
    store(told("2", text, author="otto", parent_id="1", post_id="p", minute=1))

    answer.refresh_from_db()
    assert (answer.state, answer.publication.state, network.answers()) == (
        AnswerState.DROPPED,
        "cancelled",
        [],
    )


# Due times ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("election", [False, True])
def test_a_narrow_target_leaves_nothing_without_a_due_time(world, store, election):
    Settings.objects.create(campaign=world.campaign, election_mode=election)
    Target.objects.create(
        campaign=world.campaign, topic="voting", first_min=30, next_min=30, escalate_min=5, election=election
    )
    store(told("1", "There is a hole in the road"))
    usual = timing.ELECTION if election else timing.USUAL

    row = Conversation.objects.get()
    assert row.next_due_at == row.waiting_since + usual.first_min * MINUTE
    Conversation.objects.update(topic="voting")
    row.refresh_from_db()
    timing.reckon(row)
    assert row.next_due_at == row.waiting_since + 30 * MINUTE


def test_who_waits_is_answered_before_being_asked_how_it_was(world, network, store, cleo):  # noqa: F811
    Settings.objects.create(campaign=world.campaign, ask_rating=True, ask_channels=[world.channel.pk])
    store(told("d", "Which room?", kind=K.DIRECT, conversation_id="t"))
    row = Conversation.objects.get()
    run(world, answered(cleo, row).publication)
    row.refresh_from_db()
    assert rating.why_not_asked(row) == ""

    later = world.hand.at + MINUTE
    store(
        told(
            "e", "And which floor?", kind=K.DIRECT, conversation_id="t", minute=(later - START).seconds // 60
        ),
        at=later,
    )
    row.refresh_from_db()
    assert row.waiting_since is not None
    with pytest.raises(NotPossible, match="Answer first"):
        rating.ask(cleo, row)


def test_what_was_answered_elsewhere_in_time_and_read_late_is_no_miss(world, store):
    store(told("1", "Is there parking?"))
    due = Conversation.objects.get().next_due_at
    world.hand.at = due + MINUTE
    timing.watch()
    assert Miss.objects.count() == 1

    early = int((due - START).total_seconds() // 60) - 60
    store(told("2", "Yes", parent_id="1", kind=K.REPLY, ours=True, minute=early))

    assert not Miss.objects.exists()


def test_one_wait_is_missed_once_whatever_its_target_becomes(world, store):
    store(told("1", "Is there parking?"))
    world.hand.at = Conversation.objects.get().next_due_at + MINUTE
    timing.watch()
    Target.objects.create(campaign=world.campaign, first_min=30, next_min=30, escalate_min=5)
    timing.reckon_all(world.campaign.pk)
    timing.watch()

    assert Miss.objects.count() == 1


def test_what_sleeps_is_not_called_late_in_the_list(world, store, cleo):  # noqa: F811
    store(told("1", "Is there parking?"), told("2", "And a bus?", author="otto"))
    world.hand.at = Conversation.objects.first().next_due_at + MINUTE
    Conversation.objects.filter(key="thread:1").update(snoozed_until=world.hand.at + timedelta(days=1))
    mine = inbox.channels_of(cleo)

    shown = inbox.load(cleo, mine, Filters(tab="due", late="1"), number=1, now=world.hand.at)

    assert inbox.late(cleo, mine, now=world.hand.at) == len(shown.rows) == 1


# Moderation ---------------------------------------------------------------------------------------------------


CRITICAL = (
    "Your mayor lied about the bridge and wasted our money. Shame on you.",
    "Wasz burmistrz kłamał o moście i zmarnował nasze pieniądze.",
    "Third time I write about the street lamp. Nothing happens.",
)


@pytest.mark.parametrize("text", CRITICAL)
@pytest.mark.parametrize("trick", ["", "thanks", "corrected"])
def test_criticism_is_not_deleted_by_one_person(world, store, cleo, text, trick):  # noqa: F811
    from community import sorting

    store(told("1", text, post_id="p"))
    if trick == "thanks":
        store(told("2", "Thanks a lot", parent_id="1", post_id="p", minute=1))
    row = Conversation.objects.get()
    if trick == "corrected":
        sorting.correct(row, "wants", "spam", by=cleo)
    message = Message.objects.get(remote_id="1")

    act = desk.moderate(cleo, message, "delete_comment", category="spam", note="The same text again")

    assert act.state == "to_approve"


def test_advertising_is_deleted_by_one_person_and_is_not_called_taken_back(world, network, store, cleo):  # noqa: F811
    store(told("1", "Buy followers cheap!!! http://spam.example/now", post_id="p"))
    act = desk.moderate(
        cleo, Message.objects.get(), "delete_comment", category="spam", note="Sells followers"
    )
    assert act.state == "handed_over"
    run(world, act.publication)

    row = Conversation.objects.get()
    assert (row.status, row.reason) == (Status.NO_ANSWER, moderation.DELETED)


def test_the_public_page_counts_what_was_done_only(world, network, store, cleo, client):  # noqa: F811
    """A hide that the network refused and one that was stopped hide nothing, and take nothing back."""
    from channels.connectors.base import Outcome, OutcomeKind

    store(*(told(str(n), "Bad words", author=f"p{n}", post_id="p") for n in range(3)))
    network.script = {"hide": [Outcome(OutcomeKind.CONTENT, message="No.")]}
    acts = [
        desk.moderate(cleo, message, "hide", category="insult", note="Calls people names")
        for message in Message.objects.order_by("remote_id")
    ]
    desk.undo(cleo, acts[2])
    for act in acts[:2]:
        run(world, act.publication)

    page = client.get(reverse("moderation_policy"))
    row = next(each for each in page.context["rows"] if each["category"].key == "insult")
    assert (row["counts"]["hidden"], row["counts"]["back"]) == (1, 0)


def test_whose_own_answers_need_a_second_person_is_nobodys(world, store, cleo):  # noqa: F811
    carl = person(world, "carl")
    juniors = [*cleo.groups.values_list("pk", flat=True), *carl.groups.values_list("pk", flat=True)]
    Settings.objects.create(campaign=world.campaign, approve_groups=juniors)
    store(told("1", "Is there parking?"))
    answer = answered(cleo, Conversation.objects.get())
    assert answer.state == AnswerState.TO_APPROVE

    with pytest.raises(NotPossible, match="nobody’s"):
        desk.approve(carl, answer)
    with pytest.raises(NotPossible, match="nobody’s"):
        desk.reject(carl, answer, "Other words")
    assert desk.approve(person(world, "mona", role="manager"), answer).state == AnswerState.HANDED_OVER


def test_who_is_no_longer_answered_is_out_of_the_list_until_taken_back(world, store, cleo):  # noqa: F811
    store(
        told("1", "You are all idiots", post_id="p"),
        told("2", "Is there parking?", author="otto", post_id="p"),
    )
    mine = Message.objects.get(remote_id="1")
    act = desk.moderate(cleo, mine, "mute", category="insult", note="Calls everybody idiots, again")
    store(told("3", "Idiots!", post_id="q", minute=2))

    told_ = dict(Conversation.objects.values_list("key", "status"))
    assert told_ == {"thread:1": "no_answer", "thread:2": "open", "thread:3": "no_answer"}
    assert Conversation.objects.get(key="thread:3").next_due_at is None
    store(told("4", "Me too", author="otto", parent_id="3", kind=K.REPLY, post_id="q", minute=3))
    assert Conversation.objects.get(key="thread:3").status == "open"  # somebody else speaks there

    desk.undo(cleo, act)
    store(told("5", "Hello", post_id="r", minute=4))
    assert Conversation.objects.get(key="thread:5").status == "open"
    assert not Mute.objects.exists()


# Stale pages --------------------------------------------------------------------------------------------------


def test_a_page_asked_before_changes_nothing_that_is_newer(world, network, store, cleo):  # noqa: F811
    store(told("1", "one", post_id="p"), told("2", "rude", author="otto", post_id="p"))
    asked = world.hand.at
    store(told("1", "two", post_id="p"), at=asked + 2 * MINUTE)
    world.hand.at = asked + 2 * MINUTE
    rude = Message.objects.get(remote_id="2")
    run(world, desk.moderate(cleo, rude, "hide", category="insult", note="Calls people names").publication)

    stale = (told("1", "one", post_id="p"), told("2", "rude", author="otto", post_id="p"))
    store(*stale, at=asked + MINUTE)

    assert Message.objects.get(remote_id="1").text == "two"
    assert Message.objects.get(remote_id="2").hidden
    store(
        told("1", "two", post_id="p"),
        told("2", "rude", author="otto", post_id="p"),
        at=world.hand.at + MINUTE,
    )
    assert not Message.objects.get(remote_id="2").hidden  # a newer page does say how it is now


def test_what_we_deleted_does_not_come_back_with_an_older_page(world, network, store, cleo):  # noqa: F811
    said = told("1", "Buy followers cheap!!! http://spam.example/now", post_id="p")
    store(said)
    asked = world.hand.at
    world.hand.at += MINUTE
    run(
        world,
        desk.moderate(
            cleo, Message.objects.get(), "delete_comment", category="spam", note="Sells followers"
        ).publication,
    )

    store(said, at=asked + MINUTE / 2)

    assert Message.objects.get().deleted_at is not None
    assert Conversation.objects.get().status == Status.NO_ANSWER


# Answers ------------------------------------------------------------------------------------------------------


def test_an_answer_is_not_planned_for_after_its_window(world, store, cleo):  # noqa: F811
    store(told("d", "Hi", kind=K.DIRECT, conversation_id="t"))
    row = Conversation.objects.get()
    with pytest.raises(NotPossible, match="within 24 hours"):
        answered(cleo, row, at=world.hand.at + timedelta(days=3))
    assert answered(cleo, row, at=world.hand.at + timedelta(hours=20)).state == AnswerState.HANDED_OVER


def test_what_was_deleted_meanwhile_is_not_answered(world, network, talk, cleo):  # noqa: F811
    answer = answered(cleo, talk, at=world.hand.at + timedelta(hours=5))
    Message.objects.filter(remote_id="1").update(deleted_at=world.hand.at)
    world.hand.at += timedelta(hours=5, minutes=1)
    with pytest.raises(AssertionError):  # it never gets to its end
        world.finish(answer.publication)

    assert network.answers() == []


@pytest.mark.parametrize("gone", [False, True])
def test_blocking_goes_to_the_network_and_is_taken_back(world, store, network, cleo, monkeypatch, gone):  # noqa: F811
    """With a reason and a note, the copy kept; what waits is over only once the network has done it."""
    from channels.connectors.abilities import Action
    from channels.connectors.base import Safety

    store(told("1", "You are all idiots", post_id="p"))
    message = Message.objects.get()
    with pytest.raises(NotPossible, match="lets no program do that"):
        desk.moderate(cleo, message, "block", category="insult", note="Calls everybody idiots")
    can = {**network.acts, Action.BLOCK: Safety.PURE, Action.UNBLOCK: Safety.PURE}
    monkeypatch.setattr(type(network), "acts", can)
    with pytest.raises(NotPossible, match="Choose the reason"):
        desk.moderate(cleo, message, "block", category="", note="Calls everybody idiots")

    act = desk.moderate(cleo, message, "block", category="insult", note="Calls everybody idiots")
    assert (act.copy, Conversation.objects.get().status) == ("You are all idiots", "open")
    run(world, act.publication)
    assert (network.done[0].action, network.done[0].person_id) == (Action.BLOCK, "mara")
    assert Conversation.objects.get().status == "no_answer"
    assert (Mute.objects.get().contact, Mute.objects.get().act) == (message.author, act)

    if gone:  # as networks no longer list whom we have blocked
        Message.objects.update(deleted_at=world.hand.at)
    back = desk.undo(cleo, act)
    run(world, back.publication)
    assert (network.done[1].action, network.done[1].person_id) == (Action.UNBLOCK, "mara")
    assert not Mute.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "Where did the two million for the bridge go?",
        "Why does the mayor's brother get the contract?",
        "Bravo, you sold the hospital.",
        "Ask them: why did the casino get the permit? https://news.example/permit",
        "Wo sind die zwei Millionen geblieben?",
        "Où sont passés les deux millions ?",
        "¿Dónde están los dos millones?",
        "Great, thank you!",
    ],
)
def test_what_is_asked_or_praised_is_not_deleted_by_one_person(world, store, cleo, text):  # noqa: F811
    store(told("1", text, post_id="p"))
    act = desk.moderate(cleo, Message.objects.get(), "delete_comment", category="spam", note="The same again")
    assert act.state == "to_approve"


def test_advertising_is_deleted_by_one_person_as_advertising_only(world, store, cleo):  # noqa: F811
    store(told("1", "Buy followers cheap!!! http://spam.example/now", post_id="p"))
    message = Message.objects.get()
    act = desk.moderate(cleo, message, "delete_comment", category="privacy", note="The same again")
    assert act.state == "to_approve"
    Message.objects.update(earlier=[["Who pays for this?", "2026-11-23T17:00:00+00:00"]])
    message.refresh_from_db()
    Act.objects.update(state="rejected")
    act = desk.moderate(cleo, message, "delete_comment", category="spam", note="The same again")
    assert act.state == "to_approve"


def test_who_changed_it_meanwhile_is_not_deleted_for_other_words(world, store, cleo):  # noqa: F811
    store(told("1", "You are thieves", post_id="p"))
    act = desk.moderate(
        cleo,
        Message.objects.get(),
        "delete_comment",
        category="privacy",
        note="Names people with their address",
    )
    store(told("1", "You are thieves, says my neighbour. I do not.", post_id="p"))

    with pytest.raises(NotPossible, match="changed what it says"):
        desk.agree(person(world, "carl"), act)

    act.refresh_from_db()
    assert (act.state, act.publication) == ("to_approve", None)


def test_what_is_said_in_private_stands_in_publishing_only_for_who_may_answer(world, store, cleo, client):  # noqa: F811
    from tests.community.conftest import enter

    store(told("1", "Hi", kind=K.DIRECT, conversation_id="t", minute=-5))
    answer = desk.send(
        cleo, desk.draft_answer(cleo, Conversation.objects.get(), "About your housing benefit")
    )
    pages = [reverse("publishing:index"), reverse("publishing:publication", args=[answer.publication_id])]

    def read(user):
        enter(client, user)
        return ["housing benefit" in client.get(url).content.decode() for url in pages]

    assert read(cleo) == [True, True]
    for role in ("creator", "analyst"):
        assert read(person(world, role, role)) == [False, False]
    world.channel.only_groups = [person(world, "kai").groups.get().pk]
    world.channel.save()
    assert read(person(world, "mona", "manager")) == [False, False]
