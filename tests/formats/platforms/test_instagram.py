"""Instagram: what only the carousel and the reel do."""

from dataclasses import replace

import pytest

from formats.core.draft import Level, Part
from formats.core.piece import KeyPoints, Paragraph, Quote
from formats.core.telling import without_links
from formats.registry import FORMATS
from media.plans import plan_key
from tests.formats import pieces

pytestmark = pytest.mark.unit
CAROUSEL, REEL = FORMATS["instagram.carousel"], FORMATS["instagram.reel"]


def codes(findings, level=None):
    return {each.code for each in findings if level in (None, each.level)}


def cards(piece):
    (part,) = CAROUSEL.compose(piece).parts
    return part.media


def of(format, *, text="A message", media=(), **facts):
    return format.check([Part(text, media=tuple(media))], language="en", **facts)


def test_story_as_cards():
    media = cards(pieces.STORY)

    assert [item.role for item in media] == [
        "cover", "key point", "key point", "key point", "statistic", "quote", "closing",
    ]  # fmt: skip
    assert all(item.plan["size"] == [1080, 1350] and item.plan["format"] == "jpeg" for item in media)
    cover = media[0]
    assert cover.plan["text"] == {"headline": "180 volunteers cleaned the river", "footer": "Photo: J. Mills"}
    assert cover.plan["source"]["focus"] == {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.2}
    assert cover.alt == "180 volunteers cleaned the river. Volunteers in waders lift a tyre"
    assert media[4].plan["text"] == {
        "value": "4.2", "unit": "tonnes", "label": "of rubbish collected", "source": "Town council, weighbridge record",
    }  # fmt: skip
    assert media[-1].plan["text"] == {
        "headline": "Join the next clean-up",
        "body": "riverside.example.org",
        "footer": "Published by Riverside Town Council, Mill Lane 1",
    }


def test_caption_opens_with_the_message_and_has_no_link():
    (part,) = CAROUSEL.compose(pieces.STORY).parts

    assert part.text == (
        "180 volunteers cleaned the river\n\n"
        "On Saturday the town met at the Old Mill and cleaned three kilometres of the bank.\n\n"
        "People came from all five wards. The council lent gloves and bags.\n\n"
        "Join the next clean-up\n\n"
        "Published by Riverside Town Council, Mill Lane 1\n\n"
        "#RiverCleanUp #Riverside #CleanRiver"
    )
    assert part.link == ""


def test_headline_alone_makes_two_cards():
    media = cards(pieces.story(lead=""))

    assert [item.role for item in media] == ["cover", "closing"]


def test_paragraphs_become_cards_where_nothing_else_would():
    media = cards(pieces.story(pieces.PARAGRAPH))

    assert [item.plan["template"] for item in media] == ["cover", "text", "closing"]


def test_ten_cards_at_most_figures_before_pictures():
    blocks = [replace(pieces.PICTURE, id=f"p{n}") for n in range(8)] + [
        replace(pieces.STATISTIC, id=f"s{n}") for n in range(5)
    ]

    draft = CAROUSEL.compose(pieces.story(*blocks))

    roles = [item.role for item in draft.parts[0].media]
    assert roles == ["cover", *["picture"] * 3, *["statistic"] * 5, "closing"]
    assert any("cards" in each.message for each in draft.findings)


def test_many_points_share_cards():
    points = KeyPoints("points", tuple(f"Point number {n}" for n in range(9)))

    bodies = [item.plan["text"]["body"] for item in cards(pieces.story(points))[1:-1]]

    assert [body.count("•") for body in bodies] == [4, 4, 0]


def test_long_quote_goes_over_several_cards_whole():
    quote = Quote("quote", "We came early. " * 40, "Anna Shaw")

    media = [item for item in cards(pieces.story(quote)) if item.role == "quote"]

    assert len(media) == 3
    assert " ".join(item.plan["text"]["body"] for item in media) == quote.text.strip()
    assert all(item.plan["text"]["speaker"] == "Anna Shaw" for item in media)


def test_long_headline_goes_on_on_the_next_card():
    media = cards(pieces.story(headline="A headline, and more. " * 10, lead=""))

    shown = [media[0].plan["text"]["headline"], *(item.plan["text"]["body"] for item in media[1:-1])]
    assert " ".join(shown) == ("A headline, and more. " * 10).strip()


