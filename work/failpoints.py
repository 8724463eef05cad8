"""Places where a test may stop this process: ``HUSTINGS_FAILPOINTS="after_answer=kill"`` in the environment.

``kill`` ends the process as kill -9 does; ``stop`` freezes it; ``raise`` raises; ``full`` lets it write no further byte
to any file, as on a full disk; ``name=kill@2`` means the second time. Never in production.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter

from django.conf import settings


def _parse(text: str) -> dict[str, tuple[str, int]]:
    points = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, what = item.partition("=")
        action, _, nth = what.partition("@")
        points[name] = (action, int(nth or 1))
    return points


_POINTS: dict[str, tuple[str, int]] = {}
_seen: Counter[str] = Counter()
_lock = threading.Lock()


def arm(text: str) -> None:
    """From now on do this, and count anew."""
    _POINTS.clear()
    _POINTS.update(_parse(text))
    _seen.clear()


arm(settings.FAILPOINTS)


class Failed(Exception):
    """Raised where a test asked for it."""


def hit(name: str) -> None:
    """Do what the environment asks for at this place; nothing, normally."""
    if name not in _POINTS:
        return
    action, nth = _POINTS[name]
    with _lock:
        _seen[name] += 1
        if _seen[name] != nth:
            return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "full":
        import resource  # not on every system

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    elif action == "raise":
        raise Failed(name)
