"""Sentences from captions, and passages that tear none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.captions import Cue
from media.spoken import Spoken, between_silences, sentences, suggested

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
