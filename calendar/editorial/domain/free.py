"""The next times at which a variant's accounts usually post and nothing stands yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from channels.models import Channel
from editorial.core import slots
from editorial.core.slots import AHEAD, Slot
from editorial.domain import quota, standing
from editorial.models import QuietPeriod, RecurringSlot
from formats.models import Variant
from formats.schedule import Resolved
from formats.variants import zone_of


def next_slots(variant: Variant, *, now: datetime, most: int = 3) -> list[Resolved]:
    """The next free ones on the clock of the campaign; none where no account of the variant has slots.

    Free is what keeps every account's minimum gap, meets no quiet period and is inside the network's day quota.
    """
    channels = list(variant.channels.all())
    weekly = weekly_of(channels)
    return list(islice(_free(variant, channels, weekly, now), most)) if weekly else []


def weekly_of(channels: list[Channel]) -> list[Slot]:
    rows = RecurringSlot.objects.filter(channel__in=[channel.pk for channel in channels])
    return sorted({Slot(row.weekday, row.at) for row in rows})


def _free(variant: Variant, channels: list[Channel], weekly: list[Slot], now: datetime) -> Iterator[Resolved]:
    gap = timedelta(minutes=max((channel.min_gap_min for channel in channels), default=0))
    others = Variant.objects.filter(
        channels__in=[channel.pk for channel in channels],
        planned_at__gt=now - gap,
        planned_at__lt=now + AHEAD + gap,
    ).exclude(pk=variant.pk)
    others = others.exclude(pk__in=standing.gone(others))
    taken = list(others.order_by().values_list("planned_at", flat=True).distinct())
    periods = list(QuietPeriod.objects.of_campaign(variant.campaign_id).filter(ends_at__gt=now))
    accounts = {channel.pk for channel in channels}

    def allowed(slot: Resolved) -> bool:
        held = any(p.starts_at <= slot.at < p.ends_at and p.covers(accounts, slot.zone) for p in periods)
        return not held and quota.refusal(variant, slot.at) is None

    zone = zone_of(variant.campaign)
    return slots.next_free(weekly, zone, now=now, taken=taken, gap=gap, allowed=allowed)
