"""What a platform accepts, as dated data: number, unit, and where and when it was read."""

from __future__ import annotations

from dataclasses import dataclass

from formats.core.draft import Source


@dataclass(frozen=True)
class Limit:
    """A limit of a platform. ``most`` and ``least`` are inclusive; None means that side is open.

    ``note`` says what a number cannot: that sources disagree, or that the platform's answer is not known.
    """

    most: float | None
    unit: str
    source: Source
    least: float | None = None
    note: str = ""

    @property
    def ceiling(self) -> int:
        """``most`` as a whole number, for limits that have one."""
        if self.most is None:
            raise ValueError("this limit has no upper side")
        return int(self.most)
