"""Which tables hold due rows, and what is done with a row once it is claimed.

A house registers its sources in ``AppConfig.ready``::

    sources.register(Source("render", Render, queue="media", run=render_row, due=Q(state="waiting")))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from work.claim import LEASE_S, claimable
from work.models import DueRow

DEFAULT, MEDIA = "default", "media"
QUEUES = (DEFAULT, MEDIA)


@dataclass(frozen=True)
class Source:
    """``run(row)`` gets a claimed row. It either releases the row itself, saying when it is due again, or
    returns: then the row is released with nothing more to do. If it raises, the row comes back later
    with ``tries`` + 1.

    ``steal`` says which rows of a worker that has died may be taken before their lease is over (None: no
    row). Rows of the queue ``media`` may take minutes of processor time; only ``MEDIA_AT_ONCE`` of a process's
    threads work on such. ``at_once`` keeps other slow rows to so many threads (0: all). ``patient`` rows are handed out
    after all others: a post has a time to keep, housekeeping has not. ``spare`` rows may wait long for a network, and
    never take half of a process's threads, all sources of such rows together. ``due`` may be asked anew each time.

    ``order(due rows, limit)`` gives the keys of the rows whose turn it is, where something else than their due times
    decides. A thread that works on such a row takes the next ones itself: whom a nudge names does not matter.
    """

    name: str
    model: type[DueRow]
    run: Callable[[Any], None]
    queue: str = DEFAULT
    due: Q | Callable[[], Q] = Q  # Q() is true of every row
    lease_s: float | Callable[[], float] = LEASE_S
    steal: Q | None = field(default_factory=Q)
    at_once: int = 0
    patient: bool = False
    spare: bool = False
    order: Callable[[QuerySet[Any], int], list[Any]] | None = None

    def lease(self) -> float:
        return self.lease_s() if callable(self.lease_s) else self.lease_s

    def wanted(self) -> Q:
        """Which rows this version of the code works on, whenever they are due."""
        return self.due() if callable(self.due) else self.due

    def ids_due(self, now: datetime, limit: int) -> list[Any]:
        rows = self.model._default_manager.filter(claimable(now), self.wanted())
        if self.order is not None:
            return self.order(rows, limit)
        return list(rows.order_by("next_action_at").values_list("pk", flat=True)[:limit])


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> Source:
    if source.name in _SOURCES and _SOURCES[source.name] != source:
        raise ValueError(f"two sources are called {source.name!r}")
    if source.queue not in QUEUES:
        raise ValueError(f"{source.name}: no queue is called {source.queue!r}")
    _SOURCES[source.name] = source
    return source


def get(name: str) -> Source | None:
    return _SOURCES.get(name)


def every(queues: Iterable[str] = QUEUES) -> list[Source]:
    """Those that must not wait come first."""
    wanted = set(queues)
    return sorted((s for s in _SOURCES.values() if s.queue in wanted), key=lambda s: s.patient)
