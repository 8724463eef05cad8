"""A campaign with a team, pictures and people: what the tests of the pages share."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image as PilImage


@pytest.fixture(autouse=True)
def _quick_and_apart(settings, tmp_path):
    """Uploads go to a folder of the test; passwords are hashed the quick way."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_jpeg(width=1200, height=800, colour=(30, 120, 120)) -> bytes:
    buffer = io.BytesIO()
    PilImage.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def jpeg():
    return make_jpeg


@pytest.fixture
def picture(db):
    from cms.models import CampaignImage

    return CampaignImage.objects.create(
        title="Bridge",
        description="",
        credit="Riverside Town Council",
        file=ContentFile(make_jpeg(), name="bridge.jpg"),
        focal_point_x=300,
        focal_point_y=200,
        focal_point_width=120,
        focal_point_height=80,
    )


@pytest.fixture
def home(db):
    from wagtail.models import Page, Site

    from cms.models import HomePage

    page = HomePage(title="Riverside", slug="riverside", intro="What we do by the river.")
    Page.get_first_root_node().add_child(instance=page)
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "127.0.0.1", "port": 8000, "root_page": page}
    )
    return page


@pytest.fixture
def make_campaign(home):
    from cms.models import CampaignPage

    def make(title="River Clean-up", **fields):
        page = CampaignPage(
            title=title,
            **{
                "goal": "A river to swim in by 2028.",
                "imprint": "Published by Riverside Town Council",
                "hashtags": "#RiverCleanUp Riverside",
                "time_zone": "Europe/London",
                **fields,
            },
        )
        home.add_child(instance=page)
        return page

    return make


@pytest.fixture
def campaign(make_campaign):
    return make_campaign()


@pytest.fixture
def make_story(campaign):
    from cms.models import StoryPage

    def make(title="Four tonnes in one day", *, under=None, body=(), **fields):
        page = StoryPage(
            title=title,
            lead=fields.pop("lead", "214 neighbours cleaned the banks."),
            body=list(body),
            **fields,
        )
        (under or campaign).add_child(instance=page)
        return page

    return make
