"""Media of a post: the plan of a picture together with its alt text, from one block of a piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from formats.core import alt, charting, links, plans, splitting
from formats.core.draft import MediaItem
from formats.core.piece import (
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Statistic,
)
from media.chart_kinds import KINDS
from media.quoting import unquoted

HEADLINE_CHARS = 110  # what is still large on a card; more goes to the next card
BODY_CHARS = 260
POINTS_CHARS = 320
POINTS_PER_CARD = 4
ROWS_PER_LIST = 7


@dataclass(frozen=True)
class Canvas:
    """The shape that a format's cards have. ``safe``: what the app covers, in pixels (top, right, bottom, left)."""

    size: plans.Size
    max_bytes: int = plans.JPEG_BYTES
    safe: tuple[int, int, int, int] = plans.NO_MARGIN


def link_of(piece: Piece, *, platform: str, format: str) -> str:
    """Return the one address that a format leads to, tagged: a call's own address before the story's page."""
    calls = (each.url for each in piece.blocks if isinstance(each, CallToAction))
    address = next((url for url in calls if url.strip()), piece.link)
    return links.with_utm(address, source=platform, campaign=piece.campaign.utm_name, content=format)


def whole_picture(piece: Piece, picture: Picture, *, max_bytes: int) -> MediaItem:
    """A picture in its own shape, as far as feeds show it whole; the credit stands on it."""
    size = plans.size_of(picture, longest=1600, narrowest=0.75, widest=16 / 9)
    plan = plans.card(
        "picture", piece, size, {"footer": picture.credit}, picture=picture, max_bytes=max_bytes
    )
    return MediaItem(plan, picture.alt.strip(), "picture", (picture.id,))


def picture_card(piece: Piece, picture: Picture, canvas: Canvas) -> MediaItem:
    """A picture cut to the canvas around its focal point, with caption and credit."""
    caption = picture.caption if len(picture.caption) <= BODY_CHARS else ""
    text = {"body": caption, "footer": picture.credit}
    return MediaItem(
        _card("picture", piece, canvas, text, picture), picture.alt.strip(), "picture", (picture.id,)
    )


def cover_card(piece: Piece, headline: str, picture: Picture | None, canvas: Canvas) -> MediaItem:
    text = {"headline": headline, "footer": picture.credit if picture else ""}
    sources = ("headline", *((picture.id,) if picture else ()))
    return MediaItem(
        _card("cover", piece, canvas, text, picture), alt.cover(headline, picture), "cover", sources
    )


def statistic_card(piece: Piece, statistic: Statistic, canvas: Canvas) -> MediaItem:
    text = {name: getattr(statistic, name) for name in ("value", "unit", "label", "source")}
    words = alt.statistic(statistic, piece.language)
    return MediaItem(_card("statistic", piece, canvas, text), words, "statistic", (statistic.id,))


def quote_cards(piece: Piece, quote: Quote, canvas: Canvas) -> list[MediaItem]:
    """A quote, over several cards where it is long; each names the speaker. Marks around the whole are left away, since the
    card has its own; those that stand around one of its pieces belong to the words.
    """
    items = []
    for body in splitting.split(unquoted(quote.text), lambda text: len(text) <= BODY_CHARS):
        text = {"body": body, "speaker": quote.speaker, "role": quote.role}
        words = alt.quote(quote, body, piece.language)
        items.append(MediaItem(_card("quote", piece, canvas, text), words, "quote", (quote.id,)))
    return items


def text_cards(
    piece: Piece,
    body: str,
    canvas: Canvas,
    sources: tuple[str, ...],
    *,
    headline: str = "",
    role: str = "text",
) -> list[MediaItem]:
    """A text over as many cards as it takes to stay readable."""
    items = []
    for index, part in enumerate(splitting.split(body, lambda text: len(text) <= BODY_CHARS)):
        text = {"headline": headline if index == 0 else "", "body": part}
        words = alt.fitted(f"{alt.sentence(text['headline'])} {part}")
        items.append(MediaItem(_card("text", piece, canvas, text), words, role, sources))
    return items


def point_cards(piece: Piece, block: KeyPoints, canvas: Canvas, *, headline: str = "") -> list[MediaItem]:
    """Few key points get a card each; many are listed, a few to a card."""
    points = [point.strip() for point in block.points if point.strip()]
    if len(points) <= POINTS_PER_CARD:
        titles = [headline, *[""] * len(points)]
        return [
            item
            for point, title in zip(points, titles, strict=False)
            for item in _point(piece, block, point, canvas, title, large=not headline)
        ]
    items: list[MediaItem] = []
    for index, group in enumerate(_grouped(points)):
        title = headline if index == 0 else ""
        if len(group) == 1:
            items += text_cards(piece, group[0], canvas, (block.id,), headline=title, role="key points")
            continue
        text = {"headline": title, "body": "\n".join(f"• {point}" for point in group)}
        words = alt.fitted(" ".join([alt.sentence(title), *map(alt.sentence, group)]))
        items.append(MediaItem(_card("text", piece, canvas, text), words, "key points", (block.id,)))
    return items


