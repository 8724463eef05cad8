"""How invented posts do: seeded, plausible, and honest about what each network tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp
from random import Random

from engagement.core.metrics import NAMES, Number
from engagement.core.rollups import Told
from engagement.core.schedule import pause

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
CORRECTED = 0.02  # of readings lie below the one before: networks take robots out


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


def readings(
    random: Random, platform: str, published_at: datetime, at: Sequence[timedelta], followers: int | None
) -> list[Told]:
    """A post's readings: quick at first, then levelling off, now and then corrected downwards by a little."""
    shown = (followers or 500) * random.lognormvariate(-1.2, 0.9)
    slow_s = random.uniform(4, 30) * 3600
    final = {name: shown * SHARE[name] / 100 * random.lognormvariate(0, 0.4) for name in TELLS[platform]}
    nothing: dict[str, Number] = {**dict.fromkeys(NAMES), "followers": followers}
    found = []
    for age in at:
        part = 1 - exp(-age.total_seconds() / slow_s)
        if random.random() < CORRECTED:
            part *= 0.97
        age = timedelta(seconds=int(age.total_seconds()))
        values = {**nothing, **{name: int(most * part) for name, most in final.items()}}
        found.append(Told(published_at + age, age, values))
    return found
