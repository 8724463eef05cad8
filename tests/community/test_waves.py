"""Waves of messages alike: noticed once, shown, answered together through the delivery core, never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from access.models import CampaignRole
from community import waves
from community.core import replies
from community.models import Answer, Burst, Conversation, Settings
from publishing.core.states import State
from publishing.models import Publication
from tests.community.conftest import told
from tests.publishing.conftest import START
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]
SAID = "Is it true that the bridge will be closed all summer?"


@pytest.fixture
def cleo(world, client):
    user = get_user_model().objects.create_user("cleo", "cleo@example.org", "x")
    group = Group.objects.create(name="cleo")
    CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role="community")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    client.force_login(user)
    return user


@pytest.fixture
def wave(world, store, cleo):
    def many(first=1, last=9, words=SAID):
        world.hand.at += timedelta(minutes=20)
        for number in range(first, last):
            store(told(str(number), words, author=f"person{number}", post_id="p", minute=1))
        waves.watch()

    return many


def test_a_wave_is_told_once_and_grows(world, wave, cleo, store):
    wave()
    row = Burst.objects.get()
    assert (row.count, row.conversations.count(), row.ended_at) == (8, 8, None)
    assert Notice.objects.filter(kind="talk_wave", user=cleo).count() == 1

    store(told("20", SAID + " Really?", author="late", post_id="p", minute=10))
    waves.watch()
    waves.watch()
    row.refresh_from_db()
    assert (row.count, row.conversations.count()) == (9, 9)
    assert Notice.objects.filter(kind="talk_wave").count() == 2  # cleo's and the manager's

    world.hand.at += timedelta(hours=3)
    waves.watch()
    row.refresh_from_db()
    assert row.ended_at == world.hand.at


def test_few_or_different_ones_are_none(wave):
    wave(last=5)
    assert not Burst.objects.exists()


def test_what_somebody_closed_is_not_told_again(world, wave, cleo, client, store):
    wave()
    row = Burst.objects.get()
    client.post(reverse("community:wave", args=[row.pk]), {"do": "close"})
    store(told("20", SAID, author="late", post_id="p", minute=10))
    waves.watch()
    assert Burst.objects.get().closed_by == cleo
    assert not waves.running(cleo).exists()


def test_what_somebody_closed_comes_back_when_it_is_twice_as_large(world, wave, cleo, client, store):
    wave()
    row = Burst.objects.get()
    client.post(reverse("community:wave", args=[row.pk]), {"do": "close"})
    wave(20, 27)
    assert not waves.running(cleo).exists()
    wave(27, 30)

    row.refresh_from_db()
    assert (row.ended_at, row.closed_by, row.count) == (None, None, 18)
    assert Notice.objects.filter(kind="talk_wave", user=cleo).count() == 2
    waves.watch()
    assert Notice.objects.filter(kind="talk_wave", user=cleo).count() == 2


def test_the_inbox_has_a_banner(wave, cleo, client):
    wave()
    row = Burst.objects.get()
    url = reverse("community:wave", args=[row.pk])
    assert url in client.get(reverse("community:inbox")).content.decode()
    client.post(url, {"do": "crisis"})
    assert "Crisis" in client.get(reverse("community:inbox")).content.decode()
    client.post(url, {"do": "close"})
    assert url not in client.get(reverse("community:inbox")).content.decode()


class TestOneAnswerForMany:
    def test_it_is_shown_before_and_sent_once(self, world, network, wave, client):
        wave()
        row = Burst.objects.get()
        url = reverse("community:wave", args=[row.pk])
        talks = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))[:3]
        form = {"text": "Hello {name}, for two days only.", "talk": talks, "key": "k1"}
        page = client.post(url, {**form, "do": "check"}).content.decode()
        assert "3 answers would go out" in page
        assert "Hello Person1, for two days only." in page
        assert not Answer.objects.exists()

        for _ in range(2):
            client.post(url, {**form, "do": "send"})
        for publication in Publication.objects.filter(state=State.SCHEDULED):
            world.finish(publication)
        assert sorted(network.answers()) == [f"Hello Person{n}, for two days only." for n in (1, 2, 3)]

    def test_what_should_be_known_is_said_and_keeps_nothing_back(self, wave, client, monkeypatch):
        wave()
        url = reverse("community:wave", args=[Burst.objects.get().pk])
        talks = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))[:1]
        known = replies.Finding("warning", "Links cannot be clicked.", "Name the page.")
        monkeypatch.setattr("community.answers.findings", lambda *args, **more: [known])
        form = {"text": "See https://river.example", "talk": talks, "key": "k1"}

        page = client.post(url, {**form, "do": "check"}).content.decode()

        assert "1 answer would go out" in page
        assert "Links cannot be clicked. Name the page." in page

    def test_where_it_does_not_fit_the_reason_is_said(self, world, wave, client, store):
        wave()
        row = Burst.objects.get()
        url = reverse("community:wave", args=[row.pk])
        first = Conversation.objects.order_by("pk").first()
        first.messages.update(deleted_at=world.hand.at)
        talks = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))[:2]
        form = {"text": "For two days.", "talk": talks, "key": "k1"}
        assert (
            "1 answer would go out, 1 would not" in client.post(url, {**form, "do": "check"}).content.decode()
        )
        page = client.post(url, {**form, "do": "send"}, follow=True).content.decode()
        assert "no message left to answer" in page
        assert Answer.objects.count() == 1

    def test_a_colleague_who_was_faster_is_not_talked_over(self, world, wave, client, store):
        wave()
        url = reverse("community:wave", args=[Burst.objects.get().pk])
        first = Conversation.objects.order_by("pk").first()
        form = {"text": "For two days.", "talk": [first.pk], "key": "k1", f"seen-{first.pk}": "0"}
        name = first.messages.get().remote_id
        store(told("o1", "Two days, says the city.", parent_id=name, ours=True, minute=30))
        page = client.post(url, {**form, "do": "send"}, follow=True).content.decode()
        assert "Somebody has answered meanwhile" in page
        assert not Publication.objects.exists()

    def test_a_second_person_where_the_team_wants_one(self, world, wave, client, cleo):
        wave()
        Settings.objects.create(campaign=world.campaign, approve_groups=[cleo.groups.get().pk])
        url = reverse("community:wave", args=[Burst.objects.get().pk])
        talk = Conversation.objects.first().pk
        client.post(url, {"text": "For two days.", "talk": [talk], "key": "k1", "do": "send"})
        assert Answer.objects.get().state == "to_approve"

    def test_nothing_chosen_says_so(self, wave, client):
        wave()
        url = reverse("community:wave", args=[Burst.objects.get().pk])
        assert "tick at least one" in client.post(url, {"text": "Hello", "do": "check"}).content.decode()


def test_who_still_waits_is_ticked_though_somebody_else_was_answered_there(world, wave, client, store):
    wave()
    tom = {"kind": "reply", "post_id": "p"}
    store(told("t", "Is the pool open?", author="tom", parent_id="1", minute=2, **tom))
    store(told("a", "From May on.", parent_id="t", ours=True, minute=3, **tom))
    store(told("b", "For two days only.", parent_id="2", ours=True, minute=3, **tom))

    page = client.get(reverse("community:wave", args=[Burst.objects.get().pk])).content.decode()

    assert (page.count(" checked"), page.count("answered already")) == (7, 1)


def test_strangers_see_nothing(world, wave, client):
    wave()
    other = get_user_model().objects.create_user("eve", "eve@example.org", "x")
    other.groups.add(Group.objects.create(name="none"))
    client.force_login(other)
    assert client.get(reverse("community:wave", args=[Burst.objects.get().pk])).status_code != 200


def test_what_is_read_hours_later_is_a_wave_as_soon_as_it_is_read(world, store, cleo):
    world.hand.at += timedelta(hours=6)
    for number in range(10):
        store(told(str(number), SAID, author=f"person{number}", post_id="p", minute=4 * number))
    for _ in range(3):
        waves.watch()
        world.hand.at += timedelta(minutes=5)

    row = Burst.objects.get()
    assert (row.count, row.ended_at, row.conversations.count()) == (10, None, 10)
    assert Notice.objects.filter(kind="talk_wave", user=cleo).count() == 1
    store(told("20", SAID, author="late", post_id="p", minute=20))  # one more of it, read still later
    waves.watch()
    assert Burst.objects.get().count == 11
    world.hand.at += timedelta(hours=2)
    waves.watch()
    assert Burst.objects.get().ended_at == world.hand.at


def test_a_wave_of_which_one_half_was_read_before_is_one(world, store, cleo):
    world.hand.at += timedelta(minutes=30)
    for number in range(5):
        store(told(str(number), SAID, author=f"person{number}", post_id="p", minute=20 + number))
    waves.watch()
    assert not Burst.objects.exists()
    world.hand.at += timedelta(hours=3)
    for number in range(5, 9):
        store(told(str(number), SAID, author=f"person{number}", post_id="p", minute=40 + number))
    waves.watch()
    assert Burst.objects.get().count == 9


def test_what_lay_further_apart_or_is_long_ago_is_none(world, store, cleo):
    for number in range(10):
        store(
            told(str(number), SAID, author=f"person{number}", post_id="p", minute=30 * number),
            at=START + timedelta(hours=6),
        )
    world.hand.at += timedelta(hours=6)
    waves.watch()
    world.hand.at += timedelta(days=2)
    for number in range(20, 30):
        store(told(str(number), SAID, author=f"person{number}", post_id="p", minute=400 + number))
    waves.watch()
    assert not Burst.objects.exists()
