"""Threads: as on X, with Threads' own count of emoji, and one topic."""

from __future__ import annotations

from typing import ClassVar

from formats.core import counting, items
from formats.core.accounts import OVERVIEW as NAMES
from formats.core.accounts import Handle
from formats.core.draft import Source
from formats.core.limits import Limit
from formats.core.thread import Thread

READ_ON = "2026-11-23"
OVERVIEW = Source("https://developers.facebook.com/docs/threads/overview", READ_ON)
POSTS = Source("https://developers.facebook.com/docs/threads/posts", READ_ON)
CHANGES = Source("https://developers.facebook.com/docs/threads/changelog", READ_ON)

IMAGE_BYTES = 8_000_000
HANDLE = Handle(r"(?=.{1,30}$)[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", "name", NAMES)


class ThreadsThread(Thread):
    id = "threads.thread"
    suggested = True
    platform = "threads"
    handle = HANDLE
    label = "Threads thread"
    unit = "Threads characters"
    description = "A hook, one post per point, and a closing post with the link and one topic."
    one_link = False  # a link costs nothing here
    card = items.Canvas((1080, 1350), IMAGE_BYTES)
    most_tags = 1
    limits: ClassVar = {
        "text": Limit(
            500, "Threads characters", OVERVIEW, note="an emoji counts as many as it has bytes in UTF-8"
        ),
        "media": Limit(20, "pictures or videos", POSTS, least=0),
        "alt": Limit(1000, "characters", POSTS, note="one third party says 1,020"),
        "links_per_post": Limit(5, "links", CHANGES, note="distinct ones, since 22 December 2025"),
        "hashtags_advised": Limit(
            1, "hashtags", POSTS, note="a post has one topic; further #words are plain text"
        ),
        "image_bytes": Limit(IMAGE_BYTES, "bytes", OVERVIEW),
        "image_ratio": Limit(10, "width to height", OVERVIEW, least=0.1),
    }

    def count(self, text: str) -> int:
        return counting.threads(text)
