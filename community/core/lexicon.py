"""Word lists as data (``words/*.toml``), read once and made into patterns.

A language without a file is one in which only the language itself is suggested.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex

FOLDER = Path(__file__).parent / "words"
MOST_CHARS = 5000  # of a message are looked at: what somebody wants stands in the beginning
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}--[\n\t\u200d]]", regex.V1)
_SPACE = regex.compile(r"\s+")


def fold(text: str) -> str:
    """What is compared: compatible forms made one, no case, no unseen signs, one kind of quote, single spaces."""
    text = unicodedata.normalize("NFKC", text[:MOST_CHARS])
    text = _UNSEEN.sub("", text).replace("’", "'").replace("‘", "'").replace("´", "'")
    return _SPACE.sub(" ", text).strip().casefold()


def pattern(words: Iterable[str]) -> regex.Pattern[str]:
    """One pattern for all of them; whole words, and "-" at the end of one for whatever begins so."""
    parts = []
    for word in sorted({fold(word) for word in words}, key=lambda each: (-len(each), each)):
        stem = word.removesuffix("-")
        parts.append(regex.escape(stem, special_only=True) + (r"\w*" if stem != word else ""))
    return regex.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


@dataclass(frozen=True)
class Lexicon:
    positive: regex.Pattern[str]
    negative: regex.Pattern[str]
    negation: regex.Pattern[str]
    kinds: Mapping[str, regex.Pattern[str]]
    accusations: regex.Pattern[str]
    topics: Mapping[str, regex.Pattern[str]]
    urgent: regex.Pattern[str]


def _patterns(table: Mapping[str, Any]) -> dict[str, regex.Pattern[str]]:
    return {name: pattern(each["words"]) for name, each in table.items()}


@cache
def of_language(code: str) -> Lexicon | None:
    """The lists for a language code ("de", "de-AT"); None where there are none."""
    file = FOLDER / f"{code.split('-')[0].lower()}.toml"
    if file.parent != FOLDER or file.stem not in languages():
        return None
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    feeling = data["sentiment"]
    return Lexicon(
        pattern(feeling["positive"]),
        pattern(feeling["negative"]),
        pattern(feeling["negation"]),
        _patterns(data["kind"]),
        pattern(data["accusation"]["words"]),
        _patterns(data["topic"]),
        pattern(data["urgency"]["high"]["words"]),
    )


@cache
def languages() -> frozenset[str]:
    """Those with lists."""
    return frozenset(file.stem for file in FOLDER.glob("*.toml"))


@cache
def topics() -> tuple[str, ...]:
    """The topics that the lists know, the same in every language."""
    lexicon = of_language("en")
    return tuple(sorted(lexicon.topics)) if lexicon else ()
