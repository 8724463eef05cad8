"""Work on all due rows in this thread, in due order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from work import clock, hold, jobs, sources, worker
from work.models import PeriodicJob

ROUNDS = 1000  # a row that becomes due again at once would otherwise keep us here for ever


def drain(names: Iterable[str] | None = None) -> int:
    """Run every due row (of the named sources, or of all) until none is left. How many runs that took."""
    jobs.ensure_rows()
    hold.run_checks()
    wanted = None if names is None else set(names)
    done = 0
    for _ in range(ROUNDS):
        now, ran = clock.now(), 0
        for source in sources.every():
            if wanted is None or source.name in wanted:
                ran += sum(worker.run_one(source.name, pk) for pk in source.ids_due(now, 100))
        if not ran:
            break
        done += ran
    return done


def next_due(*, within: timedelta) -> float | None:
    """Seconds until the next row is due or its lease ends; None if that is further off.

    Periodic jobs do not count.
    """
    now = clock.now()
    nearest = None
    for source in sources.every():
        if source.model is PeriodicJob:
            continue
        rows = source.model._default_manager.filter(source.wanted(), next_action_at__lte=now + within)
        for due, lease in rows.values_list("next_action_at", "lease_until")[:500]:
            at = max(due, lease) if lease else due
            if at <= now + within and (nearest is None or at < nearest):
                nearest = at
    return None if nearest is None else max(0.0, (nearest - now).total_seconds())
