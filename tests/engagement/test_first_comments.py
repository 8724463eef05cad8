"""What stands in a first comment counts once that is out: its hashtags for topics, its links for clicks on the site."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command

from engagement import clicks
from engagement.models import SiteClicks, SiteImport, TagUse
from publishing import signals
from publishing.models import Step, Version
from tests.engagement.conftest import NOW
from tests.engagement.test_reports import column, likes, report

pytestmark = pytest.mark.db


@pytest.fixture
def posts(river):
    """Two Facebook posts whose tagged link and hashtag stand in the first comment; of the second it was refused."""
    name = river.campaign.utm_name or river.campaign.slug
    link = f"https://a.example/herons?utm_source=facebook&utm_campaign={name}&utm_content=facebook.post"
    out = river.posts(likes(10, 20), "facebook.post")
    for post, state in zip(out, ("done", "skipped"), strict=True):
        payload = {"parts": [{"text": "Come!"}], "options": {"first_comment": f"{link} #Herons"}}
        Version.objects.filter(pk=post.version_id).update(payload=payload)
        post.version.refresh_from_db()
        Step.objects.create(
            publication=post, seq=2, key="comment", kind="comment", safety="search", state=state
        )
    return out


def used():
    return list(TagUse.objects.values_list("publication", "tag"))


def test_it_counts_when_the_comment_is_out_and_only_then(river, posts):
    written, refused = posts
    Step.objects.update(state="todo")
    for post in posts:
        signals.published.send(sender=None, publication=post)
    assert used() == []

    Step.objects.filter(publication=written).update(state="done")
    Step.objects.filter(publication=refused).update(state="skipped")
    for _ in range(2):
        signals.commented.send(sender=None, publication=written)

    assert used() == [(written.pk, "herons")]
    found = report("topics", river, by="likes")
    assert dict(zip(column(found.tables[0], "Hashtag"), column(found.tables[0], "Median"), strict=True)) == {
        "#Herons": 10,
        "no hashtag": 20,
    }


def test_past_ones_are_put_right(river, posts, capsys):
    brought = SiteImport.objects.create(campaign=river.campaign, name="a.csv", at=NOW)
    row = {
        "site_import": brought,
        "campaign": river.campaign,
        "source": "facebook",
        "content": "facebook.post",
    }
    row = SiteClicks.objects.create(**row, page="/herons/", day=date(2026, 4, 20), clicks=3)
    other = SiteClicks.objects.create(site_import=brought, campaign=river.campaign, source="x", clicks=3)

    call_command("rebuild_numbers", campaign=river.campaign.pk)
    again = clicks.match_again(river.campaign)

    row.refresh_from_db()
    other.refresh_from_db()
    assert used() == [(posts[0].pk, "herons")]
    assert (row.variant_id, row.story_id) == (posts[0].variant_id, river.story.pk)
    assert (other.variant_id, other.story_id, again) == (None, None, 0)
