"""An infographic as a drawing to print: made by the worker when its page is first seen, then offered there."""

from __future__ import annotations

from django.conf import settings

from formats.core import items
from formats.core.piece import Figures, Piece
from media import cache
from media.errors import MediaError
from media.models import RenderState
from media.plans import plan_key

CANVAS = items.Canvas((1080, 1350))


def plans_of(piece: Piece) -> list[dict]:
    """One plan per card of the infographic; none where it has become a list."""
    made = [
        card.plan for figures in piece.of(Figures) for card in items.figures_cards(piece, figures, CANVAS)
    ]
    return [{**plan, "format": "svg"} for plan in made if plan["template"] == "figures"]


def drawings(piece: Piece) -> list[str]:
    """The addresses of the finished drawings. Asks once for those nobody has asked for; safe to call at every view."""
    try:
        plans = plans_of(piece)
        rows = cache.find(plans)
        found = [rows.get(plan_key(plan)) or cache.request(plan) for plan in plans]
    except MediaError:
        return []  # the variant's findings say what is wrong
    done = [row for row in found if row.state == RenderState.DONE and cache.files_exist(row)]
    return [f"{settings.MEDIA_URL}{row.file}" for row in done]
