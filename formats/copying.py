"""Carrying one change over to the other variants of the story: the words that were changed, a text, an alt text, hashtags.

Pure: what a change would do to the parts of another variant. Which may be changed, and saving, is the page’s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex

from formats import arrange
from formats.arrange import Row, Rows
from formats.core import mentions, splitting, tokens, worddiff
from formats.core.mentions import Renamed
from formats.core.piece import Account
from formats.core.worddiff import Kind

CONTEXTS = ((2, 2), (1, 1), (2, 0), (0, 2), (1, 0), (0, 1))  # words before and after, the surest first
DISTINCT = regex.compile(r"\p{Nd}|\p{L}{6}|[\p{Han}\p{Hiragana}\p{Katakana}]{2}")
_SPACED = regex.compile(
    r"[\p{L}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}]]", regex.V1
)  # letters of words with spaces between


@dataclass(frozen=True)
class Patch:
    """Words to look for, the surest spelling first, each with what to put there."""

    ways: tuple[tuple[str, str], ...]

    def on(self, text: str) -> str:
        """The text with the first of the ways that is in it exactly once; unchanged where none is."""
        for find, put in self.ways:
            places = [m.start() for m in regex.finditer(_whole(find), text)]
            if len(places) == 1:
                at = places[0]
                return text[:at] + put + text[at + len(find) :]
        return text


def _whole(words: str) -> str:
    """A pattern for these words where they are no piece of longer ones."""
    left = r"(?<![\p{L}\p{N}])" if _SPACED.match(words[:1]) else ""
    right = r"(?![\p{L}\p{N}])" if _SPACED.match(words[-1:]) else ""
    return f"{left}{regex.escape(words, literal_spaces=True)}{right}"


def patches(before: str, after: str) -> tuple[Patch, ...]:
    """What turns one text into the other, as patches that also find their place in a text that says the same elsewhere."""
    runs = list(worddiff.diff(before, after))
    found = []
    at = 0
    while at < len(runs):
        if runs[at].kind is Kind.SAME:
            at += 1
            continue
        start, gone, new = at, "", ""
        while at < len(runs) and runs[at].kind is not Kind.SAME:
            gone += runs[at].text if runs[at].kind is Kind.GONE else ""
            new += runs[at].text if runs[at].kind is Kind.NEW else ""
            at += 1
        left = runs[start - 1].text if start else ""
        right = runs[at].text if at < len(runs) else ""
        if ways := tuple(_ways(left, gone, new, right)):
            found.append(Patch(ways))
    return tuple(found)


def _ways(left: str, gone: str, new: str, right: str) -> Iterator[tuple[str, str]]:
    for before, after in CONTEXTS:
        head, tail = _last(left, before), _first(right, after)
        if (gone.strip() or (head.strip() and tail.strip())) and (head or tail):
            yield head + gone + tail, head + new + tail
    if DISTINCT.search(gone):
        yield gone, new


def _last(text: str, words: int) -> str:
    pieces = worddiff.words(text.rpartition("\n")[2])
    return "".join(reversed(_some(reversed(pieces), words)))


def _first(text: str, words: int) -> str:
    return "".join(_some(worddiff.words(text.partition("\n")[0]), words))


def _some(pieces: Iterable[str], words: int) -> list[str]:
    """The first pieces with as many words; nothing where there are fewer."""
    taken: list[str] = []
    for piece in pieces:
        if not words:
            break
        taken.append(piece)
        words -= any(letter.isalnum() for letter in piece)
    return [] if words else taken


# What can be carried over ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """``kind`` is words, text, alt or tags. ``name`` is what an address calls it, ``label`` what people read."""

    kind: str
    name: str
    label: str
    before: str = ""
    after: str = ""
    sources: frozenset[str] = frozenset()
    file: str = ""


def offers(rows: Rows, derived: Mapping[str, str], plans: Mapping[str, Any]) -> list[Change]:
    """What of these parts can be carried over. ``derived`` is each part's text as it was made, by its id."""
    found = []
    for nth, row in enumerate(rows, 1):
        text, sources = splitting.unmarked(row.text), frozenset(row.sources.split())
        was = splitting.unmarked(derived.get(row.id, ""))
        if was and was != text:
            found.append(
                Change("words", f"words-{row.id}", f"What you changed in part {nth}", was, text, sources)
            )
        if text:
            found.append(Change("text", f"text-{row.id}", f"The whole text of part {nth}", "", text, sources))
        for place, item in enumerate(row.media, 1):
            if item["alt"].strip():
                label = f"The alt text of picture {place} in part {nth}"
                file = _file(plans.get(item["key"]))
                origin = frozenset(item["sources"].split())
                found.append(Change("alt", f"alt-{item['id']}", label, "", item["alt"].strip(), origin, file))
    if tags := hashtags(rows):
        found.append(Change("tags", "tags", f"The hashtags: {' '.join(tags)}", "", " ".join(tags)))
    return found


