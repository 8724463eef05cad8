"""The payload that a manager approves and publishing sends: plain JSON, built from what is saved now.

Its shape is described in docs/variants.md; its digest is ``formats.core.payload.digest``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC
from typing import Any

from formats.core import focal
from formats.core.draft import MediaItem, Part
from formats.core.options import settled
from formats.readiness import NotReady, of_media
from formats.registry import FORMATS
from formats.variants import fresh, renders_of
from media.plans import plan_key

__all__ = ["SCHEMA", "NotReady", "build"]

SCHEMA = 1


def build(variant: Any) -> dict[str, Any]:
    """The payload of a variant as last saved, whatever the caller's object holds.

    Raises NotReady while a picture or video is not rendered. Time and channels may still be missing: the approval
    insists on them, a preview does not.
    """
    current = fresh(variant.pk, lock=False)
    parts = current.to_parts()
    renders = renders_of(parts)
    if missing := of_media(current, parts, renders):
        raise NotReady(missing)
    return {
        **head(current),
        "parts": [
            part_payload(part, [medium(item, renders) | _told(current, item, renders) for item in part.media])
            | _facets(current, part)
            for part in parts
        ],
    }


def _facets(variant: Any, part: Part) -> dict[str, Any]:
    """As :func:`_language_tag`: only where the network is told what in a text is a link, a name or a tag."""
    spec = FORMATS.get(variant.format)
    found = spec.facets(part.text) if spec is not None else ()
    return {"facets": [asdict(facet) for facet in found]} if found else {}


def head(variant: Any) -> dict[str, Any]:
    """Everything of the payload but the parts."""
    planned = variant.planned
    return {
        "schema": SCHEMA,
        "variant": variant.pk,
        "format": variant.format,
        "platform": variant.platform,
        "language": variant.language,
        **_language_tag(variant),
        **_options(variant),
        "reply_to": variant.corrects.get("reply_to") or None,
        "planned_at": planned and planned.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "wall_time": planned and planned.wall.isoformat(timespec="seconds"),
        "zone": variant.planned_zone,
        "fold": planned.fold if planned else 0,
        "channels": [
            {"id": c.pk, "platform": c.platform, "remote_id": c.remote_id, "handle": c.handle}
            for c in sorted(variant.channels.all(), key=lambda c: c.pk)
        ],
    }


def _language_tag(variant: Any) -> dict[str, Any]:
    """A key that only some payloads have: a network without such a field must not see its approvals change."""
    spec = FORMATS.get(variant.format)
    tag = spec.language_tag if spec is not None else None
    return {"language_tag": tag.of(variant.language)} if tag is not None else {}


def _options(variant: Any) -> dict[str, Any]:
    """As :func:`_language_tag`: only where the format asks something."""
    spec = FORMATS.get(variant.format)
    asked = spec.options if spec is not None else ()
    answers = settled(asked, variant.options or {})
    return {"options": answers} if answers else {}


def part_payload(part: Part, media: list[dict[str, Any]]) -> dict[str, Any]:
    return {"text": part.text, "link": part.link, "media": media}


def medium(item: MediaItem, renders: Mapping[str, Any]) -> dict[str, Any]:
    row = renders[plan_key(item.plan)]
    return {
        "kind": "video" if row.mime.startswith("video/") else "image",
        "role": item.role,
        "file": row.file,
        "sha256": row.sha256,
        "mime": row.mime,
        "bytes": row.bytes,
        "width": row.width,
        "height": row.height,
        "duration_s": row.duration_s,
        "alt": item.alt,
        "cover": row.cover or None,
        **({"cover_sha256": row.cover_sha256} if row.cover and row.cover_sha256 else {}),
        "captions": _captions(row),
    }


def _told(variant: Any, item: MediaItem, renders: Mapping[str, Any]) -> dict[str, Any]:
    """As :func:`_language_tag`: where a network takes the cover's moment, or the point around which it crops."""
    spec, told = FORMATS.get(variant.format), {}
    if spec is None:
        return {}
    row = renders[plan_key(item.plan)]
    if spec.tells_cover_s and row.cover_s is not None:
        told["cover_s"] = row.cover_s
    if spec.tells_focus and (point := focal.point(item.plan)):
        told["focus"] = list(point)
    return told


def _captions(row: Any) -> dict[str, str] | None:
    """What is said in the video as it goes out. None where nobody speaks in it, whatever is said elsewhere in its source."""
    return {"file": row.captions, "sha256": row.captions_sha256} if row.captions else None
