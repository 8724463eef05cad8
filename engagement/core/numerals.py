"""How a number is written, on pages, on paper, in sentences and in files. Pure.

What is more than nothing is never written as nothing: of a hundred thousand people who saw a post twenty liked it.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def short(value: float) -> str:
    """One decimal; below one as many as its first two digits take."""
    size = abs(value)
    if size >= 0.995:
        return f"{value:,.1f}"
    if not size:
        return "0"
    return f"{value:.{1 - math.floor(math.log10(size))}f}".rstrip("0")


def whole(value: float) -> str:
    """No decimals, unless they are all there is."""
    return short(value) if 0 < abs(value) < 0.995 else f"{round(value):,}"


def decimal(value: float) -> str:
    """A count, or the middle of several: decimals only where there are some and the number is small."""
    return whole(value) if abs(value) >= 100 or value == int(value) else short(value)


def told_apart(one: float, other: float, write: Callable[[float], str]) -> tuple[str, str]:
    """Two numbers as ``write`` has them; where they look alike and are not, with as many decimals as tell them apart."""
    words, places = (write(one), write(other)), 2
    while one != other and words[0] == words[1]:
        words, places = (f"{one:,.{places}f}", f"{other:,.{places}f}"), places + 1
    return words


def rounded(value: float) -> float:
    """For files and programs, which reckon on: four decimals; below one four digits."""
    size = abs(value)
    return round(value, 4 if size >= 1 or not size else 3 - math.floor(math.log10(size)))
