"""Path data (SVG 1.1, ``d="M0 0h10…"``) as rings of points that every surface can fill."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path

from media.errors import RenderError
from media.surface import Point, Ring

STEPS = 12  # points per curve: a deviation below a hundredth of the curve's length


class _Rings(BasePen):
    def __init__(self) -> None:
        super().__init__(None)
        self.rings: list[list[Point]] = []
        self.open: set[int] = set()  # which of them nothing closes

    def _moveTo(self, pt: Point) -> None:
        self.rings.append([pt])

    def _lineTo(self, pt: Point) -> None:
        self.rings[-1].append(pt)

    def _curveToOne(self, pt1: Point, pt2: Point, pt3: Point) -> None:
        x0, y0 = self._getCurrentPoint()
        for step in range(1, STEPS + 1):
            t = step / STEPS
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            point = (
                a * x0 + b * pt1[0] + c * pt2[0] + d * pt3[0],
                a * y0 + b * pt1[1] + c * pt2[1] + d * pt3[1],
            )
            self.rings[-1].append(point)

    def _closePath(self) -> None:
        pass

    def _endPath(self) -> None:
        if self.rings[-1][0] != self.rings[-1][-1]:
            self.open.add(len(self.rings) - 1)


def rings(data: str, *, closed: bool = False) -> list[Ring]:
    """Path data as rings, ``closed``: without lines that do not come back to their beginning. Raises RenderError when it is
    none, or has numbers without a place.
    """
    pen = _Rings()
    try:
        parse_path(data, pen)
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        AssertionError,
        ArithmeticError,
    ) as error:
        raise RenderError("A path of this drawing cannot be read.") from error
    kept = (ring for n, ring in enumerate(pen.rings) if not (closed and n in pen.open))
    found = [ring for ring in kept if len(ring) >= 3]
    if any(not math.isfinite(v) or abs(v) > 1e7 for ring in found for point in ring for v in point):
        raise RenderError("A path of this drawing has a point outside any paper.")
    return found


def moved(shape: Sequence[Ring], x: float, y: float, scale: float) -> list[Ring]:
    """The rings scaled from the origin, then moved."""
    return [[(px * scale + x, py * scale + y) for px, py in ring] for ring in shape]


# The shapes a pictogram counts with, on a field of 100 × 100.
ICONS = {
    "person": "M50 4A16 16 0 1 1 49.99 4ZM32 40H68A12 12 0 0 1 80 52V72H70V98H54V76H46V98H30V72H20V52A12 12 0 0 1 32 40Z",
    "house": "M50 6L97 48H84V95H59V66H41V95H16V48H3Z",
    "tree": "M50 3L78 38H66L86 68H56V97H44V68H14L34 38H22Z",
    "drop": "M50 3C58 24 84 46 84 66A34 31 0 0 1 16 66C16 46 42 24 50 3Z",
    "heart": "M50 92C20 68 5 52 5 32A23 23 0 0 1 50 24A23 23 0 0 1 95 32C95 52 80 68 50 92Z",
    "star": "M50 4L62 38H98L69 59L80 94L50 73L20 94L31 59L2 38H38Z",
    "circle": "M50 5A45 45 0 1 1 49.99 5Z",
    "square": "M8 8H92V92H8Z",
}


def icon(name: str) -> list[Ring]:
    """A shape by name, on a field of 100 × 100; a circle for a name nobody knows."""
    return rings(ICONS.get(name, ICONS["circle"]))
