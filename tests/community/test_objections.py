"""Objections: taken from anybody, about the right decision, answered once and not by whoever decided."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from channels.models import Channel
from community import objections, retention
from community.enums import ActState, Appeal
from community.models import Act, Message, Objection
from community.views.objections import PER_HOUR
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
WHY = "I only asked for the minutes of the meeting."


def hidden(row, by, action="mute"):
    message = row.messages.get()
    return Act.objects.create(
        conversation=row, message=message, action=action, category="insult", note="Insults.", copy=message.text,
        by=by, by_name="Cody", at=NOW, state=ActState.HERE,
    )  # fmt: skip


@pytest.fixture
def decided(river):  # noqa: F811
    row = talk(river, "You lie.", name="Mara")
    Message.objects.update(url="https://x.example/mara/1")
    return SimpleNamespace(row=row, act=hidden(row, river.people["community"]), there=river)


def send(client, **fields):
    return client.post(reverse("object"), {"place": "@mara", "text": WHY, **fields}, follow=True)


@pytest.mark.parametrize("place", ["@mara", "mara", "https://x.example/mara/1"])
def test_it_finds_the_one_decision_that_fits(decided, client, place):
    page = send(client, place=place).content.decode()

    row = Objection.objects.get()
    decided.act.refresh_from_db()
    assert row.act == decided.act
    assert (decided.act.appeal, decided.act.appeal_note) == (Appeal.OPEN, WHY)
    assert "Keep this page’s address" in page
    counted = client.get(reverse("moderation_policy")).content.decode()
    assert reverse("object") in counted


def test_of_two_it_takes_none_and_another_network_is_another(decided, client):
    hidden(decided.row, decided.there.people["manager"])
    send(client)
    assert Objection.objects.get().act is None
    assert objections.candidates_for("@mara", "facebook") == []


def test_what_is_missing_is_said_and_the_words_stay(client, db):
    page = send(client, text="No.")
    assert page.status_code == 400
    assert "in a sentence or two" in page.content.decode()
    assert 'value="@mara"' in page.content.decode()
    assert not Objection.objects.exists()


def test_too_many_from_one_address(client, db):
    codes = [send(client).status_code for _ in range(PER_HOUR + 1)]
    assert codes[-2:] == [200, 429]
    assert Objection.objects.count() == PER_HOUR


def test_only_who_has_the_address_reads_the_answer(decided, client):
    send(client)
    row = Objection.objects.get()
    assert client.get(reverse("my_objection", args=[objections.token_of(row)])).status_code == 200
    assert client.get(reverse("my_objection", args=[row.token.hex])).status_code == 404
    assert client.get(reverse("my_objection", args=[f"{row.pk}:x"])).status_code == 404


def test_a_colleague_answers_once_and_takes_it_back(decided, client, as_user):  # noqa: F811
    send(client)
    row, url = Objection.objects.get(), reverse("community:objections")
    answer = {"objection": row.pk, "do": "reversed", "answer": "You are right. We are sorry."}

    own = as_user(decided.there.people["community"]).post(url, answer)
    assert "Nobody decides about an objection to their own decision" in own.content.decode()
    manager = as_user(decided.there.people["manager"])
    assert manager.post(url, {**answer, "answer": " "}).status_code == 400
    manager.post(url, answer)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == (Appeal.REVERSED, decided.there.people["manager"])
    assert Act.objects.filter(undoes=decided.act, action="unmute").count() == 1
    assert manager.post(url, {**answer, "do": "upheld"}).status_code == 400
    decided.act.refresh_from_db()
    assert decided.act.appeal == Appeal.REVERSED
    client.logout()
    page = client.get(reverse("my_objection", args=[objections.token_of(row)])).content.decode()
    assert "You are right. We are sorry." in page


def test_one_that_fits_nothing_is_linked_by_a_person(decided, client, as_user):  # noqa: F811
    send(client, place="The comment about the meeting")
    row, url = Objection.objects.get(), reverse("community:objections")
    manager = as_user(decided.there.people["manager"])
    refused = manager.post(url, {"objection": row.pk, "do": "reversed", "answer": "Yes."}).content.decode()
    assert "Say first which decision" in refused

    found = manager.post(
        url, {"objection": row.pk, "do": "find", "place": "@Mara"[:1] + "mara"}
    ).content.decode()
    assert "It is this one" in found
    manager.post(url, {"objection": row.pk, "do": "link", "act": decided.act.pk})
    row.refresh_from_db()
    assert row.act == decided.act


def test_people_of_other_campaigns_see_and_decide_nothing(decided, client, make_campaign, as_user):  # noqa: F811
    forest = make_campaign("Forest")
    send(client)
    row, url = Objection.objects.get(), reverse("community:objections")
    stranger = as_user(forest.people["manager"])
    assert WHY not in stranger.get(url).content.decode()
    assert stranger.post(url, {"objection": row.pk, "do": "upheld", "answer": "No."}).status_code == 404
    Objection.objects.update(act=None)
    assert WHY not in stranger.get(url).content.decode()  # it can only be about the other campaign's decision
    Objection.objects.update(place="The comment about the meeting")
    assert WHY in stranger.get(url).content.decode()
    assert stranger.post(url, {"objection": row.pk, "do": "link", "act": decided.act.pk}).status_code == 404
    assert as_user(decided.there.people["analyst"]).get(url).status_code in (302, 403)


@pytest.mark.parametrize(
    ("place", "platform", "seen"),
    [
        ("@mara", "", False),
        ("mara", "", False),
        ("https://x.example/mara/1", "", False),
        ("xmara", "", True),
        ("@tom", "", True),
        ("@tom", "x", False),
        ("@tom", "youtube", True),
    ],
)
def test_one_that_nobody_has_linked_is_for_whom_it_may_concern(decided, make_campaign, place, platform, seen):  # noqa: F811
    """Where nothing fits, for everybody: else nobody would look at it."""
    forest = make_campaign("Forest")
    Channel.objects.filter(campaign=forest.page).update(platform="mastodon")
    row = Objection.objects.create(place=place, platform=platform, text=WHY, at=NOW)
    assert (row in objections.visible(forest.people["manager"])) is seen
    assert row in objections.visible(decided.there.people["manager"])


def test_its_words_go_with_the_person(decided, client):
    send(client)
    retention.erase(decided.row.contact)
    row = Objection.objects.get()
    assert (row.text, row.place, row.state) == ("", retention.GONE, Appeal.OPEN)


def test_the_list_costs_the_same_for_many(decided, client, as_user, django_assert_max_num_queries):  # noqa: F811
    Objection.objects.bulk_create(Objection(place="x", text=WHY, act=decided.act, at=NOW) for _ in range(60))
    manager = as_user(decided.there.people["manager"])
    with django_assert_max_num_queries(25):
        assert "Page 1" in manager.get(reverse("community:objections")).content.decode()


def test_two_things_done_to_one_message_are_one_decision_and_neither_decides_alone(decided, client, as_user):  # noqa: F811
    """Hidden and then muted: who did either answers no objection to it, linked to one of them or to none yet."""
    cody, manager = decided.there.people["community"], decided.there.people["manager"]
    first = decided.act
    second = Act.objects.create(
        conversation=first.conversation, message=first.message, action="hide", category="insult", by=manager,
        by_name="Mona", state="handed_over", at=NOW,
    )  # fmt: skip
    send(client)
    row, url = Objection.objects.get(), reverse("community:objections")
    assert row.act is None

    for person in (cody, manager):
        page = as_user(person).post(url, {"objection": row.pk, "do": "upheld", "answer": "It stays."})
        assert "Nobody decides about an objection to their own decision" in page.content.decode()
    Objection.objects.update(act=second)
    page = as_user(cody).post(url, {"objection": row.pk, "do": "upheld", "answer": "It stays."})
    assert "their own decision" in page.content.decode()
    row.refresh_from_db()
    assert row.state == Appeal.OPEN


def test_what_cannot_be_taken_back_is_not_said_to_be(decided, client, as_user, monkeypatch):  # noqa: F811
    from community import desk
    from community.answers import NotPossible

    def refused(user, act, *, note=""):
        raise NotPossible("It is being done at this moment.")

    send(client)
    row, url = Objection.objects.get(), reverse("community:objections")
    monkeypatch.setattr(desk, "undo", refused)
    manager = as_user(decided.there.people["manager"])
    page = manager.post(url, {"objection": row.pk, "do": "reversed", "answer": "You are right."})
    assert (page.status_code, "at this moment" in page.content.decode()) == (400, True)
    row.refresh_from_db()
    assert (row.state, row.answer) == (Appeal.OPEN, "")
