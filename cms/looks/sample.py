"""The cards by which a look is judged: the campaign's newest story, with words of ours where it has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cms.models import CampaignPage, StoryPage
from formats.core import items
from formats.core.piece import Figures, Picture, Piece, Quote, Row, Statistic

CANVAS = items.Canvas((432, 540))
STATISTIC = Statistic("statistic", "4.2", "tonnes", "taken out of the river in one day", "Council, 2026")
QUOTE = Quote("quote", "I have never seen the gravel this clean.", "A neighbour", "since 1994")
FIGURES = Figures(
    "figures",
    "What was found",
    "kg",
    "Council, 2026",
    (Row("Plastic", 1640), Row("Metal", 905), Row("Glass", 410)),
)


def plans_of(campaign: CampaignPage) -> list[dict[str, Any]]:
    """Plans of four cards in the look of this object, saved or not: cover, statistic, quote, infographic."""
    piece = _piece(campaign)
    picture = next(iter(piece.of(Picture)), None)
    statistic, quote, figures = (
        next(iter(piece.of(kind)), usual)
        for kind, usual in ((Statistic, STATISTIC), (Quote, QUOTE), (Figures, FIGURES))
    )
    made = [
        items.cover_card(piece, piece.headline[: items.HEADLINE_CHARS], picture, CANVAS),
        items.statistic_card(piece, statistic, CANVAS),
        items.quote_cards(piece, quote, CANVAS)[0],
        items.figures_cards(piece, figures, CANVAS)[0],
    ]
    return [item.plan for item in made]


def _piece(campaign: CampaignPage) -> Piece:
    story = StoryPage.objects.child_of(campaign).order_by("-latest_revision_created_at", "-pk").first()
    if story is None:
        return Piece("look", "story", campaign.title, "", (), campaign=campaign.to_campaign())
    return replace(story.get_latest_revision_as_object().to_piece(), campaign=campaign.to_campaign())
