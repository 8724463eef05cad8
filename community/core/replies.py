"""What each network takes as an answer: data with sources, and plain words for what does not fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from formats.core import counting


@dataclass(frozen=True)
class ReplyLimit:
    """``most`` of ``unit`` in an answer, and in a private message (0: the same)."""

    most: int
    unit: str
    count: Callable[[str], int]
    source: str
    private: int = 0


@dataclass(frozen=True)
class Finding:
    """``level`` is blocker or warning; ``remedy`` says what to do."""

    level: str
    words: str
    remedy: str = ""


_READ = "read in November 2026"
LIMITS: Mapping[str, ReplyLimit] = {
    "x": ReplyLimit(
        280, "characters as X counts them", counting.weighted, f"docs.x.com, counting characters, {_READ}"
    ),
    "facebook": ReplyLimit(8000, "characters", counting.code_points, f"Pages API, comments, {_READ}", 2000),
    "instagram": ReplyLimit(
        2200, "characters", counting.code_points, f"Instagram Platform, comments, {_READ}", 1000
    ),
    "threads": ReplyLimit(
        500, "characters as Threads counts them", counting.threads, f"Threads API, posts, {_READ}"
    ),
    "mastodon": ReplyLimit(
        500,
        "characters as Mastodon counts them",
        counting.mastodon,
        f"docs.joinmastodon.org, statuses, {_READ}",
    ),
    "bluesky": ReplyLimit(300, "characters", counting.grapheme_count, f"app.bsky.feed.post lexicon, {_READ}"),
    "linkedin": ReplyLimit(1250, "characters", counting.code_points, f"Comments API, {_READ}"),
    "youtube": ReplyLimit(10_000, "characters", counting.code_points, f"Data API, comments, {_READ}"),
    "whatsapp": ReplyLimit(4096, "characters", counting.code_points, f"Cloud API, text messages, {_READ}"),
}


def room(platform: str, *, private: bool, facts: Mapping[str, Any] | None = None) -> ReplyLimit | None:
    """The limit that holds for an answer; an instance's own word goes before the usual one."""
    limit = LIMITS.get(platform)
    if limit is None:
        return None
    told = (facts or {}).get("max_characters")
    most = limit.private if private and limit.private else limit.most
    if platform == "mastodon" and isinstance(told, int) and told > 0:
        most = told
    return ReplyLimit(most, limit.unit, limit.count, limit.source)


def check(
    platform: str,
    text: str,
    *,
    private: bool = False,
    facts: Mapping[str, Any] | None = None,
    attachments: int = 0,
) -> list[Finding]:
    """Say what stands against sending this text as an answer."""
    found = []
    if not text.strip():
        found.append(Finding("blocker", "The answer is empty.", "Write what you want to say."))
    if (limit := room(platform, private=private, facts=facts)) and (length := limit.count(text)) > limit.most:
        over = length - limit.most
        words = f"{length:,} of {limit.most:,} {limit.unit}."
        found.append(Finding("blocker", words, f"Shorten it by {over:,}."))
    if "{" in text and "}" in text.partition("{")[2]:
        found.append(
            Finding("blocker", "A field of the saved reply is still empty.", "Fill in what stands in { }.")
        )
    if attachments:
        found.append(
            Finding("blocker", "Answers carry text only.", "Put a link into the text instead of the file.")
        )
    if platform == "instagram" and not private and ("http://" in text or "https://" in text):
        found.append(Finding("warning", "Links in Instagram's comments cannot be clicked.", "Name the page."))
    return found
