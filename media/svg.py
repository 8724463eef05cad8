"""An infographic as SVG: the same layout as the card, its words as text, the fonts they need inside the file.

Each run of text has the length that was laid out, so that a program without the fonts keeps it in its place.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image

from media import typefaces
from media.colour import RGB
from media.geometry import Box
from media.lettering import Line, Style
from media.surface import Ring, bounds, hatch_width, hatching
from media.typefaces import Face


class SvgSurface:
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
                side = ' direction="rtl" text-anchor="end"' if run.rtl else ""
                length = f' textLength="{_n(run.width)}" lengthAdjust="spacingAndGlyphs"'
                self.parts.append(
                    f'<text x="{_n(x)}" y="{baseline}" font-family={quoteattr(_family(run.face))} '
                    f'font-size="{style.size}" font-weight="{style.weight}" fill="{_hex(style.colour)}"{side}{length} '
                    f'xml:space="preserve">{escape(run.text)}</text>'
                )
            x += run.width

    def picture(self, image: Image.Image, left: int, top: int) -> None:
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        data = base64.b64encode(buffer.getvalue()).decode()
        box = f'x="{left}" y="{top}" width="{image.width}" height="{image.height}"'
        self.parts.append(f'<image {box} href="data:image/png;base64,{data}"/>')

    def save(self, out: Path, title: str) -> None:
        fonts = "".join(
            f"@font-face{{font-family:'{face.family}';font-weight:100 900;"
            f"src:url(data:font/woff2;base64,{_subset(face.file, ''.join(sorted(letters)))}) format('woff2')}}"
            for face, letters in self.letters.items()
            if face.kind == "text"
        )
        out.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img"><title>{escape(title)}</title>'
            f"<style>{fonts}</style>{''.join(self.parts)}</svg>\n",
            encoding="utf-8",
        )


@lru_cache(maxsize=64)
def _subset(file: str, letters: str) -> str:
    """The letters of a font, with its weights and its rules for joining them, as WOFF2 in base64."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True, desubroutinize=True)
    font = TTFont(typefaces.DIST / file)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(font)
    font.flavor = "woff2"
    buffer = io.BytesIO()
    font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def _family(face: Face) -> str:
    return f"'{face.family}', sans-serif"


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _path(rings: Sequence[Ring]) -> str:
    return "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in ring) + "Z" for ring in rings if ring)
