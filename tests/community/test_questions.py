"""Frequent questions: approved by another person, suggested, sent by themselves only where everything allows it, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from access.models import CampaignRole
from community import desk, ingest, questions
from community.answers import NotPossible
from community.core.rules import parse
from community.enums import AnswerState, Status
from community.models import Answer, Contact, Conversation, Mute, Pair, Rule, Settings
from publishing.core.states import State
from publishing.models import Publication
from tests.community.conftest import told
from tests.publishing.conftest import START
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]
ASKED = "Where is my polling station?"


@pytest.fixture
def people(world):
    found = []
    for name in ("cleo", "carl"):
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "x")
        group = Group.objects.create(name=name)
        CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role="community")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        user.groups.add(group)
        found.append(user)
    return found


@pytest.fixture
def pair(world, people):
    row = Pair(
        campaign=world.campaign,
        question=ASKED,
        answer="It stands on your poll card.",
        language="en",
        automatic=True,
    )
    questions.keep(row, by=people[0])
    questions.approve(row, by=people[1])
    Settings.objects.create(campaign=world.campaign, automatic_channels=[world.channel.pk])
    return row


def answered(world, network):
    for publication in Publication.objects.filter(state=State.SCHEDULED):
        world.finish(publication)
    return network.answers()


class TestApproval:
    def test_nobody_approves_their_own_words(self, world, people, pair):
        questions.keep(pair, by=people[0])
        assert pair.approved_at is None
        with pytest.raises(NotPossible, match="own words"):
            questions.approve(pair, by=people[0])
        questions.approve(pair, by=people[1])
        assert pair.approved_by == people[1]

    def test_what_was_changed_meanwhile_is_looked_at_again(self, world, people, pair):
        seen = pair.changed_at - timedelta(minutes=1)
        questions.keep(pair, by=people[0])
        with pytest.raises(NotPossible, match="meanwhile"):
            questions.approve(pair, by=people[1], seen=seen)


@pytest.mark.parametrize(("length", "accounts"), [(40, 0), (260, 1)])
def test_where_the_labelled_answer_is_too_long_is_said(length, accounts):
    from types import SimpleNamespace

    pair = Pair(answer="a" * length, language="en")
    where = [SimpleNamespace(platform=name, facts={}) for name in ("x", "facebook")]
    assert len(questions.too_long(pair, where)) == accounts


class TestByItself:
    def test_it_goes_out_once_and_says_that_it_is_automatic(self, world, network, store, pair):
        for _ in range(3):
            store(told("1", ASKED, post_id="p"))
        said = answered(world, network)

        assert said == [
            "Automatic answer: It stands on your poll card. Reply “human” and a person answers you."
        ]
        answer = Answer.objects.get()
        assert (answer.automatic, answer.pair, answer.author) == (True, pair, None)
        row = Conversation.objects.get()
        assert row.messages.get(direction="out").automatic
        assert row.status == Status.ANSWERED
        assert list(questions.log(world.campaign.pk)) == [answer]

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ("channel", None),
            ("unmarked", "not marked"),
            ("unapproved", None),
            ("stopped", None),
            ("old", "too long ago"),
            ("muted", "Somebody is at it"),
            ("complaint", "complaint"),
            ("unfilled", "still empty"),
        ],
    )
    def test_a_person_answers(self, world, network, store, pair, change, why):
        text, more = ASKED, {}
        if change == "channel":
            Settings.objects.update(automatic_channels=[world.channel.pk + 1])
        elif change == "unmarked":  # another pair is, so that it is looked at
            Pair.objects.update(automatic=False)
            Pair.objects.create(
                campaign=world.campaign, question="When is the pool open?", answer="At 9.", language="en",
                automatic=True, approved_by=pair.approved_by, approved_at=START, changed_at=START,
            )  # fmt: skip
        elif change == "unapproved":
            Pair.objects.update(approved_at=None, approved_by=None)
        elif change == "stopped":
            questions.stop(pair, "Wrong.")
        elif change == "old":
            more["minute"] = -60 * 25
        elif change == "muted":
            mara = Contact.objects.create(
                platform="fake", remote_id="mara", first_seen_at=START, last_seen_at=START
            )
            Mute.objects.create(contact=mara, campaign=world.campaign, at=START)
        elif change == "complaint":
            text = f"{ASKED} Nobody answers the phone!"
        elif change == "unfilled":
            Pair.objects.update(answer="It stands on {link}.")
        store(told("1", text, post_id="p", **more))

        assert answered(world, network) == []
        assert not Answer.objects.exists()
        said = (Conversation.objects.get().suggested.get(questions.KEY) or {}).get("why")
        assert said is None if why is None else why in said[0]

    def test_somebody_who_has_answered_or_taken_it_is_not_talked_over(
        self, world, network, store, pair, people
    ):
        store(told("1", "Hello there", post_id="p"))
        Conversation.objects.update(assignee=people[0])
        store(told("2", ASKED, parent_id="1", post_id="p", author="ben", minute=1))
        assert answered(world, network) == []

    def test_a_fact_that_changes_stops_it(self, world, network, store, pair):
        Pair.objects.update(expires_on=(START - timedelta(days=1)).date())
        store(told("1", ASKED, post_id="p"))
        assert answered(world, network) == []


class TestAPersonIsWanted:
    def first(self, world, network, store):
        store(told("1", ASKED, post_id="p"))
        assert len(answered(world, network)) == 1

    @pytest.mark.parametrize(
        ("text", "stops"),
        [
            ("This is terrible, nobody ever answers me!", True),
            ("human", False),
            ("I need it today, urgent!", False),
        ],
    )
    def test_the_conversation_waits_and_a_complaint_stops_the_pair(
        self, world, network, store, pair, people, text, stops
    ):
        self.first(world, network, store)
        store(told("2", text, parent_id="1", post_id="p", minute=5), at=world.hand.at + timedelta(minutes=5))

        row = Conversation.objects.get()
        pair.refresh_from_db()
        assert (row.status, row.urgency, questions.TAG in row.tags) == (Status.OPEN, "high", True)
        assert (pair.stopped_at is not None) is stops
        assert Notice.objects.filter(kind="talk_automatic", user=people[0]).count() == 1
        assert len(answered(world, network)) == 1

    def test_a_rule_that_closes_is_not_asked(self, world, network, store, pair):
        when, then = parse('contains "thank" -> close').as_data()
        Rule.objects.create(name="Thanks", when=when, then=then, changed_at=START)
        self.first(world, network, store)
        text, at = "No thanks, that is a lie, I want a person", START + timedelta(minutes=5)
        world.hand.at = max(world.hand.at, at)
        store(told("2", text, parent_id="1", post_id="p", minute=5), at=world.hand.at)

        row = Conversation.objects.get()
        assert (row.status, row.reason, row.closed_at, row.set_aside_at) == (Status.OPEN, "", None, None)
        assert (row.waiting_since, row.due_since) == (at, at)
        assert row.next_due_at == at + timedelta(minutes=240)
        assert row.warn_at == at + timedelta(minutes=210)
        ingest.settle({row.pk}, at=world.hand.at)
        assert Conversation.objects.get().status == Status.OPEN

    def test_thanks_are_no_reason(self, world, network, store, pair):
        self.first(world, network, store)
        store(told("2", "Thank you, great!", parent_id="1", post_id="p", minute=5))
        pair.refresh_from_db()
        assert pair.stopped_at is None
        assert questions.TAG not in Conversation.objects.get().tags

    def test_asking_again_never_brings_a_second_one(self, world, network, store, pair):
        self.first(world, network, store)
        store(told("2", ASKED, parent_id="1", post_id="p", minute=5))
        assert len(answered(world, network)) == 1

    def test_what_is_not_out_yet_is_stopped(self, world, network, store, pair):
        store(told("1", ASKED, post_id="p"))
        store(told("2", "Never mind, you are useless.", parent_id="1", post_id="p", minute=1))
        assert answered(world, network) == []
        assert Answer.objects.get().state == AnswerState.DROPPED


class TestPages:
    def test_written_by_one_and_approved_by_another(self, world, client, people):
        url = reverse("community:questions")
        client.force_login(people[0])
        form = {"question": ASKED, "ways": "Where do I vote?\n\n", "answer": "On your card.", "do": "save"}
        page = client.post(url, {**form, "automatic": "on"}).content.decode()
        assert "choose it" in page
        assert not Pair.objects.exists()
        client.post(url, {**form, "automatic": "on", "language": "en"})
        pair = Pair.objects.get()
        assert (pair.ways, pair.written_by, pair.approved_at) == (["Where do I vote?"], people[0], None)
        page = client.get(url).content.decode()
        assert "Somebody else approves" in page
        yes = {"do": "approve", "pair": pair.pk, "seen": pair.changed_at.isoformat()}
        client.post(url, yes)
        pair.refresh_from_db()
        assert pair.approved_at is None
        client.force_login(people[1])
        client.post(url, yes)
        pair.refresh_from_db()
        assert pair.approved_by == people[1]

        client.post(url, {"do": "accounts", "channel": [world.channel.pk, 999]})
        assert Settings.objects.get().automatic_channels == [world.channel.pk]
        client.post(url, {"do": "accounts"})
        assert Settings.objects.get().automatic_channels == []
        client.post(url, {"do": "stop", "pair": pair.pk})
        assert "Stopped by carl" in client.get(url).content.decode()

    def test_it_is_suggested_and_put_in(self, world, client, people, pair, store):
        Settings.objects.update(automatic_channels=[])
        store(told("1", ASKED, post_id="p"))
        row = Conversation.objects.get()
        client.force_login(people[0])
        page = client.get(reverse("community:conversation", args=[row.pk])).content.decode()
        assert "It stands on your poll card." in page
        reply = reverse("community:reply", args=[row.pk])
        page = client.post(reply, {"do": f"pair:{pair.pk}", "text": "Hello.", "key": "k"})
        assert page.context["composer"]["text"] == "Hello. It stands on your poll card."
        sent = {"do": "send", "text": "It stands on your poll card.", "key": "k", "pair": pair.pk}
        assert "word for word" in client.post(reply, sent).content.decode()
        assert not Answer.objects.exists()
        client.post(reply, {**sent, "confirmed": "1"})
        answer = Answer.objects.get()
        assert (answer.pair, answer.automatic, answer.author) == (pair, False, people[0])

    def test_the_log_shows_what_went_out(self, world, network, client, people, pair, store):
        store(told("1", ASKED, post_id="p"))
        answered(world, network)
        client.force_login(people[0])
        page = client.get(reverse("community:automatic")).content.decode()
        assert ASKED in page
        assert "Automatic answer: It stands" in page

    def test_it_is_marked_as_automatic_among_what_was_said(self, world, network, client, people, pair, store):
        store(told("1", ASKED, post_id="p"))
        answered(world, network)
        row = Conversation.objects.get()
        by_hand = desk.draft_answer(people[0], row, "I looked: it is the school.")
        world.finish(desk.send(people[0], by_hand).publication)
        client.force_login(people[0])
        page = client.get(reverse("community:conversation", args=[row.pk])).content.decode()
        said = page.split('<li class="talk-said')[1:]
        marked = [each for each in said if '<span class="cal-status tone-wait">Automatic</span>' in each]
        assert len(said) == 3
        assert ["Automatic answer: It stands" in each for each in marked] == [True]
