"""What stands on the calendar between two days, for one person, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q

from access import policy
from editorial import house
from editorial.entries import (
    MARGIN,
    OFF_THE_CALENDAR,
    WORDS,
    Entry,
    entries_of,
    entry_of,
    quiet_between,
    quiet_now,
    with_places,
)
from editorial.enums import STATUS, Look
from editorial.filters import Filters, Offered, matches
from editorial.models import QuietPeriod
from formats.models import Variant
from publishing.status import with_reviews
from work import clock

__all__ = ["WORDS", "Board", "Entry", "Filters", "entries_of", "entry_of", "load", "quiet_now"]

MAX_UNPLANNED = 200


@dataclass
class Board:
    """Entries by day, those without a time, and the quiet periods that touch the range."""

    days: list[tuple[date, list[Entry]]]
    unplanned: list[Entry]
    quiet: list[QuietPeriod]
    offered: Offered
    house: house.House
    taken: dict[int, list[datetime]]  # by channel, whatever is filtered away; a day more on both sides
    more_unplanned: int = 0  # how many of those without a time were read, where there may be more

    @property
    def entries(self) -> list[Entry]:
        return [entry for _, entries in self.days for entry in entries]

    @property
    def legend(self) -> list[tuple[str, list[tuple[str, Look | str]]]]:
        """The signs that stand on the grid and what they mean: statuses, then platforms; nothing that is not there."""
        words = {entry.word for entry in self.entries}
        platforms = {entry.variant.platform: entry.platform_label for entry in self.entries}
        return [
            ("status", [(word, look) for word, look in STATUS.items() if word in words]),
            ("platform", sorted(platforms.items())),
        ]

    @property
    def problems(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.problems or entry.look.tone == "bad"]


def load(
    user: Any,
    start: date,
    end: date,
    filters: Filters | None = None,
    *,
    zone: str = "UTC",
    at: datetime | None = None,
    seen: house.House | None = None,
) -> Board:
    """The calendar from ``start`` up to but not including ``end``, as days on the wall of each variant's own zone.

    ``zone`` is the person's: where it shows another time, entries carry it. ``seen`` is the house, if it is loaded.
    """
    filters = filters or Filters()
    at = at or clock.now()
    seen = seen or house.load(user, start, end)
    rows = policy.scoped(Variant.objects.all(), user, policy.VIEW)
    if filters.campaign:
        rows = rows.filter(campaign_id=filters.campaign)
    if not filters.text:
        rows = rows.defer(*WORDS)
    first, last = datetime.combine(start, time()) - MARGIN, datetime.combine(end, time()) + MARGIN
    unplanned = rows.filter(planned_wall__isnull=True).order_by("-pk").values("pk")[:MAX_UNPLANNED]
    near = Q(planned_wall__gte=first, planned_wall__lt=last) | Q(pk__in=unplanned)
    rows = rows.filter(near).select_related("story", "campaign", "owner")
    every = with_places(with_reviews(rows), first, last)
    quiet = list(quiet_between(user, first, last, filters.campaign))
    entries = entries_of(every, user, quiet=quiet, zone=zone, at=at, known=seen.channels)
    shown = [entry for entry in entries if matches(entry, filters)]
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in shown:
        wall = entry.variant.planned_wall
        if wall is not None and start <= wall.date() < end:
            by_day[wall.date()].append(entry)
    days = [(day, sorted(by_day[day], key=_order)) for day in sorted(by_day)]
    newest = sorted((e for e in shown if e.variant.planned_wall is None), key=lambda e: -e.pk)
    read = sum(entry.variant.planned_wall is None for entry in entries)
    more = read if read >= MAX_UNPLANNED else 0
    return Board(days, newest, quiet, Offered.of(entries, filters), seen, _taken(entries), more)


def _taken(entries: list[Entry]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    for entry in entries:
        if entry.variant.planned_at is not None and entry.word not in OFF_THE_CALENDAR:
            for channel in entry.channels:
                found[channel.pk].append(entry.variant.planned_at)
    return dict(found)


def _order(entry: Entry) -> tuple[Any, ...]:
    return (entry.variant.planned_wall, entry.variant.planned_fold, entry.pk)
