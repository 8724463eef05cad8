"""The week that a mail is about: the last whole one, Monday to Sunday. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

FROM, UNTIL = time(8), time(20)  # a worker that was away over Monday morning still mails that day


@dataclass(frozen=True)
class Week:
    monday: date

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> Week:
        return Week(self.monday - timedelta(days=7))

    @property
    def code(self) -> str:
        """2026-W18, as ISO 8601 counts."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def words(self) -> str:
        return f"{self.monday.day} {self.monday:%b} to {self.sunday.day} {self.sunday:%b %Y}"

    @classmethod
    def of_code(cls, code: str) -> Week:
        """Raises ValueError."""
        return cls(datetime.strptime(f"{code}-1", "%G-W%V-%u").date())  # noqa: DTZ007  a day, no instant


def due(local: datetime) -> Week | None:
    """The week to mail about now, on a person's own clock: on Mondays, from eight o'clock on."""
    if local.weekday() == 0 and FROM <= local.time() < UNTIL:
        return Week(local.date() - timedelta(days=7))
    return None


def next_at(local: datetime) -> datetime:
    """The next Monday at eight after ``local``, on the same clock."""
    days = 7 - local.weekday() if local.weekday() or local.time() >= FROM else 0
    return datetime.combine(local.date() + timedelta(days=days), FROM, tzinfo=local.tzinfo)
