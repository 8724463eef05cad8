"""By when an approval step is to be decided, and what is told when. Plain values; the caller brings the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Due(StrEnum):
    NOTHING = "nothing"
    REMIND = "remind"
    OVERDUE = "overdue"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Deadline:
    """``planned_at`` is when the post should go out: what is not approved by then is over, whatever else is agreed."""

    started_at: datetime
    planned_at: datetime | None
    within_h: int | None
    remind_before_h: int

    @property
    def due_at(self) -> datetime | None:
        agreed = self.started_at + timedelta(hours=self.within_h) if self.within_h else None
        times = [at for at in (agreed, self.planned_at) if at is not None]
        return min(times, default=None)

    def at(self, now: datetime) -> Due:
        """What has come by now, the gravest first. A step that begins inside its reminding time reminds at once."""
        if self.planned_at is not None and now >= self.planned_at:
            return Due.EXPIRED
        due_at = self.due_at
        if due_at is None:
            return Due.NOTHING
        if now >= due_at:
            return Due.OVERDUE
        early = timedelta(hours=self.remind_before_h)
        return Due.REMIND if early and now >= due_at - early else Due.NOTHING
