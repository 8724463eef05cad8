"""What stands beside the numbers of posts: goals, corrections and gaps, and clicks that the site counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from cms.models import CampaignPage
from engagement.core import schedule
from engagement.history.bulk import insert
from engagement.history.invent import Life, visits
from engagement.models import Goal, MetricPull, Oddity, OddityKind, SiteClicks, SiteImport
from engagement.rollups import silence_of
from publishing.models import Publication

GOALS = {"views": 5_000_000, "likes": 200_000, "clicks": 100_000}
ODDITY = ("publication", "campaign", "kind", "metric", "before", "after", "at", "until")
ORDER = {
    "lease_owner": "",
    "fence": 0,
    "tries": 0,
    "last_error": "",
    "unchanged": 0,
    "charged_posts": 0,
}
CLICKS = (
    "site_import",
    "campaign",
    "source",
    "content",
    "page",
    "day",
    "clicks",
    "variant",
    "story",
    "current",
)


def goals(campaigns: Sequence[CampaignPage], today: date) -> None:
    for campaign in campaigns:
        for metric, target in GOALS.items():
            values = {"target": target, "due_on": today + timedelta(days=100)}
            Goal.objects.get_or_create(campaign=campaign, metric=metric, defaults=values)


def site_imports(campaigns: Sequence[CampaignPage], now: datetime) -> dict[int, SiteImport]:
    """A file for each campaign, of which all its clicks are."""
    return {
        campaign.pk: SiteImport.objects.create(
            campaign=campaign, name="invented.csv", columns=["content", "page", "day"], at=now
        )
        for campaign in campaigns
    }


def insert_oddities(rows: Sequence[Publication], lives: Sequence[Life]) -> int:
    def odd() -> Iterator[list[Any]]:
        for p, life in zip(rows, lives, strict=True):
            of = (p.pk, p.campaign_id)
            for at, c in life.corrections:
                yield [*of, OddityKind.CORRECTION.value, c.metric, c.before, c.after, at, at]
            for since, until in life.gaps:
                yield [*of, OddityKind.GAP.value, "", None, None, since, until]
            for at, name, before in life.silent:
                kind = silence_of(p.channel.platform, name, at - p.published_at)
                yield [*of, kind.value, name, before, None, at, None]

    return insert(Oddity, ODDITY, odd())


def insert_orders(rows: Sequence[Publication], lives: Sequence[Life], now: datetime) -> int:
    """When each post is asked for again: none so soon that a worker beside the measure would come to it."""

    def orders() -> Iterator[list[Any]]:
        for p, life in zip(rows, lives, strict=True):
            wait = schedule.pause(now - p.published_at)
            due = None if wait is None else now + schedule.DAY + wait
            yield [p.pk, due, life.told[-1].at if life.told else None, *ORDER.values()]

    return insert(MetricPull, ("publication", "next_action_at", "pulled_at", *ORDER), orders())


def insert_clicks(
    random: Random,
    imports: dict[int, SiteImport],
    rows: Sequence[Publication],
    lives: Sequence[Life],
    now: datetime,
) -> int:
    """By day, on the clock of ``now``. Posts of a story in one format carry the same tags: their clicks are of no post."""
    told: dict[tuple[Any, ...], int] = defaultdict(int)
    of: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for p, life in zip(rows, lives, strict=True):
        variant = p.variant
        tags = (p.campaign_id, p.channel.platform, variant.format, variant.story_id)
        of[tags].add(variant.pk)
        for day, count in enumerate(visits(random, life.told)):
            on = p.published_at.astimezone(now.tzinfo).date() + timedelta(days=day)
            if on <= now.date():
                told[*tags, on] += count

    def clicks() -> Iterator[list[Any]]:
        for (campaign, source, fmt, story, on), count in told.items():
            variants = of[campaign, source, fmt, story]
            known = next(iter(variants)) if len(variants) == 1 else None
            values = [imports[campaign].pk, campaign, source, fmt, f"/story/{story}/", on, count]
            yield [*values, known, story, True]

    return insert(SiteClicks, CLICKS, clicks())
