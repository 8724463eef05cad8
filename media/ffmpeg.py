"""Call ffmpeg: find it, the options that make an input from outside safe, run it within limits and report progress.

No shell, no user's text or file name in a filter or an option: inputs are links with names of our own in a folder of
our own. The process that calls this has already limited itself (media.child), and ffmpeg inherits that.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from media.errors import BadMedia, RenderError, RenderInterrupted

CONTAINERS = "mov,mp4,m4a,3gp,matroska,webm,mp3,wav,ogg,flac"
CODECS = (
    "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4,aac,mp3,mp3float,opus,libopus,vorbis,flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,"
    "pcm_s24be,pcm_s32le,pcm_f32le"
)
MAX_PIXELS = 9437184  # 4096 × 2304
MAX_STREAMS = 32  # telephones lay several of data beside picture and sound

NO_ROOM = "Resource temporarily unavailable"  # for one more thread: no fault of the file

NOT_A_VIDEO = (
    "This file is not a video we can read. Use an MP4, MOV, WebM or MKV file with H.264, HEVC, VP9 or AV1."
)
NOT_A_SOUND = "This file is not a sound file we can read. Use an MP3, M4A, WAV, FLAC or Ogg file."

# The protocol list alone does not stop a playlist in a video's clothes from reading other local files; the format list
# and the demuxer that is named (:func:`demuxer`) do, each by itself. The order counts: all of them stand before -i.
SAFE_INPUT = (
    "-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS,
    "-max_pixels", str(MAX_PIXELS), "-max_streams", str(MAX_STREAMS),
)  # fmt: skip


class FfmpegFailed(BadMedia):
    """ffmpeg ended with an error: nearly always the file's. ``tail`` is the end of what it said."""

    def __init__(self, code: int, tail: str) -> None:
        words = _last_words(tail)
        super().__init__(f"This file could not be read; it may be damaged. Export it anew as MP4. ({words})")
        self.code, self.tail = code, tail


def _last_words(tail: str) -> str:
    # What stands further in is about the file, and may be the file's own words.
    lines = [line for line in tail.split("\n") if not line.startswith(("frame=", "out_s=", " "))]
    errors = [line for line in lines if "rror" in line or "nvalid" in line]
    return (errors[:1] or lines[-1:] or [""])[0].strip()[:160]


@cache
def executable() -> str:
    """HUSTINGS_FFMPEG, then the PATH, then the one that comes with imageio-ffmpeg."""
    named = os.environ.get("HUSTINGS_FFMPEG", "")
    if named:
        found = shutil.which(named)
        if not found:
            raise RenderError(
                f"HUSTINGS_FFMPEG names {named}, but there is no such program. The operator can mend that."
            )
        return found
    if found := shutil.which("ffmpeg"):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # a large package: only where nothing else is there

        return get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        raise RenderError(
            "Videos need ffmpeg, which is not installed. The operator can install it."
        ) from None


