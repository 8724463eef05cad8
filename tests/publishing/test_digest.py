"""When people are told again about what waits: a table of moments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publishing.digest import Case, Telling, last_morning, next_telling, told_after

UTC_ZONE = ZoneInfo("UTC")
T = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
H = timedelta(hours=1)
S = timedelta(seconds=1)


def case(*, told=1, told_at=T, since=T, due_at=T, opened=False, escalated=True):
    return Case(since=since, due_at=due_at, told=told, told_at=told_at, opened=opened, escalated=escalated)


@pytest.mark.parametrize(
    ("what", "at", "then"),
    [
        (case(), T + H - S, None),
        (case(), T + H, Telling.AGAIN),
        (case(opened=True), T + H, Telling.AGAIN),
        (case(told=2, told_at=T + H), T + 24 * H - S, None),
        (case(told=2, told_at=T + H), T + 24 * H, Telling.AGAIN),
        # the third was told at 18:00; the next morning is less than half a day later at 05:59, not at 08:00
        (case(told=3, told_at=T + 24 * H), T + 24 * H + 13 * H, None),
        (case(told=3, told_at=T + 24 * H), T + 24 * H + 14 * H, Telling.MORNING),
        (case(told=4, told_at=T + 38 * H), T + 38 * H + 24 * H - S, None),
        (case(told=4, told_at=T + 38 * H), T + 38 * H + 24 * H, Telling.MORNING),
        # told at 23:00: at eight it would be too soon, so the morning after
        (case(told=3, told_at=T + 5 * H), T + 14 * H, None),
        (case(told=3, told_at=T + 5 * H), T + 38 * H, Telling.MORNING),
        # nobody has opened it
        (case(escalated=False), T + H - S, None),
        (case(escalated=False), T + H, Telling.ESCALATE),
        (case(escalated=False, opened=True), T + H, Telling.AGAIN),
        (case(escalated=False, told=2, told_at=T + H), T + 2 * H, Telling.ESCALATE),
        # asked before its time: an hour after T, not after the question
        (case(escalated=False, due_at=T + 3 * H), T + H, Telling.AGAIN),
        (case(escalated=False, due_at=T + 3 * H, told=2, told_at=T + H), T + 4 * H - S, None),
        (case(escalated=False, due_at=T + 3 * H, told=2, told_at=T + H), T + 4 * H, Telling.ESCALATE),
        # a worker that slept for a week tells once
        (case(told=3, told_at=T), T + 7 * 24 * H, Telling.MORNING),
    ],
)
def test_table(what, at, then):
    assert next_telling(what, at, zone=UTC_ZONE) is then


def test_escalation_stands_for_the_first_reminder_only():
    assert told_after(case(told=1), Telling.ESCALATE) == 2
    assert told_after(case(told=2), Telling.ESCALATE) == 2
    assert told_after(case(told=1), Telling.AGAIN) == 2
    assert told_after(case(told=3), Telling.MORNING) == 4


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, 23, 30, tzinfo=UTC)]
)
def test_morning_is_eight_o_clock_there_and_not_in_the_future(zone, day):
    for hours in range(48):
        now = day + hours * H
        morning = last_morning(now, ZoneInfo(zone))
        assert morning <= now
        assert morning.astimezone(ZoneInfo(zone)).hour == 8
        assert now - morning < 25 * H + S


def test_whole_life_of_a_case_that_nobody_touches():
    """Minute by minute for five days: at once, 1 h (as an escalation), 24 h, then each morning."""
    told, told_at, escalated, said = 1, T, False, []
    for minute in range(5 * 24 * 60):
        now = T + timedelta(minutes=minute)
        what = case(told=told, told_at=told_at, escalated=escalated)
        telling = next_telling(what, now, zone=UTC_ZONE)
        if telling:
            told, told_at = told_after(what, telling), now
            escalated = escalated or telling is Telling.ESCALATE
            said.append((telling.value, (now - T) / H))
    assert said == [
        ("escalate", 1),
        ("again", 24),
        ("morning", 38),
        ("morning", 62),
        ("morning", 86),
        ("morning", 110),
    ]
