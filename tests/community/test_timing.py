"""What arrives gets its suggestions, the team's rules and its due time; what is missed is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from access.models import CampaignRole
from channels.connectors.talk import MessageKind as K
from community import inbox, sorting, timing
from community.core.rules import parse
from community.core.speed import timed
from community.core.targets import Said
from community.core.waiting import Step
from community.models import Conversation, Message, Miss, Office, Rule, Settings, Target
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


def test_who_gets_it_by_a_rule_is_told(store, mona):
    rule('contains "polling station" -> assign mona')
    store(told("1", "Where is the polling station for Mill Lane?"))
    store(told("2", "The polling station, please?", parent_id="1", minute=1))

    notice = Notice.objects.get(user=mona, kind="talk_assigned")
    assert notice.subject == "The rule “Polling” gave you a conversation"


def test_a_topic_is_the_same_however_it_is_written(store, world, mona):
    Target.objects.create(campaign=world.campaign, topic="Voting", first_min=30, next_min=30)
    store(told("1", "Where is the polling station for Mill Lane?"))
    assert (only().topic, only().next_due_at) == ("voting", START + 30 * MINUTE)
    rule('contains "lamp" -> topic "Street Lights"')
    store(told("2", "The lamp is broken."))
    lamp = Conversation.objects.get(key="thread:2")
    assert lamp.topic == "street lights"
    sorting.correct(lamp, "topic", " Voting ", by=mona)
    assert (lamp.topic, lamp.next_due_at) == ("voting", START + 30 * MINUTE)


def test_where_nobody_manages_the_team_is_told_before_it_is_too_late(store, world):
    user = get_user_model().objects.create_user("cleo", "cleo@example.org", "x")
    CampaignRole.objects.filter(campaign=world.campaign.pk).delete()
    group = Group.objects.create(name="community here")
    CampaignRole.objects.create(group=group, campaign_id=world.campaign.pk, role="community")
    user.groups.add(group)
    store(told("1", "Hello there"))
    world.hand.at = START + 211 * MINUTE
    timing.watch()
    assert Notice.objects.filter(kind="talk_due", user=user).count() == 1


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


@pytest.mark.parametrize("status", ["closed", "answered", "no_answer"])
def test_what_was_due_before_it_was_closed_is_missed_also_between_two_looks(store, mona, status, world):
    store(told("1", "Hello there"))
    for minute, misses in ((240, 0), (241, 1), (242, 1)):
        world.hand.at = START + minute * MINUTE
        sorting.set_status(only(), status, by=mona, reason="Praise")
        assert Miss.objects.count() == misses
        sorting.set_status(only(), "open", by=mona)
    timing.watch()

    miss = Miss.objects.get()
    assert (miss.due_at, miss.since, miss.which) == (START + 240 * MINUTE, START, "first")


def test_what_was_due_before_a_rule_closed_it_is_missed(store, world):
    rule('contains "thank" -> close')
    store(told("1", "Hello there"))
    world.hand.at = START + 241 * MINUTE
    store(told("1", "Thank you, I found it"))

    assert only().status == "closed"
    assert (Miss.objects.get().due_at, Miss.objects.get().since) == (START + 240 * MINUTE, START)


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


def test_reckoning_a_campaign_again_takes_each_as_it_stands_then(store, world, monkeypatch):
    """While it is at the first ones, others are answered and written to again."""
    store(told("1", minute=0), told("9", author="ana", minute=1))
    world.hand.at = START + 50 * MINUTE
    Target.objects.create(campaign=world.campaign, first_min=60, next_min=480)
    reckon, done = timing.reckon, []

    def slow(row, plan=None):
        if plan is not None and not done:
            done.append("9" if row.key == "thread:1" else "1")  # the one that is still to come
            ours = told("2", kind=K.REPLY, parent_id=done[0], ours=True, minute=40)
            store(ours, told("3", kind=K.REPLY, parent_id=done[0], author="ana", minute=45))
        return reckon(row, plan)

    monkeypatch.setattr(timing, "reckon", slow)
    monkeypatch.setattr(timing, "AT_ONCE", 1)
    assert timing.reckon_all(world.campaign.pk) == 2

    row = Conversation.objects.get(key=f"thread:{done[0]}")
    assert (row.due_since, row.next_due_at) == (START + 45 * MINUTE, START + (45 + 480) * MINUTE)


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


# Targets and clocks that say the same ---------------------------------------------------------------------------


def test_one_narrow_target_leaves_the_others_their_due_times(store, world):
    """Whatever no row fits has those for all, and where there are none the usual ones."""
    Target.objects.create(campaign=world.campaign, topic="voting", first_min=30, next_min=30)
    store(told("1", "There is a hole in the road near my house.", post_id="p"))
    assert only().next_due_at == START + 240 * MINUTE

    Target.objects.create(campaign=None, first_min=90, next_min=90)
    timing.reckon_all(world.campaign.pk)
    assert only().next_due_at == START + 90 * MINUTE
    Target.objects.create(campaign=world.campaign, first_min=100, next_min=90)
    timing.reckon_all(world.campaign.pk)
    assert only().next_due_at == START + 100 * MINUTE


def test_in_election_mode_what_no_election_target_fits_has_the_usual_shorter_one(store, world):
    Target.objects.create(campaign=world.campaign, topic="voting", first_min=30, next_min=30, election=True)
    Settings.objects.create(campaign=world.campaign, election_mode=True)
    store(told("1", "There is a hole in the road near my house.", post_id="p"))
    assert only().next_due_at == START + 60 * MINUTE


def test_a_long_warning_is_not_hidden_behind_many_short_ones(store, world, mona, monkeypatch):
    """Nor by a due time that is further away than a few days."""
    monkeypatch.setattr(timing, "AT_ONCE", 3)
    hours = [[0, "09:00", "11:00"], [1, "09:00", "11:00"]]
    Office.objects.create(campaign=world.campaign, zone="UTC", hours=hours)
    Target.objects.create(
        campaign=world.campaign, topic="voting", first_min=1440, next_min=1440, escalate_min=1380
    )
    for number in range(6):
        store(told(str(number), "There is a hole in the road near my house.", author=f"p{number}"))
    store(told("v", "Where is the polling station for Mill Lane?", author="vera"))
    assert Conversation.objects.get(key="thread:v").next_due_at > START + timedelta(days=30)

    world.hand.at = START + timedelta(hours=17, minutes=1)  # an hour of the office has passed
    timing.watch()

    told_ = Conversation.objects.exclude(escalated_at=None)
    assert [row.key for row in told_] == ["thread:v"]


def test_election_mode_makes_nothing_slower(store, world):
    Target.objects.create(campaign=world.campaign, risk="high", first_min=15, next_min=90)
    Target.objects.create(campaign=world.campaign, risk="medium", first_min=600, next_min=600)
    store(told("1", "There is a hole in the road near my house.", post_id="p"))
    Settings.objects.create(campaign=world.campaign, election_mode=True)
    for risk, minutes in (("high", 15), ("medium", 60), ("low", 60)):
        Conversation.objects.update(risk=risk, next_due_at=None)
        timing.reckon_all(world.campaign.pk)
        assert only().next_due_at == START + minutes * MINUTE
    plan = timing.plan_of(only())
    assert plan.target(START.date(), Step.NEXT, risk="high").next_min == 90  # 120 in election mode


def waited(row):
    said = [Said(m.at, m.ours, m.automatic) for m in row.messages.all()]
    return timed(said, list(row.misses.values_list("due_at", flat=True)))


def test_after_an_automatic_answer_the_clock_and_the_report_begin_anew(store, world):
    store(told("1", "Where is my polling station?", post_id="p"))
    store(told("a", "Automatic answer: …", parent_id="1", post_id="p", ours=True, minute=1))
    Message.objects.filter(remote_id="a").update(automatic=True)
    days = 3 * 24 * 60
    store(told("2", "And where do I park there?", parent_id="1", post_id="p", minute=days))

    row = only()
    assert (row.waiting_since, row.next_due_at) == (START + days * MINUTE, START + (days + 240) * MINUTE)
    assert (row.answered_at, row.first_due_at) == (None, row.next_due_at)  # no person has answered yet
    store(told("3", "Behind it.", parent_id="2", post_id="p", ours=True, minute=days + 60))
    assert [(w.step, w.minutes, w.kept) for w in waited(only())] == [("first", 60, True)]


def missed(store, world):
    store(told("1", "Is there parking?", post_id="p"))
    world.hand.at = START + 242 * MINUTE
    timing.watch()
    assert Miss.objects.count() == 1


def test_what_was_answered_in_time_and_read_late_is_no_miss(store, world):
    """Somebody answered in the network's own app an hour before it was due."""
    missed(store, world)
    world.hand.at += MINUTE
    ours = told("a", "Yes", parent_id="1", post_id="p", ours=True, minute=180)
    again = told("2", "And on Sundays?", parent_id="1", post_id="p", minute=200)
    store(ours, again)

    assert not Miss.objects.exists()
    world.hand.at = START + 300 * MINUTE
    store(told("b", "Also.", parent_id="2", post_id="p", ours=True, minute=290))
    assert [w.kept for w in waited(only())] == [True, True]


