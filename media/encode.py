"""Encode filter graphs with ffmpeg, into one file or several at once, each within its limit of bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from media import ffmpeg
from media.errors import RenderError
from media.render import Progress

TIMES_LENGTH = 25  # longest time for an encode, in lengths of its result
MOST_BYTES = 300_000_000
MOST_RATE, LEAST_RATE, SOUND_RATE = 12_000_000, 150_000, 130_000  # bits per second


@dataclass(frozen=True)
class Output:
    """A file to be made, at most so large. ``thumbs`` names a file for the small grey frames of pad ``t``."""

    file: Path
    length_s: float
    limit: int = MOST_BYTES
    thumbs: Path | None = None

    def rate(self, share: float) -> int:
        """The highest rate of the picture with which it stays within its limit."""
        rate = int(min(MOST_RATE, self.limit * 8 * 0.92 / self.length_s - SOUND_RATE) * share)
        if rate < LEAST_RATE:
            raise RenderError(
                f"This video cannot be made smaller than {self.limit / 1e6:.0f} MB at {self.length_s:.0f} s. "
                "Choose a shorter passage."
            )
        return rate


# What is to be encoded: inputs and graphs for the outputs of these numbers, with pads counted from 0 in their order.
Build = Callable[[Sequence[int]], tuple[Sequence[str], Sequence[str]]]


def threads() -> int:
    """One per encode on a small machine: the same bytes every time, least memory, and others get their turn."""
    return 1 if (os.cpu_count() or 1) <= 2 else 2


def encode(build: Build, outputs: Sequence[Output], folder: Path, progress: Progress, feed=None) -> None:
    """Encode, and those that became larger than they may once more with fewer bits."""
    left = list(range(len(outputs)))
    for share in (1.0, 0.75):
        inputs, graphs = build(left)
        arguments = [*inputs, *_graphs(graphs, folder)]
        for place, nth in enumerate(left):
            arguments += _output(outputs[nth], place, share)
        _run(arguments, [outputs[nth] for nth in left], folder, progress, feed)
        left = [nth for nth in left if outputs[nth].file.stat().st_size > outputs[nth].limit]
        if not left:
            return
    largest = outputs[left[0]]
    raise RenderError(
        f"This video cannot be made smaller than {largest.limit / 1e6:.0f} MB at {largest.length_s:.0f} s. "
        "Choose a shorter passage."
    )


def _graphs(texts: Sequence[str], folder: Path) -> list[str]:
    option = "-filter_complex_script" if ffmpeg.version() < (7, 0) else "-/filter_complex"
    arguments = []
    for nth, text in enumerate(texts):
        script = folder / f"graph{nth}.txt"
        script.write_text(text)
        arguments += [option, script.name]
    return arguments


FINISH = ("-movflags", "+faststart", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
SETTINGS = ("-c:v", "libx264", "-preset", "superfast", "-crf", "21", "-profile:v", "high", "-g", "60")
SOUND = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2")


def settings(rate: int = MOST_RATE) -> list[str]:
    """The options of an output whose picture has at most so many bits a second."""
    capped = ("-maxrate", str(rate), "-bufsize", str(rate * 2))
    return [*SETTINGS, *capped, "-threads", str(threads()), *SOUND, *FINISH]


def _output(output: Output, place: int, share: float) -> list[str]:
    made = ["-map", f"[v{place}]", "-map", f"[a{place}]", *settings(output.rate(share)), output.file.name]
    if output.thumbs is not None:
        made += ["-map", f"[t{place}]", "-f", "rawvideo", output.thumbs.name]
    return made


def _run(arguments: Sequence[str], outputs: Sequence[Output], folder: Path, progress: Progress, feed) -> None:
    length = max(output.length_s for output in outputs)
    ffmpeg.run(arguments, folder=folder, timeout_s=60 + TIMES_LENGTH * length * len(outputs), length_s=length,
               progress=progress, feed=feed, one_thread=True)  # fmt: skip


def copy(source: Sequence[str], output: Output, folder: Path) -> None:
    """Take picture and sound over as they are, into an MP4 that starts at once."""
    arguments = [*source, "-map", "0:V:0", "-map", "0:a:0", "-c", "copy", *FINISH, output.file.name]
    _run(arguments, [output], folder, lambda share: None, None)
