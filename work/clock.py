"""The one clock that decides what is due, whose lease is over and when something happened.

On PostgreSQL it is the database's, so that several hosts agree; SQLite lives on one host and has no sub-
second clock of its own in the versions we support, so there it is Python's. Tests put their own in its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

SKEW_MAX_S = 30.0  # a process further off than this from the database claims nothing

_replacement: Callable[[], datetime] | None = None


def now() -> datetime:
    """The time (UTC, aware). One short query on PostgreSQL: read it once per decision and pass it on."""
    if _replacement is not None:
        return _replacement()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)
    return datetime.now(UTC)


def is_held() -> bool:
    """Whether somebody moves the clock by hand."""
    return _replacement is not None


def skew_s(at: datetime) -> float:
    """This machine's clock minus ``at``, which :func:`now` has just said. 0 where the two are the same clock."""
    if _replacement is not None or connection.vendor != "postgresql":
        return 0.0
    return (datetime.now(UTC) - at).total_seconds()


class Hand:
    """A clock that only moves when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


@contextmanager
def by_hand(at: datetime | None = None) -> Iterator[Hand]:
    """Stop the clock of this process (all threads) and move it by hand: for tests and simulations."""
    global _replacement
    before, hand = _replacement, Hand(at or now())
    _replacement = hand
    try:
        yield hand
    finally:
        _replacement = before
