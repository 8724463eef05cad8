"""Facebook Pages: one longer post with paragraphs, and either its pictures or a link preview; and a reel."""

from __future__ import annotations

from typing import ClassVar

from formats.core import checks, filming, first_comment, items, telling
from formats.core.draft import Finding, MediaItem, Part, Source
from formats.core.limits import Limit
from formats.core.piece import Figures, Picture, Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
POSTS = Source("https://developers.facebook.com/docs/pages-api/posts", READ_ON)
STORIES = Source("https://developers.facebook.com/docs/page-stories-api", READ_ON)
REELS = Source("https://developers.facebook.com/docs/video-api/guides/reels-publishing", READ_ON)
PROVIDER = Source("https://github.com/gitroomhq/postiz-app", READ_ON)

IMAGE_BYTES = 4_000_000
COMMENT = first_comment.option(
    Limit(8000, "characters", PROVIDER, note="not documented; what other tools keep to")
)
CARD = items.Canvas((1080, 1350), IMAGE_BYTES)
TEXT = Limit(63206, "characters", PROVIDER, note="code points; from other publishing tools")
# What the app lays over a reel: name and buttons. Measured by eye on the app, not documented.
REEL = filming.Film(items.Canvas((1080, 1920), IMAGE_BYTES, safe=(250, 120, 460, 60)))


class FacebookPost(telling.Telling):
    id = "facebook.post"
    suggested = True
    platform = "facebook"
    label = "Facebook post"
    unit = "characters"
    description = "The whole story as text, with its pictures or a link preview."
    link_or_media = True
    options = (COMMENT,)
    limits: ClassVar = {
        "text": TEXT,
        "media": Limit(10, "pictures", PROVIDER, least=0, note="not documented; what other tools keep to"),
        "link_or_media": Limit(1, "kinds", POSTS, note="attached_media and link do not go together"),
        "image_bytes": Limit(
            IMAGE_BYTES, "bytes", STORIES, note="10 MB in the guide, 4 MB in older pages and an error text"
        ),
    }

    def told(self, piece: Piece) -> list[Told]:
        return telling.everything(piece)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        media, notes = self._media(piece)
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, more = self.text(piece, link=link if media else "")
        sources = tuple(dict.fromkeys((*sources, "link")))
        return (Part(text, media=media, link="" if media else link, sources=sources),), (*notes, *more)

    def _media(self, piece: Piece) -> tuple[tuple[MediaItem, ...], list[Finding]]:
        media: list[MediaItem] = []
        for block in piece.blocks:
            if isinstance(block, Picture):
                media.append(items.whole_picture(piece, block, max_bytes=IMAGE_BYTES))
            elif isinstance(block, Figures):
                media += items.figures_cards(piece, block, CARD)
        rest = len(media) - self.max_media
        notes = [checks.omitted(f"{rest} of {len(media)} pictures", self.where)] if rest > 0 else []
        return tuple(media[: self.max_media]), notes


class FacebookReel(telling.Telling):
    id = "facebook.reel"
    platform = "facebook"
    label = "Facebook reel"
    unit = "characters"
    description = (
        "A vertical cut of the story's video with captions, or a film of its cards; links work in its text."
    )
    kinds = frozenset({"video"})
    alt_required = False  # reels take none; we keep it for our own pages
    where = "the reel"
    options = (COMMENT,)
    limits: ClassVar = {
        "text": TEXT,
        "media": Limit(1, "video", REELS, least=1),
        "video_s": Limit(90, "seconds", REELS, least=3),
        "video_ratio": Limit(0.5625, "width to height", REELS, least=0.5625),
    }

    def told(self, piece: Piece) -> list[Told]:
        return [*telling.points_or_paragraphs(piece), *telling.statistics(piece)]

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, REEL)
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, more = self.text(piece, link=link, with_media=True)
        return (Part(text, media=(item,), sources=sources),), (*notes, *more)
