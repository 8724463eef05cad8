"""Splitting, joining, moving and numbering parts by hand: nothing is lost, and the blocks they came from stay known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import arrange
from formats.arrange import CannotArrange, Row

pytestmark = pytest.mark.unit

PICTURE = {"id": "m1", "value": {"key": "k1", "alt": "A bridge"}}
THREAD = (
    Row("a", "First words. Second words.\n\n1/3", "", "headline lead", (PICTURE,)),
    Row("b", "The middle\n\n2/3", "", "b1"),
    Row("c", "The end https://example.org/x\n\n3/3", "", "b2 link"),
)
PLAIN = (Row("a", "One", "https://one.example", "x"), Row("b", "Two", "https://two.example", "y"))


def texts(rows):
    return [row.text for row in rows]


def test_split_at_the_cursor_keeps_pictures_sources_and_numbers():
    first, second, *rest = arrange.split(THREAD, "a", len("First words. "), new_id="n")

    assert (first.id, first.text, first.media) == ("a", "First words.\n\n1/4", (PICTURE,))
    assert (second.id, second.text, second.media) == ("n", "Second words.\n\n2/4", ())
    assert first.sources == second.sources == "headline lead"
    assert texts(rest) == ["The middle\n\n3/4", "The end https://example.org/x\n\n4/4"]


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("see https://example.org/path now", 12, ["see", "https://example.org/path now"]),
        ("thanks @river_council folks", 12, ["thanks", "@river_council folks"]),
        ("took 4.2 tonnes out", 8, ["took", "4.2 tonnes out"]),
        ("hello 👨‍👩‍👧 world", 8, ["hello", "👨‍👩‍👧 world"]),
        ("hello 👨‍👩‍👧 world", 11, ["hello 👨‍👩‍👧", "world"]),
    ],
)
def test_a_cut_never_goes_through_what_belongs_together(text, at, expected):
    assert texts(arrange.split((Row("a", text),), "a", at, new_id="n")) == expected


@pytest.mark.parametrize("at", [0, 26, 40, -3])
def test_a_cut_at_an_end_is_refused_with_what_to_do(at):
    with pytest.raises(CannotArrange, match="Put the cursor inside the text"):
        arrange.split(THREAD, "a", at, new_id="n")


def test_join_with_the_next_keeps_both_texts_pictures_and_sources():
    first, last = arrange.join(THREAD, "a")

    assert first == Row(
        "a", "First words. Second words.\n\nThe middle\n\n1/2", "", "headline lead b1", (PICTURE,)
    )
    assert last.text.endswith("2/2")


def test_join_to_one_part_takes_the_number_away():
    [only] = arrange.join((THREAD[0], THREAD[1]), "a")

    assert "/" not in only.text


def test_join_puts_a_second_link_into_the_text():
    [both] = arrange.join(PLAIN, "a")

    assert both.link == "https://one.example"
    assert both.text == "One\n\nTwo\n\nhttps://two.example"


def test_join_behind_the_last_is_refused():
    with pytest.raises(CannotArrange, match="no next part"):
        arrange.join(THREAD, "c")


def test_move_goes_as_far_as_there_is_room_and_renumbers():
    assert [row.id for row in arrange.move(THREAD, "a", 1)] == ["b", "a", "c"]
    assert texts(arrange.move(THREAD, "c", -9))[0] == "The end https://example.org/x\n\n1/3"
    assert arrange.move(THREAD, "a", -1) == THREAD


def test_remove_renumbers_and_keeps_the_last_one():
    assert texts(arrange.remove(THREAD, "b"))[1].endswith("\n\n2/2")
    with pytest.raises(CannotArrange, match="only part"):
        arrange.remove(THREAD[:1], "a")


def test_an_added_part_counts_at_once_and_is_numbered_when_it_says_something():
    rows = arrange.add(THREAD, "a", new_id="n")

    assert [row.id for row in rows] == ["a", "n", "b", "c"]
    assert texts(rows)[:2] == ["First words. Second words.\n\n1/4", ""]
    assert not arrange.numbers_differ(rows)
    said = tuple(Row("n", "Said") if row.id == "n" else row for row in rows)
    assert arrange.numbers_differ(said)
    assert arrange.number(said)[1].text == "Said\n\n2/4"


def test_parts_without_numbers_stay_without():
    rows = (Row("a", "One two"), Row("b", "Three"))

    assert texts(arrange.split(rows, "a", 4, new_id="n")) == ["One", "two", "Three"]
    assert not arrange.numbers_differ(rows)


def test_a_part_that_went_away_meanwhile_is_named():
    with pytest.raises(CannotArrange, match="no longer there"):
        arrange.move(THREAD, "zz", 1)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(st.lists(words, min_size=1, max_size=5), st.data())
def test_splitting_and_joining_again_loses_no_letter(given_texts, data):
    rows = tuple(Row(str(i), text) for i, text in enumerate(given_texts))
    place = data.draw(st.integers(0, len(rows) - 1))
    at = data.draw(st.integers(0, len(rows[place].text)))
    try:
        cut = arrange.split(rows, str(place), at, new_id="n")
    except CannotArrange:
        return

    again = arrange.join(cut, str(place))

    assert ["".join(text.split()) for text in texts(again)] == [
        "".join(row.text.split()) for row in arrange._numbered_like(rows, arrange.without_numbers(rows))
    ]
