"""Wall time and zone to an instant: tables for both changes, and what must hold for every time and zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.schedule import Resolved, UnknownZone, resolve, wall_of

pytestmark = pytest.mark.unit

ZONES = st.sampled_from(
    [
        "Europe/London",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia",
        "UTC",
    ]
)
WALLS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)).map(lambda d: d.replace(microsecond=0))


def utc(*args):
    return datetime(*args, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "zone", "fold", "at"),
    [
        (datetime(2026, 11, 23, 18, 0), "Europe/London", 0, utc(2026, 11, 23, 18, 0)),
        (datetime(2026, 7, 1, 18, 0), "Europe/London", 0, utc(2026, 7, 1, 17, 0)),
        (datetime(2026, 7, 1, 18, 0), "Europe/London", 1, utc(2026, 7, 1, 17, 0)),
        (datetime(2026, 3, 29, 0, 59), "Europe/London", 0, utc(2026, 3, 29, 0, 59)),
        (datetime(2026, 3, 29, 2, 0), "Europe/London", 0, utc(2026, 3, 29, 1, 0)),
        (datetime(2026, 10, 25, 1, 30), "Europe/London", 0, utc(2026, 10, 25, 0, 30)),
        (datetime(2026, 10, 25, 1, 30), "Europe/London", 1, utc(2026, 10, 25, 1, 30)),
        (datetime(2026, 10, 25, 2, 0), "Europe/London", 0, utc(2026, 10, 25, 2, 0)),
    ],
)
def test_resolve_finds_the_instant(wall, zone, fold, at):
    assert resolve(wall, zone, fold).at == at


@pytest.mark.parametrize(
    ("wall", "zone", "shown", "shift"),
    [
        (datetime(2026, 3, 29, 1, 30), "Europe/London", datetime(2026, 3, 29, 2, 30), timedelta(hours=1)),
        (datetime(2026, 3, 29, 2, 0), "Europe/Berlin", datetime(2026, 3, 29, 3, 0), timedelta(hours=1)),
        (datetime(2026, 3, 8, 2, 15), "America/New_York", datetime(2026, 3, 8, 3, 15), timedelta(hours=1)),
        (
            datetime(2026, 10, 4, 2, 10),
            "Australia/Lord_Howe",
            datetime(2026, 10, 4, 2, 40),
            timedelta(minutes=30),
        ),
        (datetime(2011, 12, 30, 12, 0), "Pacific/Apia", datetime(2011, 12, 31, 12, 0), timedelta(days=1)),
    ],
)
def test_resolve_in_a_gap_moves_forward_and_says_so(wall, zone, shown, shift):
    resolved = resolve(wall, zone)

    assert (resolved.wall, resolved.shifted, resolved.ambiguous) == (shown, shift, False)
    assert "does not exist" in resolved.note


def test_resolve_of_a_doubled_hour_offers_the_choice():
    first, second = (resolve(datetime(2026, 10, 25, 1, 30), "Europe/London", fold) for fold in (0, 1))

    assert first.ambiguous
    assert second.ambiguous
    assert second.at - first.at == timedelta(hours=1)
    assert (first.fold, second.fold) == (0, 1)
    assert "happens twice" in first.note


def test_resolve_keeps_fold_only_where_it_matters():
    assert resolve(datetime(2026, 6, 1, 12, 0), "Europe/London", 1) == Resolved(
        at=utc(2026, 6, 1, 11, 0), wall=datetime(2026, 6, 1, 12, 0), zone="Europe/London"
    )


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe/london"])
def test_resolve_refuses_an_unknown_zone(name):
    with pytest.raises(UnknownZone):
        resolve(datetime(2026, 1, 1), name)


@given(WALLS, ZONES, st.integers(0, 1))
def test_what_is_resolved_is_what_the_clock_shows(wall, zone, fold):
    resolved = resolve(wall, zone, fold)

    assert wall_of(resolved.at, zone) == (resolved.wall, resolved.fold)
    assert resolved.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == resolved.wall


@given(WALLS, ZONES, st.integers(0, 1))
def test_resolving_again_changes_nothing(wall, zone, fold):
    once = resolve(wall, zone, fold)
    again = resolve(once.wall, once.zone, once.fold)

    assert (again.at, again.wall, again.fold) == (once.at, once.wall, once.fold)
    assert not again.shifted


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)), ZONES)
def test_every_instant_survives_the_round_trip(at, zone):
    at = at.replace(microsecond=0)
    wall, fold = wall_of(at, zone)

    assert resolve(wall, zone, fold).at == at
