"""Take a claim back: stop what carries it, prepare a correction for every post that is out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.urls import reverse

from access import policy
from channels.connectors.registry import CONNECTORS
from cms.claims import rules
from cms.claims.reminders import managers_of
from cms.models import Claim
from editorial.claims import outlets
from editorial.claims.wording import SOURCE, Correction, piece_of
from formats import variants
from formats.core.draft import Draft, Part
from formats.models import Variant, stream_of
from formats.registry import FORMATS
from publishing.core.states import LIVE
from publishing.domain.void import void
from publishing.models import Publication
from work import outbox


@dataclass(frozen=True)
class Way:
    """How a post can be put right on its network: what we prepare, and what its owner may do there by hand."""

    reply: bool
    prepared: str
    by_hand: str


def way_for(publication: Publication) -> Way:
    connector = CONNECTORS[publication.channel.platform]
    reply = bool(connector.can_reply and publication.remote_id)
    prepared = "a reply below the post" if reply else "a new post that names the mistake and links the story"
    return Way(reply, prepared, connector.mending)


def words_of(claim: Claim) -> Correction:
    """A withdrawn claim as readers hear of it."""
    right = claim.successor
    return Correction(
        claim.text, claim.explanation, right.text if right else "", right.source_title if right else ""
    )


def draft_for(publication: Publication, correction: Correction) -> Draft | None:
    """The correction in the platform's first format of text and pictures, rather one with nothing to mend; or None."""
    piece = piece_of(correction, variants.piece_of(publication.variant.story))
    made = [spec.compose(piece) for spec in FORMATS.for_platform(publication.channel.platform)]
    fitting = [draft for draft in made if draft.parts and not _films(draft)]
    return min(fitting, key=lambda draft: bool(draft.blockers), default=None)


def _films(draft: Draft) -> bool:
    return any(item.plan.get("kind") != "card" for part in draft.parts for item in part.media)


@transaction.atomic
def withdraw(
    claim: Claim,
    *,
    by: Any,
    explanation: str,
    right: str = "",
    source: str = "",
    source_url: str = "",
    publications: Iterable[Any] = (),
) -> list[Variant]:
    """Correct or retract a claim, stop what is approved with it, prepare corrections of these posts; returns them.

    Raises PermissionDenied and cms.claims.rules.NotPossible.
    """
    claim = rules.withdraw(
        claim, by=by, explanation=explanation, right=right, source=source, source_url=source_url
    )
    _stop(claim, by=by)
    made = prepare(claim, publications, by=by)
    _tell_of_posts(claim, by=by)
    return made


def _stop(claim: Claim, *, by: Any) -> None:
    """Take back the approvals of what has not gone out. What is on its way stops at the gate, before its next part."""
    reason = f"The claim “{claim}” was {claim.get_status_display().lower()}."
    live = set(Publication.objects.filter(state__in=LIVE).values_list("variant_id", flat=True))
    managers = managers_of({claim.campaign_id})[claim.campaign_id]
    for variant in outlets.waiting_with(claim.pk):
        if variant.pk in live:
            void(variant, reason=reason, by=by)
        outbox.tell(
            {person for person in (variant.owner, *managers) if person and person != by},
            subject=f"Stopped: {variant}",
            body=f"{reason} {claim.explanation}\n\n“{variant}” carries it and does not go out like this. "
            "Change the story, derive again, and hand it in again.",
            url=reverse("editorial:variant", args=[variant.pk]),
            event_id=f"claim.withdrawn.{claim.pk}.{variant.pk}",
            kind="claim_withdrawn",
        )


def _tell_of_posts(claim: Claim, *, by: Any) -> None:
    found = outlets.published_with(claim.pk)
    if not found:
        return
    owners = {publication.variant.owner for publication in found}
    people = owners | set(managers_of({claim.campaign_id})[claim.campaign_id])
    outbox.tell(
        {person for person in people if person and person != by},
        subject=f"{claim.get_status_display()}: {claim}",
        body=f"{len(found)} post{'s' * (len(found) != 1)} with this claim stand{'s' * (len(found) == 1)} on the networks. "
        f"{claim.explanation}\n\nThe claim’s page lists them and their corrections.",
        url=claim.url,
        event_id=f"claim.withdrawn.{claim.pk}.posts",
        kind="claim_withdrawn",
    )


@transaction.atomic
def prepare(claim: Claim, publications: Iterable[Any], *, by: Any) -> list[Variant]:
    """Make a draft correction for each of these posts (by id), once; they are approved and sent like anything else."""
    policy.require(by, policy.WRITE, claim)
    Claim.objects.select_for_update().get(pk=claim.pk)  # two people pressing the button at once
    wanted = {str(pk) for pk in publications}
    made = []
    for publication in outlets.published_with(claim.pk):
        if str(publication.pk) not in wanted or correction_of(claim, publication):
            continue
        if draft := draft_for(publication, words_of(claim)):
            made.append(_create(claim, publication, draft, by=by))
    return made


def correction_of(claim: Claim, publication: Publication) -> Variant | None:
    return Variant.objects.filter(
        kind=Variant.Kind.CORRECTION, corrects__publication=str(publication.pk), corrects__claim=claim.pk
    ).first()


def _create(claim: Claim, publication: Publication, draft: Draft, *, by: Any) -> Variant:
    original = publication.variant
    parts = [_traced(part) for part in draft.parts]
    stream, plans = stream_of(parts)
    reply_to = publication.remote_parts()[-1:] if way_for(publication).reply else ()
    variant = Variant(
        kind=Variant.Kind.CORRECTION,
        corrects={
            "publication": str(publication.pk),
            "url": publication.remote_url,
            "claim": claim.pk,
            "reply_to": reply_to[0] if reply_to else "",
        },
        story_id=original.story_id,
        campaign_id=original.campaign_id,
        format=draft.format,
        language=draft.language,
        owner=by,
        planned_zone=publication.zone or "UTC",
        parts=json.dumps(stream),
        plans=plans,
        derivation={"claims": {SOURCE: [claim.successor_id]}} if claim.successor_id else {},
    )
    return variants.save_new(variant, [publication.channel], by=by)


def _traced(part: Part) -> Part:
    """Every part, and every card, rests on the corrected claim: unchecked, nothing of it goes out."""
    media = tuple(replace(item, sources=(SOURCE,)) for item in part.media)
    return replace(part, sources=(SOURCE,), media=media)
