"""Whether a colleague's words name a person or quote them. Pure.

For showing to somebody who then decides: rather one note too many than one too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

import regex

LEAST = 3  # letters of a name or a handle
RUN = 4  # words in a row that make a quote
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+")

Grams = Set[tuple[str, ...]]


@dataclass(frozen=True)
class Person:
    """``names`` are names and handles, ``said`` their runs of words (:func:`runs`)."""

    names: frozenset[tuple[str, ...]]
    said: Grams


def person(names: Iterable[str], said: Iterable[str]) -> Person:
    """``names`` count whole and in their parts; ``said`` are the texts of their messages."""
    known: set[tuple[str, ...]] = set()
    for name in names:
        parts = _words(name)
        known |= {(part,) for part in parts if len(part) >= LEAST}
        if parts and sum(map(len, parts)) >= LEAST:
            known.add(parts)
    return Person(frozenset(known), frozenset(run for text in said for run in runs(text)))


def runs(text: str) -> Grams:
    """Every run of so many words; of a shorter text, but not of a single word, all of it."""
    words = _words(text)
    if 1 < len(words) < RUN:
        return {words}
    return {words[n : n + RUN] for n in range(len(words) - RUN + 1)}


def concerns(text: str, who: Person) -> str:
    """ "names" or "quotes", else ""."""
    words = _words(text)
    lengths = {len(name) for name in who.names}
    if any(words[n : n + size] in who.names for size in lengths for n in range(len(words) - size + 1)):
        return "names"
    sizes = {len(run) for run in who.said}
    if any(words[n : n + size] in who.said for size in sizes for n in range(len(words) - size + 1)):
        return "quotes"
    return ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
