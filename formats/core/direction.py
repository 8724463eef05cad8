"""Which way a text runs."""

from __future__ import annotations

import unicodedata

import regex

RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ku-arab", "ps", "sd", "ug", "ur", "yi"}
)
_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "adlm"})
_RTL = regex.compile(r"(?V1)[[\p{Bidi_Class=R}\p{Bidi_Class=AL}]--\p{Cn}]")
RLM, LRM = "\u200f", "\u200e"


def of_language(tag: str) -> str:
    """Return ``"rtl"`` or ``"ltr"`` for a BCP 47 tag; a script in the tag wins over the language."""
    subtags = tag.lower().replace("_", "-").split("-")
    scripts = [each for each in subtags[1:] if len(each) == 4 and each.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in _SCRIPTS else "ltr"
    return "rtl" if subtags[0] in RIGHT_TO_LEFT else "ltr"


def of_text(text: str) -> str | None:
    """Return the direction of the first letter that has one, as platforms do; None for a text without letters."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return None


def runs_right_to_left(text: str, language: str) -> bool:
    """Return whether any letter of ``text`` runs right to left, or the language does."""
    return of_language(language) == "rtl" or (not text.isascii() and _RTL.search(text) is not None)


def marked(text: str, language: str) -> str:
    """Return ``text`` with a direction mark in front where a platform would else set the whole post the wrong way.

    Platforms take the direction from the first letter: an Arabic post that opens with a Latin name would be set from
    the left.
    """
    wanted, seen = of_language(language), of_text(text)
    if seen is None or seen == wanted or wanted == "ltr":
        return text
    return RLM + text
