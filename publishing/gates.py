"""Gates: what upper houses may hold back, asked before and inside the transaction of each intent.

A gate is ``gate(publication, at) -> str | None``: the reason to hold, in words for the owner, or None. It
only reads, and only the database: it runs while the publication's row is locked.

A mover is ``mover(publication, by) -> str | None``: why this person may not give an approved post another time of its
day, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

Gate = Callable[[Any, datetime], str | None]

Mover = Callable[[Any, Any], str | None]

_GATES: list[Gate] = []
_MOVERS: list[Mover] = []


def register(gate: Gate) -> Gate:
    if gate not in _GATES:
        _GATES.append(gate)
    return gate


def unregister(gate: Gate) -> None:
    if gate in _GATES:
        _GATES.remove(gate)


def reason_to_hold(publication: Any, at: datetime) -> str | None:
    """The first gate's reason, None when all are open."""
    return next((reason for gate in _GATES if (reason := gate(publication, at))), None)


def register_mover(mover: Mover) -> Mover:
    if mover not in _MOVERS:
        _MOVERS.append(mover)
    return mover


def reason_not_to_move(publication: Any, by: Any) -> str | None:
    """The first mover's reason, None when nobody objects."""
    return next((reason for mover in _MOVERS if (reason := mover(publication, by))), None)
