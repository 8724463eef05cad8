"""What still stands between a variant and its approval, as findings: each with its way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from channels.models import ChannelState
from formats import claims, reach
from formats.core.draft import Finding, Level, Part
from formats.core.piece import Piece
from formats.drift import drift_of
from formats.schedule import UnknownZone
from formats.variants import PastTime, ensure_media, media_facts, piece_of, refuse_past
from media.models import RenderState
from media.plans import plan_key

NO_WORKFLOW = Finding(
    "no_workflow",
    Level.BLOCKER,
    "Nobody is set up to approve variants of this campaign.",
    "An administrator assigns a workflow with an approval step to the campaign's page.",
)


class NotReady(Exception):
    """A variant cannot be submitted or frozen yet. ``findings`` say why and how to mend it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def blockers(variant: Any, *, now: datetime | None = None) -> tuple[Finding, ...]:
    """Everything that keeps this (loaded) variant from being submitted; empty means it may be."""
    parts = variant.to_parts()
    renders = ensure_media(parts, campaign=variant.campaign_id)
    said = {f: None for f in variant.findings(media_facts(parts, renders)) if f.level is Level.BLOCKER}
    piece = story_of(variant)
    said |= dict.fromkeys((*of_story(variant, piece), *of_drift(variant, piece)))
    said |= dict.fromkeys(claims.of_variant(variant, piece, now=now))
    return (*said, *of_media(variant, parts, renders), *of_channels(variant), *of_time(variant, now=now))


def story_of(variant: Any) -> Piece | None:
    """The story as it stands now; None for a correction, which is made from a claim and says nothing of the story's."""
    return None if variant.is_correction else piece_of(variant.story)


def of_story(variant: Any, piece: Piece | None) -> tuple[Finding, ...]:
    """What only the story can tell: a figure without a source, a picture that nobody has described."""
    if piece is None:
        return ()
    return tuple(f for f in variant.spec.about(piece) if f.level is Level.BLOCKER)


def of_drift(variant: Any, piece: Piece | None) -> tuple[Finding, ...]:
    """One finding that names all that changed in the story since the variant was made from it."""
    found = drift_of(variant, piece) if piece is not None else []
    if not found:
        return ()
    return (
        claims.LinkedFinding(
            "drift",
            Level.BLOCKER,
            f"The story has changed since this was made: {', '.join(map(str, found))}.",
            "Look at the changes and derive again. Your own edits stay.",
            url=reverse("variants:drift", args=[variant.pk]),
        ),
    )


def of_media(variant: Any, parts: tuple[Part, ...], renders: Mapping[str, Any]) -> tuple[Finding, ...]:
    """One finding per picture or video that is not there yet."""
    found = [*_without_plan(variant)]
    for p, part in enumerate(parts):
        for m, item in enumerate(part.media):
            row = renders.get(plan_key(item.plan))
            if row is None or row.state in (RenderState.WAITING, RenderState.RENDERING):
                found.append(_waiting(p, m, row))
            elif row.state == RenderState.FAILED:
                found.append(_failed(p, m, row))
            elif row.state == RenderState.CANCELLED:
                found.append(_cancelled(p, m))
    return tuple(found)


def _without_plan(variant: Any) -> list[Finding]:
    lost = [
        (p, m)
        for p, child in enumerate(variant.parts)
        for m, item in enumerate(child.value.get("media") or ())
        if item.get("key") not in variant.plans
    ]
    return [
        Finding(
            "media_unknown",
            Level.BLOCKER,
            "A picture here does not come from the story.",
            "Remove it. Add the picture to the story, then choose “Derive again”.",
            part=p,
            media=m,
        )
        for p, m in lost
    ]


def _waiting(part: int, media: int, row: Any) -> Finding:
    progress = f" ({row.progress} %)" if row is not None and row.progress else ""
    return Finding(
        "media_waiting",
        Level.BLOCKER,
        f"A picture or video is still being made{progress}.",
        "Wait a moment, then try again. Nothing is lost meanwhile.",
        part=part,
        media=media,
    )


def _failed(part: int, media: int, row: Any) -> Finding:
    reason = row.error or "It could not be made."
    return Finding(
        "media_failed",
        Level.BLOCKER,
        f"A picture or video could not be made: {reason}",
        "Mend the file in the story and choose “Derive again”, or have it made once more.",
        part=part,
        media=media,
    )


def _cancelled(part: int, media: int) -> Finding:
    return Finding(
        "media_cancelled",
        Level.BLOCKER,
        "A picture or video was cancelled before it was made.",
        "Press “Make it after all”, or choose another one.",
        part=part,
        media=media,
    )


def of_channels(variant: Any) -> tuple[Finding, ...]:
    channels = list(variant.channels.all())
    if (obstacle := reach.obstacle(variant.format)) is not None:
        return (obstacle,)
    if not channels:
        return (
            Finding(
                "no_channel",
                Level.BLOCKER,
                "No account is chosen to publish on.",
                "Choose one under “Channels”. A manager connects accounts under Channels in the menu.",
            ),
        )
    wrong = [c for c in channels if c.platform != variant.platform or c.campaign_id != variant.campaign_id]
    broken = [c for c in channels if c not in wrong and c.state != ChannelState.CONNECTED]
    return (
        *(
            Finding(
                "wrong_channel",
                Level.BLOCKER,
                f"{channel} does not belong to this campaign and platform.",
                "Choose another account under “Channels”.",
            )
            for channel in wrong
        ),
        *(
            Finding(
                "channel_state",
                Level.BLOCKER,
                f"{channel}: {channel.get_state_display().lower()}.",
                "Ask a manager to reconnect it under Channels, or choose another account.",
            )
            for channel in broken
        ),
    )


def of_time(variant: Any, *, now: datetime | None = None) -> tuple[Finding, ...]:
    remedy = "Choose when it should go out under “Planned time”, or move it on the calendar."
    try:
        planned = variant.planned
    except UnknownZone:
        return (
            Finding(
                "unknown_zone", Level.BLOCKER, "The time zone is not known.", "Choose another time zone."
            ),
        )
    if planned is None:
        return (Finding("no_time", Level.BLOCKER, "No time is planned.", remedy),)
    try:
        refuse_past(planned, now=now or timezone.now())
    except PastTime as error:
        return (Finding("past_time", Level.BLOCKER, str(error), remedy),)
    return ()
