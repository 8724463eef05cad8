"""Waits with what came of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from community.core import speed
from community.core.targets import Said, Step

pytestmark = pytest.mark.unit
T = datetime(2026, 11, 23, 9, tzinfo=UTC)


def at(minute):
    return T + timedelta(minutes=minute)


def theirs(minute):
    return Said(at(minute))


def ours(minute, **more):
    return Said(at(minute), True, **more)


TALKS = [
    # said, missed due times (minutes), what is expected: (step, minutes, kept)
    ([theirs(0)], [], [(Step.FIRST, None, None)]),
    ([theirs(0), ours(30)], [], [(Step.FIRST, 30, True)]),
    ([theirs(0), theirs(10), ours(30)], [20], [(Step.FIRST, 30, False)]),
    ([theirs(0)], [20], [(Step.FIRST, None, False)]),
    ([theirs(0), ours(30), theirs(40), ours(45)], [20], [(Step.FIRST, 30, False), (Step.NEXT, 5, True)]),
    ([theirs(0), ours(10), theirs(40), ours(145)], [100], [(Step.FIRST, 10, True), (Step.NEXT, 105, False)]),
    ([theirs(0), ours(1, automatic=True), ours(60)], [], [(Step.FIRST, 60, True)]),
    ([ours(0)], [], []),
]


@pytest.mark.parametrize(("said", "missed", "expected"), TALKS)
def test_waits(said, missed, expected):
    found = speed.timed(said, [at(minute) for minute in missed])
    assert [(w.step, w.minutes, w.kept) for w in found] == expected


def test_an_answer_at_the_due_time_of_a_noted_miss_counts_as_missed_once():
    found = speed.timed([theirs(0), ours(20), theirs(30), ours(40)], [at(20)])
    assert [w.kept for w in found] == [False, True]


def test_the_share_counts_only_what_is_known():
    rows = speed.timed([theirs(0), ours(30), theirs(40), ours(45), theirs(50)], [at(20)])
    assert speed.share(rows) == (1, 2)
    assert speed.share([]) == (0, 0)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, ""),
        (0.4, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (72, "1 h 12 min"),
        (1440, "1 d"),
        (3060, "2 d 3 h"),
    ],
)
def test_words(minutes, words):
    assert speed.words(minutes) == words
