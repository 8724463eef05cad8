"""What a worker says of itself every five seconds, and what it learns from the others' silence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q

from work import clock, hold, sources, tally, worker
from work.models import Worker

EVERY_S = 5.0
DEAD_AFTER_S = 20.0
SKEW_WARN_S = 2.0


def beat(now: datetime, *, queues: Iterable[str], broker_down: bool) -> float:
    """Say that this process lives, free what dead ones held and may lose; returns this clock's skew in seconds."""
    skew_s = clock.skew_s(now)
    far = abs(skew_s) > clock.SKEW_MAX_S
    hold.say("skew", f"This clock differs from the database's by {skew_s:.0f} s; set it." if far else None)
    values = {
        "seen_at": now,
        "skew_s": skew_s,
        "queues": ",".join(queues),
        "version": version(),
        "broker_down": broker_down,
        "holds": hold.why()[:500],
        "stopped_at": None,
    }
    Worker.objects.update_or_create(
        name=worker.name(), defaults=values, create_defaults={**values, "started_at": now}
    )
    tally.write_down()
    free_dead(now)
    return skew_s


@cache
def version() -> str:
    """The commit this code is at, so that two versions side by side can be told apart; empty when unknown."""
    head = settings.BASE_DIR / ".git" / "HEAD"
    try:
        text = head.read_text().strip()
        return (head.parent / text[5:]).read_text().strip()[:12] if text.startswith("ref: ") else text[:12]
    except OSError:
        return settings.VERSION


def free_dead(now: datetime) -> int:
    """End the leases of workers whose heartbeat stopped, where the source allows it before the lease is over.

    Safe although the worker may only be frozen: ending a lease makes its next intent fail, because an
    intent demands a lease that covers the whole call.
    """
    dead_before = now - timedelta(seconds=DEAD_AFTER_S)
    silent = Worker.objects.filter(seen_at__lt=dead_before, seen_at__gt=now - timedelta(days=1))
    dead = list(silent.values_list("name", flat=True))
    freed = 0
    for source in sources.every() if dead else ():
        if source.steal is not None:
            rows: Any = source.model._default_manager.filter(
                source.steal, Q(lease_until__gt=now), lease_owner__in=dead
            )
            freed += rows.update(lease_until=now)
    return freed


def goodbye(now: datetime) -> None:
    tally.write_down()
    Worker.objects.filter(name=worker.name()).update(stopped_at=now)
