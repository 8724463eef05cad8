"""Bring a variant that people edited up to a story that went on: a three-way merge of its parts.

*Old* is what was derived, *mine* what people made of it, *new* what would be derived now. What nobody edited follows the
story; what somebody edited stays, and where the story moved too, a :class:`Conflict` offers what it would say. Nothing
edited is ever dropped without a person's choice. Same input, same result; merging again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import regex

from formats.core.splitting import unmarked
from formats.core.worddiff import similarity

MediaRow = tuple[str, str, str, str]  # key of the plan, alt text, role, sources
Media = tuple[MediaRow, ...]
_NUMBER = regex.compile(r"(?:^|\n\n)\d+/\d+$")
ALIKE = 0.5  # parts of one block that share at least this much are taken for the same part


@dataclass(frozen=True)
class Snapshot:
    """A part, comparable and free of Django. ``id`` is the part's block id in the editor."""

    id: str
    text: str
    link: str = ""
    sources: str = ""
    media: Media = ()

    def to_json(self) -> dict[str, Any]:
        names = ("key", "alt", "role", "sources")
        return {**asdict(self), "media": [dict(zip(names, item, strict=True)) for item in self.media]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        media: Media = tuple(
            (_word(item, "key"), _word(item, "alt"), _word(item, "role"), _word(item, "sources"))
            for item in data.get("media") or ()
        )
        text = (data.get("text") or "").replace("\r\n", "\n").strip()
        return cls(
            data.get("id") or "", text, (data.get("link") or "").strip(), data.get("sources") or "", media
        )


def _word(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name) or "").strip()


@dataclass(frozen=True)
class Conflict:
    """An edit that was kept although the story says something new.

    ``id`` is the part's, ``part`` its index in the merged parts. ``field``: ``text``, ``link``, ``alt`` (with the index
    of the medium), ``media`` (the choice of pictures; cannot be taken by words) or ``part`` (the story has nothing any
    more from which this part would be made).
    """

    part: int
    field: str
    kept: str
    offered: str
    id: str = ""
    medium: int | None = None

    @property
    def key(self) -> str:
        return f"{self.id}.{self.field}" + ("" if self.medium is None else f".{self.medium}")


