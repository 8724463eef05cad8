"""TikTok: a short vertical video, or cards to swipe through, and the caption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from formats.core import cards, checks, counting, filming, items, telling
from formats.core.accounts import OVERVIEW, Handle
from formats.core.draft import Finding, Level, Part, Source
from formats.core.limits import Limit
from formats.core.options import Option, Value
from formats.core.piece import Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
DIRECT = Source("https://developers.tiktok.com/doc/content-posting-api-reference-direct-post", READ_ON)
TRANSFER = Source("https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide", READ_ON)
HANDLE = Handle(r"(?=.{2,24}$)[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", "name", OVERVIEW)

PHOTO = Source("https://developers.tiktok.com/doc/content-posting-api-reference-photo-post", READ_ON)
GUIDELINES = Source("https://developers.tiktok.com/doc/content-sharing-guidelines", READ_ON)
PRIVATE = "SELF_ONLY"
OPTIONS = (
    Option(
        "privacy",
        "Who can see it",
        DIRECT,
        (
            ("PUBLIC_TO_EVERYONE", "Everybody"),
            ("FOLLOWER_OF_CREATOR", "Followers"),
            ("MUTUAL_FOLLOW_FRIENDS", "Friends: followers whom the account follows too"),
            (PRIVATE, "Only ourselves"),
        ),
        required=True,
        help="TikTok wants a person to choose this for every video. As long as our app is not audited by TikTok, "
        "only “Only ourselves” works.",
    ),
    Option("comment", "Comments allowed", GUIDELINES, default=False),
    Option("duet", "Duets allowed", GUIDELINES, default=False, help="Others may film themselves beside it."),
    Option(
        "stitch", "Stitches allowed", GUIDELINES, default=False, help="Others may take a piece into theirs."
    ),
    Option(
        "own_brand",
        "Advertises ourselves",
        GUIDELINES,
        default=False,
        help="TikTok marks the video as “Promotional content”.",
    ),
    Option(
        "branded",
        "Advertises somebody else, for money or a gift",
        GUIDELINES,
        default=False,
        help="TikTok marks the video as “Paid partnership”. Political content may not be paid for on TikTok.",
    ),
    Option(
        "ai_generated",
        "Made with artificial intelligence",
        DIRECT,
        default=False,
        help="For scenes that look real. TikTok then labels the video.",
    ),
)

WITHOUT_FILM = frozenset({"duet", "stitch", "ai_generated"})  # what the interface does not ask about pictures
PHOTO_OPTIONS = (
    *(option for option in OPTIONS if option.name not in WITHOUT_FILM),
    Option(
        "music",
        "TikTok adds music",
        PHOTO,
        default=False,
        help="TikTok chooses it. It can be changed in the app afterwards.",
    ),
)

# What the app lays over a video: tabs, icons, caption. Measured by eye on the app, not documented.
TALL = items.Canvas((1080, 1920), 8_000_000, safe=(200, 160, 480, 60))
FILM = filming.Film(TALL)
MOST_CARDS = 10  # our choice: who swipes on is few


class _TikTok(telling.Telling):
    """What both share: the caption, in which no link can be clicked."""

    platform = "tiktok"
    network = "TikTok"
    handle = HANDLE
    unit = "UTF-16 units"
    alt_required = False  # the interface takes none; we keep it for our own pages
    link_wanted = False
    links_work = False
    caption_wanted = True
    where = "the caption"
    most_tags = 4

    def count(self, text: str) -> int:
        return counting.utf16_units(text)

    def option_rules(self, answers: Mapping[str, Value]) -> tuple[Finding, ...]:
        return (BRANDED_PRIVATE,) if answers["branded"] and answers["privacy"] == PRIVATE else ()


class TikTokVideo(_TikTok):
    id = "tiktok.video"
    suggested = True
    label = "TikTok video"
    description = "A vertical cut of the story's video with captions, or a film of its cards."
    kinds = frozenset({"video"})
    tells_cover_s = True
    options = OPTIONS
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

    def told(self, piece: Piece) -> list[Told]:
        return [*telling.points_or_paragraphs(piece), *telling.statistics(piece)]

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, FILM)
        text, sources, more = self.text(piece, with_media=True)
        return (Part(text, media=(item,), sources=sources),), (*notes, *more)


class TikTokPhoto(_TikTok):
    """Cards in 9:16. TikTok fetches them from our public address, which must be verified there."""

    id = "tiktok.photo"
    label = "TikTok photos"
    description = f"Up to {MOST_CARDS} cards in 9:16 to swipe through: a cover, what pictures say best, and a closing card."
    where = "the photos"
    options = PHOTO_OPTIONS
    limits: ClassVar = {
        "text": Limit(4000, "UTF-16 units", PHOTO, note="the description, hashtags and mentions in it"),
        "media": Limit(35, "pictures", PHOTO, least=1),
        "image_bytes": Limit(20_000_000, "bytes", TRANSFER),
    }

    def told(self, piece: Piece) -> list[Told]:
        return telling.paragraphs(piece)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        made, notes = cards.of(piece, TALL, MOST_CARDS)
        text, sources, more = self.text(piece, with_media=True)
        return (Part(text, media=made, sources=sources),), (*notes, *more)


BRANDED_PRIVATE = Finding(
    "branded_private",
    Level.BLOCKER,
    "TikTok takes no paid partnership that only we can see.",
    "Choose another “Who can see it” under “Options”, or take away “Advertises somebody else”.",
    source=GUIDELINES,
)
