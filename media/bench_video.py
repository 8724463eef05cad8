"""How fast videos are made, side by side with ffmpeg commands as one would write them by hand. Part of ``make bench``.

Medians of three interleaved rounds; the commands get the words as ready pictures and use the same encoder settings. By
hand: ``python -m media.bench_video``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from media import burnt, captions, encode, ffmpeg, film
from media.bench import LOOK, row, side_by_side, timed
from media.geometry import video_crop
from media.render import render, render_together

LENGTH_S = 30
SHAPES = ((1080, 1920), (1080, 1080), (1080, 1350), (1920, 1080))
SOURCE = (1920, 1080)
SLIDE_S, FADE_S = 3.0, 0.4
LOUDER = "volume=7dB,aresample=48000"


def _ffmpeg(*words: str | Path) -> None:
    command = [ffmpeg.executable(), "-v", "error", "-nostdin", "-y", *map(str, words)]
    subprocess.run(command, check=True, timeout=900)


class Material:
    """A clip of 1080p with sound, its captions, and the plans of cuts of it."""

    def __init__(self, folder: Path, length_s: int = LENGTH_S) -> None:
        self.folder, self.length_s = folder, length_s
        self.clip, self.captions = folder / f"clip{length_s}.mp4", folder / f"clip{length_s}.vtt"
        _ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate=30:duration={length_s}", "-f", "lavfi", "-i",
                f"sine=frequency=300:duration={length_s}", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
                self.clip)  # fmt: skip
        cues = [
            captions.Cue(n + 0.2, n + 2.8, f"This is what is said in sentence {n}")
            for n in range(0, length_s - 2, 3)
        ]
        self.captions.write_text(captions.to_vtt(cues))
        self.cues = cues

    def plan(self, size: tuple[int, int]) -> dict[str, Any]:
        return {
            "kind": "cut", "version": 1, "size": list(size), "fps": 30, "source": {"path": str(self.clip), "sha256": ""},
            "start_s": 0.0, "length_s": float(self.length_s), "centre": {"x": 0.5, "y": 0.5}, "max_s": 90, "min_s": 3,
            "captions": {"path": str(self.captions), "sha256": ""}, "title": {"headline": "Our river in one day"},
            "end_card": {}, "look": LOOK, "language": "en", "safe": [], "max_bytes": encode.MOST_BYTES,
        }  # fmt: skip

    def render(self, *sizes: tuple[int, int]) -> None:
        outs = [self.folder / f"ours{n}.mp4" for n in range(len(sizes))]
        render_together([self.plan(size) for size in sizes], root=self.folder, outs=outs)

    def words(self, size: tuple[int, int]) -> list[burnt.Overlay]:
        """Title and captions as ready pictures."""
        drawn = self.folder / f"drawn{size[0]}x{size[1]}-{self.length_s}"
        drawn.mkdir(exist_ok=True)
        return burnt.overlays(self.plan(size), drawn, self.cues, self.length_s)

    def by_hand(
        self, size: tuple[int, int], sound: str = "loudnorm=I=-14:TP=-1.5,aresample=48000"
    ) -> list[str | Path]:
        """What a person would write: cut, crop, scale, title and captions over it, loudness. How to encode comes after."""
        words, crop = self.words(size), video_crop(SOURCE, size, 0.5, 0.5)
        cropped = f"crop={crop.width}:{crop.height}:{crop.left}:{crop.top}"
        steps = [f"[0:v]{cropped},scale={size[0]}:{size[1]}:flags=bicubic,fps=30[v0]"]
        for n, each in enumerate(words):
            between = f"enable='between(t,{each.start_s},{each.end_s})'"
            steps.append(f"[v{n}][{n + 1}:v]overlay={each.x}:{each.y}:{between}[v{n + 1}]")
        graph = ";".join([*steps, f"[v{len(words)}]format=yuv420p[v]", f"[0:a]{sound}[a]"])
        inputs = [word for each in words for word in ("-i", each.file)]
        return ["-i", self.clip, *inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[a]"]

    def out(self) -> list[str | Path]:
        return [*encode.settings(), self.folder / "hand.mp4"]


def one_cut(material: Material) -> list[dict[str, Any]]:
    command = material.by_hand(SHAPES[0])
    times = side_by_side(lambda: material.render(SHAPES[0]), lambda: _ffmpeg(*command, *material.out()))
    name = f"a captioned 9:16 cut of {material.length_s} s against ffmpeg by hand"
    return [
        row(name, *times.wall, goal=1.15, unit="s"),
        row(f"{name}, processor time", *times.cpu, goal=1.10),
    ]


def several_shapes(material: Material, count: int, wall_goal: float | None) -> list[dict[str, Any]]:
    commands = [material.by_hand(size) for size in SHAPES[:count]]

    def by_hand() -> None:
        for command in commands:
            _ffmpeg(*command, *material.out())

    times = side_by_side(lambda: material.render(*SHAPES[:count]), by_hand)
    name = f"{count} shapes of one cut of {material.length_s} s against {count} such commands"
    return [
        row(name, *times.wall, goal=wall_goal, unit="s"),
        row(f"{name}, processor time", *times.cpu, goal=0.9),
    ]


def parts_of_the_command(material: Material) -> dict[str, Any]:
    """The command by hand against its decoding alone and its encoding alone: what cropping, scaling and words cost.

    With the sound as our graph has it, turned up by a number: measuring how loud it is is no part of the command.
    """
    size, raw, sound = SHAPES[0], material.folder / "raw.yuv", material.folder / "raw.wav"
    command = material.by_hand(size, LOUDER)
    _ffmpeg(*command[:-2], "-f", "rawvideo", raw, "-map", "[a]", sound)
    shape = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", "30")

    def parts() -> None:
        _ffmpeg("-i", material.clip, "-f", "null", "-")
        _ffmpeg(*shape, "-i", raw, "-i", sound, *encode.settings(), material.folder / "encoded.mp4")

    times = side_by_side(lambda: _ffmpeg(*command, *material.out()), parts)
    raw.unlink()
    return row("the command by hand against decoding and encoding alone", *times.cpu, goal=1.2)


# Films of cards -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slides:
    """Cards with a photograph each, three seconds long: moving closer, and over into the next."""

    folder: Path
    count: int = 4

    @property
    def length_s(self) -> float:
        return SLIDE_S * self.count

    def cards(self) -> list[dict[str, Any]]:
        photo = self.folder / "photo.jpg"
        if not photo.exists():
            Image.effect_noise((600, 800), 60).convert("RGB").resize((1800, 2400)).save(photo, quality=88)
        card = {"kind": "card", "version": 1, "template": "cover", "size": [1080, 1920], "format": "jpeg", "language": "en",
                "source": {"path": str(photo), "sha256": "", "focus": {"x": 0.5, "y": 0.5}}, "look": LOOK}  # fmt: skip
        return [
            card | {"text": {"headline": f"What happened at the river, part {n}"}} for n in range(self.count)
        ]

    def plan(self) -> dict[str, Any]:
        return {"kind": "film", "version": 1, "size": [1080, 1920], "fps": 30, "slides": self.cards(), "slide_s": SLIDE_S,
                "end_card": {}, "look": LOOK, "language": "en", "max_bytes": encode.MOST_BYTES}  # fmt: skip

    def stills(self) -> list[Path]:
        found = [self.folder / f"still{n}.jpg" for n in range(self.count)]
        for still, card in zip(found, self.cards(), strict=True):
            render(card, root=self.folder, out=still)
        return found

    def ours(self) -> None:
        render(self.plan(), root=self.folder, out=self.folder / "film.mp4")

    def by_zoompan(self) -> None:
        stills, steps, last = self.stills(), [], "s0"
        for n in range(self.count):
            frames = round((SLIDE_S + (FADE_S if n + 1 < self.count else 0)) * 30)
            steps.append(f"[{n}:v]zoompan=z='1+0.05*on/90':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d={frames}:"
                         f"s=1080x1920:fps=30[s{n}]")  # fmt: skip
        for n in range(1, self.count):
            steps.append(f"[{last}][s{n}]xfade=duration={FADE_S}:offset={SLIDE_S * n:g}[x{n}]")
            last = f"x{n}"
        steps.append(f"[{last}]trim=duration={self.length_s:g},format=yuv420p[v]")
        inputs = [word for still in stills for word in ("-i", still)]
        silence = ("-f", "lavfi", "-t", f"{self.length_s:g}", "-i", "anullsrc=r=48000:cl=stereo")
        _ffmpeg(*inputs, *silence, "-filter_complex", ";".join(steps), "-map", "[v]", "-map", f"{self.count}:a",
                *encode.settings(), self.folder / "zoompan.mp4")  # fmt: skip

    def by_moviepy(self) -> None:
        """As MoviePy's own pages show it: stills that are resized as time goes on, over each other."""
        from moviepy import CompositeVideoClip, ImageClip, vfx

        clips = []
        for n, still in enumerate(self.stills()):
            length = SLIDE_S + (FADE_S if n + 1 < self.count else 0)
            clip = ImageClip(str(still)).with_duration(length).resized(lambda t: 1 + 0.05 * t / SLIDE_S)
            clip = clip.with_position("center").with_start(SLIDE_S * n)
            clips.append(clip.with_effects([vfx.CrossFadeIn(FADE_S)]) if n else clip)
        made = CompositeVideoClip(clips, size=(1080, 1920)).with_duration(self.length_s)
        made.write_videofile(str(self.folder / "moviepy-film.mp4"), fps=30, preset="superfast", threads=encode.threads(),
                             logger=None)  # fmt: skip


