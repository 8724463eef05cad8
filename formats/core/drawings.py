"""An infographic as drawings besides its posts: SVG for pages, PDF for print, in the shapes people ask for. Plans only."""

from __future__ import annotations

from dataclasses import dataclass

from formats.core import items, plans
from formats.core.piece import Figures, Piece

SHAPES: dict[str, plans.Size] = {
    "4:5": (1080, 1350),
    "1:1": (1080, 1080),
    "9:16": (1080, 1920),
    "16:9": (1600, 900),
}
FORMATS = ("svg", "pdf")


@dataclass(frozen=True)
class Drawing:
    """``card`` counts from 1 where an infographic takes several cards; ``cards`` is how many."""

    shape: str
    format: str
    card: int
    cards: int
    plan: plans.Plan

    @property
    def name(self) -> str:
        number = f"-{self.card}" if self.cards > 1 else ""
        return f"{self.shape.replace(':', 'x')}{number}.{self.format}"


def of_piece(piece: Piece, shapes: tuple[str, ...] = tuple(SHAPES)) -> list[Drawing]:
    """One per infographic, card, shape and format; none where an infographic has become a list."""
    found = []
    for figures in piece.of(Figures):
        for shape in shapes:
            cards = [
                item.plan
                for item in items.figures_cards(piece, figures, items.Canvas(SHAPES[shape]))
                if item.plan["template"] == "figures"
            ]
            for format in FORMATS:
                found += [
                    Drawing(shape, format, number, len(cards), {**plan, "format": format})
                    for number, plan in enumerate(cards, 1)
                ]
    return found
