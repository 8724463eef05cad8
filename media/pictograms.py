"""A pictogram: figures counted in shapes, the last one cut where the figure ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from media import lettering, outlines, spread
from media.colour import RGB, mix, readable
from media.geometry import Box
from media.lettering import Block
from media.surface import Ring, bounds, cut_at
from media.typefaces import HEAVY, MEDIUM

if TYPE_CHECKING:
    from media.canvas import Canvas

PER_LINE = (10, 15, 20)  # people count in fives


def pictogram(c: Canvas, box: Box, rows: list[tuple[str, float, str, str]], muted: RGB) -> None:
    """Name and figure above, shapes below; what one shape stands for at the foot."""
    shape = outlines.icon(str(c.text.get("icon") or ""))
    per_icon = float(c.text.get("per_icon") or 1)
    colour = readable(c.colour, c.paper, 3)
    box = box.inset(bottom=_key(c, box, shape, colour, muted) + c.px(40))
    counts = [max(1, math.ceil(row[1] / per_icon - 1e-9)) for row in rows]
    gap, least = c.px(34), c.px(40)
    room = box.height - gap * (len(rows) - 1) - least * sum(_lines(counts, PER_LINE[0]))
    heads = _heads(c, rows, box.width, room)
    taken = sum(max(a.height, b.height) + c.px(18) for a, b in heads) + gap * (len(rows) - 1)

    def size(per_line: int) -> float:
        return min(box.width / per_line, (box.height - taken) / sum(_lines(counts, per_line)))

    # Large shapes, and rows that are counted at a glance: a second line is worth a tenth of the size.
    per_line = max(PER_LINE, key=lambda number: size(number) * 0.9 ** sum(_lines(counts, number)))
    cell, lines = size(per_line), _lines(counts, per_line)
    y = box.top + max(0.0, (box.height - taken - cell * sum(lines)) / 2)
    for row, (name, figure), count in zip(rows, heads, lines, strict=True):
        width = box.width - round(figure.width) - c.px(30)
        c.put(name, box.left + (box.width - width if c.rtl else 0), y, width)
        c.put(figure, box.left if c.rtl else box.right - figure.width, y, figure.width + 1)
        y += max(name.height, figure.height) + c.px(18)
        for number in range(math.ceil(row[1] / per_icon - 1e-9)):
            at = number % per_line
            left = box.right - (at + 1) * cell if c.rtl else box.left + at * cell
            part = min(1.0, row[1] / per_icon - number)
            _icon(c, shape, left, y + number // per_line * cell, cell * 0.9, part, colour)
        y += cell * count + gap


def _lines(counts: list[int], per_line: int) -> list[int]:
    return [math.ceil(count / per_line) for count in counts]


def _heads(
    c: Canvas, rows: list[tuple[str, float, str, str]], width: int, room: int
) -> list[tuple[Block, Block]]:
    def build(size: int) -> tuple[list[tuple[Block, Block]], int, bool]:
        made, torn = [], False
        for label, _, text, _ in rows:
            figure = lettering.set_text(text, c.style(HEAVY, size, c.words, 1.0), 10_000, c.language)
            style = c.style(MEDIUM, max(c.legible, round(size * 0.85)), c.words, 1.15)
            free = width - round(figure.width) - c.px(30)
            torn = torn or lettering.tears_words(label, style, free, c.language)
            made.append((lettering.set_text(label, style, free, c.language), figure))
        return made, sum(max(a.height, b.height) + c.px(18) for a, b in made), torn

    sizes = range(max(c.type_px(42), c.legible), c.legible - 1, -2)
    return spread.largest(sizes, build, room, "The names of the rows")


def _icon(
    c: Canvas, shape: list[Ring], left: float, top: float, size: float, part: float, colour: RGB
) -> None:
    placed = outlines.moved(shape, left, top, size / 100)
    if part < 1:
        c.surface.area(placed, mix(colour, c.paper, 0.8))
        edge = bounds(placed)
        x = edge.right - edge.width * part if c.rtl else edge.left + edge.width * part
        placed = cut_at(placed, x, before=not c.rtl)
    c.surface.area(placed, colour)


def _key(c: Canvas, box: Box, shape: list[Ring], colour: RGB, muted: RGB) -> int:
    """One shape and what it stands for. Returns its height."""
    style = c.style(MEDIUM, max(c.type_px(34), c.legible), muted)
    size = round(style.size * 1.3)
    block = lettering.fit(c.get("note"), style, box.width - size - c.px(16), c.px(100), smallest=c.legible,
                          language=c.language, what="unit")  # fmt: skip
    height = max(size, block.height)
    _icon(c, shape, box.right - size if c.rtl else box.left, box.bottom - height, size, 1, colour)
    width = box.width - size - c.px(16)
    text = lettering.metrics(block.style)[0]
    top = box.bottom - height + (size - text) / 2
    c.put(block, box.left + (0 if c.rtl else size + c.px(16)), top, width)
    return height
