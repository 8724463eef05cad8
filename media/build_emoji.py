"""Emoji in colour as Pillow can draw them: a font of pictures (CBDT) made of Noto Color Emoji's own drawings.

The font that is kept as a package has its emoji as COLR version 1 and, for browsers, as SVG. Pillow draws neither. Each SVG
is drawn once, in the one size in which such fonts are, and laid into a font that keeps the signs, widths and rules of the
source (skin tones, flags, families).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import vl_convert
from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables import E_B_L_C_ as eblc
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from fontTools.ttLib.tables.C_B_D_T_ import cbdt_bitmap_format_17
from PIL import Image

from media.typefaces import BITMAP_EMOJI_PX

SVG = "{http://www.w3.org/2000/svg}"
GLYPH = re.compile(r"glyph(\d+)")
REFERS = re.compile(r"#([\w.]+)")
OF_OUTLINES = ["COLR", "CPAL", "SVG ", "vhea", "vmtx"]  # what a font of pictures has no use for
BITS = 32  # of a pixel: red, green, blue, opaque

ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def build(source: Path, out: Path, signs: str = "") -> None:
    """Write the font of pictures; only what is made of these ``signs``, if any are named."""
    font = TTFont(source)
    documents, order, widths = font["SVG "].docList, font.getGlyphOrder(), dict(font["hmtx"].metrics)
    for table in OF_OUTLINES:
        if table in font:
            del font[table]
    subsetter = subset.Subsetter(subset.Options(layout_features=["*"], notdef_outline=True))
    subsetter.populate(unicodes=[ord(sign) for sign in signs] or list(font.getBestCmap()))
    subsetter.subset(font)
    wanted = set(font.getGlyphOrder())

    above, below = font["hhea"].ascent, -font["hhea"].descent
    scale = BITMAP_EMOJI_PX / font["head"].unitsPerEm
    height, baseline = round((above + below) * scale), round(above * scale)
    pictures = {}
    for number, drawing in _drawings(document.data for document in documents):
        if (name := order[number]) in wanted:
            full, width = widths[name][0], round(widths[name][0] * scale)
            view = f'width="{width}" height="{height}" viewBox="0 {-above} {full} {above + below}"'
            svg = f'<svg xmlns="{SVG[1:-1]}" {view}>{drawing()}</svg>'
            pictures[name] = _picture(svg, width, height, baseline)
    _lay_in(font, pictures, height, baseline)
    font.save(out)


def _drawings(documents: Iterable[str]) -> Iterator[tuple[int, Callable[[], str]]]:
    """Number of each glyph, and what draws it: with all it refers to and nothing of its neighbours in the document."""
    for document in documents:
        root = ElementTree.fromstring(document)  # noqa: S314  a package of the lock
        named = {element.get("id"): element for element in root.iter() if element.get("id")}
        for name in named:
            if found := GLYPH.fullmatch(name):
                yield int(found[1]), partial(_drawing, name, named)


def _drawing(name: str, named: Mapping[str, ElementTree.Element]) -> str:
    texts: dict[str, str] = {}
    asked = [name]
    while asked:
        if (one := asked.pop()) in named and one not in texts:
            texts[one] = ElementTree.tostring(named[one], "unicode")
            asked += REFERS.findall(texts[one])
    own = texts.pop(name)
    return f"<defs>{''.join(texts.values())}</defs>{own}"


def _picture(svg: str, width: int, height: int, above: int) -> cbdt_bitmap_format_17:
    with Image.open(io.BytesIO(vl_convert.svg_to_png(svg))) as drawn:
        buffer = io.BytesIO()
        few = drawn.convert("RGBA").quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(buffer, "PNG")  # 256 colours: a third of the bytes
    glyph = cbdt_bitmap_format_17(b"", None)
    glyph.metrics = SmallGlyphMetrics()
    glyph.metrics.height, glyph.metrics.width, glyph.metrics.Advance = height, width, width
    glyph.metrics.BearingX, glyph.metrics.BearingY = 0, above
    glyph.imageData = buffer.getvalue()
    return glyph


def _lay_in(font: TTFont, pictures: dict[str, Any], height: int, above: int) -> None:
    for table in ("glyf", "loca"):
        del font[table]
    font["maxp"].tableVersion = 0x00005000
    font.recalcBBoxes = False
    data = font["CBDT"] = newTable("CBDT")
    pictures = {name: pictures[name] for name in font.getGlyphOrder() if name in pictures}
    data.version, data.strikeData = 3.0, [pictures]

    places = eblc.eblc_index_sub_table_1(b"", font)
    places.indexFormat, places.imageFormat, places.imageDataOffset, places.names = 1, 17, 0, list(pictures)
    strike = eblc.Strike()
    strike.indexSubTables = [places]
    size = strike.bitmapSizeTable
    size.ppemX = size.ppemY = BITMAP_EMOJI_PX
    size.bitDepth, size.flags, size.colorRef = BITS, 1, 0
    for direction in ("hori", "vert"):
        lines = eblc.SbitLineMetrics()
        lines.ascender, lines.descender = above, above - height
        lines.widthMax = max(picture.metrics.width for picture in pictures.values())
        for zero in ("caretSlopeNumerator", "caretSlopeDenominator", "caretOffset", "minOriginSB", "minAdvanceSB",
                     "maxBeforeBL", "minAfterBL", "pad1", "pad2"):  # fmt: skip
            setattr(lines, zero, 0)
        setattr(size, direction, lines)
    index = font["CBLC"] = newTable("CBLC")
    index.version, index.strikes = 3.0, [strike]
