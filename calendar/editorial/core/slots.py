"""The times of the week at which an account usually posts, and the next of them that is free. Pure.

A slot is wall time: 18:00 stays 18:00 on both sides of a change of the clocks. Where a slot falls into the hour that
is missing it moves on as every planned time does; where an hour happens twice, the first is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from formats import schedule
from formats.schedule import Resolved

AHEAD = timedelta(days=56)  # nobody looks for a place further than eight weeks away


@dataclass(frozen=True, order=True)
class Slot:
    """``weekday`` as Python counts: Monday is 0."""

    weekday: int
    at: time


def of_day(slots: Iterable[Slot], day: date, zone: str) -> list[Resolved]:
    """The instants of one day's slots, in order, each once. Raises schedule.UnknownZone."""
    found = {
        resolved.at: resolved
        for slot in slots
        if slot.weekday == day.weekday()
        for resolved in [schedule.resolve(datetime.combine(day, slot.at), zone)]
    }
    return [found[at] for at in sorted(found)]


def between(slots: Iterable[Slot], zone: str, first: date, after: date) -> Iterator[Resolved]:
    """Every slot from ``first`` up to but not including ``after``, days on the wall of ``zone``."""
    slots = list(slots)
    for number in range((after - first).days):
        yield from of_day(slots, first + timedelta(days=number), zone)


def is_free(at: datetime, taken: Iterable[datetime], gap: timedelta) -> bool:
    """Whether no post stands nearer than ``gap``, and none at the very same moment."""
    return all(at != other and abs(at - other) >= gap for other in taken)


def next_free(
    slots: Iterable[Slot],
    zone: str,
    *,
    now: datetime,
    taken: Iterable[datetime] = (),
    gap: timedelta = timedelta(),
    allowed: Callable[[Resolved], bool] = lambda slot: True,
) -> Iterator[Resolved]:
    """The free slots after ``now``, the next first, eight weeks far. ``allowed`` is asked last: it may be dear."""
    taken = sorted(taken)
    today = schedule.wall_of(now, zone)[0].date()
    for slot in between(slots, zone, today, today + AHEAD):
        if slot.at > now and is_free(slot.at, taken, gap) and allowed(slot):
            yield slot
