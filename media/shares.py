"""Parts of a whole as one stacked column, and two figures side by side with their difference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from media import lettering, spread
from media.colour import RGB, mix, readable
from media.geometry import Box
from media.lettering import Block
from media.surface import PATTERNS, rectangle
from media.typefaces import HEAVY, MEDIUM, SEMIBOLD

if TYPE_CHECKING:
    from media.canvas import Canvas

Written = list[
    tuple[str, float, str, str]
]  # label, size, the figure in words, what stands small beside the label
TINTS = (0.0, 0.55, 0.2, 0.72, 0.38, 0.82, 0.1)


def fill(c: Canvas, box: Box, number: int) -> None:
    """The n-th of several areas: neighbours differ in lightness and in pattern, not only in colour."""
    full = readable(c.colour, c.paper, 4.5)
    colour = mix(full, c.paper, TINTS[number % len(TINTS)])
    c.surface.rect(box, colour)
    if number % 2:
        c.surface.hatch(rectangle(box), full, PATTERNS[number // 2 % len(PATTERNS)], max(6, c.px(16)))


def share(c: Canvas, box: Box, rows: Written, muted: RGB) -> None:
    """One column from the first row down; each part has its figure and name beside it, with a line to it."""
    if note := c.get("note"):
        block = lettering.fit(note, c.style(MEDIUM, max(c.type_px(32), c.legible), muted), box.width, c.px(90),
                              smallest=c.legible, language=c.language, what="note")  # fmt: skip
        c.put(block, box.left, box.bottom - block.height, box.width)
        box = box.inset(bottom=block.height + c.px(36))
    width = min(c.px(230), round(box.width * 0.28))
    arm = c.px(70)
    room = box.width - width - arm
    side = box.right - width if c.rtl else box.left
    stack = Box(side, box.top, side + width, box.bottom)
    edges = _edges([row[1] for row in rows], stack, c.px(6))
    named = _names(c, rows, room, box.height)
    heights = [max(value.height, label.height) for value, label in named]
    starts = spread.places([(a + b) / 2 for a, b in edges], heights, box.top, box.bottom, c.px(18))
    column = round(max(value.width for value, _ in named)) + c.px(24)
    for number, ((value, label), (top, bottom), start) in enumerate(zip(named, edges, starts, strict=True)):
        part = Box(stack.left, top, stack.right, bottom)
        if number == len(rows) - 1 and not rows[number][3] and c.text.get("rest"):
            c.surface.rect(part, mix(c.words, c.paper, 0.7))
            c.surface.rect(part.inset(c.px(3), c.px(3), c.px(3), c.px(3)), c.paper)
        elif part.height:
            fill(c, part, number)
        middle, at = (top + bottom) / 2, start + value.style.size * 0.4
        side = -1 if c.rtl else 1
        x = stack.left if c.rtl else stack.right
        elbow = [(x + side * c.px(8), middle), (x + side * c.px(30), middle), (x + side * (arm - c.px(30)), at),
                 (x + side * (arm - c.px(10)), at)]  # fmt: skip
        c.surface.stroke(elbow, mix(c.words, c.paper, 0.45), max(1.5, c.px(3)))
        left = box.left if c.rtl else stack.right + arm
        c.put(value, left + (room - value.width if c.rtl else 0), start, value.width + 1)
        c.put(
            label,
            left + (0 if c.rtl else column),
            start + (value.style.size - label.style.size) * 0.73,
            room - column,
        )


def _edges(sizes: list[float], stack: Box, gap: int) -> list[tuple[int, int]]:
    """Top and bottom of each part: true to its size, at least a line; of a zero the place, without height."""
    free = stack.height - gap * (sum(map(bool, sizes)) - 1)
    least = max(3, gap // 2)
    total = math.fsum(sizes) or 1
    wanted = [max(least, size / total * free) if size else 0 for size in sizes]
    over = math.fsum(wanted) - free
    large = math.fsum(w for w in wanted if w > least * 4) or 1
    wanted = [w - over * w / large if w > least * 4 else w for w in wanted]
    edges, y = [], float(stack.top)
    for height in wanted:
        if not height:
            place = min(round(y), stack.bottom)
            edges.append((place, place))
            continue
        edges.append((round(y), max(round(y + height), round(y) + least)))
        y += height + gap
    return edges


def _names(c: Canvas, rows: Written, room: int, height: int) -> list[tuple[Block, Block]]:
    gap = c.px(18)

    def build(size: int) -> tuple[list[tuple[Block, Block]], int, bool]:
        style = c.style(HEAVY, size, c.words, 1.0)
        values = [lettering.set_text(row[2], style, 10_000, c.language) for row in rows]
        width = room - round(max(v.width for v in values)) - c.px(24)
        small = c.style(MEDIUM, max(c.legible, round(size * 0.72)), c.words, 1.2)
        texts = [f"{label}\n{detail}" if detail else label for label, _, _, detail in rows]
        made = [
            (v, lettering.set_text(t, small, width, c.language)) for v, t in zip(values, texts, strict=True)
        ]
        torn = any(lettering.tears_words(text, small, width, c.language) for text in texts)
        return made, sum(max(v.height, t.height) for v, t in made) + gap * (len(made) - 1), torn

    sizes = range(max(c.type_px(60), c.legible), c.legible - 1, -2)
    return spread.largest(sizes, build, height, "The names of the parts")


def comparison(c: Canvas, box: Box, rows: Written, muted: RGB) -> None:
    """Two columns from one line, the second in the full colour; the difference in a band below."""
    if difference := c.get("difference"):
        box = box.inset(bottom=_band(c, box, difference, rows[1][1] - rows[0][1]) + c.px(44))
    half = (box.width - c.px(60)) // 2
    style = c.style(MEDIUM, max(c.type_px(36), c.legible), c.words, 1.2, "centre")
    labels = [
        lettering.fit(row[0], style, half, round(box.height * 0.3), smallest=c.legible, language=c.language,
                      what=f"label “{row[0][:20]}”")
        for row in rows
    ]  # fmt: skip
    figures = [_figure(c, row[2], half, box.height) for row in rows]
    size = min(block.style.size for block in figures)
    figures = [lettering.set_text(row[2], figures[0].style.at(size), 10_000) for row in rows]
    plot = box.inset(top=size + c.px(24), bottom=max(b.height for b in labels) + c.px(26))
    low, high = min(0.0, *(row[1] for row in rows)), max(0.0, *(row[1] for row in rows))
    span = (high - low) or 1
    zero = plot.bottom - round(plot.height * -low / span)
    c.surface.rect(Box(box.left, zero, box.right, zero + max(2, c.px(3))), muted)
    for number, (row, figure, label) in enumerate(zip(rows, figures, labels, strict=True)):
        left = box.left if (number == 0) != c.rtl else box.right - half
        width = round(half * 0.72)
        length = c.bar_length(plot.height, row[1] / span)
        top, bottom = (zero - length, zero) if row[1] > 0 else (zero, zero + length)
        if length:
            column = Box(left + (half - width) // 2, top, left + (half + width) // 2, bottom)
            fill(c, column, 1 - number)
        c.put(figure, left, top - c.px(24) - round(size * 0.73), half)
        c.put(label, left, plot.bottom + c.px(26), half)


def _figure(c: Canvas, text: str, width: int, height: int) -> Block:
    style = c.style(HEAVY, c.type_px(120), c.words, 1.0, "centre")
    block = lettering.set_text(text, style, 10_000)  # a minus stands before it in every language
    while (block.width > width or block.style.size > height * 0.2) and block.style.size > c.legible:
        block = lettering.set_text(text, style.at(round(block.style.size * 0.95) - 1), 10_000)
        style = block.style
    return block


def _band(c: Canvas, box: Box, text: str, change: float) -> int:
    pad = c.px(30)
    mark = c.px(46)
    style = c.style(SEMIBOLD, max(c.type_px(48), c.legible), c.ink, 1.15, "centre")
    block = lettering.fit(text, style, box.width - 2 * pad - 2 * mark, c.px(150), smallest=c.legible,
                          language=c.language, what="difference")  # fmt: skip
    height = block.height + 2 * pad - lettering.metrics(block.style)[1]
    band = Box(box.left, box.bottom - height, box.right, box.bottom)
    c.rounded(band, c.colour, c.px(18))
    c.put(block, band.left + pad + mark, band.top + pad, box.width - 2 * pad - 2 * mark)
    x = band.right - pad - mark / 2 if c.rtl else band.left + pad + mark / 2
    y, half = (band.top + band.bottom) / 2, mark * 0.42
    if change:
        tip = -half if change > 0 else half
        c.surface.area([[(x - half, y - tip * 0.8), (x + half, y - tip * 0.8), (x, y + tip * 0.8)]], c.ink)
    return height
