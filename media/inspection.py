"""Look at a finished video before anybody may use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from media import ffmpeg, probe, sound
from media.errors import BadMedia, RenderError
from media.probe import Probe


@dataclass(frozen=True)
class Expected:
    """What a video has to be. ``frames`` and ``lufs`` None: not known beforehand."""

    size: tuple[int, int]
    length_s: float
    fps: float
    frames: int | None = None
    lufs: float | None = None


@dataclass(frozen=True)
class Seen:
    """What it is; ``lufs`` None is silence. ``peak`` is the true peak in dBFS."""

    facts: Probe
    frames: int
    lufs: float | None
    starts_fast: bool
    peak: float | None = None


def look(file: Path) -> Seen:
    """One pass through the file that decodes its sound alone."""
    said = ffmpeg.run(
        [*ffmpeg.safe_input(file), "-map", "0:v:0", "-c:v", "copy", "-map", "0:a:0?",
         "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"],
        folder=file.parent, timeout_s=120, one_thread=True,
    )  # fmt: skip
    frames = re.search(r"^frame=\s*(\d+)$", said, re.MULTILINE)
    heard = sound.parse(said)
    count = int(frames[1]) if frames else 0
    return Seen(probe.parse(said), count, heard and heard.lufs, starts_fast(file), heard and heard.peak)


def faults(seen: Seen, expected: Expected) -> list[str]:
    """What is not as it has to be. Pure."""
    facts, wrong = seen.facts, []
    if (facts.width, facts.height) != tuple(expected.size):
        wrong.append(f"size {facts.width} × {facts.height}")
    slack = 1 / expected.fps + 0.032  # the sound ends on a block of 1024 samples; ffmpeg says hundredths
    if abs((facts.duration_s or 0) - expected.length_s) > slack:
        wrong.append(f"length {facts.duration_s} s instead of {expected.length_s:.2f} s")
    if expected.frames is not None and seen.frames != expected.frames:
        wrong.append(f"{seen.frames} frames instead of {expected.frames}")
    if (facts.video_codec, facts.audio_codec, facts.pixel_format) != ("h264", "aac", "yuv420p"):
        wrong.append(f"coded as {facts.video_codec}, {facts.audio_codec}, {facts.pixel_format}")
    if expected.lufs is not None and (
        seen.lufs is None or abs(seen.lufs - expected.lufs) > sound.TOLERANCE_LU
    ):
        heard = "silent" if seen.lufs is None else f"{seen.lufs:.1f} LUFS"
        wrong.append(f"{heard} instead of {expected.lufs:.1f} LUFS")
    if expected.lufs is not None and seen.peak is not None and seen.peak > sound.MOST_DBTP:
        wrong.append(f"peaks of {seen.peak:.1f} dBTP")
    if not seen.starts_fast:
        wrong.append("its index is at the end")
    return wrong


def checked(file: Path, expected: Expected) -> Seen:
    return right(look(file), expected)


def right(seen: Seen, expected: Expected) -> Seen:
    """Raise BadMedia where the source ended too early, RenderError where anything else is not as it has to be."""
    if (
        expected.frames is not None and seen.frames < expected.frames
    ):  # what we make is exact: the source ended early
        raise BadMedia(
            f"This video breaks off: of {expected.length_s:.1f} s only {seen.frames / expected.fps:.1f} s can be read. "
            "Export it anew as MP4, or choose a passage before that."
        )
    if wrong := faults(seen, expected):
        raise RenderError(
            f"The video came out wrong ({'; '.join(wrong)}). It was not used; please tell the operator."
        )
    return seen


def starts_fast(path: Path) -> bool:
    """Whether the index (moov) of an MP4 stands before its data (mdat)."""
    return next((name == b"moov" for name, _ in probe.atoms(path) if name in (b"moov", b"mdat")), False)
