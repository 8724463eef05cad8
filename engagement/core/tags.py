"""The hashtags of what goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from formats.core import first_comment, tokens

MOST = 30


def of_payload(payload: Mapping[str, Any], *, commented: bool = False) -> dict[str, str]:
    """Each hashtag of all parts once, by its plain spelling, as it was written first.

    ``commented``: whether the first comment is out as well.
    """
    found: dict[str, str] = {}
    for text in texts(payload, commented=commented):
        for begin, end in tokens.hashtags(text):
            written = text[begin + 1 : end][:100]
            if len(found) < MOST:
                found.setdefault(written.casefold()[:100], written)
    return found


def with_texts(payload: Mapping[str, Any], changed: Mapping[int, str]) -> Mapping[str, Any]:
    """The payload as it stands on the network, where parts of it were given another text there."""
    parts = payload.get("parts", ())
    return {
        **payload,
        "parts": [{**part, "text": changed.get(n, part.get("text"))} for n, part in enumerate(parts)],
    }


def texts(payload: Mapping[str, Any], *, commented: bool) -> Iterator[str]:
    """What a payload says: its parts, and its first comment where that is out."""
    for part in payload.get("parts", ()):
        yield str(part.get("text") or "")
    if commented:
        yield first_comment.text_of(payload.get("options") or {})
