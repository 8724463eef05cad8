"""An answer that was noted wrongly is looked up again and set right, with a note, and nothing is sent by it."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from channels.connectors.abilities import Read
from channels.connectors.base import Lookup, LookupKind, Outcome, OutcomeKind
from channels.connectors.talk import MessageKind as K
from community import facts, repairs, sorting
from community.answers import NotPossible
from community.enums import AnswerState
from community.models import Answer, Message, Repair
from community.repairs import Stands
from publishing.domain.log import broken_at
from publishing.models import Event
from tests.community.conftest import enter, told
from tests.community.test_answers import answered, cleo, person, run, talk  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona(world):
    return person(world, "mona", "manager")


def out_falsely(world, network, cleo, talk):
    """We believe that it is out; the network has nothing of it."""
    answer = answered(cleo, talk)
    run(world, answer.publication)
    network.said.clear()
    answer.refresh_from_db()
    return answer


def lost_falsely(world, network, cleo, talk):
    """The network refused it, as it said; and yet it stands there."""
    network.script["reply"] = [Outcome(OutcomeKind.CONTENT, message="No.")]
    answer = answered(cleo, talk)
    run(world, answer.publication)
    answer.refresh_from_db()
    assert answer.publication.state == "failed"
    return answer


def test_what_was_counted_as_sent_and_was_not_waits_again(world, network, cleo, talk, mona):
    answer = out_falsely(world, network, cleo, talk)
    asked_at = talk.messages.get(direction="in").at
    sends = len(network.done)

    row = repairs.correct(mona, answer, Stands.NOT_OUT, note="She called: nothing came")

    answer.refresh_from_db(), talk.refresh_from_db()
    assert (answer.state, answer.message, talk.status) == (AnswerState.DROPPED, None, "open")
    assert (talk.waiting_since, talk.answered_at) == (asked_at, None)
    assert (row.looked, row.by_name, row.note) == ("absent", "Mona", "She called: nothing came")
    event = Event.objects.get(kind="corrected")
    assert (event.by, event.data["stands"], answer.publication.state) == (mona, False, "published")
    assert "called" not in str(event.data)  # nothing of that record can ever be erased
    assert broken_at(answer.publication.pk) is None
    assert len(network.done) == sends
    assert repairs.believed(answer) == Stands.NOT_OUT


def test_what_somebody_closed_as_answered_waits_again_too(world, network, cleo, talk, mona):
    answer = out_falsely(world, network, cleo, talk)
    sorting.set_status(talk, "closed", by=cleo)

    repairs.correct(mona, answer, Stands.NOT_OUT, note="She called: nothing came")

    talk.refresh_from_db()
    asked_at = talk.messages.get(direction="in").at
    assert (talk.status, talk.waiting_since, talk.closed_at, talk.next_due_at is None) == (
        "open",
        asked_at,
        None,
        False,
    )


def test_what_was_counted_as_lost_and_stands_there_becomes_a_message(world, network, cleo, talk, mona):
    answer = lost_falsely(world, network, cleo, talk)
    network.said.append(("a9", _act(answer)))

    repairs.correct(mona, answer, Stands.OUT, note="I see it there")

    answer.refresh_from_db(), talk.refresh_from_db()
    assert (answer.message.remote_id, answer.message.text) == ("a9", "Yes, behind the mill.")
    assert (answer.state, talk.status, talk.waiting_since) == (AnswerState.HANDED_OVER, "answered", None)
    assert network.done == []


def _act(answer):
    from channels.connectors.talk import Act

    return Act.of_data(answer.publication.payload["act"])


def test_what_the_network_says_goes_before_what_a_person_thinks(world, network, cleo, talk, mona):
    answer = answered(cleo, talk)
    run(world, answer.publication)
    answer.refresh_from_db()

    with pytest.raises(NotPossible, match="The network shows it"):
        repairs.correct(mona, answer, Stands.NOT_OUT, note="I do not see it")

    assert not Repair.objects.exists()
    answer.refresh_from_db()
    assert answer.message is not None


def test_a_message_that_nobody_knows_can_be_named_as_it(world, network, store, cleo, talk, mona):
    answer = lost_falsely(world, network, cleo, talk)
    store(
        told(
            "77", "@mara Yes, behind the mill.", kind=K.REPLY, parent_id="1", post_id="p", ours=True, minute=3
        )
    )
    with pytest.raises(NotPossible, match="does not show it"):
        repairs.correct(mona, answer, Stands.OUT, note="It is there")
    (message,) = repairs.unclaimed(answer)

    repairs.correct(mona, answer, Stands.OUT, note="It is that one", message=message)

    answer.refresh_from_db()
    assert answer.message == message
    assert Message.objects.filter(direction="out").count() == 1
    assert not repairs.unclaimed(answer).exists()


def test_where_the_network_cannot_tell_nothing_is_made_up(world, network, cleo, talk, mona, monkeypatch):
    answer = lost_falsely(world, network, cleo, talk)
    monkeypatch.setattr(network, "find", lambda act, ctx: Lookup(LookupKind.CANNOT, reason="It is down."))

    with pytest.raises(NotPossible, match="It is down"):
        repairs.correct(mona, answer, Stands.OUT, note="It is there")
    assert not Repair.objects.exists()

    network.reads = frozenset(
        {Read.NUMBERS}
    )  # a network that tells nothing of ours: a person's word is all there is
    repairs.correct(mona, answer, Stands.OUT, note="She showed me her telephone")
    answer.refresh_from_db()
    assert answer.message.text == answer.text


def test_only_a_manager_with_a_note_and_only_what_is_over(world, network, cleo, talk, mona):
    answer = answered(cleo, talk)
    with pytest.raises(NotPossible, match="not over yet"):
        repairs.correct(mona, answer, Stands.OUT, note="x")
    run(world, answer.publication)
    network.said.clear()
    answer.refresh_from_db()
    for stands, note, words in (
        (Stands.NOT_OUT, " ", "how you know"),
        (Stands.OUT, "x", "noted already"),
        ("?", "x", "Say"),
    ):
        with pytest.raises(NotPossible, match=words):
            repairs.correct(mona, answer, stands, note=note)
    with pytest.raises(PermissionDenied):
        repairs.correct(cleo, answer, Stands.NOT_OUT, note="Nothing came")
    world.channel.only_groups = [999_999]
    world.channel.save()
    answer = Answer.objects.select_related("conversation__channel").get()
    with pytest.raises(PermissionDenied):
        repairs.correct(mona, answer, Stands.NOT_OUT, note="Nothing came")


def test_back_and_forth_stays_in_the_history(world, network, cleo, talk, mona):
    answer = out_falsely(world, network, cleo, talk)
    repairs.correct(mona, answer, Stands.NOT_OUT, note="Not there")
    answer.refresh_from_db()
    world.hand.at += timedelta(minutes=5)
    network.said.append(("a1", _act(answer)))
    repairs.correct(mona, answer, Stands.OUT, note="It came after all")

    answer.refresh_from_db(), talk.refresh_from_db()
    assert [row.stands for row in answer.repairs.all()] == ["out", "not_out"]
    assert (answer.message.remote_id, answer.message.deleted_at, talk.status) == ("a1", None, "answered")
    assert Message.objects.filter(direction="out").count() == 1


def test_the_page_shows_asks_and_sets_right(world, network, cleo, talk, mona, client):
    answer = out_falsely(world, network, cleo, talk)
    url = reverse("community:repair", args=[answer.pk])
    talked = reverse("community:conversation", args=[talk.pk])
    enter(client, cleo)
    assert url in client.get(talked).content.decode()
    page = client.post(url, {"do": "look"}).content.decode()
    assert "The network did not show it." in page
    assert "A manager of the campaign can set it right" in page
    assert client.post(url, {"do": "correct", "stands": "not_out", "note": "x"}).status_code in (302, 403)
    assert not Repair.objects.exists()

    enter(client, mona)
    page = client.post(url, {"do": "correct", "stands": "not_out", "note": "<i>call</i>"}, follow=True)
    assert "It is set right" in page.content.decode()
    assert "&lt;i&gt;call&lt;/i&gt;" in client.get(url).content.decode()
    page = client.get(reverse("publishing:publication", args=[answer.publication_id])).content.decode()
    assert "set right what was noted: it is not out" in page
    enter(client, person(world, "anna", "analyst"))
    assert client.get(url).status_code in (302, 403, 404)


def test_a_correction_counts_for_what_was_answered_with_a_fact(world, network, cleo, talk, mona):
    from community.models import Case

    case = Case.objects.create(
        campaign=world.campaign, title="Mill", rumour="x", opened_at=world.hand.at, changed_at=world.hand.at
    )
    answer = out_falsely(world, network, cleo, talk)
    Answer.objects.update(case=case)
    assert list(facts.answered_with(case=case)) == [answer]
    repairs.correct(mona, answer, Stands.NOT_OUT, note="Not there")
    assert list(facts.answered_with(case=case)) == []
