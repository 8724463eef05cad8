"""Whether a post that stands on a network may be ours although its text is not quite what we sent.

Networks alter texts: they curl quotes, shorten, add tracking to links. A look-up that finds no exact match but a
near one must not say "it is not there": sending it again could put it there twice. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

NEARLY = 0.8  # of 1: a different weekday in the same sentence is still "nearly", and then a person looks
SHORTENED_MIN = 20  # a beginning of so many characters counts as the same post, cut off


def bare(text: str) -> str:
    """A text without what networks change: case, spaces, punctuation, links, ways of writing the same letter."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?:https?://|www\.)\S+", "", text)
    return "".join(c for c in text if c.isalnum())


def alike(ours: str, theirs: str) -> bool:
    """Whether ``theirs`` may be what a network made of ``ours``."""
    a, b = bare(ours), bare(theirs)
    if a == b:
        return True
    if min(len(a), len(b)) >= SHORTENED_MIN and (a.startswith(b) or b.startswith(a)):
        return True
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= NEARLY
