"""What a handful of numbers carries: middle, spread, how far chance reaches, and whether one group really leads.

Unknown values (None) are left out everywhere; where nothing is known the answer is None, never a zero. Nothing here
assumes a bell curve: posts that take off once in a while are the rule, so medians and counts of ranks decide.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

Number = int | float | None
Key = TypeVar("Key", bound=Hashable)

Z95 = 1.959964
LEAST = 6  # fewer values carry no 95 % interval of a median at all: 1 - 2 / 2**5 is 94 %


def known(values: Iterable[Number]) -> list[float]:
    """The values that are known, in order of size."""
    return sorted(v for v in values if v is not None)


def median(values: Iterable[Number]) -> float | None:
    return _at(known(values), 0.5)


def quartiles(values: Iterable[Number]) -> tuple[float, float, float] | None:
    """Lower quartile, median, upper quartile; between two values in proportion."""
    found = known(values)
    return (_at(found, 0.25), _at(found, 0.5), _at(found, 0.75)) if found else None  # type: ignore[return-value]


def percentile(values: Iterable[Number], percent: float) -> float | None:
    return _at(known(values), percent / 100)


def _at(found: list[float], place: float) -> float | None:
    if not found:
        return None
    exact = (len(found) - 1) * place
    below = math.floor(exact)
    above = min(below + 1, len(found) - 1)
    return found[below] + (found[above] - found[below]) * (exact - below)


@dataclass(frozen=True)
class Interval:
    """Where the true value lies in 19 of 20 such cases."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Spread:
    """``known`` of ``of`` values were known. ``interval`` of the median is None for fewer than six of them."""

    known: int
    of: int
    lowest: float
    lower: float
    median: float
    upper: float
    highest: float
    interval: Interval | None

    @property
    def small(self) -> bool:
        """Too few values for the median to be more than these posts themselves."""
        return self.interval is None


def spread(values: Iterable[Number]) -> Spread | None:
    values = list(values)
    found, parts = known(values), quartiles(values)
    if parts is None:
        return None
    lower, middle, upper = parts
    return Spread(len(found), len(values), found[0], lower, middle, upper, found[-1], median_interval(found))


def median_interval(values: Iterable[Number], *, looks: int = 1) -> Interval | None:
    """95 % for the median by counting ranks; it holds for every distribution. None for fewer than six values.

    ``looks``: how many such intervals are judged together; all of them hold in 95 % of cases (Bonferroni), and it
    takes more values to have one.
    """
    found = known(values)
    rank = _rank(len(found), looks)
    return None if rank is None else Interval(found[rank], found[-1 - rank])


@cache
def _rank(n: int, looks: int) -> int | None:
    """How many values may be cut off at each end so that the rest holds the median in 95 % of cases, at every look."""
    below, rank = 0.0, None
    for k in range(n // 2):
        below += math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
        if below > 0.025 / looks:
            break
        rank = k
    return rank


def count_interval(count: Number) -> Interval | None:
    """95 % around a count of independent events (Byar's approximation of Poisson's limits)."""
    if count is None or count < 0:
        return None
    more = count + 1
    low = count * (1 - 1 / (9 * count) - Z95 / (3 * math.sqrt(count))) ** 3 if count else 0.0
    return Interval(max(0.0, low), more * (1 - 1 / (9 * more) + Z95 / (3 * math.sqrt(more))) ** 3)


def rate_interval(count: Number, of: Number) -> Interval | None:
    """95 % around ``count`` per hundred of ``of``. A person may like and share, so counts may exceed their base."""
    around = count_interval(count)
    return None if around is None or not of else Interval(100 * around.low / of, 100 * around.high / of)


def share_interval(part: int, whole: int) -> Interval | None:
    """95 % around a share of cases, in per cent (Wilson). None without cases."""
    if not whole:
        return None
    share, z2 = part / whole, Z95**2
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z95 * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    low = max(0.0, middle - half) if part else 0.0  # exactly: reckoned, it misses zero by a hair
    high = min(1.0, middle + half) if part != whole else 1.0
    return Interval(100 * low, 100 * high)


# Who leads --------------------------------------------------------------------------------------------------------
def leader(intervals: Mapping[Key, Interval | None]) -> Key | None:
    """The one whose interval lies above every other's. None where two overlap, one is unknown, or there is one only.

    Two intervals of 95 % that do not touch are much rarer by chance than one in twenty, which leaves room for
    looking at several pairs at once.
    """
    if len(intervals) < 2 or any(each is None for each in intervals.values()):
        return None
    (first, best), (_, second) = _top_two(intervals)
    return first if not best.overlaps(second) else None


def _top_two(intervals: Mapping[Key, Interval | None]) -> list[tuple[Key, Interval]]:
    """The one that begins highest, and of the others the one that reaches highest."""
    rows = [(key, each) for key, each in intervals.items() if each is not None]
    best = max(rows, key=lambda row: row[1].low)
    return [best, max((row for row in rows if row is not best), key=lambda row: row[1].high)]


def leads(groups: Mapping[Key, Iterable[Number]]) -> Key | None:
    """The group whose median clearly leads; None on anything that chance could have done.

    Groups with fewer than six known values cannot be judged and are left out.
    """
    found = {key: median_interval(values) for key, values in groups.items()}
    return leader({key: each for key, each in found.items() if each is not None})


def counts_lead(counts: Mapping[Key, Number]) -> Key | None:
    """The one whose count is clearly the greatest, of those that are known."""
    return leader({key: count_interval(value) for key, value in counts.items() if value is not None})
