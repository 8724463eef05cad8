"""TikTok's uploads: how a file is cut, and how its pieces are sent.

developers.tiktok.com/doc/content-posting-api-media-transfer-guide, read in November 2026: pieces of 5 to 64 MB, their
number is the size divided by the piece's and rounded down, the last takes the rest; a file below 5 MB is one piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from channels.connectors.base import Context
from channels.connectors.pieces import deadline_s, pieces
from channels.wire import Answer

LEAST_BYTES = 5 * 1024 * 1024
PIECE_BYTES = 8 * 1024 * 1024  # a minute is enough for one at 1.2 Mbit/s
MOST_PIECES = 1000


@dataclass(frozen=True)
class Cut:
    """How a file of ``size`` bytes is cut."""

    size: int
    piece: int

    @property
    def count(self) -> int:
        return max(1, self.size // self.piece)

    def span(self, number: int) -> tuple[int, int]:
        """First byte, and the one after the last, of a piece."""
        first = number * self.piece
        return first, self.size if number == self.count - 1 else first + self.piece

    def about(self) -> dict[str, int]:
        """As the interface wants it."""
        return {"video_size": self.size, "chunk_size": self.piece, "total_chunk_count": self.count}


def cut(size: int) -> Cut:
    piece = size if size < 2 * LEAST_BYTES else PIECE_BYTES
    while size // piece > MOST_PIECES:
        piece *= 2
    return Cut(size, piece)


def send(ctx: Context, url: str, path: Path, mime: str, how: Cut, *, have: int) -> Answer:
    """Send the pieces that are not there yet, in order; returns the last answer, or the first that is no "go on"."""
    wanted = [how.span(number) for number in range(min(have // how.piece, how.count - 1), how.count)]
    for (first, end), piece in zip(wanted, pieces(path, wanted, ctx.renew), strict=True):
        answer = ctx.wire.put(
            url,
            content=piece,
            headers={"Content-Type": mime, "Content-Range": f"bytes {first}-{end - 1}/{how.size}"},
            scheme="",
            total_s=deadline_s(len(piece)),
        )
        if answer.status != 206:
            break
    return answer
