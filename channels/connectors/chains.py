"""The numbers of a post of several parts: which parts a network told of, and what of their comments is our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from channels.connectors.base import PublishedRef


@dataclass(frozen=True)
class Told:
    """``ours``: how many replies of the parts that were told are our own next parts, and so no comments."""

    parts: list[Any]
    missing: tuple[str, ...]
    ours: int


def told_parts(publication: PublishedRef, found: Mapping[str, Any]) -> Told:
    """What of a publication is in ``found`` (by id). A part that is deleted has taken its own reply from the one before."""
    ids = [part for part in publication.parts or (publication.remote_id,) if part]
    parts = [found[each] for each in ids if each in found]
    missing = tuple(each for each in ids if each not in found) if parts else ()
    return Told(parts, missing, sum(a in found and b in found for a, b in pairwise(ids)))
