"""The hashtags of what goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formats.core import tokens

MOST = 30


def of_payload(payload: Mapping[str, Any]) -> dict[str, str]:
    """Each hashtag of all parts once, by its plain spelling, as it was written first."""
    found: dict[str, str] = {}
    for part in payload.get("parts", ()):
        text = str(part.get("text") or "")
        for begin, end in tokens.hashtags(text):
            written = text[begin + 1 : end][:100]
            if len(found) < MOST:
                found.setdefault(written.casefold()[:100], written)
    return found
