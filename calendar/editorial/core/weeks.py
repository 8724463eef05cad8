"""The same time of day some days later: what repeating a post or a week means. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from formats import schedule
from formats.schedule import Resolved


def later(wall: datetime, zone: str, days: int, fold: int = 0) -> Resolved | None:
    """The instant at which the clock shows the same time so many days on; None past the end of the calendar.

    In a missing hour it moves on; of a doubled hour the one that ``fold`` names is meant. Raises schedule.UnknownZone.
    """
    try:
        return schedule.resolve(wall + timedelta(days=days), zone, fold)
    except OverflowError:
        return None
