"""The days that one page of the calendar shows: a month or a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

YEARS = range(2000, 2201)


@dataclass(frozen=True)
class Span:
    """From ``first`` up to but not including ``after``. ``key`` and ``value`` are how it stands in the address."""

    key: str
    first: date
    after: date

    @property
    def value(self) -> str:
        return f"{self.first:%Y-%m}" if self.key == "month" else f"{self.first:%G-W%V}"

    @property
    def title(self) -> str:
        """``November 2026``, or ``23 – 29 November 2026``; a month or year that changes within the week is named twice."""
        if self.key == "month":
            return f"{self.first:%B %Y}"
        last = self.after - timedelta(days=1)
        start = f"{self.first.day}"
        if self.first.month != last.month:
            start += f" {self.first:%B}"
        if self.first.year != last.year:
            start += f" {self.first:%Y}"
        return f"{start} – {last.day} {last:%B %Y}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day < self.after

    def previous(self) -> Span:
        return SPANS[self.key](self.first - timedelta(days=1))

    def following(self) -> Span:
        return SPANS[self.key](self.after)


def month_with(day: date) -> Span:
    first = day.replace(day=1)
    return Span("month", first, (first + timedelta(days=32)).replace(day=1))


def week_with(day: date) -> Span:
    """Weeks begin on Monday, as ISO 8601 has them."""
    first = day - timedelta(days=day.weekday())
    return Span("week", first, first + timedelta(days=7))


SPANS = {"month": month_with, "week": week_with}


def read(key: str, text: str, today: date) -> Span:
    """``2026-11`` as a month, ``2026-W48`` as a week; anything else is the one with today in it."""
    try:
        found = date.fromisoformat(f"{text}-1") if key == "week" else _month(text)
    except ValueError:
        found = today
    return SPANS[key](found if found.year in YEARS else today)


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone


def words_on(
    bands: Iterable[tuple[str, date, date | None]], first: date, after: date
) -> list[tuple[str, date, date]]:
    """(words, from, up to) for each stretch of days on which the same named bands lie, their names joined.

    A band is (name, first day, the day after its last or None for one day); days outside the range are left out.
    """
    names: dict[date, list[str]] = defaultdict(list)
    for name, start, end in bands:
        begin, stop = max(start, first), min(end or start + timedelta(days=1), after)
        for n in range((stop - begin).days):
            names[begin + timedelta(days=n)].append(name)
    runs: list[tuple[str, date, date]] = []
    for day in sorted(names):
        said, end = " · ".join(dict.fromkeys(names[day])), day + timedelta(days=1)
        if runs and runs[-1][0] == said and runs[-1][2] == day:
            runs[-1] = (said, runs[-1][1], end)
        else:
            runs.append((said, day, end))
    return runs
