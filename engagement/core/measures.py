"""What posts are compared by: one number each, the same thing counted on both sides.

Networks tell different interactions (Instagram tells saves, X none of ours), so a comparison of groups counts only
those that every group tells, and leaves out a post that lacks one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engagement.core.metrics import BASES, INTERACTIONS, METRICS, Number

Values = Mapping[str, Number]


@dataclass(frozen=True)
class Measure:
    """``base``: interactions per hundred of it; ``metric``: that number itself; neither: interactions."""

    code: str
    label: str
    base: str = ""
    metric: str = ""

    @property
    def is_rate(self) -> bool:
        return bool(self.base)

    @property
    def counts_interactions(self) -> bool:
        return not self.metric

    def of(self, values: Values, counted: Sequence[str] = INTERACTIONS) -> float | None:
        """The number of one post; None where something of it is unknown, or the base is nothing."""
        if self.metric:
            return values.get(self.metric)
        parts = [values.get(name) for name in counted]
        if not parts or any(part is None for part in parts):
            return None
        total = sum(part for part in parts if part is not None)
        if not self.base:
            return total
        base = values.get(self.base)
        return 100 * total / base if base else None


MEASURES: dict[str, Measure] = {
    each.code: each
    for each in (
        *(Measure(f"by_{base}", f"Engagement rate by {base}", base=base) for base in BASES),
        Measure("interactions", "Interactions"),
        *(Measure(each.name, each.label, metric=each.name) for each in METRICS),
    )
}
DEFAULTS = ("by_reach", "by_views", "by_impressions", "by_followers", "interactions", "impressions", "views")


def told_by_all(groups: Iterable[Iterable[Values]]) -> tuple[str, ...]:
    """The interactions that every group tells for at least one of its posts. Groups without any do not count."""
    told = [
        {name for name in INTERACTIONS for values in rows if values.get(name) is not None}
        for rows in (list(group) for group in groups)
    ]
    told = [names for names in told if names]
    return tuple(name for name in INTERACTIONS if told and all(name in names for names in told))


def most_known(rows: Sequence[Values], counted: Sequence[str]) -> Measure:
    """The measure that most posts have; of equals the better one, as ``DEFAULTS`` has them in order."""

    def known(code: str) -> int:
        return sum(MEASURES[code].of(values, counted) is not None for values in rows)

    return MEASURES[max(DEFAULTS, key=known)]


def coverage(rows: Sequence[Mapping[str, Any]], name: str) -> tuple[int, int]:
    """How many know it, of how many."""
    return sum(row.get(name) is not None for row in rows), len(rows)
