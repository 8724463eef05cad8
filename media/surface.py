"""What an infographic is drawn on. One layout, several results: a picture here, SVG and PDF in modules of their own.

Coordinates are pixels of the card, y downwards. An area is a list of rings (closed lines of points), filled where an odd
number of rings surrounds a place, so that a ring inside another is a hole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from PIL import Image, ImageChops, ImageDraw

from media import lettering
from media.colour import RGB
from media.geometry import Box
from media.lettering import Line, Style

Point = tuple[float, float]
Ring = Sequence[Point]
PATTERNS = ("rising", "dots", "falling", "level", "grid")


class Surface(Protocol):
    def rect(self, box: Box, colour: RGB) -> None: ...

    def rounded(self, box: Box, colour: RGB, radius: float) -> None: ...

    def circle(self, x: float, y: float, radius: float, colour: RGB, ring: float = 0) -> None:
        """A filled circle, or a ring of that thickness."""

    def area(self, rings: Sequence[Ring], colour: RGB) -> None: ...

    def hatch(self, rings: Sequence[Ring], colour: RGB, pattern: str, step: float) -> None:
        """Lines or dots over an area, for eyes that cannot tell its colour from the next."""

    def stroke(self, points: Ring, colour: RGB, width: float) -> None: ...

    def text(self, line: Line, style: Style, x: float, baseline: int) -> None: ...

    def picture(self, image: Image.Image, left: int, top: int) -> None: ...


class Raster:
    """A Pillow picture. Shapes are drawn four times as large as a mask of their own box, then reduced: smooth edges."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    def rect(self, box: Box, colour: RGB) -> None:
        self.image.paste(colour, tuple(box))

    def rounded(self, box: Box, colour: RGB, radius: float) -> None:
        if box.width < 1 or box.height < 1:
            return
        edge = math.ceil(radius) + 1
        if box.width < 2 * edge or box.height < 2 * edge:
            self.image.paste(colour, (box.left, box.top), _rounded(box.width, box.height, radius))
            return
        # Only the corners need a mask: what lies between them is full.
        corners = _rounded(2 * edge, 2 * edge, radius)
        self.image.paste(colour, tuple(box.inset(left=edge, right=edge)))
        for x, left in ((0, box.left), (edge, box.right - edge)):
            self.image.paste(colour, (left, box.top + edge, left + edge, box.bottom - edge))
            for y, top in ((0, box.top), (edge, box.bottom - edge)):
                self.image.paste(colour, (left, top), corners.crop((x, y, x + edge, y + edge)))

    def circle(self, x: float, y: float, radius: float, colour: RGB, ring: float = 0) -> None:
        box = Box(round(x - radius), round(y - radius), round(x + radius), round(y + radius))
        mask = Image.new("L", (max(1, box.width) * 4, max(1, box.height) * 4))
        pen, w, h = ImageDraw.Draw(mask), mask.width - 1, mask.height - 1
        pen.ellipse((0, 0, w, h), fill=255)
        if ring:
            pen.ellipse((ring * 4, ring * 4, w - ring * 4, h - ring * 4), fill=0)
        self.image.paste(colour, (box.left, box.top), mask.reduce(4))

    def area(self, rings: Sequence[Ring], colour: RGB) -> None:
        if (box := self._seen(rings)) is not None:
            self.image.paste(colour, (box.left, box.top), _mask(rings, box).reduce(4))

    def hatch(self, rings: Sequence[Ring], colour: RGB, pattern: str, step: float) -> None:
        if (box := self._seen(rings)) is None:
            return
        lines = Image.new("L", (box.width * 4, box.height * 4))
        pen = ImageDraw.Draw(lines)
        thick = hatch_width(step)
        for a, b in hatching(pattern, box, step):
            at = [((x - box.left) * 4, (y - box.top) * 4) for x, y in (a, b)]
            if a == b:
                (x, y), r = at[0], thick * 4
                pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
            else:
                pen.line(at, fill=255, width=round(thick * 4))
        mask = ImageChops.darker(lines, _mask(rings, box))
        self.image.paste(colour, (box.left, box.top), mask.reduce(4))

    def stroke(self, points: Ring, colour: RGB, width: float) -> None:
        pad = width + 1
        box = self._seen([[(x + dx, y + dy) for x, y in points for dx, dy in ((-pad, -pad), (pad, pad))]])
        if box is None:
            return
        mask = Image.new("L", (box.width * 4, box.height * 4))
        at = [((x - box.left) * 4, (y - box.top) * 4) for x, y in points]
        ImageDraw.Draw(mask).line(at, fill=255, width=max(1, round(width * 4)), joint="curve")
        self.image.paste(colour, (box.left, box.top), mask.reduce(4))

    def text(self, line: Line, style: Style, x: float, baseline: int) -> None:
        lettering.draw_line(self.image, line, style, x, baseline)

    def picture(self, image: Image.Image, left: int, top: int) -> None:
        self.image.paste(image, (left, top), image if image.mode == "RGBA" else None)

    def _seen(self, rings: Sequence[Ring]) -> Box | None:
        box = bounds(rings)
        box = Box(max(0, box.left), max(0, box.top), min(self.image.width, box.right),
                  min(self.image.height, box.bottom))  # fmt: skip
        return box if box.width > 0 and box.height > 0 else None


