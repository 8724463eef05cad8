"""What changed between two texts, word by word, in any script.

Texts are cut at Unicode's word boundaries (UAX 29), which never fall inside a grapheme: no accent, vowel sign or emoji
sequence is ever torn from what it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

import regex

_WORD_EDGE = regex.compile(r"(?V1w)\b")
_LINE = regex.compile(r"[^\n]*\n|[^\n]+")
MOST_WORDS = 1500  # of both texts together; above it, lines are compared before words


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Run:
    """Text that is in both (``same``), only in the first (``gone``) or only in the second (``new``)."""

    kind: Kind
    text: str


def words(text: str) -> list[str]:
    """Cut a text into words and what stands between them; joined they are the text again."""
    cut: list[str] = []
    for piece in _WORD_EDGE.split(text):
        if not piece:
            continue
        if cut and not _starts_a_grapheme(cut[-1], piece):
            cut[-1] += piece
        else:
            cut.append(piece)
    return cut


def _starts_a_grapheme(before: str, after: str) -> bool:
    if before[-1].isascii() and after[0].isascii():
        return True
    return len(regex.findall(r"\X", before[-1] + after[0])) == 2 and after[0] != "\u200d"


def diff(before: str, after: str) -> tuple[Run, ...]:
    """Return the runs that turn ``before`` into ``after``: what goes stands before what comes.

    The same and gone runs joined are ``before``, the same and new ones ``after``. Neighbours differ in kind.
    """
    return _tidy(_runs(before, after))


def similarity(before: str, after: str) -> float:
    """How much of two texts is the same, 0 to 1; 1 only for equal texts, 0 only when no word is shared."""
    if before == after:
        return 1.0
    shared = sum(len(run.text) for run in _runs(before, after) if run.kind is Kind.SAME and run.text.strip())
    total = len(before) + len(after)
    return min(2 * shared / total, 0.99) if total else 1.0


def _runs(before: str, after: str) -> Iterator[Run]:
    old, new = words(before), words(after)
    return _compared(old, new) if len(old) + len(new) <= MOST_WORDS else _by_lines(before, after)


def _by_lines(before: str, after: str) -> Iterator[Run]:
    old, new = _LINE.findall(before), _LINE.findall(after)
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Run(Kind.SAME, "".join(old[i:j]))
            continue
        left, right = words("".join(old[i:j])), words("".join(new[k:m]))
        if len(left) + len(right) > MOST_WORDS:
            yield Run(Kind.GONE, "".join(left))
            yield Run(Kind.NEW, "".join(right))
        else:
            yield from _compared(left, right)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Run(Kind.SAME, "".join(old[i:j]))
        else:
            yield Run(Kind.GONE, "".join(old[i:j]))
            yield Run(Kind.NEW, "".join(new[k:m]))


def _tidy(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Join neighbours. A space between two changed words changes with them: one longer run reads better than two."""
    out: list[Run] = []
    gone = new = space = (
        ""  # what has changed so far; a space after it that may turn out to lie between changes
    )
    for run in runs:
        if not run.text:
            continue
        if run.kind is Kind.SAME:
            if (gone or new) and not space and run.text.isspace() and "\n" not in run.text:
                space = run.text
                continue
            out += _changed(gone, new)
            out.append(Run(Kind.SAME, space + run.text))
            gone = new = space = ""
            continue
        gone, new, space = gone + space, new + space, ""
        if run.kind is Kind.GONE:
            gone += run.text
        else:
            new += run.text
    out += _changed(gone, new)
    if space:
        out.append(Run(Kind.SAME, space))
    return tuple(_joined(out))


def _changed(gone: str, new: str) -> list[Run]:
    return [Run(kind, text) for kind, text in ((Kind.GONE, gone), (Kind.NEW, new)) if text]


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    for kind, group in groupby(runs, key=lambda run: run.kind):
        yield Run(kind, "".join(run.text for run in group))
