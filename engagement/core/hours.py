"""When our own posts did well: weekday by hour, held against what each account's posts usually do. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engagement.core import statistics
from engagement.core.statistics import LEAST

LEAST_IN_CELL = 3
MOST_SUGGESTED = 5
WORTH_IT = 1.1  # less above the usual is the usual


@dataclass(frozen=True)
class Outing:
    """One post on the clock of its campaign; ``weekday`` Monday 0. ``value`` None: nobody knows."""

    account: int
    weekday: int
    hour: int
    value: float | None


@dataclass(frozen=True)
class HourCell:
    """``ratio``: the median of value over the account's usual one, 1.0 is as usual; None where nothing is known."""

    ratio: float | None
    known: int
    sure: bool


@dataclass(frozen=True)
class Suggestion:
    weekday: int
    hour: int
    cell: HourCell


Grid = dict[tuple[int, int], HourCell]


def grid(outings: Iterable[Outing]) -> Grid:
    """A cell for each weekday and hour at which anything went out.

    ``sure``: the interval of the median lies above 1, where the intervals of all cells that can be judged hold
    together in 95 % of cases: of a hundred hours a few look good by chance alone. Accounts whose usual value is nothing
    cannot be held against it.
    """
    outings = list(outings)
    usual = usual_of(outings)
    found: dict[tuple[int, int], list[float | None]] = defaultdict(list)
    for each in outings:
        base = usual.get(each.account)
        found[each.weekday, each.hour].append(None if each.value is None or not base else each.value / base)
    judged = sum(len(statistics.known(values)) >= LEAST for values in found.values())
    return {place: _cell(values, judged) for place, values in found.items()}


def without_usual(outings: Iterable[Outing]) -> int:
    """How many posts with numbers are of accounts whose usual value is nothing: they are in no cell."""
    outings = list(outings)
    usual = usual_of(outings)
    return sum(each.value is not None and not usual[each.account] for each in outings)


def usual_of(outings: Iterable[Outing]) -> Mapping[int, float | None]:
    values: dict[int, list[float | None]] = defaultdict(list)
    for each in outings:
        values[each.account].append(each.value)
    return {account: statistics.median(rows) for account, rows in values.items()}


def _cell(values: list[float | None], judged: int) -> HourCell:
    known = statistics.known(values)
    around = statistics.median_interval(known, looks=judged) if len(known) >= LEAST else None
    return HourCell(statistics.median(known), len(known), around is not None and around.low > 1)


def level(ratio: float | None) -> int:
    """How dark a cell is, 1 to 5; 0 where nothing is known."""
    if ratio is None:
        return 0
    return 1 + sum(ratio >= bound for bound in (0.67, 0.9, 1.1, 1.5))


def suggestions(cells: Grid) -> list[Suggestion]:
    """The hours that did a tenth better than usual, or more, over at least three posts, the sure ones first; at most five.

    Those that are not ``sure`` may have done so by chance: they are hours to try, not hours that do better.
    """
    good = [
        Suggestion(*place, cell)
        for place, cell in cells.items()
        if cell.ratio is not None and cell.ratio >= WORTH_IT and cell.known >= LEAST_IN_CELL
    ]
    good.sort(key=lambda s: (not s.cell.sure, -(s.cell.ratio or 0), s.weekday, s.hour))
    return good[:MOST_SUGGESTED]
