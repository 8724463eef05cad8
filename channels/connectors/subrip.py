"""Captions for networks that take SubRip; what is said in a video is kept as WebVTT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.connectors.base import Context, Outcome, OutcomeKind, Refused
from media import captions


def subrip(ctx: Context, file: Mapping[str, Any]) -> bytes:
    """Raises Refused where the file cannot be read: the video goes out without it, and the publication says why."""
    path = ctx.open_media(file)
    try:
        return captions.to_srt(captions.stored(path)).encode()
    except captions.BadCaptions as error:
        words = f"The captions were left out, since their file cannot be read. {error} Upload it to the video again."
        raise Refused(Outcome(OutcomeKind.CONTENT, code="captions", message=words)) from error
