"""How many posts of an account fall into one window of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def busiest(planned: Iterable[tuple[datetime, int]], at: datetime, weight: int, window: timedelta) -> int:
    """Return the most posts that any window holds which contains ``at``, with ``weight`` more at ``at``.

    ``planned``: instant and number of posts each. A window of 24 h begins with a post and is half open: a
    post exactly 24 h after it no longer counts.
    """
    near = [(when, count) for when, count in planned if abs(when - at) < window]
    near.append((at, weight))
    starts = [when for when, _ in near if when <= at]
    return max(sum(count for when, count in near if start <= when < start + window) for start in starts)
