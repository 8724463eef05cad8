"""What kind of file is this, and do we take it? Asked before anything decodes it, in a limited child process.

:func:`probe` is for any process (the upload's check in the web process, a command); it starts
``python -m media.probe``, which limits itself and calls :func:`inspect`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from media import child, ffmpeg, pictures
from media.errors import BadMedia, RenderInterrupted

MAX_VIDEO_S = 60 * 60
MAX_VIDEO_BYTES = 2 * 1024**3
MIN_VIDEO_S = 0.5
TIMEOUT_S = 40
# As ffmpeg names the streams; ffmpeg.CODECS names the decoders. Stream copy opens no decoder, so we look ourselves.
VIDEO_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"})
PCM = frozenset(
    {"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le"}
)  # cameras, recorders
AUDIO_CODECS = frozenset({"aac", "mp3", "opus", "vorbis", "flac", "alac"}) | PCM
HDR = {"smpte2084", "arib-std-b67"}
MATRICES = ("bt709", "bt470bg", "smpte170m", "bt2020nc", "smpte240m")
SOUNDS = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "matroska": "audio/webm",
}

PICTURE, VIDEO, AUDIO = "picture", "video", "audio"


@dataclass(frozen=True)
class Probe:
    """Facts about a file. Width and height are as seen: EXIF orientation and rotation are applied."""

    kind: str
    mime: str
    width: int = 0
    height: int = 0
    duration_s: float | None = None
    has_audio: bool = False
    fps: float | None = None
    video_codec: str = ""
    audio_codec: str = ""
    pixel_format: str = ""
    hdr: bool = False
    frames: int = 1
    square: bool = True
    turned: bool = False  # stored lying, to be shown upright
    uneven: bool = False  # frames are not equally far apart
    interlaced: bool = False  # each picture is two half pictures of different moments
    matrix: str = ""  # how its colours are coded, where it says so
    chapters: Sequence[Chapter] = ()


Chapter = Sequence[Any]  # begin and end in seconds, title
MOST_CHAPTERS = 100


def probe(path: Path | str, *, wanted: str = PICTURE, timeout_s: float = TIMEOUT_S) -> Probe:
    """The facts about a picture, video or sound, or BadMedia with a reason for people. Safe for any file.

    ``wanted`` is what it should be: of a file that is nothing we know, the reason says what to use.
    """
    task = {"path": str(path), "wanted": wanted}
    try:
        return Probe(**child.run_python("media.probe", task, timeout_s=timeout_s))
    except RenderInterrupted as error:
        raise BadMedia(
            "This file cannot be examined: it may be damaged. Export it anew and try again."
        ) from error


def inspect(path: Path, wanted: str = PICTURE) -> Probe:
    """The same in this process, which should have limits of its own."""
    if not path.is_file():
        raise BadMedia("There is no such file.")
    if path.stat().st_size == 0:
        raise BadMedia("This file is empty. The upload may have been cut off; try again.")
    with path.open("rb") as file:
        start = file.read(64)
    if looks_like_video(start):
        return inspect_video(path)
    try:
        header = pictures.read_header(path)
    except BadMedia as error:
        if wanted == PICTURE:
            raise
        raise BadMedia(ffmpeg.NOT_A_VIDEO if wanted == VIDEO else ffmpeg.NOT_A_SOUND) from error
    return Probe(PICTURE, header.mime, header.width, header.height, frames=header.frames)


def looks_like_video(start: bytes) -> bool:
    """By the first bytes: what ffmpeg reads for us (not AVIF or HEIC pictures), and AVI, to be refused as a video."""
    return bool(ffmpeg.demuxer(start)) or (start[:4] == b"RIFF" and start[8:12] == b"AVI ")


def inspect_video(path: Path) -> Probe:
    """Parse what ``ffmpeg -i`` says: a kept ffprobe does not come with every ffmpeg."""
    if path.stat().st_size > MAX_VIDEO_BYTES:
        raise BadMedia("This video is larger than 2 GB. Export it at a lower quality or cut it first.")
    with tempfile.TemporaryDirectory(prefix="probe-") as name:
        link = Path(name) / "in.bin"
        link.symlink_to(path.resolve())
        try:
            said = ffmpeg.run(
                [*ffmpeg.safe_input(link), "-map", "0", "-c", "copy", "-t", "0", "-f", "null", "-"],
                folder=Path(name),
                timeout_s=TIMEOUT_S / 2,
            )
        except ffmpeg.FfmpegFailed as error:
            if "not on the whitelist" in error.tail or "not in the whitelist" in error.tail:
                raise BadMedia(_not_allowed(error.tail)) from error
            said = error.tail
            if "Stream #0" not in said:
                raise BadMedia(_broken_off(path) or ffmpeg.NOT_A_VIDEO) from error
    return check(parse(said))


BREAKS_OFF = "This {what} breaks off: it was not copied or uploaded to its end. Copy it again."
ATOMS = frozenset(
    {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"uuid", b"meta", b"pnot", b"udta", b"moof"}
)


def atoms(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The parts that an MP4 is made of, by name, and whether each is there to its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        begins = 0
        while len(head := file.read(16)) >= 8:
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:], "big")
            ends = begins + length if length else size
            yield name, ends <= size
            if ends < begins + 8 or ends >= size:
                return
            begins = file.seek(ends)


def _broken_off(path: Path) -> str:
    if not breaks_off(path):
        return ""
    with path.open("rb") as file:
        return BREAKS_OFF.format(what="recording" if file.read(12)[8:] == b"M4A " else "video")


def breaks_off(path: Path) -> bool:
    """Whether this begins as an MP4 does and ends within one of its parts, or before its index, which often stands last."""
    found = list(islice(atoms(path), 1000))
    names = {name for name, _ in found}
    if not names or not names <= ATOMS:
        return False
    return not found[-1][1] or (b"mdat" in names and b"moov" not in names)


STANDS_S = 0.15  # a picture that is followed sooner need not be looked for


def standing_s(link: Path, folder: Path, at_s: float) -> float | None:
    """How long the picture that is seen at a time has stood by then: 0 where another follows at once, None before the first.

    Screen recorders write a picture when something moves. Nothing is decoded.
    """
    return standing(_pictures(link, folder, at_s, 2 * STANDS_S))


def has_picture(link: Path, folder: Path, at_s: float, length_s: float) -> bool:
    """Whether there is a picture in a passage, or before it. Nothing is decoded."""
    return bool(PICTURE_AT.search(_pictures(link, folder, at_s, length_s)))


PICTURE_AT = re.compile(r"^0,[^,]*, *(-?\d+),", re.MULTILINE)


def _pictures(link: Path, folder: Path, at_s: float, length_s: float) -> str:
    """What ``framecrc`` says of the pictures from a key frame before a time on."""
    listed = folder / "pictures.txt"
    begin = ("-ss", ffmpeg.number(at_s), "-t", ffmpeg.number(length_s))
    try:
        ffmpeg.run(
            [*ffmpeg.safe_input(link, *begin), "-map", "0:V:0", "-c", "copy", "-f", "framecrc", listed.name],
            folder=folder, timeout_s=TIMEOUT_S,
        )  # fmt: skip
    except ffmpeg.FfmpegFailed:
        return ""
    return listed.read_text()


def standing(listed: str) -> float | None:
    """The same from the words of ``framecrc``, with times counted from the one that is asked about. Pure."""
    unit = re.search(r"^#tb 0: (\d+)/(\d+)$", listed, re.MULTILINE)
    if not unit:
        return 0.0
    times = [int(each) * int(unit[1]) / int(unit[2]) for each in PICTURE_AT.findall(listed)]
    before = [at for at in times if at <= 0]
    if not before:
        return None
    return 0.0 if any(0 < at <= STANDS_S for at in times) else -max(before)


def _not_allowed(tail: str) -> str:
    found = re.search(r"Codec \(([\w-]+)\) not (?:on|in) (?:the )?whitelist", tail)
    if not found:
        return "We do not take this kind of video. Export it as MP4 with H.264 and AAC."
    heard = re.search(rf"Stream #0:.*: Audio: .*\b{found[1]}\b", tail)
    return _coded_as(found[1], VIDEO if SEEN.search(tail) else AUDIO, heard=bool(heard))


SEEN = re.compile(r"Stream #0:.*: Video: (?!.*attached pic)")


def _coded_as(codec: str, kind: str, *, heard: bool) -> str:
    if kind == AUDIO:
        return f"This sound is coded as “{codec}”, which we do not take. Export it as MP3, M4A, WAV or FLAC."
    what = "The sound of this video" if heard else "This video"
    return f"{what} is coded as “{codec}”, which we do not take. Export it as MP4 with H.264 and AAC."


CHAPTER = re.compile(r"\s+Chapter #0:\d+: start (\d+(?:\.\d+)?), end (\d+(?:\.\d+)?)")
TITLE = re.compile(r"\s+title\s+: (.*)")


def chapters(said: str) -> list[Chapter]:
    """The chapters that a file names, from the words of ``ffmpeg -i``. Pure."""
    found: list[list[Any]] = []
    for line in said.split("\n"):
        if line.lstrip().startswith("Stream #"):
            break
        if begun := CHAPTER.match(line):
            found.append([float(begun[1]), float(begun[2]), ""])
        elif found and not found[-1][2] and (title := TITLE.match(line)):
            found[-1][2] = title[1].strip()[:120]
    return [each for each in found if each[1] > each[0]][:MOST_CHAPTERS]


STREAM = re.compile(r"\s+Stream #0:\d+(?:\[0x[0-9a-f]+\])?(?:\([\w-]+\))?: (\w+): (.*)")
TURNED = re.compile(r"\s+(?:[Dd]isplay ?[Mm]atrix: )rotation of (-?\d+)")

INTERLACED = re.compile(r"\b(?:top|bottom) (?:coded )?first\b")


def described(said: str) -> list[str]:
    """The lines of ``ffmpeg -i`` about its input, without tags: a file may have anything in those, "Duration: …" too."""
    lines: list[str] = []
    tags: int | None = None  # how far in the heading stands, below which everything is tags
    for line in said.split("\n"):
        if line.startswith("Output #0"):
            break
        far_in = len(line) - len(line.lstrip(" "))
        if tags is not None and far_in > tags:
            continue
        tags = far_in if line.strip() == "Metadata:" else None
        if tags is None:
            lines.append(line)
    return lines


def parse(said: str) -> Probe:
    """Facts from the words of ``ffmpeg -i``. Pure."""
    lines = described(said)
    video = audio = ""
    turned, of_video = 0, False
    for line in lines:
        if stream := STREAM.match(line):
            kind, rest = stream.groups()
            of_video = kind == "Video" and not video and "attached pic" not in rest
            if of_video:
                video = rest
            elif kind == "Audio" and not audio:
                audio = rest
        elif of_video and (found := TURNED.match(line)):
            turned = int(found[1])
    told = (re.match(r"  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", line) for line in lines)
    found = next(filter(None, told), None)
    duration = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None
    if not video and not audio:
        raise BadMedia(ffmpeg.NOT_A_VIDEO)
    container = re.search(r"^Input #0, ([\w,]+),", "\n".join(lines), re.MULTILINE)
    names = container[1].split(",") if container else []
    mime = (
        "video/webm"
        if "webm" in names and "vp" in video[:4]
        else "video/x-matroska"
        if "matroska" in names
        else "video/mp4"
    )
    size = re.search(r"\b(\d{2,5})x(\d{2,5})\b", video)
    width, height = (int(size[1]), int(size[2])) if size else (0, 0)
    # What the container says of the pixels goes before what the coding says, and stands outside the brackets.
    shape = re.search(r", SAR (\d+):(\d+)", video) or re.search(r"\[SAR (\d+):(\d+)", video)
    square = not shape or shape[1] == shape[2] or "0" in shape.groups()
    if not square:
        width = round(width * int(shape[1]) / int(shape[2]))
    if abs(turned) % 180 == 90:
        width, height = height, width
    rates = [re.search(rf"([\d.]+)(k?) {name}\b", video) for name in ("fps", "tbr")]
    fps, steps = (float(r[1]) * (1000 if r[2] else 1) if r else None for r in rates)
    return Probe(
        kind=VIDEO if video else AUDIO,
        mime=mime if video else SOUNDS.get(names[0] if names else "", "audio/mp4"),
        width=width,
        height=height,
        duration_s=duration,
        has_audio=bool(audio),
        fps=fps,
        video_codec=video.split(" ")[0].rstrip(",") if video else "",
        audio_codec=audio.split(" ")[0].rstrip(",") if audio else "",
        pixel_format=(re.search(r", (\w+)(?:\(|,)", video) or ["", ""])[1] if video else "",
        hdr=any(name in video for name in HDR),
        square=square,
        turned=bool(turned % 360),
        interlaced=bool(INTERLACED.search(video)),
        matrix=next((name for name in MATRICES if name in video), ""),
        uneven=bool(fps and steps and abs(fps - steps) > 0.02 * fps),
        chapters=chapters(said),
    )


def check(facts: Probe) -> Probe:
    if facts.duration_s is None:
        raise BadMedia("This video does not say how long it is; it may be cut off. Export it anew as MP4.")
    if facts.duration_s > MAX_VIDEO_S:
        raise BadMedia(
            f"This video lasts {spoken(facts.duration_s)}; at most {spoken(MAX_VIDEO_S)} are possible. "
            "Cut out the passage you want to show and upload that."
        )
    if facts.video_codec and facts.video_codec not in VIDEO_CODECS:
        raise BadMedia(_coded_as(facts.video_codec, facts.kind, heard=False))
    if facts.audio_codec and facts.audio_codec not in AUDIO_CODECS:
        raise BadMedia(_coded_as(facts.audio_codec, facts.kind, heard=True))
    if facts.kind == VIDEO:
        if facts.duration_s < MIN_VIDEO_S:
            raise BadMedia("This video is shorter than half a second.")
        if not facts.width or facts.width * facts.height > ffmpeg.MAX_PIXELS:
            raise BadMedia(
                f"This video has {facts.width} × {facts.height} pixels; at most "
                "4096 × 2304 are possible. Export it as 4K or less."
            )
    return facts


def spoken(seconds: float) -> str:
    hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
    if hours and minutes:
        return f"{hours} h {minutes} min"
    return (
        f"{hours} h"
        if hours > 1
        else f"{round(seconds / 60)} minutes"
        if seconds >= 120
        else f"{seconds:.0f} seconds"
    )


def _work(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    return asdict(inspect(Path(task["path"]), task.get("wanted", PICTURE)))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(inspect(Path(sys.argv[1])))
    else:
        # ffmpeg maps much address space before it reads a byte; it is the memory it really uses that is small.
        child.serve(_work, memory_mib=1536, cpu_s=30, file_mib=16)
