"""The sound of a finished video is made again where the coder has changed how loud it is, or let peaks go over.

Its picture stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media import ffmpeg, inspection
from media.encode import FINISH, SOUND, Output
from media.ffmpeg import number
from media.inspection import Expected, Seen
from media.sound import STEREO, Heard, Level

TRIES = 3


def settled(
    output: Output,
    expected: Expected,
    level: Level | None,
    source: Sequence[str],
    sounding: Callable[[Level], str],
) -> Seen:
    """Look at it, mend its sound where that is needed, and raise where anything is not as it has to be.

    ``source`` is the input that the sound is taken from, ``sounding(level)`` what comes after making it stereo.
    """
    seen = inspection.look(output.file)
    for _ in range(TRIES):
        if level is None or expected.lufs is None or seen.lufs is None or seen.peak is None:
            break
        better = level.corrected(Heard(seen.lufs, seen.peak))
        if better is None:
            break
        level = better
        _sound_again(output, source, sounding(level))
        seen = inspection.look(output.file)
    return inspection.right(seen, expected)


def _sound_again(output: Output, source: Sequence[str], chain: str) -> None:
    folder, length = output.file.parent, number(output.length_s)
    again = output.file.with_name(f"{output.file.stem}-again.mp4")
    graph = f"[1:a:0]{STEREO},{chain},apad=whole_dur={length},atrim=duration={length}[a]"
    ffmpeg.run(
        [*ffmpeg.safe_input(output.file), *source, "-filter_complex", graph, "-map", "0:v:0", "-c:v", "copy",
         "-map", "[a]", *SOUND, *FINISH, again.name],
        folder=folder, timeout_s=60 + 2 * output.length_s, one_thread=True,
    )  # fmt: skip
    again.replace(output.file)