def films(folder: Path) -> Iterator[dict[str, Any]]:
    four, two = Slides(folder), Slides(folder, 2)
    times = side_by_side(four.ours, four.by_zoompan)
    yield row("a film of four cards against ffmpeg's zoompan", *times.wall, goal=1.25, unit="s")
    yield row("a film of four cards against ffmpeg's zoompan, processor time", *times.cpu, goal=1.25)
    yield row("a film's slow zoom: how far a step is from where it should be", step_error(), 0.05, 1.0, "px")
    times = side_by_side(two.ours, two.by_moviepy)
    yield row("a film of two cards against plain MoviePy, processor time", *times.cpu, goal=0.2)


def step_error() -> float:
    """How far something near the edge of a slide is at most from where it should be, in pixels, over all its frames."""
    width, height, frames, at = 1080, 64, 90, 120
    line = Image.new("RGB", (width, height))
    line.paste((255, 255, 255), (at - 4, 0, at + 5, height))
    worst = 0.0
    for n, frame in enumerate(film.film_frames([film.Slide(line, True)], frames, 12)):
        first = [value - 16 for value in frame[width * 32 : width * 32 + 400]]
        seen = sum(x * value for x, value in enumerate(first)) / sum(first) + 0.5
        zoom = 1 - film.ZOOM * n / frames
        worst = max(worst, abs(seen - (width / 2 - (width / 2 - at - 0.5) / zoom)))
    return worst


