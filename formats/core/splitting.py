"""Cutting a text into posts where a reader would pause, never inside what belongs together, never losing text."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import regex
from icu4py.breakers import WordBreaker

from formats.core import tokens

Fits = Callable[[str], bool]
WINDOW = 1024  # how far to look into one word without a place to cut, in code points


class Pause(IntEnum):
    """How long a reader would pause; the longest pause that leaves a decent post wins."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    CLAUSE = 3
    WORD = 4


@dataclass(frozen=True)
class Cut:
    """A place to cut: the left side ends at ``end``, the right begins at ``start``; white space between is dropped."""

    end: int
    start: int
    pause: Pause


# A cut at a longer pause is taken only if the post is at least this full; else the next kind is tried.
_FILL = {Pause.PARAGRAPH: 0.4, Pause.LINE: 0.4, Pause.SENTENCE: 0.25, Pause.CLAUSE: 0.4, Pause.WORD: 0.0}

_CLOSING = "\"'”’»›)\\]}」』）】"
# Scripts that put no space between words: there ICU says where words end (docs/adr/0008).
_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_SPACELESS_RUN = regex.compile(
    rf"[{_SPACELESS}ー][{_SPACELESS}\p{{M}}ー、。，．・：；？！「」『』（）【】〔〕《》〈〉々]+"
)
_WITHOUT_STOPS = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{M}]")
_NOT_FIRST = "、。，．・：；？！）」』】〕》〉ー々〻ゝゞヽヾぁぃぅぇぉっゃゅょァィゥェォッャュョ゛゜…‥"
_NOT_LAST = "（「『【〔《〈"
_SENTENCE_END = regex.compile(rf"[.!?…؟۔।॥။។።][{_CLOSING}]*$")
_CLAUSE_END = regex.compile(rf"[,;:،؛–—][{_CLOSING}]*$")
_SPACE = regex.compile(r"[^\S\u00a0\u202f\u2007\ufeff]+")
_WIDE_SENTENCE = regex.compile(rf"[。！？｡][{_CLOSING}]*(?!\s|[{_CLOSING}]|$)")
_WIDE_CLAUSE = regex.compile(r"[、，；：](?!\s|$)")
_DASH = regex.compile(r"[–—]")
_GRAPHEME = regex.compile(r"\X")


def cuts(text: str) -> list[Cut]:
    """Return every place where ``text`` may be cut, in order."""
    return list(_places(text))


@lru_cache(maxsize=256)
def _places(text: str) -> tuple[Cut, ...]:
    whole = tokens.unbreakable(text)
    starts = [first for first, _ in whole]

    def inside(cut: Cut) -> bool:
        index = bisect_left(starts, cut.end) - 1
        return index >= 0 and cut.pause > Pause.LINE and cut.start < whole[index][1]

    best: dict[int, Cut] = {}
    for cut in (*_at_spaces(text), *_without_spaces(text)):
        if not inside(cut) and (cut.start not in best or cut.pause < best[cut.start].pause):
            best[cut.start] = cut
    return tuple(best[start] for start in sorted(best))


def _at_spaces(text: str) -> list[Cut]:
    found = []
    for space in _SPACE.finditer(text):
        if space.start() > 0 and space.end() < len(text):
            found.append(Cut(space.start(), space.end(), _pause(text, space)))
    return found


def _pause(text: str, space: regex.Match[str]) -> Pause:
    lines = space.group().count("\n")
    if lines:
        return Pause.PARAGRAPH if lines > 1 else Pause.LINE
    before = text[max(0, space.start() - 8) : space.start()]
    if _SENTENCE_END.search(before):
        return Pause.SENTENCE
    if _CLAUSE_END.search(before) or _DASH.match(text, space.end()):
        return Pause.CLAUSE
    if before and _WITHOUT_STOPS.match(before[-1]) and _WITHOUT_STOPS.match(text, space.end()):
        return Pause.CLAUSE  # a space there ends a phrase, not a word
    return Pause.WORD


def _without_spaces(text: str) -> list[Cut]:
    """Places between words that have no space between them; none right before a closing mark or behind an opening one."""
    if text.isascii():
        return []
    found = [Cut(m.end(), m.end(), Pause.SENTENCE) for m in _WIDE_SENTENCE.finditer(text)]
    found += [Cut(m.end(), m.end(), Pause.CLAUSE) for m in _WIDE_CLAUSE.finditer(text)]
    for run in _SPACELESS_RUN.finditer(text):
        at = run.start()
        for word in WordBreaker(run.group(), "en"):  # the dictionary follows the script, not the locale
            if at > run.start() and text[at] not in _NOT_FIRST and text[at - 1] not in _NOT_LAST:
                found.append(Cut(at, at, Pause.WORD))
            at += len(word)
    return found


def split(text: str, fits: Fits) -> list[str]:
    """Return ``text`` as pieces that each satisfy ``fits``, cut at the longest pause that leaves a decent piece.

    Only white space at the cuts is dropped. A word too long for any post is cut between characters; a link, mention,
    hashtag or number that does not fit stays whole and the piece is too long, which ``checks`` then says.
    ``fits`` must not be true of a text and false of its beginning.
    """
    return list(pieces_of(text, fits))