def test_infographic_as_cards():
    media = cards(pieces.INFOGRAPHIC)

    assert [item.role for item in media] == ["cover", "figures", "closing"]
    assert media[1].plan["text"] == {
        "headline": "What lay in the river",
        "unit": "tonnes",
        "source": "Town council",
        "chart": "bar",
        "rows": [["Plastic", 1.9], ["Tyres", 1.2], ["Metal", 0.7], ["Glass", 0.4]],
    }


def test_caption_longer_than_allowed_leaves_paragraphs_out():
    blocks = [Paragraph(f"p{n}", f"Paragraph {n}. " + "word " * 100) for n in range(8)]

    draft = CAROUSEL.compose(pieces.story(pieces.QUOTE, *blocks))

    text = draft.parts[0].text
    assert CAROUSEL.count(text) <= 2200
    assert "Paragraph 2." in text
    assert text.endswith("#CleanRiver")
    assert "Left out of the carousel: 5 paragraphs." in [each.message for each in draft.findings]


def test_lead_longer_than_a_caption_is_cut_at_a_sentence_and_that_is_said():
    draft = CAROUSEL.compose(replace(pieces.STORY, lead="A whole sentence. " * 200))

    assert CAROUSEL.count(draft.parts[0].text) <= 2200
    assert "A whole sentence.\n\nJoin" in draft.parts[0].text
    assert any("introduction" in each.message for each in draft.findings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No link here.", "No link here."),
        ("First. See https://example.org/x now. Last.", "First. Last."),
        ("All at example.com!", ""),
        ("One line.\nSee example.com\nThird.", "One line.\nThird."),
    ],
)
def test_sentences_with_a_link_are_left_out_of_captions(text, expected):
    assert without_links(text) == expected


def test_hashtags_beyond_five_are_left_out_and_named():
    draft = CAROUSEL.compose(replace(pieces.STORY, hashtags=tuple("abcdefg")))

    assert draft.parts[0].text.endswith("#a #b #c #d #CleanRiver")  # one of the campaign's
    assert any("#e #f #g" in each.message for each in draft.findings)


@pytest.mark.parametrize(
    ("count", "level"), [(5, None), (6, Level.WARNING), (30, Level.WARNING), (31, Level.BLOCKER)]
)
@pytest.mark.parametrize("format", [CAROUSEL, REEL], ids=lambda each: each.id)
def test_hashtag_rules(format, count, level):
    text = "A message " + " ".join(f"#tag{n}" for n in range(count))

    found = [each for each in of(format, text=text) if each.code == "too_many_hashtags"]

    assert [each.level for each in found] == ([level] if level else [])


def test_dead_link_is_a_warning():
    assert "dead_link" in codes(of(CAROUSEL, text="Read more at example.com"), Level.WARNING)


def test_twenty_mentions_at_most():
    text = "Thanks " + " ".join(f"@name{n}" for n in range(21))

    assert "too_many_mentions" in codes(of(CAROUSEL, text=text), Level.BLOCKER)


def test_one_card_is_too_few_and_eleven_too_many():
    media = cards(pieces.STORY)

    assert "too_few_media" in codes(of(CAROUSEL, media=media[:1]), Level.BLOCKER)
    assert "too_many_media" in codes(of(CAROUSEL, media=media[:1] * 11), Level.BLOCKER)


def test_card_without_alt_text_blocks():
    first, *rest = cards(pieces.STORY)

    (found,) = [
        each for each in of(CAROUSEL, media=[replace(first, alt=" "), *rest]) if each.code == "missing_alt"
    ]
    assert (found.level, found.part, found.media) == (Level.BLOCKER, 0, 0)


def test_unsourced_statistic_card_blocks():
    media = cards(pieces.STORY)
    bare = replace(media[4], plan={**media[4].plan, "text": {"value": "4.2", "unit": "tonnes"}})

    (found,) = [each for each in of(CAROUSEL, media=[media[0], bare]) if each.code == "unsourced_statistic"]
    assert (found.level, found.media) == (Level.BLOCKER, 1)
    assert "4.2 tonnes" in found.message


