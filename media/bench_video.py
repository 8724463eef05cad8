"""How fast videos are made, side by side with ffmpeg commands as one would write them by hand. Part of ``make bench``.

Wall times, medians of interleaved rounds; the commands get the words as ready pictures and use the same encoder settings.
By hand: ``python -m media.bench_video``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from media import burnt, captions, ffmpeg
from media.bench import LOOK
from media.encode import FINISH, SETTINGS, SOUND, threads
from media.render import render, render_together

ROUNDS = 3
LENGTH_S = 30
SIZES = ((1080, 1920), (1080, 1080), (1080, 1350))
CROPS = ("608:1080:656:0", "1080:1080:420:0", "864:1080:528:0")


def _ffmpeg(*words: str | Path) -> None:
    command = [ffmpeg.executable(), "-v", "error", "-nostdin", "-y", *map(str, words)]
    subprocess.run(command, check=True, timeout=900)


def _wall(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _side_by_side(ours: Callable[[], object], baseline: Callable[[], object], rounds: int = ROUNDS):
    found = [(_wall(ours), _wall(baseline)) for _ in range(rounds)]
    return tuple(statistics.median(each) for each in zip(*found, strict=True))


def _row(name: str, ours: float, baseline: float, goal: float, unit: str = "s") -> dict[str, Any]:
    return {"name": name, "ours": round(ours, 4), "baseline": round(baseline, 4),
            "ratio": round(ours / baseline, 3), "unit": unit, "goal": goal}  # fmt: skip


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
            "end_card": {}, "look": LOOK, "language": "en", "safe": [], "max_bytes": 300_000_000,
        }  # fmt: skip

    def render(self, *sizes: tuple[int, int]) -> None:
        outs = [self.folder / f"ours{n}.mp4" for n in range(len(sizes))]
        render_together([self.plan(size) for size in sizes], root=self.folder, outs=outs)

    def by_hand(self, size: tuple[int, int], crop: str) -> list[str | Path]:
        """The command: cut, crop, scale, title and captions over it, loudness, encode."""
        drawn = self.folder / f"drawn{size[0]}x{size[1]}-{self.length_s}"
        drawn.mkdir(exist_ok=True)
        words = burnt.overlays(self.plan(size), drawn, self.cues, self.length_s)
        steps = [f"[0:v]crop={crop},scale={size[0]}:{size[1]}:flags=bicubic,fps=30[v0]"]
        for n, each in enumerate(words):
            between = f"enable='between(t,{each.start_s},{each.end_s})'"
            steps.append(f"[v{n}][{n + 1}:v]overlay={each.x}:{each.y}:{between}[v{n + 1}]")
        graph = ";".join(
            [*steps, f"[v{len(words)}]format=yuv420p[v]", "[0:a]loudnorm=I=-14:TP=-1.5,aresample=48000[a]"]
        )
        inputs = [word for each in words for word in ("-i", each.file)]
        return ["-i", self.clip, *inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *SETTINGS,
                "-threads", str(threads()), *SOUND, *FINISH, self.folder / "hand.mp4"]  # fmt: skip


def one_cut(material: Material) -> dict[str, Any]:
    command = material.by_hand(SIZES[0], CROPS[0])
    times = _side_by_side(lambda: material.render(SIZES[0]), lambda: _ffmpeg(*command))
    return _row(f"a captioned 9:16 cut of {LENGTH_S} s against ffmpeg by hand", *times, goal=1.15)


def three_shapes(material: Material) -> dict[str, Any]:
    commands = [material.by_hand(size, crop) for size, crop in zip(SIZES, CROPS, strict=True)]

    def by_hand() -> None:
        for command in commands:
            _ffmpeg(*command)

    times = _side_by_side(lambda: material.render(*SIZES), by_hand, rounds=2)
    return _row("three shapes of one cut against three such commands", *times, goal=0.9)


def film(folder: Path) -> dict[str, Any]:
    """Four cards with photographs, three seconds each: moving closer, and over into the next."""
    photo = folder / "photo.jpg"
    Image.effect_noise((600, 800), 60).convert("RGB").resize((1800, 2400)).save(photo, quality=88)
    card = {"kind": "card", "version": 1, "template": "cover", "size": [1080, 1920], "format": "jpeg", "language": "en",
            "source": {"path": str(photo), "sha256": "", "focus": {"x": 0.5, "y": 0.5}}, "look": LOOK}  # fmt: skip
    cards = [card | {"text": {"headline": f"What happened at the river, part {n}"}} for n in range(4)]
    plan = {"kind": "film", "version": 1, "size": [1080, 1920], "fps": 30, "slides": cards, "slide_s": 3.0, "end_card": {},
            "look": LOOK, "language": "en", "max_bytes": 300_000_000}  # fmt: skip
    stills = [folder / f"still{n}.jpg" for n in range(4)]
    zoom = "zoompan=z='1+0.05*on/90':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d=102:s=1080x1920:fps=30"
    steps = [f"[{n}:v]{zoom}[s{n}]" for n in range(4)]
    steps += ["[s0][s1]xfade=duration=0.4:offset=3[x1]", "[x1][s2]xfade=duration=0.4:offset=6[x2]",
              "[x2][s3]xfade=duration=0.4:offset=9,trim=duration=12,format=yuv420p[v]"]  # fmt: skip

    def by_hand() -> None:
        for still, each in zip(stills, cards, strict=True):
            render(each, root=folder, out=still)
        inputs = [word for still in stills for word in ("-i", still)]
        _ffmpeg(*inputs, "-f", "lavfi", "-t", "12", "-i", "anullsrc=r=48000:cl=stereo", "-filter_complex", ";".join(steps),
                "-map", "[v]", "-map", "4:a", *SETTINGS, "-threads", str(threads()), *SOUND, *FINISH,
                folder / "zoompan.mp4")  # fmt: skip

    times = _side_by_side(lambda: render(plan, root=folder, out=folder / "film.mp4"), by_hand)
    return _row("a film of four cards against ffmpeg's zoompan", *times, goal=1.25)


def plain_moviepy(material: Material) -> dict[str, Any]:
    """The same cut as MoviePy's own pages show it: clips laid over each other, written by its own writer."""
    os.environ["IMAGEIO_FFMPEG_EXE"] = os.environ["FFMPEG_BINARY"] = ffmpeg.executable()
    from moviepy import CompositeVideoClip, ImageClip, VideoFileClip

    size = SIZES[0]
    material.by_hand(size, CROPS[0])
    words = burnt.overlays(material.plan(size), material.folder, material.cues, material.length_s)

    def theirs() -> None:
        with VideoFileClip(str(material.clip)) as clip:
            seen = clip.cropped(x1=656, width=608).resized(size)
            laid = [
                ImageClip(str(w.file)).with_start(w.start_s).with_end(w.end_s).with_position((w.x, w.y))
                for w in words
            ]
            made = CompositeVideoClip([seen, *laid]).with_duration(material.length_s)
            made.write_videofile(str(material.folder / "moviepy.mp4"), fps=30, preset="superfast", threads=threads(),
                                 temp_audiofile_path=str(material.folder), logger=None)  # fmt: skip

    times = _side_by_side(lambda: material.render(size), theirs, rounds=1)
    return _row(f"the same cut of {material.length_s} s against plain MoviePy", *times, goal=0.25)


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


