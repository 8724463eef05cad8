"""Who this process is, and how it works on one row."""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from work import claim, clock, hold, sources, tally
from work.failpoints import hit

log = logging.getLogger(__name__)

RETRY_CAP_S = 600
_media_slots = threading.BoundedSemaphore(max(1, settings.MEDIA_AT_ONCE))
_source_slots: dict[str, threading.BoundedSemaphore] = {}
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
    slots = _slots(source)
    if slots is None:
        return _run(source, pk)
    if not slots.acquire(blocking=False):
        return False  # it stays due; publishing must not wait for pictures or mail
    try:
        return _run(source, pk) if source.order is None else _run_in_turn(source)
    finally:
        slots.release()


def _run_in_turn(source: sources.Source) -> bool:
    """Work on the row whose turn it is, and on the next ones, until nothing is due or this process may claim no more."""
    ran = False
    while not hold.why():
        if not any(_run(source, pk) for pk in source.ids_due(clock.now(), 5)):  # others may be faster
            break
        ran = True
    return ran


def _slots(source: sources.Source) -> threading.BoundedSemaphore | None:
    if source.queue == sources.MEDIA:
        return _media_slots
    if not source.at_once:
        return None
    with _making:
        return _source_slots.setdefault(source.name, threading.BoundedSemaphore(source.at_once))


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
