"""Where the shapes of an infographic start and end, as shares of the drawing. The table has the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from formats.core import charting
from formats.core.piece import Figures
from media.outlines import ICONS


@dataclass(frozen=True)
class Bar:
    """Per cent of the drawing: ``start``, ``length``, ``end`` along the axis; ``across`` beside it."""

    label: str
    value: Decimal | float
    start: float
    length: float
    end: float
    across: float

    @property
    def top(self) -> float:
        """Per cent from the top, for columns."""
        return round(100 - self.start - self.length, 2)

    @property
    def level(self) -> float:
        """Per cent from the top at which a line passes."""
        return round(100 - self.end, 2)


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    zero: float
    line: str

    @property
    def zero_from_top(self) -> float:
        return round(100 - self.zero, 2)


def layout(rows: Sequence[tuple[str, Decimal | float]]) -> Chart:
    """Bars from zero, so that twice as much looks twice as long; figures below zero reach the other way."""
    values = [float(value) for _, value in rows]
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return (value - low) / span * 100

    zero = place(0.0)
    bars = tuple(
        Bar(
            label=label,
            value=value,
            start=round(min(zero, place(float(value))), 2),
            length=round(abs(place(float(value)) - zero), 2),
            end=round(place(float(value)), 2),
            across=round((n + 0.5) / len(rows) * 100, 2),
        )
        for n, (label, value) in enumerate(rows)
    )
    return Chart(bars=bars, zero=round(zero, 2), line=" ".join(f"{bar.across},{bar.level}" for bar in bars))


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


def sketch(
    rows: Sequence[tuple[str, Decimal | float]], *, width: float = 100, height: float = 75
) -> list[Box]:
    """The bars as small columns without words, for a list; air around and between them."""
    if not rows:
        return []
    margin = 10
    column = (width - 2 * margin) / len(rows)
    scale = (height - 2 * margin) / 100
    return [
        Box(
            x=round(margin + n * column + column * 0.12, 2),
            y=round(margin + bar.top * scale, 2),
            width=round(column * 0.76, 2),
            height=round(max(bar.length * scale, 0.6), 2),
        )
        for n, bar in enumerate(layout(rows).bars)
    ]


@dataclass(frozen=True)
class Icon:
    """One shape on a field of 100 × 100; ``part`` of it, in per cent from where reading begins, is filled."""

    x: int
    y: int
    part: float


@dataclass(frozen=True)
class Line:
    """A row as the page shows it; ``start`` and ``length`` in per cent of the whole or of the largest."""

    label: str
    text: str
    detail: str = ""
    on: str = ""
    start: float = 0
    length: float = 0
    icons: tuple[Icon, ...] = ()
    height: int = 100


@dataclass(frozen=True)
class Drawing:
    kind: str
    lines: tuple[Line, ...] = field(default=())
    note: str = ""
    difference: str = ""
    icon: str = ""


def picture_of(figures: Figures, language: str) -> Drawing:
    """The same rows and words that the cards show, laid out for the page."""
    shown = charting.charted(figures, language)
    most = max([abs(row.size) for row in shown.rows] or [0]) or 1
    lines, start = [], 0.0
    for row in shown.rows:
        stacked = shown.kind == "share"
        length = round(row.size if stacked else abs(row.size) / most * 100, 2)
        icons = _icons(row.size / shown.per_icon) if shown.per_icon else ()
        lines.append(
            Line(
                row.label,
                row.text,
                row.detail,
                row.row.on if row.row else "",
                round(start, 2) if stacked else 0,
                length,
                icons,
                100 * (1 + max((icon.y for icon in icons), default=0) // 100),
            )
        )
        start += length
    return Drawing(shown.kind, tuple(lines), shown.note, shown.difference, ICONS.get(figures.icon, ""))


def _icons(count: float) -> tuple[Icon, ...]:
    whole = int(count + 1e-9)
    parts = [100.0] * whole + ([round((count - whole) * 100, 1)] if count - whole > 1e-6 else [])
    return tuple(Icon(n % 10 * 100, n // 10 * 100, part) for n, part in enumerate(parts))
