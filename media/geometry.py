"""Where to cut a picture, and boxes to lay things out in. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels, edges as Pillow counts them."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def inset(self, top: int = 0, right: int = 0, bottom: int = 0, left: int = 0) -> Box:
        return Box(self.left + left, self.top + top, self.right - right, self.bottom - bottom)


@dataclass(frozen=True)
class Focus:
    """What must be seen of a picture, as fractions of its width and height: centre and size."""

    x: float = 0.5
    y: float = 0.5
    width: float = 0.0
    height: float = 0.0

    @classmethod
    def of(cls, data: Mapping[str, float] | None) -> Focus:
        data = data or {}
        x, y = data.get("x", 0.5), data.get("y", 0.5)
        size = data.get("width", 0.0) or 0.0, data.get("height", 0.0) or 0.0
        return cls(*(min(max(float(v), 0.0), 1.0) for v in (x, y, *size)))


def crop_box(
    source: tuple[int, int],
    target: tuple[int, int],
    focus: Focus = Focus(),
    anchor: tuple[float, float] = (0.5, 0.5),
) -> tuple[float, float, float, float]:
    """The largest part of ``source`` with the target's shape, the focus as near ``anchor`` as it goes.

    ``anchor`` is where in the result the focus should come to lie (fractions): above the middle where
    text covers the lower part. The result is clamped to the source: rounding may otherwise put an edge at
    -1e-13, which Pillow refuses.
    """
    (sw, sh), (tw, th) = source, target
    scale = min(sw / tw, sh / th)
    width, height = tw * scale, th * scale
    left = _edge(focus.x * sw, focus.width * sw, width, sw, anchor[0])
    top = _edge(focus.y * sh, focus.height * sh, height, sh, anchor[1])
    return (left, top, min(left + width, float(sw)), min(top + height, float(sh)))


def _edge(centre: float, extent: float, window: float, whole: float, anchor: float) -> float:
    start = centre - window * anchor
    if extent <= window:  # keep all of the focus inside, if it fits at all
        start = min(max(start, centre + extent / 2 - window), centre - extent / 2)
    else:
        start = centre - window / 2
    return min(max(start, 0.0), max(whole - window, 0.0))


def even(value: float) -> int:
    """The nearest even number: 4:2:0 video has half as many colour samples each way."""
    return round(value / 2) * 2


def video_crop(
    source: tuple[int, int], target: tuple[int, int], centre_x: float = 0.5, centre_y: float = 0.5
) -> Box:
    """The part of a video frame to cut out, with even edges, around a centre (fractions of width and height)."""
    box = crop_box(source, target, Focus(x=centre_x, y=centre_y))
    width = min(even(box[2] - box[0]), source[0] // 2 * 2)
    height = min(even(box[3] - box[1]), source[1] // 2 * 2)
    left = min(even(box[0]), (source[0] - width) // 2 * 2)
    top = min(even(box[1]), (source[1] - height) // 2 * 2)
    return Box(left, top, left + width, top + height)