@cache
def version() -> tuple[int, int]:
    """(7, 1) for "ffmpeg version n7.1-…". A build from a development branch, which has no number, counts as new."""
    import re

    said = subprocess.run([executable(), "-version"], capture_output=True, text=True, timeout=20, check=False)
    found = re.search(r"version n?(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (99, 0)


@cache
def has(what: str) -> frozenset[str]:
    """The names of the ``filters``, ``encoders`` … that this ffmpeg has."""
    said = subprocess.run(
        [executable(), "-hide_banner", f"-{what}"], capture_output=True, text=True, timeout=20, check=False
    )
    return frozenset(words[1] for line in said.stdout.splitlines() if len(words := line.split()) > 1)


STILLS = (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"heif")


def demuxer(start: bytes) -> str:
    """Which of ffmpeg's demuxers a file that begins so is read with, whatever its name says; "" where it is none of ours."""
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "" if start[8:12] in STILLS else "mov"
    if start[:4] == b"RIFF":
        return "wav" if start[8:12] == b"WAVE" else ""
    if start[:3] == b"ID3" or start[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"):
        return "mp3"
    return {b"\x1aE\xdf\xa3": "matroska", b"OggS": "ogg", b"fLaC": "flac"}.get(start[:4], "")


def demuxer_of(path: Path) -> str:
    """:func:`demuxer` of a file. A tag that stands before FLAC's own beginning does not make it an MP3."""
    with path.open("rb") as file:
        start = file.read(64)
        if start[:3] == b"ID3":
            size = 0
            for seven_bits in start[6:10]:
                size = size << 7 | seven_bits & 0x7F
            file.seek(10 + size)
            if file.read(4) == b"fLaC":
                return "flac"
    return demuxer(start)


def safe_input(path: Path, *before: str) -> list[str]:
    """The arguments for an input that came from outside; ffmpeg runs in its folder.

    Its demuxer is named, so that ffmpeg does not go by what it makes of the content. ``before`` are further input
    options (``-ss``, ``-t``).
    """
    form = demuxer_of(path)
    if not form:
        raise BadMedia(NOT_A_VIDEO)
    # From 7.1 on a decoder for enhancement layers starts by itself; it has had a memory-safety advisory.
    plain = ("-export_side_data", "enhancements") if version() >= (7, 1) else ()
    return [*SAFE_INPUT, *plain, "-f", form, *before, "-i", f"file:{path.name}"]


def number(value: float) -> str:
    """A number for an option: never in scientific notation, never without its zero (ffmpeg 9 refuses ".5")."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"


def run(
    args: Sequence[str],
    *,
    folder: Path,
    timeout_s: float,
    length_s: float | None = None,
    progress: Callable[[float], None] | None = None,
    feed: Callable[[object], None] | None = None,
    one_thread: bool = False,
) -> str:
    """Run ffmpeg in ``folder`` and return the end of what it said, with last lines like ``frame=250`` and ``out_s=8.333``.

    ``length_s`` is the length of the output, of which ``progress`` gets the share done. ``feed`` writes to ffmpeg's
    standard input (raw frames). Raises FfmpegFailed, or RenderInterrupted when it took longer than ``timeout_s``.
    """
    threads = ["-filter_threads", "1", "-filter_complex_threads", "1"] if one_thread else []
    command = [
        executable(),
        "-hide_banner",
        "-nostdin",
        "-y",
        *threads,
        "-progress",
        "pipe:1",
        "-nostats",
        *args,
    ]
    if feed:
        command.remove("-nostdin")
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    tail: deque[str] = deque(maxlen=400)  # a broken file makes ffmpeg write thousands of lines
    timed_out = threading.Event()

    def end() -> None:
        timed_out.set()
        process.kill()

    follow = _Follow(length_s, progress)
    timer = threading.Timer(timeout_s, end)
    timer.start()
    readers = [
        threading.Thread(
            target=_listen, args=(process.stderr, lambda line: tail.append(line[:600])), daemon=True
        ),
        threading.Thread(target=_listen, args=(process.stdout, follow), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        if feed:
            try:
                feed(process.stdin)
            except BrokenPipeError:
                pass  # ffmpeg gave up: its exit code and words say why
            finally:
                _close(process.stdin)
        code = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
        for reader in readers:
            reader.join(5)
        process.stdout.close()
        process.stderr.close()
    if timed_out.is_set():
        raise RenderInterrupted("Working on this video took too long and was stopped.")
    if code == -signal.SIGKILL or code == -signal.SIGXCPU:
        raise RenderInterrupted("Working on this video needed more time or memory than it may have.")
    if code == -signal.SIGXFSZ:
        raise RenderError(
            "The file would become larger than this server may write. Choose a shorter passage."
        )
    said = "\n".join([*tail, f"frame={follow.frames}", f"out_s={follow.out_s:.3f}"])
    if code and any(NO_ROOM in line for line in tail if not line.startswith(" ")):
        raise RenderInterrupted("Working on this video needed more memory or processes than it may have.")
    if code:
        raise FfmpegFailed(code, said)
    return said


def _close(stream) -> None:
    with suppress(BrokenPipeError):
        stream.close()


def _listen(stream, take: Callable[[str], None]) -> None:
    for line in stream:
        take(line.decode(errors="replace").rstrip())


class _Follow:
    """Takes the lines of ``-progress``."""

    def __init__(self, length_s: float | None, progress: Callable[[float], None] | None) -> None:
        self.length_s, self.progress, self.frames, self.out_s = length_s, progress, 0, 0.0

    def __call__(self, line: str) -> None:
        name, _, value = line.partition("=")
        if not value.strip().lstrip("-").isdigit():
            return
        if name == "frame":
            self.frames = int(value)
        elif name == "out_time_us":
            self.out_s = max(0.0, int(value) / 1e6)
            if self.progress and self.length_s:
                self.progress(min(1.0, self.out_s / self.length_s))
