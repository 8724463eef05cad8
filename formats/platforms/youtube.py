"""YouTube: a Short with title and description.

Both stand in the part's text: the first line is the title, the rest the description (:func:`fields`).
"""

from __future__ import annotations

from typing import ClassVar

from formats.core import checks, counting, filming, items, splitting, telling
from formats.core.accounts import OVERVIEW, Handle
from formats.core.draft import Finding, Part, Source
from formats.core.format import Measure
from formats.core.languages import LanguageTag
from formats.core.limits import Limit
from formats.core.piece import Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
VIDEOS = Source("https://developers.google.com/youtube/v3/docs/videos", READ_ON)
SHORTS = Source("https://support.google.com/youtube/answer/15424877", READ_ON)
HANDLE = Handle(r"(?=.{3,30}$)[A-Za-z0-9_]+(?:[.\-][A-Za-z0-9_]+)*", "name", OVERVIEW)

TITLE_CHARS = 100
# What the app lays over a Short: buttons and title. Measured by eye on the app, not documented.
FILM = filming.Film(items.Canvas((1080, 1920), 8_000_000, safe=(200, 140, 420, 60)))


def fields(text: str) -> tuple[str, str]:
    """Return title and description of a part's text."""
    title, _, description = text.strip().partition("\n")
    return title.strip(), description.strip()


class YouTubeShort(telling.Telling):
    id = "youtube.short"
    suggested = True
    platform = "youtube"
    network = "YouTube"
    handle = HANDLE
    language_tag = LanguageTag("defaultLanguage", VIDEOS)  # of title and description
    label = "YouTube Short"
    unit = "bytes"
    description = (
        "A vertical cut of the story's video with captions, or a film of its cards; title and description."
    )
    kinds = frozenset({"video"})
    alt_required = False  # the interface takes none; we keep it for our own pages
    caption_wanted = True
    forbidden = ("<", ">")
    where = "the description"
    most_tags = 3  # those that are shown above the title
    limits: ClassVar = {
        "text": Limit(5000, "bytes", VIDEOS, note="the description, in UTF-8"),
        "title": Limit(TITLE_CHARS, "characters", VIDEOS, least=1),
        "media": Limit(1, "video", VIDEOS, least=1),
        "video_s": Limit(180, "seconds", SHORTS, least=filming.SHORTEST_S, note="longer is no Short"),
        "video_ratio": Limit(1, "width to height", SHORTS, least=0.4, note="broadside is no Short"),
    }

    def count(self, text: str) -> int:
        """Return the bytes of the description; of the whole where there is only one line."""
        title, description = fields(text)
        return counting.utf8_bytes(description or title)

    def length(self, text: str) -> int:
        return counting.utf8_bytes(text)

    def measures(self, part: Part) -> tuple[Measure, ...]:
        title, _ = fields(part.text)
        return (
            *super().measures(part),
            Measure(self.limits["title"], counting.code_points(title), "title", "title_too_long"),
        )

    def told(self, piece: Piece) -> list[Told]:
        return [*telling.points_or_paragraphs(piece), *telling.statistics(piece), *telling.quotes(piece)]

    def clean(self, text: str) -> str:
        return text.replace("<", "‹").replace(">", "›")

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        item, notes = filming.of(piece, FILM)
        link = items.link_of(piece, platform=self.platform, format=self.id)
        text, sources, more = self.text(piece, link=link, with_media=True)
        return (Part(self.clean(_titled(text)), media=(item,), sources=sources),), (*notes, *more)


def _titled(text: str) -> str:
    """The text with a first line that fits a title; what is left of it follows below."""
    title, description = fields(text)
    kept, rest = splitting.opening(title, lambda part: len(part) <= TITLE_CHARS)
    if len(kept) > TITLE_CHARS:  # one thing that must not be cut, a link for one
        kept, rest = kept[:TITLE_CHARS], title[TITLE_CHARS:]
    return "\n\n".join(each for each in (kept, rest, description) if each)
