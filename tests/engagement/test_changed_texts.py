"""A post that was changed once it was out: hashtags are those that stand there, tagged links those of both texts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from channels.connectors.abilities import Action
from channels.connectors.talk import Act
from engagement.models import SiteClicks, SiteImport, TagUse
from publishing import signals
from publishing.models import Publication, Step, Version
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import likes

pytestmark = pytest.mark.db


def link(world, page):
    name = world.campaign.utm_name or world.campaign.slug
    return f"https://a.example{page}?utm_source=facebook&utm_campaign={name}&utm_content=facebook.post"


@pytest.fixture
def posts(river):
    """Two posts, of which the second is left alone. Each has a second part that nobody changes."""
    out = river.posts(likes(10, 20), "facebook.post")
    for post in out:
        parts = [{"text": f"Come! #Herns {link(river, '/old/')}"}, {"text": "#Second"}]
        Version.objects.filter(pk=post.version_id).update(payload={"parts": parts})
        post.version.refresh_from_db()
        for part in (0, 1):
            values = {"kind": "commit", "safety": "search", "state": "done", "data": {"part": part}}
            key = f"commit-{part}"
            Step.objects.create(publication=post, seq=part, key=key, remote_id=f"r{part}-{post.pk}", **values)
        signals.published.send(sender=None, publication=post)
    return out


def act(post, action, text="", *, hours=1, **more):
    """Something that is done to the first part of a post."""
    payload = {"act": Act(action, f"r0-{post.pk}", text).as_data(), "parts": [{"text": text}]}
    version = Version.objects.create(payload=payload, digest="d", approved_at=NOW)
    at = NOW - timedelta(hours=hours)
    values = {"state": "published", "published_at": at, "due_at": at, "state_changed_at": at}
    values |= {"created_at": at, "channel": post.channel, "campaign_id": post.campaign_id, "about": post}
    return Publication.objects.create(version=version, **{**values, **more})


def used():
    return {(use.publication_id, use.written) for use in TagUse.objects.all()}


def test_hashtags_are_those_of_the_newest_text(posts):
    changed, other = posts
    assert used() == {(post.pk, tag) for post in posts for tag in ("Herns", "Second")}

    newest = act(changed, Action.EDIT_POST, "Come! #Herons", hours=1)
    before = act(changed, Action.EDIT_POST, "Come! #Rivers", hours=2)
    act(changed, Action.EDIT_POST, "Come! #Refused", hours=0, state="failed", published_at=None)
    for deed in (before, newest):
        signals.published.send(sender=None, publication=deed)

    alone = {(other.pk, "Herns"), (other.pk, "Second")}
    assert used() == alone | {(changed.pk, "Herons"), (changed.pk, "Second")}


def test_what_is_done_to_something_else_has_no_hashtags(posts):
    answer = act(posts[0], Action.EDIT_POST, "Thanks! #Herons", about=None)

    signals.published.send(sender=None, publication=answer)

    assert used() == {(post.pk, tag) for post in posts for tag in ("Herns", "Second")}


def test_past_ones_are_put_right_and_clicks_from_both_texts_are_of_the_post(river, posts):
    changed, other = posts
    other.version.payload["parts"][0]["text"] = "Come!"
    other.version.save()
    act(changed, Action.EDIT_POST, f"Come! #Herons {link(river, '/new/')}")
    brought = SiteImport.objects.create(campaign=river.campaign, name="a.csv", at=NOW)
    values = {"source": "facebook", "content": "facebook.post", "day": date(2026, 4, 20), "clicks": 3}
    for page in ("/old/", "/new/"):
        SiteClicks.objects.create(site_import=brought, campaign=river.campaign, page=page, **values)

    call_command("rebuild_numbers", campaign=river.campaign.pk)

    assert {tag for pk, tag in used() if pk == changed.pk} == {"Herons", "Second"}
    assert set(SiteClicks.objects.values_list("page", "variant")) == {
        ("/old/", changed.variant_id),
        ("/new/", changed.variant_id),
    }
