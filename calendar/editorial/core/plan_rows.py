"""The rows of a plan that was written in a spreadsheet: what each cell means, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

COLUMNS = ("campaign", "story", "format", "date", "time", "which", "accounts", "lead")
NEEDED = ("story", "format")
HEADINGS = ("Campaign", "Story", "Format", "Date", "Time", "Which", "Accounts", "Lead")
PROBLEMS = "To mend"  # a column that a preview adds; it is left out when the file comes back
SECOND = {"": None, "first": 0, "1": 0, "second": 1, "2": 1}


class NoPlan(ValueError):
    """The table has not the columns of a plan; the message says which are missing."""


@dataclass(frozen=True)
class PlanRow:
    """One row as far as it can be read without looking anything up. ``number`` is the spreadsheet's own."""

    number: int
    cells: dict[str, str]
    day: date | None = None
    at: time | None = None
    fold: int | None = None
    accounts: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def wall(self) -> datetime | None:
        return datetime.combine(self.day, self.at) if self.day is not None and self.at is not None else None

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


def read(rows: Sequence[Sequence[str]]) -> list[PlanRow]:
    """The rows under the heading, empty ones left out. Raises NoPlan."""
    if not rows:
        raise NoPlan("The file is empty.")
    columns = [_column(name) for name in rows[0]]
    if missing := [name for name in NEEDED if name not in columns]:
        raise NoPlan(
            f"The first row must name the columns. Missing: {', '.join(missing)}. "
            f"A plan has these: {', '.join(HEADINGS)}."
        )
    found = []
    for number, row in enumerate(rows[1:], 2):
        cells = {name: text.strip() for name, text in zip(columns, row, strict=False) if name}
        if any(cells.values()):
            found.append(_row(number, cells))
    if not found:
        raise NoPlan("There is no row under the heading.")
    return found


def _column(name: str) -> str:
    key = name.strip().casefold()
    return key if key in COLUMNS else ""


def _row(number: int, cells: dict[str, str]) -> PlanRow:
    problems = [f"No {name}. Write one." for name in NEEDED if not cells.get(name)]
    day, at = read_day(cells.get("date", "")), read_time(cells.get("time", ""))
    if cells.get("date") and day is None:
        problems.append(f"“{cells['date']}” is no date. Write it like 2026-12-01.")
    if cells.get("time") and at is None:
        problems.append(f"“{cells['time']}” is no time. Write it like 18:00.")
    if bool(cells.get("date")) != bool(cells.get("time")):
        problems.append("Date and time go together. Write both, or leave both empty to plan it later.")
    which = cells.get("which", "").casefold()
    if which not in SECOND:
        problems.append("Under “Which” write first, second, or nothing.")
    accounts = tuple(name for name in re.split(r"[;,]\s*", cells.get("accounts", "")) if name)
    return PlanRow(number, cells, day, at, SECOND.get(which), accounts, tuple(problems))


def read_day(text: str) -> date | None:
    """``2026-12-01``, ``1.12.2026`` or ``1 December 2026``. Not 1/12/2026, which two countries read as two days."""
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y", "%d %B %Y", "%d %b %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day of the campaign's clock
        except ValueError:
            continue
    return None


def read_time(text: str) -> time | None:
    for form in ("%H:%M", "%H:%M:%S", "%H.%M"):
        try:
            return datetime.strptime(text, form).time().replace(second=0)  # noqa: DTZ007  the same
        except ValueError:
            continue
    return None
