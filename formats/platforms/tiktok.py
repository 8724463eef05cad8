"""TikTok: a short vertical video and its caption."""

from __future__ import annotations

from typing import ClassVar

from formats.core import checks, counting, filming, items, telling
from formats.core.accounts import OVERVIEW, Handle
from formats.core.draft import Finding, Part, Source
from formats.core.limits import Limit
from formats.core.piece import Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
DIRECT = Source("https://developers.tiktok.com/doc/content-posting-api-reference-direct-post", READ_ON)
TRANSFER = Source("https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide", READ_ON)
HANDLE = Handle(r"(?=.{2,24}$)[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", "name", OVERVIEW)

# What the app lays over a video: tabs, icons, caption. Measured by eye on the app, not documented.
FILM = filming.Film(items.Canvas((1080, 1920), 8_000_000, safe=(200, 160, 480, 60)))


class TikTokVideo(telling.Telling):
    id = "tiktok.video"
    suggested = True
    platform = "tiktok"
    network = "TikTok"
    handle = HANDLE
    label = "TikTok video"
    unit = "UTF-16 units"
    description = "A vertical cut of the story's video with captions, or a film of its cards."
    kinds = frozenset({"video"})
    alt_required = False  # the interface takes none; we keep it for our own pages
    link_wanted = False
    links_work = False
    caption_wanted = True
    where = "the caption"
    most_tags = 4
    limits: ClassVar = {
        "text": Limit(
            2200, "UTF-16 units", DIRECT, note="the title, which is the caption, hashtags and mentions in it"
        ),
        "media": Limit(1, "video", DIRECT, least=1),
        "video_s": Limit(
            600, "seconds", TRANSFER, least=filming.SHORTEST_S, note="an account may be allowed less"
        ),
        "video_bytes": Limit(4_000_000_000, "bytes", TRANSFER),
    }

    def count(self, text: str) -> int:
        return counting.utf16_units(text)

    def told(self, piece: Piece) -> list[Told]:
        return [*telling.points_or_paragraphs(piece), *telling.statistics(piece)]

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, FILM)
        text, sources, more = self.text(piece, with_media=True)
        return (Part(text, media=(item,), sources=sources),), (*notes, *more)
