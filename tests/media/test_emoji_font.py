"""The font of emoji in colour that is made where the machine has none: as Pillow needs it, with the rules of its source."""

import json

import pytest
from PIL import Image, ImageDraw, ImageFont

from media import build_emoji, build_fonts
from media.typefaces import BITMAP_EMOJI_PX

pytestmark = pytest.mark.unit

SIGNS = "🌊👍🏽👩🔧🇩🇪\u200d"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("emoji") / "emoji.ttf"
    build_emoji.build(build_fonts.EMOJI, out, SIGNS)
    return ImageFont.truetype(out, BITMAP_EMOJI_PX, layout_engine=ImageFont.Layout.RAQM)


def drawn(font, text):
    image = Image.new("RGB", (round(font.getlength(text)), 128), "white")
    ImageDraw.Draw(image).text((0, 0), text, font=font, embedded_color=True)
    return image


def share(image, test):
    pixels = image.load()
    seen = [pixels[x, y] for x in range(image.width) for y in range(image.height)]
    return sum(map(test, seen)) / len(seen)


def test_emoji_are_in_their_colours(made):
    flag = drawn(made, "🇩🇪")

    assert share(drawn(made, "🌊"), lambda p: p[2] > p[0] + 60) > 0.2  # blue
    assert share(flag, lambda p: max(p) < 40) > 0.1  # black, red, gold
    assert share(flag, lambda p: p[0] > 180 and p[1] < 60) > 0.1
    assert share(flag, lambda p: p[0] > 220 and p[1] > 160 and p[2] < 80) > 0.1


def test_emoji_made_of_several_are_one_picture_with_all_its_parts(made):
    one = made.getlength("🌊")

    for several in ("👍🏽", "👩🏽‍🔧", "🇩🇪"):
        assert made.getlength(several) == one, several
    mechanic = drawn(made, "👩🏽‍🔧")
    assert (
        share(mechanic, lambda p: p[2] > p[0] + 60) > 0.15
    )  # cap and overall, which other drawings refer to


def test_where_the_machine_has_none_the_packages_are_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(build_fonts, "COLOUR_EMOJI", tmp_path / "none.ttf")

    assert build_fonts.colour_emoji() == build_fonts.EMOJI


@pytest.mark.parametrize(("there", "kept"), [("new", True), ("older", False), (None, False)])
def test_fonts_that_another_process_has_just_built_are_not_taken_away(monkeypatch, tmp_path, there, kept):
    dist, new = tmp_path / "dist", tmp_path / "dist.1"
    monkeypatch.setattr(build_fonts, "DIST", dist)
    for folder, stamp in ((new, "new"), (dist, there)):
        if stamp:
            folder.mkdir()
            (folder / "fonts.json").write_text(json.dumps({"sources": stamp}))
    before = dist.stat().st_ino if there else 0

    build_fonts._put(new, "new")

    assert (dist.stat().st_ino == before) is kept
    assert json.loads((dist / "fonts.json").read_text()) == {"sources": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]
