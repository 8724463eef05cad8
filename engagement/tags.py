"""The hashtags of what went out, kept beside it so that a report of topics reads no payloads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from channels.connectors.base import StepKind
from engagement.core.tags import of_payload
from engagement.models import TagUse
from publishing.core.states import StepState
from publishing.models import Publication, Step

_CHUNK = 500


def went_out(publication: Any, **kwargs: Any) -> None:
    """Keep the hashtags of a publication that is out, and of its first comment once that is. Harmless when called again."""
    done = comments_out().filter(publication=publication.pk).exists()
    _keep([(publication.pk, publication.payload, done)])


def rebuild_all(publications: QuerySet[Publication]) -> None:
    """The same for any number of publications."""
    out = publications.filter(published_at__isnull=False, variant__isnull=False).order_by("pk")
    told = out.annotate(commented=Exists(comments_out().filter(publication=OuterRef("pk"))))
    ids = list(out.values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        some = told.filter(pk__in=ids[start : start + _CHUNK])
        _keep(some.values_list("pk", "version__payload", "commented"))


def comments_out() -> QuerySet[Step]:
    """The steps that wrote a first comment."""
    return Step.objects.filter(kind=StepKind.COMMENT, state=StepState.DONE)


def _keep(rows: Iterable[tuple[Any, Any, bool]]) -> None:
    uses = [
        TagUse(publication_id=pk, tag=tag, written=written)
        for pk, payload, commented in rows
        for tag, written in of_payload(payload, commented=commented).items()
    ]
    TagUse.objects.bulk_create(uses, ignore_conflicts=True, batch_size=_CHUNK)
