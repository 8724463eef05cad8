"""The numbers of a post of several parts: which parts a network told of, and what of their comments is our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from channels.connectors.base import PublishedRef


@dataclass(frozen=True)
class Told:
    """``ours``: how many replies of the parts that were told are our own next parts, and so no comments."""

    parts: list[Any]
    missing: tuple[str, ...]
    ours: int


def last_out(
    parts: Iterable[Mapping[str, Any]], name: str, instant: Callable[[Any], datetime]
) -> datetime | None:
    """When the last of these posts went out; None where that is not told, or not in words that can be read."""
    try:
        last = max((instant(part[name]) for part in parts if part.get(name)), default=None)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return last.replace(tzinfo=UTC) if last is not None and last.tzinfo is None else last


def told_parts(publication: PublishedRef, found: Mapping[str, Any]) -> Told:
    """What of a publication is in ``found`` (by id). A part that is deleted has taken its own reply from the one before."""
    ids = [part for part in publication.parts or (publication.remote_id,) if part]
    parts = [found[each] for each in ids if each in found]
    missing = tuple(each for each in ids if each not in found) if parts else ()
    return Told(parts, missing, sum(a in found and b in found for a, b in pairwise(ids)))
