"""What a draft does not say of its piece, and why: nothing disappears silently."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from formats.core.checks.findings import listed, omitted
from formats.core.checks.story import says_something
from formats.core.draft import Finding, LeftOut, Part
from formats.core.piece import (
    Block,
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Recording,
    Statistic,
    Video,
)

EXCERPT_CHARS = 80
NAMES: dict[type[Block], tuple[str, str]] = {
    Heading: ("heading", "headings"),
    Paragraph: ("paragraph", "paragraphs"),
    KeyPoints: ("list of key points", "lists of key points"),
    Quote: ("quote", "quotes"),
    Statistic: ("statistic", "statistics"),
    Picture: ("picture", "pictures"),
    Video: ("video", "videos"),
    Recording: ("recording", "recordings"),
    CallToAction: ("call to action", "calls to action"),
    Figures: ("infographic", "infographics"),
}


def of(piece: Piece, parts: Sequence[Part], why: Callable[[Block], str]) -> tuple[LeftOut, ...]:
    """Return the blocks that no part and no medium uses, in page order. Headings say nothing alone."""
    used = {source for part in parts for source in part.sources}
    used |= {source for part in parts for item in part.media for source in item.sources}
    missing = [
        block
        for block in piece.blocks
        if block.id not in used and says_something(block) and not isinstance(block, Heading)
    ]
    return tuple(LeftOut(block.id, _name(block), excerpt(block), why(block)) for block in missing)


def finding(left_out: Sequence[LeftOut], where: str) -> tuple[Finding, ...]:
    """Return one note that counts what was left out; none where nothing was."""
    counts: dict[str, int] = {}
    for each in left_out:
        counts[each.what] = counts.get(each.what, 0) + 1
    plurals = dict(NAMES.values())
    names = [f"1 {what}" if n == 1 else f"{n} {plurals.get(what, what)}" for what, n in counts.items()]
    return (omitted(listed(names), where),) if names else ()


def _name(block: Block) -> str:
    return NAMES.get(type(block), ("block", "blocks"))[0]


def excerpt(block: Block) -> str:
    """Return how a block begins, in a line."""
    match block:
        case KeyPoints():
            text = "; ".join(block.points)
        case Statistic():
            text = f"{block.value} {block.unit} {block.label}"
        case Figures() | Video():
            text = block.title
        case Picture():
            text = block.alt
        case Heading() | Paragraph() | Quote() | CallToAction():
            text = block.text
        case _:
            text = ""
    text = " ".join(text.split())
    return text if len(text) <= EXCERPT_CHARS else f"{text[: EXCERPT_CHARS - 1].rstrip()}…"
