"""Captions files as networks take them. What is said in a video is kept as WebVTT; one of before may be broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels.connectors.base import Context, Outcome, OutcomeKind, Refused
from media import captions


def subrip(ctx: Context, file: Mapping[str, Any]) -> bytes:
    """Raises Refused where the file cannot be read: the video goes out without it, and the publication says why."""
    return captions.to_srt(_cues(ctx, file)).encode()


def webvtt(ctx: Context, file: Mapping[str, Any]) -> bytes:
    """Written anew. Raises Refused as :func:`subrip` does."""
    return captions.to_vtt(_cues(ctx, file)).encode()


def _cues(ctx: Context, file: Mapping[str, Any]) -> Sequence[captions.Cue]:
    path = ctx.open_media(file)
    try:
        return captions.stored(path)
    except captions.BadCaptions as error:
        words = f"The captions were left out, since their file cannot be read. {error} Upload it to the video again."
        raise Refused(Outcome(OutcomeKind.CONTENT, code="captions", message=words)) from error
