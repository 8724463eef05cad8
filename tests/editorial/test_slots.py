"""Recurring slots: the next free one, and wall times on both sides of a change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editorial.core import slots, weeks
from editorial.core.slots import Slot
from formats.schedule import resolve, wall_of

pytestmark = pytest.mark.unit
LONDON = "Europe/London"
ZONES = st.sampled_from(
    [LONDON, "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo", "UTC"]
)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVENINGS = [Slot(1, time(18)), Slot(3, time(18))]


def first(*args, **kwargs):
    found = next(slots.next_free(*args, **kwargs), None)
    return found and found.wall.isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("taken", "gap_min", "expected"),
    [
        ([], 30, "2026-11-24T18:00"),
        (["2026-11-24T18:00"], 0, "2026-11-26T18:00"),  # the same moment is taken, whatever the gap
        (["2026-11-24T18:20"], 30, "2026-11-26T18:00"),
        (["2026-11-24T18:30"], 30, "2026-11-24T18:00"),  # just far enough
        (["2026-11-24T17:31", "2026-11-26T18:01"], 30, "2026-12-01T18:00"),
    ],
)
def test_the_next_free_slot_keeps_the_gap(taken, gap_min, expected):
    taken = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in taken]

    assert first(EVENINGS, LONDON, now=MONDAY, taken=taken, gap=timedelta(minutes=gap_min)) == expected


def test_a_slot_that_has_begun_is_gone():
    assert first([Slot(0, time(9))], LONDON, now=MONDAY) == "2026-11-30T09:00"
    assert first([Slot(0, time(9, 1))], LONDON, now=MONDAY) == "2026-11-23T09:01"


def test_what_is_not_allowed_is_passed_over():
    def only_december(slot):
        return slot.wall.month == 12

    assert first(EVENINGS, LONDON, now=MONDAY, allowed=only_december) == "2026-12-01T18:00"


def test_without_slots_there_is_none():
    assert first([], LONDON, now=MONDAY) is None


def test_a_slot_keeps_its_time_of_day_when_the_clocks_change():
    found = list(slots.between([Slot(6, time(9))], LONDON, date(2026, 10, 18), date(2026, 11, 2)))

    assert [f"{each.wall:%d %H:%M}" for each in found] == ["18 09:00", "25 09:00", "01 09:00"]
    assert [each.at.hour for each in found] == [8, 9, 9]


def test_the_missing_hour_moves_on_and_meets_nobody_twice():
    [only] = slots.of_day([Slot(6, time(1, 30)), Slot(6, time(2, 30))], date(2027, 3, 28), LONDON)

    assert only.wall == datetime(2027, 3, 28, 2, 30)


@given(
    ZONES,
    st.lists(st.builds(Slot, st.integers(0, 6), st.times()), max_size=6),
    st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
    st.lists(st.integers(-5 * 24 * 60, 30 * 24 * 60), max_size=8),
    st.integers(0, 300),
)
def test_what_is_offered_is_a_slot_and_free_and_in_order(zone, given_slots, now, minutes, gap_min):
    taken = [now + timedelta(minutes=each) for each in minutes]
    gap = timedelta(minutes=gap_min)

    found = list(slots.next_free(given_slots, zone, now=now, taken=taken, gap=gap))

    assert [each.at for each in found] == sorted({each.at for each in found})
    for each in found:
        assert each.at > now
        assert all(abs(each.at - other) >= gap and each.at != other for other in taken)
        asked = each.wall - each.shifted
        assert Slot(asked.weekday(), asked.time().replace(microsecond=0)) in {
            Slot(slot.weekday, slot.at.replace(microsecond=0)) for slot in given_slots
        }


@given(
    ZONES,
    st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)),
    st.integers(-400, 400),
    st.integers(0, 1),
)
def test_days_later_the_clock_shows_the_same_time_unless_the_hour_is_missing(zone, wall, days, fold):
    wall = wall.replace(microsecond=0)

    moved = weeks.later(wall, zone, days, fold)

    shown, shown_fold = wall_of(moved.at, zone)
    assert shown == moved.wall
    assert moved.wall - moved.shifted == wall + timedelta(days=days)
    assert moved.shifted >= timedelta()
    if moved.ambiguous:
        assert shown_fold == fold
    else:
        assert moved.fold == 0
    assert resolve(moved.wall, zone, moved.fold).at == moved.at


def test_there_is_no_day_after_the_last():
    assert weeks.later(datetime(9999, 12, 30), LONDON, 7) is None
