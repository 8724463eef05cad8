"""An answer of ours that is out, as a page: changed and deleted once, by whom it is offered to, with what it said before."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.connectors.abilities import Action, PrivateStart
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import MessageKind as K
from community import desk as desks
from community.answers import NotPossible
from community.models import Act, Answer, Conversation, Message, Settings
from tests.community.conftest import told
from tests.community.test_answering import desk  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def ours(world, network, desk):  # noqa: F811
    desk.answer("We meet at nine.")
    world.finish(Answer.objects.get().publication)
    return Message.objects.get(direction="out")


@pytest.fixture
def post(desk, ours):  # noqa: F811
    def send(**fields):
        answer = desk.client.post(reverse("community:ours", args=[ours.pk]), fields, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    return send


def test_it_is_changed_once_and_what_it_said_is_kept(world, network, desk, ours, post):  # noqa: F811
    page = desk.client.get(reverse("community:conversation", args=[desk.row.pk])).content.decode()
    assert reverse("community:ours", args=[ours.pk]) in page

    change = {"do": "change", "text": "We meet at ten.", "was": "We meet at nine."}
    assert "It is being changed" in post(**change)
    assert "changed or deleted just now" in post(**change)
    assert "changed or deleted just now" in post(do="delete", sure="1")
    act = Act.objects.get()
    world.finish(act.publication)

    ours.refresh_from_db()
    assert (ours.text, act.copy, act.by) == ("We meet at ten.", "We meet at nine.", desk.cleo)
    assert [(done.action, done.text) for done in network.done[1:]] == [("edit_post", "We meet at ten.")]
    page = desk.client.get(reverse("community:ours", args=[ours.pk])).content.decode()
    assert "We meet at nine." in page
    assert "cleo, " in page


def test_who_saw_older_words_does_not_write_over_a_colleagues(world, desk, ours, post):  # noqa: F811
    Message.objects.filter(pk=ours.pk).update(text="We meet at eleven.")

    page = post(do="change", text="We meet at ten.", was="We meet at nine.")

    assert "A colleague has changed it meanwhile" in page
    assert "We meet at ten.</textarea>" in page  # what was written is not lost
    assert not Act.objects.exists()


@pytest.mark.parametrize(("text", "words"), [("", "empty"), ("x" * 10, ""), ("We meet at nine.", "already")])
def test_what_cannot_stand_is_not_changed(ours, post, text, words):
    page = post(do="change", text=text, was="We meet at nine.")

    assert (words in page) if words else ("It is being changed" in page)
    assert Act.objects.exists() is (not words)


def test_deleting_needs_a_tick_and_opens_the_question_again(world, network, desk, ours, post):  # noqa: F811
    assert "Tick that you are sure" in post(do="delete", note="Wrong place")
    assert not Act.objects.exists()

    assert "It is being deleted" in post(do="delete", sure="1", note="Wrong place")
    act = Act.objects.get()
    world.finish(act.publication)

    ours.refresh_from_db()
    assert (ours.text, act.note, act.copy) == ("We meet at nine.", "Wrong place", "We meet at nine.")
    assert ours.deleted_at is not None
    assert Conversation.objects.get().status == "open"
    page = desk.client.get(reverse("community:conversation", args=[desk.row.pk])).content.decode()
    assert reverse("community:ours", args=[ours.pk]) not in page


def test_where_the_network_cannot_it_is_not_offered(network, desk, ours, post, monkeypatch):  # noqa: F811
    monkeypatch.setattr(type(network), "mends", {})

    page = desk.client.get(reverse("community:conversation", args=[desk.row.pk])).content.decode()

    assert reverse("community:ours", args=[ours.pk]) not in page
    assert "Hustings cannot do that" in post(do="delete", sure="1")
    assert not Act.objects.exists()


def test_where_answers_need_a_second_person_their_changes_do(world, desk, ours, post):  # noqa: F811
    Settings.objects.create(campaign=world.campaign, approve_topics=["parking"])
    Conversation.objects.update(topic="parking")

    assert "Delete it and write a new one" in post(
        do="change", text="We meet at ten.", was="We meet at nine."
    )
    assert not Act.objects.exists()


LATER = "When does the bus come?"


def below(store):
    """Somebody writes about something else below an answer of ours; the thread is about that from then on."""
    store(told("2", LATER, author="tom", kind=K.REPLY, parent_id="1", post_id="p", minute=30))
    row = Conversation.objects.get()
    assert (row.topic, row.topics) == ("traffic", ["traffic"])


def test_what_a_second_person_agreed_to_is_not_changed_by_one_whatever_the_thread_is_about(
    world,
    network,
    desk,  # noqa: F811
    store,
):
    Settings.objects.create(campaign=world.campaign, approve_topics=["parks"])
    Conversation.objects.update(topic="parks")  # as a rule named it: their words do not say it
    desk.answer("It is open until six.")
    answer = Answer.objects.get()
    desks.approve(world.manager, answer)
    answer.refresh_from_db()
    world.finish(answer.publication)
    below(store)

    mine = Message.objects.get(direction="out")
    url = reverse("community:ours", args=[mine.pk])
    assert "Delete it and write a new one" in desk.client.get(url).content.decode()
    change = {"do": "change", "text": "It is open until five.", "was": "It is open until six."}
    assert "Delete it and write a new one" in desk.client.post(url, change).content.decode()
    assert not Act.objects.exists()


@pytest.mark.parametrize("here", [True, False])
def test_what_answers_words_that_need_a_second_person_is_not_changed_by_one(world, desk, store, here):  # noqa: F811
    """Also where nobody had to agree when it was written, and what was written in the network's own app."""
    Message.objects.update(text="Where is my polling station?")
    if here:
        desk.answer("Behind the mill.")
        world.finish(Answer.objects.get().publication)
    else:
        store(told("a", "Behind the mill.", kind=K.REPLY, parent_id="1", ours=True, minute=9))
    below(store)
    mine = Message.objects.get(direction="out")
    assert desks.change_answer(desk.cleo, mine, "Behind the old mill.").state == "handed_over"

    Act.objects.all().delete()
    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    with pytest.raises(NotPossible, match="voting"):
        desks.change_answer(desk.cleo, mine, "Behind the new mill.")
    assert not Act.objects.exists()


