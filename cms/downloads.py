"""An infographic as drawings to print: made by the worker when its page is first seen, then offered there."""

from __future__ import annotations

from dataclasses import dataclass

from formats import files
from formats.core import drawings
from formats.core.piece import Piece
from media import cache
from media.cleaning import Kept
from media.errors import MediaError

SHAPE = "4:5"  # the other shapes are on the story's page of files


@dataclass(frozen=True)
class Download:
    """``name`` is what people read ("PDF, card 2"), ``ending`` the end of the file's name; it is one of ``cards``."""

    name: str
    ending: str
    url: str
    cards: int


def downloads(piece: Piece, campaign: int | None) -> list[Download]:
    """The finished drawings. Asks once for those nobody has asked for or whose file is gone; safe to call at every view."""
    try:
        wanted = files.drawings(drawings.of_piece(piece, (SHAPE,)))
        for each in wanted:
            if each.row is None:
                cache.request(each.drawing.plan, campaign=campaign)
    except MediaError:
        return []  # the variant's findings say what is wrong
    return [_download(each) for each in wanted if each.url]


def _download(file: files.PrintFile) -> Download:
    drawing = file.drawing
    card = f", card {drawing.card}" if drawing.cards > 1 else ""
    return Download(f"{drawing.format.upper()}{card}", drawing.name, file.url, drawing.cards)


def to_show(found: list[Download]) -> list[Download]:
    """The drawings for the page itself: all cards of the infographic, or none while one of them is not made."""
    cards = [each for each in found if each.ending.endswith(".svg")]
    return cards if cards and len(cards) == cards[0].cards else []


def kept() -> Kept:
    """The drawings that pages offer, in every shape: they are never cleared away."""
    from cms.models import InfographicPage  # its pages import this module

    pieces = [page.to_piece() for page in InfographicPage.objects.live().iterator()]
    return Kept(plans=[drawing.plan for piece in pieces for drawing in drawings.of_piece(piece)])
