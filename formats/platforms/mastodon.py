"""Mastodon and compatible servers: as on X, with the limits of the account's own server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from formats.core import counting, items
from formats.core.accounts import Handle
from formats.core.draft import Source
from formats.core.languages import LanguageTag
from formats.core.limits import Limit
from formats.core.options import Option, Value
from formats.core.thread import Thread

READ_ON = "2026-11-23"
INSTANCE = Source("https://docs.joinmastodon.org/entities/Instance/", READ_ON)
COUNTING = Source("https://docs.joinmastodon.org/user/posting/", READ_ON)
STATUSES = Source("https://docs.joinmastodon.org/methods/statuses/", "2026-11-24")
HANDLE = Handle(
    r"[A-Za-z0-9_]+(?:[.\-][A-Za-z0-9_]+)*@(?:[A-Za-z0-9\-]+\.)+[A-Za-z0-9\-]*[A-Za-z]",
    "name@server.example",
    COUNTING,
    with_server=True,
)

OPTIONS = (
    Option(
        "visibility",
        "Who can see it",
        STATUSES,
        (
            ("public", "Everybody, also in the public timelines"),
            ("unlisted", "Everybody, but not in the public timelines"),
            ("private", "Followers only"),
        ),
        default="public",
    ),
    Option(
        "spoiler_text",
        "Content warning",
        STATUSES,
        default="",
        most=200,
        help="Shown first; readers open the post with a click. It counts in the length of each post.",
    ),
)

SHORTEST_TEXT = 100  # a server that says less than this is misread
_SERVER = "the default; each server sets its own"


class MastodonThread(Thread):
    id = "mastodon.thread"
    suggested = True
    platform = "mastodon"
    handle = HANDLE
    language_tag = LanguageTag("language", STATUSES, primary=True)
    label = "Mastodon thread"
    unit = "Mastodon characters"
    description = (
        "A hook, one post per point, and a closing post with the link; hashtags by which posts are found."
    )
    tells_focus = True
    one_link = False
    card = items.Canvas((1600, 900))
    options = OPTIONS
    most_tags = 4  # there is no other way to be found there
    limits: ClassVar[Mapping[str, Limit]] = {
        "text": Limit(500, "Mastodon characters", INSTANCE, note=_SERVER),
        "media": Limit(4, "pictures", INSTANCE, least=0, note=_SERVER),
        "alt": Limit(1500, "characters", INSTANCE, note=_SERVER),
        "url_weight": Limit(
            counting.URL_WEIGHT, "characters", COUNTING, note="what a link counts; @name@server: @name"
        ),
        "image_bytes": Limit(16_777_216, "bytes", INSTANCE, note=_SERVER),
    }

    def count(self, text: str) -> int:
        return counting.mastodon(text, self.limits["url_weight"].ceiling)

    def room_taken(self, answers: Mapping[str, Value]) -> int:
        return counting.grapheme_count(str(answers.get("spoiler_text") or ""))

    def for_account(self, limits: Mapping[str, int]) -> MastodonThread:
        """Return the format of one server.

        ``limits`` names those of ours (``text``, ``media``, ``alt``, ``url_weight``, ``image_bytes``), read from
        ``configuration`` of ``GET /api/v2/instance``. Others, and numbers that no server means, are not used.
        """
        known = {name: value for name, value in limits.items() if name in self.limits and value > 0}
        if known.get("text", SHORTEST_TEXT) < SHORTEST_TEXT:
            del known["text"]
        server = MastodonThread()
        changed = {
            name: replace(self.limits[name], most=value, note="as the server says")
            for name, value in known.items()
        }
        server.__dict__["limits"] = {**self.limits, **changed}
        return server
