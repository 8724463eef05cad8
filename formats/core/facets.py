"""Links, mentions and tags of a text as the AT Protocol wants them: spans by UTF-8 byte, end exclusive.

The network does not look for them itself (docs.bsky.app/docs/advanced-guides/post-richtext, read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from formats.core import tokens

# A handle is a domain name: labels of letters, digits and hyphens, at least two of them.
_HANDLE = regex.compile(
    r"(?<![\p{L}\p{N}_@.])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?)"
)
MAX_TAG_GRAPHEMES = 64


@dataclass(frozen=True)
class Facet:
    """``kind`` is ``link``, ``mention`` or ``tag``; ``value`` the address, the handle without @, the tag without #."""

    kind: str
    start: int
    end: int
    value: str


def of(text: str) -> tuple[Facet, ...]:
    """Return the facets of ``text`` in order, none over another. A handle is resolved to a DID when it is sent."""
    taken: list[Facet] = []
    offsets = _Bytes(text)
    free = 0
    for kind, first, last, value in sorted(_found(text), key=lambda each: (each[1], -each[2])):
        if first >= free:
            taken.append(Facet(kind, offsets.at(first), offsets.at(last), value))
            free = last
    return tuple(taken)


def _found(text: str) -> Iterator[tuple[str, int, int, str]]:
    for first, last in tokens.addresses(text):
        shown = text[first:last]
        yield "link", first, last, shown if "://" in shown[:8] else f"https://{shown}"
    for match in _HANDLE.finditer(text):
        yield "mention", match.start(), match.end(), match[1]
    for first, last in tokens.hashtags(text):
        tag = text[first + 1 : last]
        if len(regex.findall(r"\X", tag)) <= MAX_TAG_GRAPHEMES:
            yield "tag", first, last, tag


class _Bytes:
    """Byte offsets of growing character offsets, in one pass."""

    def __init__(self, text: str) -> None:
        self.text, self.done, self.bytes = text, 0, 0

    def at(self, index: int) -> int:
        self.bytes += len(self.text[self.done : index].encode("utf-8", "surrogatepass"))
        self.done = index
        return self.bytes
