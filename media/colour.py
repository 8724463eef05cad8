"""Colours, and text that can be read on them (WCAG 2: at least 4.5 to 1)."""

from __future__ import annotations

import re

from media.errors import RenderError

RGB = tuple[int, int, int]
WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)
READABLE = 4.5


def rgb(text: str) -> RGB:
    """``#0b5c63`` or ``#abc`` as numbers."""
    found = re.fullmatch(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", text.strip())
    if not found:
        raise RenderError(
            f"“{text}” is not a colour. Write it as # and six hexadecimal digits, like #0b5c63."
        )
    digits = found[1] if len(found[1]) == 6 else "".join(c * 2 for c in found[1])
    return tuple(int(digits[i : i + 2], 16) for i in (0, 2, 4))  # type: ignore[return-value]


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """``a`` with ``share`` of ``b`` in it."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def luminance(colour: RGB) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: RGB, b: RGB) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(wanted: RGB, ground: RGB, ratio: float = READABLE) -> RGB:
    """``wanted``, moved towards black or white only as far as it takes to be read on ``ground``."""
    if contrast(wanted, ground) >= ratio:
        return wanted
    end = max((BLACK, WHITE), key=lambda c: contrast(c, ground))
    for step in range(1, 21):
        moved = mix(wanted, end, step / 20)
        if contrast(moved, ground) >= ratio:
            return moved
    return end


def is_dark(colour: RGB) -> bool:
    return luminance(colour) < 0.22
