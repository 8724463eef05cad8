"""A story as cards: a cover, what a picture says best, and a closing card."""

from __future__ import annotations

from formats.core import checks, items, splitting
from formats.core.draft import Finding, MediaItem
from formats.core.piece import Block, Figures, KeyPoints, Paragraph, Picture, Piece, Quote, Statistic


def of(piece: Piece, canvas: items.Canvas, most: int) -> tuple[tuple[MediaItem, ...], list[Finding]]:
    """Return cover, the cards that matter most in the order of the page, and closing card; notes on the rest."""
    picture = next((each for each in piece.blocks if isinstance(each, Picture)), None)
    headline, more = splitting.opening(
        piece.headline.strip() or piece.lead, lambda text: len(text) <= items.HEADLINE_CHARS
    )
    cover = items.cover_card(piece, headline or piece.campaign.name, picture, canvas)
    closing = items.closing_card(piece, canvas)
    candidates = [(0, card) for card in items.text_cards(piece, more, canvas, ("headline",))]
    candidates += _middle(piece, canvas, picture)
    room = most - 2
    ranked = sorted(range(len(candidates)), key=lambda index: (candidates[index][0], index))
    chosen = sorted(ranked[:room])
    notes = []
    if len(candidates) > room:
        notes.append(checks.omitted(f"{len(candidates) - room} of {len(candidates) + 2} cards", "the cards"))
    return (cover, *(candidates[index][1] for index in chosen), closing), notes


def _middle(piece: Piece, canvas: items.Canvas, cover: Picture | None) -> list[tuple[int, MediaItem]]:
    """Return the cards between cover and closing with their rank: what a picture says best comes first.

    Paragraphs become cards only where nothing else would.
    """
    above = items.headings(piece)
    found: list[tuple[int, MediaItem]] = []
    for block in piece.blocks:
        if block is not cover and checks.says_something(block):
            heading = above.get(block.id)
            title = heading.text.strip() if heading and len(heading.text) <= items.HEADLINE_CHARS else ""
            found += [(rank, card) for rank, card in _cards(piece, block, canvas, title)]
    if found:
        return found
    texts = [items.text_cards(piece, text, canvas, (source,)) for source, text in _paragraphs(piece)]
    return [(5, card) for cards in (texts or [_lead(piece, canvas)]) for card in cards]


def _lead(piece: Piece, canvas: items.Canvas) -> list[MediaItem]:
    return items.text_cards(piece, piece.lead, canvas, ("lead",)) if piece.headline.strip() else []


def _cards(piece: Piece, block: Block, canvas: items.Canvas, title: str) -> list[tuple[int, MediaItem]]:
    match block:
        case Figures():
            return [(0, card) for card in items.figures_cards(piece, block, canvas)]
        case Statistic():
            return [(1, items.statistic_card(piece, block, canvas))]
        case Quote():
            return [(2, card) for card in items.quote_cards(piece, block, canvas)]
        case KeyPoints():
            return [(3, card) for card in items.point_cards(piece, block, canvas, headline=title)]
        case Picture():
            return [(4, items.picture_card(piece, block, canvas))]
    return []


def _paragraphs(piece: Piece) -> list[tuple[str, str]]:
    blocks = (each for each in piece.blocks if isinstance(each, Paragraph))
    return [(block.id, text) for block in blocks for text in items.paragraphs_of(block)]
