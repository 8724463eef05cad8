"""The digest over what a manager approved: text, media, alt texts, channels and time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(payload: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a payload: keys sorted, no spaces, UTF-8.

    Raises ValueError for what JSON cannot carry the same way everywhere (NaN, infinity) and for text that is not
    valid Unicode. Text is not normalised: what is approved is exactly what is sent.
    """
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest(payload: Mapping[str, Any]) -> str:
    """Return the sha256 (hex) of the canonical payload. Any change of any value changes it; key order does not."""
    return hashlib.sha256(canonical(payload)).hexdigest()
