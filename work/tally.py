"""Counts of what leaves no row of its own, added up in the database so that all processes agree.

Counting is a dictionary in memory; the heartbeat writes it down every five seconds. A kill -9 loses what was counted
since then, never what was written.
"""

from __future__ import annotations

import threading
from collections import Counter

from django.db.models import F

from work.models import Tally

_waiting: Counter[str] = Counter()
_lock = threading.Lock()


def count(name: str, n: int = 1) -> None:
    with _lock:
        _waiting[name] += n


def write_down() -> None:
    """Add what was counted to the rows. What the database does not take is kept for the next time."""
    while _waiting:
        with _lock:
            name, n = _waiting.popitem()
        try:
            if not Tally.objects.filter(name=name).update(value=F("value") + n):
                Tally.objects.get_or_create(name=name)
                Tally.objects.filter(name=name).update(value=F("value") + n)
        except BaseException:
            count(name, n)
            raise


def read() -> dict[str, int]:
    return dict(Tally.objects.values_list("name", "value"))
