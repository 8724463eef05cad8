"""When people are told again about a case that waits for a decision. Plain values; the caller brings the time.

Told at once; again after one hour and after a day; then every morning. When nobody has opened the case an hour
after its time, the campaign's managers and the administrators are told that, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REST = timedelta(hours=12)  # a morning's telling needs so much distance from the last one
MORNING = time(8)


class Telling(StrEnum):
    AGAIN = "again"
    ESCALATE = "escalate"
    MORNING = "morning"


@dataclass(frozen=True)
class Case:
    """``told``: how often its people were told since ``since``, the first time included."""

    since: datetime
    due_at: datetime
    told: int
    told_at: datetime
    opened: bool = False
    escalated: bool = False


def next_telling(case: Case, now: datetime, *, zone: ZoneInfo) -> Telling | None:
    """Say what to tell now, None when nothing. A worker that slept over several tells once."""
    if not case.opened and not case.escalated and now >= max(case.since, case.due_at) + HOUR:
        return Telling.ESCALATE
    if case.told <= 1:
        return Telling.AGAIN if now >= case.since + HOUR else None
    if case.told == 2:
        return Telling.AGAIN if now >= case.since + DAY else None
    return Telling.MORNING if case.told_at <= last_morning(now, zone) - REST else None


def told_after(case: Case, telling: Telling) -> int:
    """The new count. An escalation in the first hours stands for the reminder of that hour."""
    if telling is Telling.ESCALATE and case.told >= 2:
        return case.told
    return case.told + 1


def last_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The last eight o'clock on the clocks of ``zone`` that is not after ``now``."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), MORNING, tzinfo=zone)
    return today if today <= now else datetime.combine(local.date() - DAY, MORNING, tzinfo=zone)
