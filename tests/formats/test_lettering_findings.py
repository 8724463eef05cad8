"""What cannot be drawn is found before anything is rendered, and says what to do."""

import pytest

from formats.core.draft import Level
from formats.core.piece import Campaign, Paragraph, Piece
from formats.registry import FORMATS
from media import typefaces

pytestmark = pytest.mark.unit


def found(headline, code, language="en"):
    piece = Piece(
        "story:1",
        "story",
        headline,
        "Lead.",
        (Paragraph("p", "Words."),),
        "https://x.example/",
        campaign=Campaign("River"),
        language=language,
    )
    draft = FORMATS["instagram.carousel"].compose(piece)
    checked = FORMATS["instagram.carousel"].check(draft.parts, language=language)
    return [each for each in checked if each.code == code]


def test_a_script_without_a_font_is_a_blocker_that_names_the_sign():
    assert found("The ordinary river", "no_font") == []

    (first, *_) = found("ᚠᚢᚦ by the river", "no_font")

    assert first.level is Level.BLOCKER
    assert "“ᚠ” (runic letter" in first.message
    assert "ask the operator for a font" in first.remedy
    assert first.media is not None


@pytest.mark.parametrize("headline", ["نظّف المتطوعون النهر", "नदी साफ़ है", "แม่น้ำใส", "Team 👩🏽‍🔧"])
def test_without_fribidi_what_would_be_set_wrong_is_a_blocker(headline, monkeypatch):
    assert found(headline, "no_shaping") == []

    monkeypatch.setattr(typefaces, "can_shape", lambda: False)

    (first, *_) = found(headline, "no_shaping")
    assert first.level is Level.BLOCKER
    assert "libfribidi0" in first.remedy
    assert found("Latin goes on working", "no_shaping") == []


def test_chinese_says_in_which_forms_it_is_drawn_or_which_signs_are_missing():
    assert [each.level for each in found("清河", "japanese_forms", "zh-Hant")] == [Level.WARNING]
    assert found("清河", "japanese_forms", "ja") == []
    assert found("River", "japanese_forms", "zh-Hans") == []
    (missing,) = found("我们清河", "no_font", "zh-Hans")
    assert missing.level == Level.BLOCKER
    assert "们" in missing.message
    assert found("我们清河", "japanese_forms", "zh-Hans") == []


def test_emoji_in_one_colour_are_told_and_never_a_box(monkeypatch):
    assert found("Thank you 🌊", "emoji_one_colour") == []
    one_colour = tuple(face for face in typefaces.faces() if face.kind != "bitmap")
    monkeypatch.setattr(typefaces, "faces", lambda: one_colour)
    typefaces.face_for.cache_clear()
    try:
        assert [each.level for each in found("Thank you 🌊", "emoji_one_colour")] == [Level.NOTE]
        assert found("Thank you", "emoji_one_colour") == []
        assert found("Thank you 🌊", "no_font") == []
    finally:
        typefaces.face_for.cache_clear()
