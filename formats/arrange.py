"""Rearranging the parts of a variant: split, join, move, add, remove, number again. Pure.

Nothing is lost: text that is cut stays in one of the two parts, pictures stay with the part in front, and both parts keep
naming the blocks of the story that they came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from formats.core import counting, splitting, tokens


class CannotArrange(ValueError):
    """What was asked for makes no sense here; the message says what to do instead."""


@dataclass(frozen=True)
class Row:
    """A part as it stands in the editor. ``media`` holds whatever the editor keeps per picture, unread here."""

    id: str
    text: str = ""
    link: str = ""
    sources: str = ""
    media: tuple[Mapping[str, Any], ...] = ()


Rows = tuple[Row, ...]


def split(rows: Rows, id: str, at: int, *, new_id: str) -> Rows:
    """Cut a part in two at ``at`` (code points), or just before the link, number or character that the place is inside of.

    Pictures and an attached link stay with the first of the two.
    """
    place = _place(rows, id)
    row = rows[place]
    text = splitting.unmarked(row.text)
    at = _outside(text, min(max(at, 0), len(text)))
    before, after = text[:at].rstrip(), text[at:].lstrip()
    if not before or not after:
        raise CannotArrange("Put the cursor inside the text, where the new part should begin.")
    first, second = replace(row, text=before), Row(new_id, after, sources=row.sources)
    return _numbered_like(rows, (*rows[:place], first, second, *rows[place + 1 :]))


def join(rows: Rows, id: str) -> Rows:
    """Make one part of this one and the next. A second attached link goes into the text, since only one can be attached."""
    place = _place(rows, id)
    if place + 1 >= len(rows):
        raise CannotArrange("There is no next part to join with.")
    first, second = rows[place], rows[place + 1]
    texts = [splitting.unmarked(first.text), splitting.unmarked(second.text)]
    if first.link and second.link and first.link != second.link:
        texts.append(second.link)
    both = Row(
        first.id,
        "\n\n".join(text for text in texts if text),
        first.link or second.link,
        " ".join(dict.fromkeys([*first.sources.split(), *second.sources.split()])),
        (*first.media, *second.media),
    )
    return _numbered_like(rows, (*rows[:place], both, *rows[place + 2 :]))


def move(rows: Rows, id: str, by: int) -> Rows:
    """Move a part ``by`` places towards the end (negative: towards the beginning), as far as it goes."""
    place = _place(rows, id)
    rest = [*rows[:place], *rows[place + 1 :]]
    rest.insert(min(max(place + by, 0), len(rest)), rows[place])
    return _numbered_like(rows, tuple(rest))


def add(rows: Rows, after: str, *, new_id: str) -> Rows:
    """An empty part behind another (``after`` empty: at the end). It is numbered once it says something."""
    place = _place(rows, after) + 1 if after else len(rows)
    return _numbered_like(rows, (*rows[:place], Row(new_id), *rows[place:]))


def remove(rows: Rows, id: str) -> Rows:
    place = _place(rows, id)
    if len(rows) == 1:
        raise CannotArrange("This is the only part. Write other words into it, or delete the variant.")
    return _numbered_like(rows, (*rows[:place], *rows[place + 1 :]))


# Numbers --------------------------------------------------------------------------------------------------------------
def is_numbered(rows: Sequence[Row]) -> bool:
    return any(splitting.unmarked(row.text) != row.text for row in rows)


def number(rows: Rows) -> Rows:
    """Number every part that says something; a single part bears no number."""
    bare = without_numbers(rows)
    if len(bare) < 2:
        return bare
    total = len(bare)
    return tuple(
        replace(row, text=row.text + splitting.mark(nth, total)) if row.text else row
        for nth, row in enumerate(bare, 1)
    )


def without_numbers(rows: Rows) -> Rows:
    return tuple(replace(row, text=splitting.unmarked(row.text)) for row in rows)


def numbers_differ(rows: Rows) -> bool:
    """Whether some parts bear numbers and they are not the ones the parts should bear."""
    return is_numbered(rows) and number(rows) != rows


def _numbered_like(before: Rows, after: Rows) -> Rows:
    return number(after) if is_numbered(before) else after


# Places ---------------------------------------------------------------------------------------------------------------
def _place(rows: Rows, id: str) -> int:
    found = next((place for place, row in enumerate(rows) if row.id == id), None)
    if found is None:
        raise CannotArrange("This part is no longer there. Reload the page to see the newest parts.")
    return found


def _outside(text: str, at: int) -> int:
    """``at``, or the beginning of what may not be cut there."""
    for first, last in tokens.unbreakable(text):
        if first < at < last:
            return first
    start = 0
    for grapheme in counting.graphemes(text):
        if start < at < start + len(grapheme):
            return start
        start += len(grapheme)
    return at
