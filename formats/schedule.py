"""Wall time and zone → an instant, right at both summer-time changes. Pure: no Django, no clock.

A planned time is what a person reads off the clock on the wall of a place. Twice a year that reading is odd: in spring
an hour does not exist (a *gap*), in autumn one happens twice (*ambiguous*; ``fold`` 0 is the first, 1 the second).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


class UnknownZone(ValueError):
    """The name is not in the IANA time zone database."""


@dataclass(frozen=True)
class Resolved:
    """An instant and how it was found.

    ``at`` is UTC. ``wall`` is what the clock will show then: in a gap it is later than what was asked for, by
    ``shifted``. ``fold`` is normalised to 0 wherever the choice makes no difference.
    """

    at: datetime
    wall: datetime
    zone: str
    fold: int = 0
    shifted: timedelta = timedelta()
    ambiguous: bool = False

    @property
    def note(self) -> str:
        """What a person should be told, or nothing."""
        if self.shifted:
            asked = self.wall - self.shifted
            return (
                f"{asked:%H:%M} does not exist on {_day(asked)} in {self.zone}: the clocks go forward. "
                f"Planned for {self.wall:%H:%M} instead."
            )
        if self.ambiguous:
            which, other = ("first", "second") if self.fold == 0 else ("second", "first")
            return (
                f"{self.wall:%H:%M} happens twice on {_day(self.wall)} in {self.zone}: the clocks go back. "
                f"Planned for the {which} time ({self.at:%H:%M} UTC). You can choose the {other} one."
            )
        return ""


def _day(wall: datetime) -> str:
    return f"{wall.day} {wall:%B %Y}"


@cache
def zone_info(name: str) -> ZoneInfo:
    """Raises :class:`UnknownZone` for anything that is not a zone of the database (paths included)."""
    if name not in available_timezones():
        raise UnknownZone(name)
    return ZoneInfo(name)


def resolve(wall: datetime, zone: str, fold: int = 0) -> Resolved:
    """Find the instant at which the clocks of ``zone`` show ``wall`` (naive).

    In a gap the time moves forward by the gap's length, as calendars do. Times are kept to the second.
    Raises UnknownZone.
    """
    tz = zone_info(zone)
    wall = wall.replace(tzinfo=None, fold=0, microsecond=0)
    first = wall.replace(tzinfo=tz)
    second = first.replace(fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after:
        return Resolved(at=first.astimezone(UTC), wall=wall, zone=zone)
    if before > after:  # the clocks go back: this wall time happens twice
        chosen = second if fold else first
        return Resolved(at=chosen.astimezone(UTC), wall=wall, zone=zone, fold=int(bool(fold)), ambiguous=True)
    at = first.astimezone(UTC)
    shown = at.astimezone(tz).replace(tzinfo=None, fold=0)
    return Resolved(at=at, wall=shown, zone=zone, shifted=shown - wall)


def wall_of(at: datetime, zone: str) -> tuple[datetime, int]:
    """What the clocks of ``zone`` show at an instant: naive wall time and fold."""
    local = at.astimezone(zone_info(zone))
    return local.replace(tzinfo=None, fold=0), local.fold
