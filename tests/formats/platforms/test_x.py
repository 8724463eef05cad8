"""X: what only the thread does."""

from dataclasses import replace

import pytest

from formats.core.draft import Level, Part
from formats.core.piece import CallToAction, KeyPoints, Paragraph, Row
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit
THREAD = FORMATS["x.thread"]
LINK = "https://riverside.example.org/clean-up/?utm_source=x&utm_medium=social&utm_campaign=river-2027&utm_content=x.thread"


def texts(draft):
    return [part.text for part in draft.parts]


def codes(findings):
    return [each.code for each in findings]


def test_story_as_a_thread():
    draft = THREAD.compose(pieces.STORY)

    assert texts(draft) == [
        "180 volunteers cleaned the river\n\nOn Saturday the town met at the Old Mill and cleaned three kilometres of "
        "the bank.\n\n1/7",
        "Most of it was plastic\n\n2/7",
        "Water quality is measured in May\n\n3/7",
        "Next time: 12 April 2027\n\n4/7",
        "4.2 tonnes of rubbish collected\nSource: Town council, weighbridge record\n\n5/7",
        "“I never saw so many neighbours in wellingtons.”\n— Anna Shaw, volunteer\n\n6/7",
        f"Join the next clean-up\n\n{LINK}\n\nPublished by Riverside Town Council, Mill Lane 1\n\n"
        "#RiverCleanUp #Riverside #CleanRiver\n\n7/7",
    ]
    assert [[item.role for item in part.media] for part in draft.parts] == [
        ["picture"],
        [],
        [],
        [],
        ["statistic"],
        [],
        [],
    ]


def test_every_post_fits_with_its_number():
    long = KeyPoints("points", tuple("A sentence of some length, with a clause. " * 12 for _ in range(3)))

    draft = THREAD.compose(pieces.story(long))

    assert len(draft.parts) > 5
    assert all(THREAD.count(text) <= 280 for text in texts(draft))
    assert draft.blockers == ()


def test_wide_letters_count_twice():
    point = "川をきれいにしました。" * 20

    draft = THREAD.compose(pieces.story(KeyPoints("points", (point,)), language="ja"))

    assert all(THREAD.count(text) <= 280 for text in texts(draft))
    assert "".join(texts(draft)).count("川をきれいにしました。") == 20


def test_story_that_fits_one_post_is_one():
    draft = THREAD.compose(pieces.story(lead=""))

    assert len(draft.parts) == 1
    assert "1/1" not in texts(draft)[0]
    assert draft.parts[0].text.endswith("#CleanRiver")


def test_paragraphs_speak_where_there_are_no_points():
    draft = THREAD.compose(pieces.story(Paragraph("paragraph", "First thing.\n\nSecond thing.")))

    assert texts(draft)[1:3] == ["First thing.\n\n2/4", "Second thing.\n\n3/4"]
    assert "left_out" not in codes(draft.findings)


def test_paragraphs_are_left_out_where_points_say_it_and_that_is_said():
    draft = THREAD.compose(pieces.STORY)

    assert [each.message for each in draft.findings] == ["Left out of the thread: 1 paragraph."]


def test_endless_story_ends():
    points = KeyPoints("points", tuple(f"Point number {n}" for n in range(40)))

    draft = THREAD.compose(pieces.story(points))

    assert len(draft.parts) == 14
    assert any("28 more posts" in each.message for each in draft.findings)


def test_hashtags_give_way_before_anything_else():
    tags = tuple(f"AVeryLongHashtagNumber{n}" for n in range(20))

    draft = THREAD.compose(replace(pieces.STORY, hashtags=tags))

    closing = texts(draft)[-1]
    assert THREAD.count(closing) <= 280
    assert pieces.CAMPAIGN.imprint in closing
    assert "#AVeryLongHashtagNumber0" in closing


def test_a_call_with_an_address_of_its_own_is_the_link():
    call = replace(pieces.CALL, url="https://join.example.org/")

    draft = THREAD.compose(pieces.story(pieces.POINTS, call))

    assert "https://join.example.org/?utm_source=x" in texts(draft)[-1]
    assert "riverside.example.org" not in "".join(texts(draft))


def test_infographic_opens_with_its_card():
    draft = THREAD.compose(pieces.INFOGRAPHIC)

    card = draft.parts[0].media[0]
    assert card.role == "figures"
    assert card.plan["text"]["rows"][0] == ["Plastic", 1.9]
    assert card.alt == (
        "What lay in the river. Plastic: 1.9 tonnes; Tyres: 1.2 tonnes; Metal: 0.7 tonnes; Glass: 0.4 tonnes. "
        "Source: Town council."
    )
    assert texts(draft)[1].startswith(
        "• Plastic: 1.9 tonnes\n• Tyres: 1.2 tonnes\n• Metal: 0.7 tonnes\nSource: Town council"
    )
    assert sum(len(part.media) for part in draft.parts) == 1


@pytest.mark.parametrize(("rows", "templates"), [(12, ["figures"]), (13, ["text", "text"]), (1, ["figures"])])
def test_more_rows_than_a_chart_can_show_become_a_list(rows, templates):
    """Two charts of one table would each have a scale of its own."""
    figures = replace(pieces.FIGURES, rows=tuple(Row(f"Ward {n}", float(n)) for n in range(rows)))

    media = THREAD.compose(replace(pieces.INFOGRAPHIC, blocks=(figures,))).parts[0].media

    assert [item.plan["template"] for item in media] == templates


def test_second_link_is_a_warning_about_its_cost():
    found = THREAD.check([Part("see example.com"), Part("and https://example.org/")], language="en")

    (warning,) = [each for each in found if each.code == "several_links"]
    assert warning.level is Level.WARNING
    assert (warning.limit, warning.actual) == (1, 2)


def test_missing_link_is_a_warning():
    assert "no_link" in codes(THREAD.compose(replace(pieces.STORY, link="")).findings)


def test_address_that_is_not_public_is_noted_and_counted_by_its_letters():
    draft = THREAD.compose(replace(pieces.STORY, link="http://localhost/story/"))

    assert "link_not_public" in codes(draft.findings)
    assert draft.blockers == ()


def test_too_many_posts_is_a_warning():
    found = THREAD.check([Part(f"Post {n}") for n in range(26)], language="en")

    assert {each.code: each.level for each in found}["too_many_parts"] is Level.WARNING


def test_imprint_cut_over_two_posts_is_still_there():
    imprint = "Published by " + "the very long named council of Riverside, " * 9

    draft = THREAD.compose(replace(pieces.STORY, campaign=replace(pieces.CAMPAIGN, imprint=imprint)))

    assert "missing_imprint" not in codes(draft.findings)


def test_thread_closes_with_as_many_calls_as_one_post_holds():
    calls = [CallToAction(f"call{n}", "Join the next clean-up of the river. " * 3) for n in range(40)]

    draft = FORMATS["x.thread"].compose(pieces.story(*calls))

    assert len(draft.parts) == 2
    assert "call0" in draft.parts[-1].sources
    assert {each.source for each in draft.left_out} == {each.id for each in calls} - set(
        draft.parts[-1].sources
    )
    assert {each.why for each in draft.left_out} == {
        "One closing post has no room for a further call to action."
    }
