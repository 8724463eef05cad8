"""The base class of every format: plan a piece for one platform, and say what does not fit.

A format knows no Django, no clock and no network: the same piece gives the same draft, everywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from formats.core import checks, mentions, omissions
from formats.core.accounts import Handle
from formats.core.draft import Draft, Finding, LeftOut, Part
from formats.core.facets import Facet
from formats.core.languages import LanguageTag
from formats.core.limits import Limit
from formats.core.options import Option, Value
from formats.core.piece import Account, Block, CallToAction, Piece, Recording, Video

Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Measure:
    """One text of a part held against one limit.

    ``name`` is empty for the post's text itself; ``remedy`` is said where it differs from the usual.
    """

    limit: Limit
    count: int
    name: str = ""
    code: str = "text_too_long"
    remedy: str = ""

    @property
    def over(self) -> int:
        return max(0, self.count - self.limit.ceiling)


class Format(ABC):
    """One way to appear on a platform. Subclasses are mostly data plus a plan.

    ``limits`` has at least ``text`` (what ``count`` is held against) and ``media`` (how many per part). Further
    names that the shared checks understand: ``hashtags``, ``hashtags_advised``, ``mentions``, ``cashtags``, ``alt``,
    ``links``, ``links_per_post``, ``link_or_media``, ``image_bytes``, ``image_ratio``, ``video_bytes``, ``video_s``,
    ``video_ratio``.
    """

    id: ClassVar[str]
    platform: ClassVar[str]
    network: ClassVar[str] = ""  # how the platform writes its name, where a capital letter is not enough
    label: ClassVar[str]
    unit: ClassVar[str]
    description: ClassVar[str] = ""
    limits: ClassVar[Mapping[str, Limit]]
    kinds: ClassVar[frozenset[str]] = frozenset({"image"})
    max_parts: ClassVar[int] = 1
    alt_required: ClassVar[bool] = True
    caption_wanted: ClassVar[bool] = False  # a post without text is odd, though the platform takes it
    link_wanted: ClassVar[bool] = True  # a post should lead to the story
    links_work: ClassVar[bool] = True  # a link in the text can be clicked
    one_link: ClassVar[bool] = False  # more than one link is a waste
    link_or_media: ClassVar[bool] = False  # a link attached beside the text excludes media
    handle: ClassVar[Handle | None] = None  # what it links as an account in a text; None: names stay names
    tells_cover_s: ClassVar[bool] = (
        False  # the network takes a moment of the video as its cover, and no picture
    )
    tells_focus: ClassVar[bool] = False  # the network crops pictures, around a point that it is told
    language_tag: ClassVar[LanguageTag | None] = (
        None  # how the network is told a post's language; None: it is not
    )

    options: ClassVar[tuple[Option, ...]] = ()  # what the network asks besides the content

    suggested: ClassVar[bool] = False  # ticked for a new story; the others say the same in another shape
    forbidden: ClassVar[tuple[str, ...]] = ()  # characters that the platform refuses in a text
    where: ClassVar[str] = "the post"  # how a note names it: "Left out of the post: 1 quote."

    @property
    def platform_label(self) -> str:
        return self.network or self.platform.capitalize()

    @property
    def text_limit(self) -> int:
        return self.limits["text"].ceiling

    @property
    def min_media(self) -> int:
        return int(self.limits["media"].least or 0)

    @property
    def max_media(self) -> int:
        return self.limits["media"].ceiling

    @abstractmethod
    def count(self, text: str) -> int:
        """Return the length of ``text`` as this platform counts it, in ``unit``."""

    def measures(self, part: Part) -> tuple[Measure, ...]:
        """Return every length that counts, the one of the counter first. Most platforms have one."""
        return (Measure(self.limits["text"], self.count(part.text)),)

    def facets(self, text: str) -> tuple[Facet, ...]:
        """Return the links, mentions and tags that must be sent beside the text; none where the platform finds them."""
        return ()

    def worded(self, piece: Piece, order: Sequence[str]) -> Piece:
        """Return the piece with the handles of this platform in its texts; ``order``: ids of blocks as they are told."""
        return mentions.worded(piece, self.platform if self.handle else "", order)

    def rules(self, parts: Sequence[Part]) -> tuple[Finding, ...]:
        """Return what only this platform asks of the parts."""
        return ()

    def option_rules(self, answers: Mapping[str, Value]) -> tuple[Finding, ...]:
        """Return what is wrong with answers that do not go together."""
        return ()

    def room_taken(self, answers: Mapping[str, Value]) -> int:
        """Return how much of each text's length the answers to the options use up."""
        return 0

    def for_account(self, limits: Mapping[str, int]) -> Format:
        """Return this format with the limits of one account or server (by name of the limit); most have none."""
        return self

    def why_left_out(self, piece: Piece, block: Block) -> str:
        """Return the reason why a block that could have been told was not, in a sentence for the writer."""
        match block:
            case Recording() if "video" in self.kinds:
                return "One video or recording goes out; this is a further one."
            case Recording():
                return f"{self.label} has no sound; a video format makes an audiogram of it."
            case Video() if "video" in self.kinds:
                return "One video goes out; this is a further one."
            case Video():
                return f"{self.label} shows no video; a video format cuts it for the platform."
            case CallToAction():
                return "One call to action is enough here; this is a further one."
        return f"{self.label} has no place for it."

    def left_out(self, piece: Piece, parts: Sequence[Part]) -> tuple[LeftOut, ...]:
        """Return the blocks that the parts do not use, with the reason; also of parts that a person edited."""
        return omissions.of(piece, parts, lambda block: self.why_left_out(piece, block))

    @abstractmethod
    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        """Return the parts for ``piece`` and the notes on what was left out. Never raises, whatever the piece."""

    def compose(self, piece: Piece) -> Draft:
        """Return the piece as this format would say it, with every finding about it.

        The findings are those of ``check`` on the parts, and those only the piece can tell (``about``).
        """
        parts, notes = self.plan(piece)
        left_out = self.left_out(piece, parts) if parts else ()
        found = (
            *self.about(piece),
            *self.check(
                parts, language=piece.language, imprint=piece.campaign.imprint, accounts=piece.accounts
            ),
            *notes,
            *omissions.finding(left_out, self.where),
        )
        return Draft(self.id, piece.language, parts, checks.unique(found), left_out)

    def about(self, piece: Piece) -> tuple[Finding, ...]:
        """Return what is wrong with the piece itself: nothing to say, a claim without a source, a missing description."""
        return checks.piece(piece)

    def check(
        self,
        parts: Sequence[Part],
        *,
        language: str,
        imprint: str = "",
        facts: Facts | None = None,
        accounts: Sequence[Account] = (),
    ) -> tuple[Finding, ...]:
        """Return the findings for parts that a person may have edited.

        ``facts`` holds what is known of rendered media by plan key (``bytes``, ``width``, ``height``, ``duration_s``,
        ``mime``); media not in it is judged by its plan alone. ``accounts`` are those that the campaign knows.
        """
        return checks.parts(self, parts, language=language, imprint=imprint, facts=facts, accounts=accounts)
