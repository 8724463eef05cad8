"""The times of the week at which an account usually posts, for houses that may not ask the calendar.

The calendar keeps them and fills this hook; reports suggest times and hand them over here. Without a calendar there
are no slots, and nothing can be taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time
from typing import Any

Slot = tuple[int, time]  # Monday is 0; on the clock of the account's campaign
Reader = Callable[[Any], set[Slot]]
Adder = Callable[..., int]

_KEPT_BY: list[tuple[Reader, Adder]] = []


def keep_by(reader: Reader, adder: Adder) -> None:
    """``adder(channel, slots, by=)`` adds what is not there yet and returns how many that were."""
    _KEPT_BY[:] = [(reader, adder)]


def slots_of(channel: Any) -> set[Slot]:
    return _KEPT_BY[0][0](channel) if _KEPT_BY else set()


def add(channel: Any, slots: Iterable[Slot], *, by: Any) -> int:
    """The caller has asked access.policy whether this person may."""
    return _KEPT_BY[0][1](channel, set(slots), by=by) if _KEPT_BY else 0
