"""When a publication is looked at ahead of its time."""

from __future__ import annotations

from datetime import datetime, timedelta

MOMENTS = (timedelta(hours=24), timedelta(minutes=60), timedelta(minutes=15))


def next_check(due_at: datetime, last: datetime | None) -> datetime | None:
    """Return the first moment after the ``last`` check; None when none is left.

    A moment that has passed unused counts as come: a post approved half an hour before its time is checked
    at once, and then a quarter of an hour before.
    """
    moments = [due_at - early for early in MOMENTS]
    return next((moment for moment in moments if last is None or moment > last), None)


def wakes_at(due_at: datetime, starts_at: datetime, last: datetime | None) -> datetime:
    """When a scheduled publication is next to be worked on: its next check, or its first step."""
    moment = next_check(due_at, last)
    return starts_at if moment is None else min(moment, starts_at)
