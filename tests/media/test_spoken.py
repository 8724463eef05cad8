"""Sentences from captions, and passages that tear none."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.captions import Cue
from media.spoken import Spoken, between_silences, passages, sentences, suggested

TALK = [
    Cue(0.0, 2.0, "We met at\nthe Old Mill"),
    Cue(2.1, 4.0, "on Saturday."),
    Cue(4.2, 6.0, "“Four tonnes!”"),
    Cue(6.1, 8.0, "and then"),
    Cue(12.0, 14.0, "شكرا لكم جميعا؟"),
    Cue(14.2, 16.0, "川はきれいです。"),
]


def test_sentences_end_at_their_mark_or_at_a_silence():
    assert sentences(TALK) == [
        Spoken(0.0, 4.0, "We met at the Old Mill on Saturday."),
        Spoken(4.2, 6.0, "“Four tonnes!”"),
        Spoken(6.1, 8.0, "and then"),
        Spoken(12.0, 14.0, "شكرا لكم جميعا؟"),
        Spoken(14.2, 16.0, "川はきれいです。"),
    ]


def test_nothing_said_nothing_suggested():
    assert sentences([]) == []
    assert suggested([], longest_s=60, shortest_s=3) == []


@pytest.mark.parametrize(
    ("longest", "shortest", "found"),
    [
        (60, 3, [(0.0, 16.0)]),
        (8, 3, [(0.0, 8.0), (12.0, 16.0)]),
        (4.5, 3, [(0.0, 4.0), (4.2, 8.0), (12.0, 16.0)]),
        (3.9, 3.9, []),
    ],
)
def test_suggested_are_long_full_of_words_and_apart(longest, shortest, found):
    passages = suggested(TALK, longest_s=longest, shortest_s=shortest)
    assert [(each.start_s, each.end_s) for each in passages] == found


def test_captions_without_number_take_little_memory():
    talk = [Cue(n / 10, n / 10 + 0.09, "Yes, and so it is said again and again.") for n in range(5000)]
    tracemalloc.start()
    try:
        found = suggested(talk, longest_s=60, shortest_s=30)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found) == 4
    assert all(59 < each.length_s <= 60 for each in found)
    assert most < 20_000_000


SAID = st.lists(st.tuples(st.integers(1, 80), st.integers(-5, 30), st.sampled_from("ab")), max_size=14)


@given(SAID, st.integers(5, 200), st.integers(1, 60), st.integers(1, 4))
def test_the_best_that_are_possible_are_chosen(lengths, longest, shortest, most):
    at, said = 5.0, []
    for length, pause, text in lengths:  # some begin before another ends
        said.append(Spoken(at, at + length / 4, text))
        at += max(0, length + pause) / 4
    longest_s, shortest_s = longest / 4, shortest / 4

    found = passages(said, longest_s=longest_s, shortest_s=shortest_s, most=most)

    possible = []
    for first, begin in enumerate(said):
        for last in range(first, len(said)):
            length = said[last].end_s - begin.start_s
            if length > longest_s:
                break
            speech = sum(each.length_s for each in said[first : last + 1])
            if length >= shortest_s:
                words = " ".join(each.text for each in said[first : last + 1])
                each = Spoken(begin.start_s, said[last].end_s, words)
                possible.append((round(speech - (length - speech) / 3, 6), each))
    expected: list[Spoken] = []
    for _, each in sorted(possible, key=lambda one: (-one[0], one[1].start_s)):
        apart = all(each.end_s <= other.start_s or each.start_s >= other.end_s for other in expected)
        if len(expected) < most and apart:
            expected.append(each)
    assert found == sorted(expected, key=lambda one: one.start_s)


def test_at_most_so_many():
    talk = [Cue(n * 10.0, n * 10.0 + 9, f"Sentence {n}.") for n in range(50)]
    assert len(suggested(talk, longest_s=10, shortest_s=5, most=4)) == 4


@given(
    st.lists(
        st.tuples(st.floats(0.2, 8), st.floats(0, 3), st.sampled_from(["word", "end.", "ah…", ""])),
        max_size=30,
    ),
    st.floats(1, 60),
    st.floats(0.1, 10),
)
def test_whatever_is_said(lines, longest, shortest):
    at, cues = 0.0, []
    for length, pause, text in lines:
        cues.append(Cue(at, at + length, text))
        at += length + pause
    begins, ends = {s.start_s for s in sentences(cues)}, {s.end_s for s in sentences(cues)}
    before = 0.0
    for each in suggested(cues, longest_s=longest, shortest_s=shortest):
        assert shortest <= each.length_s <= longest
        assert each.start_s in begins
        assert each.end_s in ends
        assert each.start_s >= before
        before = each.end_s


def test_without_words_passages_go_from_silence_to_silence():
    heard = [[0.0, 9.0], [9.5, 20.0], [40.0, 46.0], [46.5, 70.0]]

    found = between_silences(heard, longest_s=31.0, shortest_s=5.0)

    assert [(each.start_s, each.end_s) for each in found] == [(0.0, 20.0), (40.0, 70.0)]
