"""LinkedIn: a professional post: what happened, the points, the figures, the link."""

from __future__ import annotations

from typing import ClassVar

from formats.core import checks, counting, first_comment, items, telling
from formats.core.draft import Finding, MediaItem, Part, Source
from formats.core.limits import Limit
from formats.core.piece import Block, Figures, Paragraph, Picture, Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
_MS = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares"
POSTS = Source(f"{_MS}/posts-api", READ_ON)
SCHEMA = Source(f"{_MS}/post-api-schema", READ_ON)
IMAGES = Source(f"{_MS}/images-api", READ_ON)
MULTI = Source(f"{_MS}/multiimage-post-api", READ_ON)

IMAGE_BYTES = 8_000_000
CARD = items.Canvas((1200, 1500), IMAGE_BYTES)
TOOLS = Source("https://docs.upload-post.com/resources/character-limits/", "2026-11-30")
COMMENT = first_comment.option(
    Limit(1250, "characters", TOOLS, note="not documented; what other tools keep to")
)
MOST_PICTURES = 4  # more are a gallery that nobody opens: our choice


class LinkedInPost(telling.Telling):
    id = "linkedin.post"
    suggested = True
    platform = "linkedin"
    network = "LinkedIn"
    label = "LinkedIn post"
    unit = "UTF-16 units"
    description = "Lead, points and figures in a professional register, with the link or the pictures."
    link_or_media = True
    most_tags = 3
    options = (COMMENT,)
    limits: ClassVar = {
        "text": Limit(3000, "UTF-16 units", POSTS, note="“characters”; we take the stricter reading"),
        "media": Limit(20, "pictures", MULTI, least=0),
        "alt": Limit(4086, "characters", SCHEMA),
        "link_or_media": Limit(1, "kinds", POSTS, note="a post has one content: article or pictures"),
        "image_bytes": Limit(IMAGE_BYTES, "bytes", IMAGES, note="not stated; what other tools keep to"),
    }

    def count(self, text: str) -> int:
        return counting.utf16_units(text)

    def told(self, piece: Piece) -> list[Told]:
        return [
            *telling.points_or_paragraphs(piece),
            *telling.statistics(piece),
            *telling.figures(piece),
            *telling.quotes(piece),
        ]

    def why_left_out(self, piece: Piece, block: Block) -> str:
        if isinstance(block, Paragraph) and telling.points(piece):
            return "The key points say it in fewer words, which is what people read here."
        if isinstance(block, Picture):
            return f"More than {MOST_PICTURES} pictures are not looked at here."
        return super().why_left_out(piece, block)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        media = self._media(piece)
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, notes = self.text(piece, link=link if media else "")
        sources = tuple(dict.fromkeys((*sources, "link")))
        return (Part(text, media=media, link="" if media else link, sources=sources),), tuple(notes)

    def _media(self, piece: Piece) -> tuple[MediaItem, ...]:
        media: list[MediaItem] = []
        for block in piece.blocks:
            if isinstance(block, Picture):
                media.append(items.whole_picture(piece, block, max_bytes=IMAGE_BYTES))
            elif isinstance(block, Figures):
                media += items.figures_cards(piece, block, CARD)
        return tuple(media[:MOST_PICTURES])
