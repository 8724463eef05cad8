"""What a report is made of: sentences, charts and tables. A page, a file and a sheet of paper show the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from engagement.core import numerals
from engagement.core.statistics import Interval

RANGES = "Under a rate stands where it really lies in 19 of 20 cases; for few interactions that is wide."
NUMERIC = frozenset({"number", "decimal", "percent", "times", "seconds"})


@dataclass(frozen=True)
class Column:
    """``kind``: text, number, decimal, percent, times (×), seconds, day, moment. ``only``: "page" or "file".

    ``full``: its heading in a file, where nothing stands beside it.
    """

    label: str
    kind: str = "number"
    meaning: str = ""
    unit: str = ""
    only: str = ""
    full: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Cell:
    """``value`` None: nobody knows. ``level`` 1 to 5 shades a cell of a heat map, beside its number.

    ``until``: of a moment that lies somewhere between ``value`` and it.
    """

    value: Any = None
    note: str = ""
    url: str = ""
    platform: str = ""
    level: int = 0
    until: datetime | None = None

    @property
    def noted(self) -> str:
        """What stands under it or beside it, for a file and for programs."""
        between = f"between this and {_plain(self.until)} UTC" if self.until else ""
        return "; ".join(filter(None, (between, self.note)))


UNKNOWN = Cell()


@dataclass
class Table:
    title: str
    columns: Sequence[Column]
    rows: list[list[Cell]]
    foot: list[Cell] | None = None
    note: str = ""
    heat: bool = False

    @property
    def shown(self) -> list[Column]:
        return [column for column in self.columns if column.only != "file"]

    @property
    def lines(self) -> Iterator[list[tuple[Column, Cell]]]:
        return (self._line(row) for row in self.rows)

    @property
    def last(self) -> list[tuple[Column, Cell]]:
        return self._line(self.foot) if self.foot else []

    def _line(self, row: Sequence[Cell]) -> list[tuple[Column, Cell]]:
        pairs = zip(self.columns, row, strict=True)
        return [(column, cell) for column, cell in pairs if column.only != "file"]

    @property
    def meanings(self) -> list[Column]:
        return [column for column in self.shown if column.meaning]

    def as_rows(self) -> list[list[str | int | float | None]]:
        """For a file: a heading, rows and foot; times in UTC, unknown as None.

        What stands under a number on the page stands in a column of its own at the end.
        """
        kept = [n for n, column in enumerate(self.columns) if column.only != "page"]
        rows = [*self.rows, *([self.foot] if self.foot else [])]
        noted = any(row[n].noted for row in rows for n in kept)
        heading: list[Any] = [_heading(self.columns[n]) for n in kept]
        lines = [[_plain(row[n].value) for n in kept] for row in rows]
        if noted:
            heading.append("Notes")
            for line, row in zip(lines, rows, strict=True):
                line.append(self._notes(row, kept) or None)
        return [heading, *lines]

    def _notes(self, row: Sequence[Cell], kept: Sequence[int]) -> str:
        return "; ".join(f"{self.columns[n].label}: {row[n].noted}" for n in kept if row[n].noted)

    def as_data(self) -> dict[str, Any]:
        """For programs: every column and cell; unknown is None."""

        def line(row: Sequence[Cell]) -> list[dict[str, Any]]:
            return [{"value": _for_programs(cell.value), "note": cell.noted} for cell in row]

        columns = [
            {"label": c.label, "kind": c.kind, "unit": c.unit, "meaning": c.meaning} for c in self.columns
        ]
        rows, foot = [line(row) for row in self.rows], line(self.foot) if self.foot else None
        return {"title": self.title, "note": self.note, "columns": columns, "rows": rows, "foot": foot}


@dataclass(frozen=True)
class Chart:
    """``kind``: bar, line, or range (a bar from the lower to the upper quartile, with the median as a point).

    A value is None where nobody knows, and the chart leaves a gap there. For a range it is (lower, median, upper).
    """

    title: str
    kind: str
    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[Any]]]
    unit: str = ""

    def as_data(self) -> dict[str, Any]:
        series = [{"label": label, "values": list(values)} for label, values in self.series]
        return {
            "title": self.title,
            "kind": self.kind,
            "labels": list(self.labels),
            "series": series,
            "unit": self.unit,
        }


@dataclass
class Report:
    """``empty``: what stands instead of everything else, where there is nothing to report."""

    title: str
    basis: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    empty: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """All that is said beside the tables, for a file."""
        notes = [f"{table.title}: {table.note}" for table in self.tables if table.note]
        return [self.title, *self.basis, *self.sentences, *notes]

    def as_data(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "about": self.basis,
            "sentences": self.sentences,
            "tables": [table.as_data() for table in self.tables],
            "empty": self.empty,
        }


def account_name(channel: Any) -> str:
    """An account of ours by its handle; what the sandbox tells of it is made up."""
    return f"{channel.handle} (sandbox)" if channel.sandbox else channel.handle


def between(interval: Interval | None, write: Callable[[float], str] = numerals.short) -> str:
    """An interval in words for under a number; empty where there is none."""
    return "" if interval is None else f"{write(interval.low)} to {write(interval.high)}"


def several(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _heading(column: Column) -> str:
    unit = column.unit or {"percent": "%", "seconds": "s", "moment": "UTC"}.get(column.kind, "")
    label = column.full or column.label
    return f"{label} ({unit})" if unit else label


def _for_programs(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _plain(value)


def _plain(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return numerals.rounded(value)
    return value
