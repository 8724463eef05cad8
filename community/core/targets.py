"""By when somebody is to be answered: targets, office hours, holidays, election mode. Pure; the caller brings the time.

A target counts minutes in which somebody is there. Both changes of the clocks are right by construction: what is counted
are the real minutes between two instants, and office hours are turned into instants day by day in their zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from community.core.waiting import Said as Said  # whoever reckons due times counts waits
from community.core.waiting import Step
from community.core.waiting import Wait as Wait
from community.core.waiting import waits as waits

DAYS_AHEAD = 400  # further than the longest run of closed days; then there is no due time
MIDNIGHT = time(0, 0)

Shift = tuple[time, time]  # from, until; until 00:00 means the end of the day


class State(StrEnum):
    """Of one wait for an answer."""

    WAITING = "waiting"
    SOON = "soon"  # past the moment of escalation
    MISSED = "missed"  # still unanswered after the due time
    KEPT = "kept"
    LATE = "late"  # answered, after the due time
    NO_TARGET = "no_target"


@dataclass(frozen=True)
class Hours:
    """When somebody is there: shifts per weekday (0 is Monday) on the clock of ``zone``.

    ``country`` and ``region`` name whose public holidays are off ("" for none), ``closed`` are days off besides.
    """

    weekly: Mapping[int, Sequence[Shift]]
    zone: str
    country: str = ""
    region: str = ""
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        for weekday, shifts in self.weekly.items():
            if weekday not in range(7):
                raise ValueError(f"There is no weekday {weekday}; 0 is Monday and 6 is Sunday.")
            ends = MIDNIGHT
            for number, (begins, until) in enumerate(shifts):
                if until != MIDNIGHT and until <= begins:
                    raise ValueError(
                        f"Office hours must end after they begin: {begins:%H:%M} to {until:%H:%M}."
                    )
                if number and (ends == MIDNIGHT or begins < ends):
                    raise ValueError(f"Office hours of one day overlap at {begins:%H:%M}.")
                ends = until

    def shifts_of(self, day: date) -> Sequence[Shift]:
        if day in self.closed or day in _holidays(self.country, self.region, day.year):
            return ()
        return self.weekly.get(day.weekday(), ())


ALWAYS = dict.fromkeys(range(7), ((MIDNIGHT, MIDNIGHT),))


def regions(country: str) -> list[str] | None:
    """The regions of a country that have holidays of their own; None where nobody knows its holidays."""
    return holidays.list_supported_countries().get(country)


@cache
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:  # a country or region that the package does not know
        return frozenset()
    return frozenset(found)


@dataclass(frozen=True)
class Target:
    """Answer within so many minutes. An empty condition holds for everything."""

    first_min: int
    next_min: int
    warn_min: int = 0  # how many minutes before the due time somebody else is told
    channel: str = ""
    topic: str = ""
    risk: str = ""
    rank: int = 0  # whose it is: the campaign's (2) go before those for all (1) and what else holds

    def minutes(self, step: Step) -> int:
        return self.first_min if step is Step.FIRST else self.next_min

    def fits(self, *, channel: str, topic: str, risk: str) -> bool:
        asked = ((self.channel, channel), (self.topic.casefold(), topic.casefold()), (self.risk, risk))
        return all(not wanted or wanted == has for wanted, has in asked)

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """Risk goes before topic, topic before channel."""
        return bool(self.risk), bool(self.topic), bool(self.channel)


@dataclass(frozen=True)
class Election:
    """Days on which other hours hold, and other targets where there are any. Both days count, in the hours' zone."""

    first: date
    last: date
    hours: Hours
    targets: tuple[Target, ...] = ()

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Plan:
    hours: Hours
    targets: tuple[Target, ...] = ()
    election: Election | None = None

    def target(
        self, day: date, step: Step = Step.FIRST, *, channel: str = "", topic: str = "", risk: str = ""
    ) -> Target | None:
        """The narrowest that fits; of two alike the stricter holds.

        In an election's days it is the shorter of the narrowest of its own and the narrowest of the others: the mode makes
        nothing slower.
        """
        own = self.election.targets if self.election and day in self.election else ()
        found = []
        for targets in (own, self.targets):
            fitting = [each for each in targets if each.fits(channel=channel, topic=topic, risk=risk)]
            if fitting:
                strict = max(
                    fitting, key=lambda each: (each.rank, each.weight, -each.first_min, -each.next_min)
                )
                found.append(strict)
        return min(found, key=lambda each: each.minutes(step), default=None)

    def open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When somebody is there from ``at`` on, as instants in UTC, in order and without overlap."""
        zone = ZoneInfo(self.hours.zone)
        first = at.astimezone(zone).date() - timedelta(days=1)  # the election's zone may be ahead
        before = at
        for ahead in range(DAYS_AHEAD):
            day = first + timedelta(days=ahead)
            hours = self.election.hours if self.election and day in self.election else self.hours
            for begins, until in hours.shifts_of(day):
                last = day + timedelta(days=1) if until == MIDNIGHT else day
                opens = max(_instant(day, begins, hours.zone), before)
                closes = _instant(last, until, hours.zone)
                if closes > opens:
                    before = closes
                    yield opens, closes


def _instant(day: date, wall: time, zone: str) -> datetime:
    """A time that the clocks skip is told by the clock as it was before, so 02:30 is 03:30; of a doubled one the first."""
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)


def after_open(plan: Plan, at: datetime, minutes: int) -> datetime | None:
    """The moment at which ``minutes`` of open time have passed since ``at``; None where there is no such time."""
    left = timedelta(minutes=minutes)
    for opens, closes in plan.open_from(at):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    return None


def open_between(plan: Plan, start: datetime, end: datetime) -> timedelta:
    """How much open time lies between two moments."""
    total = timedelta()
    for opens, closes in plan.open_from(start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


@dataclass(frozen=True)
class Due:
    """``escalate_at`` is never before ``since`` and never after ``at``."""

    since: datetime
    at: datetime
    escalate_at: datetime
    step: Step
    target: Target


def due(
    plan: Plan,
    since: datetime,
    step: Step,
    *,
    channel: str = "",
    topics: Sequence[str] = (),
    topic: str = "",
    risk: str = "",
    known: datetime | None = None,
) -> Due | None:
    """By when what was said at ``since`` is to be answered; None without a target or without office hours.

    Of several ``topics`` the one with the earliest time decides. What was ``known`` so late that nobody could be warned
    any more is due no earlier than the time of the warning after it was.
    """
    day = since.astimezone(ZoneInfo(plan.hours.zone)).date()
    found = [
        _due(plan, since, step, target, known)
        for each in (topics or (topic,))
        if (target := plan.target(day, step, channel=channel, topic=each, risk=risk)) is not None
    ]
    return min((each for each in found if each is not None), key=lambda each: each.at, default=None)


def _due(plan: Plan, since: datetime, step: Step, target: Target, known: datetime | None) -> Due | None:
    minutes = target.minutes(step)
    at = after_open(plan, since, minutes)
    early = after_open(plan, since, max(0, minutes - target.warn_min))
    if at is None or early is None:
        return None
    if known is not None and known > early:
        at = max(at, after_open(plan, known, min(target.warn_min, minutes)) or at)
    return Due(since, at, min(early, at), step, target)


def state(wait: Due | None, now: datetime, answered_at: datetime | None = None) -> State:
    """How a wait stands: at the due time itself it is still kept."""
    if wait is None:
        return State.NO_TARGET
    if answered_at is not None:
        return State.KEPT if answered_at <= wait.at else State.LATE
    if now > wait.at:
        return State.MISSED
    return State.SOON if wait.target.warn_min and now >= wait.escalate_at else State.WAITING