@lru_cache(maxsize=64)
def _rounded(width: int, height: int, radius: float) -> Image.Image:
    mask = Image.new("L", (width * 4, height * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 4, fill=255)
    return mask.reduce(4)


def _mask(rings: Sequence[Ring], box: Box) -> Image.Image:
    whole = Image.new("L", (box.width * 4, box.height * 4))
    for number, ring in enumerate(each for each in rings if len(each) >= 3):
        one = Image.new("L", whole.size) if number else whole
        at = [((x - box.left) * 4 - 0.5, (y - box.top) * 4 - 0.5) for x, y in ring]
        ImageDraw.Draw(one).polygon(at, fill=255)
        if number:
            whole = ImageChops.difference(whole, one)
    return whole


def bounds(rings: Sequence[Ring]) -> Box:
    """The smallest whole-pixel box around an area."""
    xs = [x for ring in rings for x, _ in ring] or [0.0]
    ys = [y for ring in rings for _, y in ring] or [0.0]
    return Box(int(min(xs) // 1), int(min(ys) // 1), int(-(-max(xs) // 1)), int(-(-max(ys) // 1)))


def rectangle(box: Box) -> list[Ring]:
    return [[(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]]


def hatch_width(step: float) -> float:
    """How thick a pattern's lines are, and what radius its dots have."""
    return max(1.0, step * 0.18)


def hatching(pattern: str, box: Box, step: float) -> Iterator[tuple[Point, Point]]:
    """The lines of a pattern over a box; a dot is a line from a point to itself. They hang over the edges."""
    left, top, right, bottom = box
    height = bottom - top
    if pattern == "dots":
        rows = int(height / step) + 2
        for row in range(rows):
            shift = step / 2 if row % 2 else 0
            for column in range(int((right - left) / step) + 2):
                at = (left + column * step + shift, top + row * step)
                yield at, at
    if pattern == "level":
        for row in range(int(height / step) + 1):
            y = top + (row + 0.5) * step
            yield (left, y), (right, y)
    if pattern in ("rising", "falling", "grid"):
        apart = step * 1.414
        for number in range(int((right - left + height) / apart) + 1):
            x = left + (number + 0.5) * apart
            if pattern != "falling":
                yield (x, top), (x - height, bottom)
            if pattern != "rising":
                yield (x - height, top), (x, bottom)


def cut_at(rings: Sequence[Ring], x: float, *, before: bool = True) -> list[Ring]:
    """The part of an area to the left of ``x`` (``before``), or to its right."""

    def inside(point: Point) -> bool:
        return point[0] <= x if before else point[0] >= x

    kept: list[Ring] = []
    for ring in rings:
        points: list[Point] = []
        for a, b in pairwise([*ring, ring[0]]):
            if inside(a):
                points.append(a)
            if inside(a) != inside(b):
                share = (x - a[0]) / (b[0] - a[0])
                points.append((x, a[1] + (b[1] - a[1]) * share))
        if len(points) >= 3:
            kept.append(points)
    return kept
