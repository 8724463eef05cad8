"""What a week or a month still has room for: days with nothing on them, and slots that are free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from channels.models import Channel
from editorial.board import Board, Filters
from editorial.core import slots
from editorial.core.spans import Span
from editorial.domain import quota
from editorial.enums import platform_label
from editorial.house import Campaign
from editorial.models import QuietPeriod
from formats.schedule import Resolved


@dataclass(frozen=True)
class FreeSlot:
    """A slot of an account at which nothing stands and may stand."""

    campaign: Campaign
    channel: Channel
    when: Resolved

    @property
    def url(self) -> str:
        query = {"on": self.when.wall.isoformat(timespec="minutes"), "channel": self.channel.pk}
        return f"{reverse('editorial:new')}?{urlencode(query)}"

    @property
    def words(self) -> str:
        return f"{self.channel.handle} ({platform_label(self.channel.platform)})"

    def as_event(self) -> dict[str, Any]:
        wall = self.when.wall.isoformat(timespec="seconds")
        spoken = f"{self.when.wall:%H:%M} Free slot of {self.words}: choose what to plan"
        return {
            "id": f"slot-{self.channel.pk}-{wall}",
            "title": self.channel.handle,
            "start": wall,
            "url": self.url,
            "editable": False,
            "platform": self.channel.platform,
            "slot": spoken,
        }


def free_slots(board: Board, span: Span, filters: Filters, now: datetime) -> list[FreeSlot]:
    """Those of the shown days that are still to come, in order."""
    found = [
        FreeSlot(campaign, channel, slot)
        for campaign in board.house.of(filters.campaign)
        for channel, weekly in campaign.posting
        if filters.channel in (None, channel.pk) and filters.platform in ("", channel.platform)
        for slot in _free(board, campaign, channel, weekly, span, now)
    ]
    return sorted(found, key=lambda each: (each.when.at, each.channel.pk))


def _free(
    board: Board, campaign: Campaign, channel: Channel, weekly: Any, span: Span, now: datetime
) -> Iterator[Resolved]:
    taken, gap = board.taken.get(channel.pk, ()), timedelta(minutes=channel.min_gap_min)
    for slot in slots.between(weekly, campaign.zone, span.first, span.after):
        held = any(_holds(period, campaign, channel, slot) for period in board.quiet)
        free = slot.at > now and not held and slots.is_free(slot.at, taken, gap)
        if free and quota.has_room(channel, slot.at, taken):
            yield slot


def _holds(period: QuietPeriod, campaign: Campaign, channel: Channel, slot: Resolved) -> bool:
    return (
        period.starts_at <= slot.at < period.ends_at
        and period.campaign_id in (None, campaign.pk)
        and period.covers({channel.pk}, slot.zone)
    )


def empty_days(board: Board, span: Span, today: date) -> list[date]:
    """The shown days from today on on which nothing stands."""
    full = {day for day, _ in board.days}
    days = (span.first + timedelta(days=n) for n in range((span.after - span.first).days))
    return [day for day in days if day >= today and day not in full]
