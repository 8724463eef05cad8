"""Instagram: a carousel of cards, one card, a reel, and a story. The picture speaks; the caption opens with the message."""

from __future__ import annotations

from typing import ClassVar

from formats.core import cards, checks, filming, first_comment, items, plans, telling
from formats.core.accounts import OVERVIEW, Handle
from formats.core.draft import Finding, MediaItem, Part, Source
from formats.core.format import Measure
from formats.core.limits import Limit
from formats.core.options import Option
from formats.core.piece import Block, Picture, Piece, Video
from formats.core.telling import Told

READ_ON = "2026-11-23"
_DOCS = "https://developers.facebook.com/docs/instagram-platform"
MEDIA = Source(f"{_DOCS}/instagram-graph-api/reference/ig-user/media", READ_ON)
PUBLISHING = Source(f"{_DOCS}/content-publishing", READ_ON)
HANDLE = Handle(r"(?=.{1,30}$)[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", "name", OVERVIEW)

CARD = items.Canvas((1080, 1350), 8_000_000, safe=(60, 60, 60, 60))
# What the app lays over a reel: name and icons. Measured by eye on the app, not documented.
TALL = items.Canvas((1080, 1920), 8_000_000, safe=(250, 120, 460, 60))
FRAME = items.Canvas((1080, 1920), 8_000_000, safe=(270, 60, 320, 60))

COMMENT = first_comment.option(
    Limit(2200, "characters", MEDIA, note="that of captions; nothing is documented for comments"),
    "Its hashtags count together with those of the caption.",
)
MOST_TAGS = 5
MOST_FRAMES = 5

CAPTION: dict[str, Limit] = {
    "text": Limit(2200, "characters", MEDIA),
    "hashtags": Limit(30, "hashtags", MEDIA),
    "hashtags_advised": Limit(
        MOST_TAGS,
        "hashtags",
        MEDIA,
        note="the app allows 5 since December 2025; what the API does is not known",
    ),
    "mentions": Limit(20, "mentions", MEDIA),
    "alt": Limit(1000, "characters", MEDIA),
}
IMAGE: dict[str, Limit] = {
    "image_bytes": Limit(8_000_000, "bytes", MEDIA),
    "image_ratio": Limit(1.91, "width to height", MEDIA, least=0.8),
}


class _Captioned(telling.Telling):
    """What feed formats share: the caption. A link in it cannot be clicked, so there is none."""

    platform = "instagram"
    handle = HANDLE
    unit = "characters"
    link_wanted = False
    links_work = False
    caption_wanted = True
    most_tags = MOST_TAGS
    where = "the caption"
    options: ClassVar[tuple[Option, ...]] = (COMMENT,)


class InstagramCarousel(_Captioned):
    id = "instagram.carousel"
    suggested = True
    label = "Instagram carousel"
    description = "Cards in 4:5: a cover, figures, quotes, points, and a closing card."
    where = "the carousel"
    limits: ClassVar = {
        **CAPTION,
        **IMAGE,
        "media": Limit(10, "cards", PUBLISHING, least=2, note="the app allows 20, the interface 10"),
    }

    def told(self, piece: Piece) -> list[Told]:
        return telling.paragraphs(piece)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        made, notes = cards.of(piece, CARD, self.max_media)
        text, sources, more = self.text(piece, with_media=True)
        return (Part(text, media=made, sources=sources),), (*notes, *more)


class InstagramImage(_Captioned):
    id = "instagram.image"
    label = "Instagram picture"
    description = (
        "One card in 4:5: the headline over the picture, or the strongest figures; the rest in the caption."
    )
    limits: ClassVar = {**CAPTION, **IMAGE, "media": Limit(1, "picture", MEDIA, least=1)}

    def told(self, piece: Piece) -> list[Told]:
        return [
            *telling.points_or_paragraphs(piece),
            *telling.statistics(piece),
            *telling.figures(piece),
            *telling.quotes(piece),
        ]

    def why_left_out(self, piece: Piece, block: Block) -> str:
        if isinstance(block, Picture):
            return "One picture only; a carousel shows them all."
        return super().why_left_out(piece, block)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        text, sources, notes = self.text(piece, with_media=True)
        return (Part(text, media=(self._card(piece),), sources=sources),), tuple(notes)

    def _card(self, piece: Piece) -> MediaItem:
        """The figures of an infographic; else the cover, which has the picture behind it if there is one."""
        made, _ = cards.of(piece, CARD, 10)
        figures = [card for card in made if card.role == "figures"]
        return figures[0] if len(figures) == 1 and not piece.of(Picture) else made[0]


class InstagramReel(_Captioned):
    id = "instagram.reel"
    suggested = True
    label = "Instagram reel"
    description = "A vertical cut of the story's video with captions, or a film made of its cards."
    kinds = frozenset({"video"})
    alt_required = False  # reels take none; we keep it for our own pages
    where = "the reel"
    limits: ClassVar = {
        **CAPTION,
        "media": Limit(1, "video", MEDIA, least=1),
        "video_s": Limit(900, "seconds", MEDIA, least=filming.SHORTEST_S),
        "video_bytes": Limit(plans.VIDEO_BYTES, "bytes", MEDIA),
        "video_ratio": Limit(10, "width to height", MEDIA, least=0.01),
    }

    def told(self, piece: Piece) -> list[Told]:
        if piece.of(Video):
            return [*telling.points(piece), *telling.statistics(piece), *telling.paragraphs(piece)]
        return telling.paragraphs(piece)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, filming.Film(TALL))
        text, sources, more = self.text(piece, with_media=True)
        return (Part(text, media=(item,), sources=sources),), (*notes, *more)


class InstagramStory(_Captioned):
    """Each part is one frame. The interface takes no caption, no stickers and no link: everything stands on the cards."""

    id = "instagram.story"
    label = "Instagram story"
    description = "Up to five frames in 9:16, gone after a day: a cover, what matters most, and what to do."
    where = "the story"
    options = ()  # a story has no comments
    max_parts = MOST_FRAMES
    caption_wanted = False
    alt_required = False  # the interface takes none for stories; we keep it for our own pages
    limits: ClassVar = {
        "text": Limit(0, "characters", MEDIA, note="stories have no caption"),
        "media": Limit(1, "picture", MEDIA, least=1),
        "image_bytes": Limit(8_000_000, "bytes", MEDIA),
    }

    def measures(self, part: Part) -> tuple[Measure, ...]:
        remedy = "Stories have no caption. Write it on a card of the story, or remove it."
        count = self.count(part.text.strip())
        return (Measure(self.limits["text"], count, "text beside the picture", "text_not_shown", remedy),)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        made, notes = cards.of(piece, FRAME, MOST_FRAMES)
        return tuple(Part("", media=(card,), sources=card.sources) for card in made), tuple(notes)

    def why_left_out(self, piece: Piece, block: Block) -> str:
        return f"A story of more than {MOST_FRAMES} frames is skipped; what a card says best went in."
