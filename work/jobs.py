"""Jobs that come back: a row each, claimed like any other, so that it does not matter how many workers
run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from work import claim, clock
from work.models import PeriodicJob

LONG_LEASE_S = 600  # between two calls of ``keep``


@dataclass(frozen=True)
class Job:
    """``long``: it may take minutes. Long jobs run one after the other, and ``run`` gets a function to call before each
    piece of work: it keeps the job ours, or raises LeaseLost, and then the rest is another's.
    """

    every: timedelta
    run: Callable[..., object]
    long: bool = False


_JOBS: dict[str, Job] = {}


def register(name: str, *, every: timedelta, run: Callable[..., object], long: bool = False) -> None:
    """Have ``run()`` called about ``every``. It must be safe to call twice and to be cut off anywhere."""
    job = Job(every, run, long)
    if name in _JOBS and _JOBS[name] != job:
        raise ValueError(f"two jobs are called {name!r}")
    _JOBS[name] = job


def ensure_rows() -> None:
    """Make the rows of new jobs and follow changed intervals; after each migrate and at a worker's start."""
    now = clock.now()
    for name, job in _JOBS.items():
        every_s = int(job.every.total_seconds())
        row, made = PeriodicJob.objects.get_or_create(
            name=name, defaults={"every_s": every_s, "next_action_at": now}
        )
        if not made and row.every_s != every_s:
            PeriodicJob.objects.filter(pk=row.pk).update(every_s=every_s, next_action_at=now)


def known() -> Q:
    """Rows of short jobs that this version of the code has; the others are for the version that knows them."""
    return Q(name__in=[name for name, job in _JOBS.items() if not job.long])


def known_long() -> Q:
    return Q(name__in=[name for name, job in _JOBS.items() if job.long])


def run_row(row: PeriodicJob) -> None:
    """Run one job and have it come back."""
    job = _JOBS[row.name]
    if job.long:
        job.run(lambda: claim.renew(row, lease_s=LONG_LEASE_S))
    else:
        job.run()
    now = clock.now()
    claim.release(row, next_action_at=now + job.every, last_ok_at=now, tries=0, last_error="")
