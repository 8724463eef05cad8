"""The hashtags of what went out, kept beside it so that a report of topics reads no payloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from channels.connectors.base import StepKind
from engagement.core.tags import of_payload, with_texts
from engagement.models import TagUse
from publishing.core.states import StepState
from publishing.domain.mending import changed_texts
from publishing.models import Publication, Step

_CHUNK = 500


def went_out(publication: Any, **kwargs: Any) -> None:
    """Keep the hashtags of a post that is out or was changed there, and of its first comment once that is out.

    Harmless when called again. What is done to a post has none of its own.
    """
    post = publication.about or publication
    if post.variant_id is not None:
        done = comments_out().filter(publication=post.pk).exists()
        _keep([(post.pk, post.payload, done)])


def rebuild_all(publications: QuerySet[Publication]) -> None:
    """The same for any number of publications."""
    out = publications.filter(published_at__isnull=False, variant__isnull=False).order_by("pk")
    told = out.annotate(commented=Exists(comments_out().filter(publication=OuterRef("pk"))))
    ids = list(out.values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        some = told.filter(pk__in=ids[start : start + _CHUNK])
        _keep(list(some.values_list("pk", "version__payload", "commented")))


def comments_out() -> QuerySet[Step]:
    """The steps that wrote a first comment."""
    return Step.objects.filter(kind=StepKind.COMMENT, state=StepState.DONE)


def _keep(rows: Sequence[tuple[Any, Any, bool]]) -> None:
    """As each stands on the network now: a hashtag that was taken out of a post there is none of its."""
    changed = changed_texts(Publication.objects.filter(pk__in=[pk for pk, _, _ in rows]))
    told = {
        pk: of_payload(with_texts(payload, changed.get(pk, {})), commented=commented)
        for pk, payload, commented in rows
    }
    for pk in changed:
        TagUse.objects.filter(publication=pk).exclude(tag__in=list(told[pk])).delete()
    uses = [
        TagUse(publication_id=pk, tag=tag, written=written)
        for pk, tags in told.items()
        for tag, written in tags.items()
    ]
    TagUse.objects.bulk_create(uses, ignore_conflicts=True, batch_size=_CHUNK)
