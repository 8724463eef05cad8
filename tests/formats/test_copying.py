"""A change carried over to another variant: it finds its place there, or does nothing."""

import pytest

from formats import copying
from formats.arrange import Row
from formats.copying import Change, applied, offers, patches
from formats.core.piece import Account

pytestmark = pytest.mark.unit


def medium(id, alt, key="", sources=""):
    return {"id": id, "key": key, "before": "", "role": "picture", "sources": sources, "alt": alt}


PLANS = {"k1": {"source": {"path": "a.jpg"}}, "k2": {"source": {"path": "b.jpg"}}, "k3": {"source": None}}


@pytest.mark.parametrize(
    ("before", "after", "there", "expected"),
    [
        (
            "4.2 tonnes in one day",
            "4.3 tonnes in one day",
            "We took 4.2 tonnes away.",
            "We took 4.3 tonnes away.",
        ),
        ("We met on 12 December.", "We met on 13 December.", "Come on 12 December!", "Come on 13 December!"),
        (
            "the mayor said",
            "the former mayor said",
            "Then the mayor said no",
            "Then the former mayor said no",
        ),
        (
            "an ill wind blows",
            "a good wind blows",
            "They say an ill wind blows there",
            "They say a good wind blows there",
        ),
        ("今日は四トンの川", "今日は五トンの川", "昨日は四トンの川", "昨日は五トンの川"),
    ],
)
def test_changed_words_find_their_place_in_another_text(before, after, there, expected):
    text = there
    for patch in patches(before, after):
        text = patch.on(text)

    assert text == expected


@pytest.mark.parametrize(
    "there",
    [
        "Nothing of the kind",
        "It was 14.2 tonnes",
        "4.2 tonnes here and 4.2 tonnes there",
    ],
)
def test_changed_words_stay_away_where_they_are_missing_part_of_a_word_or_in_doubt(there):
    [patch] = patches("4.2 tonnes", "4.3 tonnes")

    assert patch.on(there) == there


def test_a_small_word_alone_is_never_enough():
    [patch] = patches("in the park", "at the park")

    assert patch.on("in a house") == "in a house"
    assert patch.on("in the park") == "at the park"


def test_words_are_changed_in_alt_texts_too():
    row = Row("a", "Elsewhere", media=(medium("m", "A scale shows 4.2 tonnes"),))

    [changed] = applied(Change("words", "w", "", "about 4.2 tonnes", "about 4.3 tonnes"), (row,), PLANS)

    assert changed.media[0]["alt"] == "A scale shows 4.3 tonnes"


def test_a_whole_text_goes_to_the_part_from_the_same_blocks_and_keeps_the_numbers():
    rows = (Row("a", "Old\n\n1/2", sources="b1 b2"), Row("b", "Other\n\n2/2", sources="b3"))

    changed = applied(Change("text", "t", "", "", "New", frozenset({"b2", "b1"})), rows, PLANS)

    assert [row.text for row in changed] == ["New\n\n1/2", "Other\n\n2/2"]


def test_a_whole_text_goes_nowhere_when_two_parts_could_be_meant():
    rows = (Row("a", "One", sources="b1"), Row("b", "Two", sources="b1"))

    assert applied(Change("text", "t", "", "", "New", frozenset({"b1"})), rows, PLANS) == rows


def test_an_alt_text_goes_to_the_same_picture_and_no_other():
    row = Row(
        "a",
        "x",
        media=(medium("1", "old", "k1", "p"), medium("2", "keep", "k2", "p"), medium("3", "keep", "k3", "p")),
    )

    [changed] = applied(Change("alt", "a", "", "", "new", frozenset({"p"}), "a.jpg"), (row,), PLANS)

    assert [item["alt"] for item in changed.media] == ["new", "keep", "keep"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Hello\n\n#Old #Older"], ["Hello\n\n#New"]),
        (["Hello #inside text"], ["Hello #inside text\n\n#New"]),
        (["One\n\n1/2", "Two\n\n#Old\n\n2/2"], ["One\n\n1/2", "Two\n\n#New\n\n2/2"]),
        (["#Old\n\nText"], ["#New\n\nText"]),
    ],
)
def test_hashtags_take_the_place_of_the_line_of_hashtags(texts, expected):
    rows = tuple(Row(str(n), text) for n, text in enumerate(texts))

    assert [row.text for row in applied(Change("tags", "tags", "", "", "#New"), rows, PLANS)] == expected


def test_offers_name_only_what_is_there():
    rows = (
        Row("a", "Edited words\n\n1/2", sources="b", media=(medium("m", "A bridge", "k1"),)),
        Row("b", "As made #Tag\n\n2/2", media=(medium("n", " "),)),
    )

    found = offers(rows, {"a": "Made words\n\n1/2", "b": "As made #Tag\n\n2/2"}, PLANS)

    assert [each.name for each in found] == ["words-a", "text-a", "alt-m", "text-b", "tags"]
    assert found[0].before == "Made words"
    assert copying.hashtags(rows) == ["#Tag"]


def test_a_change_is_told_as_the_other_platform_calls_people_and_finds_its_place_beside_them():
    trust = Account("River Trust", (), (("mastodon", "trust@green.example"), ("x", "RiverTrust")))
    shaw = Account("Anna Shaw", (), (("x", "annashaw"),))
    change = Change("words", "words-a", "", "Thanks, @RiverTrust 4.", "Thanks, @RiverTrust and @annashaw 5.")

    there, renamed = copying.moved(change, (trust, shaw), "x", "mastodon")
    [row] = applied(there, (Row("b", "Thanks, @trust@green.example 4."),), {})

    assert row.text == "Thanks, @trust@green.example and Anna Shaw 5."
    assert [(each.said, each.here) for each in renamed] == [("@annashaw", "Anna Shaw")]
