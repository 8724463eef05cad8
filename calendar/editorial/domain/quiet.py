"""Quiet periods: asked when planning, when approving, and by publishing before every call that makes a post."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from editorial.models import QuietPeriod
from formats.models import Variant
from formats.schedule import UnknownZone, wall_of


def period_for(campaign_id: int, channel_ids: Iterable[int], at: datetime, zone: str) -> QuietPeriod | None:
    """The quiet period that holds back a post on these accounts at this moment, the longest first."""
    channels = set(channel_ids)
    periods = QuietPeriod.objects.of_campaign(campaign_id).covering(at).order_by("-ends_at")
    return next((period for period in periods if period.covers(channels, zone)), None)


def period_of(variant: Variant, at: datetime | None = None) -> QuietPeriod | None:
    """The same for a variant, at its planned time or another."""
    at = at or variant.planned_at
    if at is None:
        return None
    channel_ids = [channel.pk for channel in variant.channels.all()]
    return period_for(variant.campaign_id, channel_ids, at, variant.planned_zone)


def explain(period: QuietPeriod, zone: str = "UTC") -> str:
    """What a person is told; ``zone`` is the one the post is planned in."""
    try:
        until, _ = wall_of(period.ends_at, zone)
    except UnknownZone:
        zone = "UTC"
        until, _ = wall_of(period.ends_at, zone)
    return f"Quiet period “{period.name}” until {until.day} {until:%B %Y, %H:%M} ({zone}). {period.reason}"


def hold(publication: Any, at: datetime) -> str | None:
    """The gate that publishing asks inside the intent transaction (publishing.gates)."""
    zone = publication.zone or "UTC"
    period = period_for(publication.campaign_id, [publication.channel_id], at, zone)
    return explain(period, zone) if period else None
