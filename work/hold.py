"""Why this process claims nothing at the moment. Kept per process; the heartbeat shows it to administrators.

A worker begins with the reason "start", until the checks that upper houses register have run once::

    hold.check_at_start_and_each_minute(restore.guard)
"""

from __future__ import annotations

import threading
from collections.abc import Callable

Check = Callable[[], str | None]

_reasons: dict[str, str] = {}
_lock = threading.Lock()
_CHECKS: list[Check] = []


def say(key: str, why: str | None) -> None:
    """Hold for this reason; None lets go of it."""
    with _lock:
        if why:
            _reasons[key] = why
        else:
            _reasons.pop(key, None)


def why() -> str:
    """All standing reasons, in words; empty when rows may be claimed."""
    with _lock:
        return " ".join(_reasons.values())


def standing(key: str) -> str:
    with _lock:
        return _reasons.get(key, "")


def check_at_start_and_each_minute(check: Check) -> Check:
    """Have ``check`` asked by every worker before its first claim and each minute: a reason to hold, or None."""
    if check not in _CHECKS:
        _CHECKS.append(check)
    return check


def run_checks() -> None:
    """Ask every check; what one raises leaves its last answer standing, and the others are asked all the same."""
    failed: Exception | None = None
    for check in list(_CHECKS):
        try:
            say(f"check {check.__module__}.{check.__qualname__}", check())
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed
    say("start", None)
