"""Long uploads: the pieces of a file, one after the other; before each the lease is prolonged, or the upload stops."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from channels.wire import CALL_MAX_S

Span = tuple[int, int]  # first byte, and the one after the last

LEAST_SPEED = 250_000  # bytes a second, 2 Mbit/s: a slower line is taken for a standstill
UPLOAD_MAX_S = 1800.0
RENEWED_BYTES = 1024 * 1024


def deadline_s(size: int) -> float:
    """How long a call that sends so many bytes may take in all: the usual time, and that of a slow line on top."""
    return min(UPLOAD_MAX_S, CALL_MAX_S + size / LEAST_SPEED)


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


class Sent(io.BufferedReader):
    """A file that goes out in one form: reading it prolongs the lease. ``renew`` may raise, and the call breaks off."""

    def __init__(self, path: Path, renew: Callable[[], None]):
        super().__init__(io.FileIO(path))
        self._renew, self._renewed_at = renew, -RENEWED_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        if abs(self.tell() - self._renewed_at) >= RENEWED_BYTES:
            self._renewed_at = self.tell()
            self._renew()
        return super().read(size)
