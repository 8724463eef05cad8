"""A post as a record: text, facets, language, what is embedded, what it answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from channels.connectors.bluesky.names import POST

FACET = "app.bsky.richtext.facet"
_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)'\]]")


def post(
    part: Mapping[str, Any],
    *,
    created_at: str,
    languages: Sequence[str],
    people: Mapping[str, str],
    embed: Mapping[str, Any] | None,
    reply: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The record of one part. ``people``: handle → DID of those who could be found; the others stay plain text."""
    record: dict[str, Any] = {"$type": POST, "text": part["text"], "createdAt": created_at}
    if languages:
        record["langs"] = list(languages)[:3]
    if facets := [f for each in part.get("facets") or () if (f := facet(each, people))]:
        record["facets"] = facets
    if embed:
        record["embed"] = dict(embed)
    if reply:
        record["reply"] = dict(reply)
    return record


def facet(found: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, Any] | None:
    """A span of the text by UTF-8 byte, and what it is; None for somebody whom the network does not know."""
    value = found["value"]
    if found["kind"] == "link":
        feature = {"$type": f"{FACET}#link", "uri": value}
    elif found["kind"] == "tag":
        feature = {"$type": f"{FACET}#tag", "tag": value}
    elif value.lower() in people:
        feature = {"$type": f"{FACET}#mention", "did": people[value.lower()]}
    else:
        return None
    return {"index": {"byteStart": found["start"], "byteEnd": found["end"]}, "features": [feature]}


def links(text: str) -> list[dict[str, Any]]:
    """The addresses of a text that nobody has looked through before (an answer), as spans by byte."""
    return [
        {
            "kind": "link",
            "start": len(text[: match.start()].encode()),
            "end": len(text[: match.end()].encode()),
            "value": match[0],
        }
        for match in _ADDRESS.finditer(text)
    ]


def mentioned(part: Mapping[str, Any]) -> list[str]:
    return sorted({f["value"].lower() for f in part.get("facets") or () if f["kind"] == "mention"})


def first_link(part: Mapping[str, Any]) -> str:
    return next((f["value"] for f in part.get("facets") or () if f["kind"] == "link"), "")


def ratio(medium: Mapping[str, Any]) -> dict[str, Any]:
    width, height = medium.get("width"), medium.get("height")
    return {"aspectRatio": {"width": int(width), "height": int(height)}} if width and height else {}


def images(media: Sequence[Mapping[str, Any]], blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    shown = [
        {"image": dict(blob), "alt": medium.get("alt") or "", **ratio(medium)}
        for medium, blob in zip(media, blobs, strict=True)
    ]
    return {"$type": "app.bsky.embed.images", "images": shown}


def video(
    medium: Mapping[str, Any], blob: Mapping[str, Any], captions: Mapping[str, Any] | None, language: str
) -> dict[str, Any]:
    embed: dict[str, Any] = {"$type": "app.bsky.embed.video", "video": dict(blob), **ratio(medium)}
    if medium.get("alt"):
        embed["alt"] = medium["alt"]
    if captions:
        embed["captions"] = [{"lang": language or "en", "file": dict(captions)}]
    return embed


def card(external: Mapping[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.external", "external": dict(external)}
