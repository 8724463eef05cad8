"""The campaigns that a person sees, with what their calendars stand on: accounts, their slots, and dates. One query."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from access import policy
from access.aggregates import rows_of
from channels.models import Channel, ChannelState
from cms.models import CampaignPage
from editorial import countries
from editorial.core.slots import Slot
from editorial.models import CampaignEvent, QuietPeriod, RecurringSlot
from formats import schedule

# In the order of the model's fields, as Model.from_db wants them.
ACCOUNT = ("id", "campaign_id", "platform", "handle", "state", "sandbox", "facts", "min_gap_min")


@dataclass(frozen=True)
class Date:
    """A date that the campaign plans around; ``last`` is part of it, ``begins`` is on the campaign's clock."""

    pk: int
    name: str
    place: str
    first: date
    last: date
    begins: time | None

    @property
    def words(self) -> str:
        place = f", {self.place}" if self.place else ""
        return f"{f'{self.begins:%H:%M} ' if self.begins else ''}{self.name}{place}"


@dataclass(frozen=True)
class Campaign:
    """A campaign page as the calendar needs it. ``zone`` is known to the time zone database."""

    pk: int
    title: str
    zone: str
    channels: tuple[Channel, ...] = ()
    slots: dict[int, tuple[Slot, ...]] = field(default_factory=dict)
    dates: tuple[Date, ...] = ()

    @property
    def posting(self) -> list[tuple[Channel, tuple[Slot, ...]]]:
        """The accounts that can be posted to and have slots."""
        return [
            (channel, self.slots[channel.pk])
            for channel in self.channels
            if channel.pk in self.slots and channel.state != ChannelState.DISCONNECTED
        ]


@dataclass(frozen=True)
class House:
    campaigns: tuple[Campaign, ...]

    def of(self, campaign_id: int | None) -> list[Campaign]:
        """One campaign, or all where none is asked for."""
        return [each for each in self.campaigns if campaign_id in (None, each.pk)]

    def days_of_quiet(self, period: QuietPeriod, campaign_id: int | None) -> tuple[date, date]:
        """The first and the last day that a quiet period touches, on the clocks of the campaigns that it holds for."""
        zones = {each.zone for each in self.of(campaign_id) if period.campaign_id in (None, each.pk)}
        if period.country:
            zones = {zone for zone in zones if countries.country_of(zone) == period.country}
        clocks = [ZoneInfo(zone) for zone in zones or {"UTC"}]
        ends_at = period.ends_at - timedelta(microseconds=1)
        return (
            min(period.starts_at.astimezone(clock).date() for clock in clocks),
            max(ends_at.astimezone(clock).date() for clock in clocks),
        )

    @property
    def channels(self) -> dict[int, Channel]:
        return {channel.pk: channel for each in self.campaigns for channel in each.channels}


def load(user: Any, first: date, after: date) -> House:
    """With the dates that touch ``first`` up to but not including ``after``."""
    mine = policy.campaigns(user, policy.VIEW).order_by().values("pk")
    events = CampaignEvent.objects.filter(
        Q(first_on__lt=after) & (Q(last_on__gte=first) | Q(last_on__isnull=True, first_on__gte=first)),
        campaign_id=OuterRef("pk"),
    )
    date_fields = {name: name for name in ("pk", "name", "place", "first_on", "last_on", "begins")}
    rows = CampaignPage.objects.filter(pk__in=mine).annotate(
        accounts=rows_of(
            Channel.objects.filter(campaign_id=OuterRef("pk")),
            "campaign_id",
            JSONObject(**{name: name for name in ACCOUNT}),
        ),
        weekly=rows_of(
            RecurringSlot.objects.filter(channel__campaign_id=OuterRef("pk")),
            "channel__campaign_id",
            JSONObject(channel="channel_id", weekday="weekday", at="at"),
        ),
        dates=rows_of(events, "campaign_id", JSONObject(**date_fields)),
    )
    found = rows.order_by("title", "pk").values_list(
        "pk", "title", "time_zone", "accounts", "weekly", "dates"
    )
    return House(tuple(_campaign(*row) for row in found))


def _campaign(pk: int, title: str, zone: str, accounts: Any, weekly: Any, dates: Any) -> Campaign:
    channels = [_channel(row) for row in accounts or ()]
    slots: dict[int, list[Slot]] = defaultdict(list)
    for row in weekly or ():
        slots[row["channel"]].append(Slot(row["weekday"], time.fromisoformat(row["at"])))
    return Campaign(
        pk,
        title,
        _known(zone),
        tuple(sorted(channels, key=lambda each: (each.platform, each.handle))),
        {channel: tuple(sorted(each)) for channel, each in slots.items()},
        tuple(sorted(map(_date, dates or ()), key=lambda each: (each.first, each.begins or time(), each.pk))),
    )


def _channel(row: dict[str, Any]) -> Channel:
    """Loaded as far as the calendar reads it; everything else is fetched when it is asked for."""
    facts = (
        json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
    )  # SQLite nests it as text
    row = {**row, "sandbox": bool(row["sandbox"]), "facts": facts}
    values = [row[name] for name in ACCOUNT]
    return Channel.from_db(None, list(ACCOUNT), values)


def _date(row: dict[str, Any]) -> Date:
    first = date.fromisoformat(row["first_on"])
    last = date.fromisoformat(row["last_on"]) if row["last_on"] else first
    begins = time.fromisoformat(row["begins"]) if row["begins"] else None
    return Date(row["pk"], row["name"], row["place"], first, last, begins)


def _known(zone: str) -> str:
    try:
        schedule.zone_info(zone or "UTC")
    except schedule.UnknownZone:
        return "UTC"
    return zone or "UTC"


def days_of(dates: Iterable[Date], first: date, after: date) -> list[tuple[date, Date]]:
    """Each day that a date covers within the range, with it."""
    return [
        (day, each)
        for each in dates
        for day in (each.first + timedelta(days=n) for n in range((each.last - each.first).days + 1))
        if first <= day < after
    ]


def today_in(zone: str, at: datetime) -> date:
    return schedule.wall_of(at, zone)[0].date()
