"""One word for where a variant stands, for lists and the calendar: a few queries for any number of
variants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, JSONObject
from wagtail.models import WorkflowState

from publishing.core.states import State
from publishing.core.status import STATES_IN_ORDER, word_of
from publishing.models import Publication, Version

__all__ = ["STATES_IN_ORDER", "VariantStatus", "status_of"]


@dataclass(frozen=True)
class VariantStatus:
    """``word``: draft, in_review, changes_requested, approved, voided, publishing, published, failed,
    attention, cancelled. ``detail`` says more, for people; ``publications`` are the newest per
    channel.
    """

    word: str
    detail: str = ""
    due_at: datetime | None = None
    published_at: datetime | None = None
    version_id: int | None = None
    publications: tuple[Publication, ...] = field(default=(), repr=False)


def with_reviews(variants: QuerySet) -> QuerySet:
    """The same variants, read together with their newest version and review, which saves status_of two queries."""
    reviews = _standing_reviews().filter(object_id=Cast(OuterRef("pk"), CharField(max_length=255)))
    versions = Version.objects.filter(variant_id=OuterRef("pk")).order_by("-approved_at", "-pk")
    newest = JSONObject(pk="pk", voided_at="voided_at", void_reason="void_reason")
    return variants.annotate(
        review=Coalesce(Subquery(reviews.values("status")[:1]), Value("")),
        newest_version=Subquery(versions.values(about=newest)[:1]),
    )


def status_of(variants: Iterable[Any]) -> dict[int, VariantStatus]:
    """The status of each variant by its id; at most three queries, however many there are."""
    variants = list(variants)
    ids = [variant.pk for variant in variants]
    versions = {v.pk: Standing(**v.newest_version) for v in variants if getattr(v, "newest_version", None)}
    versions |= _newest_versions([v.pk for v in variants if not hasattr(v, "newest_version")])
    publications = _newest_publications(ids)
    reviews = {variant.pk: variant.review for variant in variants if hasattr(variant, "review")}
    reviews |= _reviews([pk for pk in ids if pk not in reviews])
    return {pk: _status(versions.get(pk), publications.get(pk, ()), reviews.get(pk, "")) for pk in ids}


@dataclass(frozen=True)
class Standing:
    """What of a version tells where its variant stands. ``voided_at`` is only asked whether it is there."""

    pk: int
    voided_at: Any
    void_reason: str


def _newest_versions(ids: list[int]) -> dict[int, Standing]:
    if not ids:
        return {}
    rows = Version.objects.filter(variant_id__in=ids).order_by("approved_at", "pk")
    return {
        variant: Standing(*rest)
        for variant, *rest in rows.values_list("variant_id", "pk", "voided_at", "void_reason")
    }


def _newest_publications(ids: list[int]) -> dict[int, tuple[Publication, ...]]:
    newest: dict[tuple[int, int], Publication] = {}
    rows = Publication.objects.filter(variant_id__in=ids).select_related("channel").order_by("created_at")
    for row in rows:
        newest[row.variant_id, row.channel_id] = row
    found: dict[int, list[Publication]] = {}
    for row in newest.values():
        found.setdefault(row.variant_id, []).append(row)
    return {pk: tuple(rows) for pk, rows in found.items()}


def _reviews(ids: list[int]) -> dict[int, str]:
    """in_progress or needs_changes, by variant."""
    if not ids:
        return {}
    rows = _standing_reviews().filter(object_id__in=[str(pk) for pk in ids])
    return {int(object_id): status for object_id, status in rows.values_list("object_id", "status")}


def _standing_reviews() -> QuerySet:
    from formats.models import Variant  # the model, only for its content type

    return WorkflowState.objects.filter(
        content_type=ContentType.objects.get_for_model(Variant, for_concrete_model=False),
        status__in=[WorkflowState.STATUS_IN_PROGRESS, WorkflowState.STATUS_NEEDS_CHANGES],
    )


def _status(version: Standing | None, publications: tuple[Publication, ...], review: str) -> VariantStatus:
    word = word_of(
        states=[State(p.state) for p in publications],
        started=[p.started_at is not None or p.intent_open for p in publications],
        approved=version is not None and version.voided_at is None,
        voided=version is not None and version.voided_at is not None,
        in_review=review == WorkflowState.STATUS_IN_PROGRESS,
        changes_requested=review == WorkflowState.STATUS_NEEDS_CHANGES,
    )
    telling = [p for p in publications if p.state in STATES_IN_ORDER.get(word, ())]
    detail = next((p.detail for p in telling if p.detail), "")
    if word == "voided" and version is not None:
        detail = version.void_reason
    return VariantStatus(
        word=word,
        detail=detail,
        due_at=min((p.due_at for p in publications), default=None),
        published_at=min((p.published_at for p in publications if p.published_at), default=None),
        version_id=version.pk if version else None,
        publications=publications,
    )
