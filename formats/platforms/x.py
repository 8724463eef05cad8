"""X: threads and posts counted by X's own weights, and a video."""

from __future__ import annotations

from typing import ClassVar

from formats.core import checks, counting, filming, items, telling
from formats.core.accounts import Handle
from formats.core.draft import Finding, MediaItem, Part, Source
from formats.core.limits import Limit
from formats.core.piece import Block, Figures, Picture, Piece, Video
from formats.core.telling import Told
from formats.core.thread import Thread

READ_ON = "2026-11-23"
TEXT = Source("https://docs.x.com/fundamentals/counting-characters", READ_ON)
SPEC = Source("https://github.com/xdevplatform/docs/blob/main/openapi.json", READ_ON)
DOCS = Source("https://docs.x.com/x-api/media/quickstart/best-practices", READ_ON)
PRICE = Source("https://docs.x.com/x-api/getting-started/pricing", READ_ON)
INTEGRATE = Source("https://docs.x.com/x-api/posts/manage-tweets/integrate", READ_ON)

IMAGE_BYTES = 5_000_000
VIDEO_BYTES = 512_000_000
LONGEST_S = 140
CARD = items.Canvas((1600, 900), IMAGE_BYTES)
NAMES = Source("https://help.x.com/en/managing-your-account/x-username-rules", READ_ON)
HANDLE = Handle(r"[A-Za-z0-9_]{1,15}", "name", NAMES)

LIMITS: dict[str, Limit] = {
    "text": Limit(280, "weighted characters", TEXT, note="Premium accounts may write 25,000"),
    "alt": Limit(1000, "characters", SPEC),
    "cashtags": Limit(1, "cashtags", INTEGRATE, note="on self-serve plans a second one is refused"),
    "image_bytes": Limit(IMAGE_BYTES, "bytes", DOCS),
    "links": Limit(
        1, "links", PRICE, note="our choice: creating a post with a link costs $0.20, else $0.015"
    ),
}


class XThread(Thread):
    id = "x.thread"
    suggested = True
    platform = "x"
    handle = HANDLE
    label = "X thread"
    unit = "weighted characters"
    description = "A hook, one post per point, and a closing post with the link."
    card = CARD
    limits: ClassVar = {**LIMITS, "media": Limit(4, "pictures", SPEC, least=0)}

    def count(self, text: str) -> int:
        return counting.weighted(text)


class _Single(telling.Telling):
    platform = "x"
    handle = HANDLE
    unit = "weighted characters"
    one_link = True
    most_tags = 2

    def count(self, text: str) -> int:
        return counting.weighted(text)


class XPost(_Single):
    id = "x.post"
    label = "X post"
    description = "One post: the message, a picture or the figures as a card, and the link."
    limits: ClassVar = {**LIMITS, "media": Limit(4, "pictures", SPEC, least=0)}

    def told(self, piece: Piece) -> list[Told]:
        return telling.statistics(piece)[:1]

    def why_left_out(self, piece: Piece, block: Block) -> str:
        if isinstance(block, Picture | Figures):
            return "A post shows one picture here; this is a further one."
        if isinstance(block, Video):
            return super().why_left_out(piece, block)
        return "One post has room for the message only. A thread says more."

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, notes = self.text(piece, link=link, with_media=True)
        return (Part(text, media=self._media(piece), sources=sources),), tuple(notes)

    def _media(self, piece: Piece) -> tuple[MediaItem, ...]:
        for block in piece.blocks:
            if isinstance(block, Picture):
                return (items.whole_picture(piece, block, max_bytes=IMAGE_BYTES),)
            if isinstance(block, Figures):
                return tuple(items.figures_cards(piece, block, CARD)[: self.max_media])
        return ()


class XVideo(_Single):
    id = "x.video"
    label = "X video"
    description = "A cut of the story's video, or a film of its cards, with the message and the link."
    kinds = frozenset({"video"})
    alt_required = False  # the interface takes none for videos; we keep it for our own pages
    where = "the video"
    limits: ClassVar = {
        **LIMITS,
        "media": Limit(1, "video", SPEC, least=1),
        "video_s": Limit(LONGEST_S, "seconds", DOCS, least=0.5, note="longer for Premium accounts"),
        "video_bytes": Limit(VIDEO_BYTES, "bytes", DOCS),
        "video_ratio": Limit(3, "width to height", DOCS, least=1 / 3),
    }

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, self._film(piece))
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, more = self.text(piece, link=link, with_media=True)
        return (Part(text, media=(item,), sources=sources),), (*notes, *more)

    def why_left_out(self, piece: Piece, block: Block) -> str:
        return "A video and one short text; the rest is behind the link."

    def _film(self, piece: Piece) -> filming.Film:
        """A video filmed broadside stays so, because timelines show it whole; everything else is square."""
        video = next((each for each in piece.blocks if isinstance(each, Video)), None)
        wide = video is not None and video.file.width > video.file.height > 0
        size = (1280, 720) if wide else (1024, 1024)
        return filming.Film(items.Canvas(size, IMAGE_BYTES, safe=(40, 40, 90, 40)))
