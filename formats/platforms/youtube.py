"""YouTube: a Short with title and description.

Both stand in the part's text: the first line is the title, the rest the description (:func:`fields`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from formats.core import checks, counting, filming, first_comment, items, splitting, telling
from formats.core.accounts import OVERVIEW, Handle
from formats.core.draft import Finding, Level, Part, Source
from formats.core.format import Measure
from formats.core.languages import LanguageTag
from formats.core.limits import Limit
from formats.core.options import Option, Value
from formats.core.piece import Piece
from formats.core.telling import Told

READ_ON = "2026-11-23"
VIDEOS = Source("https://developers.google.com/youtube/v3/docs/videos", READ_ON)
SHORTS = Source("https://support.google.com/youtube/answer/15424877", READ_ON)
HANDLE = Handle(r"(?=.{3,30}$)[A-Za-z0-9_]+(?:[.\-][A-Za-z0-9_]+)*", "name", OVERVIEW)

CATEGORIES = Source("https://developers.google.com/youtube/v3/docs/videoCategories/list", READ_ON)

COMMENTS = Source("https://developers.google.com/youtube/v3/docs/commentThreads/insert", READ_ON)

TITLE_CHARS = 100
TAGS_CHARS = 500
OPTIONS = (
    Option(
        "privacy",
        "Who can see it",
        VIDEOS,
        (("public", "Everybody"), ("unlisted", "Everybody with the link"), ("private", "Only ourselves")),
        default="public",
    ),
    Option(
        "made_for_kids",
        "Made for children",
        VIDEOS,
        (("no", "No, not made for children"), ("yes", "Yes, made for children")),
        default="no",
        help="YouTube demands this statement of every video. A video for children has no comments and no notifications.",
    ),
    Option(
        "synthetic",
        "Shows altered or artificial scenes that look real",
        VIDEOS,
        default=False,
        help="YouTube then labels the video. Cards, charts and captions do not count.",
    ),
    Option(
        "category",
        "Category",
        CATEGORIES,
        (
            ("25", "News & Politics"),
            ("29", "Nonprofits & Activism"),
            ("22", "People & Blogs"),
            ("27", "Education"),
            ("28", "Science & Technology"),
            ("19", "Travel & Events"),
            ("17", "Sports"),
            ("24", "Entertainment"),
        ),
        default="25",
    ),
    Option(
        "tags",
        "Tags",
        VIDEOS,
        default="",
        most=TAGS_CHARS,
        help="Words for the search, with commas between them; they are not shown. At most 500 characters in all.",
    ),
    Option(
        "notify",
        "Tell the subscribers",
        VIDEOS,
        default=True,
        help="YouTube tells those who follow the channel that the video is there.",
    ),
    first_comment.option(
        Limit(
            10_000,
            "characters",
            COMMENTS,
            note="not documented; longer ones are answered with commentTextTooLong",
        )
    ),
)
# What the app lays over a Short: buttons and title. Measured by eye on the app, not documented.
FILM = filming.Film(items.Canvas((1080, 1920), 8_000_000, safe=(200, 140, 420, 60)))


def tags(text: str) -> list[str]:
    """The tags of a line of them, each once."""
    return list(dict.fromkeys(tag for tag in (" ".join(each.split()) for each in text.split(",")) if tag))


def tags_length(found: list[str]) -> int:
    """Their length as YouTube counts it: with commas, and with quotes around a tag of several words."""
    return sum(len(tag) + 2 * (" " in tag) for tag in found) + max(0, len(found) - 1)


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
    options = OPTIONS
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

    def option_rules(self, answers: Mapping[str, Value]) -> tuple[Finding, ...]:
        found, said = [], str(answers["tags"])
        if (length := tags_length(tags(said))) > TAGS_CHARS >= len(said):
            found.append(tags_too_long(length))
        if "<" in said or ">" in said:
            found.append(TAGS_BRACKETS)
        if first_comment.text_of(answers):
            if answers["made_for_kids"] == "yes":
                found.append(NO_COMMENTS_FOR_KIDS)
            elif answers["privacy"] == "private":
                found.append(NO_COMMENTS_IN_PRIVATE)
        return tuple(found)

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


def tags_too_long(length: int) -> Finding:
    return Finding(
        "tags_too_long",
        Level.BLOCKER,
        f"The tags have {length} characters as YouTube counts them; {TAGS_CHARS} are possible.",
        "Take some away under “Options”. A tag of several words counts two more for its quotes.",
        limit=TAGS_CHARS,
        actual=length,
        unit="characters",
        source=VIDEOS,
    )


TAGS_BRACKETS = Finding(
    "tags_brackets",
    Level.BLOCKER,
    "YouTube takes no “<” and “>” in tags.",
    "Take them away under “Options”.",
    source=VIDEOS,
)


NO_COMMENTS_FOR_KIDS = Finding(
    "first_comment_for_kids",
    Level.BLOCKER,
    "A video that is made for children has no comments, so it cannot have a first one.",
    "Empty the first comment under “Options”, or change “Made for children”.",
    source=VIDEOS,
)
NO_COMMENTS_IN_PRIVATE = Finding(
    "first_comment_private",
    Level.BLOCKER,
    "A video that only you can see has no comments, so it cannot have a first one.",
    "Empty the first comment under “Options”, or let others see the video.",
    source=Source("https://support.google.com/youtube/answer/157177", "2026-11-30"),
)


def _titled(text: str) -> str:
    """The text with a first line that fits a title; what is left of it follows below."""
    title, description = fields(text)
    kept, rest = splitting.opening(title, lambda part: len(part) <= TITLE_CHARS)
    if len(kept) > TITLE_CHARS:  # one thing that must not be cut, a link for one
        kept, rest = kept[:TITLE_CHARS], title[TITLE_CHARS:]
    return "\n\n".join(each for each in (kept, rest, description) if each)
