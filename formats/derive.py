"""What a variant was made from, and what changed since. Pure. How it is brought up to date: formats.core.merge.

A *derivation* is plain JSON kept with the variant::

    {"piece": "story:12", "revision": "34", "language": "en", "digests": {block id or field: digest},
     "labels": {block id: kind}, "claims": {block id or field: [claim ids]}, "parts": [snapshot, …],
     "conflicts": [those nobody has decided yet]}

where a snapshot is a part as it was made: ``{"id", "text", "link", "sources", "media": [{"key", "alt", "role",
"sources"}]}``. The snapshot's id is the id of the block in the editor, so an edited part is found again wherever it
was moved to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from formats.core import mentions
from formats.core.merge import Snapshot
from formats.core.piece import (
    Block,
    CallToAction,
    Campaign,
    Figures,
    Heading,
    KeyPoints,
    Music,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Recording,
    Statistic,
    Video,
    block_digest,
    digest,
)

# What a piece says outside its blocks; ``handles`` only of those it names that the variant's platform knows.
WHOLE = ("headline", "lead", "link", "hashtags", "campaign", "handles", "language")
_LATER = ("typeface", "corners", "brand")
KINDS = {
    Heading: "heading",
    Paragraph: "paragraph",
    KeyPoints: "key points",
    Quote: "quote",
    Statistic: "statistic",
    Picture: "picture",
    Video: "video",
    Recording: "recording",
    Music: "music",
    CallToAction: "call to action",
    Figures: "figures",
}


@dataclass(frozen=True)
class Change:
    """One thing that differs between the story now and the story the variant was made from.

    ``id`` is a block's id or one of :data:`WHOLE`; ``what`` is ``changed``, ``removed`` or ``added``.
    """

    id: str
    what: str
    label: str

    def __str__(self) -> str:
        return f"{self.label} {self.what}"


def kind_of(block: Block) -> str:
    return KINDS.get(type(block), type(block).__name__.lower())


def digests(piece: Piece, platform: str = "") -> dict[str, str]:
    """What every block, and the piece around them, says to a platform: by block id and by field."""
    whole: dict[str, Any] = {
        "headline": piece.headline,
        "lead": piece.lead,
        "link": piece.link,
        "hashtags": list(piece.hashtags),
        "campaign": _campaign(piece.campaign),
    }
    if handles := mentions.handles_of(piece, platform):
        whole["handles"] = handles
    return {name: digest({"is": value})[:16] for name, value in whole.items()} | {
        block.id: block_digest(block) for block in piece.blocks
    }


def _campaign(campaign: Campaign) -> dict[str, Any]:
    data = asdict(campaign)
    named, said = data["look"], campaign.look.further()
    data["look"] = {key: value for key, value in named.items() if key not in _LATER or key in said}
    return data


def derivation(piece: Piece, parts: Sequence[Snapshot], platform: str = "") -> dict[str, Any]:
    return {
        "piece": piece.key,
        "revision": piece.revision,
        "language": piece.language,
        "digests": digests(piece, platform),
        "labels": {block.id: kind_of(block) for block in piece.blocks},
        "claims": {name: list(ids) for name, ids in piece.claims},
        "parts": [part.to_json() for part in parts],
    }


def changes(made_from: Mapping[str, Any], piece: Piece, platform: str = "") -> list[Change]:
    """What differs between the derivation and the piece as it is now, in page order; removed blocks last."""
    then: Mapping[str, str] = made_from.get("digests") or {}
    if not then:
        return []
    labels = {**(made_from.get("labels") or {}), **{block.id: kind_of(block) for block in piece.blocks}}
    now = digests(piece, platform)
    found = [
        Change(key, "changed" if key in then else "added", labels.get(key, key))
        for key, value in now.items()
        if then.get(key) != value
    ]
    if made_from.get("language", piece.language) != piece.language:
        found.insert(0, Change("language", "changed", "language"))
    return found + [Change(key, "removed", labels.get(key, key)) for key in then if key not in now]


def concerning(found: Sequence[Change], parts: Sequence[Snapshot]) -> list[Change]:
    """Only the changes that these parts could show: their sources, the piece as a whole, and whatever is new.

    Parts whose format names no sources are taken to use everything.
    """
    used = {name for part in parts for name in part.sources.split()}
    used |= {name for part in parts for item in part.media for name in item[3].split()}
    if not used:
        return list(found)
    return [change for change in found if change.what == "added" or change.id in used or change.id in WHOLE]