def hashtags(rows: Rows) -> list[str]:
    found = [row.text[first:last] for row in rows for first, last in tokens.hashtags(row.text)]
    return list({tag.casefold(): tag for tag in reversed(found)}.values())[::-1]


def _file(plan: Mapping[str, Any] | None) -> str:
    """The picture that a card shows, if it shows one."""
    return ((plan or {}).get("source") or {}).get("path", "")


def moved(
    change: Change, accounts: Sequence[Account], origin: str, platform: str
) -> tuple[Change, tuple[Renamed, ...]]:
    """The change as a variant on another platform says it, and the handles that became others in its new words.

    ``platform`` is empty for one that links no plain handles.
    """
    before, known = mentions.moved(change.before, accounts, origin, platform)
    after, renamed = mentions.moved(change.after, accounts, origin, platform)
    new = tuple(each for each in renamed if each not in known)
    return replace(change, before=before, after=after), new


# What it does elsewhere -----------------------------------------------------------------------------------------------
def applied(change: Change, rows: Rows, plans: Mapping[str, Any]) -> Rows:
    """The parts of another variant after the change; equal to ``rows`` where it has no place there."""
    match change.kind:
        case "words":
            changed = tuple(_patched(row, patches(change.before, change.after)) for row in rows)
        case "text":
            changed = _with_text(change, rows)
        case "alt":
            changed = tuple(_with_alt(row, change, plans) for row in rows)
        case _:
            changed = _with_tags(change.after, rows)
    return arrange.number(changed) if arrange.is_numbered(rows) else changed


def _patched(row: Row, found: Sequence[Patch]) -> Row:
    text = splitting.unmarked(row.text)
    alts = [item["alt"] for item in row.media]
    for patch in found:
        text = patch.on(text)
        alts = [patch.on(alt) for alt in alts]
    mark = row.text[len(splitting.unmarked(row.text)) :]
    media = tuple({**item, "alt": alt} for item, alt in zip(row.media, alts, strict=True))
    return replace(row, text=text + mark, media=media)


def _with_text(change: Change, rows: Rows) -> Rows:
    """In the one part that came from the same blocks; nowhere when several or none did."""
    same = [
        n for n, row in enumerate(rows) if change.sources and frozenset(row.sources.split()) == change.sources
    ]
    if len(same) != 1:
        return rows
    place = same[0]
    return (*rows[:place], replace(rows[place], text=change.after), *rows[place + 1 :])


def _with_alt(row: Row, change: Change, plans: Mapping[str, Any]) -> Row:
    def same(item: Mapping[str, Any]) -> bool:
        file = _file(plans.get(item["key"]))
        if change.file or file:
            return file == change.file
        return bool(change.sources) and frozenset(item["sources"].split()) == change.sources

    media = tuple({**item, "alt": change.after} if same(item) else item for item in row.media)
    return replace(row, media=media)


def _with_tags(tags: str, rows: Rows) -> Rows:
    """In the place of the last line of hashtags; behind the text of the last part where there is none."""
    changed, placed = list(rows), False
    for place in range(len(rows) - 1, -1, -1):
        text = splitting.unmarked(rows[place].text)
        lines = text.split("\n")
        for n in range(len(lines) - 1, -1, -1):
            if not _only_tags(lines[n]):
                continue
            lines[n : n + 1] = [] if placed else [tags]
            placed = True
        left = regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        changed[place] = replace(rows[place], text=left + rows[place].text[len(text) :])
    if not placed and changed:
        last = changed[-1]
        text = splitting.unmarked(last.text)
        changed[-1] = replace(last, text=f"{text}\n\n{tags}".strip() + last.text[len(text) :])
    return tuple(changed)


def _only_tags(line: str) -> bool:
    spans = tokens.hashtags(line)
    rest = line
    for first, last in reversed(spans):
        rest = rest[:first] + rest[last:]
    return bool(spans) and not rest.strip()
