"""Numbers that a network tells late: while a post is young they are behind, and stand in no comparison.

What comes up to 48 hours late and stands at 24 hours is of any time between the first minute and now. Beside a number that
is told at once it would look like less success. So it counts only at an age that is longer than its lag. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from engagement.core.catalogue import NETWORKS, lag_h
from engagement.core.metrics import NAMES, Number
from engagement.core.rollups import AGES, LATEST, NEAR

Values = Mapping[str, Number]
HOUR_S = 3600
_LAGS_H = {
    platform: {name: hours for name in NAMES if (hours := lag_h(platform, name))} for platform in NETWORKS
}
_NOTHING: Values = {}


def part(platform: str, age: str, age_s: int, values: Values) -> tuple[Values, Values]:
    """What may be compared at this age, and what was told and is behind; in the first it is None.

    ``age_s``: how old the post was when these were told; it decides where ``age`` is no standard one (the newest).
    """
    late = [name for name in late_at(platform, age, age_s) if values.get(name) is not None]
    if not late:
        return values, _NOTHING
    return {**values, **dict.fromkeys(late)}, {name: values[name] for name in late}


def late_at(platform: str, age: str, age_s: int) -> list[str]:
    """The numbers of a network whose lag is not shorter than the age."""
    window_s = _window_s(age, age_s)
    return [name for name, hours in _LAGS_H.get(platform, {}).items() if hours * HOUR_S >= window_s]


def a_little_late_at(platform: str, age: str) -> list[str]:
    """The numbers that count at a standard age, and may lack more of its end than a reading near it may."""
    if age == LATEST:
        return []
    window_s = _window_s(age, 0)
    lags = _LAGS_H.get(platform, {}).items()
    return [name for name, hours in lags if (1 - NEAR) * window_s < hours * HOUR_S < window_s]


def counts_at_no_age(platform: str, until: timedelta) -> bool:
    """Whether all that a network tells of a post comes later than it can be read, which is up to this age of it."""
    lags = _LAGS_H.get(platform, {})
    until_s = until.total_seconds()
    return bool(lags) and all(lags.get(name, 0) * HOUR_S >= until_s for name in NETWORKS[platform].metrics)


def _window_s(age: str, age_s: int) -> float:
    return age_s if age == LATEST else AGES[age].total_seconds()
