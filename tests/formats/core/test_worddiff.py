"""The word diff: exact in both directions, whole graphemes only, readable."""

import time
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from formats.core.worddiff import Kind, Run, diff, similarity, words

pytestmark = pytest.mark.unit

PIECES = st.sampled_from(
    [
        "river ",
        "Fluß ",
        "clean",
        "e\u0301",
        "نهر ",
        "नदी ",
        "川",
        "👩‍👩‍👧",
        "🇬🇧",
        "4.2 tonnes",
        "\n\n",
        ", ",
        "\r\n",
        "\u0301",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40))


def both(runs):
    before = "".join(run.text for run in runs if run.kind is not Kind.NEW)
    after = "".join(run.text for run in runs if run.kind is not Kind.GONE)
    return before, after


@given(TEXTS, TEXTS)
def test_runs_give_back_both_texts_and_alternate(before, after):
    runs = diff(before, after)

    assert both(runs) == (before, after)
    assert all(run.text for run in runs)
    assert all(a.kind is not b.kind for a, b in pairwise(runs))
    assert runs == diff(before, after)


@given(TEXTS)
def test_words_never_tear_a_grapheme(text):
    cut = words(text)

    assert "".join(cut) == text
    edges, at = set(), 0
    for grapheme in regex.findall(r"\X", text):
        at += len(grapheme)
        edges.add(at)
    at = 0
    for word in cut:
        at += len(word)
        assert at in edges


@given(TEXTS)
def test_the_same_text_is_one_run(text):
    assert diff(text, text) == ((Run(Kind.SAME, text),) if text else ())
    assert similarity(text, text) == 1.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("It is clean.", "It is very clear.", "It is [-clean][+very clear]."),
        ("one two three", "one 2 3", "one [-two three][+2 3]"),
        ("今日は川が綺麗です", "今日は川がとても綺麗です", "今日は川が[+とても]綺麗です"),
        ("नमस्ते दुनिया", "नमस्ते सारी दुनिया", "नमस्ते [+सारी ]दुनिया"),
        ("a 👩‍👩‍👧 b", "a 👩‍👩‍👦 b", "a [-👩‍👩‍👧][+👩‍👩‍👦] b"),
    ],
)
def test_diff_reads_well(before, after, expected):
    mark = {Kind.SAME: "{}", Kind.GONE: "[-{}]", Kind.NEW: "[+{}]"}
    assert "".join(mark[run.kind].format(run.text) for run in diff(before, after)) == expected


def test_similarity_orders_by_what_is_shared():
    text = "The river is clean again after one day of work"

    near, far = similarity(text, text.replace("clean", "clear")), similarity(text, "Bring your bicycle")

    assert 1 > near > 0.8 > 0.2 > far


def test_longest_post_is_compared_in_a_second():
    text = "\n".join(f"Point {n}: the river is clean and the cat sat on it." for n in range(1200))

    started = time.process_time()
    runs = diff(text, text.replace("Point 700: the", "Point 700: our"))

    assert time.process_time() - started < 2
    assert [run.text for run in runs if run.kind is not Kind.SAME] == ["the", "our"]
