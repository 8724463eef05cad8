"""Networks that do not answer: what can wait (numbers, followers, conversations) leaves them alone for a while.

Each call that hangs takes half a minute of a thread. Of a network that is silent one is lost now and then, not one for
every account and post on it. Publishing has breakers of its own and is not held back by what reading found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.base import Outcome, OutcomeKind, Refused
from channels.wire import GuardLate, WireError
from publishing import limits
from work import claim, clock
from work.models import DueRow

MOST = timedelta(minutes=10)  # for what is asked for together, however slowly a network answers
SILENCE = frozenset({OutcomeKind.NOT_SENT, OutcomeKind.UNKNOWN})


def left_alone_until(connector: Any, channel: Any, now: datetime) -> datetime | None:
    """Until when the channel's network is not asked for what can wait; None: go on."""
    return limits.held_until([_key(connector, channel), _host(connector, channel)], now, tripped=True)


def heard(connector: Any, channel: Any, trouble: Exception | Outcome | None, now: datetime) -> None:
    """Take in how a network answered: with ``trouble``, or well (None)."""
    if trouble is None:
        limits.worked([_key(connector, channel)])
    elif is_silence(trouble):
        limits.silent(_key(connector, channel), now)


def is_silence(trouble: Exception | Outcome) -> bool:
    if isinstance(trouble, Refused):
        trouble = trouble.outcome
    if isinstance(trouble, Outcome):
        return trouble.kind in SILENCE
    return isinstance(trouble, WireError) and not isinstance(trouble, GuardLate)


class Keeping:
    """A guard of calls: it keeps claimed rows ours while many calls are made for them, and ends it after a while."""

    def __init__(self, rows: Sequence[DueRow]):
        self.rows = rows
        self.began = self.kept = clock.now()

    def __call__(self) -> None:
        now = clock.now()
        if now - self.began > MOST:
            raise GuardLate("the network answers too slowly")
        if now - self.kept < timedelta(seconds=claim.LEASE_S / 4):
            return
        try:
            for row in self.rows:
                claim.renew(row)
        except claim.LeaseLost as lost:
            raise GuardLate(str(lost)) from lost
        self.kept = now


def _key(connector: Any, channel: Any) -> str:
    return f"reads:{connector.server_of(channel)}"


def _host(connector: Any, channel: Any) -> str:
    return f"host:{connector.server_of(channel)}"
