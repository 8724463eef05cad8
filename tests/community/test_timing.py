"""What arrives gets its suggestions, the team's rules and its due time; what is missed is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from access.models import CampaignRole
from community import sorting, timing
from community.core.rules import parse
from community.models import Conversation, Miss, Office, Rule, Settings, Target
from tests.community.conftest import told
from tests.publishing.conftest import START
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


def only():
    return Conversation.objects.get()


def rule(line, name="Polling", **fields):
    when, then = parse(line).as_data()
    return Rule.objects.create(name=name, when=when, then=then, changed_at=START, **fields)


@pytest.fixture
def mona(world):
    user = get_user_model().objects.create_user("mona", "mona@example.org", "x")
    group = Group.objects.create(name="managers here")
    CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role="manager")
    user.groups.add(group)
    return user


def test_suggestions_come_with_what_they_rest_on(store):
    store(told("1", "Where is the polling station for Mill Lane?"))

    row = only()
    assert (row.wants, row.topic, row.language, row.sentiment) == ("question", "voting", "en", "neutral")
    assert "polling station" in row.suggested["topic"]["why"]


def test_what_a_person_corrected_stays(store, mona):
    store(told("1", "Where is the polling station for Mill Lane?"))
    sorting.correct(only(), "wants", "complaint", by=mona)

    store(told("2", "Where is the ballot box then?", parent_id="1", minute=1))

    assert (only().wants, only().topic) == ("complaint", "voting")


def test_rules_go_before_suggestions(store, mona):
    rule('contains "polling station" -> topic elections, risk high, assign mona, tag vote')
    rule("kind is question -> topic other", name="Later", sort_order=2)
    rule("kind is question -> urgent", name="Off", on=False)
    Rule.objects.create(name="Broken", when=[{"x": 1}], then=[], changed_at=START)

    store(told("1", "Where is the polling station for Mill Lane?"))

    row = only()
    assert (row.topic, row.risk, row.assignee, row.tags) == ("elections", "high", mona, ["vote"])
    assert row.urgency == "normal"
    assert row.suggested["topic"]["why"] == ["the rule “Polling”"]


def test_nobody_outside_the_campaign_is_assigned(store):
    get_user_model().objects.create_user("stranger", "s@example.org", "x")
    rule("contains polling -> assign stranger")

    store(told("1", "Where is the polling station?"))

    assert only().assignee is None


def test_due_times(store, world):
    store(told("1", "Hello there"))
    assert only().next_due_at == only().first_due_at == START + 240 * MINUTE

    Target.objects.create(campaign=world.campaign, first_min=60, next_min=30, escalate_min=10)
    Target.objects.create(campaign=world.campaign, first_min=20, next_min=10, topic="voting")
    assert timing.reckon_all(world.campaign.pk) == 1
    assert only().next_due_at == START + 60 * MINUTE

    store(told("2", "Hello you", parent_id="1", ours=True, minute=5))
    assert only().next_due_at is None
    store(told("3", "And now?", parent_id="1", minute=10))
    assert only().next_due_at == START + 40 * MINUTE
    store(told("4", "Where is the polling station for Mill Lane?", parent_id="1", minute=12))
    assert only().next_due_at == START + 20 * MINUTE


def test_election_mode_is_at_every_hour(store, world):
    Office.objects.create(campaign=world.campaign, zone="UTC", hours=[[0, "00:00", "01:00"]])
    store(told("1", "Hello there"))
    assert only().next_due_at > START + 20 * 24 * 60 * MINUTE

    Settings.objects.create(campaign=world.campaign, election_mode=True)
    timing.reckon_all(world.campaign.pk)

    assert only().next_due_at == START + 60 * MINUTE


def test_escalated_before_and_missed_after_once_each(store, world, mona):
    store(told("1", "Hello there"))
    for minute in (209, 210, 211, 240, 241, 242):
        world.hand.at = START + minute * MINUTE
        timing.watch()
        assert Notice.objects.filter(kind="talk_due", user=mona).exists() is (minute >= 210)
        assert Miss.objects.exists() is (minute > 240)

    assert Notice.objects.filter(kind="talk_due", user=mona).count() == Miss.objects.count() == 1
    store(told("2", "Hello you", parent_id="1", ours=True, minute=300))
    assert Miss.objects.get().answered_at == START + 300 * MINUTE


def test_a_closed_one_is_not_missed(store, world, mona):
    store(told("1", "Hello there"))
    sorting.set_status(only(), "closed", by=mona)
    world.hand.at = START + 600 * MINUTE
    timing.watch()

    assert not Miss.objects.exists()
    sorting.set_status(only(), "open", by=mona)
    assert only().next_due_at == START + 240 * MINUTE


def test_an_answer_that_is_late_by_seconds_is_a_miss_too(store):
    """It came after the due time and before the next look at what is overdue."""
    store(told("1", "Where is it?", post_id="p"))
    due = only().next_due_at
    late = (due - START).total_seconds() / 60 + 0.5

    store(told("2", "Here.", parent_id="1", post_id="p", ours=True, minute=late))
    timing.watch()

    miss = Miss.objects.get()
    assert (miss.which, miss.due_at, miss.answered_at) == ("first", due, only().last_out_at)
    store(told("3", "Thanks, and when?", parent_id="1", post_id="p", minute=late + 1))
    store(told("4", "Now.", parent_id="3", post_id="p", ours=True, minute=late + 2))
    assert Miss.objects.count() == 1


def test_reckoning_a_campaign_again_reads_its_hours_once_per_account(
    store, world, django_assert_max_num_queries
):
    store(*(told(str(n), author=f"p{n}", minute=n) for n in range(12)))
    with django_assert_max_num_queries(8):
        assert timing.reckon_all(world.campaign.pk) == 12
    Settings.objects.create(campaign=world.campaign, election_mode=True)
    assert timing.reckon_all(world.campaign.pk) == 12
    first = Conversation.objects.get(key="thread:0")
    assert first.next_due_at == first.waiting_since + timedelta(hours=1)


def test_who_could_not_be_told_is_told_by_the_next_run(store, world, mona, monkeypatch):
    store(told("1"))
    world.hand.at += timedelta(hours=3, minutes=45)

    def broken(*args, **kwargs):
        raise RuntimeError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(timing.outbox, "tell", broken)
        with pytest.raises(RuntimeError):
            timing.watch()
    timing.watch()
    assert Notice.objects.filter(user=mona, kind="talk_due").count() == 1