def _point(
    piece: Piece, block: KeyPoints, point: str, canvas: Canvas, title: str, *, large: bool
) -> list[MediaItem]:
    """One point; a short one without a heading above it is set as large as a headline."""
    if large and len(point) <= HEADLINE_CHARS:
        plan = _card("text", piece, canvas, {"headline": point})
        return [MediaItem(plan, alt.fitted(point), "key point", (block.id,))]
    return text_cards(piece, point, canvas, (block.id,), headline=title, role="key point")


def _grouped(points: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = []
    for point in points:
        last = groups[-1] if groups else []
        if last and len(last) < POINTS_PER_CARD and sum(map(len, last)) + len(point) <= POINTS_CHARS:
            last.append(point)
        else:
            groups.append([point])
    return groups


def figures_cards(piece: Piece, figures: Figures, canvas: Canvas) -> list[MediaItem]:
    """An infographic as one chart; over several cards where its kind allows that; as a list where it has too many rows.

    Never as two charts with a scale each: the bars of one could not be compared with those of the other.
    """
    shown = charting.charted(figures, piece.language)
    if not shown.rows:
        return []
    kind = KINDS[shown.kind]
    room = kind.room(canvas.size)
    if shown.kind == "number" or kind.pages:
        pages = _pages(shown.rows, room)
    elif len(shown.rows) > room:
        shown = charting.Charted("bar", shown.rows)
        pages = [shown.rows] if len(shown.rows) <= KINDS["bar"].room(canvas.size) else []
    else:
        pages = [shown.rows]
    items = []
    for page in pages:
        plan = _card("figures", piece, canvas, plans.figures_text(figures, shown, page, piece.language))
        rows = [row.row for row in page if row.row] if len(pages) > 1 else None
        items.append(MediaItem(plan, alt.figures(figures, rows, piece.language), "figures", (figures.id,)))
    return items or _figures_list(piece, figures, canvas)


def _pages(rows: tuple[charting.Shown, ...], room: int) -> list[tuple[charting.Shown, ...]]:
    """As few cards as it takes, about equally full."""
    count = -(-len(rows) // room)
    edges = [round(len(rows) * number / count) for number in range(count + 1)]
    return [rows[start:end] for start, end in pairwise(edges)]


def _figures_list(piece: Piece, figures: Figures, canvas: Canvas) -> list[MediaItem]:
    rows = charting.drawable(figures)
    items = []
    for start in range(0, len(rows), ROWS_PER_LIST):
        group = rows[start : start + ROWS_PER_LIST]
        text = {
            "headline": figures.title if start == 0 else "",
            "body": "\n".join(f"• {line}" for line in charting.lines(figures, piece.language, group)),
            "source": figures.source,
        }
        words = alt.figures(figures, group, piece.language)
        items.append(MediaItem(_card("text", piece, canvas, text), words, "figures", (figures.id,)))
    return items


def closing_text(piece: Piece) -> dict[str, str]:
    """What the last card says: what to do, where, and who is responsible."""
    call = next((each for each in piece.blocks if isinstance(each, CallToAction) and each.text.strip()), None)
    where = links.spoken(call.url if call and call.url.strip() else piece.link)
    headline = call.text.strip() if call else piece.campaign.name.strip() or piece.headline.strip()
    return {"headline": headline, "body": where, "footer": piece.campaign.imprint.strip()}


def closing_card(piece: Piece, canvas: Canvas) -> MediaItem:
    text = closing_text(piece)
    words = alt.fitted(" ".join(filter(None, map(alt.sentence, text.values()))))
    sources = (*(each.id for each in piece.blocks if isinstance(each, CallToAction)), "link", "campaign")
    return MediaItem(_card("closing", piece, canvas, text), words, "closing", sources)


def headings(piece: Piece) -> dict[str, Heading]:
    """Return by block id the heading that stands right above the block."""
    found: dict[str, Heading] = {}
    above: Heading | None = None
    for block in piece.blocks:
        if isinstance(block, Heading):
            above = block
        elif above is not None:
            found[block.id], above = above, None
    return found


def paragraphs_of(block: Paragraph) -> list[str]:
    return [text.strip() for text in block.text.split("\n\n") if text.strip()]


def _card(
    template: str, piece: Piece, canvas: Canvas, text: Mapping[str, object], picture: Picture | None = None
) -> plans.Plan:
    return plans.card(
        template, piece, canvas.size, text, picture=picture, max_bytes=canvas.max_bytes, safe=canvas.safe
    )
