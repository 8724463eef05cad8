"""A timeline: dated events from the top down, along one line that goes on where there are further cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media import lettering, spread
from media.colour import RGB, mix, readable
from media.geometry import Box
from media.lettering import Block
from media.typefaces import HEAVY, MEDIUM

if TYPE_CHECKING:
    from media.canvas import Canvas


def timeline(c: Canvas, box: Box, rows: list[tuple[str, float, str, str]], muted: RGB) -> None:
    """The distance between events says nothing about the time between them: their dates do."""
    indent = c.px(76)
    room = box.width - indent
    colour = readable(c.colour, c.paper)
    gap = c.px(34)
    events = _events(c, rows, room, box.height - gap * (len(rows) - 1), colour)
    heights = [date.height + c.px(14) + label.height for date, label in events]
    free = box.height - sum(heights)
    gap = min(free / max(1, len(rows) - 1), c.px(110)) if len(rows) > 1 else 0
    y = box.top + max(0.0, (free - gap * (len(rows) - 1)) / 2)
    x = box.right - c.px(20) if c.rtl else box.left + c.px(20)
    before, after = (*(c.text.get("more") or ()), False, False)[:2]
    dots = [
        y + sum(heights[:i]) + gap * i + lettering.metrics(events[i][0].style)[0] / 2
        for i in range(len(rows))
    ]
    thick = max(2, c.px(6))
    ends = (box.top if before else dots[0], box.bottom if after else dots[-1])
    c.surface.stroke([(x, ends[0]), (x, ends[1])], mix(colour, c.paper, 0.5), thick)
    for (date, label), dot, height in zip(events, dots, heights, strict=True):
        c.circle(x, dot, c.px(20), c.paper)
        c.circle(x, dot, c.px(16), colour)
        left = box.left if c.rtl else box.left + indent
        c.put(date, left, y, room)
        c.put(label, left, y + date.height + c.px(14), room)
        y += height + gap


def _events(
    c: Canvas, rows: list[tuple[str, float, str, str]], width: int, room: int, colour: RGB
) -> list[tuple[Block, Block]]:
    def build(size: int) -> tuple[list[tuple[Block, Block]], int, bool]:
        bold = c.style(HEAVY, max(c.legible, round(size * 0.9)), colour, 1.1)
        plain = c.style(MEDIUM, size, c.words, 1.22)
        made = [
            (
                lettering.set_text(date, bold, width, c.language),
                lettering.set_text(label, plain, width, c.language),
            )
            for label, _, date, _ in rows
        ]
        torn = any(lettering.tears_words(label, plain, width, c.language) for label, *_ in rows)
        return made, sum(date.height + c.px(14) + label.height for date, label in made), torn

    sizes = range(max(c.type_px(46), c.legible), c.legible - 1, -2)
    return spread.largest(sizes, build, room, "The events")
