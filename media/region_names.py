"""When two names mean the same region of a map. Apart, because plans are checked without reading maps."""

from __future__ import annotations

import re
import unicodedata


def plain(name: str) -> str:
    """A region's name for comparing: without case, spaces around, and signs that ids cannot have."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"[\s_]+", " ", text).split())
