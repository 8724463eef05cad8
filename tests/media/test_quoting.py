"""Words of others on cards are those that were given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.core import items, wording
from formats.core.piece import Quote
from media import cards, sourcing
from media.canvas import Canvas
from media.quoting import unquoted
from tests.formats.pieces import STORY
from tests.media.test_small_print import Reader

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("“We stay.”", "We stay."),
        ("« Nous restons. »", "Nous restons."),
        ("„Wir bleiben.“", "Wir bleiben."),
        ("»Vi bliver.«", "Vi bliver."),
        ("”Vi stannar.”", "Vi stannar."),
        ('"We stay."', "We stay."),
        ("We asked the council, they said “no.”", "We asked the council, they said “no.”"),
        ("“No” is what they said", "“No” is what they said"),
        ("“Yes,” she said, “we stay.”", "“Yes,” she said, “we stay.”"),
        ('"Yes," she said, "we stay."', '"Yes," she said, "we stay."'),
        ("“They said “no” to us.”", "They said “no” to us."),
        ("“They said “no.”", "“They said “no.”"),
        ("“", "“"),
        ("", ""),
    ],
)
def test_only_marks_around_the_whole_are_taken_off(text, left):
    assert unquoted(text) == left


@given(st.text('ab“”„«»" ', max_size=12))
def test_at_most_one_pair_is_taken_off(text):
    left = unquoted(text)

    assert left in (text.strip(), text.strip()[1:-1].strip())


def written(plan):
    reader = Reader(tuple(plan["size"]))
    cards.TEMPLATES[plan["template"]](Canvas(plan, None, reader))
    return " ".join(reader.said.split())


def test_a_quotation_in_a_quotation_keeps_its_marks_on_the_card(card):
    said = "We asked the council, they said “no.”"

    assert said in written(card("quote", body=said, speaker="M. Oduya"))
    (short,) = items.quote_cards(STORY, Quote("q", "“We stay.”", "M. Oduya"), items.Canvas((1080, 1350)))
    assert "We stay." in written(short.plan)
    assert "“" not in written(short.plan)


def test_marks_around_a_long_quotation_are_on_none_of_its_cards():
    cards_of = items.quote_cards(
        STORY, Quote("q", f"“{'We came early. ' * 40}”", "Anna Shaw"), items.Canvas((1080, 1350))
    )

    bodies = [each.plan["text"]["body"] for each in cards_of]
    assert len(bodies) > 1
    assert not any(mark in body for body in bodies for mark in "“”")


def test_a_card_of_a_long_quotation_keeps_the_marks_around_all_of_its_words():
    hers = "We came early and we stayed late, and nobody had asked us to. " * 4
    his = (
        "“You have all swum in that river as children, and now it is your turn to clean it, stone by stone.”"
    )
    told = Quote("q", f"{hers}{his}", "Anna Shaw")

    first, second = items.quote_cards(STORY, told, items.Canvas((1080, 1350)))

    assert second.plan["text"]["body"] == his
    assert his in written(second.plan)
    assert his in second.alt
    assert "“" not in written(first.plan)


@pytest.mark.parametrize("language", sourcing.SOURCE)
def test_a_source_is_named_alike_on_the_card_and_in_its_alt_text(card, language):
    plan = card("statistic", value="4", source="Riverside", language=language, look={"name": ""})
    given = wording.source("Riverside", language)

    assert given.endswith(": Riverside")
    assert Canvas(plan, None).source_line() == given
    assert sorted(written(plan).replace(" ", "")) == sorted("4" + given.replace(" ", ""))
