"""Contrast by WCAG, shades, hashtags, plain text, charts: the pure parts."""

from decimal import Decimal

import pytest

from cms.core import chart, colours, words
from cms.look import palette

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0b5c63", "#ffffff", 7.69),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize("ground", ["#0b5c63", "#ffffff", "#ffd400", "#808080", "#000000"])
def test_readable_on_always_reads(ground):
    for colour in ("#0b5c63", "#ffd400", "#777777", ground):
        assert colours.contrast(ground, colours.readable_on(ground, colour)) >= colours.READABLE


def test_readable_colour_is_left_alone():
    assert colours.readable_on("#ffffff", "#0b5c63") == "#0b5c63"


@pytest.mark.parametrize("colour", ["#0b5c63", "#8a2f12", "#ffd400", "#0a0f0e", "#c8102e", "#1d1d1d"])
def test_every_text_of_the_public_pages_reads(colour):
    shades = palette(colour, colours.best_ink(colour), "#ffffff", "#14201f")

    for theme in shades.values():
        for ground, ink in (
            ("colour", "ink"),
            ("paper", "text"),
            ("paper", "soft"),
            ("tint", "soft"),
            ("paper", "accent"),
            ("tint", "accent"),
        ):
            assert colours.contrast(theme[ground], theme[ink]) >= colours.READABLE, (ground, ink, theme)


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("#RiverCleanUp, Riverside;#riverside", ("RiverCleanUp", "Riverside")),
        ("  ", ()),
        ("#تنظيف_النهر #水", ("تنظيف_النهر", "水")),
        ("＃Fullwidth", ("Fullwidth",)),
    ],
)
def test_split_hashtags(typed, tags):
    assert words.split_hashtags(typed) == tags


def test_bad_hashtags_are_those_a_network_cuts():
    assert words.bad_hashtags("#good #2026 #clean-up ok1") == ("2026", "clean-up")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("<p>One<br/>two</p>", "One\ntwo"),
        ("<ol><li>a</li><li>b</li></ol><p>End</p>", "1. a\n2. b\n\nEnd"),
        ("<p>See <a href='https://example.org'>the map</a>.</p>", "See the map."),
        ("<p>  many \n  spaces </p>", "many spaces"),
        ("<p></p><p> </p>", ""),
        ("<p>שלום <b>עולם</b></p>", "שלום עולם"),
    ],
)
def test_plain_text(html, text):
    assert words.plain_text(html) == text


@pytest.mark.parametrize(
    ("code", "tag"), [("en", "en"), ("en-gb", "en-GB"), ("zh-hans", "zh-Hans"), ("sr-latn", "sr-Latn")]
)
def test_language_tag(code, tag):
    assert words.language_tag(code) == tag


def test_bars_start_at_zero():
    made = chart.layout([("a", Decimal("2")), ("b", Decimal("4"))])

    assert [(bar.start, bar.length) for bar in made.bars] == [(0, 50), (0, 100)]


def test_figures_below_zero_reach_the_other_way():
    made = chart.layout([("a", Decimal("-1")), ("b", Decimal("3"))])

    assert made.zero == 25
    assert [(bar.start, bar.length) for bar in made.bars] == [(0, 25), (25, 75)]


@pytest.mark.parametrize("rows", [[], [("a", Decimal("0"))], [("a", Decimal("0")), ("b", Decimal("0"))]])
def test_chart_of_nothing_is_no_crash(rows):
    assert [bar.length for bar in chart.layout(rows).bars] == [0] * len(rows)
    assert len(chart.sketch(rows)) == len(rows)
