"""A campaign with a story, accounts and people: what the tests of variants share."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image as PilImage

BODY = [
    (
        "paragraph",
        "<p>On Saturday 214 neighbours met at the old bridge, with gloves, hooks and two boats.</p>",
    ),
    (
        "key_points",
        ["4.2 tonnes of rubbish in one day", "214 people took part", "The next day is 12 December"],
    ),
    (
        "quote",
        {"text": "I have never seen it so clear.", "speaker": "Jean Okafor", "role": "volunteer"},
    ),
    (
        "statistic",
        {
            "value": "4.2",
            "unit": "tonnes",
            "label": "of rubbish taken out of the river in one day",
            "source": "Weighbridge record, 21 November 2026",
            "source_url": "",
        },
    ),
]


def make_jpeg(width=1200, height=800, colour=(30, 120, 120)) -> bytes:
    buffer = io.BytesIO()
    PilImage.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass
class World:
    """One campaign and all that hangs on it."""

    campaign: object
    story: object
    channels: dict
    people: dict

    def make(self, *formats, by=None, story=None):
        from formats.variants import create_variants

        return create_variants(story or self.story, formats or ["x.thread"], by=by or self.people["creator"])


@pytest.fixture
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def home(db, media_root):
    from wagtail.models import Page, Site

    from cms.models import HomePage

    page = HomePage(title="Riverside", slug="riverside", intro="What we do by the river.")
    Page.get_first_root_node().add_child(instance=page)
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "127.0.0.1", "port": 8000, "root_page": page}
    )
    return page


@pytest.fixture
def picture(db, media_root):
    from cms.models import CampaignImage

    return CampaignImage.objects.create(
        title="Bridge", description="Volunteers on the bank", file=ContentFile(make_jpeg(), name="bridge.jpg")
    )


@pytest.fixture
def make_world(home, picture):
    def make(title="River Clean-up") -> World:
        from django.contrib.auth import get_user_model

        from channels.models import Channel
        from cms.models import CampaignPage, StoryPage
        from cms.roles import make_team

        slug = title.lower().replace(" ", "-")
        campaign = CampaignPage(
            title=title,
            goal="A river to swim in by 2028.",
            imprint="Published by Riverside Town Council",
            hashtags="#RiverCleanUp",
            time_zone="Europe/London",
            figures_need_claims=False,  # tests of claims switch it on
        )
        home.add_child(instance=campaign)
        story = StoryPage(
            title="Four tonnes in one day",
            lead="214 neighbours cleaned the banks.",
            body=[
                *BODY,
                ("picture", {"image": picture, "alt": "Two volunteers lift a trolley", "caption": ""}),
                ("call_to_action", {"text": "Join us on 12 December", "url": "https://example.org/join"}),
            ],
        )
        campaign.add_child(instance=story)
        story.save_revision()
        people = {}
        for role, group in make_team(campaign).items():
            user = get_user_model().objects.create_user(f"{role}-{slug}", f"{role}@{slug}.example")
            user.groups.add(group)
            people[str(role)] = user
        channels = {
            platform: Channel.objects.create(
                campaign_id=campaign.pk,
                platform=platform,
                remote_id=f"{platform}-{slug}",
                handle=f"@{platform}_{slug}",
            )
            for platform in ("x", "facebook", "instagram")
        }
        return World(campaign, story, channels, people)

    return make


@pytest.fixture
def world(make_world):
    return make_world()


@pytest.fixture
def render_all(media_root):
    """Stand in for the worker: every asked-for medium is there, without drawing it."""

    def done():
        from media.models import Render, RenderState

        for row in Render.objects.exclude(state=RenderState.DONE):
            video = row.plan["kind"] != "card"
            name = f"renders/{row.key[:2]}/{row.key}.{'mp4' if video else 'jpg'}"
            path = Path(media_root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"" if video else make_jpeg(108, 135))
            row.state, row.file, row.progress = RenderState.DONE, name, 100
            row.mime = "video/mp4" if video else "image/jpeg"
            row.sha256, row.bytes = row.key, 1000
            row.width, row.height = row.plan["size"]
            row.duration_s = 20.0 if video else None
            row.save()

    return done