def test_an_older_answer_that_is_read_late_withdraws_no_miss(store, world):
    missed(store, world)
    store(told("0", "We said something before", parent_id="1", post_id="p", ours=True, minute=-10))
    assert Miss.objects.get().answered_at is None
    store(told("a", "Yes", parent_id="1", post_id="p", ours=True, minute=250))
    assert Miss.objects.get().answered_at == START + 250 * MINUTE


def test_one_wait_is_missed_once_however_its_due_time_moves(store, world):
    missed(store, world)
    Target.objects.create(campaign=world.campaign, first_min=400, next_min=400)
    timing.reckon_all(world.campaign.pk)
    world.hand.at = START + 500 * MINUTE
    timing.watch()
    store(told("a", "Yes", parent_id="1", post_id="p", ours=True, minute=500))
    miss = Miss.objects.get()
    assert miss.answered_at == START + 500 * MINUTE

    store(told("2", "And on Sundays?", parent_id="1", post_id="p", minute=510))
    world.hand.at = START + 1200 * MINUTE
    timing.watch()
    assert Miss.objects.count() == 2  # another wait


def test_a_wait_that_was_closed_and_a_new_one_are_missed_once_each(store, world, mona):
    missed(store, world)
    sorting.set_status(only(), "closed", by=mona)
    store(told("2", "Hello?", parent_id="1", post_id="p", minute=300))
    world.hand.at = START + 800 * MINUTE
    timing.watch()
    noted = Miss.objects.order_by("due_at").values_list("since", "due_at", "answered_at")
    assert list(
        noted
    ) == [  # closing takes the first back no more than what is said later is late from its first line
        (START, START + 240 * MINUTE, None),
        (START + 300 * MINUTE, START + 540 * MINUTE, None),
    ]


