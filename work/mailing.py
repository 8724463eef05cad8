"""Mail goes out in one thread of a worker, one after the other: a server that hangs must not hold up publishing."""

from __future__ import annotations

import time

from django.db.models import Q

from work import claim, clock, outbox, sources, worker
from work.models import Outbox

TURN_S = 20.0
LOOKED_AT = 20


def send_in_turn(row: Outbox) -> None:
    """Send a claimed mail and then the others that are due, until one fails or the turn is over."""
    ends = time.monotonic() + TURN_S
    outbox.send_row(row)
    while time.monotonic() < ends and _went_well(row) and (following := _next()) is not None:
        row = following
        outbox.send_row(row)


def _went_well(row: Outbox) -> bool:
    return not Outbox.objects.filter(pk=row.pk, tries__gt=0, sent_at=None).exists()


def _next() -> Outbox | None:
    source = sources.get("outbox")
    for pk in source.ids_due(clock.now(), LOOKED_AT) if source else ():
        if row := claim.claim(Outbox, pk, worker=worker.name(), extra=Q(sent_at=None)):
            return row
    return None
