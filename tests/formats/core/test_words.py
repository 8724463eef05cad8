"""The small helpers: direction, contrast, links, hashtags, wording, alt texts."""

import pytest

from formats.core import alt, contrast, direction, hashtags, links, wording
from formats.core.piece import Figures, Quote, Row, Statistic

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa_IR", "rtl"),
        ("uz-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("", "ltr"),
    ],
)
def test_direction_of_a_language(tag, expected):
    assert direction.of_language(tag) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("12 – abc", "ltr"), ("12 مرحبا abc", "rtl"), ("123 !", None), ("", None)]
)
def test_direction_of_a_text(text, expected):
    assert direction.of_text(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("X مرحبا", "ar", "\u200fX مرحبا"),
        ("مرحبا X", "ar", "مرحبا X"),
        ("123", "ar", "123"),
        ("مرحبا", "en", "مرحبا"),
    ],
)
def test_direction_mark(text, language, expected):
    assert direction.marked(text, language) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#fff", "#FFFFFF", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("red", "#ffffff", None),
    ],
)
def test_contrast(one, other, expected):
    ratio = contrast.ratio(one, other)

    assert ratio == (None if expected is None else pytest.approx(expected, abs=0.01))
    assert contrast.ratio(other, one) == ratio


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://a.example/",
            "https://a.example/?utm_source=x&utm_medium=social&utm_campaign=c&utm_content=f",
        ),
        (
            "https://a.example/?q=1#end",
            "https://a.example/?q=1&utm_source=x&utm_medium=social&utm_campaign=c&utm_content=f#end",
        ),
        (
            "https://a.example/?utm_source=mail",
            "https://a.example/?utm_source=mail&utm_medium=social&utm_campaign=c&utm_content=f",
        ),
        (" not a link ", "not a link"),
        ("http://[bad", "http://[bad"),
        ("https://a.example:port/", "https://a.example:port/"),
        ("", ""),
    ],
)
def test_utm(url, expected):
    assert links.with_utm(url, source="x", campaign="c", content="f") == expected


def test_spoken_address():
    assert links.spoken("https://www.riverside.example.org/clean-up?utm=1") == "riverside.example.org"
    assert links.spoken("nowhere") == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [("River clean-up", "#RiverCleanUp"), ("#river", "#river"), ("2027", ""), ("  ", ""), ("🎉", ""),
     ("Ünïcode", "#Ünïcode"),
     ("vote2027", "#vote2027"), ("تنظيف النهر", "#تنظيفالنهر")],
)  # fmt: skip
def test_hashtag(words, expected):
    assert hashtags.tag(words) == expected


def test_hashtags_once_each_whatever_the_capitals():
    assert hashtags.tags(["River", "river", "", "Town hall"]) == ("#River", "#TownHall")


@pytest.mark.parametrize(
    ("value", "language", "expected"),
    [
        (1234.5, "en", "1,234.5"),
        (1234.5, "de-AT", "1\u202f234,5"),
        (3.0, "en", "3"),
        (-0.256, "en", "-0.256"),
        (0.0042, "en", "0.0042"),
        (0.005, "de", "0,005"),
        (1.2345, "en", "1.2345"),
        (-0.004, "en", "-0.004"),
        (-0.00001, "en", "0"),
        (0.1 + 0.2, "en", "0.3"),
        (float("nan"), "en", "?"),
    ],
)
def test_number(value, language, expected):
    assert wording.number(value, language) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [("of rubbish", "4.2 tonnes of rubbish"), ("Rubbish collected", "4.2 tonnes – Rubbish collected"), ("", "4.2 tonnes"),
     ("من النفايات", "4.2 tonnes من النفايات")],
)  # fmt: skip
def test_statistic_line(label, expected):
    assert wording.statistic_line(Statistic("s", "4.2", "tonnes", label, "")) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Yes", "en", "“Yes”"),
        ("Ja", "de", "„Ja“"),
        ("Oui", "fr-CA", "«Oui»"),
        ("“Yes”", "en", "“Yes”"),
        ("", "en", ""),
    ],
)
def test_quotation_marks(text, language, expected):
    assert wording.quoted(text, language) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("council", "Source: council"), ("Source: council", "Source: council"), ("", "")]
)
def test_source(name, expected):
    assert wording.source(name, "en") == expected


def test_alt_text_of_many_rows_counts_the_rest():
    figures = Figures(
        "f", "Title", "t", "Council", tuple(Row(f"A label of some length {n}", n) for n in range(80))
    )

    text = alt.figures(figures, figures.rows, "en")

    assert len(text) <= 1000
    assert text.startswith("Title. A label of some length 0: 0 t; ")
    assert "(+" in text
    assert text.endswith("Source: Council.")


def test_alt_text_of_a_quote_names_the_speaker():
    assert (
        alt.quote(Quote("q", "Yes", "Anna Shaw", "volunteer"), "Yes", "en") == "“Yes” — Anna Shaw, volunteer"
    )
