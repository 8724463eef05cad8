"""Bluesky: as on X, held to graphemes and bytes at once. Links and mentions are sent beside the text, by byte."""

from __future__ import annotations

from typing import ClassVar

from formats.core import counting, facets, items
from formats.core.accounts import Handle
from formats.core.draft import Part, Source
from formats.core.format import Measure
from formats.core.languages import LanguageTag
from formats.core.limits import Limit
from formats.core.thread import Thread

READ_ON = "2026-11-23"
POST = Source("https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json", READ_ON)
IMAGES = Source(
    "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json", READ_ON
)
NAMES = Source("https://atproto.com/specs/handle", READ_ON)
HANDLE = Handle(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?",
    "name.bsky.social",
    NAMES,
)

IMAGE_BYTES = 2_000_000
MOST_BYTES = 3000


class BlueskyThread(Thread):
    id = "bluesky.thread"
    suggested = True
    platform = "bluesky"
    handle = HANDLE
    language_tag = LanguageTag("langs", POST, listed=True)
    label = "Bluesky thread"
    unit = "visible characters"
    description = "A hook, one post per point, and a closing post with the link."
    one_link = False
    card = items.Canvas((1600, 900), IMAGE_BYTES)
    limits: ClassVar = {
        "text": Limit(300, "visible characters", POST, note="grapheme clusters; links are not shortened"),
        "text_bytes": Limit(MOST_BYTES, "bytes", POST, note="UTF-8; counts at the same time"),
        "media": Limit(4, "pictures", IMAGES, least=0),
        "alt": Limit(2000, "characters", IMAGES, note="no limit in the schema; what the app takes"),
        "image_bytes": Limit(IMAGE_BYTES, "bytes", IMAGES, note="1 MB before 8 April 2026"),
    }

    def count(self, text: str) -> int:
        return counting.grapheme_count(text)

    def length(self, text: str) -> int:
        share = MOST_BYTES // self.text_limit  # bytes that each visible character may have
        return max(self.count(text), -(-counting.utf8_bytes(text) // share))

    def measures(self, part: Part) -> tuple[Measure, ...]:
        size = counting.utf8_bytes(part.text)
        return (*super().measures(part), Measure(self.limits["text_bytes"], size))

    def facets(self, text: str) -> tuple[facets.Facet, ...]:
        return facets.of(text)
