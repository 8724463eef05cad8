"""How much video the account may still upload today: asked of Bluesky's video service before anything is sent.

app.bsky.video.getUploadLimits, read at github.com/bluesky-social/atproto on 2026-11-23. The counts may be left out, and a
server may not know the question at all: then the upload itself will say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from channels.connectors.base import Context, Outcome, OutcomeKind, Refused

METHOD = "app.bsky.video.getUploadLimits"
HOUR_S = 3600.0  # when the day of the limits ends is not told
UNTOLD = (OutcomeKind.CONTENT, OutcomeKind.PERMISSION, OutcomeKind.BUG)


def room(bluesky: Any, ctx: Context) -> Mapping[str, Any]:
    """What the video service says; empty where it says nothing. Raises Refused for a key, a limit or a failure."""
    service = f"did:web:{urlsplit(ctx.wire.network['video']).hostname}"
    try:
        ticket = bluesky.ticket(ctx, service, METHOD)
        head = {"Authorization": f"Bearer {ticket}"}
        answer = ctx.wire.get(ctx.wire.url("video", f"/xrpc/{METHOD}"), headers=head, scheme="")
        told: Mapping[str, Any] = bluesky.must(answer).data
    except Refused as refused:
        if refused.outcome.kind in UNTOLD:
            return {}
        raise
    return told


def no_room(told: Mapping[str, Any], videos: Sequence[Mapping[str, Any]]) -> Outcome | None:
    """Why these videos cannot be uploaded now; None where nothing known is against it. Pure."""
    left, room_bytes = _number(told, "remainingDailyVideos"), _number(told, "remainingDailyBytes")
    size = sum(int(medium.get("bytes") or 0) for medium in videos)
    if left is not None and left < len(videos):
        return _wait(f"Bluesky takes {_many(left)} from this account today; this post has {len(videos)}.")
    if room_bytes is not None and room_bytes < size:
        said = f"Bluesky takes {_mb(room_bytes)} of video from this account today; this post has {_mb(size)}."
        return _wait(said)
    if told.get("canUpload") is False:
        said = str(told.get("message") or told.get("error") or "").strip()[:300]
        words = "Bluesky takes no videos from this account. Is its e-mail address confirmed?"
        words = f"{words} It says: {said}" if said else words
        return Outcome(OutcomeKind.CONTENT, code="no-videos", message=words)
    return None


def _wait(words: str) -> Outcome:
    return Outcome(OutcomeKind.RATE, retry_after_s=HOUR_S, code="video-limit", message=words, alone=True)


def told_room(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of it among the account's facts."""
    return {
        "videos": told.get("canUpload"),
        "videos_left": _number(told, "remainingDailyVideos"),
        "video_bytes_left": _number(told, "remainingDailyBytes"),
    }


def room_words(facts: Mapping[str, Any]) -> list[str]:
    if facts.get("videos") is False:
        return ["Bluesky took no videos from this account at the last check."]
    left, size = facts.get("videos_left"), facts.get("video_bytes_left")
    known = [_many(left)] if isinstance(left, int) else []
    known += [f"{_mb(size)} of video"] if isinstance(size, int) else []
    return [f"Bluesky took {' and '.join(known)} more from this account at the last check."] if known else []


def _number(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _many(count: int) -> str:
    return f"{count or 'no'} video{'' if count == 1 else 's'}"


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
