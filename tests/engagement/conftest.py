"""A campaign with posts that stand somewhere at every age, made in a few statements however many they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from channels.models import Channel
from engagement.core.rollups import AGES, LATEST
from engagement.models import Standing
from formats.models import Variant
from publishing.models import Publication, Version
from tests.editorial.conftest import make_campaign  # noqa: F401  a fixture

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr("work.clock.now", lambda: NOW)
    return NOW


@dataclass
class World:
    campaign: object
    story: object
    people: dict

    def channel(self, platform="x", followers=1000) -> Channel:
        names = {"campaign_id": self.campaign.pk, "platform": platform, "remote_id": f"r-{platform}"}
        defaults = {"handle": f"@{platform}", "followers": followers}
        return Channel.objects.get_or_create(**names, defaults=defaults)[0]

    def posts(self, rows, fmt="x.thread", days_ago=20, **more):
        """One publication for each dict of numbers, a day apart and older from one to the next."""
        platform = fmt.split(".", 1)[0]
        channel, campaign = more.pop("channel", None) or self.channel(platform), self.campaign.pk
        text, hours = more.pop("text", ""), more.pop("hours_apart", 24)
        variants = Variant.objects.bulk_create(
            Variant(story_id=self.story.pk, campaign_id=campaign, format=fmt, language="en") for _ in rows
        )
        payload = {"format": fmt, "parts": [{"text": text}]}
        versions = Version.objects.bulk_create(
            Version(variant=v, payload=payload, digest="d", approved_at=NOW) for v in variants
        )
        out = []
        for number, version in enumerate(versions):
            at = NOW - timedelta(days=days_ago, hours=number * hours)
            times = {"due_at": at, "state_changed_at": at, "created_at": at}
            values = {"state": "published", "published_at": at, "lateness_ms": 800, **times, **more}
            out.append(
                Publication(
                    version=version, variant=version.variant, channel=channel, campaign_id=campaign, **values
                )
            )
        Publication.objects.bulk_create(out)
        ages = [
            *((code, age) for code, age in AGES.items() if age <= timedelta(days=days_ago)),
            (LATEST, None),
        ]
        Standing.objects.bulk_create(
            Standing(
                publication=p,
                age=code,
                at=p.published_at + (age or timedelta(days=days_ago)),
                age_s=int((age or timedelta(days=days_ago)).total_seconds()),
                campaign_id=campaign,
                channel=channel,
                story_id=self.story.pk,
                platform=platform,
                format=fmt,
                published_at=p.published_at,
                **{"followers": channel.followers, **numbers},
            )
            for p, numbers in zip(out, rows, strict=True)
            for code, age in ages
            if p.published_at is not None
        )
        return out


@pytest.fixture
def river(make_campaign, now):  # noqa: F811
    made = make_campaign("River")
    return World(made.page, made.story, made.people)
