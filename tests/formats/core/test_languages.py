"""The language of a post as each network takes it."""

import pytest

from formats.registry import FORMATS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("format", "language", "tag"),
    [
        ("mastodon.thread", "de", {"language": "de"}),
        ("mastodon.thread", "pt-BR", {"language": "pt"}),
        ("bluesky.thread", "pt-BR", {"langs": ["pt-BR"]}),
        ("youtube.short", "zh-Hant", {"defaultLanguage": "zh-Hant"}),
        ("bluesky.thread", "", {}),
        ("mastodon.thread", "no language", {}),
        ("youtube.short", "x", {}),
    ],
)
def test_network_is_told_the_language_in_its_own_field(format, language, tag):
    assert FORMATS[format].language_tag.of(language) == tag


def test_only_these_networks_take_one():
    taking = {each.platform for each in FORMATS if each.language_tag}

    assert taking == {"mastodon", "bluesky", "youtube"}


@pytest.mark.parametrize("format", [each for each in FORMATS if each.language_tag], ids=lambda each: each.id)
def test_field_has_a_dated_source(format):
    assert format.language_tag.source.url.startswith("https://")
    assert format.language_tag.source.read_on
