"""Record keys, addresses and the claims of a token: the spellings of the AT Protocol. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

POST = "app.bsky.feed.post"
GATE = "app.bsky.feed.threadgate"
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_CLOCK_BITS = 10
_TIME_BITS = 53


def tid(micros: int, clock: int = 0) -> str:
    """A record key: 53 bits of microseconds since 1970 and 10 bits that tell two writers apart, as 13 letters that
    sort as time does (atproto.com/specs/tid).
    """
    value = ((micros & (2**_TIME_BITS - 1)) << _CLOCK_BITS) | (clock & (2**_CLOCK_BITS - 1))
    out = ""
    for _ in range(13):
        out, value = LETTERS[value & 31] + out, value >> 5
    return out


def keys_for(at: datetime, count: int, seed: str) -> list[str]:
    """Record keys of a thread's posts, growing; the seed (the account and what is said) tells writers apart."""
    drawn = hashlib.sha256(seed.encode()).digest()
    micros = int(at.timestamp() * 1_000_000)
    return [tid(micros + n, int.from_bytes(drawn[:2], "big")) for n in range(count)]


def key_of(seed: str) -> str:
    """The record key that belongs to one answer, the same over repeats: its time is drawn from the key, not told."""
    drawn = hashlib.sha256(seed.encode()).digest()
    year_2026 = 1_767_225_600_000_000
    return tid(year_2026 + int.from_bytes(drawn[:6], "big") % 10**13, int.from_bytes(drawn[6:8], "big"))


def timestamp(at: datetime) -> str:
    """An instant as records hold it: UTC, milliseconds, Z."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def instant(text: Any) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def uri_of(did: str, collection: str, rkey: str) -> str:
    return f"at://{did}/{collection}/{rkey}"


def split(uri: str) -> tuple[str, str, str]:
    """The account, collection and key of an at-uri; ValueError for what is none."""
    did, collection, rkey = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://") or not (did and collection and rkey):
        raise ValueError(f"{uri} is no address of a record")
    return did, collection, rkey


def claims(token: str) -> dict[str, Any]:
    """What a token says of itself, unproven: only its end and its scope are of use to us. Empty if it is opaque."""
    try:
        middle = token.split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
