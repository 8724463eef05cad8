"""An infographic as PDF for print: the same drawing as the SVG, with fonts of its own: nothing of the machine is used.

Each font is cut down to its letters and fixed at the weight and size it is set in (the converter knows no variable
fonts), under a name that nothing else has. Words that run from the right or must be shaped (Arabic, Devanagari, Thai) the
converter would set otherwise than the picture: they stand there as fine pictures of themselves. The process that draws
registers its fonts with the converter for good, so it draws one card and ends.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import vl_convert
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from media import typefaces
from media.colour import RGB
from media.lettering import Line, Run, Style
from media.svg import SvgSurface, cut_font
from media.typefaces import Face

POINTS = 0.5  # per pixel: a card 1080 pixels broad is 190 mm, nearly the breadth of A4
FINE = 6  # pixels per pixel of the card for words as pictures: some 860 per inch

FontKey = tuple[Face, int, tuple[tuple[str, float], ...]]


class PdfSurface(SvgSurface):
    points = POINTS

    def __init__(self, size: Sequence[int], paper: RGB) -> None:
        super().__init__(size, paper)
        self.fonts: dict[FontKey, int] = {}  # a number for every font at a weight and size

    def text(self, line: Line, style: Style, x: float, baseline: int) -> None:
        for run in line.runs:
            if run.face.kind == "bitmap" or run.rtl or _needs_shaping(run.text):
                self.run_as_picture(run, style, x, baseline, FINE)
            elif run.text.strip():
                self.letters.setdefault(run.face, set()).update(run.text)
                self.run(run, style, x, baseline, self._family(run, style))
            x += run.width

    def _family(self, run: Run, style: Style) -> str:
        position = typefaces.position(run.face, style.weight, style.size)
        key = (run.face, style.weight, tuple(position.items()))
        return f"Card{self.fonts.setdefault(key, len(self.fonts))}"

    def save(self, out: Path, title: str, told: str = "") -> None:
        with tempfile.TemporaryDirectory(prefix="fonts-", dir=out.parent) as name:
            folder = Path(name)
            for key, number in self.fonts.items():
                letters = "".join(sorted(self.letters[key[0]]))
                _fixed(key, letters, f"Card{number}").save(folder / f"{number}.ttf")
            vl_convert.register_font_directory(str(folder))
            out.write_bytes(vl_convert.svg_to_pdf(self.document(title, "")))


def _needs_shaping(text: str) -> bool:
    return any(map(typefaces.needs_shaping, text))


@cache
def _cut(file: str, letters: str) -> bytes:
    buffer = io.BytesIO()
    cut_font(file, letters).save(buffer)
    return buffer.getvalue()


def _fixed(key: FontKey, letters: str, family: str) -> TTFont:
    face, weight, position = key
    font = TTFont(io.BytesIO(_cut(face.file_for(weight), letters)))
    if position:
        instancer.instantiateVariableFont(font, dict(position), inplace=True)
    font["name"].names = []
    for number, text in {1: family, 2: "Regular", 3: family, 4: family, 6: family}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass, font["OS/2"].fsSelection = 400, 0x40
    font["head"].macStyle = 0
    return font
