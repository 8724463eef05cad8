"""A map: each region in a shade for its figure, the figure on it where it fits, and what the shades mean below.

One hue from light to dark can be told apart by colour-blind people; regions without a figure are hatched. The classes
are equally broad, between round numbers.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from media import lettering, plans, regions
from media.colour import BLACK, RGB, WHITE, contrast, mix, readable
from media.errors import RenderError
from media.geometry import Box
from media.surface import Point, Ring, bounds
from media.typefaces import HEAVY, MEDIUM

if TYPE_CHECKING:
    from media.canvas import Canvas

CLASSES = 5
GRID = 14
NO_FIGURE = {
    "en": "no figure", "de": "keine Angabe", "fr": "sans donnée", "es": "sin dato", "it": "nessun dato", "pt": "sem dado",
    "nl": "geen cijfer", "ar": "لا رقم", "he": "אין נתון", "hi": "आँकड़ा नहीं", "th": "ไม่มีข้อมูล", "ja": "データなし",
    "ko": "자료 없음",
}  # fmt: skip

Row = tuple[str, float, str, str]


class Step(NamedTuple):
    """One class: figures from ``low`` to below ``high`` (the last one: to ``high``)."""

    low: float
    high: float
    colour: RGB


def draw(c: Canvas, box: Box, rows: list[Row], muted: RGB) -> None:
    source = c.text.get("map")
    if not source:
        raise RenderError("This infographic has no map yet. Choose one.")
    whole = regions.load(plans.checked_source(source, c.root or Path(), "map"))
    figures = {found.name: row for row in rows if (found := whole.find(row[0]))}
    if not figures:
        raise RenderError("No row is named like a region of this map.")
    steps = classes([row[1] for row in figures.values()], c)
    missing = len(figures) < len(whole.regions)
    bottom = _legend(c, box, steps, missing, muted)
    scale = min(box.width / whole.width, (bottom - box.top) / whole.height)
    left = box.left + (box.width - whole.width * scale) / 2
    top = box.top + (bottom - box.top - whole.height * scale) / 2
    placed = {
        region.name: [[(x * scale + left, y * scale + top) for x, y in ring] for ring in region.rings]
        for region in whole.regions
    }
    for name, shape in placed.items():
        row = figures.get(name)
        _region(c, shape, shade(steps, row[1]) if row else None, muted)
    for name, row in figures.items():
        _figure(c, placed[name], row[2], shade(steps, row[1]))


def classes(values: list[float], c: Canvas) -> list[Step]:
    """Classes between round numbers, as many as the figures need, from the lightest to the full colour."""
    low, high = min(values), max(values)
    count = min(CLASSES, len(set(values)))
    full = readable(c.colour, c.paper, 3)
    if count == 1:
        return [Step(low, high, full)]
    width = _round_up((high - low) / count)
    first = math.floor(low / width) * width
    count = max(1, math.ceil((high - first) / width + 1e-9))
    if first + width * (count - 1) >= high and count > 1:
        count -= 1
    shares = [0.82 - 0.82 * n / max(1, count - 1) for n in range(count)]
    return [
        Step(first + n * width, first + (n + 1) * width, mix(full, c.paper, share))
        for n, share in enumerate(shares)
    ]


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


def shade(steps: list[Step], value: float) -> RGB:
    return next((step.colour for step in steps if value < step.high), steps[-1].colour)


def _region(c: Canvas, shape: list[Ring], colour: RGB | None, muted: RGB) -> None:
    if colour is None:
        ground = mix(c.paper, c.words, 0.04)
        c.surface.area(shape, ground)
        c.surface.hatch(shape, mix(c.paper, c.words, 0.25), "rising", max(6, c.px(14)))
    else:
        c.surface.area(shape, colour)
    for ring in shape:
        c.surface.stroke([*ring, ring[0]], c.paper, max(1.5, c.px(3)))
        c.surface.stroke([*ring, ring[0]], mix(c.paper, c.words, 0.55), max(1, c.px(1)))


def _figure(c: Canvas, shape: list[Ring], text: str, ground: RGB) -> None:
    """The figure in the middle of its region, in a size that can be read; left away where it does not fit."""
    ink = max((c.words, WHITE, BLACK), key=lambda colour: contrast(colour, ground))
    style = c.style(HEAVY, max(c.type_px(34), c.legible), ink, 1.0, "centre")
    for size in (style.size, c.legible):
        block = lettering.set_text(text, style.at(size), 10_000)  # a minus stands before it in every language
        width, height = block.width + c.px(10), sum(lettering.metrics(block.style)) + c.px(6)
        at = place(shape, width, height)
        if at is not None:
            c.put(
                block, at[0] - block.width / 2, at[1] - lettering.metrics(block.style)[0] / 2, block.width + 1
            )
            return


def place(shape: list[Ring], width: float, height: float) -> Point | None:
    """Where the middle of a box can stand wholly inside a region, as far from its edges as on a grid of 14; or None."""
    box = bounds(shape)
    grid = [
        (box.left + box.width * column / GRID, box.top + box.height * row / GRID)
        for row in range(1, GRID)
        for column in range(1, GRID)
    ]
    within = [point for point in grid if inside(shape, point)]
    for x, y in sorted(within, key=lambda point: -_free(shape, point)):
        corners = [(x + dx * width / 2, y + dy * height / 2) for dx in (-1, 0, 1) for dy in (-1, 1)]
        if all(inside(shape, corner) for corner in corners):
            return x, y
    return None


def _free(shape: list[Ring], point: Point) -> float:
    """How far the nearest edge is."""
    return min(_away(point, a, b) for ring in shape for a, b in pairwise([*ring, ring[0]]))


def _away(p: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if not length else min(1.0, max(0.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
    return math.dist(p, (a[0] + along * dx, a[1] + along * dy))


def inside(shape: list[Ring], point: Point) -> bool:
    """Whether an odd number of edges lies to the right of the point."""
    x, y = point
    odd = False
    for ring in shape:
        x1, y1 = ring[-1]
        for x2, y2 in ring:
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                odd = not odd
            x1, y1 = x2, y2
    return odd


def _legend(c: Canvas, box: Box, steps: list[Step], missing: bool, muted: RGB) -> int:
    """Swatches with their ranges, in as many rows as they need; returns the foot of the room that is left for the map."""
    from media.charts import format_number  # charts draws maps, too

    style = c.style(MEDIUM, max(c.type_px(28), c.legible), c.words, 1.2)
    entries: list[tuple[str, RGB | None]] = [
        (
            format_number(step.low, c.language)
            if step.low == step.high
            else f"{format_number(step.low, c.language)}\u2009–\u2009{format_number(step.high, c.language)}",
            step.colour,
        )
        for step in steps
    ]
    if missing:
        entries.append((NO_FIGURE.get(c.language.split("-")[0].lower(), NO_FIGURE["en"]), None))
    swatch, gap = round(style.size * 1.1), c.px(26)
    blocks = [(lettering.set_text(text, style, 10_000, c.language), colour) for text, colour in entries]
    lines: list[list[int]] = [[]]
    used = 0.0
    for number, (block, _) in enumerate(blocks):
        wide = swatch + c.px(10) + block.width + gap
        if lines[-1] and used + wide - gap > box.width:
            lines.append([])
            used = 0.0
        lines[-1].append(number)
        used += wide
    row = round(style.size * 1.7)
    top = box.bottom - row * len(lines)
    for n, line in enumerate(lines):
        x, y = 0.0, top + n * row
        for number in line:
            block, colour = blocks[number]
            left = round(box.right - x - swatch if c.rtl else box.left + x)
            square = Box(left, y, left + swatch, y + swatch)
            _swatch(c, square, colour)
            words = left - c.px(10) - block.width if c.rtl else left + swatch + c.px(10)
            c.put(block, words, y + (swatch - lettering.metrics(style)[0]) / 2, block.width + 1)
            x += swatch + c.px(10) + block.width + gap
    return top - c.px(30)


def _swatch(c: Canvas, box: Box, colour: RGB | None) -> None:
    shape: list[Ring] = [
        [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
    ]
    _region(c, shape, colour, c.words)
