"""Rows of a site's own statistics, as people export them: what a column is called, what is wrong with a row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

HEADINGS = ("Source", "Campaign", "Content", "Page", "Day", "Clicks")
NEEDED = ("source", "campaign", "clicks")
# What the usual programs write instead; compared in small letters.
ALSO = {
    "source": ("source", "utm_source", "session source", "campaign source", "quelle"),
    "campaign": ("campaign", "utm_campaign", "session campaign", "campaign name", "kampagne"),
    "content": ("content", "utm_content", "session manual ad content", "campaign content", "inhalt"),
    "page": ("page", "landing page", "entry page", "url", "path", "seite"),
    "day": ("day", "date", "tag", "datum"),
    "clicks": ("clicks", "sessions", "visits", "visitors", "klicks", "besuche"),
}
MOST_CLICKS = 10**9
NOTHING = ("(not set)", "(other)", "(none)")  # what the programs write into an empty cell


class NoClicks(Exception):
    """The file as a whole cannot be used; the words say what to do."""


@dataclass(frozen=True)
class ClickRow:
    """``number`` counts from the heading, which is 1. ``page`` is the path alone. ``problems`` in words."""

    number: int
    source: str
    campaign: str
    content: str
    page: str
    day: date | None
    clicks: int
    problems: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str, date | None]:
        return self.campaign, self.source, self.content, self.page, self.day


def read(rows: Sequence[Sequence[str]]) -> list[ClickRow]:
    """``rows`` with their heading first. Raises NoClicks where columns are missing or there is no row.

    A column of days has a day in each row: clicks without one beside those with one would count visits twice.
    """
    if len(rows) < 2:
        raise NoClicks("The file has no rows below its heading.")
    places = _places(rows[0])
    missing = [name.capitalize() for name in NEEDED if name not in places]
    if missing:
        raise NoClicks(
            f"There is no column {' and no '.join(missing)}. Name the columns {', '.join(HEADINGS)}."
        )
    found: list[ClickRow] = []
    seen: dict[tuple, int] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}
        if any(cells.values()):
            found.append(_row(number, cells, seen))
    if not found:
        raise NoClicks("The file has no rows below its heading.")
    return found


def below_remarks(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Without the lines that some programs put above the heading: empty ones, and remarks with a “#”."""
    begin = next(
        (n for n, row in enumerate(rows) if row and row[0] and not row[0].startswith("#")), len(rows)
    )
    return list(rows[begin:])


def kept(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The columns that are read, under our headings, and nothing of the others: they may be anything."""
    places = _places(rows[0]) if rows else {}
    heading = [name.capitalize() for name in places]
    return [heading, *([row[at] if at < len(row) else "" for at in places.values()] for row in rows[1:])]


def columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Which of content, page and day the file tells visits apart by."""
    there = _places(rows[0]) if rows else {}
    return tuple(name for name in ("content", "page", "day") if name in there)


def _places(heading: Iterable[str]) -> dict[str, int]:
    plain = [cell.strip().casefold() for cell in heading]
    return {
        name: next(plain.index(word) for word in words if word in plain)
        for name, words in ALSO.items()
        if any(word in plain for word in words)
    }


def _row(number: int, cells: dict[str, str], seen: dict[tuple, int]) -> ClickRow:
    cells = {name: "" if text.casefold() in NOTHING else text for name, text in cells.items()}
    needed = (*NEEDED, "day") if "day" in cells else NEEDED
    problems = [f"{name.capitalize()} is empty." for name in needed if not cells.get(name)]
    clicks = whole(cells.get("clicks", ""))
    if cells.get("clicks") and clicks is None:
        problems.append(f"“{cells['clicks'][:40]}” is no whole number of clicks.")
    day = read_day(cells.get("day", ""))
    if cells.get("day") and day is None:
        problems.append(f"“{cells['day'][:40]}” is no day. Write it like 2026-12-01.")
    row = ClickRow(
        number,
        cells.get("source", "").casefold()[:60],
        cells.get("campaign", "").casefold()[:60],
        cells.get("content", "").casefold()[:100],
        path_of(cells.get("page", ""))[:500],
        day,
        clicks or 0,
    )
    if not problems and (first := seen.setdefault(row.key, number)) != number:
        problems.append(f"Row {first} says the same source, content, page and day already.")
    return replace(row, problems=tuple(problems))


def whole(text: str) -> int | None:
    """``1234``, ``1,234``, ``1.234`` or ``1 234``; None for anything else, also for parts of a click."""
    groups = text.replace("\u00a0", " ").replace("\u202f", " ")
    for sign in (",", ".", " "):
        parts = groups.split(sign)
        if len(parts) > 1 and all(len(each) == 3 for each in parts[1:]) and len(parts[0]) in (1, 2, 3):
            groups = "".join(parts)
    return int(groups) if groups.isascii() and groups.isdigit() and int(groups) <= MOST_CLICKS else None


def path_of(address: str) -> str:
    """The path of an address without its query, with a slash at its end; empty for nothing."""
    rest = address.split("://", 1)[-1].split("#", 1)[0].split("?", 1)[0]
    if not rest:
        return ""
    path = rest if rest.startswith("/") else f"/{rest.partition('/')[2]}"
    return path if path.endswith("/") else f"{path}/"


def read_day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day, no instant
        except ValueError:
            continue
    return None
