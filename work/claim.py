"""Take a due row so that nobody else works on it, keep it, write to it, give it back.

The conditional UPDATE is the lock, on both databases: SQLite ignores ``select_for_update``. The winner is
whoever changed the row; the fence it got is part of every later write. A worker that was frozen past its
lease and wakes up changes 0 rows, and must then drop everything: it writes nothing and tells nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Q, QuerySet

from work import clock
from work.models import DueRow

LEASE_S = 120

Row = TypeVar("Row", bound=DueRow)


class LeaseLost(Exception):
    """Somebody else holds the row now (or it was taken away). Drop the work; do not write, do not notify."""


def claimable(now: datetime) -> Q:
    return Q(next_action_at__lte=now) & (Q(lease_until=None) | Q(lease_until__lte=now))


def claim(
    model: type[Row], pk: Any, *, worker: str, lease_s: float = LEASE_S, extra: Q | None = None
) -> Row | None:
    """Take one row if it is due, unleased and meets ``extra``; None if not.

    Commits at once, in its own transaction. None also while the database's clock and ours are far apart: one of them
    has just been set, and what looks due may not be.
    """
    now = clock.now()
    if abs(clock.skew_s(now)) > clock.SKEW_MAX_S:
        return None
    with transaction.atomic():
        taken = model._default_manager.filter(claimable(now), extra or Q(), pk=pk).update(
            lease_owner=worker, lease_until=now + timedelta(seconds=lease_s), fence=F("fence") + 1
        )
        return model._default_manager.get(pk=pk) if taken else None


def held(row: Row) -> QuerySet[Row]:
    """The row as a queryset that matches only while we hold it: ``held(row).update(…)`` gives 1 or 0."""
    return type(row)._default_manager.filter(pk=row.pk, fence=row.fence, lease_owner=row.lease_owner)


def write(row: DueRow, **fields: Any) -> None:
    """Set fields on the row in the database and in memory; raise LeaseLost if it is no longer ours."""
    if held(row).update(**fields) != 1:
        raise LeaseLost(f"{row._meta.label} {row.pk}, fence {row.fence}")
    for name, value in fields.items():
        setattr(row, name, value)


def renew(row: DueRow, *, lease_s: float = LEASE_S) -> None:
    """Begin the lease anew from now. Call it between steps of long work, well before the lease is over."""
    write(row, lease_until=clock.now() + timedelta(seconds=lease_s))


def release(row: DueRow, *, next_action_at: datetime | None, **fields: Any) -> None:
    """Give the row back, saying when it is due again (None: not until somebody says so)."""
    if held(row).update(next_action_at=next_action_at, lease_owner="", lease_until=None, **fields) != 1:
        raise LeaseLost(f"{row._meta.label} {row.pk}, fence {row.fence}")
    row.next_action_at, row.lease_owner, row.lease_until = next_action_at, "", None
    for name, value in fields.items():
        setattr(row, name, value)


def is_held(row: DueRow) -> bool:
    return bool(row.lease_owner) and held(row).exists()
