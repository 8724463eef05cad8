"""When to ask a network again: often while a post is young, rarely when it is old, less where nothing moves."""

from __future__ import annotations

from datetime import timedelta

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
LARGEST_BACKOFF = 4


def pause(age: timedelta, *, unchanged: int = 0, pace: float = 1.0) -> timedelta | None:
    """How long to wait before the next pull of a post of this age; None when it is too old to ask at all.

    ``unchanged`` is how many pulls in a row brought the same numbers: each doubles the pause, up to four times.
    ``pace`` is how many times faster than real life the network's numbers move (1 outside the demo).
    """
    age = max(age, timedelta(0)) * pace
    for younger_than, every in STEPS:
        if age < younger_than:
            return every * min(2 ** max(unchanged, 0), LARGEST_BACKOFF) / pace
    return None
