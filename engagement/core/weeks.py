"""The week that a mail is about: the last whole one, Monday to Sunday. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

FROM, UNTIL = time(8), time(20)  # mails come by day
DAYS = 3  # from Monday: a worker or mail server that was away over Monday still mails on Tuesday or Wednesday


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


def last(local: datetime) -> Week:
    """The last whole week."""
    return Week(local.date() - timedelta(days=local.weekday() + 7))


def due(local: datetime) -> Week | None:
    """The week to mail about now, on a person's own clock: from Monday to Wednesday, by day."""
    return last(local) if local.weekday() < DAYS and FROM <= local.time() < UNTIL else None


def lost(local: datetime, mailed: date | None) -> Week | None:
    """The newest week whose days of mailing are over and without a mail. ``mailed``: the Monday of the week mailed last."""
    over = local.weekday() >= DAYS or (local.weekday() == DAYS - 1 and local.time() >= UNTIL)
    newest = last(local) if over else last(local).before
    return newest if mailed is not None and mailed < newest.monday else None


def next_look(local: datetime, mailed: date | None) -> datetime:
    """When a mail may go out next, on the same clock: the coming morning while one is owed, else on Monday."""
    if mailed != last(local).monday:
        days = 0 if local.time() < FROM else 1
        if local.weekday() + days < DAYS:
            return _morning(local, days)
    return next_monday(local)


def next_monday(local: datetime) -> datetime:
    """The next Monday at eight after ``local``, on the same clock."""
    return _morning(local, 7 - local.weekday() if local.weekday() or local.time() >= FROM else 0)


def _morning(local: datetime, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), FROM, tzinfo=local.tzinfo)
