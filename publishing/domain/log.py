"""Write an event, in the transaction of what it tells about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from publishing import marks
from publishing.core.chain import first_break, link
from publishing.models import Event, Publication


def record(
    publication: Publication,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    at: datetime,
    by: Any = None,
    worker: str = "",
) -> Event:
    """Append an event to the publication's chain.

    The caller has changed the publication's row in the same transaction, so nobody else appends
    meanwhile; if somebody does, the unique (publication, seq) takes the whole transaction back.

    With the first event the database gets its name (marks.identity): a copy of it must be known as one, also if it was
    made before any worker ran.
    """
    last = (
        Event.objects.filter(publication_id=publication.pk)
        .order_by("-seq")
        .values_list("seq", "hash")
        .first()
    )
    seq, prev_hash = (last[0] + 1, last[1]) if last else (1, "")
    event = Event(
        publication_id=publication.pk,
        seq=seq,
        at=at,
        kind=kind,
        data=json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
        by_id=by.pk if by is not None else None,
        by_name=(by.get_full_name() or by.get_username())[:200] if by is not None else "",
        worker=worker,
        prev_hash=prev_hash,
    )
    event.hash = link(prev_hash, hashed_fields(event))
    event.save(force_insert=True)
    if seq == 1:
        marks.identity()
    return event


def hashed_fields(event: Event) -> dict[str, Any]:
    return {
        "publication": str(event.publication_id),
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": event.kind,
        "data": event.data,
        "by": event.by_id,
        "by_name": event.by_name,
        "worker": event.worker,
    }


def broken_at(publication_id: Any) -> int | None:
    """The ``seq`` of the first event of a publication that was changed around the database; None when
    none was.
    """
    events = Event.objects.filter(publication_id=publication_id).order_by("seq")
    return first_break((e.seq, e.prev_hash, e.hash, hashed_fields(e)) for e in events.iterator(500))
