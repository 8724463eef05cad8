"""Where a variant no longer says what its story says: seen, told, and mended without losing an edit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Q

from formats import derive, variants
from formats.core import piece as pieces
from formats.core.draft import Draft
from formats.core.merge import Choice, Conflict, Merged, Snapshot, merge, resolve
from formats.core.piece import Piece
from formats.models import Variant, stream_of
from formats.signals import variant_drifted
from work import clock

AROUND = {"handles", "campaign"}  # what stands around a story; a variant shows a part of it at most


class Changed(variants.VariantError):
    """The variant or its story was changed after the page was opened; nothing was done."""


def drift_of(variant: Variant, piece: Piece | None = None) -> list[derive.Change]:
    """What of the story changed since this was made, as far as this variant uses it."""
    if not variant.derivation.get("digests"):
        return []
    piece = piece or variants.piece_of(variant.story)
    found = derive.changes(variant.derivation, piece, variant.platform)
    found = derive.concerning(found, _derived(variant))
    if {change.id for change in found} <= AROUND and _says_the_same(variant, piece):
        return []
    return found


def _derived(variant: Variant) -> list[Snapshot]:
    return [Snapshot.from_json(part) for part in variant.derivation.get("parts", ())]


def _says_the_same(variant: Variant, piece: Piece) -> bool:
    """Whether deriving now gives what was derived: a handle of somebody whom this variant does not name changes nothing."""
    _, new, _ = _derive(variant, piece)
    return [replace(part, id="") for part in new] == [replace(part, id="") for part in _derived(variant)]


def _derive(variant: Variant, piece: Piece) -> tuple[Draft, list[Snapshot], dict[str, Any]]:
    """What would be derived now: the draft, its parts with ids of their own, and the plans of their media."""
    draft = variant.spec.compose(piece)
    stream, plans = stream_of(draft.parts)
    parts = [
        variants.snapshot(block["id"], block["value"], [item["value"] for item in block["value"]["media"]])
        for block in stream
    ]
    return draft, parts, plans


# Deriving again -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rederivation:
    """What deriving again would do. ``token`` names exactly this situation: the variant, the story and the edits."""

    variant: Variant
    piece: Piece
    old: tuple[Snapshot, ...]
    mine: tuple[Snapshot, ...]
    merged: Merged
    plans: Mapping[str, Any]
    language: str

    @property
    def token(self) -> str:
        parts = [[part.to_json() for part in side] for side in (self.mine, self.merged.parts)]
        said = derive.digests(self.piece, self.variant.platform)
        return pieces.digest({"parts": parts, "digests": said})[:16]


@dataclass(frozen=True)
class Rederived:
    variant: Variant
    updated: int
    conflicts: tuple[Conflict, ...]


def look(variant: Variant) -> Rederivation:
    """Say what deriving again would do; saves nothing. Raises NothingToSay where the story has nothing left."""
    piece = variants.piece_of(variant.story)
    draft, new, plans = _derive(variant, piece)
    if not new or not variant.derivation.get("digests"):
        raise variants.NothingToSay(
            f"“{variant.story.title}” has nothing from which {variant.format_label} could be made again."
        )
    old, mine = _derived(variant), variants.snapshots(variant)
    merged = merge(old, mine, new)
    merged = replace(merged, conflicts=(*_left_open(variant, merged), *merged.conflicts))
    return Rederivation(variant, piece, tuple(old), tuple(mine), merged, plans, draft.language)


def _left_open(variant: Variant, merged: Merged) -> list[Conflict]:
    """Conflicts of an earlier time that nobody has decided, where the kept words still stand and the offer does too."""
    now = {conflict.key for conflict in merged.conflicts}
    places = {part.id: index for index, part in enumerate(merged.parts)}
    found = []
    for row in variant.derivation.get("conflicts") or ():
        conflict = Conflict(**row)
        if conflict.id in places and conflict.key not in now:
            conflict = replace(conflict, part=places[conflict.id])
            part = merged.parts[conflict.part]
            stands = {"text": part.text, "link": part.link}.get(
                conflict.field, conflict.kept
            ) == conflict.kept
            if stands:
                found.append(conflict)
    return found


def rederive(
    variant: Variant, *, by: Any, choices: Mapping[str, Choice] | None = None, token: str = ""
) -> Rederived:
    """Bring a variant up to its story as it is now: untouched parts follow, edited ones stay and are named.

    ``choices`` decide conflicts by their keys; those without one keep the edit and stay open. Raises Locked, NothingToSay,
    and Changed where ``token`` is given and no longer names what is there.
    """
    with transaction.atomic():
        current = variants.fresh(variant.pk)
        lock = current.get_lock()
        if by is not None and lock is not None and lock.for_user(by):
            raise variants.Locked(
                f"“{current}” cannot be changed now: {variants.plain(lock.get_message(by))}"
            )
        seen = look(current)
        if token and token != seen.token:
            raise Changed("The story or this variant was changed meanwhile. Look at the changes once more.")
        decided = resolve(seen.merged, choices or {})
        current.plans = {**current.plans, **seen.plans}
        current.parts = json.dumps([_block(part) for part in decided.parts])
        current.derivation = {
            **derive.derivation(seen.piece, decided.base, current.platform),
            "conflicts": [asdict(conflict) for conflict in decided.conflicts],
        }
        current.language = seen.language
        current.drifted_at = None
        variants.save(current, by=by)
        variants.request_media(current.to_parts(), campaign=current.campaign_id)
    return Rederived(current, decided.updated, decided.conflicts)


def _block(part: Snapshot) -> dict[str, Any]:
    data = part.to_json()
    part_id = data.pop("id")
    data["media"] = [{"type": "item", "value": item} for item in data["media"]]
    return {"type": "part", "id": part_id, "value": data}


# Noticing -------------------------------------------------------------------------------------------------------------
def on_revision(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Listens to saved revisions, autosaved ones included: a story's variants learn at once whether they drifted."""
    if raw:
        return
    model = instance.content_type.model_class()
    if model is None or not hasattr(model, "to_piece"):
        return
    newer = type(instance).objects.filter(
        base_content_type=instance.base_content_type, object_id=instance.object_id, pk__gt=instance.pk
    )
    rows = Variant.objects.filter(story_id=int(instance.object_id))
    if not rows.exists() or newer.exists():
        return
    notice(rows, instance.as_object().to_piece(), by=instance.user)


def notice_campaign(campaign_id: int, *, by: Any = None) -> None:
    """After something that all stories of a campaign share was changed. What is out already is not looked at again."""
    open_still = Q(planned_at=None) | Q(planned_at__gt=clock.now())
    rows = (
        Variant.objects.filter(open_still, campaign_id=campaign_id)
        .select_related("story")
        .order_by("story_id")
    )
    for _, group in groupby(rows, key=lambda variant: variant.story_id):
        of_story = list(group)
        notice(of_story, variants.piece_of(of_story[0].story), by=by)


def notice(rows: Any, piece: Piece, *, by: Any = None) -> None:
    """Keep ``drifted_at`` true for these variants of one piece, and tell of those that drift now."""
    for variant in rows:
        found = drift_of(variant, piece)
        if bool(found) == (variant.drifted_at is not None):
            continue
        variant.drifted_at = clock.now() if found else None
        Variant.objects.filter(pk=variant.pk).update(drifted_at=variant.drifted_at)
        if found:
            variant_drifted.send(sender=Variant, variant=variant, changes=tuple(found), by=by)
