"""How platforms are called wherever people read their names."""

import pytest

from channels.connectors.registry import CONNECTORS
from editorial.enums import platform_label
from formats.registry import FORMATS

pytestmark = pytest.mark.unit

NAMES = {
    "x": "X",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "threads": "Threads",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "linkedin": "LinkedIn",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "whatsapp": "WhatsApp",
}


def test_every_platform_has_its_own_spelling():
    assert {name: FORMATS.platform_label(name) for name in FORMATS.platforms()} == NAMES
    assert {name: platform_label(name) for name in FORMATS.platforms()} == NAMES


def test_a_platform_of_which_nothing_is_installed_still_has_a_name():
    assert platform_label("gone") == "Gone"


@pytest.mark.parametrize("connector", list(CONNECTORS), ids=lambda each: each.platform)
def test_connectors_call_it_the_same(connector):
    assert connector.label == FORMATS.platform_label(connector.platform)
