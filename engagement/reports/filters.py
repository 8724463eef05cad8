"""What a report's address says: which campaign, days, accounts and posts, at which age, compared by what.

Unknown values filter nothing away, so that an old bookmark still opens. A person's own campaigns are always the frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import get_language_info

from access import policy
from access.aggregates import nested, rows_of
from channels.models import Channel
from cms.models import CampaignPage
from engagement.core.measures import MEASURES
from engagement.core.rollups import AGES, LATEST
from engagement.models import Goal
from formats import schedule
from formats.models import Variant
from formats.registry import FORMATS
from publishing.models import Publication

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days", "all": "Everything"}
USUAL_PERIOD, USUAL_AGE = "90", "7d"
AGE_WORDS = {
    "1h": "1 hour after publishing",
    "6h": "6 hours after publishing",
    "24h": "24 hours after publishing",
    "7d": "7 days after publishing",
    "30d": "30 days after publishing",
    "90d": "90 days after publishing",
    LATEST: "The newest numbers, of any age",
}
BEGINNING = date(2000, 1, 1)
AROUND = timedelta(days=3)  # posts go out late, and days end elsewhere at other times
ACCOUNT = ("id", "campaign_id", "platform", "handle", "name", "sandbox", "followers", "only_groups", "state")


@dataclass(frozen=True)
class Filters:
    campaign: int | None = None
    channel: int | None = None
    platform: str = ""
    format: str = ""
    language: str = ""
    tag: str = ""
    period: str = USUAL_PERIOD
    first: date | None = None
    last: date | None = None
    age: str = USUAL_AGE
    by: str = ""
    step: str = "day"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        age, by, period = (query.get(name, "") for name in ("age", "by", "period"))
        return cls(
            campaign=_number(query.get("campaign", "")),
            channel=_number(query.get("channel", "")),
            platform=query.get("platform", "")[:20],
            format=query.get("format", "")[:40],
            language=query.get("language", "")[:20],
            tag=query.get("tag", "").strip().lstrip("#").casefold()[:100],
            period=period if period in PERIODS else USUAL_PERIOD,
            first=_day(query.get("from", "")),
            last=_day(query.get("to", "")),
            age=age if age in AGE_WORDS else USUAL_AGE,
            by=by if by in MEASURES else "",
            step="week" if query.get("step") == "week" else "day",
        )

    def as_query(self) -> dict[str, str]:
        """As they stand in the address; what is as usual is left out."""
        usual = Filters()
        names = {"first": "from", "last": "to"}
        return {
            names.get(name, name): str(value)
            for name, value in vars(self).items()
            if value != getattr(usual, name) and value is not None
        }

    def days(self, today: date) -> tuple[date, date]:
        """The first day and the last one. Days that were written win over a period."""
        if self.first or self.last:
            last = self.last or today
            first = self.first or BEGINNING
            return min(first, last), max(first, last)
        if self.period == "all":
            return BEGINNING, today
        return today - timedelta(days=int(self.period) - 1), today

    def before(self, today: date) -> tuple[date, date] | None:
        """As many days just before, those to come not counted; None where the period has no beginning."""
        first, last = self.days(today)
        last = max(first, min(last, today))
        if first == BEGINNING:
            return None
        return first - (last - first) - timedelta(days=1), first - timedelta(days=1)


@dataclass
class Frame:
    """A person's campaigns with their accounts, languages and goals, and what of them the address chooses. One query."""

    user: Any
    filters: Filters
    now: datetime
    campaigns: dict[int, CampaignPage]
    channels: dict[int, Channel]
    languages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: Any, filters: Filters, now: datetime) -> Frame:
        ids = policy.campaign_ids(user, policy.REPORT)
        pages = CampaignPage.objects.order_by("title").annotate(**_belonging(filters, now))
        if ids is not None:
            pages = pages.filter(pk__in=ids)
        seen = {page.pk: page for page in pages}
        channels = [_channel(row) for page in seen.values() for row in page.told_accounts or ()]
        accounts = {each.pk: each for each in sorted(channels, key=lambda c: (c.platform, c.handle, c.pk))}
        languages = frozenset(code for page in seen.values() for code in page.told_languages or ())
        if filters.campaign not in seen:
            filters = replace(filters, campaign=None)
        if filters.channel not in accounts:
            filters = replace(filters, channel=None)
        return cls(user, filters, now, seen, accounts, languages)

    def with_one_campaign(self) -> Frame:
        """Where a report is of one campaign: the chosen one, else the one that published last, or that began last."""
        if self.filters.campaign is None and self.campaigns:
            newest = max(self.campaigns.values(), key=_liveliest)
            self.filters = replace(self.filters, campaign=newest.pk)
        return self

    def with_one_channel(self) -> Frame:
        """Where a report is of one account: the chosen one, else the first that is offered."""
        offered = self.offered_channels()
        if self.filters.channel is None and offered:
            self.filters = replace(self.filters, channel=offered[0].pk)
        return self

    @property
    def campaign(self) -> CampaignPage | None:
        return self.campaigns.get(self.filters.campaign or 0)

    @property
    def channel(self) -> Channel | None:
        return self.channels.get(self.filters.channel or 0)

    # Days -------------------------------------------------------------------------------------------------------
    @property
    def zone(self) -> ZoneInfo:
        """The clock that days are counted by: the campaign's; with several, theirs if they share one, else UTC."""
        chosen = [self.campaign] if self.campaign else list(self.campaigns.values())
        if self.channel and not self.campaign:
            chosen = [page for page in chosen if page.pk == self.channel.campaign_id] or chosen
        names = {page.time_zone for page in chosen if page}
        return zone_named(names.pop()) if len(names) == 1 else ZoneInfo("UTC")

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def days(self) -> tuple[date, date]:
        return self.filters.days(self.today)

    def part_of_week(self, monday: date) -> str:
        """How much of a week these days hold so far, where it is not all of it, or not over."""
        first, last = self.days()
        until = min(last, self.today, monday + timedelta(days=6))
        held = (until - max(first, monday)).days + 1
        if held == 7:
            return "7 of 7 days, today is not over" if until == self.today else ""
        return f"{held} of 7 days"

    def part_of_step(self, day: date) -> str:
        """The same of a row that may be a day: a day is always whole, or today."""
        return self.part_of_week(day) if self.filters.step == "week" else ""

    def label_of_step(self, day: date, words: str) -> str:
        """The same in a chart, behind the words for the day."""
        part = self.part_of_step(day)
        return f"{words} ({part})" if part else words

    def instants(self, days: tuple[date, date] | None = None) -> tuple[datetime, datetime]:
        """From the first day's beginning up to, but not including, the day after the last one."""
        first, last = days or self.days()
        after = last + timedelta(days=1)
        return tuple(
            datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC) for day in (first, after)
        )  # type: ignore[return-value]

    def chosen(self, rows: QuerySet, *, own: str = "", days: tuple[date, date] | None = None) -> QuerySet:
        """Rows of a table with campaign, channel, platform, format and published_at, as the address wants them.

        ``own`` is the way to the publication where the row is none itself.
        """
        first, after = self.instants(days)
        rows = self.mine(rows).filter(published_at__gte=first, published_at__lt=after)
        way = f"{own}__" if own else ""
        if self.filters.language:
            rows = rows.filter(**{f"{way}variant__language": self.filters.language})
        if self.filters.tag:
            rows = rows.filter(**{f"{way}tags__tag": self.filters.tag})
        names = {"platform": "platform", "format": "format"}
        if not own:
            names = {"platform": "channel__platform", "format": "variant__format"}
        for name, column in names.items():
            if value := getattr(self.filters, name):
                rows = rows.filter(**{column: value})
        return rows

    def mine(self, rows: QuerySet) -> QuerySet:
        """Rows of this person's campaigns, or of the one that was chosen, and of the chosen account."""
        if self.filters.campaign is not None:
            rows = rows.filter(campaign=self.filters.campaign)
        else:
            rows = rows.filter(
                campaign__in=list(self.campaigns)
            )  # named, so that an index by campaign serves all
        return rows.filter(channel=self.filters.channel) if self.filters.channel else rows

    # What can be chosen -----------------------------------------------------------------------------------------
    def offered_channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.channels.values()
            if self.filters.campaign in (None, channel.campaign_id)
        ]

    def offered_platforms(self) -> list[tuple[str, str]]:
        names = dict.fromkeys(channel.platform for channel in self.offered_channels())
        return [(name, FORMATS.platform_label(name)) for name in names]

    def offered_formats(self) -> list[tuple[str, str]]:
        wanted = {name for name, _ in self.offered_platforms()}
        if self.filters.platform:
            wanted &= {self.filters.platform}
        return [(each.id, each.label) for each in FORMATS if each.platform in wanted]

    def offered_languages(self) -> list[tuple[str, str]]:
        return [(code, language_name(code)) for code in sorted(self.languages)]


