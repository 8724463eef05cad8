"""Where in a finished picture its focal point lies: for networks that cut previews around a point that they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from media.geometry import Focus, crop_box
from media.plans import picture_anchor

Point = tuple[float, float]


def point(plan: Mapping[str, Any]) -> Point | None:
    """Return x and y from -1 to 1 from the middle, right and up positive; None where a picture does not fill the card.

    None too where nobody chose a point: the middle is what networks take anyway.
    """
    source, anchor = plan.get("source") or {}, picture_anchor(plan)
    size = (source.get("width") or 0, source.get("height") or 0)
    if anchor is None or not all(size):
        return None
    focus = Focus.of(source.get("focus"))
    if (focus.x, focus.y) == (0.5, 0.5):
        return None
    left, top, right, bottom = crop_box(size, tuple(plan["size"]), focus, anchor)
    x, y = (focus.x * size[0] - left) / (right - left), (focus.y * size[1] - top) / (bottom - top)
    return _around(x), -_around(y)


def _around(fraction: float) -> float:
    return round(min(max(fraction, 0.0), 1.0) * 2 - 1, 2) + 0.0
