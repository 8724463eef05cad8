"""Cutting texts: where, never where, and nothing lost."""

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from formats.core import counting, splitting, tokens
from formats.core.splitting import Pause

pytestmark = pytest.mark.unit


def by(limit, count=len):
    return lambda text: count(text) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("", 10, []),
        ("  \n ", 10, []),
        ("short", 10, ["short"]),
        ("First sentence. Second one.", 20, ["First sentence.", "Second one."]),
        ("Is it? Yes! And more follows", 12, ["Is it? Yes!", "And more", "follows"]),
        ("One two, three four five", 15, ["One two,", "three four five"]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("First paragraph.\n\nSecond one.", 20, ["First paragraph.", "Second one."]),
        ("Dr. Smith came. He left.", 16, ["Dr. Smith came.", "He left."]),
        ("We saw J. Smith there", 13, ["We saw", "J. Smith", "there"]),
        ("It is, e.g. a boat. Yes", 20, ["It is, e.g. a boat.", "Yes"]),
        ("They took 4.2 tonnes away", 15, ["They took", "4.2 tonnes away"]),
        ("It cost € 5 million euros in all", 18, ["It cost", "€ 5 million euros", "in all"]),
        ("about 12 May 2027 we go", 12, ["about", "12 May 2027", "we go"]),
        ("look at https://example.org/a-b-c now", 12, ["look at", "https://example.org/a-b-c", "now"]),
        ("thanks @riverside_council folks", 10, ["thanks", "@riverside_council", "folks"]),
        ("go #RiverCleanUp today", 8, ["go", "#RiverCleanUp", "today"]),
        ("aaaaaaaaaaaa", 5, ["aaaaa", "aaaaa", "aa"]),
        ("👨‍👩‍👧👨‍👩‍👧", 5, ["👨‍👩‍👧", "👨‍👩‍👧"]),
        ("今日は川を掃除した。ゴミは四トン。", 10, ["今日は川を掃除した。", "ゴミは四トン。"]),
        ("今日は川を掃除した", 4, ["今日は川", "を掃除", "した"]),
        ("สวัสดีชาวโลก วันนี้เราทำความสะอาดแม่น้ำ", 20, ["สวัสดีชาวโลก", "วันนี้เราทำความสะอาด", "แม่น้ำ"]),
        ("今天我们清理了河流", 5, ["今天我们", "清理了河流"]),
        ("हमने नदी साफ की। चार टन कचरा निकला।", 20, ["हमने नदी साफ की।", "चार टन कचरा निकला।"]),
        ("«Bonjour !» Il part.", 12, ["«Bonjour !»", "Il part."]),
        ("مرحبا بكم؟ نعم", 11, ["مرحبا بكم؟", "نعم"]),
    ],
)
def test_split(text, limit, expected):
    assert splitting.split(text, by(limit)) == expected


def test_split_prefers_the_longer_pause_only_where_the_post_stays_decent():
    text = "Ah. " + "word " * 20

    first = splitting.split(text, by(60))[0]

    assert first.startswith("Ah. word")
    assert len(first) > 40


def test_split_keeps_a_link_that_fits_no_post_whole():
    link = "https://example.org/" + "x" * 100

    assert splitting.split(f"see {link} there", by(50)) == ["see", link, "there"]


def test_numbers_count_in():
    posts = splitting.numbered(["word " * 100, "end"], len, 60)
    flat = [piece for post in posts for piece in post]

    assert all(len(piece) <= 60 for piece in flat)
    assert [piece.rsplit("\n\n", 1)[1] for piece in flat] == [
        f"{n}/{len(flat)}" for n in range(1, len(flat) + 1)
    ]


def test_one_post_bears_no_number():
    assert splitting.numbered(["short"], len, 60) == [["short"]]


def test_more_than_nine_posts_leave_room_for_two_digits():
    posts = splitting.numbered([f"{'x' * 40} {n}" for n in range(12)], len, 50)

    assert posts[11] == [f"{'x' * 40} 11\n\n12/12"]
    assert all(len(post[0]) <= 50 for post in posts)


@pytest.mark.parametrize(
    ("text", "expected"), [("a\n\n1/2", "a"), ("a 1/2", "a 1/2"), ("3/4", ""), ("a\n\n1/2 b", "a\n\n1/2 b")]
)
def test_unmarked(text, expected):
    assert splitting.unmarked(text) == expected


WORDS = st.sampled_from(
    ["river", "4.2 tonnes", "https://example.org/a?b=c", "example.com", "@council", "#CleanUp", "Dr. Smith", "e.g.",
     "👨‍👩‍👧‍👦", "🇬🇧", "今日は", "。", "مرحبا", "a" * 40, "yes.", "no,", "–", "\n\n", "\n", " ", "€5m", "ก" * 30, "e\u0301"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=250),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(WORDS, max_size=30).map("".join),
)


def squeezed(text):
    return "".join(regex.sub(r"\s+", "", text).split())


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 60))
def test_split_loses_nothing(text, limit):
    pieces = splitting.split(text, by(limit, counting.weighted))

    assert squeezed("".join(pieces)) == squeezed(text)
    assert all(pieces)


@settings(max_examples=60, deadline=None)
@example("00000\u0300", 5)
@given(TEXTS, st.integers(5, 60))
def test_split_keeps_together_what_belongs_together(text, limit):
    """A piece is too long only if something in it that must not be cut is; and no cut lies inside such a thing."""
    text = text.strip()
    pieces = splitting.split(text, by(limit))
    at = 0
    edges = []
    for piece in pieces:
        at = text.index(piece, at)
        edges += [at, at + len(piece)]
        at += len(piece)

    for first, last in tokens.unbreakable(text):
        inside = [edge for edge in edges if first < edge < last]
        assert not inside or any("\n" in text[edge - 1 : edge + 1] for edge in inside)
    for piece in pieces:
        whole = max((last - first for first, last in tokens.unbreakable(piece)), default=0)
        longest = max(whole, max(map(len, counting.graphemes(piece))))
        assert len(piece) <= max(limit, longest)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(30, 280))
def test_numbering_loses_nothing(posts, limit):
    cut = splitting.numbered(posts, counting.weighted, limit)

    assert len(cut) == len(posts)
    told = "".join(splitting.unmarked(piece) for post in cut for piece in post)
    if sum(map(len, cut)) > 1:
        assert squeezed(told) == squeezed("".join(posts))


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 60))
def test_opening_and_rest_are_the_whole(text, limit):
    first, rest = splitting.opening(text, by(limit))

    assert squeezed(first + rest) == squeezed(text)


@pytest.mark.parametrize(
    "hostile", ["a" * 4_000, "の" * 4_000, "ก" * 4_000, "word, " * 2_000, "a.com " * 1_000]
)
def test_long_text_takes_no_time_to_speak_of(hostile):
    assert splitting.split(hostile, by(280, counting.weighted))


def test_a_sentence_ends_where_a_sentence_ends():
    text = "Prof. Lee (ret.) spoke. Then we left! “Good.” All"

    ends = [text[: cut.end].split()[-1] for cut in splitting.cuts(text) if cut.pause is Pause.SENTENCE]

    assert ends == ["(ret.)", "spoke.", "left!", "“Good.”"]
