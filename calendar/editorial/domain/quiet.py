"""Quiet periods: asked when planning, when approving, and by publishing before every call that makes a post."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from editorial.exceptions.models import QuietException, stretch
from editorial.models import QuietPeriod
from formats.models import Variant
from formats.schedule import UnknownZone, wall_of


def periods_for(campaign_id: int, channel_ids: Iterable[int], at: datetime, zone: str) -> list[QuietPeriod]:
    """The quiet periods that are meant for a post on these accounts at this moment, the longest first."""
    channels = set(channel_ids)
    periods = QuietPeriod.objects.of_campaign(campaign_id).covering(at).order_by("-ends_at")
    return [period for period in periods if period.covers(channels, zone)]


def excepted(variant_id: int, periods: Iterable[QuietPeriod], at: datetime) -> set[int]:
    """The periods from which this post has a granted exception for this planned time."""
    as_granted = {period.pk: stretch(period.starts_at, period.ends_at) for period in periods}
    if not as_granted:
        return set()
    rows = QuietException.objects.filter(variant_id=variant_id, period__in=as_granted, at=at, granted=True)
    return {pk for pk, covers in rows.values_list("period_id", "covers") if covers == as_granted[pk]}


def period_of(variant: Variant, at: datetime | None = None) -> QuietPeriod | None:
    """The same for a variant, at its planned time or another."""
    at = at or variant.planned_at
    if at is None:
        return None
    channel_ids = [channel.pk for channel in variant.channels.all()]
    periods = periods_for(variant.campaign_id, channel_ids, at, variant.planned_zone)
    free = excepted(variant.pk, periods, at)
    return next((period for period in periods if period.pk not in free), None)


def explain(period: QuietPeriod, zone: str = "UTC") -> str:
    """What a person is told; ``zone`` is the one the post is planned in."""
    try:
        until, _ = wall_of(period.ends_at, zone)
    except UnknownZone:
        zone = "UTC"
        until, _ = wall_of(period.ends_at, zone)
    return f"Quiet period “{period.name}” until {until.day} {until:%B %Y, %H:%M} ({zone}). {period.reason}"


def hold(publication: Any, at: datetime) -> str | None:
    """The gate that publishing asks inside the intent transaction (publishing.gates).

    A quiet period is for what we say unasked. Answering people goes on; a pause stops that too.
    """
    if publication.variant_id is None:
        return None
    zone = publication.zone or "UTC"
    periods = periods_for(publication.campaign_id, [publication.channel_id], at, zone)
    free = excepted(publication.variant_id, periods, publication.due_at)
    period = next((each for each in periods if each.pk not in free), None)
    return explain(period, zone) if period else None
