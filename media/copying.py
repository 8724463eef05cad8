"""A copy of a video or recording for the public: the same picture and sound, bit for bit, without anything a camera noted.

Neither the place nor the device: no metadata, no chapters, no tracks of data, no pictures in a sound file. The poster is
drawn anew, which leaves its metadata behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from media import ffmpeg, pictures, plans, probe
from media.encode import FINISH
from media.errors import MediaError, RenderError
from media.render import Made, Progress

POSTER = (1920, 1920)
POSTER_BYTES = 1_000_000
TIMEOUT_S = 240


def make_copy(plan: Mapping[str, Any], *, root: Path, folder: Path, progress: Progress) -> Made:
    source = plans.checked_source(plan["source"], root, "video")
    link = folder / "in.bin"
    link.symlink_to(source.resolve())
    facts = probe.inspect_video(source)
    out = folder / f"out.{plans.extension(plan)}"
    # "V" is a picture that moves: cover art in a recording is none.
    wanted = ("-map", "0:V:0", "-map", "0:a:0?") if facts.kind == probe.VIDEO else ("-map", "0:a:0")
    sound = ("-c:a", "aac") if facts.audio_codec == "pcm_s16le" and out.suffix in (".mp4", ".m4a") else ()
    ffmpeg.run(
        [*ffmpeg.safe_input(link), *wanted, "-c", "copy", *sound, *FINISH, out.name],
        folder=folder, timeout_s=TIMEOUT_S, length_s=facts.duration_s, progress=progress,
    )  # fmt: skip
    made = probe.inspect_video(out)
    if abs((made.duration_s or 0) - (facts.duration_s or 0)) > 1:
        raise RenderError("The copy for the public came out shorter than the file. Export the file anew.")
    return Made(out, made.width, made.height, cover=_poster(plan, root, folder), duration_s=made.duration_s)


def _poster(plan: Mapping[str, Any], root: Path, folder: Path) -> Path | None:
    """None where there is none, or none that can be read: the video is shown all the same."""
    with suppress(MediaError):
        if poster := plan.get("poster"):
            path = plans.checked_source(poster, root, "poster")
            header = pictures.read_header(path)
            scale = min(1.0, POSTER[0] / header.width, POSTER[1] / header.height)
            size = max(1, round(header.width * scale)), max(1, round(header.height * scale))
            image = pictures.load(path, size).resize(size).convert("RGB")
            file = folder / "cover.jpg"
            pictures.save(image, file, "jpeg", POSTER_BYTES, photo=True)
            return file
    return None
