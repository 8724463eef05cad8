"""What strangers wrote, made safe to keep. Nothing is judged here and no visible letter is changed.

Markup stays as it was written: templates escape it. What goes is what no reader sees and what breaks stores,
lines or tables: null bytes, control characters, half surrogates, and marks that turn the text around them.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 20_000
MAX_RAW = 16_000  # bytes of JSON
MAX_ID = 200
MAX_MEDIA = 10

# C0 without tab and newline, DEL and C1, half surrogates, noncharacters
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile("[\u202a-\u202e]")  # embeddings and overrides: they reach beyond their own text
_ISOLATES, _END = "\u2066\u2067\u2068", "\u2069"
_LINES = re.compile("\r\n?|[\u2028\u2029\x85]")


def text(said: str, limit: int = MAX_TEXT) -> tuple[str, bool]:
    """Return the text as it is kept, and whether it was cut. Isolates that were left open are closed."""
    words = _LINES.sub("\n", said[: limit * 2])
    words = _TURNING.sub("", _UNSEEN.sub("", words))
    cut = len(words) > limit or len(said) > limit * 2
    return _balanced(words[:limit]), cut


def line(said: str, limit: int) -> str:
    """Return one line of at most ``limit`` characters, for names, lists and files."""
    words = " ".join(_TURNING.sub("", _UNSEEN.sub("", said[: limit * 8])).split())
    words = "".join(letter for letter in words if letter not in _ISOLATES + _END)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def letters(said: str) -> str:
    """What is left without case, spaces, commas and the like: equal for texts that say the same. Question marks count."""
    words = unicodedata.normalize("NFC", said).casefold()
    return "".join(each for each in words if each == "?" or unicodedata.category(each)[0] not in "PZC")


def _balanced(words: str) -> str:
    depth, kept = 0, []
    for letter in words:
        if letter in _ISOLATES:
            depth += 1
        elif letter == _END:
            if not depth:
                continue
            depth -= 1
        kept.append(letter)
    return "".join(kept) + _END * depth


def key(remote_id: str) -> str:
    """Return an id that fits its column; one that is too long is told apart by its digest."""
    known = _UNSEEN.sub("", remote_id)
    if len(known) <= MAX_ID:
        return known
    return f"{known[: MAX_ID - 65]}#{hashlib.sha256(known.encode()).hexdigest()}"


def address(url: str, limit: int = 500) -> str:
    """Return a web address, or "" for whatever else stands there."""
    url = url.strip()
    if len(url) > limit or _UNSEEN.search(url) or _TURNING.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def addresses(urls: tuple[str, ...]) -> list[str]:
    return [url for url in map(address, urls[:MAX_MEDIA]) if url]


def raw(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the network's answer as JSON that any database takes; only its short fields when it is large."""
    known = _plain(answer)
    if _size(known) <= MAX_RAW:
        return known  # type: ignore[no-any-return]
    short = {name: value for name, value in known.items() if _size(value) <= 500}
    return short if _size(short) <= MAX_RAW else {}


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _plain(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _UNSEEN.sub("", value)
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if depth > 12:
        return None
    if isinstance(value, Mapping):
        return {_UNSEEN.sub("", str(name)): _plain(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    return _UNSEEN.sub("", str(value))
