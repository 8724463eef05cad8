"""Names become handles: found where they stand, once, never where a reader would be misled."""

from dataclasses import replace

import pytest

from formats.core import mentions, tokens
from formats.core.accounts import BadHandle
from formats.core.draft import Level, Part
from formats.core.piece import Account, CallToAction, KeyPoints, Paragraph, Quote, Statistic
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit

TRUST = Account(
    "River Trust",
    ("the Trust",),
    (("bluesky", "rivertrust.example.org"), ("mastodon", "rivertrust@green.example"), ("x", "RiverTrust_UK")),
)
YOUTH = Account("River Trust Youth", (), (("x", "rt_youth"),))
COUNCIL = Account("川辺町", (), (("x", "kawabe"),))
KNOWN = (TRUST, YOUTH, COUNCIL)
LINKING = [each for each in FORMATS if each.handle]
every_linking = pytest.mark.parametrize("format", LINKING, ids=lambda each: each.id)


def said(text, platform="x", accounts=KNOWN):
    return mentions.Mentioning(accounts, platform).in_text(text)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("The River Trust came.", "The @RiverTrust_UK came."),
        ("River Trust", "@RiverTrust_UK"),
        ("Thanks, River\nTrust!", "Thanks, @RiverTrust_UK!"),
        ("Today the Trust paid.", "Today @RiverTrust_UK paid."),
        ("(River Trust’s plan)", "(@RiverTrust_UK’s plan)"),
        ("River Trust Youth sang.", "@rt_youth sang."),  # the longest name wins
        ("River Trust and River Trust again", "@RiverTrust_UK and River Trust again"),  # once
        ("by @RiverTrust_uk, gladly", "by @RiverTrust_UK, gladly"),  # handles have no capitals
        ("川辺町は動いた。", "@kawabe は動いた。"),  # a handle ends where a letter would run into it
        ("今日、川辺町", "今日、@kawabe"),
        ("昨日川辺町", "昨日 @kawabe"),
    ],
)
def test_name_becomes_the_handle(text, becomes):
    assert said(text) == becomes


@pytest.mark.parametrize(
    "text",
    [
        "River Trusts",
        "Upriver Trust",
        "river trust",
        "a River Trust-led plan",
        "Ex-River Trust",
        "https://example.org/River Trust-x",
        "https://example.org/a?b=the%20Trust",
        "#River Trust",
        "@River Trust",
        "mail@RiverTrust_UK",
        "@RiverTrust_UK.example.org",
        "@RiverTrust_UK@elsewhere.example",
        "",
    ],
)
def test_what_only_looks_like_a_name_stays(text):
    assert said(text) == text


@pytest.mark.parametrize(
    ("platform", "becomes"),
    [
        ("x", "With @RiverTrust_UK today"),
        ("mastodon", "With @rivertrust@green.example today"),
        ("bluesky", "With @rivertrust.example.org today"),
        ("instagram", "With River Trust today"),
        ("", "With River Trust today"),
    ],
)
@pytest.mark.parametrize("text", ["With River Trust today", "With @rivertrust@green.example today"])
def test_each_platform_gets_its_own_handle_and_never_another_ones(text, platform, becomes):
    assert said(text, platform) == becomes


# In a format ----------------------------------------------------------------------------------------------------------
STORY = replace(
    pieces.STORY,
    headline="River Trust cleans the river",
    lead="On Saturday River Trust met at the Old Mill.",
    blocks=(
        pieces.PICTURE,
        KeyPoints("points", ("River Trust counts the birds", "Most of it was plastic")),
        Statistic("statistic", "4.2", "tonnes", "of rubbish", "River Trust"),
        Quote("quote", "River Trust is my family.", "Anna Shaw", "River Trust"),
        CallToAction("call", "Join River Trust"),
    ),
    accounts=KNOWN,
)


def whole(draft):
    return "\n".join(part.text for part in draft.parts)


def handle(format):
    return f"@{TRUST.on(format.platform)}"


