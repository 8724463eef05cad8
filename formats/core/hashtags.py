"""Hashtags out of words that people typed."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from formats.core.checks.findings import omitted
from formats.core.draft import Finding
from formats.core.piece import Piece

_NO_TAG = regex.compile(r"[^\p{L}\p{M}\p{Nd}_]+")


def tag(words: str) -> str:
    """Return ``#Words`` for what a person typed ("River clean-up" gives ``#RiverCleanUp``); empty if nothing is left.

    Words are joined with capitals, which screen readers need to tell them apart.
    """
    pieces = [each for each in _NO_TAG.split(words.strip()) if each]
    if len(pieces) > 1:
        pieces = [each[0].upper() + each[1:] for each in pieces]
    joined = "".join(pieces)
    if not joined or joined.isdigit() or not regex.search(r"\p{L}", joined):
        return ""
    return f"#{joined}"


def tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return each hashtag once, in order; spelling with other capitals is the same tag."""
    found: dict[str, str] = {}
    for each in words:
        name = tag(each)
        if name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())


def chosen(piece: Piece, most: int, where: str) -> tuple[tuple[str, ...], list[Finding]]:
    """Return the hashtags that go out, and a note on the others.

    The story's own come first: they say what it is about. Of the campaign's there is at least one, by which its posts
    are found together, where there is room for two.
    """
    own, all_tags = tags(piece.hashtags), tags((*piece.hashtags, *piece.campaign.hashtags))
    kept = all_tags[:most]
    campaign = [each for each in all_tags if each not in own]
    if 1 < most < len(own) + 1 and campaign:
        kept = (*own[: most - 1], campaign[0])
    rest = [each for each in all_tags if each not in kept]
    return kept, [omitted(f"the hashtags {' '.join(rest)[:200]}", where)] if rest else []
