"""The names under which numbers of different networks may stand in one table, and what each of them means.

Unknown is not zero: a metric that a network does not offer, or has not told us yet, is None everywhere.
Impressions, reach and views are three different things and are never added up or put in one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Number = int | float | None


@dataclass(frozen=True)
class Metric:
    name: str
    label: str
    unit: str
    meaning: str

    @property
    def short_unit(self) -> str:
        """What must stand beside the number; counts need nothing."""
        return "s" if self.unit == "seconds" else ""

    @property
    def label_with_unit(self) -> str:
        return f"{self.label} ({self.short_unit})" if self.short_unit else self.label


METRICS: tuple[Metric, ...] = (
    Metric(
        "impressions", "Impressions", "times", "How often it was shown, the same person counted each time."
    ),
    Metric("reach", "Reach", "accounts", "How many different accounts saw it."),
    Metric("views", "Views", "times", "How often it was opened or played, by the network's own rule."),
    Metric("likes", "Likes", "times", "Likes and other reactions."),
    Metric("comments", "Comments", "times", "Comments and replies."),
    Metric("shares", "Shares", "times", "Reposts, quotes and shares."),
    Metric("saves", "Saves", "times", "Bookmarks and saves."),
    Metric(
        "clicks", "Clicks", "times", "Clicks on the link, or anywhere on the post: by the network's own rule."
    ),
    Metric("watch_time_s", "Watch time", "seconds", "Seconds watched by everyone together."),
    Metric("follows", "Follows", "accounts", "New followers the network credits to it."),
    Metric("profile_visits", "Profile visits", "times", "Visits to our profile that came from it."),
)
NAMES: tuple[str, ...] = tuple(m.name for m in METRICS)
LABELS: Mapping[str, str] = {m.name: m.label.lower() for m in METRICS}  # inside a sentence
INTERACTIONS = ("likes", "comments", "shares", "saves")
BASES = ("reach", "views", "impressions", "followers")


@dataclass(frozen=True)
class Rate:
    """Interactions per hundred of ``base``. ``missing`` names interactions the network does not tell."""

    base: str
    value: float
    interactions: int
    of: int
    missing: tuple[str, ...]


def interactions(values: Mapping[str, Number]) -> int | None:
    """Likes, comments, shares and saves together, as far as they are known; None when none of them is."""
    known = [int(v) for name in INTERACTIONS if (v := values.get(name)) is not None]
    return sum(known) if known else None


def rate(values: Mapping[str, Number], base: str) -> Rate | None:
    """The engagement rate on one base, or None where the base or every interaction is unknown (or the base is 0)."""
    total, of = interactions(values), values.get(base)
    if total is None or not of:
        return None
    missing = tuple(n for n in INTERACTIONS if values.get(n) is None)
    return Rate(base, 100 * total / of, total, int(of), missing)
