"""How late a post may still go out by itself, as its people chose it."""

from __future__ import annotations

from datetime import datetime, timedelta

from formats import schedule

FIXED_S = {"5min": 300, "30min": 1800, "any": 10 * 365 * 86_400}
AT_LEAST_S = 1800  # of "the same day": a post of 23:50 does not end at midnight


def grace_s(choice: str, due_at: datetime, zone: str, *, usual_s: int) -> int:
    """Return the seconds after ``due_at``. "day" lasts until midnight of the zone, at least half an hour."""
    if choice != "day":
        return FIXED_S.get(choice, usual_s)
    wall, _ = schedule.wall_of(due_at, zone or "UTC")
    midnight = datetime.combine(wall.date() + timedelta(days=1), datetime.min.time())
    ends = schedule.resolve(midnight, zone or "UTC").at
    return max(AT_LEAST_S, int((ends - due_at).total_seconds()))
