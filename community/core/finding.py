"""What was said and what is looked for, brought into one shape, so that databases need know nothing of languages. Pure.

Compatible forms are made one, case and accents go, unseen signs too: Köln, KÖLN, Ko\u0308ln and koln are one word.
Marks without which a word is another one stay (vowels of Hindi and Thai, voicing of Japanese).
Scripts that put no space between words are taken in pairs of letters, each pair beginning at every letter, and what is
looked for there is found wherever it stands inside. Dictionaries would cut better, and differently with each release and
each neighbour of a word, so that what is there would not be found. Korean is taken so too: its endings hang on the word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

LONGEST = 60  # of one word; what is longer is the same word up to there
MOST_CHARS = 20_000  # of a text: as many as are kept (community.core.clean)
MOST_ASKED = 200  # characters of what is looked for
MOST_WORDS = 8

_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
_RUN = regex.compile(
    rf"[{_SPACELESS}][{_SPACELESS}\p{{M}}]*+|(?:(?![{_SPACELESS}])[\p{{L}}\p{{N}}])(?:(?![{_SPACELESS}])[\p{{L}}\p{{N}}\p{{M}}])*+"
)
_PAIRED = regex.compile(rf"[{_SPACELESS}]")
_ACCENTS = regex.compile(r"([\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Hebrew}\p{Arabic}])\p{M}++")
_UNSEEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cf}\u0640]+"
)  # and the stretching line of Arabic
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})


def fold(said: str) -> str:
    """Return the text with nothing left of how it was typed."""
    words = unicodedata.normalize("NFKC", said).casefold()
    words = _UNSEEN.sub("", unicodedata.normalize("NFKD", words))
    return unicodedata.normalize("NFC", _ACCENTS.sub(r"\1", words)).translate(_STROKES)


def indexed(*said: str) -> str:
    """Return the words of the texts in their order, each between single spaces, as they are stored; "" for none."""
    found = [
        piece for text in said for run in _RUN.findall(fold(text[:MOST_CHARS])) for piece in _pieces(run)
    ]
    return f" {' '.join(found)} " if found else ""


def _pieces(run: str) -> Iterator[str]:
    if not _PAIRED.match(run):
        yield run[:LONGEST]
        return
    yield from (run[at : at + 2] for at in range(len(run) - 1))
    yield run[-1]  # so that every letter begins a piece


@dataclass(frozen=True)
class Wanted:
    """Stored words that must stand next to one another, in this order. ``open``: the last may go on."""

    pieces: tuple[str, ...]
    open: bool

    def within(self) -> str:
        """What stands in the stored text then. Holds nothing that means anything to LIKE."""
        return f" {' '.join(self.pieces)}{'' if self.open else ' '}"


def wanted(asked: str) -> list[Wanted]:
    """What is looked for; all of it must stand in one text. The last word may be the beginning of one."""
    runs = _RUN.findall(fold(asked[:MOST_ASKED]))[:MOST_WORDS]
    return [_wanted(run, last=number == len(runs)) for number, run in enumerate(runs, 1)]


def _wanted(run: str, *, last: bool) -> Wanted:
    if not _PAIRED.match(run):
        return Wanted((run[:LONGEST],), open=last and len(run) < LONGEST)
    if len(run) == 1:
        return Wanted((run,), open=True)
    return Wanted(tuple(run[at : at + 2] for at in range(len(run) - 1)), open=False)
