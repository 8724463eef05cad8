"""Contrast of two colours after WCAG 2.2."""

from __future__ import annotations

import re

MINIMUM = 4.5
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)


def channels(colour: str) -> tuple[int, int, int] | None:
    """Return red, green and blue of ``#rrggbb`` or ``#rgb``; None when it is no such colour."""
    match = _HEX.fullmatch(colour.strip())
    if not match:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(2 * each for each in match[1])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def ratio(one: str, other: str) -> float | None:
    """Return the contrast ratio, 1 to 21; None when either is no colour."""
    first, second = channels(one), channels(other)
    if first is None or second is None:
        return None
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(rgb: tuple[int, int, int]) -> float:
    red, green, blue = (_linear(each / 255) for each in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
