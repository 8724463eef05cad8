"""The budget of calls to a network, per channel and for our app as a whole, from what its connector declares."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from channels.connectors.base import Rate
from publishing import limits

RESERVE = 0.2  # of each budget is for publishing alone
MARGIN = timedelta(seconds=5)  # in which a worker comes to what may go now, before others do


def take(connector: Any, channel: Any, now: datetime, *, public: bool) -> float:
    """Take one call for publishing. 0: go; else seconds to wait."""
    rates = [rate for rate in connector.rates if rate.of == "all" or (public and rate.of == "posts")]
    return max((_take(rate, connector, channel, now) for rate in rates), default=0.0)


def take_spare(connector: Any, channel: Any, now: datetime, *, calls: int = 1) -> float:
    """Take calls for what can wait (numbers, conversations), all of them or none. 0: go; else seconds to wait.

    A fifth is always left to publishing. Who needs several calls is not starved by those who need one: while it
    waits, they leave the budget alone for as long, and then have it to themselves for as long again.
    """
    rates = [rate for rate in connector.rates if rate.of in ("all", "reads")]
    keys = [_key(rate, connector, channel) for rate in rates]
    if calls == 1 and (until := limits.held_until(map(_turn, keys), now)):
        return (until - now).total_seconds()
    for n, rate in enumerate(rates):
        if wait_s := _take(rate, connector, channel, now, share=1 - RESERVE, count=calls):
            for taken in rates[:n]:
                limits.give_back(_key(taken, connector, channel), calls * pace(taken)[0], now)
            if calls > 1:
                _save_up(keys[n], timedelta(seconds=wait_s), now)
            return wait_s
    return 0.0


def _save_up(key: str, wait: timedelta, now: datetime) -> None:
    """Let the others wait until there is enough, unless they have just waited: then it is their turn as long."""
    last = limits.hold_ends(_turn(key))
    if last is None or now - last >= wait:
        limits.hold(_turn(key), now + wait + MARGIN)


def _turn(key: str) -> str:
    return f"turn:{key}"


def spend(connector: Any, channel: Any, now: datetime, *, calls: int) -> None:
    """Book calls that were made beyond those taken before: they are out, so nobody is asked, and the next ones wait."""
    for rate in connector.rates:
        if rate.of in ("all", "reads") and calls > 0:
            every_s, _ = pace(rate)
            limits.spend(_key(rate, connector, channel), calls * every_s, now)


def _take(
    rate: Rate, connector: Any, channel: Any, now: datetime, share: float = 1.0, count: int = 1
) -> float:
    every_s, burst = pace(rate)
    key = _key(rate, connector, channel)
    return limits.take(key, every_s=every_s, burst=burst, now=now, share=share, count=count)


def _key(rate: Rate, connector: Any, channel: Any) -> str:
    whose = channel.pk if rate.per == "channel" else "app"
    return f"{rate.of}:{connector.platform}:{whose}:{rate.window_s:.0f}"


def pace(rate: Rate) -> tuple[float, float]:
    """Return (seconds per call, calls at once) such that no window ever holds more calls than the rate.

    Half of them may go at once; the other half is spread over the window. ``budget_factor`` is for an
    installation whose agreement with the network allows more.
    """
    calls = max(1, int(rate.calls * settings.PUBLISHING.get("budget_factor", 1)))
    burst = max(1, calls // 2)
    return rate.window_s / max(1, calls - burst), burst