# MoviePy ------------------------------------------------------------------------------------------


def plain_moviepy(material: Material) -> list[dict[str, Any]]:
    """The same cut as MoviePy's own pages show it: clips laid over each other, written by its own writer."""
    from moviepy import CompositeVideoClip, ImageClip, VideoFileClip

    size = SHAPES[0]
    words = material.words(size)

    def theirs() -> None:
        with VideoFileClip(str(material.clip)) as clip:
            seen = clip.cropped(x1=656, width=608).resized(size)
            laid = [
                ImageClip(str(w.file)).with_start(w.start_s).with_end(w.end_s).with_position((w.x, w.y))
                for w in words
            ]
            made = CompositeVideoClip([seen, *laid]).with_duration(material.length_s)
            made.write_videofile(str(material.folder / "moviepy.mp4"), fps=30, preset="superfast",
                                 threads=encode.threads(), temp_audiofile_path=str(material.folder),
                                 logger=None)  # fmt: skip

    times = side_by_side(lambda: material.render(size), theirs)
    name = f"the same cut of {material.length_s} s against plain MoviePy"
    return [
        row(name, *times.wall, goal=0.25, unit="s"),
        row(f"{name}, processor time", *times.cpu, goal=0.25),
    ]


def moviepy_used_well(material: Material) -> dict[str, Any]:
    """One function per frame that cuts, scales and pastes only the bands with words, and our encoder settings."""
    import numpy
    from moviepy import VideoFileClip

    size = SHAPES[0]
    crop = video_crop(SOURCE, size, 0.5, 0.5)
    words = [(each, Image.open(each.file).convert("RGBA")) for each in material.words(size)]

    def frame(get: Callable[[float], Any], t: float) -> Any:
        seen = Image.fromarray(get(t)[:, crop.left : crop.left + crop.width]).resize(
            size, Image.Resampling.BICUBIC
        )
        for each, drawn in words:
            if each.start_s <= t < each.end_s:
                seen.paste(drawn, (each.x, each.y), drawn)
        return numpy.asarray(seen)

    def theirs() -> None:
        with VideoFileClip(str(material.clip)) as clip:
            colours = "scale=out_color_matrix=bt709:out_range=tv,setparams=range=tv:colorspace=bt709"
            clip.transform(frame).write_videofile(
                str(material.folder / "moviepy-well.mp4"), fps=30, preset="superfast", threads=encode.threads(),
                temp_audiofile_path=str(material.folder), logger=None,
                ffmpeg_params=["-crf", "21", "-g", "60", "-vf", colours, "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
            )  # fmt: skip

    times = side_by_side(lambda: material.render(size), theirs)
    return row(f"a cut of {material.length_s} s against MoviePy used well", *times.cpu, goal=0.6)


# Memory ---------------------------------------------------------------------------------------------


def _peak_mib(command: Sequence[str], task: str = "") -> float:
    """The most memory that a command and all it starts hold at once."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True
    )
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peak[0] = max(peak[0], _group_mib(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    if process.stdin is not None:
        process.stdin.write(task + "\n")
        process.stdin.flush()
    process.wait(900)
    ended.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return peak[0]


def _group_mib(group: int) -> float:
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[2]) == group:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
        except (OSError, IndexError, ValueError):
            continue
    return total


def memory(material: Material) -> Iterator[dict[str, Any]]:
    """The most that the whole process of a render holds, Python and ffmpeg together."""

    def ours(*plans: dict[str, Any]) -> float:
        outs = [str(material.folder / f"memory{n}.mp4") for n in range(len(plans))]
        task = {"plans": plans, "root": str(material.folder), "outs": outs}
        return _peak_mib([sys.executable, "-m", "media.render_job"], json.dumps(task))

    # The plainest command for the same cut: one-pass loudnorm would hold back three seconds of frames.
    plain = material.by_hand(SHAPES[0], LOUDER)
    command = [str(word) for word in (*plain, *material.out())]
    theirs = _peak_mib([ffmpeg.executable(), "-v", "error", "-nostdin", "-y", *command])
    one = ours(material.plan(SHAPES[0]))
    yield row("memory: a 1080p cut against ffmpeg's own", one, theirs, goal=1.3, unit="MiB")
    bar = 420.0 if encode.threads() == 1 else 520.0
    four = ours(*(material.plan(size) for size in SHAPES))
    slides = ours(Slides(material.folder).plan())
    for name, used, most in (
        ("a 1080p cut", one, bar),
        ("four shapes at once", four, 1250.0),
        ("a film", slides, 420.0),
    ):
        yield row(f"memory: {name} against the bar of {most:g} MiB", used, most, goal=1.0, unit="MiB")


def cache_hit() -> dict[str, Any]:
    """Asking for what is made already: a finished row whose files are there. Leaves nothing behind."""
    from django.conf import settings

    from media import cache
    from media.models import RenderState

    plan = {
        "kind": "film",
        "version": 1,
        "size": [1080, 1920],
        "slides": [{"text": {"headline": "x" * 80}}] * 9,
    }
    made = cache.request(plan)
    root, name = Path(settings.MEDIA_ROOT), cache.place(plan, made.key)
    made.state, made.file, made.cover = RenderState.DONE, name, f"{name}.jpg"
    files = [root / each for each in (made.file, made.cover)]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    try:
        for file in files:
            file.write_bytes(b"made")
        made.save()
        hits = sorted(timed(lambda: _hit(plan))[0] for _ in range(50))
    finally:
        for file in files:
            file.unlink(missing_ok=True)
        made.delete()
    return row("a cache hit, in milliseconds, against ten", hits[25] * 1000, 10.0, goal=1.0, unit="ms")


def _hit(plan: dict[str, Any]) -> None:
    from media import cache
    from media.models import RenderState

    found = cache.request(plan)
    if found.state != RenderState.DONE:
        raise RuntimeError(f"This is no hit: the row is {found.state}.")


def measure() -> Iterator[dict[str, Any]]:
    os.environ["IMAGEIO_FFMPEG_EXE"] = os.environ["FFMPEG_BINARY"] = ffmpeg.executable()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        material, short = Material(folder), Material(folder, 6)
        yield from one_cut(material)
        yield from several_shapes(material, 3, 0.9)
        yield from several_shapes(short, 4, None)
        yield parts_of_the_command(short)
        yield from films(folder)
        yield from memory(material)
        yield from plain_moviepy(material)
        yield moviepy_used_well(short)


if __name__ == "__main__":
    for found in measure():
        print(found, flush=True)
