import pytest

from media import bidi

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language", "rtl"),
    [
        ("Clean river", "en", False),
        ("نهر نظيف", "ar", True),
        ("2026 نهر", "en", True),
        ("X נהר", "en", False),
        ("X נהר", "he", True),
        ("WHO تقول إن النهر نظيف", "ar", True),
        ("COVID-19", "ar", False),
        ("2026 🌊", "ar", True),
        ("2026 🌊", "en", False),
    ],
)
def test_base_direction(text, language, rtl):
    assert bidi.base_is_rtl(text, language) is rtl


# Upper-case Hebrew letters stand for themselves; each digit is the level of the character above it.
@pytest.mark.parametrize(
    ("text", "rtl", "levels"),
    [
        ("abc", False, "000"),
        ("אבג", True, "111"),
        ("a אב c", False, "001100"),
        ("אב 12.5 ג", True, "111222211"),
        ("אב abc ג", True, "111222111"[:8]),
        ("a אב 12 ג b", False, "00111221100"),
        ("(אב)", True, "1111"),
        ("טון 5%", True, "111122"),
        ("طن ٤٫٢", True, "111222"),
        ("-9.5", True, "2222"),
        ("−9.5%", True, "22222"),
        ("טון −5", True, "111122"),
        ("طن -٤٫٢", True, "1112222"),
        ("طن (+5)", True, "1111221"),
        ("-10 – -5", True, "22211122"),
        ("ב-5", True, "112"),
        ("בְּ-5", True, "11112"),
        ("עמ׳-5", True, "11112"),
        ("ב \u05b0-5", True, "11122"),
        ("2020-25", True, "2222222"),
        ("COVID-19 אב", True, "22222222111"),
        ("a אב -5", False, "0011122"),
    ],
)
def test_levels(text, rtl, levels):
    assert "".join(map(str, bidi.levels(text, rtl))) == levels


@pytest.mark.parametrize(
    ("levels", "order"),
    [([0], [0]), ([1, 2, 1], [2, 1, 0]), ([0, 1, 2, 1, 0], [0, 3, 2, 1, 4]), ([2, 1], [1, 0]), ([], [])],
)
def test_visual_order(levels, order):
    assert bidi.visual_order(levels) == order
