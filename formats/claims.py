"""Which claims a variant carries, and what keeps them from going out.

A variant carries the claims of the blocks that its parts came from: those attached to the story now, and those that were
attached when it was made, because its words may still be the old ones. The claims themselves live in an upper house
(cms), which lends a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from formats.core.claims import Claim, day, problem
from formats.core.draft import Finding, Level
from formats.core.piece import Piece
from formats.schedule import UnknownZone, wall_of
from work import clock

Lookup = Callable[[Iterable[int]], Mapping[int, Claim]]
Attached = Mapping[str, Iterable[int]]  # claim ids by block id, or by "headline" and "lead"
_lookups: list[Lookup] = []


@dataclass(frozen=True)
class LinkedFinding(Finding):
    """A finding whose way out lies on another page."""

    url: str = ""


def provide(lookup: Lookup) -> None:
    if lookup not in _lookups:
        _lookups.append(lookup)


def look_up(ids: Iterable[int]) -> dict[int, Claim]:
    ids = set(ids)
    found: dict[int, Claim] = {}
    for lookup in _lookups if ids else ():
        found |= lookup(ids)
    return found


def places(variant: Any, attached: Attached) -> dict[int, int | None]:
    """The claims that a variant carries, each with the first part that carries it (None: only in its making).

    ``attached`` is what the story's blocks rest on now.
    """
    then: Attached = variant.derivation.get("claims") or {}
    found: dict[int, int | None] = {}
    for number, sources in enumerate(sources_of(variant)):
        for name in sources:
            for pk in (*then.get(name, ()), *attached.get(name, ())):
                found.setdefault(pk, number)
    return found


def sources_of(variant: Any) -> list[set[str]]:
    """The blocks behind each part, its media included."""
    return [
        {*part.sources, *(name for item in part.media for name in item.sources)}
        for part in variant.to_parts()
    ]


def of_variant(variant: Any, piece: Piece | None, *, now: datetime | None = None) -> tuple[Finding, ...]:
    """A blocker for every claim that may not go out on the day it is planned for, and for every figure without one."""
    carried = places(variant, dict(piece.claims) if piece else {})
    claims = look_up(carried)
    on = day_of(variant.planned_zone, max(filter(None, (variant.planned_at, now or clock.now()))))
    found = [
        LinkedFinding(
            trouble.code, Level.BLOCKER, trouble.message, trouble.remedy, part=carried[pk], url=claim.url
        )
        for pk, claim in sorted(claims.items())
        if (trouble := problem(claim, on))
    ]
    return (*found, *_unclaimed(variant, piece))


def _unclaimed(variant: Any, piece: Piece | None) -> Iterable[Finding]:
    if piece is None:
        return
    blocks = {block.id: block for block in piece.blocks}
    for name in piece.unclaimed:
        number = next((n for n, sources in enumerate(sources_of(variant)) if name in sources), None)
        if number is None:
            continue
        block = blocks[name]
        words = " ".join(filter(None, (getattr(block, n, "") for n in ("value", "unit", "label", "title"))))
        yield Finding(
            "claim_missing",
            Level.BLOCKER,
            f"The figure “{words}” rests on no claim.",
            "Open the story and attach a checked claim to the figure.",
            part=number,
        )


def day_of(zone: str, at: datetime) -> Any:
    """The date on the wall of a zone; UTC where the zone is not known."""
    try:
        return wall_of(at, zone or "UTC")[0].date()
    except UnknownZone:
        return at.date()


__all__ = ["LinkedFinding", "day", "day_of", "look_up", "of_variant", "places", "provide", "sources_of"]
