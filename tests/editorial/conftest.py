"""A town with two campaigns: people of each, accounts, and variants of text only (nothing to render)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import photocopy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Campaign:
    page: Any
    story: Any
    channel: Any
    people: dict[str, Any]
    made: list[Any] = field(default_factory=list)

    def variant(
        self, text="The river is clean again.", *, wall=None, zone="Europe/London", by=None, channel=True
    ):
        from formats.core.draft import Part
        from formats.models import Variant
        from formats.variants import plan, set_parts

        by = by or self.people["creator"]
        variant = Variant.objects.create(
            story_id=self.story.pk,
            campaign_id=self.page.pk,
            format="x.thread",
            language="en",
            owner=by,
            planned_zone=zone,
        )
        if channel:
            variant.channels = [self.channel]
            variant.save()
        variant = set_parts(variant, [Part(text=text)], by=by)
        if wall is not None:
            plan(variant, datetime.fromisoformat(wall), zone, by=by, now=datetime(2020, 1, 1, tzinfo=UTC))
        return Variant.objects.get(pk=variant.pk)

    def approved(self, wall="2026-12-01T18:00", **kwargs):
        """A variant that the manager has approved."""
        from editorial import domain
        from editorial.domain import approval
        from formats.core.payload import digest

        variant = self.variant(wall=wall, **kwargs)
        domain.submit(variant, by=self.people["creator"])
        domain.approve(variant, by=self.people["manager"], digest=digest(approval.built(variant)))
        variant.refresh_from_db()
        return variant


@pytest.fixture
def frozen(monkeypatch):
    """The clock stands at 09:00 UTC on Monday 23 November 2026, the database's (work.clock) included."""
    import time_machine

    monkeypatch.setattr("work.clock.now", lambda: datetime.now(UTC))
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def make_campaign(db, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def make(title, zone="Europe/London") -> Campaign:
        from wagtail.models import Page

        from cms.models import CampaignPage, HomePage

        if photocopy.possible() and not HomePage.objects.exists():
            root = Page.get_first_root_node()
            key = ("campaign", title, zone, photocopy.when(), root.pk, root.content_type_id)
            photocopy.put(key, lambda: write_campaign(title, zone))
        else:
            write_campaign(title, zone)
        return campaign_of(CampaignPage.objects.get(title=title))

    return make


def campaign_of(page) -> Campaign:
    from access.models import CampaignRole
    from channels.models import Channel
    from cms.models import StoryPage

    people = {row.role: row.group.user_set.get() for row in CampaignRole.objects.filter(campaign_id=page.pk)}
    story = StoryPage.objects.child_of(page).get()
    return Campaign(page, story, Channel.objects.get(campaign_id=page.pk), people)


def write_campaign(title, zone) -> None:
    from django.contrib.auth import get_user_model
    from wagtail.models import Page

    from access.models import CampaignRole
    from channels.models import Channel
    from cms.models import CampaignPage, HomePage, StoryPage
    from cms.roles import make_team

    slug = title.lower()
    home = HomePage.objects.first()
    if home is None:
        home = HomePage(title="Riverside", slug="riverside")
        Page.get_first_root_node().add_child(instance=home)
        home = HomePage.objects.get()
    page = CampaignPage(title=title, goal="A river to swim in.", time_zone=zone)
    home.add_child(instance=page)
    make_team(page)
    people = {}
    for row in CampaignRole.objects.filter(campaign_id=page.pk):
        user = get_user_model().objects.create_user(f"{row.role}-{slug}", f"{row.role}@{slug}.example", "x")
        user.groups.add(row.group)
        people[row.role] = user
    story = StoryPage(
        title=f"{title} story", lead="Four tonnes in a day.", owner=people["creator"], live=False
    )
    page.add_child(instance=story)
    story.save_revision(user=people["creator"])
    Channel.objects.create(
        campaign_id=page.pk, platform="x", remote_id=f"x-{slug}", handle=f"@{slug}", min_gap_min=30
    )


@pytest.fixture
def river(make_campaign) -> Campaign:
    return make_campaign("River")


@pytest.fixture
def admin(db):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_superuser("admin", "admin@example.org", "x")


@pytest.fixture
def as_user(client):
    """The test client, signed in."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in
