"""Jobs that come back: a row each, claimed like any other, so that it does not matter how many workers
run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q

from work import claim, clock
from work.models import PeriodicJob

_JOBS: dict[str, tuple[timedelta, Callable[[], None]]] = {}


def register(name: str, *, every: timedelta, run: Callable[[], None]) -> None:
    """Have ``run()`` called about ``every``. It must be safe to call twice and to be cut off anywhere."""
    if name in _JOBS and _JOBS[name] != (every, run):
        raise ValueError(f"two jobs are called {name!r}")
    _JOBS[name] = (every, run)


def ensure_rows() -> None:
    """Make the rows of new jobs and follow changed intervals; after each migrate and at a worker's start."""
    now = clock.now()
    for name, (every, _) in _JOBS.items():
        every_s = int(every.total_seconds())
        row, made = PeriodicJob.objects.get_or_create(
            name=name, defaults={"every_s": every_s, "next_action_at": now}
        )
        if not made and row.every_s != every_s:
            PeriodicJob.objects.filter(pk=row.pk).update(every_s=every_s, next_action_at=now)


def known() -> Q:
    """Rows of jobs that this version of the code has; the others are for the version that knows them."""
    return Q(name__in=list(_JOBS))


def run_row(row: PeriodicJob) -> None:
    """Run one job and have it come back."""
    every, run = _JOBS[row.name]
    run()
    now = clock.now()
    claim.release(row, next_action_at=now + every, last_ok_at=now, tries=0, last_error="")
