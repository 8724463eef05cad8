"""Holds back what rests on a claim that may not be used (any more), right before each post is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cms.claims import uses
from cms.models import ClaimUse
from formats.claims import day_of
from publishing.core.states import State


def hold(publication: Any, at: datetime) -> str | None:
    """The gate that publishing asks inside the intent transaction. What is out already is only read back."""
    if publication.state == State.PUBLISHED or publication.variant_id is None:
        return None
    rows = ClaimUse.objects.filter(variant_id=publication.variant_id, digest=publication.version.digest)
    on = day_of(publication.zone, at)
    for use in rows.select_related("claim").order_by("claim_id"):
        if trouble := use.claim.problem(on):
            return f"{trouble.message} {trouble.remedy}"
    return None


def keep_claims(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Listens to new versions: what was approved rests on the claims that the variant carries at this moment."""
    if created and not raw:
        uses.approved(instance.variant_id, instance.digest)
