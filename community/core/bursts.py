"""Many alike in a short time. Pure: what is given is looked at.

Two messages are alike when they share most of their words; a wave of the same sentence, somewhat changed, is found, a busy
evening of different ones is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import regex

from community.core.lexicon import fold

WITHIN = timedelta(hours=1)
LEAST = 8  # messages
LEAST_PEOPLE = 4
ALIKE = 0.5  # of their words
MOST = 3000  # messages that are compared; the newest
_WORDS = regex.compile(r"(?:[@#]|https?://)\S+|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{M}\p{N}]+")


@dataclass(frozen=True)
class Heard:
    number: int
    at: datetime
    author: str
    text: str


@dataclass(frozen=True)
class Burst:
    """``words`` are what most of them share, in the order of the message that stands for them."""

    numbers: tuple[int, ...]
    people: int
    began_at: datetime
    last_at: datetime
    words: tuple[str, ...]
    example: str

    @property
    def key(self) -> str:
        """The same while the wave goes on: its commonest words, sorted."""
        return " ".join(sorted(self.words))[:120]


def words_of(text: str) -> frozenset[str]:
    """What is compared. Names and links are left out: a wave differs in them."""
    found = (match.group() for match in _WORDS.finditer(fold(text)))
    return frozenset(word for word in found if not word.startswith(("@", "#", "http")))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return False
    return len(one & other) >= ALIKE * len(one | other)


@dataclass
class _Group:
    first: frozenset[str]
    rows: list[Heard]


def find(
    heard: Iterable[Heard], *, least: int = LEAST, people: int = LEAST_PEOPLE, within: timedelta = WITHIN
) -> list[Burst]:
    """Every wave of the last ``within`` before the newest message, the largest first."""
    rows = _in_order(heard)
    last = [each for each in rows if each.at > rows[-1].at - within]
    return find_any(last, least=least, people=people, within=within)


def find_any(
    heard: Iterable[Heard], *, least: int = LEAST, people: int = LEAST_PEOPLE, within: timedelta = WITHIN
) -> list[Burst]:
    """Every wave of any span of ``within``, the largest first: what is read late may have been one hours ago."""
    found = [_dense(group.rows, least, people, within) for group in _groups(_in_order(heard))]
    return sorted((_burst(rows) for rows in found if rows), key=lambda each: -len(each.numbers))


def _in_order(heard: Iterable[Heard]) -> list[Heard]:
    return sorted(heard, key=lambda each: (each.at, each.number))[-MOST:]


def _groups(rows: Iterable[Heard]) -> list[_Group]:
    groups: list[_Group] = []
    by_word: dict[str, list[_Group]] = defaultdict(list)
    for row in rows:
        words = words_of(row.text)
        if len(words) < 2:  # "Yes!" is no wave
            continue
        group = _nearest(words, by_word)
        if group is None:
            group = _Group(words, [])
            groups.append(group)
            for word in words:
                by_word[word].append(group)
        group.rows.append(row)
    return groups


def _dense(rows: Sequence[Heard], least: int, people: int, within: timedelta) -> list[Heard]:
    """Those of alike messages, in order, that stand in a span with enough of them, of enough people."""
    kept: set[int] = set()
    start, authors = 0, Counter[str]()
    for end, row in enumerate(rows):
        authors[row.author] += 1
        while row.at - rows[start].at >= within:
            authors -= Counter([rows[start].author])
            start += 1
        if end + 1 - start >= least and len(authors) >= people:
            kept.update(range(start, end + 1))
    return [rows[number] for number in sorted(kept)]


def _nearest(words: frozenset[str], by_word: dict[str, list[_Group]]) -> _Group | None:
    shared: dict[int, tuple[int, _Group]] = {}
    for word in words:
        for group in by_word[word]:
            count = shared[id(group)][0] if id(group) in shared else 0
            shared[id(group)] = (count + 1, group)
    close = [(count, group) for count, group in shared.values() if alike(words, group.first)]
    return max(close, key=lambda pair: pair[0])[1] if close else None


def _burst(rows: Sequence[Heard]) -> Burst:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        for word in words_of(row.text):
            counts[word] += 1
    example = rows[0].text
    order = [match.group() for match in _WORDS.finditer(fold(example))]
    common = [word for word in dict.fromkeys(order) if 2 * counts[word] > len(rows) and len(word) > 3]
    shared = common or [word for word in dict.fromkeys(order) if 2 * counts[word] > len(rows)]
    return Burst(
        tuple(row.number for row in rows),
        len({row.author for row in rows}),
        rows[0].at,
        rows[-1].at,
        tuple(shared[:8]),
        example,
    )
