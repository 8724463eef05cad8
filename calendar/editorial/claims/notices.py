"""Tells people when what they approved no longer fits: its story moved on, or a claim ran out."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from cms.claims.reminders import managers_of
from cms.models import ClaimUse
from editorial.claims.gate import hold
from formats.models import Variant
from publishing.core.states import LIVE
from publishing.models import Publication, Version
from work import clock, outbox


def tell_drift(sender: Any, variant: Variant, changes: Any = (), by: Any = None, **kwargs: Any) -> None:
    """Listens to formats.signals.variant_drifted: owner and managers learn of an approved post at once."""
    version = Version.objects.filter(variant_id=variant.pk, voided_at=None).order_by("-pk").first()
    if version is None or not version.publications.filter(state__in=LIVE).exists():
        return
    named = ", ".join(map(str, changes))
    outbox.tell(
        [variant.owner, *managers_of({variant.campaign_id})[variant.campaign_id]],
        subject=f"The story has changed: {variant}",
        body=f"“{variant}” is approved, and its story was changed since: {named}. It goes out as approved unless you "
        "derive it again and approve it anew, or take it off the calendar.",
        url=reverse("variants:drift", args=[variant.pk]),
        event_id=f"drift.{variant.pk}.{version.pk}",
        kind="drift",
    )


def tell_expired() -> None:
    """A periodic job: the owners and managers of posts that a claim holds back. Each claim day is told once a post."""
    now = clock.now()
    soon = Publication.objects.filter(state__in=LIVE, variant__claim_uses__claim__expires_on__lt=now.date())
    for publication in soon.select_related("variant__story", "variant__owner", "version").distinct():
        if reason := hold(publication, now):
            variant = publication.variant
            last = max(
                ClaimUse.objects.filter(variant=variant, claim__expires_on__lt=now.date()).values_list(
                    "claim__expires_on", flat=True
                )
            )
            outbox.tell(
                [variant.owner, *managers_of({variant.campaign_id})[variant.campaign_id]],
                subject=f"Held back: {variant}",
                body=f"{reason} “{variant}” is approved and waits until then.",
                url=reverse("editorial:variant", args=[variant.pk]),
                event_id=f"claim.expired.{publication.pk}.{last}",
                kind="claim_expired",
            )
