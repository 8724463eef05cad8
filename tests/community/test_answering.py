"""The form of an answer, the second person and moderation, as pages: each does what its service does, once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from access.models import CampaignRole
from community import sorting
from community.enums import ActState, AnswerState
from community.models import Act, Answer, Conversation, SavedReply, Settings
from tests.community.conftest import told
from tests.publishing.conftest import START

pytestmark = [pytest.mark.db, pytest.mark.django_db]
NOTE = "Calls the mayor's children by name."


@pytest.fixture
def desk(world, store, client, monkeypatch):
    store(told("1", "Where is <b>parking</b>?", post_id="p"))
    row = Conversation.objects.get()
    people = []
    for name in ("cleo", "carl"):
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "x")
        group = Group.objects.create(name=name)
        CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role="community")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        user.groups.add(group)
        people.append(user)
    client.force_login(people[0])

    def answer(text="Behind the mill.", do="send", key="k1", **fields):
        page = client.post(
            reverse("community:reply", args=[row.pk]),
            {"text": text, "do": do, "key": key, "seen": "0", **fields},
            follow=True,
        )
        assert page.status_code == 200
        return page.content.decode()

    def moderate(**fields):
        url = reverse("community:moderate", args=[row.messages.get().pk])
        return client.post(url, fields, follow=True).content.decode()

    return SimpleNamespace(
        row=row, cleo=people[0], carl=people[1], client=client, answer=answer, moderate=moderate
    )


def test_a_form_sent_twice_is_one_answer(world, network, desk):
    desk.answer()
    desk.answer()

    answer = Answer.objects.get()
    world.finish(answer.publication)
    assert network.answers() == ["Behind the mill."]
    assert (
        "Behind the mill."
        in desk.client.get(reverse("community:conversation", args=[desk.row.pk])).content.decode()
    )


def test_what_stands_against_it_is_said_and_the_text_stays(desk):
    assert "Write what you want to say" in desk.answer(" ")
    page = desk.answer("Hello {name}, look.")
    assert "{name} is not filled in" in page
    assert "Hello {name}, look.</textarea>" in page
    assert "Nothing stands against it" in desk.answer("Hello.", do="check")
    assert not Answer.objects.exists()


def test_saved_replies_are_edited_or_confirmed(world, desk):
    reply = SavedReply.objects.create(
        campaign=world.campaign, title="Hello", text="Hello {name}, this is {me}.", changed_at=START
    )
    page = desk.answer("", do="use", reply=reply.pk)
    filled = "Hello Mara, this is cleo."
    assert f"{filled}</textarea>" in page

    assert "word for word" in desk.answer(filled, reply=reply.pk)
    assert not Answer.objects.exists()
    desk.answer(filled, reply=reply.pk, confirmed="1")

    assert Answer.objects.get().saved_reply == reply


def test_a_colleague_who_was_faster(world, network, desk, store):
    store(told("2", "Hi", parent_id="1", ours=True, minute=1))

    assert "Somebody has answered meanwhile" in desk.answer()
    assert Answer.objects.get().state == AnswerState.DRAFT
    desk.answer(anyway="1")
    assert Answer.objects.get().state == AnswerState.HANDED_OVER


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("closed", "It is on its way. The conversation is closed, and stays so."),
        ("no_answer", "It is on its way. The conversation is set to “No answer needed”, and stays so."),
        ("open", "It is on its way."),
        ("answered", "It is on its way."),
    ],
)
def test_whoever_answers_after_a_colleague_closed_is_told_that_it_stays_so(
    world, network, desk, status, said
):
    sorting.set_status(desk.row, status, by=desk.carl, reason="Only thanks")
    page = desk.answer()
    assert said in page
    assert ("stays so" in page) is ("stays so" in said)

    world.finish(Answer.objects.get().publication)
    desk.row.refresh_from_db()
    assert desk.row.status == ("answered" if status == "open" else status)


def test_a_second_person_agrees(world, network, desk):
    Settings.objects.create(campaign=world.campaign, approve_topics=["parking"])
    Conversation.objects.update(topic="parking")
    desk.answer()
    answer = Answer.objects.get()
    url = reverse("community:decide")
    assert answer.state == AnswerState.TO_APPROVE
    assert desk.client.post(url, {"answer": answer.pk, "text": answer.text, "do": "yes"}).status_code == 404

    desk.client.force_login(desk.carl)
    assert "Behind the mill." in desk.client.get(url).content.decode()
    desk.client.post(url, {"answer": answer.pk, "text": "Another text", "do": "yes"})
    desk.client.post(url, {"answer": answer.pk, "do": "no"})
    answer.refresh_from_db()
    assert answer.state == AnswerState.TO_APPROVE
    desk.client.post(url, {"answer": answer.pk, "text": answer.text, "do": "yes"})

    answer.refresh_from_db()
    assert (answer.state, answer.approver) == (AnswerState.HANDED_OVER, desk.carl)


def test_moderation_needs_its_reason_and_is_taken_back(world, network, desk):
    assert "Choose the reason" in desk.moderate(action="hide", note=NOTE)
    assert not Act.objects.exists()
    assert "A copy is kept" in desk.moderate(action="hide", category="privacy", note=NOTE)
    act = Act.objects.get()
    world.finish(act.publication)
    assert (act.copy, act.by) == ("Where is <b>parking</b>?", desk.cleo)
    assert desk.row.messages.get().hidden

    desk.moderate(undo=act.pk)
    world.finish(Act.objects.get(undoes=act).publication)
    assert not desk.row.messages.get().hidden


def test_deleting_criticism_takes_two(world, desk):
    desk.moderate(action="delete_comment", category="privacy", note=NOTE, criticism="1")
    act = Act.objects.get()
    url = reverse("community:decide")
    assert act.state == ActState.TO_APPROVE
    assert desk.client.post(url, {"act": act.pk, "do": "yes"}).status_code == 404

    desk.client.force_login(desk.carl)
    desk.client.post(url, {"act": act.pk, "do": "no"})

    act.refresh_from_db()
    assert (act.state, act.second) == (ActState.REJECTED, desk.carl)


def test_strangers_reach_nothing(desk):
    desk.client.force_login(get_user_model().objects.create_user("stranger", "s@example.org", "x"))
    for url in (
        reverse("community:reply", args=[desk.row.pk]),
        reverse("community:moderate", args=[desk.row.messages.get().pk]),
        reverse("community:decide"),
    ):
        assert desk.client.post(url, {"text": "x", "do": "send"}).status_code in (302, 403, 404)
    assert not Answer.objects.exists()
    assert not Act.objects.exists()


def test_the_published_policy_counts_and_names_nobody(world, network, desk, client):
    url = reverse("moderation_policy")
    desk.moderate(action="hide", category="privacy", note=NOTE)
    desk.moderate(action="delete_comment", category="privacy", note=NOTE, criticism="1")
    world.finish(Act.objects.get(action="hide").publication)
    desk.moderate(undo=Act.objects.get(action="hide").pk)
    world.finish(Act.objects.get(action="unhide").publication)
    client.logout()

    answer = client.get(url)
    page = answer.content.decode()

    rows = {row["category"].key: row["counts"] for row in answer.context["rows"]}
    assert {k: rows["privacy"][k] for k in ("hidden", "deleted", "back")} == {
        "hidden": 1,
        "deleted": 0,
        "back": 1,
    }
    assert rows["spam"]["hidden"] == 0
    assert "Criticism stays" in page
    assert not any(words in page for words in ("parking", "cleo", "Mara", "mayor"))


def test_while_somebody_types_the_length_is_said_and_colleagues_are_named(desk):
    url = reverse("community:writing", args=[desk.row.pk])
    assert desk.client.post(url, {"text": "Behind the mill."}).json()["others"] == ""
    desk.client.force_login(desk.carl)
    assert desk.client.post(url, {"text": "x"}).json()["others"] == "cleo is writing an answer here just now."
    page = desk.client.get(reverse("community:conversation", args=[desk.row.pk])).content.decode()
    assert "is writing an answer here just now" in page


@pytest.mark.parametrize(
    ("platform", "text", "said"),
    [
        ("x", "a" * 281, {"length": "281 of 280 characters as X counts them: 1 too many", "over": True}),
        ("bluesky", "👩‍👩‍👧", {"length": "1 of 300 characters", "over": False}),
        ("nowhere", "a", {"length": "", "over": False}),
    ],
)
def test_lengths_are_counted_as_the_network_does(platform, text, said):
    from community.core import replies
    from community.views.answering import counted

    assert counted(replies.room(platform, private=False), text) == said
