"""Who this process is, and how it works on one row."""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from work import claim, clock, hold, sources, tally
from work.failpoints import hit

log = logging.getLogger(__name__)

RETRY_CAP_S = 600
REFUSED_MAX = 100
TURN_S = 10.0
_media_slots = threading.BoundedSemaphore(max(1, settings.MEDIA_AT_ONCE))
_spare_slots = threading.BoundedSemaphore(max(1, settings.WORKER_THREADS // 2))
_source_slots: dict[str, threading.BoundedSemaphore] = {}
_refused: dict[str, deque[Any]] = {}  # rows that were handed out while all threads for them were busy
_making = threading.Lock()
_unknown: set[str] = set()  # names that were already complained about


@cache
def name() -> str:
    """host:pid:random. The random part tells a process from an earlier one with the same number."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def retry_delay_s(tries: int) -> float:
    """1, 2, 4 … 600 s with half of it random, so that what failed together does not come back together."""
    top = min(RETRY_CAP_S, 2.0 ** min(tries, 16))
    return top / 2 + random.random() * top / 2  # noqa: S311


def run_one(source_name: str, pk: Any) -> bool:
    """Claim one row and work on it.

    False when there was nothing to claim (somebody else has it, or it is not due).
    """
    if hold.why():
        return False  # it stays due, for another worker or for later
    source = sources.get(source_name) if isinstance(source_name, str) else None
    if source is None:
        if (shown := repr(source_name)[:80]) not in _unknown and len(_unknown) < 100:
            _unknown.add(shown)
            log.warning("no source is called %s; an older or newer worker may know it", shown)
        return False
    with ExitStack() as held:
        for slots in _slots(source):
            if not slots.acquire(blocking=False):
                if source.order is None:
                    _refused.setdefault(source.name, deque(maxlen=REFUSED_MAX)).append(pk)
                return False  # it stays due; publishing must not wait for pictures, numbers or mail
            held.callback(slots.release)
        if source.order is not None:
            return _run_in_turn(source)
        ran = _run(source, pk)
        return _run_refused(source) or ran


def _run_refused(source: sources.Source) -> bool:
    """Work on the rows that found no free thread meanwhile, so that they need not wait for another nudge.

    For a while: then other sources have their turn.
    """
    waiting, ran, began = _refused.get(source.name, deque()), False, time.monotonic()
    while not hold.why() and time.monotonic() - began < TURN_S:
        try:
            pk = waiting.popleft()
        except IndexError:
            break
        ran = _run(source, pk) or ran
    return ran


def _run_in_turn(source: sources.Source) -> bool:
    """Work on the row whose turn it is, and on the next ones, until nothing is due or this process may claim no more."""
    ran = False
    while not hold.why():
        if not any(_run(source, pk) for pk in source.ids_due(clock.now(), 5)):  # others may be faster
            break
        ran = True
    return ran


def _slots(source: sources.Source) -> Iterator[threading.BoundedSemaphore]:
    """What has to be free for a row of this source to be worked on here."""
    if source.queue == sources.MEDIA:
        yield _media_slots
    elif source.at_once:
        with _making:
            own = _source_slots.setdefault(source.name, threading.BoundedSemaphore(source.at_once))
        yield own
    if source.spare:
        yield _spare_slots


def _run(source: sources.Source, pk: Any) -> bool:
    try:
        row = claim.claim(source.model, pk, worker=name(), lease_s=source.lease(), extra=source.wanted())
    except (ValueError, TypeError, ValidationError):
        return False  # no such key can exist: a foreign nudge
    if row is None:
        return False
    try:
        hit("after_claim")
        source.run(row)
        if claim.is_held(row):
            claim.release(row, next_action_at=None)
    except claim.LeaseLost as lost:
        tally.count("fence_rejects")
        log.warning("dropped %s: %s", source.name, lost)
    except Exception as error:
        log.exception("%s %s failed", source.name, pk)
        _give_back(row, error)
    return True


def _give_back(row: Any, error: Exception) -> None:
    at = clock.now() + timedelta(seconds=retry_delay_s(row.tries))
    try:
        claim.release(
            row, next_action_at=at, tries=row.tries + 1, last_error=f"{type(error).__name__}: {error}"[:2000]
        )
    except claim.LeaseLost:
        tally.count("fence_rejects")
        log.warning("%s %s: lost while giving it back", row._meta.label, row.pk)
