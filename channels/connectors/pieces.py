"""Long uploads: the pieces of a file, one after the other; before each the lease is prolonged, or the upload stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Span = tuple[int, int]  # first byte, and the one after the last


def spans(have: int, size: int, piece: int) -> Iterator[Span]:
    """What is still to be sent of ``size`` bytes, ``have`` of which have arrived, in pieces of so many bytes."""
    for first in range(have, size, piece):
        yield first, min(first + piece, size)


def pieces(path: Path, wanted: Iterable[Span], renew: Callable[[], None]) -> Iterator[bytes]:
    """The bytes of each span. ``renew`` may raise, and then nothing more is read."""
    with path.open("rb") as file:
        for first, end in wanted:
            renew()
            file.seek(first)
            yield file.read(end - first)
