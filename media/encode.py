"""Encode a filter graph with ffmpeg, take a cover from the result, and look at it before anybody may use it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from media import ffmpeg, pictures, probe
from media.errors import RenderError
from media.ffmpeg import number
from media.render import Made, Progress

TIMES_LENGTH = 25  # longest time for an encode, in lengths of its result

COLOURS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,format=yuv420p"
TO_709 = "out_color_matrix=bt709:out_range=tv"


def threads() -> int:
    """One per encode on a small machine: the same bytes every time, least memory, and others get their turn."""
    return 1 if (os.cpu_count() or 1) <= 2 else 2


def encode(
    inputs: Sequence[str], graph: str, plan, folder: Path, length_s: float, progress: Progress, feed=None
) -> Path:
    """Encode, and again with fewer bits if the file became larger than the plan allows."""
    limit = int(plan.get("max_bytes") or 300_000_000)
    script = folder / "graph.txt"
    script.write_text(graph)
    out = folder / "out.mp4"
    highest = int(limit * 8 * 0.92 / length_s) - 130_000
    for rate in (min(12_000_000, highest), int(highest * 0.75)):
        if rate < 150_000:
            break
        arguments = [
            *inputs,
            *(("-filter_complex_script" if ffmpeg.version() < (7, 0) else "-/filter_complex"), script.name),
            *("-map", "[v]", "-map", "[a]"),
            *("-c:v", "libx264", "-preset", "superfast", "-crf", "21", "-profile:v", "high", "-g", "60"),
            *("-maxrate", str(rate), "-bufsize", str(rate * 2), "-threads", str(threads())),
            *("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"),
            *(
                "-movflags",
                "+faststart",
                "-map_metadata",
                "-1",
                "-map_chapters",
                "-1",
                "-fflags",
                "+bitexact",
            ),
            out.name,
        ]
        timeout = 60 + TIMES_LENGTH * length_s
        try:
            ffmpeg.run(arguments, folder=folder, timeout_s=timeout, length_s=length_s, progress=progress, feed=feed,
                       one_thread=True)  # fmt: skip
        except ffmpeg.FfmpegFailed as error:
            raise RenderError(
                f"This video could not be converted; it may be damaged. Export it anew as MP4. ({_last_words(error.tail)})"
            ) from error
        if out.stat().st_size <= limit:
            return out
    raise RenderError(
        f"This video cannot be made smaller than {limit / 1e6:.0f} MB at {length_s:.0f} s. Choose a shorter passage."
    )


def _last_words(tail: str) -> str:
    lines = [line for line in tail.splitlines() if "rror" in line or "nvalid" in line]
    return (lines or tail.splitlines() or [""])[-1].strip()[:160]


def cover_frame(video: Path, folder: Path, at_s: float) -> Path:
    """A frame as the cover, in the colours of the video."""
    frame = folder / "frame.png"
    ffmpeg.run(
        ["-ss", number(at_s), "-i", video.name, "-frames:v", "1", "-vf",
         "scale=in_color_matrix=bt709:in_range=tv,format=rgb24", frame.name],
        folder=folder, timeout_s=60, one_thread=True,
    )  # fmt: skip
    cover = folder / "cover.jpg"
    with Image.open(frame) as image:
        pictures.save(image.convert("RGB"), cover, "jpeg", 4_000_000, photo=True)
    return cover


def checked(out: Path, plan: Mapping[str, Any], length_s: float, cover: Path) -> Made:
    """Look at what was made before anybody may use it."""
    facts = probe.inspect_video(out)
    wrong = []
    if (facts.width, facts.height) != tuple(plan["size"]):
        wrong.append(f"size {facts.width} × {facts.height}")
    if abs((facts.duration_s or 0) - length_s) > 0.35:
        wrong.append(f"length {facts.duration_s} s instead of {length_s:.2f} s")
    if (facts.video_codec, facts.audio_codec, facts.pixel_format) != ("h264", "aac", "yuv420p"):
        wrong.append(f"coded as {facts.video_codec}, {facts.audio_codec}, {facts.pixel_format}")
    if not starts_fast(out):
        wrong.append("its index is at the end")
    if wrong:
        raise RenderError(
            f"The video came out wrong ({'; '.join(wrong)}). It was not used; please tell the operator."
        )
    return Made(out, facts.width, facts.height, cover=cover, duration_s=facts.duration_s)


def starts_fast(path: Path) -> bool:
    """Whether the index (moov) of an MP4 stands before its data (mdat)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, name = int.from_bytes(head[:4], "big"), head[4:]
            if name in (b"moov", b"mdat"):
                return name == b"moov"
            if size == 1:
                size = int.from_bytes(file.read(8), "big") - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False
