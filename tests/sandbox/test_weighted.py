"""X's counting, held against its published rules."""

import pytest

from sandbox.weighted import links, weight

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("Hello", 5),
        ("café", 4),
        ("cafe\u0301", 4),  # composed first
        ("’—", 2),
        ("…", 2),
        ("€", 2),
        ("日本語", 6),
        ("😷", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🙋🏽👨‍🎤", 4),
        ("🇩🇪🇫🇷", 4),
        ("1️⃣", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("River 🐟🦦", 10),
        ("Go http://river.co", 26),
        ("http://river.co", 23),
        ("river.co", 23),
        ("https://example.org/a/very/long/path/that/goes/on/and/on?with=a&query=string#and-fragment", 23),
        ("see example.org, and example.com.", 4 + 23 + 6 + 23 + 1),
        ("http://127.0.0.1:8000/river/", 28),
        ("x.notatld", 9),
        ("me@example.org", 14),
        ("a" * 280, 280),
        ("あ" * 140, 280),
    ],
)
def test_weight(text, expected):
    assert weight(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://river.example.com/a_(b) now", ["https://river.example.com/a_(b)"]),
        ("(http://river.example.com)", ["http://river.example.com"]),
        ("http://river.example.com.", ["http://river.example.com"]),
        ("川をきれいに。example.jp/kawaです", ["example.jp/kawa"]),
        ("@example.com #example.org", []),
    ],
)
def test_links(text, expected):
    assert [link.url for link in links(text)] == expected
