"""Colours of a campaign: contrast by WCAG 2.2, and the shades its public pages derive.

Colours are ``#rrggbb`` in small letters.
"""

from __future__ import annotations

import colorsys
import re

HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
READABLE = 4.5  # WCAG 2.2, 1.4.3: text up to 18 pt
WHITE, BLACK = "#ffffff", "#000000"


def is_hex(value: str) -> bool:
    return bool(HEX.fullmatch(value))


def channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` of the other colour in the first, channel by channel."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lift(colour: str, lightness: float) -> str:
    """The same hue at another lightness (0..1), toned down: for accents on dark ground."""
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in channels(colour)))
    lifted = colorsys.hls_to_rgb(hue, lightness, min(saturation, 0.5))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in lifted)


def best_ink(colour: str) -> str:
    """Black or white, whichever reads better on the colour."""
    return max((WHITE, BLACK), key=lambda ink: contrast(colour, ink))


def readable_on(ground: str, colour: str, *, minimum: float = READABLE) -> str:
    """The colour itself, or its nearest shade towards black or white that reads on the ground."""
    goal = best_ink(ground)
    for step in range(21):
        shade = mix(colour, goal, step / 20)
        if contrast(ground, shade) >= minimum:
            return shade
    return goal


def nearest_readable(ground: str, colour: str, *, minimum: float = READABLE) -> str:
    """The shade of a colour that reads on a ground and looks most like it: the colour itself where it reads already."""
    shades = [_first(ground, colour, goal, minimum) for goal in (WHITE, BLACK)]
    return min((shade for shade in shades if shade), key=lambda shade: difference(colour, shade))


def _first(ground: str, colour: str, goal: str, minimum: float) -> str | None:
    steps = (mix(colour, goal, step / 100) for step in range(101))
    return next((shade for shade in steps if contrast(ground, shade) >= minimum), None)


def difference(one: str, other: str) -> float:
    """How unlike two colours look: their distance in Oklab (Ottosson 2020), 0 to about 1."""
    return sum((a - b) ** 2 for a, b in zip(_oklab(one), _oklab(other), strict=True)) ** 0.5


def _oklab(colour: str) -> tuple[float, float, float]:
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in channels(colour))
    )
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
