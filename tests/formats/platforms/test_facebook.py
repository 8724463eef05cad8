"""Facebook: what only the Page post does."""

from dataclasses import replace

import pytest

from formats.core.draft import Level, Part
from formats.core.piece import Heading, Paragraph
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit
POST = FORMATS["facebook.post"]
UTM = "?utm_source=facebook&utm_medium=social&utm_campaign=river-2027&utm_content=facebook.post"
LINK = f"https://riverside.example.org/clean-up/{UTM}"


def codes(findings):
    return [each.code for each in findings]


def test_story_with_picture_as_a_post():
    (part,) = POST.compose(pieces.STORY).parts

    assert part.text == (
        "180 volunteers cleaned the river\n\n"
        "On Saturday the town met at the Old Mill and cleaned three kilometres of the bank.\n\n"
        "People came from all five wards. The council lent gloves and bags.\n\n"
        "• Most of it was plastic\n• Water quality is measured in May\n• Next time: 12 April 2027\n\n"
        "4.2 tonnes of rubbish collected\nSource: Town council, weighbridge record\n\n"
        "“I never saw so many neighbours in wellingtons.”\n— Anna Shaw, volunteer\n\n"
        f"Join the next clean-up\n{LINK}\n\n"
        "Published by Riverside Town Council, Mill Lane 1\n\n"
        "#RiverCleanUp #Riverside #CleanRiver"
    )
    assert part.link == ""
    assert [item.role for item in part.media] == ["picture"]
    assert part.media[0].plan["size"] == [1600, 1066]
    assert part.media[0].plan["text"] == {"footer": "Photo: J. Mills"}


def test_story_without_picture_shows_the_link_beside_the_text():
    (part,) = POST.compose(pieces.story(pieces.PARAGRAPH)).parts

    assert part.media == ()
    assert part.link == LINK
    assert "http" not in part.text


def test_infographic_is_a_card_and_a_list_without_saying_the_title_twice():
    (part,) = POST.compose(pieces.INFOGRAPHIC).parts

    assert [item.role for item in part.media] == ["figures"]
    assert part.text.count("What lay in the river") == 1
    assert "• Plastic: 1.9 tonnes\n• Tyres: 1.2 tonnes" in part.text


def test_ten_pictures_at_most_and_the_rest_is_named():
    many = [replace(pieces.PICTURE, id=f"p{n}") for n in range(13)]

    draft = POST.compose(pieces.story(*many))

    assert len(draft.parts[0].media) == 10
    assert any("3 of 13 pictures" in each.message for each in draft.findings)


def test_endless_text_loses_whole_blocks_from_the_end_and_says_so():
    long = [Paragraph(f"p{n}", f"Paragraph {n}. " + "word " * 3000) for n in range(8)]

    draft = POST.compose(pieces.story(Heading("h", "What happened"), *long))

    (part,) = draft.parts
    assert POST.count(part.text) <= 63206
    assert "Paragraph 3." in part.text
    assert "Paragraph 7." not in part.text
    assert part.text.endswith("#CleanRiver")
    assert any(each.message == "Left out of the post: 4 paragraphs." for each in draft.findings)


def test_link_beside_pictures_blocks():
    item = POST.compose(pieces.STORY).parts[0].media[0]

    found = POST.check([Part("Words", media=(item,), link=LINK)], language="en")

    (blocker,) = [each for each in found if each.level is Level.BLOCKER]
    assert blocker.code == "link_with_media"
    assert blocker.source.read_on == "2026-11-23"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3000, 2000), [1600, 1066]), ((1000, 1000), [1600, 1600]), ((500, 2000), [1200, 1600]), ((4000, 500), [1600, 900]),
     ((0, 0), [1600, 1066])],
)  # fmt: skip
def test_pictures_keep_their_shape_as_far_as_feeds_show_it(size, expected):
    file = replace(pieces.JPEG, width=size[0], height=size[1])

    (part,) = POST.compose(pieces.story(replace(pieces.PICTURE, file=file))).parts

    assert part.media[0].plan["size"] == expected


def test_unsourced_statistic_blocks_though_it_stands_only_in_the_text():
    assert "unsourced_statistic" in codes(
        POST.compose(pieces.story(replace(pieces.STATISTIC, source=""))).blockers
    )


def test_two_posts_block():
    found = POST.check([Part("One"), Part("Two")], language="en")

    assert {each.code: each.level for each in found}["too_many_parts"] is Level.BLOCKER
