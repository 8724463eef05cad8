"""What a format makes of a piece: parts with media plans, and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    BLOCKER = "blocker"  # cannot be submitted
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Source:
    """Where a limit is written down, and the day it was read (ISO date)."""

    url: str
    read_on: str


@dataclass(frozen=True)
class Finding:
    """What a format says about a variant.

    ``remedy`` says how to mend it, in the words of the person who will. ``part`` and ``media`` are indexes (0-based),
    None where the finding is about the whole variant. ``mends`` names what a button could do about it
    (``formats.core.mends``: ask ``available`` for those that would do something to a draft); ``value`` is what such a
    mend needs to know, the imprint for one.
    """

    code: str
    level: Level
    message: str
    remedy: str
    part: int | None = None
    media: int | None = None
    limit: int | float | None = None
    actual: int | float | None = None
    unit: str = ""
    source: Source | None = None
    mends: tuple[str, ...] = ()
    value: str = ""

    @property
    def mend(self) -> str:
        """The mend to offer first; empty where a person has to do it."""
        return self.mends[0] if self.mends else ""


@dataclass(frozen=True)
class LeftOut:
    """What a draft does not say of its piece: a block's id (or ``lead``…), what it is, how it begins, and why."""

    source: str
    what: str
    excerpt: str
    why: str


@dataclass(frozen=True)
class MediaItem:
    """One medium of a part: a plan that ``media.render`` turns into a file, and the words that go with it.

    ``plan`` is plain JSON data (see docs/media-plans.md); ``role`` names what it is for (``cover``, ``statistic``,
    ``quote``, ``closing``, ``picture``, ``cut``…); ``sources`` are the ids of the blocks it came from.
    """

    plan: Mapping[str, Any]
    alt: str
    role: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One remote post. ``text`` is exactly what is sent; ``link`` is attached beside the text where the platform can."""

    text: str
    media: tuple[MediaItem, ...] = ()
    link: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    format: str
    language: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.level is Level.BLOCKER)
