"""Whether the colours of a look can be read on each other, by how much not, and what would do instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cms.core import colours

SHAPES = 3.0  # WCAG 2.2, 1.4.11: bars and marks


@dataclass(frozen=True)
class Pair:
    """Two colours that meet. ``ground`` and ``ink`` name fields; what is on paper in the colour is adjusted by itself."""

    label: str
    where: str
    ground: str
    ink: str
    adjusted: bool = False


PAIRS = (
    Pair("Writing on the colour", "statistics, closing cards, the head of every page", "colour", "ink"),
    Pair("Writing on paper", "quotes, texts, infographics, the pages", "paper", "text_colour"),
    Pair("The colour on paper", "headings and figures of light cards", "paper", "colour", adjusted=True),
)


@dataclass(frozen=True)
class Judged:
    """``short`` is what is missing to 4.5; ``nearest`` the shade of the writing that would do, ``ground`` of the ground."""

    pair: Pair
    ground: str
    ink: str
    ratio: float
    nearest: str
    nearest_ground: str

    @property
    def passes(self) -> bool:
        return self.ratio >= colours.READABLE

    @property
    def short(self) -> float:
        return max(0.0, colours.READABLE - self.ratio)

    @property
    def fails(self) -> bool:
        return not self.passes and not self.pair.adjusted

    @property
    def nearest_ratio(self) -> float:
        return colours.contrast(self.ground, self.nearest)

    @property
    def sentence(self) -> str:
        return (
            f"{self.ink} on {self.ground} has a contrast of {_told(self.ratio)} : 1, {_told(self.short)} less than the "
            f"{colours.READABLE} : 1 that people with weak sight need. Take {self.nearest} "
            f"({_told(self.nearest_ratio)} : 1), or {self.nearest_ground} as the ground."
        )


def judge(look: Mapping[str, str]) -> list[Judged]:
    """Every pair of a look, given the four colours by field name (``#rrggbb``)."""
    return [_judged(pair, look[pair.ground], look[pair.ink]) for pair in PAIRS]


def _judged(pair: Pair, ground: str, ink: str) -> Judged:
    return Judged(
        pair,
        ground,
        ink,
        colours.contrast(ground, ink),
        colours.nearest_readable(ground, ink),
        colours.nearest_readable(ink, ground),
    )


def _told(ratio: float) -> str:
    """One decimal, cut off and not rounded up: 4.46 must not read as 4.5."""
    return f"{int(ratio * 10 + 1e-9) / 10:.1f}"
