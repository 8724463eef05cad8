"""An answer of ours that is out, as a page: changed and deleted once, by whom it is offered to, with what it said before."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.connectors.registry import CONNECTORS
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
