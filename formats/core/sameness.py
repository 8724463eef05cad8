"""Whether two posts say the same words: the texts of their parts, whatever their case, spaces and numbers like 2/7."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from formats.core import splitting


def digest(texts: Iterable[str]) -> str:
    """32 hex digits that are equal for the same words; empty where there are none."""
    words = " ".join(" ".join(splitting.unmarked(text.strip()).casefold().split()) for text in texts).strip()
    return hashlib.sha256(words.encode()).hexdigest()[:32] if words else ""
