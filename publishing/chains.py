"""Check the chains of hashes over the events, and keep the result for health and metrics."""

from __future__ import annotations

from collections.abc import Iterator

from publishing.domain.log import broken_at
from publishing.models import Publication
from work import findings

KEY = "chains"
NAMED = 20


def broken() -> Iterator[tuple[object, int]]:
    """(publication, number of the first event that does not fit), for each chain that is broken."""
    for pk in Publication.objects.order_by("pk").values_list("pk", flat=True).iterator():
        if (seq := broken_at(pk)) is not None:
            yield pk, seq


def check() -> None:
    """Run by a periodic job. Only publications with new events would be quicker, but would miss what it is for."""
    found = list(broken())
    words = f"{len(found)} publications have events that were changed around the database." if found else ""
    findings.note(
        KEY,
        ok=not found,
        words=words,
        checked=Publication.objects.count(),
        broken=[[str(pk), seq] for pk, seq in found[:NAMED]],
    )
