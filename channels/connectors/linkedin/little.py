"""LinkedIn's "little text": the form in which a post's text goes over the wire. Pure.

Source: learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format, read 2026-11-23.
"""

from __future__ import annotations

import re

RESERVED = "\\|{}@[]()<>#*_~"
HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w*[^\W\d_])(\w+)")  # as people write it: not "#1", not within a word
_RESERVED = re.compile(f"[{re.escape(RESERVED)}]")
_WRITTEN = re.compile(
    r"\{hashtag\|\\?#\|(?P<tag>[^}]*)\}"
    r"|@\[(?P<name>(?:\\.|[^\]\\])*)\]\([^)]*\)"
    r"|\\(?P<escaped>.)",
    re.DOTALL,
)


def written(text: str) -> str:
    """Return plain text as little text: its hashtags as hashtags, every other reserved character escaped."""
    out, position = [], 0
    for tag in HASHTAG.finditer(text):
        out += [_escaped(text[position : tag.start()]), "{hashtag|\\#|", _escaped(tag[1]), "}"]
        position = tag.end()
    return "".join([*out, _escaped(text[position:])])


def shown(little: str) -> str:
    """Return little text as people see it."""

    def plain(found: re.Match[str]) -> str:
        if found["tag"] is not None:
            return f"#{shown(found['tag'])}"
        return shown(found["name"]) if found["name"] is not None else found["escaped"]

    return _WRITTEN.sub(plain, little)


def _escaped(text: str) -> str:
    return _RESERVED.sub(lambda found: f"\\{found[0]}", text)
