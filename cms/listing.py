"""The lists of the public site: always the same few queries, however many stories there are."""

from __future__ import annotations

from itertools import groupby

from cms.core.chart import sketch
from cms.models import CampaignPage, HomePage, InfographicPage, InfographicRow, PiecePage, StoryPage

LATEST = 12


def pieces_below(page, *, limit: int | None = None) -> list[PiecePage]:
    """Public stories and infographics under a page, newest first, with what a list shows of them."""
    found: list[PiecePage] = []
    for model in (StoryPage, InfographicPage):
        pages = model.objects.live().public().descendant_of(page).order_by("-first_published_at", "-pk")
        found += pages.prefetch_related("cover__renditions")[:limit]
    found.sort(
        key=lambda piece: (piece.first_published_at is not None, piece.first_published_at, piece.pk),
        reverse=True,
    )
    found = found[:limit]
    _add_sketches([piece for piece in found if isinstance(piece, InfographicPage)])
    return found


def _add_sketches(infographics: list[InfographicPage]) -> None:
    """What a list shows of an infographic: its bars, without words."""
    if not infographics:
        return
    rows = InfographicRow.objects.filter(page__in=infographics, value__isnull=False).order_by(
        "page_id", "sort_order"
    )
    by_page = {pk: list(group) for pk, group in groupby(rows, key=lambda row: row.page_id)}
    for page in infographics:
        page.sketch = sketch([(row.label, row.value) for row in by_page.get(page.pk, [])])


def home_lists(home: HomePage) -> dict:
    campaigns = list(
        CampaignPage.objects.live()
        .public()
        .child_of(home)
        .select_related("logo")
        .order_by("-starts_on", "title")
    )
    pieces = pieces_below(home, limit=LATEST)
    by_path = {campaign.path: campaign for campaign in campaigns}
    for piece in pieces:
        piece.campaign = by_path.get(piece.path[: -piece.steplen])
    return {"campaigns": campaigns, "pieces": pieces}


def campaign_lists(campaign: CampaignPage) -> dict:
    pieces = pieces_below(campaign)
    for piece in pieces:
        piece.campaign = campaign
    return {"pieces": pieces}
