"""What may go with the words of an answer: data that a connector's class carries. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pictures:
    """Pictures that a network takes beside the words of an answer.

    At most ``most`` of them; each of at most ``max_bytes`` and ``max_pixels``, and not more than ``ratio`` times as wide as
    high or the other way round (0: as it likes). ``alt``: so many characters of an alt text (0: the network takes none).
    ``words``: so many characters of the answer at most when a picture goes with it (0: as many as without).
    """

    source: str
    max_bytes: int
    most: int = 1
    alt: int = 0
    ratio: float = 0
    words: int = 0
    max_pixels: int = 0
