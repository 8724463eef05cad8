"""An infographic as SVG: the same layout as the card, its words as text, the fonts they need inside the file.

Each run of text has the length that was laid out, so that a program without the fonts keeps it in its place.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image

from media import lettering, typefaces
from media.colour import RGB
from media.geometry import Box
from media.lettering import Line, Run, Style
from media.surface import Ring, bounds, hatch_width, hatching
from media.typefaces import SEMIBOLD, Face


class SvgSurface:
    points = 1.0  # of the page per pixel of the card

    def __init__(self, size: Sequence[int], paper: RGB) -> None:
        self.width, self.height = size
        self.parts: list[str] = []
        self.letters: dict[Face, set[str]] = {}
        self.clips = 0
        self.rect(Box(0, 0, self.width, self.height), paper)

    def rect(self, box: Box, colour: RGB) -> None:
        self.rounded(box, colour, 0)

    def rounded(self, box: Box, colour: RGB, radius: float) -> None:
        corner = f' rx="{_n(radius)}"' if radius else ""
        self.parts.append(
            f'<rect x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}"{corner} fill="{_hex(colour)}"/>'
        )

    def circle(self, x: float, y: float, radius: float, colour: RGB, ring: float = 0) -> None:
        if ring:
            look = f'fill="none" stroke="{_hex(colour)}" stroke-width="{_n(ring)}"'
            self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius - ring / 2)}" {look}/>')
        else:
            self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{_hex(colour)}"/>')

    def area(self, rings: Sequence[Ring], colour: RGB) -> None:
        self.parts.append(f'<path d="{_path(rings)}" fill-rule="evenodd" fill="{_hex(colour)}"/>')

    def hatch(self, rings: Sequence[Ring], colour: RGB, pattern: str, step: float) -> None:
        self.clips += 1
        name, width = f"c{self.clips}", hatch_width(step)
        marks = []
        for a, b in hatching(pattern, bounds(rings), step):
            if a == b:
                marks.append(f'<circle cx="{_n(a[0])}" cy="{_n(a[1])}" r="{_n(width)}" stroke="none"/>')
            else:
                marks.append(f'<path d="M{_n(a[0])} {_n(a[1])}L{_n(b[0])} {_n(b[1])}"/>')
        self.parts.append(
            f'<clipPath id="{name}"><path d="{_path(rings)}" clip-rule="evenodd"/></clipPath>'
            f'<g clip-path="url(#{name})" fill="{_hex(colour)}" stroke="{_hex(colour)}" stroke-width="{_n(width)}">'
            f"{''.join(marks)}</g>"
        )

    def stroke(self, points: Ring, colour: RGB, width: float) -> None:
        at = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        look = f'stroke="{_hex(colour)}" stroke-width="{_n(width)}" stroke-linejoin="round"'
        self.parts.append(f'<polyline points="{at}" fill="none" {look}/>')

    def text(self, line: Line, style: Style, x: float, baseline: int) -> None:
        for run in line.runs:
            if run.text.strip():
                self.letters.setdefault(run.face, set()).update(run.text)
                more = f' font-weight="{style.weight}" textLength="{_n(run.width)}" lengthAdjust="spacingAndGlyphs"'
                self.run(run, style, x, baseline, _family(run.face), more)
            x += run.width

    def run(self, run: Run, style: Style, x: float, baseline: int, family: str, more: str = "") -> None:
        side = ' direction="rtl" text-anchor="end"' if run.rtl else ""
        self.parts.append(
            f'<text x="{_n(x)}" y="{baseline}" font-family={quoteattr(family)} font-size="{style.size}" '
            f'fill="{_hex(style.colour)}"{side}{more} xml:space="preserve">{escape(run.text)}</text>'
        )

    def picture(self, image: Image.Image, left: int, top: int) -> None:
        box = f'x="{left}" y="{top}" width="{image.width}" height="{image.height}"'
        self.parts.append(f'<image {box} href="{_data(image)}"/>')

    def run_as_picture(self, run: Run, style: Style, x: float, baseline: int, fine: int) -> None:
        """A run of text as a picture, ``fine`` times as many pixels as the card has."""
        size = style.size * fine
        side, above = size // 2, round(size * 1.3)  # marks hang over; nothing may be cut off
        big = replace(run, width=run.width * fine)
        image = Image.new("RGBA", (round(big.width) + 2 * side, size * 2), (*style.colour, 0))
        lettering.draw_line(image, Line((big,), big.width, run.rtl), style.at(size), side, above)
        place = f'x="{_n(x - side / fine)}" y="{_n(baseline - above / fine)}"'
        box = f'{place} width="{_n(image.width / fine)}" height="{_n(image.height / fine)}"'
        self.parts.append(f'<image {box} href="{_data(image)}"/>')

    def save(self, out: Path, title: str, told: str = "") -> None:
        fonts = "".join(
            f"@font-face{{font-family:'{face.family}';font-weight:{weights};"
            f"src:url(data:font/woff2;base64,{_subset(file, ''.join(sorted(letters)))}) format('woff2')}}"
            for face, letters in self.letters.items()
            if face.kind == "text"
            for file, weights in _files(face)
        )
        out.write_text(self.document(title, f"<style>{fonts}</style>", told) + "\n", encoding="utf-8")

    def document(self, title: str, style: str, told: str = "") -> str:
        """``told`` is what the drawing says, for who cannot see it."""
        title, told = map(typefaces.on_one_line, (title, told))
        said = f"<desc>{escape(told)}</desc>" if told else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(self.width * self.points)}" '
            f'height="{_n(self.height * self.points)}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img"><title>{escape(title)}</title>{said}'
            f"{style}{''.join(self.parts)}</svg>"
        )


def _data(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _files(face: Face) -> list[tuple[str, str]]:
    """The files of a face, each with the range of weights it serves."""
    if not face.bold:
        return [(face.file, "100 900")]
    return [(face.file, f"100 {SEMIBOLD - 1}"), (face.bold, f"{SEMIBOLD} 900")]


@lru_cache(maxsize=64)
def _subset(file: str, letters: str) -> str:
    """The letters of a font, with its weights and its rules for joining them, as WOFF2 in base64."""
    font = cut_font(file, letters)
    font.flavor = "woff2"
    buffer = io.BytesIO()
    font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def cut_font(file: str, letters: str) -> TTFont:
    """A font of ours with no more than these letters and its rules for joining them."""
    font = TTFont(typefaces.DIST / file)
    subsetter = subset.Subsetter(
        subset.Options(layout_features=["*"], notdef_outline=True, desubroutinize=True)
    )
    subsetter.populate(text=letters)
    subsetter.subset(font)
    return font


def _family(face: Face) -> str:
    return f"'{face.family}', sans-serif"


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _path(rings: Sequence[Ring]) -> str:
    return "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in ring) + "Z" for ring in rings if ring)