@dataclass(frozen=True)
class Merged:
    """``base`` is what the next merge starts from: the new parts under the ids that the merged ones have.

    ``offers`` are the new parts by the id of the merged part they stand against, for whoever takes them over.
    """

    parts: tuple[Snapshot, ...]
    base: tuple[Snapshot, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    updated: int = 0

    @property
    def offers(self) -> dict[str, Snapshot]:
        return {part.id: part for part in self.base}


@dataclass(frozen=True)
class Choice:
    """What a person decided about a conflict: ``keep`` the edit, ``take`` what the story says, or ``edit``: own words."""

    what: str
    text: str = ""

    def words(self, conflict: Conflict) -> str:
        return {"keep": conflict.kept, "take": conflict.offered}.get(self.what, self.text)


KEEP, TAKE = Choice("keep"), Choice("take")


@dataclass(frozen=True)
class _Row:
    """A merged part and the index of the new part it follows; None for one that the story knows nothing of."""

    origin: int | None
    part: Snapshot
    conflicts: tuple[Conflict, ...] = ()


def merge(old: Sequence[Snapshot], mine: Sequence[Snapshot], new: Sequence[Snapshot]) -> Merged:
    """Bring ``mine`` (made from ``old``, edited since) up to ``new``.

    Parts a person added stay, parts a person removed stay away unless the story changed them. The order follows the
    story unless a person has moved parts.
    """
    by_id = {part.id: part for part in old}
    successor = successors(old, new)
    heirs = {index: id for id, index in successor.items() if index is not None}
    base = tuple(replace(part, id=heirs.get(index, part.id)) for index, part in enumerate(new))
    rows: list[_Row] = []
    updated = 0
    for part in mine:
        row = _row(by_id.get(part.id), part, successor, base)
        if row is None:
            updated += 1  # nobody edited it, and the story no longer has it: gone
            continue
        rows.append(row)
        updated += row.origin is not None and not _same(row.part, part)
    if _in_order(old, mine):
        ordered = _by_story(rows)
        updated += [row.part.id for row in ordered] != [row.part.id for row in rows]
        rows = ordered
    kept = {part.id for part in mine}
    for index, part in enumerate(base):
        if index in heirs and (part.id in kept or _unchanged(part, by_id[part.id])):
            continue  # placed already; or removed by a person, and the story did not change it
        rows.insert(_place(index, [row.origin for row in rows]), _Row(index, part))
        updated += 1
    conflicts = tuple(
        replace(each, part=place, id=row.part.id) for place, row in enumerate(rows) for each in row.conflicts
    )
    return Merged(tuple(row.part for row in rows), base, conflicts, updated)


def resolve(merged: Merged, choices: Mapping[str, Choice]) -> Merged:
    """Apply what a person chose, by the conflicts' keys; conflicts without a choice keep the edit and stay open."""
    chosen = {each: choices[each.key] for each in merged.conflicts if each.key in choices}
    parts = [part for part in (_chosen(p, chosen, merged.offers) for p in merged.parts) if part]
    places = {part.id: index for index, part in enumerate(parts)}
    left = tuple(replace(each, part=places[each.id]) for each in merged.conflicts if each not in chosen)
    return replace(merged, parts=tuple(parts), conflicts=left, updated=merged.updated + len(chosen))


def _chosen(
    part: Snapshot, chosen: Mapping[Conflict, Choice], offers: Mapping[str, Snapshot]
) -> Snapshot | None:
    for conflict, choice in chosen.items():
        if conflict.id != part.id or choice == KEEP:
            continue
        words = choice.words(conflict)
        if conflict.field == "part":
            if choice == TAKE:
                return None
            part = replace(part, text=words)
        elif conflict.field == "media":
            part = replace(part, media=offers[part.id].media)
        elif conflict.field == "alt":
            part = replace(part, media=_with_alt(part.media, conflict.medium, words))
        elif conflict.field == "link":
            part = replace(part, link=words)
        else:
            part = replace(part, text=words)
    return part


def _with_alt(media: Media, index: int | None, words: str) -> Media:
    return tuple(
        (key, words if place == index else alt, role, sources)
        for place, (key, alt, role, sources) in enumerate(media)
    )


# Which part became which ----------------------------------------------------------------------------------------------
def successors(old: Sequence[Snapshot], new: Sequence[Snapshot]) -> dict[str, int | None]:
    """For each old part the index of the new one that took its place.

    First equal parts, then those of the same blocks that share most words, then the rest of the same blocks in order,
    then parts that share a block. Parts without sources are matched by their words alone, and at last by place.
    """
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(new)))
    _take(found, free, old, lambda o, n: 1.0 if _unchanged(old[o], new[n]) else 0.0)
    _take(found, free, old, lambda o, n: _alike(old[o], new[n]) if _kin(old[o], new[n]) else 0.0)
    _take(found, free, old, lambda o, n: 1.0 if _kin(old[o], new[n]) else 0.0)
    _take(found, free, old, lambda o, n: 1.0 if _related(old[o], new[n]) else 0.0)
    return {part.id: found.get(index) for index, part in enumerate(old)}


def _take(found: dict[int, int], free: dict[int, None], old: Sequence[Snapshot], score: Any) -> None:
    """Pair what scores highest; among equals the earliest."""
    pairs = [(-score(o, n), o, n) for o in range(len(old)) if o not in found for n in free]
    for value, o, n in sorted(pairs):
        if value < 0 and o not in found and n in free:
            found[o] = n
            del free[n]


def _kin(a: Snapshot, b: Snapshot) -> bool:
    return a.sources == b.sources


def _related(a: Snapshot, b: Snapshot) -> bool:
    return bool(set(a.sources.split()) & set(b.sources.split()))


def _alike(a: Snapshot, b: Snapshot) -> float:
    score = similarity(unmarked(a.text), unmarked(b.text))
    return score if score >= ALIKE else 0.0


# One part -------------------------------------------------------------------------------------------------------------
def _row(
    before: Snapshot | None, part: Snapshot, successor: Mapping[str, int | None], base: Sequence[Snapshot]
) -> _Row | None:
    if before is None:  # added by a person
        return _Row(None, part)
    index = successor[part.id]
    if index is not None:
        result, conflicts = _merge_part(before, part, base[index])
        return _Row(index, result, conflicts)
    if _unchanged(part, before):
        return None
    return _Row(None, part, (Conflict(0, "part", part.text, ""),))


