"""Gates: what upper houses may hold back, asked before and inside the transaction of each intent.

A gate is ``gate(publication, at) -> str | None``: the reason to hold, in words for the owner, or None. It
only reads, and only the database: it runs while the publication's row is locked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

Gate = Callable[[Any, datetime], str | None]

_GATES: list[Gate] = []


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
