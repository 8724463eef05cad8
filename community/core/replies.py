"""What each network takes as an answer: data with sources, and plain words for what does not fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from channels.connectors.attached import Pictures
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


def room(
    platform: str,
    *,
    private: bool,
    facts: Mapping[str, Any] | None = None,
    sent: Callable[[str], str] = str,
) -> ReplyLimit | None:
    """The limit that holds for an answer; an instance's own word goes before the usual one. ``sent``: what goes out for a
    text, where the network needs more in it than was written.
    """
    limit = LIMITS.get(platform)
    if limit is None:
        return None
    most, unit, count = limit.private if private and limit.private else limit.most, limit.unit, limit.count
    if platform == "mastodon":
        told = (facts or {}).get("limits") or {}
        most = told.get("text", most)
        count = partial(counting.mastodon, url_weight=told.get("url_weight", counting.URL_WEIGHT))
    if sent(""):
        unit = f"{unit}, with the name of who is answered"
    return ReplyLimit(most, unit, lambda text: count(sent(text)), limit.source)


def check(
    platform: str,
    text: str,
    *,
    private: bool = False,
    facts: Mapping[str, Any] | None = None,
    media: Sequence[Mapping[str, Any]] = (),
    takes: Pictures | None = None,
    sent: Callable[[str], str] = str,
) -> list[Finding]:
    """Say what stands against sending this text as an answer, with these pictures; ``takes``: what of them may go along."""
    found = []
    if not text.strip():
        found.append(Finding("blocker", "The answer is empty.", "Write what you want to say."))
    limit = room(platform, private=private, facts=facts, sent=sent)
    if limit and (length := limit.count(text)) > limit.most:
        over = length - limit.most
        words = f"{length:,} of {limit.most:,} {limit.unit}."
        found.append(Finding("blocker", words, f"Shorten it by {over:,}."))
    if "{" in text and "}" in text.partition("{")[2]:
        found.append(
            Finding("blocker", "A field of the saved reply is still empty.", "Fill in what stands in { }.")
        )
    found += _beside(text, media, takes)
    if platform == "instagram" and not private and ("http://" in text or "https://" in text):
        found.append(Finding("warning", "Links in Instagram's comments cannot be clicked.", "Name the page."))
    return found


def _beside(text: str, media: Sequence[Mapping[str, Any]], takes: Pictures | None) -> Iterator[Finding]:
    if not media:
        return
    if takes is None:
        yield Finding(
            "blocker", "This answer carries text only.", "Put a link into the text instead of the picture."
        )
        return
    if len(media) > takes.most:
        most = f"{takes.most} picture{'' if takes.most == 1 else 's'}"
        yield Finding(
            "blocker", f"An answer holds at most {most}; this one has {len(media)}.", "Take some out."
        )
    if takes.words and (over := counting.code_points(text) - takes.words) > 0:
        yield Finding(
            "blocker",
            f"Beside a picture stand at most {takes.words:,} characters.",
            f"Shorten it by {over:,}.",
        )
    for number, medium in enumerate(media, 1):
        name = "The picture" if len(media) == 1 else f"Picture {number}"
        yield from _picture(name, medium, takes)


def _picture(name: str, medium: Mapping[str, Any], takes: Pictures) -> Iterator[Finding]:
    alt, width, height = str(medium["alt"]), medium["width"], medium["height"]
    if not takes.alt:
        yield Finding("warning", "No alt text goes along here.", "Say in the answer what the picture shows.")
    elif not alt.strip():
        yield Finding("blocker", f"{name} has no alt text.", "Say in a sentence what it shows.")
    elif (over := counting.code_points(alt) - takes.alt) > 0:
        yield Finding(
            "blocker", f"The alt text has {over:,} characters too many.", f"At most {takes.alt:,} are taken."
        )
    if takes.ratio and max(width, height) > takes.ratio * min(width, height):
        wide = f"{takes.ratio:g} times as wide as high, or the other way round"
        yield Finding("blocker", f"{name} is more than {wide}.", "Cut it, and add it again.")
    if medium["bytes"] > takes.max_bytes:
        yield Finding("blocker", f"{name} has too many bytes.", "Add it again, or choose a simpler one.")
