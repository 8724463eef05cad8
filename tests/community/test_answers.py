"""An answer goes out once, or a person knows why not; whoever must look at it first does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from access.models import CampaignRole
from channels.connectors.abilities import Action, PrivateStart
from channels.connectors.base import Outcome, OutcomeKind
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import MessageKind as K
from channels.models import Channel
from community import answers, desk, sorting
from community.answers import NotPossible
from community.enums import AnswerState
from community.models import Act, Answer, Conversation, Message, Settings
from publishing.models import Attempt, Publication
from tests.community.conftest import told


def person(world, name, role="community"):
    user = get_user_model().objects.create_user(name, f"{name}@example.org", None, first_name=name.title())
    group = Group.objects.create(name=f"{name} {role}")
    CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role=role)
    user.groups.add(group)
    return user


@pytest.fixture
def cleo(world):
    return person(world, "cleo")


@pytest.fixture
def talk(world, store):
    store(told("1", "Is there parking?", minute=-9, post_id="p"))
    return Conversation.objects.get()


def run(world, publication):
    world.finish(publication)
    return publication


def answered(user, talk, text="Yes, behind the mill.", **more):
    return desk.send(user, desk.draft_answer(user, talk, text, form_key="f1"), **more)


def test_an_answer_goes_out_and_becomes_a_message(world, network, talk, cleo):
    answer = answered(cleo, talk)
    run(world, answer.publication)

    talk.refresh_from_db()
    message = talk.messages.get(direction="out")
    assert network.answers() == ["Yes, behind the mill."]
    assert (message.text, message.parent_id, message.remote_id) == ("Yes, behind the mill.", "1", "a1")
    assert (talk.status, talk.answered_at is not None, talk.waiting_since) == ("answered", True, None)
    assert answer.publication.owner == cleo


def test_the_round_that_reads_our_answer_back_makes_no_second_one(world, store, network, talk, cleo):
    answer = answered(cleo, talk)
    mine = told("a1", "Yes, behind the mill.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=1)
    store(mine)  # the pull is faster than the delivery core's own note
    run(world, answer.publication)
    store(mine)

    assert talk.messages.filter(direction="out").count() == 1
    answer.refresh_from_db()
    assert answer.message.remote_id == "a1"


def test_a_form_sent_twice_sends_one_answer(world, network, talk, cleo):
    first = answered(cleo, talk)
    second = answered(cleo, talk)

    assert first.publication == second.publication
    run(world, first.publication)
    assert network.answers() == ["Yes, behind the mill."]


@pytest.mark.parametrize(
    ("script", "sent", "state"),
    [
        (["lost"], 1, "published"),  # done, and the answer not heard: found by looking
        (["dropped", "ok"], 1, "published"),  # neither done nor answered: sent again after two looks
        (["lost", "ok", "ok"], 1, "published"),
        ([Outcome(OutcomeKind.NOT_SENT), "lost"], 1, "published"),
        ([Outcome(OutcomeKind.CONTENT, message="No.")], 0, "failed"),
        (["dropped", "dropped"], 0, "attention"),
    ],
)
def test_replies_are_never_doubled(world, network, talk, cleo, script, sent, state):
    network.script["reply"] = list(script)
    publication = run(world, answered(cleo, talk).publication)

    assert (len(network.answers()), publication.state) == (sent, state)


class Killed(BaseException):
    """As if the process had been killed there."""


@pytest.mark.parametrize("arrived", [True, False])
def test_a_worker_that_dies_between_intent_and_answer_doubles_nothing(world, network, talk, cleo, arrived):
    publication = answered(cleo, talk).publication
    act, first = network.act, []

    def dying(deed, ctx):
        if first:
            return act(deed, ctx)
        first.append(1)
        if arrived:
            act(deed, ctx)
        raise Killed

    network.act = dying
    with pytest.raises(Killed):
        world.step(publication)
    assert Attempt.objects.get(step__publication=publication).outcome == ""

    run(world, publication)

    assert (len(network.answers()), publication.state) == (1, "published")
    assert talk.messages.filter(direction="out").count() == 1


def test_who_answers_meanwhile_is_seen(world, network, talk, cleo):
    run(world, answered(cleo, talk).publication)
    late = desk.draft_answer(world.manager, talk, "Here you go", form_key="f2")

    with pytest.raises(desk.Collision) as found:
        desk.send(world.manager, late, seen=0)

    assert [str(m) for m in found.value.answers] == ["Yes, behind the mill."]
    assert desk.send(world.manager, late, seen=0, anyway=True).state == AnswerState.HANDED_OVER


def test_an_answer_that_is_on_its_way_stops_a_second_one(world, talk, cleo):
    answered(cleo, talk)
    with pytest.raises(desk.Collision):
        desk.send(world.manager, desk.draft_answer(world.manager, talk, "Me too", form_key="f2"))


@pytest.mark.parametrize(("asked", "about"), [("Lamps", "lamps"), ("lamps", "Lamps")])
def test_a_topic_that_needs_a_second_person_may_be_written_in_any_way(world, talk, cleo, asked, about):
    Settings.objects.create(campaign=world.campaign, approve_topics=[asked])
    Conversation.objects.update(topic=about)
    talk.refresh_from_db()
    assert answered(cleo, talk).state == "to_approve"


def test_a_topic_can_need_a_second_person_and_never_oneself(world, network, talk, cleo):
    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    Conversation.objects.update(topic="voting")
    talk.refresh_from_db()

    answer = answered(cleo, talk)
    assert (answer.state, answer.publication, Publication.objects.count()) == ("to_approve", None, 0)
    with pytest.raises(desk.NotPossible, match="their own"):
        desk.approve(cleo, answer)

    approved = desk.approve(world.manager, answer)
    assert approved.publication.version.approved_by == world.manager
    with pytest.raises(desk.NotPossible, match="already"):
        desk.approve(world.manager, answer)
    run(world, approved.publication)
    assert network.answers() == ["Yes, behind the mill."]


def test_what_was_changed_after_the_second_person_looked_is_not_approved(world, talk, cleo):
    Settings.objects.create(approve_groups=list(cleo.groups.values_list("pk", flat=True)))
    answer = answered(cleo, talk)
    type(answer).objects.update(text="Something else")

    with pytest.raises(desk.NotPossible, match="changed meanwhile"):
        desk.approve(world.manager, answer)
    desk.reject(world.manager, answer, "Be kinder")
    assert desk.draft_answer(cleo, talk, "Of course!", form_key="f1").text == "Of course!"


def test_scheduled_waits_and_can_be_taken_back(world, network, talk, cleo):
    answer = answered(cleo, talk, at=world.hand.at + timedelta(hours=1))
    world.step(answer.publication, to=world.hand.at)
    assert network.answers() == []

    desk.drop(cleo, answer)
    run(world, answer.publication)
    assert (answer.publication.state, network.answers()) == ("cancelled", [])


def test_after_the_window_there_is_no_private_answer(world, store, cleo):
    store(told("d", "Hi", kind=K.DIRECT, conversation_id="t", minute=-24 * 60))
    with pytest.raises(desk.NotPossible, match="within 24 hours"):
        answered(cleo, Conversation.objects.get())


def test_in_private_both_conversations_are_linked(world, store, network, talk, cleo):
    with pytest.raises(desk.NotPossible, match="lets no program begin"):
        desk.take_private(cleo, talk, "Hello")
    store(told("d", "Hi", kind=K.DIRECT, conversation_id="t"))

    answer = desk.take_private(cleo, talk, "What is your address?")
    run(world, desk.send(cleo, answer).publication)

    private = Conversation.objects.get(key="direct:t")
    assert private.continued_from == talk
    assert (network.done[0].kind, network.done[0].conversation_id) == (K.DIRECT, "t")
    assert private.messages.get(direction="out").kind == "direct"


def test_a_network_that_can_begin_one_begins_it(world, network, talk, cleo, monkeypatch):
    monkeypatch.setattr(type(network), "begins", PrivateStart({"visibility": "direct"}, "a test", named=True))
    answer = desk.take_private(cleo, talk, "What is your address?")
    run(world, desk.send(cleo, answer).publication)

    assert network.done[0].data["visibility"] == "direct"
    private = Conversation.objects.get(key="direct:mara")
    assert (private.continued_from, private.messages.count(), private.status) == (talk, 1, "answered")


def test_in_private_only_the_person_is_written_to_whose_words_are_answered(
    world, store, network, talk, cleo, monkeypatch
):
    """Under one comment several people speak: who spoke last is not whom the conversation is with."""
    monkeypatch.setattr(type(network), "begins", PrivateStart({}, "a test", named=True))
    store(told("2", "Same here", parent_id="1", kind=K.REPLY, author="otto", minute=5))

    run(world, desk.send(cleo, desk.take_private(cleo, talk, "Where do you live?")).publication)
    ottos = Message.objects.get(remote_id="2")
    run(world, desk.send(cleo, desk.take_private(cleo, talk, "And you?", message=ottos)).publication)

    assert [(act.handle, act.remote_id, act.text) for act in network.done] == [
        ("@mara", "1", "Where do you live?"),
        ("@otto", "2", "And you?"),
    ]
    assert {c.key: str(c.contact) for c in Conversation.objects.filter(kind="direct")} == {
        "direct:mara": "Mara",
        "direct:otto": "Otto",
    }
    other = Conversation.objects.get(key="direct:otto").messages.get()
    with pytest.raises(NotPossible, match="another conversation"):
        desk.take_private(cleo, talk, "Hello", message=other)


def test_a_private_answer_to_a_comment_is_sent_once_and_within_its_days(
    world, store, network, talk, cleo, monkeypatch
):
    monkeypatch.setattr(type(network), "begins", PrivateStart({"one": 1}, "a test", days=7, once=True))
    first = desk.take_private(cleo, talk, "Where do you live?", form_key="a")
    second = desk.take_private(cleo, talk, "Where?", form_key="b")
    run(world, desk.send(cleo, first).publication)

    with pytest.raises(NotPossible, match="one private message to each comment"):
        desk.send(cleo, second)
    with pytest.raises(NotPossible, match="one private message to each comment"):
        desk.take_private(cleo, talk, "Where?", form_key="c")
    store(told("2", "And another thing", parent_id="1", kind=K.REPLY, minute=5))
    late = desk.take_private(cleo, talk, "Yes?", form_key="d")  # another comment of theirs
    world.hand.at += timedelta(days=8)
    with pytest.raises(NotPossible, match="within 7 days"):
        desk.send(cleo, late)
    assert [act.data["one"] for act in network.done] == [1]


def test_what_is_begun_in_private_and_what_comes_back_are_one_conversation(
    world, store, network, talk, cleo, monkeypatch
):
    """The network tells the name of the private conversation, and another id of the person, only afterwards."""
    monkeypatch.setattr(type(network), "begins", PrivateStart({}, "a test", days=7, once=True))
    run(world, desk.send(cleo, desk.take_private(cleo, talk, "Where do you live?")).publication)
    begun = Message.objects.get(direction="out")
    sorting.note(begun.conversation, "She was friendly", by=cleo)
    assert begun.conversation.continued_from == talk

    mine = told(
        begun.remote_id, "Where do you live?", kind=K.DIRECT, conversation_id="t_77", ours=True, minute=2
    )
    theirs = told("d", "At the mill", kind=K.DIRECT, conversation_id="t_77", author="77", minute=9)
    store(mine)
    store(theirs, mine)

    private = Conversation.objects.get(kind="direct")
    assert (private.key, private.continued_from, private.messages.count()) == ("direct:t_77", talk, 2)
    assert (private.status, private.notes.count(), private.answers.count()) == ("open", 1, 1)
    assert answers.why_not(private, None, world.hand.at) == ""


@pytest.mark.parametrize("role", ["creator", "analyst"])
def test_who_may_not_answer_cannot(world, talk, role):
    other = person(world, "otto", role)
    with pytest.raises(PermissionDenied):
        desk.draft_answer(other, talk, "Hello")
    with pytest.raises(PermissionDenied):
        desk.moderate(other, talk.messages.get(), "hide", category="spam", note="Advertising again")


# Moderation ---------------------------------------------------------------------------------------------------


def test_hiding_needs_a_category_and_a_note_and_can_be_undone(world, network, talk, cleo):
    message = talk.messages.get()
    with pytest.raises(desk.NotPossible):
        desk.moderate(cleo, message, "hide", category="", note="")

    act = desk.moderate(cleo, message, "hide", category="spam", note="Advertises the same shop again")
    run(world, act.publication)
    message.refresh_from_db()
    assert (message.hidden, act.copy, act.by_name) == (True, "Is there parking?", "Cleo")

    back = desk.undo(cleo, act)
    run(world, back.publication)
    message.refresh_from_db()
    assert (message.hidden, [str(d.action) for d in network.done]) == (False, ["hide", "unhide"])
    with pytest.raises(desk.NotPossible, match="already"):
        desk.undo(cleo, act)


def test_deleting_criticism_of_us_takes_two(world, network, talk, cleo):
    message = talk.messages.get()
    act = desk.moderate(
        cleo,
        message,
        "delete_comment",
        category="hate",
        note="Attacks people for their origin",
        criticism=True,
    )
    assert (act.state, Publication.objects.count()) == ("to_approve", 0)
    with pytest.raises(desk.NotPossible, match="their own second"):
        desk.agree(cleo, act)

    done = desk.agree(world.manager, act)
    run(world, done.publication)
    message.refresh_from_db()
    assert message.deleted_at is not None
    assert Act.objects.get().copy == "Is there parking?"


def test_the_agency_may_decide_that_one_is_enough(world, talk, cleo):
    Settings.objects.create(second_person_for_criticism=False)
    act = desk.moderate(
        cleo,
        talk.messages.get(),
        "delete_comment",
        category="hate",
        note="Attacks people for their origin",
        criticism=True,
    )
    assert act.state == "handed_over"


def test_our_answer_that_is_out_can_be_changed_and_deleted(world, network, talk, cleo):
    run(world, answered(cleo, talk).publication)
    mine = Message.objects.get(direction="out")

    run(world, desk.change_answer(cleo, mine, "Yes, behind the old mill.").publication)
    mine.refresh_from_db()
    assert (mine.text, mine.earlier[0][0]) == ("Yes, behind the old mill.", "Yes, behind the mill.")

    run(world, desk.delete_answer(cleo, mine).publication)
    talk.refresh_from_db()
    assert talk.status == "open"  # with the answer gone, the question waits again
    mine.refresh_from_db()
    assert mine.deleted_at is not None


def test_our_direct_message_is_neither_changed_nor_deleted_where_the_network_cannot(
    world, store, network, cleo
):
    store(told("d", "Hi", kind=K.DIRECT, conversation_id="t"))
    private = Conversation.objects.get(kind="direct")
    run(world, answered(cleo, private).publication)
    mine = private.messages.get(direction="out")

    assert mine.kind == K.DIRECT
    for kind in (K.DIRECT, K.REPLY):  # as answers were noted before they were read back
        Message.objects.filter(pk=mine.pk).update(kind=kind)
        mine.refresh_from_db()
        with pytest.raises(NotPossible, match="Hustings cannot do that"):
            desk.delete_answer(cleo, mine)
        with pytest.raises(NotPossible, match="Hustings cannot do that"):
            desk.change_answer(cleo, mine, "No")
    assert [act.action for act in network.done] == ["reply"]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_what_is_offered_for_our_answers_is_what_the_network_mends(connector):
    from community import moderation

    offered = {"edit_post": {Action.EDIT_POST}, "delete_answer": {Action.DELETE_COMMENT, Action.DELETE_POST}}
    for kind in K:
        talk = Conversation(kind=kind)
        channel = Channel(platform=connector.platform)
        mine = Message(conversation=talk, channel=channel, kind=kind, direction="out")
        for action, asked in offered.items():
            mends = {a for a in asked if kind in connector.mends.get(a, ())}
            assert bool(moderation.can(mine, action)) is not bool(mends), (kind, action)
            if mends:
                assert moderation._mending(mine, action) in mends


# Who looks at it --------------------------------------------------------------------------------------------


@pytest.fixture
def jo(world):
    """Somebody of the team whose answers go out at once."""
    return person(world, "jo")


def needs_second(cleo):
    Settings.objects.create(approve_groups=list(cleo.groups.values_list("pk", flat=True)))


def test_who_takes_a_colleagues_answer_over_does_not_approve_their_own_words(world, talk, cleo):
    needs_second(cleo)
    answer = answered(world.manager, talk)
    type(answer).objects.update(state="rejected", author=world.manager, publication=None)

    taken = desk.send(cleo, desk.draft_answer(cleo, talk, "My own words", form_key="f1"))
    assert (taken.pk, taken.state, taken.author) == (answer.pk, "to_approve", cleo)
    with pytest.raises(desk.NotPossible, match="their own"):
        desk.approve(cleo, taken)


def test_going_on_in_private_needs_the_same_second_person(world, store, talk, cleo):
    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    Conversation.objects.update(topic="voting")
    store(told("d", "Hi", kind=K.DIRECT, conversation_id="t"))
    Conversation.objects.filter(key="direct:t").update(topic="weather")
    talk.refresh_from_db()

    first = desk.send(cleo, desk.take_private(cleo, talk, "You may vote until six."))
    assert (first.state, "voting" in first.why_approval) == ("to_approve", True)


def test_a_topic_that_was_corrected_away_still_needs_a_second_person(world, talk, cleo):
    from community import sorting

    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    Conversation.objects.update(topic="voting")
    talk.refresh_from_db()
    for topic in ("weather", "parking"):
        sorting.correct(talk, "topic", topic, by=cleo)
    assert answered(cleo, talk).state == "to_approve"


def test_what_one_second_person_has_sent_another_one_does_not_send_back(world, network, talk, cleo, jo):
    """Both had it on their page."""
    needs_second(cleo)
    answer = answered(cleo, talk)
    stale = Answer.objects.get(pk=answer.pk)
    desk.approve(world.manager, answer)
    with pytest.raises(desk.NotPossible, match="decided this already"):
        desk.reject(jo, stale, "Say when")
    stale.refresh_from_db()
    assert (stale.state, stale.reject_reason) == ("handed_over", "")
    run(world, stale.publication)
    assert network.answers() == ["Yes, behind the mill."]


def test_one_question_gets_one_answer_through_approval_too(world, network, talk, cleo, jo):
    needs_second(cleo)
    first = answered(cleo, talk)
    second = desk.draft_answer(jo, talk, "Me too", form_key="f2")
    with pytest.raises(desk.Collision) as waits:
        desk.send(jo, second)
    assert waits.value.answers == [first]

    run(world, desk.send(jo, second, anyway=True).publication)
    with pytest.raises(desk.Collision) as out:
        desk.approve(world.manager, first)
    assert [str(m) for m in out.value.answers] == ["Me too"]
    run(world, desk.approve(world.manager, first, anyway=True).publication)
    assert network.answers() == ["Me too", "Yes, behind the mill."]


def test_the_wish_to_stop_what_is_being_sent_is_kept(world, talk, cleo):
    answer = answered(cleo, talk)
    Publication.objects.update(state="running", intent_open=True)

    with pytest.raises(desk.NotPossible, match="being sent"):
        desk.drop(cleo, answer)
    assert Publication.objects.get().cancel_requested_at is not None


def test_accounts_kept_to_groups_show_what_waits_to_their_groups_only(world, talk, cleo, jo):
    from community import sorting, timing

    needs_second(cleo)
    answered(cleo, talk)
    message = talk.messages.get()
    note = "Attacks people for their origin"
    desk.moderate(cleo, message, "delete_comment", category="hate", note=note, criticism=True)
    mona = person(world, "mona", "manager")
    assert (desk.to_approve(jo).count(), desk.to_agree(jo).count()) == (1, 1)

    world.channel.only_groups = list(cleo.groups.values_list("pk", flat=True))
    world.channel.save()
    talk = Conversation.objects.get()
    assert (desk.to_approve(jo).count(), desk.to_agree(jo).count()) == (0, 0)
    assert jo not in sorting.team(talk)
    assert cleo in sorting.team(talk)
    assert mona not in timing.managers(talk)


# What is taken back -----------------------------------------------------------------------------------------


def test_an_undo_never_overtakes_what_it_takes_back(world, network, talk, cleo):
    message = talk.messages.get()
    act = desk.moderate(cleo, message, "hide", category="spam", note="Advertises the same shop again")
    with pytest.raises(desk.NotPossible, match="asked for already"):
        desk.moderate(cleo, message, "hide", category="spam", note="Advertises the same shop again")

    back = desk.undo(cleo, act)
    run(world, act.publication)
    message.refresh_from_db()
    assert (back.publication, message.hidden, network.done) == (None, False, [])
    with pytest.raises(desk.NotPossible, match="already"):
        desk.undo(cleo, act)


def test_what_is_being_done_is_taken_back_when_it_is_done(world, network, talk, cleo):
    act = desk.moderate(cleo, talk.messages.get(), "hide", category="spam", note="Advertises a shop again")
    Publication.objects.update(state="running", intent_open=True)
    with pytest.raises(desk.NotPossible, match="at this moment"):
        desk.undo(cleo, act)
    assert Act.objects.count() == 1
