"""On a channel's page: what to do with a lost answer, and how late a post may be."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import Page

from access.models import CampaignRole
from channels.models import Channel

pytestmark = pytest.mark.db


@pytest.fixture
def channel(db):
    campaign = Page.objects.get(depth=1).add_child(title="River", slug="river-choice")
    return Channel.objects.create(campaign=campaign, platform="x", remote_id="1", handle="@river")


def sign_in(client, channel, role):
    user = get_user_model().objects.create_user(role, f"{role}@example.org", None)
    group = Group.objects.create(name=role)
    CampaignRole.objects.create(group=group, campaign_id=channel.campaign_id, role=role)
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)


def kept(channel):
    channel.refresh_from_db()
    return channel.on_unknown, channel.grace


def test_manager_chooses(client, channel):
    sign_in(client, channel, "manager")
    assert (
        "can make a double post" in client.get(reverse("channels:detail", args=[channel.pk])).content.decode()
    )

    client.post(
        reverse("channels:delivery", args=[channel.pk]), {"on_unknown": "resend_once", "grace": "day"}
    )

    assert kept(channel) == ("resend_once", "day")


@pytest.mark.parametrize(
    "form", [{}, {"on_unknown": "always", "grace": ""}, {"on_unknown": "ask", "grace": "1y"}]
)
def test_anything_else_is_refused(client, channel, form):
    sign_in(client, channel, "manager")

    client.post(reverse("channels:delivery", args=[channel.pk]), form)

    assert kept(channel) == ("ask", "")


def test_creator_reads_only(client, channel):
    sign_in(client, channel, "creator")
    shown = client.get(reverse("channels:detail", args=[channel.pk])).content.decode()

    client.post(reverse("channels:delivery", args=[channel.pk]), {"on_unknown": "resend_once", "grace": ""})

    assert "Ask a person" in shown
    assert "<select" not in shown
    assert kept(channel) == ("ask", "")
