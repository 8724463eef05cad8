"""Labels beside what they name: as large as all of them fit, in order, none over another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from media.lettering import TooLong

Set = TypeVar("Set")


def largest(
    sizes: Sequence[int],
    build: Callable[[int], tuple[Set, int, bool]],
    room: int,
    what: str,
) -> Set:
    """What ``build`` makes at the first of ``sizes`` (falling) that fits, no word torn apart if that can be.

    ``build`` returns what it made, its height, and whether a word is torn. Raises TooLong.
    """
    torn: Set | None = None
    needed = room
    for size in sizes:
        made, needed, tears = build(size)
        if needed <= room and not tears:
            return made
        if needed <= room and torn is None:
            torn = made
    if torn is not None:
        return torn
    share = max(1, round((1 - room / max(1, needed)) * 100))
    raise TooLong(f"{what} do not fit on one picture. Shorten them by about {share} %, or leave a row out.")


def places(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float, gap: float
) -> list[float]:
    """Where blocks start so that each is centred as near to ``wanted`` as the others let it, from ``top`` to ``bottom``."""
    starts: list[float] = []
    edge = top
    for centre, height in zip(wanted, heights, strict=True):
        starts.append(max(edge, centre - height / 2))
        edge = starts[-1] + height + gap
    edge = bottom
    for number in range(len(starts) - 1, -1, -1):
        starts[number] = min(starts[number], edge - heights[number])
        edge = starts[number] - gap
    return starts