def _belonging(filters: Filters, now: datetime) -> dict[str, Any]:
    """What belongs to a campaign, as lists beside it. Languages are those of posts planned in these days, roughly."""
    of_it = {"campaign_id": OuterRef("pk")}
    first, last = filters.days(now.date())
    since, until = (datetime.combine(day, time(), tzinfo=UTC) for day in (first, last))
    since, until = since - AROUND, until + AROUND
    account = JSONObject(**{name: name for name in ACCOUNT})
    goal = JSONObject(metric="metric", target="target", due_on="due_on")
    out = Publication.objects.posts().filter(**of_it, published_at__isnull=False).order_by("-published_at")
    return {
        "told_accounts": rows_of(Channel.objects.filter(**of_it), "campaign_id", account),
        "told_languages": rows_of(
            Variant.objects.filter(**of_it, planned_at__gte=since, planned_at__lt=until),
            "campaign_id",
            "language",
            distinct=True,
        ),
        "told_goals": rows_of(Goal.objects.filter(**of_it), "campaign_id", goal),
        "last_out": out.values("published_at")[:1],
    }


def _liveliest(campaign: CampaignPage) -> tuple[datetime, date, int]:
    never = datetime.min.replace(tzinfo=UTC)
    return campaign.last_out or never, campaign.starts_on or BEGINNING, campaign.pk


