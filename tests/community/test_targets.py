"""Due times as tables: office hours, holidays, zones, both changes of the clocks, election mode."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.core.targets import (
    ALWAYS,
    Due,
    Election,
    Hours,
    Plan,
    Said,
    State,
    Step,
    Target,
    after_open,
    due,
    open_between,
    state,
    waits,
)

OFFICE = {weekday: ((time(9), time(17)),) for weekday in range(5)}
BERLIN = Hours(OFFICE, "Europe/Berlin", country="DE", region="BE")
ALL_DAY = Hours(ALWAYS, "Europe/Berlin")
TARGETS = (
    Target(240, 120, warn_min=60),
    Target(60, 30, warn_min=15, topic="voting"),
    Target(180, 90, channel="x"),
    Target(15, 15, risk="high"),
)
PLAN = Plan(BERLIN, TARGETS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "step", "about", "at", "escalate_at"),
    [
        # Monday, in office hours (Berlin is UTC+1)
        ("2026-11-23T09:00", Step.FIRST, {}, "2026-11-23T13:00", "2026-11-23T12:00"),
        ("2026-11-23T09:00", Step.NEXT, {}, "2026-11-23T11:00", "2026-11-23T10:00"),
        # over the end of the day into the next morning, and over the weekend
        ("2026-11-23T15:00", Step.FIRST, {}, "2026-11-24T11:00", "2026-11-24T10:00"),
        ("2026-11-27T15:00", Step.FIRST, {}, "2026-11-30T11:00", "2026-11-30T10:00"),
        ("2026-11-28T03:00", Step.FIRST, {}, "2026-11-30T12:00", "2026-11-30T11:00"),
        # the narrowest target: topic before channel, risk before both
        ("2026-11-23T09:00", Step.FIRST, {"channel": "x"}, "2026-11-23T12:00", "2026-11-23T12:00"),
        (
            "2026-11-23T09:00",
            Step.FIRST,
            {"channel": "x", "topic": "voting"},
            "2026-11-23T10:00",
            "2026-11-23T09:45",
        ),
        (
            "2026-11-23T09:00",
            Step.FIRST,
            {"topic": "voting", "risk": "high"},
            "2026-11-23T09:15",
            "2026-11-23T09:15",
        ),
        ("2026-11-23T09:00", Step.FIRST, {"topic": "parks"}, "2026-11-23T13:00", "2026-11-23T12:00"),
        # Christmas: Thursday 24th until 17:00, then 25th (Friday) is off, 28th is the next Monday
        ("2026-12-24T15:00", Step.FIRST, {}, "2026-12-28T11:00", "2026-12-28T10:00"),
        # 8 March is a holiday in Berlin only
        ("2027-03-08T09:00", Step.FIRST, {}, "2027-03-09T12:00", "2027-03-09T11:00"),
    ],
)
def test_due(since, step, about, at, escalate_at):
    found = due(PLAN, utc(since), step, **about)

    assert found is not None
    assert (found.at, found.escalate_at) == (utc(at), utc(escalate_at))


@pytest.mark.parametrize(
    ("hours", "since", "minutes", "at"),
    [
        # 29 March 2026: 02:00 becomes 03:00; the night has an hour less, the minutes are real ones
        (ALL_DAY, "2026-03-29T00:30", 60, "2026-03-29T01:30"),
        (Hours({6: ((time(1), time(4)),)}, "Europe/Berlin"), "2026-03-28T22:00", 120, "2026-03-29T02:00"),
        (Hours({6: ((time(2, 30), time(5)),)}, "Europe/Berlin"), "2026-03-28T22:00", 30, "2026-03-29T02:00"),
        # 25 October 2026: 03:00 becomes 02:00; from 01:00 to 04:00 are four real hours
        (Hours({6: ((time(1), time(4)),)}, "Europe/Berlin"), "2026-10-24T20:00", 240, "2026-10-25T03:00"),
        (ALL_DAY, "2026-10-25T00:30", 60, "2026-10-25T01:30"),
        # office hours keep their wall time on both sides of the change
        (BERLIN, "2026-03-27T15:30", 60, "2026-03-30T07:30"),
        (BERLIN, "2026-10-23T14:30", 60, "2026-10-26T08:30"),
        # a zone where the clocks of 26 October have long changed, and one that never changes
        (Hours(OFFICE, "America/New_York"), "2026-11-02T12:00", 60, "2026-11-02T15:00"),
        (Hours(OFFICE, "Asia/Kolkata"), "2026-11-02T03:00", 60, "2026-11-02T04:30"),
    ],
)
def test_open_time_is_real_time(hours, since, minutes, at):
    assert after_open(Plan(hours), utc(since), minutes) == utc(at)


def test_lunch_is_not_counted():
    split = Hours({0: ((time(9), time(12)), (time(13), time(17)))}, "UTC")

    assert after_open(Plan(split), utc("2026-11-23T11:30"), 60) == utc("2026-11-23T13:30")


def test_closed_days_besides_the_holidays():
    away = Hours(OFFICE, "UTC", closed=frozenset({date(2026, 11, 23)}))

    assert after_open(Plan(away), utc("2026-11-23T09:00"), 30) == utc("2026-11-24T09:30")


def test_nobody_is_ever_there():
    assert due(Plan(Hours({}, "UTC"), TARGETS), utc("2026-11-23T09:00"), Step.FIRST) is None


def test_without_a_target():
    plan = Plan(BERLIN, (Target(60, 60, topic="voting"),))

    assert due(plan, utc("2026-11-23T09:00"), Step.FIRST) is None


VOTE = Election(
    date(2026, 11, 27),
    date(2026, 11, 29),
    Hours({weekday: ((time(7), time(22)),) for weekday in range(7)}, "Europe/Berlin"),
    (Target(30, 15, warn_min=10),),
)
ELECTION = Plan(BERLIN, TARGETS, VOTE)


@pytest.mark.parametrize(
    ("since", "about", "at"),
    [
        ("2026-11-28T09:00", {}, "2026-11-28T09:30"),  # a Saturday
        ("2026-11-28T09:00", {"topic": "voting"}, "2026-11-28T09:30"),  # its own targets go first
        ("2026-11-28T20:45", {}, "2026-11-29T06:15"),  # 21:45, until 22:00, then from 07:00
        ("2026-11-29T20:45", {}, "2026-11-30T08:15"),  # the days after are ordinary again
        ("2026-11-26T15:30", {}, "2026-11-27T09:30"),  # asked before: the ordinary target, the longer hours
    ],
)
def test_election_mode(since, about, at):
    found = due(ELECTION, utc(since), Step.FIRST, **about)

    assert found is not None
    assert found.at == utc(at)


def test_an_election_without_targets_keeps_the_ordinary_ones():
    plan = Plan(BERLIN, TARGETS, Election(VOTE.first, VOTE.last, VOTE.hours))

    found = due(plan, utc("2026-11-28T09:00"), Step.FIRST)

    assert found is not None
    assert found.at == utc("2026-11-28T13:00")


WAIT = Due(utc("2026-11-23T09:00"), utc("2026-11-23T13:00"), utc("2026-11-23T12:00"), Step.FIRST, TARGETS[0])


@pytest.mark.parametrize(
    ("now", "answered", "expected"),
    [
        ("2026-11-23T11:59", None, State.WAITING),
        ("2026-11-23T12:00", None, State.SOON),
        ("2026-11-23T13:00", None, State.SOON),
        ("2026-11-23T13:01", None, State.MISSED),
        ("2026-11-23T15:00", "2026-11-23T13:00", State.KEPT),
        ("2026-11-23T15:00", "2026-11-23T13:01", State.LATE),
    ],
)
def test_states(now, answered, expected):
    assert state(WAIT, utc(now), utc(answered) if answered else None) is expected


def test_no_target_is_no_miss():
    assert state(None, utc("2026-11-23T09:00")) is State.NO_TARGET


def test_a_target_that_warns_nobody_is_never_soon():
    quiet = Due(WAIT.since, WAIT.at, WAIT.at, Step.FIRST, Target(240, 120))

    assert state(quiet, WAIT.at) is State.WAITING


def minute(number: int) -> datetime:
    return utc("2026-11-23T09:00") + timedelta(minutes=number)


def test_waits():
    """Two questions are one wait; one after an automatic answer begins anew, for a first answer still."""
    said = [
        Said(minute(30), ours=True),
        Said(minute(0)),
        Said(minute(1), ours=True, automatic=True),
        Said(minute(5)),
        Said(minute(40)),
        Said(minute(45), ours=True),
        Said(minute(50), ours=True),
        Said(minute(60)),
    ]

    found = [(w.since, w.step, w.answered_at) for w in waits(said)]

    assert found == [
        (minute(5), Step.FIRST, minute(30)),
        (minute(40), Step.NEXT, minute(45)),
        (minute(60), Step.NEXT, None),
    ]


def test_we_spoke_first():
    assert [w.step for w in waits([Said(minute(0), ours=True), Said(minute(5))])] == [Step.NEXT]


@pytest.mark.parametrize(
    "weekly",
    [
        {7: ((time(9), time(17)),)},
        {0: ((time(17), time(9)),)},
        {0: ((time(9), time(12)), (time(11), time(17)))},
        {0: ((time(9), time(0)), (time(11), time(17)))},
    ],
)
def test_impossible_hours_are_refused(weekly):
    with pytest.raises(ValueError, match=r"weekday|end after|overlap"):
        Hours(weekly, "UTC")


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.integers(0, 3000),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_what_is_counted_forth_is_counted_back(at, minutes, zone):
    plan = Plan(Hours(OFFICE, zone, country="DE"))

    then = after_open(plan, at, minutes)

    assert then is not None
    assert open_between(plan, at, then) == timedelta(minutes=minutes)
    later = after_open(plan, at + timedelta(hours=1), minutes)
    assert later is not None
    assert later >= then


def test_an_hour_that_comes_twice_counts_from_the_first():
    plan = Plan(Hours({6: ((time(2, 30), time(12)),)}, "Europe/Berlin"))
    assert after_open(plan, utc("2026-10-24T12:00"), 0) == utc("2026-10-25T00:30")


def test_whose_target_it_is_goes_before_how_narrow_it_is():
    plan = Plan(
        Hours(ALWAYS, "UTC"),
        (
            Target(60, 60, topic="voting", rank=2),
            Target(30, 30, topic="voting", rank=1),
            Target(90, 90, rank=1),
        ),
    )
    assert plan.target(date(2026, 11, 23), topic="voting").first_min == 60
    assert plan.target(date(2026, 11, 23), topic="roads").first_min == 90
