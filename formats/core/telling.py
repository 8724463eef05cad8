"""One post that tells a story: headline and lead, then of the blocks what fits, then call, link, imprint and hashtags.

Formats say what is told, in which order, and where the link goes; the length is kept here, and what does not fit is
left out from the end, never the imprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import regex

from formats.core import (
    charting,
    checks,
    counting,
    direction,
    hashtags,
    items,
    omissions,
    splitting,
    tokens,
    wording,
)
from formats.core.draft import Finding, LeftOut, Part
from formats.core.format import Format
from formats.core.piece import (
    Block,
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Paragraph,
    Piece,
    Quote,
    Statistic,
)

GAP = 2  # the blank line between paragraphs, in every unit
MARGIN = 3  # a direction mark in front
LONG = 300  # a lead of this length may end inside a sentence; a shorter one would look torn off
_ENDS_WELL = regex.compile(r"[.!?…。！？؟।][\"'”’»›)」』）]*$")


@dataclass(frozen=True)
class Told:
    """A text and the block it came from. ``short`` texts of the same block follow without a blank line."""

    source: str
    text: str


@dataclass(frozen=True)
class Tail:
    text: str
    sources: tuple[str, ...]
    notes: tuple[Finding, ...] = ()


class Telling(Format):
    """The planner of posts with one text."""

    most_tags: ClassVar[int] = 5
    calls_in_text: ClassVar[bool] = True

    def count(self, text: str) -> int:
        return counting.code_points(text)

    def length(self, text: str) -> int:
        """Return what the text is fitted by, against ``room``."""
        return self.count(text)

    def room(self, *, with_media: bool) -> int:
        return self.text_limit

    def told(self, piece: Piece) -> list[Told]:
        """Return what could be told after headline and lead, in order."""
        return []

    def clean(self, text: str) -> str:
        """Return ``text`` as it may stand here: where links are dead, without the sentences that hold one."""
        return text if self.links_work else without_links(text)

    def text(
        self, piece: Piece, *, link: str = "", with_media: bool = False
    ) -> tuple[str, tuple[str, ...], list[Finding]]:
        """Return the text, the sources it used, and notes on what was left out of a block that is told."""
        piece = self.worded(piece, self._order(piece))
        room = self.room(with_media=with_media) - MARGIN
        tail = self._tail(piece, link, room)
        notes = list(tail.notes)
        left = max(0, room - (self.length(tail.text) + GAP if tail.text else 0))
        head, rest = self._head(piece, left)
        if rest:
            what = f"the end of the introduction, which is longer than {self.where} takes"
            notes.append(checks.omitted(what, self.where))
        body, used, dead = self._body(self.told(piece), 0 if rest else left - self.length(head))
        if dead:
            notes.append(checks.omitted("sentences with a link, which could not be clicked", self.where))
        text = direction.marked(wording.paragraphs(head, *body, tail.text), piece.language)
        return text, ("headline", "lead", *dict.fromkeys(used), *tail.sources), notes

    def _order(self, piece: Piece) -> list[str]:
        """The blocks in the order in which they are told; only asked for where somebody may be mentioned."""
        if not piece.accounts:
            return []
        return [each.source for each in self.told(piece)] + [each.id for each in piece.of(CallToAction)]

    def _head(self, piece: Piece, room: int) -> tuple[str, bool]:
        """Headline and lead; where both are too long, whole sentences of the lead. And whether something is missing."""
        headline, lead = self.clean(piece.headline).strip(), self.clean(piece.lead).strip()
        whole = wording.paragraphs(headline, lead)
        if self.length(whole) <= room:
            return whole, False
        left = room - self.length(headline) - GAP
        if not headline or left < 0:
            return splitting.opening(whole, lambda text: self.length(text) <= room)[0], True
        begun, _ = splitting.opening(lead, lambda text: self.length(text) <= left)
        fits = self.length(begun) <= left and (ends_well(begun) or self.length(begun) > LONG)
        return wording.paragraphs(headline, begun if fits else ""), True

    def _body(self, told: Sequence[Told], room: int) -> tuple[list[str], list[str], bool]:
        """What fits, in order; the first that does not fit ends it, so that no argument misses its middle."""
        body: list[str] = []
        used: list[str] = []
        dead = False
        for each in told:
            text = self.clean(each.text)
            dead = dead or text != each.text
            if not text:
                continue
            room -= self.length(text) + GAP
            if room < 0:
                break
            body.append(text)
            used.append(each.source)
        return body, used, dead

    def _tail(self, piece: Piece, link: str, room: int) -> Tail:
        """Call, link, imprint, hashtags. Where headline and lead want the room, hashtags give way first, then the call."""
        calls = [each for each in piece.blocks if isinstance(each, CallToAction) and each.text.strip()]
        calls = calls if self.calls_in_text else []
        said = wording.paragraphs(*(self.clean(each.text) for each in calls))
        tags, notes = hashtags.chosen(piece, self.most_tags, self.where)
        message = self.length(wording.paragraphs(self.clean(piece.headline), self.clean(piece.lead)))
        kept = room - min(message + GAP, room // 2)
        text = _tail_text(said, link, piece, tags)
        while tags and self.length(text) > kept:
            tags = tags[:-1]
            text = _tail_text(said, link, piece, tags)
        if said and self.length(text) > kept:
            calls, text = [], _tail_text("", link, piece, tags)
        sources = (*(each.id for each in calls), *(["link"] if link else []), "hashtags", "campaign")
        return Tail(text, sources, tuple(notes))

    def left_out(self, piece: Piece, parts: Sequence[Part]) -> tuple[LeftOut, ...]:
        told = {each.source for each in self.told(piece)}
        too_long = f"The text of {self.where} would be longer than {self.text_limit:,} {self.unit}."
        return omissions.of(
            piece, parts, lambda block: too_long if block.id in told else self.why_left_out(piece, block)
        )


def _tail_text(said: str, link: str, piece: Piece, tags: Sequence[str]) -> str:
    call = "\n".join(each for each in (said, link) if each)
    return wording.paragraphs(call, piece.campaign.imprint, " ".join(tags))


# What is told, by kind ------------------------------------------------------------------------------------------------


def everything(piece: Piece) -> list[Told]:
    """Every block that has words, in page order. Calls to action stand at the end of the post."""
    return [
        Told(block.id, text)
        for block in piece.blocks
        if checks.says_something(block) and (text := block_text(block, piece.language, piece.headline))
    ]


def points(piece: Piece) -> list[Told]:
    blocks = (each for each in piece.blocks if isinstance(each, KeyPoints) and checks.says_something(each))
    return [Told(each.id, block_text(each, piece.language)) for each in blocks]


def statistics(piece: Piece) -> list[Told]:
    blocks = (each for each in piece.blocks if isinstance(each, Statistic) and checks.says_something(each))
    return [Told(each.id, block_text(each, piece.language)) for each in blocks]


def figures(piece: Piece) -> list[Told]:
    blocks = (each for each in piece.blocks if isinstance(each, Figures) and checks.says_something(each))
    return [Told(each.id, block_text(each, piece.language, piece.headline)) for each in blocks]


def quotes(piece: Piece) -> list[Told]:
    blocks = (each for each in piece.blocks if isinstance(each, Quote) and checks.says_something(each))
    return [Told(each.id, block_text(each, piece.language)) for each in blocks]


def paragraphs(piece: Piece) -> list[Told]:
    blocks = (each for each in piece.blocks if isinstance(each, Paragraph))
    return [Told(block.id, text) for block in blocks for text in items.paragraphs_of(block)]


def points_or_paragraphs(piece: Piece) -> list[Told]:
    return points(piece) or paragraphs(piece)


def block_text(block: Block, language: str, headline: str = "") -> str:
    """Return how a block reads in a longer text; empty for one that is shown and not told."""
    match block:
        case Heading() | Paragraph():
            return block.text.strip()
        case KeyPoints():
            return "\n".join(f"• {point.strip()}" for point in block.points if point.strip())
        case Quote():
            return wording.quote_text(block, language)
        case Statistic():
            return wording.statistic_text(block, language)
        case Figures():
            return charting.as_text(block, language, below=headline)
    return ""


def ends_well(text: str) -> bool:
    """Return whether a text ends where a sentence does."""
    return _ENDS_WELL.search(text) is not None


def without_links(text: str) -> str:
    """Return ``text`` without the sentences that hold a web address; line breaks stay."""
    if not tokens.addresses(text):
        return text
    return "\n".join(filter(None, map(_line_without_links, text.split("\n"))))


def _line_without_links(line: str) -> str:
    places = [cut for cut in splitting.cuts(line) if cut.pause <= splitting.Pause.SENTENCE]
    starts = [0, *(cut.start for cut in places)]
    ends = [*(cut.end for cut in places), len(line)]
    sentences = [line[first:last] for first, last in zip(starts, ends, strict=True)]
    return " ".join(each for each in sentences if not tokens.addresses(each))