def memory(material: Material) -> dict[str, Any]:
    out = material.folder / "memory.mp4"
    task = {"plans": [material.plan(SIZES[0])], "root": str(material.folder), "outs": [str(out)]}
    command = [str(word) for word in material.by_hand(SIZES[0], CROPS[0])]
    ours = _peak_mib([sys.executable, "-m", "media.render_job"], json.dumps(task))
    theirs = _peak_mib([ffmpeg.executable(), "-v", "error", "-nostdin", "-y", *command])
    return _row("most memory for a 1080p cut against ffmpeg's own", ours, theirs, goal=1.3, unit="MiB")


def cache_hit() -> dict[str, Any]:
    """Asking for what is made already. Needs an empty database; the goal is ten milliseconds."""
    from media import cache

    plan = {
        "kind": "film",
        "version": 1,
        "size": [1080, 1920],
        "slides": [{"text": {"headline": "x" * 80}}] * 9,
    }
    cache.request(plan)
    hits = sorted(_wall(lambda: cache.request(plan)) for _ in range(50))
    return _row("a cache hit, in milliseconds, against ten", hits[25] * 1000, 10.0, goal=1.0, unit="ms")


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        material = Material(folder)
        rows = [one_cut(material), three_shapes(material), film(folder), memory(material)]
        return [*rows, plain_moviepy(Material(folder, 6))]


if __name__ == "__main__":
    for found in measure():
        print(found)