def test_a_private_answer_is_about_the_public_words_that_it_answered(world, network, desk, monkeypatch):  # noqa: F811
    """Also when the private conversation goes on from another public one since."""
    network.begins = PrivateStart({}, "a test")
    monkeypatch.setattr(type(network), "mends", {Action.EDIT_POST: frozenset(K)})
    made = desks.take_private(desk.cleo, desk.row, "Until six.", form_key="f")
    world.finish(desks.send(desk.cleo, made).publication)
    mine = Message.objects.get(direction="out")
    assert mine.conversation.private
    Conversation.objects.filter(pk=mine.conversation_id).update(continued_from=None)
    Settings.objects.create(campaign=world.campaign, approve_topics=["voting"])
    Conversation.objects.filter(pk=desk.row.pk).update(topic="voting")

    mine = Message.objects.get(pk=mine.pk)
    with pytest.raises(NotPossible, match="voting"):
        desks.change_answer(desk.cleo, mine, "Until five.")


def test_not_for_people_of_another_campaign_and_not_for_messages_of_others(world, desk, ours, store, client):  # noqa: F811
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission

    theirs = Message.objects.get(direction="in")
    assert desk.client.get(reverse("community:ours", args=[theirs.pk])).status_code == 404

    other = get_user_model().objects.create_user("other", "other@example.org", "x")
    other.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(other)
    answer = client.post(reverse("community:ours", args=[ours.pk]), {"do": "delete", "sure": "1"})
    assert answer.status_code in (302, 403, 404)
    assert not Act.objects.exists()


def test_many_answers_of_ours_take_no_more_queries(desk, ours, store):  # noqa: F811
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse("community:conversation", args=[desk.row.pk])
    desk.client.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(url)
    store(*(told(f"o{n}", "Yes", parent_id="1", ours=True, minute=n + 2) for n in range(5)))
    with CaptureQueriesContext(connection) as many:
        desk.client.get(url)
    assert len(many) == len(few)


def test_a_change_keeps_the_name_that_the_network_needs(world, network, desk, ours, post, monkeypatch):  # noqa: F811
    monkeypatch.setattr(network, "named", CONNECTORS["mastodon"].named)
    handle = Answer.objects.get().to.author.handle

    assert "already" in post(do="change", text="We meet at nine.", was="We meet at nine.")
    assert "It is being changed" in post(do="change", text="We meet at ten.", was="We meet at nine.")
    world.finish(Act.objects.get().publication)

    ours.refresh_from_db()
    assert ours.text == network.done[-1].text == f"@{handle.lstrip('@')} We meet at ten."
