"""The documents' table of networks says what the code says."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from channels.capabilities import ACTS, LOST, MEDIA, READS, carried, put_into, table
from channels.connectors.abilities import Action, Media, Read
from channels.connectors.base import Safety
from channels.connectors.registry import CONNECTORS
from formats.made import media_of
from formats.management.commands.capabilities_table import pages
from formats.registry import FORMATS

PAGE = Path(settings.BASE_DIR) / "docs" / "networks.md"


def test_the_page_is_in_step():
    for page, fresh in pages(PAGE.parent).items():
        assert fresh == page.read_text(), "run manage.py capabilities_table --write"


def test_every_network_and_every_ability_has_words():
    made = table(CONNECTORS, media_of)

    assert all(f"**{c.label}**" in made for c in CONNECTORS)
    assert (set(ACTS), set(READS), set(MEDIA), set(LOST)) == (set(Action), set(Read), set(Media), set(Safety))
    assert "0.20 USD" in made


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_every_network_has_a_set_up_guide(connector):
    guide = (PAGE.parent / f"connect-{connector.platform}.md").read_text()

    if connector.oauth.redirects and connector.oauth.needs_app:
        assert f"/admin/channels/callback/{connector.platform}/" in guide
        assert f"NETWORK_{connector.platform.upper()}_CLIENT_ID" in guide
    missing = [s for s in connector.oauth.scopes if s.rpartition("/")[2] not in guide]
    assert missing == []


def test_media_that_no_format_makes_are_not_promised():
    """LinkedIn's posts carry pictures; its videos wait for a format."""
    assert media_of("linkedin") == {Media.IMAGE, Media.IMAGES, Media.ALT_TEXT}
    assert Media.VIDEO in CONNECTORS["linkedin"].media - media_of("linkedin")
    (row,) = [line for line in table(CONNECTORS, media_of).splitlines() if line.startswith("| **LinkedIn**")]
    assert [cell.strip() for cell in row.split("|")][3:5] == [
        "picture, several pictures, alt texts",
        "GIF, video",
    ]
    said = carried(CONNECTORS["linkedin"], media_of("linkedin"))
    assert said.endswith("LinkedIn takes more, which no format makes yet: GIF, video.")


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_what_the_formats_make_is_taken(connector):
    """A medium of every format's kind is among what its network's connector takes."""
    kinds = {"image": Media.IMAGE, "video": Media.VIDEO}
    made = {
        kinds[kind] for format in FORMATS if format.platform == connector.platform for kind in format.kinds
    }

    assert made
    assert made <= connector.media
    assert made <= media_of(connector.platform)


def test_the_command_says_when_it_is_not(tmp_path, monkeypatch):
    out = StringIO()
    call_command("capabilities_table", stdout=out)
    assert out.getvalue().strip() == table(CONNECTORS, media_of).strip()
    call_command("capabilities_table", check=True)

    monkeypatch.setattr("channels.capabilities.table", lambda known, made: "other\n")
    with pytest.raises(CommandError, match="not in step"):
        call_command("capabilities_table", check=True)


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        put_into("# Networks", "table")