def test_election_mode_makes_nothing_late_that_was_not(store, world):
    store(told("1", "Is there parking?", post_id="p"))
    world.hand.at = START + 120 * MINUTE
    Settings.objects.create(campaign=world.campaign, election_mode=True)
    for _ in range(2):  # reckoning again moves it no further
        timing.reckon_all(world.campaign.pk)
        timing.watch()
        assert only().next_due_at == START + 135 * MINUTE
        assert not Miss.objects.exists()
        world.hand.at += 5 * MINUTE

    world.hand.at = START + 140 * MINUTE
    timing.watch()
    timing.reckon_all(world.campaign.pk)
    assert (only().next_due_at, Miss.objects.count()) == (START + 135 * MINUTE, 1)


def test_the_line_above_the_list_counts_what_its_link_shows(store, world, mona):
    store(told("1", "Is there parking?", post_id="p"), told("2", "Is it open?", post_id="p"))
    asleep = Conversation.objects.get(key="thread:1")
    sorting.snooze(asleep, START + 3 * 24 * 60 * MINUTE, by=mona)
    world.hand.at = now = START + 300 * MINUTE

    channels = inbox.channels_of(mona)
    shown = inbox.load(mona, channels, inbox.Filters(tab="due", late="1"), number=1, now=now)
    assert inbox.late(mona, channels, now=now) == len(shown.rows) == 1
