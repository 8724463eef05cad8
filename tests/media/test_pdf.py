"""Infographics as PDF: the page looks like the picture, in every script, with fonts of its own."""

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from media import child

pytestmark = pytest.mark.e2e  # each starts a process that loads the converter

TEXTS = {
    "en": {
        "headline": "Less rubbish every month 🎉",
        "rows": [["Plastic & foil", 46, "46 %", ""], ["Metal", 54, "54 %", ""]],
    },
    "ar": {
        "headline": "نظّف المتطوعون النهر 2026",
        "rows": [["المدارس (عامة)", 46, "46 %", ""], ["الطرق", 54, "54 %", ""]],
    },
    "hi": {"headline": "नदी साफ़ हो रही है", "rows": [["प्लास्टिक", 46, "46 %", ""], ["한국어", 54, "54 %", ""]]},
}


def rendered(plan, folder):
    """What the worker's own process makes of a plan: its facts."""
    out = folder / f"made.{plan['format']}"
    task = {"plans": [plan], "root": str(folder), "outs": [str(out)]}
    [said] = child.run_python("media.render_job", task, timeout_s=120)
    assert "facts" in said, said
    return said["facts"]


@pytest.mark.parametrize("language", TEXTS)
def test_the_page_looks_like_the_picture(card, tmp_path, language):
    look = {"typeface": "serif"} if language == "hi" else {}
    text = {"chart": "share", "source": "Council", **TEXTS[language]}
    made = {}
    for format in ("png", "pdf"):
        plan = card("figures", size=(1080, 1350), format=format, language=language, look=look, **text)
        made[format] = rendered(plan, tmp_path)

    page = pypdfium2.PdfDocument(tmp_path / "made.pdf")[0]
    shown = page.render(scale=2).to_pil().convert("RGB")

    assert made["pdf"]["mime"] == "application/pdf"
    assert [round(side) for side in page.get_size()] == [540, 675]  # points: 190 × 238 mm
    with Image.open(tmp_path / "made.png") as picture:
        apart = ImageChops.difference(shown, picture.convert("RGB")).convert("L")
    small = apart.resize((108, 135), Image.Resampling.BOX)
    assert ImageStat.Stat(apart).mean[0] < 1.5
    assert small.getextrema()[1] < 70  # no word stands elsewhere or looks unlike


def test_words_can_be_found_and_no_font_of_the_machine_is_used(card, tmp_path):
    plan = card("figures", size=(1080, 1350), format="pdf", chart="share", **TEXTS["en"])
    rendered(plan, tmp_path)

    document = pypdfium2.PdfDocument(tmp_path / "made.pdf")
    objects = list(document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], max_depth=8))
    fonts = {each.get_font().get_base_name() for each in objects}

    assert "Plastic & foil" in document[0].get_textpage().get_text_range()
    assert fonts
    assert all("Card" in name for name in fonts)


def test_signs_that_nobody_sees_do_not_stop_it(card, tmp_path):
    said = "River\x0bMeuse\x0c\x1f\x01\ufffe today"
    rows = [[said, 46, "46 %", ""], ["B", 54, "54 %", ""]]
    plan = card(
        "figures", size=(1080, 1350), format="pdf", chart="share", headline=said, source=said, rows=rows
    )

    assert rendered(plan, tmp_path)["mime"] == "application/pdf"
    page = pypdfium2.PdfDocument(tmp_path / "made.pdf")[0]
    assert "River Meuse today" in " ".join(page.get_textpage().get_text_range().split())
