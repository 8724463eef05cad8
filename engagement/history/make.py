"""Fill the tables: campaigns, accounts and stories through the models, the many rows in bulk."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from cms.models import CampaignPage, HomePage, StoryPage
from engagement.core import rollups
from engagement.core.rollups import Told
from engagement.core.tags import of_payload
from engagement.history.bulk import insert
from engagement.history.invent import TELLS, ages, readings
from engagement.models import ChannelDay, DayFigure, Snapshot, Standing, TagUse
from engagement.rollups import COLUMNS, DESCRIBED, GAINS
from formats.models import Variant
from publishing.core.states import State
from publishing.models import Publication, Version

A_DAY = 20_000 / 365  # publications: a longer past, not a denser one, is what more of them make
PER_STORY = 10
CAMPAIGNS = 4
AT_ONCE = 500
TOPICS = ("Water", "Housing", "Buses", "Schools", "Parks", "Budget")
ZONE = "Europe/Berlin"
WITHOUT_FOLLOWERS = {"whatsapp"}


@dataclass(frozen=True)
class Size:
    channels: int = 200
    publications: int = 20_000
    snapshots: int = 2_000_000
    seed: int = 1


@dataclass
class Made:
    campaigns: list[Any] = field(default_factory=list)
    publications: int = 0
    snapshots: int = 0
    rollups: int = 0


def make(size: Size, now: datetime, say: Callable[[str], object] = lambda words: None, skip: int = 0) -> Made:
    """Make a past that ends now. ``skip``: so many of its newest publications are there from a smaller one already."""
    random = Random(f"{size.seed}:{skip}")  # noqa: S311  a measure, no secret
    made = Made(campaigns=_campaigns(size.seed))
    channels = _channels(made.campaigns, size, now)
    story_of: dict[tuple[int, int], Any] = {}
    when = ages(max(1, size.snapshots // size.publications))
    for start in range(skip, size.publications, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, size.publications))
        rows = _publications(random, numbers, channels, now, story_of)
        told = [
            readings(
                random,
                p.channel.platform,
                p.published_at,
                [age for age in when if p.published_at + age <= now],
                p.channel.followers,
            )
            for p in rows
        ]
        _numbers(rows, told, made)
        made.publications += len(rows)
        if not (start // AT_ONCE) % 4:
            say(
                f"{made.publications} publications, {made.snapshots} snapshots, {made.rollups} rows for reports"
            )
    days = int(size.publications / A_DAY) + 1
    insert(
        ChannelDay, ("channel", "day", "at", "followers", "figures"), _channel_days(channels, days, now, skip)
    )
    return made


def _campaigns(seed: int) -> list[CampaignPage]:
    home = HomePage.objects.first()
    if home is None:
        from wagtail.models import Page

        root = Page.get_first_root_node()
        home = root.add_child(instance=HomePage(title="History", slug="history"))
    found = []
    for n in range(CAMPAIGNS):
        slug = f"history-{seed}-{n}"
        page = CampaignPage.objects.filter(slug=slug).first()
        if page is None:
            page = CampaignPage(
                title=f"Invented campaign {n + 1}", slug=slug, publisher="Nobody", time_zone=ZONE
            )
            home.add_child(instance=page)
        found.append(page)
    return found


def _channels(campaigns: list[CampaignPage], size: Size, now: datetime) -> list[Channel]:
    random = Random(size.seed)  # noqa: S311
    platforms = [c.platform for c in CONNECTORS if c.platform in TELLS]
    for n in range(size.channels):
        platform = platforms[n % len(platforms)]
        Channel.objects.get_or_create(
            campaign_id=campaigns[n // len(platforms) % len(campaigns)].pk,
            platform=platform,
            remote_id=f"history-{n}",
            defaults={
                "handle": f"@{platform}{n}",
                "state": "disconnected",
                "followers": None if platform in WITHOUT_FOLLOWERS else int(random.lognormvariate(8, 1)),
            },
        )
    return list(Channel.objects.filter(remote_id__startswith="history-").order_by("pk"))


def _publications(
    random: Random,
    numbers: range,
    channels: list[Channel],
    now: datetime,
    story_of: dict[tuple[int, int], Any],
) -> list[Publication]:
    """Newest first: publication ``n`` went out ``n / A_DAY`` days ago."""
    out = []
    for n in numbers:
        channel = channels[random.randrange(len(channels))]
        key = (channel.campaign_id, n // (PER_STORY * CAMPAIGNS))
        if key not in story_of:
            story_of[key] = _story(channel.campaign_id, key[1], numbers.start)
        format_name = random.choice(sorted(CONNECTORS[channel.platform].publishes))
        at = now - timedelta(days=n / A_DAY, seconds=random.randrange(600))
        out.append((channel, story_of[key], format_name, at))
    variants = Variant.objects.bulk_create(
        Variant(
            story=story,
            campaign_id=c.campaign_id,
            format=fmt,
            language="en",
            planned_at=at,
            planned_zone=ZONE,
        )
        for c, story, fmt, at in out
    )
    versions = Version.objects.bulk_create(
        Version(
            variant=variant,
            digest=f"{random.getrandbits(256):064x}",
            approved_at=at,
            payload={"format": fmt, "parts": [{"text": f"News. #{random.choice(TOPICS)}", "media": []}]},
        )
        for variant, (_, _, fmt, at) in zip(variants, out, strict=True)
    )
    rows = []
    for variant, version, (channel, _, _, at) in zip(variants, versions, out, strict=True):
        late_ms = int(random.expovariate(1 / 4000))
        rows.append(
            Publication(
                pk=uuid.UUID(int=random.getrandbits(128), version=4),
                version=version,
                variant=variant,
                channel=channel,
                campaign_id=channel.campaign_id,
                due_at=at - timedelta(milliseconds=late_ms),
                zone=ZONE,
                state=State.PUBLISHED,
                published_at=at,
                started_at=at,
                lateness_ms=late_ms,
                parts_out=1,
                remote_id=f"history-{variant.pk}",
                state_changed_at=at,
                created_at=at - timedelta(days=1),
            )
        )
    made = Publication.objects.bulk_create(rows)
    TagUse.objects.bulk_create(
        TagUse(publication=p, tag=tag, written=written)
        for p in made
        for tag, written in of_payload(p.version.payload).items()
    )
    return made


def _story(campaign_id: int, n: int, start: int) -> Any:
    campaign = CampaignPage.objects.get(pk=campaign_id)
    slug = f"story-{n}-{start}"
    found = StoryPage.objects.child_of(campaign).filter(slug=slug).first()
    if found is None:
        found = campaign.add_child(instance=StoryPage(title=f"Invented story {n}", slug=slug, lead="A lead."))
    return found


def _numbers(rows: list[Publication], told: list[list[Told]], made: Made) -> None:
    moment = ("publication", "at", "age_s", *COLUMNS)
    names = [name.removesuffix("_id") for name in DESCRIBED]
    zone = ZoneInfo(ZONE)

    def snapshots() -> Iterator[list[Any]]:
        for p, each in zip(rows, told, strict=True):
            for t in each:
                yield [p.pk, *_moment(t)]

    def standings() -> Iterator[list[Any]]:
        for p, each in zip(rows, told, strict=True):
            for age, t in rollups.standings(each).items():
                yield [p.pk, *_moment(t), age, *_described(p)]

    def days() -> Iterator[list[Any]]:
        for p, each in zip(rows, told, strict=True):
            for day in rollups.days(each, zone).values():
                yield [p.pk, *_moment(day.told), day.on, *day.gains.values(), *_described(p)]

    made.snapshots += insert(Snapshot, moment, snapshots())
    made.rollups += insert(Standing, (*moment, "age", *names), standings())
    made.rollups += insert(DayFigure, (*moment, "day", *GAINS, *names), days())


def _moment(told: Told) -> list[Any]:
    return [told.at, int(told.age.total_seconds()), *(told.values[name] for name in COLUMNS)]


def _described(p: Publication) -> list[Any]:
    variant = p.variant
    return [p.campaign_id, p.channel_id, variant.story_id, p.channel.platform, variant.format, p.published_at]


def _channel_days(channels: list[Channel], days: int, now: datetime, skip: int) -> Iterator[list[Any]]:
    there = int(skip / A_DAY) + 1 if skip else 0
    for channel in channels:
        for back in range(there, days):
            at = now - timedelta(days=back)
            followers = None if channel.followers is None else int(channel.followers * (1 - back * 0.0004))
            yield [channel.pk, at.date(), at, None if followers is None else max(followers, 0), "{}"]