def test_no_caption_is_a_warning():
    assert "no_caption" in codes(of(CAROUSEL, text="", media=cards(pieces.STORY)), Level.WARNING)


# The reel


def test_reel_is_a_cut_of_the_video():
    (part,) = REEL.compose(pieces.FILMED).parts

    (item,) = part.media
    plan = item.plan
    assert (plan["kind"], plan["size"], plan["fps"], plan["start_s"]) == ("cut", [1080, 1920], 30, None)
    assert plan["source"] == {
        "path": "videos/bank.mp4", "sha256": "cd" * 32, "width": 1920, "height": 1080, "duration_s": 42.0,
    }  # fmt: skip
    assert plan["captions"] == {"path": "captions/bank.vtt", "sha256": "ef" * 32}
    assert plan["title"] == {"headline": "180 volunteers cleaned the river"}
    assert plan["end_card"]["footer"] == "Published by Riverside Town Council, Mill Lane 1"
    assert (plan["min_s"], plan["max_s"], plan["max_bytes"]) == (3, 60, 300_000_000)
    assert "• Most of it was plastic" in part.text
    assert "4.2 tonnes of rubbish collected" in part.text


def test_reel_without_a_video_is_a_film_of_the_cards():
    draft = REEL.compose(pieces.STORY)

    plan = draft.parts[0].media[0].plan
    assert plan["kind"] == "film"
    assert [slide["template"] for slide in plan["slides"]] == [
        "cover",
        "text",
        "text",
        "text",
        "statistic",
        "quote",
    ]
    assert all(slide["size"] == [1080, 1920] for slide in plan["slides"])
    assert plan["end_card"]["headline"] == "Join the next clean-up"
    assert "film_of_cards" in codes(draft.findings, Level.NOTE)


def filmed(**changes):
    video = replace(pieces.VIDEO, **changes)
    return REEL.compose(pieces.story(pieces.POINTS, video))


def clip(duration_s):
    return replace(pieces.CLIP, duration_s=duration_s)


def test_video_without_captions_blocks():
    assert "no_captions" in codes(filmed(captions=None).blockers)


def test_three_hour_video_is_cut_and_that_is_said():
    (found,) = [each for each in filmed(file=clip(3 * 3600.0)).findings if each.code == "video_cut"]

    assert found.level is Level.WARNING
    assert found.message == "Of 3 h 0 min only a passage of at most 60 seconds goes out."


def test_two_second_video_is_too_short():
    (found,) = [each for each in filmed(file=clip(2.0)).blockers if each.code == "video_too_short"]

    assert (found.limit, found.actual) == (3, 2.0)


def test_video_of_unknown_length_is_not_judged():
    assert codes(filmed(file=clip(None)).findings) <= {"left_out"}


def test_picture_in_a_reel_blocks():
    assert "wrong_kind" in codes(of(REEL, media=cards(pieces.STORY)[:1]), Level.BLOCKER)


# What was really made


def rendered(format, piece, **facts):
    (part,) = format.compose(piece).parts
    keys = {plan_key(item.plan): facts for item in part.media}
    return codes(format.check([part], language="en", facts=keys))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"mime": "image/jpeg", "bytes": 8_000_001, "width": 1080, "height": 1350}, "file_too_large"),
        ({"mime": "image/jpeg", "bytes": 9, "width": 1080, "height": 1920}, "wrong_shape"),
        ({"mime": "image/jpeg", "bytes": 9, "width": 2000, "height": 1000}, "wrong_shape"),
        ({"mime": "image/jpeg", "bytes": 8_000_000, "width": 1080, "height": 1350}, None),
        ({}, None),
    ],
)
def test_rendered_card_is_held_against_the_limits(facts, code):
    found = rendered(CAROUSEL, pieces.STORY, **facts)

    assert found == ({code} if code else set())


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"bytes": 300_000_001}, "file_too_large"),
        ({"duration_s": 901.0}, "video_too_long"),
        ({"duration_s": 2.5}, "video_too_short"),
        ({"duration_s": 42.0, "bytes": 9_000_000, "width": 1080, "height": 1920}, None),
    ],
)
def test_rendered_reel_is_held_against_the_limits(facts, code):
    found = rendered(REEL, pieces.FILMED, mime="video/mp4", **facts)

    assert found == ({code} if code else set())
