"""What is kept of many readings: where a post stood at each standard age, and at the end of each day.

Pure. The whole of it follows from the readings alone, in any order and however often each is told; the functions
ending in ``_after`` are the short way for the newest one, and give the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engagement.core.metrics import NAMES, Number

AGES: dict[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
LATEST = "latest"
NEAR = 0.9  # of an age; what is to stand for it is read within the last thirtieth of it


@dataclass(frozen=True)
class Told:
    """What a network said of one post at one moment; ``values`` has every metric and ``followers``, None: not told."""

    at: datetime
    age: timedelta
    values: Mapping[str, Number]


@dataclass(frozen=True)
class Day:
    """The last that was told on a local day, and what each metric has gained since it was last known.

    Before the first reading everything stood at zero, so the gains of all days up to one add up to what stood at its
    end. A gain is below zero where the network took something back, and None where it does not tell.
    """

    on: date
    told: Told
    gains: Mapping[str, Number]


@dataclass(frozen=True)
class Correction:
    """The network said less than it had said before."""

    metric: str
    before: int | float
    after: int | float


def standings(readings: Iterable[Told]) -> dict[str, Told]:
    """The last reading not older than each age. No age beyond the first one that the newest reading fits in.

    So the row of that age is provisional until the post has reached it.
    """
    found: dict[str, Told] = {}
    for told in _in_order(readings):
        found |= standings_after(found, told)
    return found


def standings_after(standing: Mapping[str, Told], told: Told) -> dict[str, Told]:
    """What changes with a reading newer than all before."""
    last, changed = standing.get(LATEST), {LATEST: told}
    for code, limit in AGES.items():
        if told.age <= limit:
            changed[code] = told
            break
        if last is not None and code not in standing and last.age <= limit:
            changed[code] = last  # nothing was told between: it stood there as it did before
    return changed


def is_near(code: str, age_s: int) -> bool:
    """Whether a standing was read so shortly before its age that it may be compared at it.

    It was not where reading failed for long: what stands there is older, and a post would look slow for it.
    """
    return code == LATEST or age_s >= NEAR * AGES[code].total_seconds()


def days(readings: Iterable[Told], zone: ZoneInfo) -> dict[date, Day]:
    """The end of every day on which something was told, with its gains."""
    ends: dict[date, Told] = {told.at.astimezone(zone).date(): told for told in _in_order(readings)}
    known: dict[str, Number] = {}
    found = {}
    for on, told in ends.items():
        found[on] = Day(on, told, _gains(told, known))
        known |= {name: value for name in NAMES if (value := told.values.get(name)) is not None}
    return found


def day_after(newest: Day | None, told: Told, zone: ZoneInfo) -> Day | None:
    """The day of a reading newer than all before, from the newest day; None where that does not suffice."""
    on = told.at.astimezone(zone).date()
    if newest is None:
        return Day(on, told, _gains(told, {}))
    base: dict[str, Number] = {}
    for name in NAMES:
        before, gain = newest.told.values.get(name), newest.gains.get(name)
        if before is None or gain is None:
            if told.values.get(name) is not None:
                return None
        else:
            base[name] = before - gain if newest.on == on else before
    return Day(on, told, _gains(told, base)) if newest.on <= on else None


def corrections(before: Mapping[str, Number], after: Mapping[str, Number]) -> list[Correction]:
    """Metrics that went down from one reading to the next. They only ever count up, unless the network corrects."""
    pairs = ((name, before.get(name), after.get(name)) for name in NAMES)
    return [Correction(n, b, a) for n, b, a in pairs if b is not None and a is not None and a < b]


def fell_silent(before: Mapping[str, Number], after: Mapping[str, Number]) -> tuple[str, ...]:
    """Metrics that were told and are not any more."""
    return tuple(n for n in NAMES if before.get(n) is not None and after.get(n) is None)


def worth_keeping(readings: Iterable[Told], zone: ZoneInfo) -> set[datetime]:
    """The moments without which :func:`standings` and :func:`days` would come out otherwise."""
    readings = list(readings)
    ends = (day.told.at for day in days(readings, zone).values())
    return {told.at for told in standings(readings).values()} | set(ends)


def _gains(told: Told, known: Mapping[str, Number]) -> dict[str, Number]:
    values = ((name, told.values.get(name)) for name in NAMES)
    return {name: None if value is None else value - (known.get(name) or 0) for name, value in values}


def _in_order(readings: Iterable[Told]) -> Sequence[Told]:
    return sorted({told.at: told for told in readings}.values(), key=lambda told: told.at)
