"""How invented posts do: seeded, plausible, and honest about what each network tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from random import Random

from engagement.core.catalogue import told_until
from engagement.core.metrics import NAMES, Number
from engagement.core.rollups import Correction, Told, fell_silent
from engagement.core.schedule import is_gap, pause

TELLS: dict[str, tuple[str, ...]] = {
    "x": ("impressions", "likes", "comments", "shares", "saves", "clicks", "profile_visits"),
    "facebook": ("reach", "views", "likes", "comments", "shares", "clicks"),
    "instagram": ("reach", "views", "likes", "comments", "shares", "saves", "follows", "profile_visits"),
    "threads": ("views", "likes", "comments", "shares"),
    "linkedin": ("impressions", "reach", "likes", "comments", "shares", "clicks"),
    "youtube": ("views", "likes", "comments", "shares", "watch_time_s", "follows"),
    "mastodon": ("likes", "comments", "shares"),
    "bluesky": ("likes", "comments", "shares"),
    "whatsapp": ("views",),
    "tiktok": ("views", "likes", "comments", "shares"),
}
# Of a hundred that a post is shown to, so many …
SHARE = {
    "impressions": 100.0,
    "reach": 70.0,
    "views": 80.0,
    "likes": 3.0,
    "comments": 0.4,
    "shares": 0.6,
    "saves": 0.3,
    "clicks": 1.0,
    "watch_time_s": 600.0,
    "follows": 0.05,
    "profile_visits": 0.5,
}
CORRECTED = 0.02  # of readings have a number below the one before: networks take robots out
UNREAD = 0.05  # of posts were not read for a while
VISITS = 0.6  # of a post's clicks arrive on the site; where a network tells none, of a hundredth of those who saw it
VISITED_DAYS = 7


@dataclass
class Life:
    """A post's readings, and what a reader of reports must know of them. ``gaps``: [from, until].

    ``silent``: when a number was no longer told, which one, and what it was last.
    """

    told: list[Told] = field(default_factory=list)
    corrections: list[tuple[datetime, Correction]] = field(default_factory=list)
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    silent: list[tuple[datetime, str, int | float]] = field(default_factory=list)


def ages(count: int) -> list[timedelta]:
    """At which ages a post is read: as the schedule would, thinned or filled up evenly to about ``count``."""
    found, age = [], timedelta(0)
    while (wait := pause(age)) is not None:
        age += wait
        found.append(age)
    if count <= len(found):
        return [found[n * len(found) // count] for n in range(count)]
    between = -(-count // len(found))
    filled, before = [], timedelta(0)
    for age in found:
        filled += [before + (age - before) * (n + 1) / between for n in range(between)]
        before = age
    return (
        filled[:count]
        if len(filled) - count < between
        else [filled[n * len(filled) // count] for n in range(count)]
    )


def life(
    random: Random, platform: str, published_at: datetime, at: Sequence[timedelta], followers: int | None
) -> Life:
    """Quick at first, then levelling off; now and then one number is corrected downwards, some posts were not read."""
    shown = (followers or 500) * random.lognormvariate(-1.2, 0.9)
    slow_s = random.uniform(4, 30) * 3600
    tells = TELLS[platform]
    final = [
        (name, shown * SHARE[name] / 100 * random.lognormvariate(0, 0.4), told_until(platform, name))
        for name in tells
    ]
    nothing: dict[str, Number] = {**dict.fromkeys(NAMES), "followers": followers}
    unread = random.random() < UNREAD
    if unread:
        begin = random.randrange(len(at) + 1)
        at = [*at[:begin], *at[begin + 1 + len(at) // 4 :]]
    made = Life()
    before: Told | None = None
    for age in at:
        part = 1 - exp(-age.total_seconds() / slow_s)
        age = timedelta(seconds=int(age.total_seconds()))
        values = nothing.copy()
        for name, most, until in final:
            if until is None or age < until:
                values[name] = int(most * part)
        told = Told(published_at + age, age, values)
        if before is not None:
            if random.random() < CORRECTED:
                made.corrections += _corrected(told, before, random.choice(tells))
            if unread and is_gap(before.age, age):
                made.gaps.append((before.at, told.at))
            for name in fell_silent(before.values, told.values):
                made.silent.append((told.at, name, before.values[name]))  # type: ignore[arg-type]  it was told
        made.told.append(told)
        before = told
    return made


def _corrected(told: Told, before: Told, name: str) -> list[tuple[datetime, Correction]]:
    """Take something off one number of a reading; nothing happens where there was nothing, or is nothing told now."""
    was = before.values[name]
    if not was or told.values[name] is None:
        return []
    told.values[name] = less = int(was * 0.95)  # type: ignore[index]  it was made a moment ago
    return [(told.at, Correction(name, was, less))]


def visits(random: Random, told: Sequence[Told]) -> list[int]:
    """How many of a post's readers the site counted, on each of its first days."""
    if not told:
        return []
    last = told[-1].values
    seen = next((last[name] for name in ("impressions", "views", "reach") if last[name]), 0) or 0
    clicks = next((n for each in reversed(told) if (n := each.values["clicks"]) is not None), seen / 100)
    left = int(clicks * VISITS * random.lognormvariate(0, 0.2))
    found = []
    for _ in range(VISITED_DAYS):
        today = -(-left // 2)
        if not today:
            break
        found.append(today)
        left -= today
    return found