def pieces_of(text: str, fits: Fits) -> Iterator[str]:
    """As ``split``, one piece after the other: who wants only the first need not wait for the rest."""
    text = text.strip()
    if not text:
        return
    if fits(text):
        yield text
        return
    whole = tokens.unbreakable(text)
    places = [*_places(text), Cut(len(text), len(text), Pause.PARAGRAPH)]
    at = index = 0
    while at < len(text):
        while places[index].end <= at:
            index += 1
        cut = _choose(text, at, places, index, fits) or _within_word(text, at, places[index], whole, fits)
        yield text[at : cut.end]
        at = cut.start


def first_pieces(text: str, fits: Fits, most: int) -> list[str]:
    """Return the first ``most`` pieces of ``split``; all of them where there are no more."""
    return list(itertools.islice(pieces_of(text, fits), max(0, most)))


def rejoined(text: str, pieces: Sequence[str]) -> str:
    """Return the beginning of ``text`` that these first pieces of it cover."""
    text, end = text.strip(), 0
    for piece in pieces:
        end = text.index(piece, end) + len(piece)
    return text[:end]


def _choose(text: str, at: int, places: Sequence[Cut], index: int, fits: Fits) -> Cut | None:
    """Return the best cut from ``places[index]`` on; None when not even the first word fits."""
    fitting = _fitting(text, at, places, index, fits)
    if not fitting or fitting[-1].end == len(text):
        return fitting[-1] if fitting else None
    room = fitting[-1].end - at
    for pause in Pause:
        last = next((place for place in reversed(fitting) if place.pause == pause), None)
        if last and last.end - at >= _FILL[pause] * room:
            return last
    return fitting[-1]


def _fitting(text: str, at: int, places: Sequence[Cut], index: int, fits: Fits) -> Sequence[Cut]:
    """Return the places from ``index`` on up to which the text fits, looking ahead in growing steps."""
    low, step = index, 1
    while low + step <= len(places) and fits(text[at : places[low + step - 1].end]):
        low, step = low + step, step * 2
    high = min(len(places), low + step - 1)
    while low < high:
        middle = (low + high) // 2
        if fits(text[at : places[middle].end]):
            low = middle + 1
        else:
            high = middle
    return places[index:low]


def _within_word(text: str, at: int, following: Cut, whole: Sequence[tokens.Span], fits: Fits) -> Cut:
    """Cut a word that alone is too long, between characters; what must stay whole is passed over."""
    end = min(following.end, at + WINDOW)
    first = bisect_right(whole, at, key=lambda span: span[1])
    kept = whole[first : bisect_left(whole, end, key=lambda span: span[0])]
    places, index = [], 0
    for grapheme in _GRAPHEME.finditer(text, at, end):
        offset = grapheme.end()
        while index < len(kept) and kept[index][1] <= offset:
            index += 1
        if index == len(kept) or offset <= kept[index][0]:
            places.append(Cut(offset, offset, Pause.WORD))
    if not places:  # one thing longer than the window
        return following if first == len(whole) else _after(whole[first], following)
    fitting = _fitting(text, at, places, 0, fits)
    cut = fitting[-1] if fitting else places[0]
    return following if cut.end == following.end else cut


def _after(span: tokens.Span, following: Cut) -> Cut:
    return Cut(span[1], span[1], Pause.WORD) if span[1] < following.end else following


def numbered(posts: Sequence[str], count: Callable[[str], int], limit: int) -> list[list[str]]:
    """Return each post as the pieces it takes, with ``n/m`` at their ends, which counts in.

    A thread of one bears no number. An empty post takes one empty piece.
    """
    if len(posts) < 2:
        pieces = _cut_all(posts, count, limit)
        if sum(map(len, pieces)) < 2:
            return pieces
    for digits in range(len(str(len(posts))), 7):
        pieces = _cut_all(posts, count, limit - count(mark(10**digits - 1, 10**digits - 1)))
        if sum(map(len, pieces)) < 10**digits:
            break
    total, numbers = sum(map(len, pieces)), itertools.count(1)
    return [[(piece + mark(next(numbers), total)).strip() for piece in post] for post in pieces]


def _cut_all(posts: Sequence[str], count: Callable[[str], int], room: int) -> list[list[str]]:
    return [split(post, lambda text: count(text) <= room) or [""] for post in posts]


def mark(index: int, total: int) -> str:
    return f"\n\n{index}/{total}"


def unmarked(text: str) -> str:
    """Return a post without the number that ``numbered`` put at its end."""
    return regex.sub(r"(?:^|\n\n)\d+/\d+$", "", text)


def opening(text: str, fits: Fits) -> tuple[str, str]:
    """Return the first piece of ``split`` and what it leaves over."""
    text = text.strip()
    if not text:
        return "", ""
    first = next(pieces_of(text, fits))
    return first, text[len(first) :].strip()
