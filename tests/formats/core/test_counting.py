"""Counting, held against what a person would count by X's published rules."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.core import counting, tokens

pytestmark = pytest.mark.unit


def cut(text, spans):
    return [text[first:last] for first, last in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://river.example.com/a?b=c#d, please", ["https://river.example.com/a?b=c#d"]),
        ("example.com and example.org/path.", ["example.com", "example.org/path"]),
        ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
        ("Besuchen Sie münchen.de heute", ["münchen.de"]),
        ("日本example.jpです", ["example.jp"]),
        ("two levels: a.b.co.uk/x", ["a.b.co.uk/x"]),
        ("mail me@example.org", []),
        ("v1.2.3 costs 3.5", []),
        ("x.notatld", []),
    ],
)
def test_links_with_and_without_a_protocol(text, expected):
    assert cut(text, tokens.urls(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#River #Clean-up #1 #2026plan ＃日本 a#b", ["#River", "#Clean", "#2026plan", "＃日本"]),
        ("(#river)", ["#river"]),
        ("#river_bank!", ["#river_bank"]),
        ("#", []),
        ("https://example.com/#top", []),
    ],
)
def test_hashtags_need_a_letter_and_a_border(text, expected):
    assert cut(text, tokens.hashtags(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi @mayor, @town_hall.", ["@mayor", "@town_hall"]),
        ("＠mayor", ["＠mayor"]),
        ("a@b", []),
        ("@@x", []),
    ],
)
def test_mentions_are_no_addresses(text, expected):
    assert cut(text, tokens.mentions(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Look: https://river.example.com/a/long/path?with=more", 6 + 23),
        ("example.com", 23),
        ("example.com, example.org", 23 + 2 + 23),
        ("mail me@example.org", 19),
        ("a" * 280, 280),
        ("あ" * 140, 280),
    ],
)
def test_every_link_weighs_the_same(text, expected):
    assert counting.weighted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("plain words", 11),
        ("a\nb", 3),
        ("e\u0301", 1),  # two code points, one in form C
        ("ß ü ñ", 5),
        ("日本語", 6),
        ("한국어", 6),
        ("สวัสดี", 6),  # Thai lies below U+10FF
        ("“quoted” – dash…", 17),  # the ellipsis U+2026 is wide
        ("€5", 3),
        ("😀", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🏳️‍🌈", 2),
        ("🇬🇧", 2),
        ("🇬🇧🇫🇷", 4),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", 2),
        ("3️⃣", 2),
        ("❤️", 2),
        ("❤", 2),
        ("❤︎", 4),  # asked for as a letter: two wide characters
        ("©", 1),
        ("©️", 2),
        ("😀😀😀", 6),
        ("https://example.org/a/very/long/path?with=a&query=string#and-more", 23),
        ("https://x.co", 23),
        ("example.com", 23),
        ("see example.com.", 4 + 23 + 1),
        ("(example.com)", 25),
        ("v1.2.3", 6),
        ("file.nosuchtld", 14),
        ("name@example.com", 16),
        ("http://127.0.0.1:8000/a", 23),  # no link to X: its letters, by chance also 23
        ("http://localhost/", 17),
        ("Ünïcödé.com", 23 + 7 - 7),
        ("https://müller.de/straße", 23),
        ("https://example.com/日本", 23 + 4),  # the path ends at letters X does not link
        ("one.com two.org", 47),
    ],
)
def test_weighted(text, expected):
    assert counting.weighted(text) == expected


def test_graphemes_are_what_a_reader_sees():
    assert counting.graphemes("a👨‍👩‍👧e\u0301🇬🇧") == ["a", "👨‍👩‍👧", "e\u0301", "🇬🇧"]


def test_code_points_count_each_part_of_an_emoji():
    assert counting.code_points("👨‍👩‍👧") == 5


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_weighted_never_fails_and_is_bounded(text):
    normal = unicodedata.normalize("NFC", text)

    count = counting.weighted(text)

    assert 0 <= count <= 23 * len(normal)
    assert counting.weighted(normal) == count


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters=".#*0123456789"), max_size=300))
def test_plain_ascii_without_dots_counts_its_letters(text):
    assert counting.weighted(text) == len(text)


URLISH = st.text(alphabet="abcxyz.-_/:?=&#@ (日é\u200f🇬👍)", max_size=200)


@settings(max_examples=60, deadline=None)
@given(URLISH)
def test_link_spans_are_in_order_and_apart(text):
    spans = tokens.urls(text)

    assert spans == sorted(spans)
    assert all(0 <= first < last <= len(text) for first, last in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "hostile",
    [
        "の" * 6_000 + ".com",
        "a." * 3_000,
        "a-_" * 3_000 + ".q",
        "a.com_" * 1_500,
        "a.com/(" * 1_500,
        "https://" * 1_000,
        "#" * 5_000,
        "@a" * 3_000,
        "👩\u200d" * 3_000,
        "1 2 " * 3_000,
    ],
    ids=lambda text: text[:8],
)
def test_hostile_text_takes_no_time_to_speak_of(hostile):
    """Each of these took the official pattern, written as one regular expression, minutes or worse."""
    counting.weighted(hostile)
    tokens.unbreakable(hostile)