@pytest.mark.parametrize("name", ["x.thread", "x.post", "x.video", "mastodon.thread", "bluesky.thread"])
def test_post_mentions_once_outside_headline_and_quotation(name):
    format = FORMATS[name]

    draft = format.compose(STORY)

    assert whole(draft).count(handle(format)) == 1
    assert whole(draft).startswith("River Trust cleans the river")
    assert f"On Saturday {handle(format)} met" in whole(draft)
    assert draft.blockers == ()


@pytest.mark.parametrize("name", ["facebook.post", "linkedin.post", "whatsapp.message", "facebook.reel"])
def test_platform_that_links_no_plain_handles_keeps_names_and_says_nothing(name):
    typed = replace(STORY, lead="On Saturday @RiverTrust_UK met at the Old Mill.")

    draft = FORMATS[name].compose(typed)

    assert "@" not in whole(draft)
    assert "On Saturday River Trust met" in whole(draft)
    assert not {"no_handle", "foreign_handle"} & {each.code for each in draft.findings}


@pytest.mark.parametrize("format", list(FORMATS), ids=lambda each: each.id)
def test_cards_alt_texts_and_sources_stay_as_the_story_has_them(format):
    plain = format.compose(replace(STORY, accounts=()))
    draft = format.compose(STORY)

    def shown(each):
        return [(item.plan, item.alt, item.sources) for part in each.parts for item in part.media]

    assert shown(draft) == shown(plain)
    assert [part.sources for part in draft.parts] == [part.sources for part in plain.parts]
    assert draft.left_out == plain.left_out


def test_first_mention_is_the_first_that_is_told():
    """Key points are told and paragraphs are not: a mention in a paragraph would reach nobody."""
    piece = replace(
        STORY,
        lead="It rained.",
        blocks=(Paragraph("a", "River Trust paid."), KeyPoints("b", ("One", "River Trust counts"))),
    )

    texts = [part.text for part in FORMATS["x.thread"].compose(piece).parts]

    assert [text for text in texts if "@RiverTrust_UK counts" in text]


def test_longer_handle_counts_before_the_text_is_cut():
    """Every post stays within the limit though the handle is longer than the name."""
    long = Account("RT", (), (("mastodon", "the.river.trust.of.the.upper.valley@green.example"),))
    points = KeyPoints("points", (" ".join(["RT walked the whole bank of the river."] * 12),))
    piece = replace(STORY, accounts=(long,), blocks=(points,), lead="It rained.")

    for name in ("mastodon.thread", "bluesky.thread", "x.thread"):
        assert "text_too_long" not in {each.code for each in FORMATS[name].compose(piece).findings}
    assert f"@{long.on('mastodon')}" in whole(FORMATS["mastodon.thread"].compose(piece))


def test_bluesky_mention_is_a_facet_and_never_cut():
    lead = "Word " * 56 + "River Trust came."
    format = FORMATS["bluesky.thread"]

    parts = format.compose(replace(STORY, lead=lead)).parts

    [facet] = [each for part in parts for each in format.facets(part.text) if each.kind == "mention"]
    assert facet.value == "rivertrust.example.org"


# What a check says ----------------------------------------------------------------------------------------------------
def found(format, text, accounts=KNOWN):
    findings = format.check([Part(text)], language="en", accounts=accounts)
    return [each for each in findings if each.code in ("no_handle", "foreign_handle")]


@every_linking
def test_name_without_a_handle_is_noted_once(format):
    stranger = Account("Anna Shaw")

    [note] = found(format, "First.\nAnna Shaw met Anna Shaw.", (stranger,))

    assert (note.code, note.level) == ("no_handle", Level.NOTE)
    assert "Anna Shaw" in note.message
    assert format.platform_label in note.message
    assert note.remedy
    assert found(format, "Nobody is named here.", (stranger,)) == []


def test_name_with_a_handle_that_stays_a_name_is_not_noted():
    assert found(FORMATS["x.post"], "River Trust came.") == []


def test_handle_of_another_platform_is_a_warning_that_names_the_right_one():
    [warning] = found(FORMATS["mastodon.thread"], "Thanks, @RiverTrust_UK!")

    assert (warning.code, warning.level, warning.part) == ("foreign_handle", Level.WARNING, 0)
    assert "@rivertrust@green.example" in warning.remedy
    assert found(FORMATS["x.post"], "Thanks, @rivertrust_uk!") == []
    [plain] = found(FORMATS["linkedin.post"], "Thanks, @RiverTrust_UK!")
    assert "“River Trust”" in plain.remedy


