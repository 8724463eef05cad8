"""What is wrong with a piece, whatever the format."""

from __future__ import annotations

import math

from formats.core import charting
from formats.core.checks.findings import BLOCKER, WARNING, WORDS, no_alt, unsourced, wordless
from formats.core.draft import Finding
from formats.core.piece import (
    Block,
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Music,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Statistic,
)


def says_something(block: Block) -> bool:
    """Return whether a block has anything that could go out."""
    match block:
        case Heading() | Paragraph() | Quote() | CallToAction():
            return bool(block.text.strip())
        case KeyPoints():
            return any(point.strip() for point in block.points)
        case Statistic():
            return bool(block.value.strip() or block.label.strip())
        case Figures():
            return bool(block.rows or block.title.strip())
        case Music():
            return False
    return True


def has_content(piece: Piece) -> bool:
    return bool(piece.headline.strip() or piece.lead.strip() or any(map(says_something, piece.blocks)))


def check(piece: Piece) -> tuple[Finding, ...]:
    """Return what is wrong with a piece, whatever the format."""
    headline = piece.headline.strip()
    if not has_content(piece):
        return (
            Finding(
                "empty_story",
                BLOCKER,
                "The story is empty.",
                "Write a headline and at least one paragraph, then come back.",
            ),
        )
    found = []
    if not headline:
        found.append(
            Finding(
                "no_headline",
                BLOCKER,
                "The story has no headline.",
                "Write one: it is the first thing people see.",
            )
        )
    elif not WORDS.search(headline):
        found.append(wordless("headline_without_words", "The headline has no words.", "the headline"))
    for block in piece.blocks:
        found += _block(block)
    return tuple(found)


def _block(block: Block) -> list[Finding]:
    match block:
        case Statistic() if says_something(block) and not block.source.strip():
            return [unsourced(f"“{(block.value + ' ' + block.unit).strip()}”")]
        case Figures():
            return _figures(block)
        case Picture() if not block.alt.strip():
            return [no_alt("A picture of the story")]
    return []


def _figures(block: Figures) -> list[Finding]:
    found = []
    if not charting.drawable(block):
        found.append(
            Finding(
                "no_figures",
                BLOCKER,
                f"The infographic “{block.title.strip() or 'without a title'}” has no figures.",
                "Add at least one row with a number.",
            )
        )
    elif problems := charting.problems(block):
        found += [Finding("bad_chart", BLOCKER, each.message, each.remedy) for each in problems]
    elif any(not math.isfinite(row.value) for row in block.rows):
        found.append(
            Finding(
                "bad_figure",
                BLOCKER,
                "A row of the infographic has no number.",
                "Enter a number, or remove the row.",
            )
        )
    elif many := charting.too_many(block):
        found.append(Finding("many_rows", WARNING, many.message, many.remedy))
    if not block.source.strip():
        found.append(unsourced(f"“{block.title.strip() or 'the infographic'}”"))
    return found
