"""What the other platforms alone do: their own counting, limits of one server, fields, facets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formats.core import counting, facets
from formats.core.draft import Level, Part
from formats.core.piece import Paragraph
from formats.platforms import youtube
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit
FAMILY = "👨‍👩‍👧"  # 5 code points, 8 UTF-16 units, 18 bytes, one character for a reader


def codes(findings):
    return [each.code for each in findings]


@pytest.mark.parametrize(
    ("unit", "text", "expected"),
    [
        ("characters", FAMILY, 5),
        ("UTF-16 units", FAMILY, 8),
        ("UTF-16 units", "日本", 2),
        ("bytes", FAMILY, 18),
        ("bytes", "é", 2),
        ("visible characters", FAMILY + "e\u0301" + "🇬🇧", 3),
        ("visible characters", "a\r\nb", 3),
        ("visible characters", "नमस्ते", 3),
        ("Threads characters", "ok " + FAMILY, 3 + 18),
        ("Threads characters", "日本 ok", 5),
        ("Threads characters", "👍", 4),
        ("Mastodon characters", "see https://example.org/a/very/long/path?with=a&query=string", 4 + 23),
        ("Mastodon characters", "see https://example.org/a.", 4 + 23 + 1),
        ("Mastodon characters", "(https://example.org/a_(b))", 25),
        ("Mastodon characters", "example.com", 11),
        ("Mastodon characters", "ftp://example.com", 17),
        ("Mastodon characters", "hi @mayor@town.example and @council", 3 + 6 + 5 + 8),
        ("Mastodon characters", "me@example.org", 14),
        ("Mastodon characters", FAMILY, 1),
    ],
)
def test_units(unit, text, expected):
    assert counting.COUNTERS[unit](text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "plain", "日本語", "क्षि", "🇬🇧🇬", "e\u0301\u0301", "한국어", "\u1112\u1161\u11ab", "a\u200d👍🏽"],
)
def test_the_quick_count_of_characters_is_the_full_one(text):
    assert counting.grapheme_count(text) == len(counting.graphemes(text))


# Grapheme clusters by the rules of UAX 29, written down by ourselves; × joins, ÷ parts. ``regex`` is what we count with.
CLUSTERS = [
    ("GB3 CR × LF", ["\r\n"]),
    ("GB4 LF ÷ letter", ["\n", "a"]),
    ("GB6 Hangul L × V", ["\u1100\u1161"]),
    ("GB7 Hangul LV × T", ["\uac00\u11a8"]),
    ("GB8 Hangul T ÷ L", ["\u1100\u1161\u11a8", "\u1100"]),
    ("GB9 mark", ["a\u0308", "b"]),
    ("GB9 joiner", ["a\u200d", "b"]),
    ("GB9a spacing mark", ["\u0928\u093f"]),
    ("GB9b prepend", ["\u0600\u0627"]),
    ("GB9c Indic conjunct", ["\u0915\u094d\u0937"]),
    ("GB11 emoji ZWJ emoji", ["👩\u200d🚒"]),
    ("GB11 not after a letter", ["a\u200d", "🚒"]),
    ("GB12 flags in pairs", ["🇩🇪", "🇫🇷", "🇮"]),
    ("skin tone", ["👍🏿"]),
    ("keycap", ["3\ufe0f\u20e3"]),
    ("subdivision flag", ["🏴󠁧󠁢󠁳󠁣󠁴󠁿"]),
]


@pytest.mark.parametrize(("name", "clusters"), CLUSTERS, ids=[name for name, _ in CLUSTERS])
def test_grapheme_clusters(name, clusters):
    assert counting.graphemes("".join(clusters)) == clusters
    assert counting.grapheme_count("".join(clusters)) == len(clusters)


# Bluesky


def test_bluesky_holds_to_characters_and_bytes_at_once():
    bluesky = FORMATS["bluesky.thread"]

    found = bluesky.check([Part(f"Many {FAMILY * 200}")], language="en")
    (finding,) = [each for each in found if each.code == "text_too_long"]

    assert (finding.unit, finding.limit, finding.actual) == ("bytes", 3000, 5 + 200 * 18)
    draft = bluesky.compose(pieces.story(Paragraph("p", f"{FAMILY} " * 400)))
    assert draft.blockers == ()
    assert all(counting.utf8_bytes(part.text) <= 3000 for part in draft.parts)


def test_facets_are_byte_spans_in_order():
    text = (
        "👍 héllo @mayor.bsky.social, see https://example.org/a?b=c and example.com #Über1 (me@example.org)"
    )

    found = facets.of(text)

    raw = text.encode()
    assert [(each.kind, raw[each.start : each.end].decode(), each.value) for each in found] == [
        ("mention", "@mayor.bsky.social", "mayor.bsky.social"),
        ("link", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("link", "example.com", "https://example.com"),
        ("tag", "#Über1", "Über1"),
    ]
    assert FORMATS["bluesky.thread"].facets(text) == found
    assert FORMATS["x.thread"].facets(text) == ()


# Mastodon


def test_mastodon_takes_the_limits_of_the_server():
    default = FORMATS["mastodon.thread"]
    server = default.for_account({"text": 5000, "url_weight": 30, "media": 8, "nonsense": 3, "alt": 0})

    assert (server.text_limit, server.max_media, default.text_limit) == (5000, 8, 500)
    assert server.count("https://example.org/") == 30
    assert server.limits["alt"].most == 1500
    assert server.limits["text"].note == "as the server says"
    long = replace(pieces.STORY, lead="A sentence about the river. " * 100)
    assert len(server.compose(long).parts) < len(default.compose(long).parts)
    assert default.for_account({"text": 3}).text_limit == 500


# YouTube


def test_youtube_title_and_description():
    short = FORMATS["youtube.short"]
    piece = replace(pieces.FILMED, headline="A headline about the river that goes on " * 4)
    draft = short.compose(piece)

    title, description = youtube.fields(draft.parts[0].text)
    assert len(title) <= 100
    assert " ".join(f"{title} {description}".split()).startswith(" ".join(piece.headline.split()))
    assert "text_too_long" not in codes(draft.findings)
    assert "title_too_long" not in codes(draft.findings)


def test_youtube_counts_bytes_and_takes_no_angle_brackets():
    short = FORMATS["youtube.short"]

    found = short.check([Part("Title\n\n" + "é" * 2501)], language="en")
    assert [(each.unit, each.actual) for each in found if each.code == "text_too_long"] == [("bytes", 5002)]
    assert "forbidden_character" in codes(short.check([Part("a <b>")], language="en"))
    assert "<" not in short.compose(replace(pieces.FILMED, lead="x < y")).parts[0].text


# The rest


def test_threads_takes_five_links_and_one_topic():
    links = " ".join(f"https://example.org/{n}" for n in range(6))

    found = FORMATS["threads.thread"].check([Part(f"See {links} https://example.org/1")], language="en")

    (finding,) = [each for each in found if each.code == "too_many_links"]
    assert (finding.limit, finding.actual) == (5, 6)  # the same one twice counts once
    draft = FORMATS["threads.thread"].compose(pieces.STORY)
    assert draft.parts[-1].text.count("#") == 1
    assert any("#Riverside" in each.message for each in draft.findings)


def test_whatsapp_needs_a_template_after_a_day():
    whatsapp = FORMATS["whatsapp.message"]
    draft = whatsapp.compose(pieces.STORY)

    (finding,) = [each for each in draft.findings if each.code == "template_needed"]
    assert finding.level is Level.NOTE
    assert (finding.limit, finding.unit) == (24, "hours")
    assert whatsapp.count(draft.parts[0].text) <= 900
    media = FORMATS["x.thread"].compose(pieces.STORY).parts[0].media
    found = whatsapp.check([Part("x" * 1025, media)], language="en")
    assert [each.limit for each in found if each.code == "text_too_long"] == [1024]


def test_linkedin_has_a_link_card_or_pictures():
    linkedin = FORMATS["linkedin.post"]

    with_picture = linkedin.compose(pieces.STORY).parts[0]
    without = linkedin.compose(pieces.story(pieces.POINTS)).parts[0]

    assert with_picture.media
    assert "riverside.example.org" in with_picture.text
    assert not with_picture.link
    assert without.link.startswith("https://riverside.example.org")
    assert "riverside.example.org" not in without.text


def test_story_frames_are_cards_without_text():
    draft = FORMATS["instagram.story"].compose(pieces.STORY)

    assert 2 <= len(draft.parts) <= 5
    assert all(part.text == "" and len(part.media) == 1 for part in draft.parts)
    assert all(part.media[0].plan["size"] == [1080, 1920] for part in draft.parts)


@pytest.mark.parametrize(
    ("format", "size", "longest"),
    [("tiktok.video", [1080, 1920], 60), ("youtube.short", [1080, 1920], 60), ("facebook.reel", [1080, 1920], 60),
     ("x.video", [1280, 720], 60)],
)  # fmt: skip
def test_videos_have_the_shape_of_their_app(format, size, longest):
    (item,) = FORMATS[format].compose(pieces.FILMED).parts[0].media

    assert (item.plan["kind"], item.plan["size"], item.plan["max_s"]) == ("cut", size, longest)
    assert item.plan["captions"]
    assert item.plan["end_card"]["footer"] == pieces.CAMPAIGN.imprint


def test_what_is_left_out_names_the_block_and_the_reason():
    (left,) = FORMATS["x.thread"].compose(pieces.STORY).left_out

    assert (left.source, left.what) == ("paragraph", "paragraph")
    assert left.excerpt.startswith("People came from all five wards.")
    assert left.why == "The key points say it in fewer words."
