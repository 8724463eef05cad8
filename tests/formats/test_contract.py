"""What every format keeps, whichever it is: runs for each one that is registered."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from formats.core import mends, plans, splitting, tokens
from formats.core.draft import Draft, Level, MediaItem, Part
from formats.core.format import Format
from formats.core.payload import canonical, digest
from formats.registry import FORMATS, Registry, UnknownFormat
from tests.formats import pieces

pytestmark = pytest.mark.unit

every_format = pytest.mark.parametrize("format", list(FORMATS), ids=lambda each: each.id)
every_text = pytest.mark.parametrize(
    "format", [each for each in FORMATS if each.text_limit], ids=lambda each: each.id
)
every_piece = pytest.mark.parametrize("piece", pieces.GOOD.values(), ids=pieces.GOOD.keys())


def codes(findings, level=None):
    return {each.code for each in findings if level is None or each.level is level}


def media(draft):
    return [item for part in draft.parts for item in part.media]


# The registry


def test_registry_knows_the_formats_in_order():
    assert FORMATS.ids() == (
        "x.thread", "x.post", "x.video", "facebook.post", "facebook.reel", "instagram.carousel", "instagram.image",
        "instagram.reel", "instagram.story", "threads.thread", "mastodon.thread", "bluesky.thread", "linkedin.post",
        "tiktok.video", "tiktok.photo", "youtube.short", "whatsapp.message",
    )  # fmt: skip
    assert [each.id for each in FORMATS.for_platform("facebook")] == ["facebook.post", "facebook.reel"]
    assert FORMATS.platforms()[:3] == ("x", "facebook", "instagram")
    assert len(FORMATS) == 17


def test_registry_refuses_a_name_given_twice():
    with pytest.raises(ValueError, match=r"x\.thread"):
        Registry([FORMATS["x.thread"], FORMATS["x.thread"]])


def test_registry_names_what_there_is_when_asked_for_what_is_not():
    with pytest.raises(UnknownFormat, match=r"no format “x.poem”.*x.thread, x.post"):
        FORMATS["x.poem"]
    assert FORMATS.get("x.poem") is None
    assert "x.poem" not in FORMATS


# What a format says about itself


@every_format
def test_says_who_it_is(format):
    assert format.id.split(".")[0] == format.platform
    assert format.label
    assert format.unit
    assert format.description
    assert format.text_limit > 0 or format.id == "instagram.story"  # which has no caption
    assert 0 <= format.min_media <= format.max_media
    assert format.unit == format.limits["text"].unit


@every_format
def test_limits_are_dated_data_with_a_source(format):
    for name, limit in format.limits.items():
        assert limit.source.url.startswith("https://"), name
        assert date.fromisoformat(limit.source.read_on) <= date(2026, 11, 23)
        assert limit.unit
        assert limit.most is not None or limit.least is not None


# A good piece


@every_format
@every_piece
def test_good_piece_can_be_submitted(format, piece):
    draft = format.compose(piece)

    assert draft.format == format.id
    assert draft.language == "en"
    assert draft.parts
    assert draft.blockers == ()
    assert codes(draft.findings, Level.WARNING) == set()


@every_format
@every_piece
def test_composing_twice_gives_the_same(format, piece):
    assert format.compose(piece) == format.compose(piece)


@every_format
@every_piece
def test_draft_passes_its_own_check(format, piece):
    parts = format.compose(piece).parts

    findings = format.check(parts, language=piece.language, imprint=piece.campaign.imprint)

    assert codes(findings, Level.BLOCKER) == set()


@every_format
@every_piece
def test_every_medium_has_alt_text_and_a_plan_as_documented(format, piece):
    for item in media(format.compose(piece)):
        assert item.alt
        assert item.role
        assert item.sources
        assert json.loads(json.dumps(item.plan, allow_nan=False)) == item.plan
        assert item.plan["kind"] in ("card", "cut", "film")
        assert item.plan["version"] == 1
        assert all(isinstance(side, int) and side % 2 == 0 for side in item.plan["size"])
        assert set(item.plan["look"]) == {"colour", "ink", "paper", "text", "logo", "name"}
        for card in plans.still_plans(item.plan):
            assert card["template"] in (
                "cover",
                "statistic",
                "quote",
                "text",
                "closing",
                "figures",
                "picture",
            )
            assert card["format"] == "jpeg"
            assert card["max_bytes"] <= 8_000_000
            assert all(card["text"].values())


@every_format
@every_piece
def test_every_part_says_where_it_came_from(format, piece):
    known = {block.id for block in piece.blocks} | {"headline", "lead", "link", "hashtags", "campaign"}

    for part in format.compose(piece).parts:
        assert part.sources
        assert set(part.sources) <= known
        assert all(set(item.sources) <= known for item in part.media)


@every_format
@every_piece
def test_imprint_goes_out(format, piece):
    draft = format.compose(piece)
    said = [part.text for part in draft.parts] + [
        text for item in media(draft) for text in plans.texts(item.plan)
    ]

    assert any(piece.campaign.imprint in text for text in said)


@every_format
@every_piece
def test_link_goes_out_once_and_tagged_or_not_at_all(format, piece):
    draft = format.compose(piece)
    whole = "\n".join(part.text + "\n" + part.link for part in draft.parts)

    assert whole.count("riverside.example.org") == (1 if format.links_work else 0)
    if format.links_work:
        assert (
            f"?utm_source={format.platform}&utm_medium=social&utm_campaign=river-2027&utm_content={format.id}"
            in whole
        )


@every_format
@every_piece
def test_headline_opens(format, piece):
    first = format.compose(piece).parts[0]

    said = first.text if format.text_limit else plans.texts(first.media[0].plan)[0]
    assert said.startswith(piece.headline)


# What is wrong, and what to do


def only(**changes):
    return replace(pieces.STORY, **changes)


FAULTS = [
    pytest.param(only(headline="", lead="", blocks=()), "empty_story", id="empty story"),
    pytest.param(
        only(headline=" ", lead="\n", blocks=(replace(pieces.PARAGRAPH, text=" "),)),
        "empty_story",
        id="blank",
    ),
    pytest.param(only(headline=""), "no_headline", id="no headline"),
    pytest.param(only(headline="🎉🎉"), "headline_without_words", id="emoji-only headline"),
    pytest.param(
        pieces.story(replace(pieces.STATISTIC, source=" ")), "unsourced_statistic", id="unsourced statistic"
    ),
    pytest.param(
        pieces.story(replace(pieces.FIGURES, source="")), "unsourced_statistic", id="unsourced figures"
    ),
    pytest.param(pieces.story(replace(pieces.FIGURES, rows=())), "no_figures", id="no figures"),
    pytest.param(pieces.story(replace(pieces.PICTURE, alt=" ")), "missing_alt", id="no alt text"),
]


@every_format
@pytest.mark.parametrize(("piece", "code"), FAULTS)
def test_fault_of_the_piece_blocks_and_says_the_way_out(format, piece, code):
    blockers = {each.code: each for each in format.compose(piece).blockers}

    assert code in blockers
    assert blockers[code].message
    assert blockers[code].remedy


def part(text="Words.", **changes):
    return Part(text, **changes)


def card(alt="A card", **changes):
    item = pieces_card()
    return MediaItem({**item.plan, **changes}, alt, "card")


def pieces_card():
    return media(FORMATS["instagram.carousel"].compose(pieces.STORY))[0]


def check(format, *parts, **changes):
    return format.check(parts, **{"language": "en", **changes})


@every_format
def test_nothing_to_post_blocks(format):
    assert codes(check(format)) == {"nothing_to_post"}


@every_format
def test_empty_part_blocks(format):
    assert "empty_part" in codes(check(format, part(" \n")), Level.BLOCKER)


@every_text
def test_text_too_long_names_limit_count_unit_and_source(format):
    text = "words " * (format.text_limit // 5)

    found = next(each for each in check(format, part(text)) if each.code == "text_too_long")

    assert found.level is Level.BLOCKER
    assert found.part == 0
    assert (found.limit, found.actual, found.unit) == (format.text_limit, format.count(text), format.unit)
    assert found.source == format.limits["text"].source


@every_text
def test_text_as_long_as_allowed_passes(format):
    assert "text_too_long" not in codes(check(format, part("x" * format.text_limit)))
    assert "text_too_long" in codes(check(format, part("x" * (format.text_limit + 1))))


@every_format
def test_missing_imprint_blocks_only_where_the_campaign_has_one(format):
    assert "missing_imprint" in codes(check(format, part(), imprint="Published by us"), Level.BLOCKER)
    assert "missing_imprint" not in codes(check(format, part(), imprint=" "))
    assert "missing_imprint" not in codes(
        check(format, part("Words.\nPublished\nby us"), imprint="Published by us")
    )


@every_format
def test_too_many_media_block(format):
    item = card()
    draft = part(media=(item,) * (format.max_media + 1))

    found = next(each for each in check(format, draft) if each.code == "too_many_media")

    assert (found.limit, found.actual) == (format.max_media, format.max_media + 1)


@every_format
def test_low_contrast_is_a_warning_with_the_ratio(format):
    look = {"colour": "#ffff00", "ink": "#ffffff", "paper": "#ffffff", "text": "#000000"}

    found = [
        each
        for each in check(format, part(media=(card(look=look), card(look=look))))
        if each.code == "low_contrast"
    ]

    assert len(found) == 1
    assert found[0].limit == 4.5
    assert found[0].actual == 1.07


@every_format
def test_right_to_left_text_is_noted(format):
    assert codes(check(format, part("مرحبا بالعالم"), language="ar"), Level.NOTE) >= {"right_to_left"}
    assert "right_to_left" not in codes(check(format, part("Hello")))


@every_format
def test_first_line_of_emoji_blocks(format):
    assert "opening_without_words" in codes(check(format, part("🎉 🎉\nThen words.")), Level.BLOCKER)


@every_format
def test_first_line_of_hashtags_is_a_warning(format):
    assert "opening_is_hashtags" in codes(check(format, part("#One #Two\nThen words.")), Level.WARNING)


@every_format
def test_invisible_character_blocks(format):
    assert "unsendable_character" in codes(check(format, part("a\ufffeb")), Level.BLOCKER)


@every_format
def test_link_that_is_no_address_blocks(format):
    assert "bad_link" in codes(check(format, part(link="www nowhere")), Level.BLOCKER)


@every_text
def test_right_to_left_piece_runs_right_to_left(format):
    piece = replace(pieces.STORY, headline="X: تنظيف النهر", language="ar")

    draft = format.compose(piece)

    assert draft.parts[0].text.startswith(
        "\u200fX: "
    )  # else the platform would set the whole post from the left
    assert draft.blockers == ()
    assert "right_to_left" in codes(draft.findings)


@every_format
def test_what_is_left_out_is_said(format):
    other = replace(pieces.VIDEO, id="second video", title="Another")
    draft = format.compose(replace(pieces.FILMED, blocks=(*pieces.FILMED.blocks, other)))

    notes = [each for each in draft.findings if each.code == "left_out"]

    assert any("video" in each.message for each in notes)
    assert all(each.level is Level.NOTE for each in notes)


@every_format
def test_a_video_that_does_not_go_out_has_a_reason_of_its_own(format):
    other = replace(pieces.VIDEO, id="second video", title="Another")
    draft = format.compose(replace(pieces.FILMED, blocks=(*pieces.FILMED.blocks, other)))

    [reason] = {each.why for each in draft.left_out if each.source == "second video"}

    assert "has no place for it" not in reason
    assert ("video" in reason) or format.id in (
        "instagram.story",
        "whatsapp.message",
    )  # those say why they are so short


# Whatever comes


def within_limits_or_said(format, draft):
    """Every length is within its limit, or a finding says which is not and what can be done."""
    said = {(each.code, each.part, each.unit) for each in draft.findings if each.level is Level.BLOCKER}
    for index, part in enumerate(draft.parts):
        for measure in format.measures(part):
            if measure.over:
                assert (measure.code, index, measure.limit.unit) in said


def nothing_lost(before, after, drops):
    """Letters and digits may only go where the mend names them: a cut may lie inside a word."""
    told = letters(texts_of(before))
    told.subtract(letters(texts_of(after)))
    gone = +told
    assert not gone - letters([drops]), (gone, drops)


def texts_of(draft):
    """Everything said, whatever posts it stands in; without the numbers of a thread, which a link may look like too.

    A link that stands in its own post's text as well is said once.
    """
    texts = [text for part in draft.parts for text in (part.text, "" if twice(part) else part.link)]
    return [splitting.unmarked(text) for text in texts] + [item.alt for item in media(draft)]


def twice(part):
    return part.link.strip() in (part.text[first:last] for first, last in tokens.addresses(part.text))


def letters(texts):
    return Counter(character for text in texts for character in text if character.isalnum())


def worse(finding):
    """By how much a finding exceeds its limit; 1 where it has none."""
    return (
        abs(finding.actual - finding.limit) if finding.actual is not None and finding.limit is not None else 1
    )


def every_mend_mends(format, draft, imprint):
    for finding in draft.findings:
        for mend in mends.available(finding, draft):
            after = mends.apply(mend.name, draft, finding)
            left = format.check(after.parts, language=draft.language, imprint=imprint)
            again = [each for each in left if (each.code, each.unit) == (finding.code, finding.unit)]
            before = [
                each for each in draft.findings if (each.code, each.unit) == (finding.code, finding.unit)
            ]
            assert sum(map(worse, again)) < sum(map(worse, before)), (mend, finding)
            nothing_lost(draft, after, mend.drops)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(pieces.PIECES)
def test_any_piece_becomes_a_draft_of_every_format(piece):
    for format in FORMATS:
        draft = format.compose(piece)

        assert isinstance(draft, Draft)
        assert format.compose(piece) == draft
        assert all(each.message and each.remedy for each in draft.findings)
        assert codes(
            format.check(draft.parts, language=piece.language, imprint=piece.campaign.imprint)
        ) <= codes(draft.findings)
        assert not {"missing_imprint", "too_many_media", "too_few_media"} & codes(draft.findings)
        within_limits_or_said(format, draft)
        every_mend_mends(format, draft, piece.campaign.imprint)
        for item in media(draft):
            assert len(item.alt) <= 1000 or any(len(block.alt) > 1000 for block in piece.of(pieces.Picture))
            canonical(item.plan | {"source": None, "look": None})


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(pieces.BLOCKS, min_size=1, max_size=4), st.integers(40, 60))
def test_hundreds_of_blocks_become_a_draft(blocks, times):
    many = tuple(replace(block, id=f"{block.id}{n}") for n in range(times) for block in blocks)
    for format in FORMATS:
        draft = format.compose(pieces.story(*many))

        assert len(draft.parts) <= format.max_parts
        assert not {"text_too_long", "too_many_media"} & codes(draft.findings) or any(
            len(token) > 100 for block in blocks for token in str(block).split()
        )
        within_limits_or_said(format, draft)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@example([Part("", link="1/2")], "", {})
@example([Part("River" * 40, link="River" * 40)], "", {})
@example([Part("https://river.example/more", link="https://river.example")], "", {})
@example([Part("https://river.example", link="https://river.example")], "", {})
@given(
    st.lists(st.builds(Part, text=pieces.TEXTS, link=pieces.TEXTS), max_size=3),
    pieces.TEXTS,
    st.dictionaries(
        st.text(max_size=3), st.none() | st.integers() | st.text(max_size=3) | st.booleans(), max_size=3
    ),
)
def test_any_parts_can_be_checked_and_mended(parts, imprint, junk):
    """A plan may come from an older version, or from nowhere."""
    parts = tuple(replace(each, media=(MediaItem(junk, "alt", "role"),)) for each in parts)
    for format in FORMATS:
        found = format.check(parts, language="", imprint=imprint, facts={"x": {"bytes": 1}})
        assert all(each.message for each in found)
        every_mend_mends(format, Draft(format.id, "", parts, found), imprint)


@every_text
def test_the_whole_introduction_goes_out_where_posts_follow_one_another(format):
    lead = " ".join(f"Sentence {n} says one more thing about the river." for n in range(40))
    draft = format.compose(replace(pieces.STORY, lead=lead))

    said = " ".join(splitting.unmarked(part.text) for part in draft.parts)
    notes = " ".join(each.message for each in draft.findings)
    assert all(f"Sentence {n} " in said for n in range(40)) or "the end of the introduction" in notes


# The digest


def test_digest_ignores_the_order_of_keys_and_nothing_else():
    payload = {"parts": [{"text": "a", "media": [1, 2]}], "planned_at": None}

    assert digest(payload) == digest(dict(reversed(payload.items())))
    for other in ({**payload, "planned_at": ""}, {**payload, "parts": [{"text": "a ", "media": [1, 2]}]},
                  {**payload, "parts": [{"text": "a", "media": [2, 1]}]}, {**payload, "more": 1}):  # fmt: skip
        assert digest(other) != digest(payload)


def test_digest_is_the_sha256_of_canonical_json():
    assert canonical({"b": "é", "a": [1, None, True]}) == '{"a":[1,null,true],"b":"é"}'.encode()
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_digest_refuses_what_has_no_one_spelling():
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": float("nan")})


class Stub(Format):
    """The least a format is: shows that the base class needs no more."""

    id, platform, label, unit, description = "stub.post", "stub", "Stub", "characters", "For this test."
    limits = FORMATS["facebook.post"].limits

    def count(self, text):
        return len(text)

    def plan(self, piece):
        return (Part(piece.headline, sources=("headline",)),), ()


def test_a_new_format_is_a_class_and_a_line():
    registry = Registry([*FORMATS, Stub()])

    assert registry["stub.post"].compose(pieces.STORY).parts[0].text == pieces.STORY.headline
