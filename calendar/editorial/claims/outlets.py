"""Where claims are out: the answer that cms.claims.outlets asks for, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from cms.claims.outlets import Outlet, Outlets
from cms.models import ClaimUse
from editorial.board import WORDS
from editorial.enums import look_of
from formats.models import Variant
from publishing.core.states import State
from publishing.models import Publication
from publishing.status import status_of

DEFERRED = tuple(f"variant__{name}" for name in WORDS)


def published(uses: Iterable[ClaimUse]) -> list[tuple[int, Publication]]:
    """(claim, post) for everything that stands on a network and was approved with one of these claims."""
    by_version = defaultdict(set)
    for use in uses:
        if use.digest:
            by_version[use.variant_id, use.digest].add(use.claim_id)
    rows = _out().filter(variant__in={variant for variant, _ in by_version})
    rows = rows.select_related("channel", "version", "variant__story").defer("version__payload", *DEFERRED)
    return [
        (claim, publication)
        for publication in rows.order_by("-published_at", "-due_at")
        for claim in sorted(by_version.get((publication.variant_id, publication.version.digest), ()))
    ]


def _out() -> QuerySet:
    return Publication.objects.filter(Q(state=State.PUBLISHED) | Q(parts_out__gt=0))


def published_with(claim_id: int) -> list[Publication]:
    return [publication for _, publication in published(ClaimUse.objects.filter(claim_id=claim_id))]


def waiting_with(claim_id: int) -> list[Variant]:
    """Variants that carry the claim now; whether they are out as well is another question."""
    rows = Variant.objects.filter(claim_uses__claim_id=claim_id, claim_uses__digest="")
    return list(rows.select_related("story", "campaign", "owner").defer(*WORDS))


def provide(claim_ids: Iterable[int]) -> dict[int, Outlets]:
    ids = list(claim_ids)
    uses = list(ClaimUse.objects.filter(claim__in=ids))
    out: dict[int, list[Outlet]] = defaultdict(list)
    gone: set[int] = set()
    for claim, publication in published(uses):
        out[claim].append(_post(publication))
        gone.add(publication.variant_id)
    corrections = Variant.objects.filter(kind=Variant.Kind.CORRECTION, corrects__claim__in=ids)
    now = Variant.objects.filter(pk__in={use.variant_id for use in uses if not use.digest} - gone)
    variants = {
        v.pk: v
        for v in (now | corrections).select_related("story").defer(*WORDS).order_by("planned_at", "pk")
    }
    words = status_of(variants.values())
    waiting: dict[int, list[Outlet]] = defaultdict(list)
    for use in sorted(uses, key=lambda use: use.pk):
        if not use.digest and use.variant_id in variants and use.variant_id not in gone:
            waiting[use.claim_id].append(_variant(variants[use.variant_id], words))
    made: dict[int, list[Outlet]] = defaultdict(list)
    for variant in variants.values():
        if variant.is_correction and variant.corrects.get("claim") in ids:
            made[variant.corrects["claim"]].append(_variant(variant, words))
    return {pk: Outlets(tuple(out[pk]), tuple(waiting[pk]), tuple(made[pk])) for pk in ids}


def _post(publication: Publication) -> Outlet:
    look = look_of("published")
    return Outlet(
        label=str(publication.variant),
        account=publication.channel.handle,
        url=reverse("editorial:variant", args=[publication.variant_id]),
        word=look.label if publication.state == State.PUBLISHED else "Partly out",
        tone=look.tone,
        post_url=publication.remote_url,
        at=publication.published_at,
    )


def _variant(variant: Variant, words: Any) -> Outlet:
    status = words[variant.pk]
    look = look_of(status.word)
    posts = [p.remote_url for p in status.publications if p.remote_url]
    return Outlet(
        label=str(variant),
        account=", ".join(dict.fromkeys(p.channel.handle for p in status.publications)),
        url=reverse("editorial:variant", args=[variant.pk]),
        word=look.label,
        tone=look.tone,
        post_url=posts[0] if posts else "",
        at=variant.planned_at,
    )
