"""The chain of hashes over a publication's events: each covers the one before it, so that a change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def link(prev_hash: str, fields: Mapping[str, Any]) -> str:
    """Return the sha256 (hex) over the hash before and this event's fields (plain JSON values)."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(f"{prev_hash}\n{text}".encode()).hexdigest()


def first_break(events: Iterable[tuple[int, str, str, Mapping[str, Any]]]) -> int | None:
    """Return the ``seq`` of the first event (seq, prev_hash, hash, fields) that does not fit; None when
    all do.
    """
    before, expected = "", 1
    for seq, prev_hash, digest, fields in events:
        if seq != expected or prev_hash != before or link(prev_hash, fields) != digest:
            return seq
        before, expected = digest, seq + 1
    return None
