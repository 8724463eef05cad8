"""Moments as people read them: on their own clocks, and on the campaign's where those differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from formats import schedule


@dataclass(frozen=True)
class Moment:
    """``yours`` is in the reader's zone; ``theirs`` in the campaign's, empty where both clocks show the same."""

    at: datetime
    yours: str
    theirs: str = ""

    def __str__(self) -> str:
        return f"{self.yours} ({self.theirs})" if self.theirs else self.yours


def moment(at: datetime | None, zone: str, *, seconds: bool = False) -> Moment | None:
    if at is None:
        return None
    mine = timezone.get_current_timezone()
    local = at.astimezone(mine)
    other = _info(zone)
    pattern = "D j M Y, H:i:s" if seconds else "D j M Y, H:i"
    theirs = at.astimezone(other) if other else local
    if theirs.replace(tzinfo=None) == local.replace(tzinfo=None):
        return Moment(at, date_format(local, pattern))
    same_day = theirs.date() == local.date()
    short = ("H:i:s" if seconds else "H:i") if same_day else pattern
    return Moment(at, date_format(local, pattern), f"{date_format(theirs, short)} {zone}")


def in_zone(at: datetime | None, zone: str) -> str:
    """A moment as a person in that zone reads it."""
    if at is None:
        return ""
    info = _info(zone)
    local = at.astimezone(info) if info else at.astimezone(schedule.zone_info("UTC"))
    return f"{date_format(local, 'D j M Y, H:i')} {zone if info else 'UTC'}"


def _info(zone: str):
    try:
        return schedule.zone_info(zone) if zone else None
    except schedule.UnknownZone:
        return None