# Handles as people type them ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("platform", "typed", "kept"),
    [
        ("x", "@RiverTrust_UK", "RiverTrust_UK"),
        ("x", " RiverTrust_UK ", "RiverTrust_UK"),
        ("x", "https://x.com/RiverTrust_UK?s=20", "RiverTrust_UK"),
        ("instagram", "https://www.instagram.com/river.trust/", "river.trust"),
        ("threads", "https://www.threads.net/@river.trust", "river.trust"),
        ("tiktok", "https://www.tiktok.com/@river.trust", "river.trust"),
        ("youtube", "https://www.youtube.com/@River-Trust", "River-Trust"),
        ("mastodon", "@river@green.example", "river@green.example"),
        ("mastodon", "https://green.example/@river", "river@green.example"),
        ("bluesky", "https://bsky.app/profile/river.example.org", "river.example.org"),
    ],
)
def test_handle_is_read_as_people_paste_it(platform, typed, kept):
    assert FORMATS.for_platform(platform)[0].handle.read(typed) == kept


@pytest.mark.parametrize(
    ("platform", "typed"),
    [
        ("x", "River Trust"),
        ("x", "a" * 16),
        ("x", "river.trust"),
        ("instagram", "river..trust"),
        ("mastodon", "river"),
        ("mastodon", "river@green"),
        ("bluesky", "river"),
        ("bluesky", "-river.org"),
        ("youtube", "ab"),
        ("tiktok", "river."),
    ],
)
def test_what_is_no_handle_is_refused_with_an_example(platform, typed):
    with pytest.raises(BadHandle, match="Write it like @"):
        FORMATS.for_platform(platform)[0].handle.read(typed)


@every_linking
def test_whatever_may_be_a_handle_is_never_cut(format):
    name = format.handle.read(format.handle.example)

    assert tokens.mentions(f"With @{name}, gladly") == [(5, 6 + len(name))]
    assert any(
        first <= 5 and last >= 6 + len(name) for first, last in tokens.unbreakable(f"With @{name} gladly")
    )


# From one platform to another -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "platform", "becomes", "renamed"),
    [
        ("By @RT_youth", "x", "By @RT_youth", []),
        ("By @rivertrust_UK", "bluesky", "By @rivertrust.example.org", [("@rivertrust_UK", "@rivertrust.example.org")]),
        ("With @rt_youth.", "mastodon", "With River Trust Youth.", [("@rt_youth", "River Trust Youth")]),
        ("With @RiverTrust_UK.", "", "With River Trust.", [("@RiverTrust_UK", "River Trust")]),
        ("With @RiverTrust_UK.", "x", "With @RiverTrust_UK.", []),
        ("With River Trust and @stranger.", "mastodon", "With River Trust and @stranger.", []),
        ("See https://x.com/@RiverTrust_UK/1", "mastodon", "See https://x.com/@RiverTrust_UK/1", []),
    ],
)  # fmt: skip
def test_text_moved_to_another_platform_calls_people_as_it_does(text, platform, becomes, renamed):
    moved, told = mentions.moved(text, KNOWN, "x", platform)

    assert moved == becomes
    assert [(each.said, each.here) for each in told] == renamed


def test_a_handle_that_two_have_is_its_own_platforms():
    other = Account("Another River", (), (("instagram", "rivertrust_uk"),))
    accounts = (other, TRUST)

    assert mentions.moved("With @RiverTrust_UK.", accounts, "x", "")[0] == "With River Trust."
    assert mentions.moved("With @RiverTrust_UK.", accounts, "instagram", "")[0] == "With Another River."


def test_own_handle_is_not_foreign_because_another_has_it_elsewhere():
    other = Account("Another River", (), (("instagram", "rivertrust_uk"),))

    assert found(FORMATS["x.thread"], "With @RiverTrust_UK.", (other, TRUST)) == []