def _channel(row: dict[str, Any]) -> Channel:
    """Loaded as far as reports read it; everything else is fetched when it is asked for."""
    row = {**row, "sandbox": bool(row["sandbox"]), "only_groups": nested(row["only_groups"])}
    names = [field.attname for field in Channel._meta.concrete_fields if field.attname in ACCOUNT]
    return Channel.from_db("default", names, [row[name] for name in names])


def goals_of(campaign: CampaignPage) -> list[Goal]:
    """The goals of a campaign of a frame, in order. No query."""
    rows = sorted(campaign.told_goals or (), key=lambda row: row["metric"])
    return [
        Goal(
            campaign_id=campaign.pk,
            metric=row["metric"],
            target=row["target"],
            due_on=date.fromisoformat(row["due_on"]) if row["due_on"] else None,
        )
        for row in rows
    ]


def zone_named(name: str) -> ZoneInfo:
    try:
        return schedule.zone_info(name)
    except schedule.UnknownZone:
        return ZoneInfo("UTC")


def language_name(code: str) -> str:
    try:
        return get_language_info(code)["name"]
    except KeyError:
        return code


def age_reached(age: str, now: datetime) -> datetime | None:
    """Until when a post must have gone out to have that age now; None for the newest numbers."""
    return None if age == LATEST else now - AGES[age]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_within_reach(day) else None


def is_within_reach(day: date) -> bool:
    """A day near the end of the calendar has no day after it."""
    return 1970 <= day.year < 2200
