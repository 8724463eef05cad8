"""When to ask a network again: often while a post is young, rarely when it is old, less where nothing moves."""

from __future__ import annotations

from datetime import timedelta

from engagement.core.rollups import AGES

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# (younger than, ask every)
STEPS: tuple[tuple[timedelta, timedelta], ...] = (
    (HOUR, 5 * MINUTE),
    (6 * HOUR, 15 * MINUTE),
    (DAY, HOUR),
    (7 * DAY, 6 * HOUR),
    (30 * DAY, DAY),
    (90 * DAY, 7 * DAY),
)
DOUBLINGS = 2  # of a pause, at most
LARGEST_BACKOFF = 2**DOUBLINGS


def pause(
    age: timedelta, *, unchanged: int = 0, pace: float = 1.0, forgotten_at: timedelta | None = None
) -> timedelta | None:
    """How long to wait before the next pull of a post of this age; None when it is too old to ask at all.

    ``unchanged`` is how many pulls in a row brought the same numbers: each doubles the pause, up to four times. No pause
    passes over the eve of a standard age, so that what stands in reports at that age was read shortly before it.
    ``pace`` is how many times faster than real life the network's numbers move (1 outside the demo).
    ``forgotten_at`` is the age at which the network has the numbers no more: the last pull is on its eve.
    """
    age = max(age, timedelta(0)) * pace
    eves = _eves(forgotten_at)
    if age >= eves[-1]:
        return None
    for younger_than, every in STEPS:
        if age < younger_than:
            step = every * min(2 ** max(unchanged, 0), LARGEST_BACKOFF)
            return min([step, *(e - age for e in eves if age < e < age + step)]) / pace
    return None


def _eves(forgotten_at: timedelta | None) -> list[timedelta]:
    last = forgotten_at or max(AGES.values())
    return [eve(end) for end in (*(end for end in AGES.values() if end < last), last)]


def eve(age: timedelta) -> timedelta:
    """When to read what is to stand for this age: shortly before, with time left for a worker to come to it."""
    return age - max(2 * MINUTE, age / 200)


def after_trouble(tries: int) -> timedelta:
    """How long to wait after so many failures in a row: ten minutes, doubled up to six hours."""
    return min(10 * MINUTE * 2 ** min(max(tries, 0), 10), 6 * HOUR)


def retry(
    age: timedelta, wait: timedelta, *, pace: float = 1.0, forgotten_at: timedelta | None = None
) -> timedelta | None:
    """How long to wait after trouble that wants ``wait``, of the network's time; None when it is too old to ask at all.

    As :func:`pause`, it passes over no eve of a standard age. After the last eve it comes soon enough to be tried again
    before the end.
    """
    age = max(age, timedelta(0)) * pace
    end = forgotten_at or max(AGES.values())
    if age >= end:
        return None
    eves = _eves(forgotten_at)
    left = next((e - age for e in eves if e > age), (end - eves[-1]) / 2)
    return min(wait, max(left, MINUTE)) / pace


def is_gone(first_missed: timedelta | None, now: timedelta) -> bool:
    """Whether a post that the network does not show at this age may be taken for deleted.

    Networks fail to show a post for a moment; an hour between two such answers tells the two apart.
    """
    return first_missed is not None and now - first_missed >= HOUR


def is_gap(before: timedelta, now: timedelta, *, unchanged: int | None = None) -> bool:
    """Whether two readings at these ages lie further apart than twice the longest pause there can be between them.

    Where it is known how often the post was read (``unchanged``, as for :func:`pause`), being a day overdue is enough:
    reports say of it then that it is not read.
    """
    longest = pause(before, unchanged=LARGEST_BACKOFF)
    usual = None if unchanged is None else pause(before, unchanged=unchanged)
    if longest is None:
        return False
    most = 2 * longest + HOUR
    return now - before > (most if usual is None else min(most, usual + DAY))
