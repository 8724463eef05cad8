"""A copy of a video or recording for the public: the same picture and sound, bit for bit, without anything a camera noted.

Neither the place nor the device: no metadata, no chapters, no tracks of data, no pictures in a sound file. The poster is
drawn anew, which leaves its metadata behind. What some browsers cannot play (HEVC from a telephone, ten bits a colour) is
coded anew where that takes minutes; longer videos stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from media import ffmpeg, pictures, plans, probe
from media.encode import FINISH, settings
from media.errors import MediaError, RenderError, RenderInterrupted
from media.graph import TONE_MAP
from media.probe import Probe
from media.render import Made, Progress

LARGEST = (1920, 1920)
POSTER_BYTES = 1_000_000
TIMEOUT_S = 240
SLOWEST = 2_000_000  # bytes a second of slow storage, which reads and writes the file twice: its index moves to the front

# What every browser plays in an MP4, and the sound in each container.
PLAYED = ("h264", "vp9", "av1")
SOUNDS = {".mp4": ("aac", "mp3"), ".webm": ("opus", "vorbis"), ".m4a": ("aac", "mp3", "flac")}
EIGHT_BITS = ("yuv420p", "yuvj420p")
ENCODED_S = 900  # no longer video is coded anew: that would hold up everybody's
RATE = 6_000_000  # bits a second of its picture, at most
MOST_FPS = 30


def timeout_s(size: int) -> float:
    """How long copying a file of so many bytes may take."""
    return TIMEOUT_S + size / SLOWEST


def encoding_s(length_s: float) -> float:
    return 120 + 4 * length_s


def make_copy(plan: Mapping[str, Any], *, root: Path, folder: Path, progress: Progress) -> Made:
    source = plans.checked_source(plan["source"], root, "video")
    link = folder / "in.bin"
    link.symlink_to(source.resolve())
    facts = probe.inspect_video(source)
    out = folder / f"out.{plans.extension(plan)}"
    if not (_is_encoded(facts, out) and _encoded(link, out, facts, progress)):
        _copied(link, out, facts, timeout_s(source.stat().st_size), progress)
    made = probe.inspect_video(out)
    if abs((made.duration_s or 0) - (facts.duration_s or 0)) > 1:
        raise RenderError("The copy for the public came out shorter than the file. Export the file anew.")
    return Made(out, made.width, made.height, cover=_poster(plan, root, folder), duration_s=made.duration_s)


def _copied(link: Path, out: Path, facts: Probe, longest_s: float, progress: Progress) -> None:
    # "V" is a picture that moves: cover art in a recording is none.
    wanted = ("-map", "0:V:0", "-map", "0:a:0?") if facts.kind == probe.VIDEO else ("-map", "0:a:0")
    named = ("-tag:v", "hvc1") if facts.video_codec == "hevc" and out.suffix == ".mp4" else ()
    ffmpeg.run(
        [*ffmpeg.safe_input(link), *wanted, "-c", "copy", *_sound(facts, out), *named, *FINISH, out.name],
        folder=link.parent, timeout_s=longest_s, length_s=facts.duration_s, progress=progress,
    )  # fmt: skip


def _sound(facts: Probe, out: Path) -> tuple[str, ...]:
    played = SOUNDS.get(out.suffix, ())
    if not facts.audio_codec or not played or facts.audio_codec in played:
        return ()
    return ("-c:a", "libopus") if out.suffix == ".webm" else ("-c:a", "aac", "-b:a", "192k")


# What only some browsers play -----------------------------------------------------------------------------------------
def _is_encoded(facts: Probe, out: Path) -> bool:
    if facts.kind != probe.VIDEO or out.suffix != ".mp4" or (facts.duration_s or 0) > ENCODED_S:
        return False
    if facts.hdr and "zscale" not in ffmpeg.has("filters"):
        return False
    if facts.video_codec == "h264":
        return facts.pixel_format not in EIGHT_BITS
    return facts.video_codec not in PLAYED


def _encoded(link: Path, out: Path, facts: Probe, progress: Progress) -> bool:
    """False where it took too long or a picture could not be decoded: the copy then has it as it is."""
    length = facts.duration_s or 0
    steps = [
        *(["bwdif=mode=send_frame:deint=interlaced"] if facts.interlaced else []),
        *([f"fps={MOST_FPS}"] if (facts.fps or 0) > MOST_FPS + 0.5 else []),
        *([TONE_MAP.rstrip(",")] if facts.hdr else []),
        "scale={}:{}:flags=bicubic".format(*_even(_fitted(facts.width, facts.height))),
        "setsar=1,format=yuv420p",
    ]
    command = [*ffmpeg.safe_input(link), "-map", "0:V:0", "-map", "0:a:0?", "-vf", ",".join(steps)]
    try:
        ffmpeg.run([*command, *settings(RATE), out.name], folder=link.parent, timeout_s=encoding_s(length),
                   length_s=length, progress=progress)  # fmt: skip
    except (RenderInterrupted, ffmpeg.FfmpegFailed):
        return False
    return True


def _fitted(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(size: tuple[int, int]) -> tuple[int, int]:
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def _poster(plan: Mapping[str, Any], root: Path, folder: Path) -> Path | None:
    """None where there is none, or none that can be read: the video is shown all the same."""
    with suppress(MediaError):
        if poster := plan.get("poster"):
            path = plans.checked_source(poster, root, "poster")
            header = pictures.read_header(path)
            size = _fitted(header.width, header.height)
            image = pictures.load(path, size).resize(size).convert("RGB")
            file = folder / "cover.jpg"
            pictures.save(image, file, "jpeg", POSTER_BYTES, photo=True)
            return file
    return None
