"""What keeps a post from having a time that somebody chooses in its editor: upper houses say so here.

A check is ``check(variant, resolved, channels) -> str | None``: the reason, in words for the person, or None. It only reads;
``channels`` are those chosen in the form, and the variant holds its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from formats.schedule import Resolved

Check = Callable[[Any, Resolved, Sequence[Any]], str | None]

_CHECKS: list[Check] = []


def register(check: Check) -> Check:
    if check not in _CHECKS:
        _CHECKS.append(check)
    return check


def refusal(variant: Any, resolved: Resolved, channels: Sequence[Any]) -> str | None:
    """The first check's reason, None when nothing stands against it."""
    return next((reason for check in _CHECKS if (reason := check(variant, resolved, channels))), None)
