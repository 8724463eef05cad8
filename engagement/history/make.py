"""Fill the tables: campaigns, accounts and stories through the models, the many rows in bulk."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from cms.models import CampaignPage, HomePage
from engagement.core import rollups
from engagement.core.rollups import Told
from engagement.core.tags import of_payload
from engagement.history import pages
from engagement.history.beside import goals, insert_clicks, insert_oddities, insert_orders, site_imports
from engagement.history.bulk import insert
from engagement.history.invent import TELLS, Life, ages, life
from engagement.models import ChannelDay, DayFigure, Snapshot, Standing, TagUse
from engagement.rollups import COLUMNS, DESCRIBED, GAINS
from formats.models import Variant
from publishing.core.states import State
from publishing.models import Publication, Version

A_DAY = 20_000 / 365  # publications: a longer past, not a denser one, is what more of them make
PER_STORY = 10
CAMPAIGNS = 4
PER_ROUND = PER_STORY * CAMPAIGNS  # publications of one story in each campaign
AT_ONCE = 12 * PER_ROUND
TOPICS = ("Water", "Housing", "Buses", "Schools", "Parks", "Budget")
ZONE = "Europe/Berlin"
# What another house adds to each lot of publications: called with (random, publications, now).
ADDED: list[Callable[[Random, list[Publication], datetime], object]] = []
_columns = itemgetter(*COLUMNS)
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
    clicks: int = 0


def make(
    size: Size, now: datetime, say: Callable[[str], object] = lambda words: None, skip: int = 0, each: int = 0
) -> Made:
    """Make a past that ends now. ``skip``: so many of its newest publications are there from a smaller one already.

    ``each``: how often an old publication was read; without it as often as gives ``size.snapshots``.
    """
    random = Random(f"{size.seed}:{skip}")  # noqa: S311  a measure, no secret
    made = Made(campaigns=_campaigns(size.seed))
    channels = _channels(made.campaigns, size, now)
    when = ages(each) if each else _when(size)
    goals(made.campaigns, now.astimezone(ZoneInfo(ZONE)).date())
    imports = site_imports(made.campaigns, now)
    for start in range(skip, size.publications, AT_ONCE):
        rows = _publications(random, range(start, min(start + AT_ONCE, size.publications)), channels, now)
        lives = [
            life(
                random,
                p.channel.platform,
                p.published_at,
                [age for age in when if p.published_at + age <= now],
                p.channel.followers,
            )
            for p in rows
        ]
        _numbers(rows, lives, made)
        insert_oddities(rows, lives)
        insert_orders(rows, lives, now)
        made.clicks += insert_clicks(random, imports, rows, lives, now.astimezone(ZoneInfo(ZONE)))
        for add in ADDED:
            add(random, rows, now)
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


def publications_for(snapshots: int, each: int) -> int:
    """How many publications give so many snapshots, if the old ones have ``each``: the young ones have fewer."""
    when, count, found = ages(each), 0, 0
    while found < snapshots:
        age = timedelta(days=count / A_DAY)
        found += bisect_right(when, age)
        count += 1
    return -(-count // PER_ROUND) * PER_ROUND


def _when(size: Size) -> list[timedelta]:
    """The fewest ages at which reading gives as many snapshots as were asked for, and no fewer."""
    each = max(1, size.snapshots // size.publications)
    old = [timedelta(days=n / A_DAY) for n in range(size.publications)]
    for count in range(each, 2 * each + 2):
        found = ages(count)
        if sum(bisect_right(found, age) for age in old) >= size.snapshots:
            return found
    return ages(each)


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
) -> list[Publication]:
    """Newest first: publication ``n`` went out ``n / A_DAY`` days ago."""
    out = []
    for n in numbers:
        channel = channels[random.randrange(len(channels))]
        format_name = random.choice(sorted(CONNECTORS[channel.platform].publishes))
        at = now - timedelta(days=n / A_DAY, seconds=random.randrange(600))
        out.append((channel, (channel.campaign_id, n // PER_ROUND), format_name, at))
    story_of = _stories(dict.fromkeys(key for _, key, _, _ in out), numbers.start)
    variants = Variant.objects.bulk_create(
        Variant(
            story_id=story_of[key],
            campaign_id=c.campaign_id,
            format=fmt,
            language="en",
            planned_at=at,
            planned_zone=ZONE,
        )
        for c, key, fmt, at in out
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


def _stories(keys: Iterable[tuple[int, int]], start: int) -> dict[tuple[int, int], int]:
    """A story for each campaign and round of posts. ``start`` keeps the names of two pasts apart."""
    found = {}
    for campaign in CampaignPage.objects.filter(pk__in={campaign for campaign, _ in keys}):
        mine = [key for key in keys if key[0] == campaign.pk]
        ids = pages.stories(campaign, [f"story-{start}-{number}" for _, number in mine])
        found |= dict(zip(mine, ids, strict=True))
    return found


def _numbers(rows: list[Publication], lives: list[Life], made: Made) -> None:
    moment = ("publication", "at", "age_s", *COLUMNS)
    names = [name.removesuffix("_id") for name in DESCRIBED]
    zone = ZoneInfo(ZONE)

    def snapshots() -> Iterator[list[Any]]:
        for p, each in zip(rows, lives, strict=True):
            for t in each.told:
                yield [p.pk, *_moment(t)]

    def standings() -> Iterator[list[Any]]:
        for p, each in zip(rows, lives, strict=True):
            for age, t in rollups.standings(each.told).items():
                yield [p.pk, *_moment(t), age, *_described(p)]

    def days() -> Iterator[list[Any]]:
        for p, each in zip(rows, lives, strict=True):
            for day in rollups.days(each.told, zone).values():
                yield [p.pk, *_moment(day.told), day.on, *day.gains.values(), *_described(p)]

    made.snapshots += insert(Snapshot, moment, snapshots())
    made.rollups += insert(Standing, (*moment, "age", *names), standings())
    made.rollups += insert(DayFigure, (*moment, "day", *GAINS, *names), days())


def _moment(told: Told) -> list[Any]:
    return [told.at, int(told.age.total_seconds()), *_columns(told.values)]


def _described(p: Publication) -> list[Any]:
    variant = p.variant
    return [p.campaign_id, p.channel_id, variant.story_id, p.channel.platform, variant.format, p.published_at]


def _channel_days(channels: list[Channel], days: int, now: datetime, skip: int) -> Iterator[list[Any]]:
    """A row for each day of the campaigns' zone, read at the time of day that it is now."""
    there = int(skip / A_DAY) + 1 if skip else 0
    local = now.astimezone(ZoneInfo(ZONE))
    for channel in channels:
        for back in range(there, days):
            at = local - timedelta(
                days=back
            )  # on the same clock: an hour more or less where it was put forward
            followers = None if channel.followers is None else int(channel.followers * (1 - back * 0.0004))
            told = None if followers is None else max(followers, 0)
            yield [channel.pk, at.date(), at.astimezone(UTC), told, "{}"]
