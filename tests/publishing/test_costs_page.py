"""What posts cost, per campaign: only one's own campaigns, sent and planned apart, nothing that never goes out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from access.models import CampaignRole
from channels.connectors.registry import CONNECTORS
from publishing.models import Publication
from publishing.pages.costs import lines_of

pytestmark = pytest.mark.db
LINKED = {"parts": [{"text": "https://example.org", "link": "", "media": []}]}
PLAIN = {"parts": [{"text": "Hello", "link": "", "media": []}]}


def test_sent_and_planned_are_summed_apart_per_campaign():
    rows = [
        ("River", "x", "published", LINKED),
        ("River", "x", "published", PLAIN),
        ("River", "x", "scheduled", LINKED),
        ("Bridge", "x", "attention", PLAIN),
    ]

    bridge, river = lines_of(rows)

    assert (bridge.campaign, bridge.sent.posts, bridge.planned.amount) == ("Bridge", 0, Decimal("0.015"))
    assert (river.sent.posts, river.sent.words, river.planned.words) == (2, "0.215 USD", "0.20 USD")
    assert river.total == "0.415 USD"


@pytest.fixture
def priced(network, monkeypatch):
    """The tests' network charges what X charges."""
    x = CONNECTORS["x"]
    monkeypatch.setattr(type(network), "prices", x.prices)
    monkeypatch.setattr(type(network), "costs", lambda self, payload: x.costs(payload))


def sign_in(client, world, role, campaign):
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_user(f"u-{role}-{campaign.pk}", "u@example.org", None)
    group = Group.objects.create(name=user.username)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    CampaignRole.objects.create(group=group, campaign_id=campaign.pk, role=role)
    user.groups.add(group)
    client.force_login(user)


def test_the_page_shows_one_s_own_campaigns_in_the_period(client, world, priced):
    world.publication("Read https://example.org")
    gone = world.publication("Never sent")
    Publication.objects.filter(pk=gone.pk).update(state="cancelled")
    old = world.publication("Long ago")
    Publication.objects.filter(pk=old.pk).update(due_at=old.due_at - timedelta(days=200), state="published")
    sign_in(client, world, "analyst", world.campaign)
    address = reverse("publishing:costs")

    page = client.get(address)
    year = client.get(address, {"period": "365"})

    (line,) = page.context["lines"]
    assert (line.campaign, line.planned.posts, line.planned.words, line.sent.posts) == (
        world.campaign.title,
        1,
        "0.20 USD",
        0,
    )
    assert year.context["lines"][0].sent.posts == 1
    assert client.get(address, {"period": "nonsense"}).context["period"] == "the last 90 days"


def test_other_campaigns_costs_are_not_shown(client, world, priced):
    world.publication("Read https://example.org")
    other = (
        world.campaign.get_parent().add_child(title="Other", slug="other")
        if world.campaign.depth > 1
        else None
    )
    sign_in(client, world, "analyst", other or world.campaign)

    assert client.get(reverse("publishing:costs")).context["lines"] == []


def test_the_number_of_questions_does_not_grow(client, world, priced, django_assert_max_num_queries):
    sign_in(client, world, "analyst", world.campaign)
    for n in range(4):
        world.publication(f"Post {n}")
    client.get(reverse("publishing:costs"))

    with django_assert_max_num_queries(20):
        client.get(reverse("publishing:costs"))
