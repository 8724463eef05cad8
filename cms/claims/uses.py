"""Keeps which variant carries which claim, so that lists and the gate ask one small table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from cms.claims.attached import attached
from cms.models import Claim, ClaimUse, PiecePage
from formats import claims
from formats.core.claims import Claim as Known
from formats.models import Variant


def look_up(ids: Iterable[int]) -> dict[int, Known]:
    """What formats asks (formats.claims.provide)."""
    return {claim.pk: claim.to_core() for claim in Claim.objects.filter(pk__in=ids)}


def variant_changed(sender: Any, variant: Variant, **kwargs: Any) -> None:
    """Listens to formats.signals.variant_changed."""
    revision = None if variant.is_correction else variant.story.latest_revision
    now = attached(revision.content) if revision else {}
    _keep(variant, now)


def story_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Listens to saved revisions of stories: attaching a claim reaches their variants at once."""
    model = None if raw else instance.content_type.model_class()
    if model is None or not issubclass(model, PiecePage):
        return
    now = attached(instance.content)
    rows = Variant.objects.filter(story_id=int(instance.object_id), kind=Variant.Kind.POST)
    if not now:
        rows = rows.filter(claim_uses__digest="").distinct()
    for variant in rows:
        _keep(variant, now)


@transaction.atomic
def _keep(variant: Variant, now: Mapping[str, tuple[int, ...]]) -> None:
    wanted = set(claims.places(variant, now))
    there = set(ClaimUse.objects.filter(variant_id=variant.pk, digest="").values_list("claim_id", flat=True))
    if gone := there - wanted:
        ClaimUse.objects.filter(variant_id=variant.pk, digest="", claim_id__in=gone).delete()
    _add(variant.pk, "", wanted - there)


def approved(variant_id: int, digest: str) -> None:
    """Keep what the variant carries now as what the version with this digest carries. Safe to call twice."""
    _add(variant_id, digest, carried(variant_id))


def carried(variant_id: int, digest: str = "") -> set[int]:
    uses = ClaimUse.objects.filter(variant_id=variant_id, digest=digest)
    return set(uses.values_list("claim_id", flat=True))


def _add(variant_id: int, digest: str, ids: Iterable[int]) -> None:
    known = Claim.objects.filter(pk__in=list(ids)).values_list("pk", flat=True)
    ClaimUse.objects.bulk_create(
        [ClaimUse(claim_id=pk, variant_id=variant_id, digest=digest) for pk in known], ignore_conflicts=True
    )
