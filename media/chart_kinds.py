"""What each kind of chart can show: data for those who plan one, draw one, or check what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ChartKind:
    """``most`` rows stand on one card; ``wide_most`` on one that is broader than high.

    ``pages``: more rows may go on over further cards, because one row does not lose its meaning without the others and
    the scale stays. ``values``: "any", "positive" (nothing below zero) or "none" (dates instead of figures).
    """

    fewest: int
    most: int
    wide_most: int
    values: str = "any"
    pages: bool = False
    dated: bool = False

    def room(self, size: Sequence[int]) -> int:
        """How many rows a card of this size (width, height) has room for."""
        return self.wide_most if is_wide(size) else self.most


def is_wide(size: Sequence[int]) -> bool:
    """Whether a card has its words beside the chart, not above it."""
    return size[0] > size[1] * 1.2


KINDS: dict[str, ChartKind] = {
    "bar": ChartKind(1, 12, 12),
    "column": ChartKind(1, 8, 8),
    "line": ChartKind(2, 24, 24),
    "number": ChartKind(1, 1, 1),
    "share": ChartKind(2, 7, 7, values="positive"),
    "pictogram": ChartKind(1, 5, 4, values="positive", pages=True),
    "comparison": ChartKind(2, 2, 2),
    "timeline": ChartKind(2, 5, 4, values="none", pages=True, dated=True),
    "map": ChartKind(1, 400, 400),  # as many as a map may have regions
}
