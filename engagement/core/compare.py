"""Comparing posts fairly: at the same age, and only what each network really told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engagement.core.metrics import NAMES, Number


@dataclass(frozen=True)
class Reading:
    """The numbers of one publication at one age."""

    age: timedelta
    values: Mapping[str, Number]


def at_age(readings: Sequence[Reading], age: timedelta | None) -> Reading | None:
    """The last reading not older than ``age`` (the very last when None); None when there is none that young.

    Readings are never interpolated: a number in a report is a number that a network said.
    """
    fitting = [r for r in readings if age is None or r.age <= age]
    return max(fitting, key=lambda r: r.age, default=None)


def common_age(series: Sequence[Sequence[Reading]]) -> timedelta | None:
    """The greatest age every publication has reached: comparing there is fair. None when one has no reading."""
    last = [max((r.age for r in readings), default=None) for readings in series]
    return None if not last or None in last else min(a for a in last if a is not None)


def coverage(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """For each metric: how many rows know it, of how many."""
    return {name: (sum(r.get(name) is not None for r in rows), len(rows)) for name in NAMES}