def _merge_part(old: Snapshot, mine: Snapshot, new: Snapshot) -> tuple[Snapshot, tuple[Conflict, ...]]:
    text, conflict = _merge_text(old.text, mine.text, new.text)
    conflicts = [conflict] if conflict else []
    link = new.link if mine.link == old.link else mine.link
    if mine.link != old.link and new.link not in (old.link, mine.link):
        conflicts.append(Conflict(0, "link", mine.link, new.link))
    media, found = _merge_media(old.media, mine.media, new.media)
    return Snapshot(mine.id, text, link, new.sources, media), (*conflicts, *found)


def _merge_text(old: str, mine: str, new: str) -> tuple[str, Conflict | None]:
    """A post's number in its thread follows the thread; it is nobody's edit and no change of the story."""
    before, edited, offered = map(unmarked, (old, mine, new))
    if mine == old or edited in (before, offered):
        return new, None
    kept = edited + _number(new) if _number(mine) and _number(mine) == _number(old) else mine
    if offered == before:
        return kept, None
    return kept, Conflict(0, "text", kept, new)


def _number(text: str) -> str:
    found = _NUMBER.search(text)
    return found.group() if found else ""


def _merge_media(old: Media, mine: Media, new: Media) -> tuple[Media, tuple[Conflict, ...]]:
    """Same pictures with other words: the new pictures with the person's words. Other pictures: the person's."""
    if mine == old:
        return new, ()
    if [item[0] for item in mine] != [item[0] for item in old]:
        changed = [item[0] for item in new] not in ([item[0] for item in old], [item[0] for item in mine])
        words = Conflict(0, "media", _described(mine), _described(new))
        return mine, (words,) if changed else ()
    edited = {
        place: (was[1], now[1]) for place, (was, now) in enumerate(zip(old, mine, strict=True)) if was != now
    }
    place_of = {name: place for place, name in enumerate(_named(old))}
    result: list[MediaRow] = []
    conflicts: list[Conflict] = []
    for (key, alt, role, sources), name in zip(new, _named(new), strict=True):
        was, kept = edited.pop(place_of.get(name, -1), (alt, alt))
        if kept != was and alt not in (was, kept):
            conflicts.append(Conflict(0, "alt", kept, alt, medium=len(result)))
        result.append((key, kept, role, sources))
    if edited:  # somebody described a picture that the story no longer has
        result += [mine[place] for place in edited]
        conflicts.append(Conflict(0, "media", _described(tuple(result)), _described(new)))
    return tuple(result), tuple(conflicts)


def _named(media: Media) -> list[tuple[str, str, int]]:
    """What a picture is for, which blocks it came from, and the how manieth of these it is."""
    seen: dict[tuple[str, str], int] = {}
    out = []
    for _, _, role, sources in media:
        nth = seen[role, sources] = seen.get((role, sources), -1) + 1
        out.append((role, sources, nth))
    return out


def _described(media: Iterable[MediaRow]) -> str:
    return "\n".join(f"• {alt or role}" for _, alt, role, _ in media) or "no pictures"


# Order ----------------------------------------------------------------------------------------------------------------
def _in_order(old: Sequence[Snapshot], mine: Sequence[Snapshot]) -> bool:
    """Whether nobody has moved a part."""
    places = {part.id: place for place, part in enumerate(old)}
    there = [places[part.id] for part in mine if part.id in places]
    return there == sorted(there)


def _by_story(rows: Sequence[_Row]) -> list[_Row]:
    """Parts in the story's order; one that the story does not know stays behind the one it stood behind."""
    groups: list[list[_Row]] = [[]]
    for row in rows:
        if row.origin is not None:
            groups.append([])
        groups[-1].append(row)
    first, *rest = groups
    rest.sort(key=lambda group: group[0].origin or 0)
    return [row for group in (first, *rest) for row in group]


def _place(index: int, origins: Sequence[int | None]) -> int:
    """Behind the last part that follows an earlier new part, and what stands behind that; first where there is none."""
    place = max((at + 1 for at, o in enumerate(origins) if o is not None and o < index), default=0)
    while place and place < len(origins) and origins[place] is None:
        place += 1
    return place


def _same(a: Snapshot, b: Snapshot) -> bool:
    return replace(a, id="", sources="") == replace(b, id="", sources="")


def _unchanged(a: Snapshot, b: Snapshot) -> bool:
    """The same but for the number in the thread."""
    return replace(a, id="", text=unmarked(a.text)) == replace(b, id="", text=unmarked(b.text))
