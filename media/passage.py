"""Look into a video with MoviePy: which passage is worth showing, and where in its frame things happen.

MoviePy's reader takes no options that would make it safe, so it only ever sees a small copy which our own ffmpeg
call has made. Long videos are looked at by their key frames alone. A suggestion: a person can set the start by hand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from media import ffmpeg, spoken
from media.captions import Cue
from media.probe import AUDIO, Probe
from media.spoken import Spoken

BIN_S = 0.5
LEAST_SHARE = 0.5  # of the longest: less is worth less than a whole sentence at the end
AROUND_S = 0.1  # before and after what is said
LONG_S = 240.0  # looked at by their key frames alone, as is what takes as long to decode
MOST_DECODED = LONG_S * 30 * 1920 * 1080  # pixels
PROXY_WIDTH = 160
SOUND_HZ = 8000
MAX_CENTRE_SHIFT = 0.75  # how far from the middle towards the liveliest part the cut-out may move


@dataclass(frozen=True)
class Passage:
    """Where a cut begins, and the middle of what it shows of the frame (fractions of width and height).

    ``length_s``: where it was chosen to end with a sentence.
    """

    start_s: float
    centre_x: float
    centre_y: float = 0.5
    length_s: float | None = None


@dataclass(frozen=True)
class Look:
    """What was seen and heard, per half second; ``columns`` is where in the frame things are, left to right."""

    motion: tuple[float, ...]
    sharpness: tuple[float, ...]
    loudness: tuple[float, ...]
    columns: tuple[float, ...]


class Looker:
    """Looks into a source when somebody first asks, and once."""

    def __init__(self, source: Path, folder: Path, facts: Probe) -> None:
        self.source, self.folder, self.facts = source, folder, facts

    @cached_property
    def look(self) -> Look:
        proxy = make_proxy(self.source, self.folder, self.facts)
        return look_into(proxy, self.facts.duration_s or 0.0, has_audio=self.facts.has_audio)

    @property
    def sounds(self) -> list[tuple[float, float]]:
        """What was heard, as far as somebody has looked."""
        return sounds(self.look) if "look" in self.__dict__ else []


def choose(
    looker: Looker,
    *,
    length_s: float,
    crop_share: float,
    cues: Sequence[Cue] = (),
    shortest_s: float | None = None,
) -> Passage:
    """A passage of ``length_s``; where ``shortest_s`` is given one of whole sentences, as far as the captions tell, which
    may be so much shorter. ``crop_share`` is how much of the frame's width will be seen (1.0: all of it).
    """
    duration = looker.facts.duration_s or 0.0
    spare = duration - length_s
    if spare < BIN_S and crop_share > 0.95:
        return Passage(0.0, 0.5)
    look = looker.look
    centre = pick_centre(look.columns, crop_share)
    if spare < BIN_S:
        return Passage(0.0, centre)
    if shortest_s is not None:
        heard = [replace(cue, end_s=min(cue.end_s, duration)) for cue in cues if cue.start_s < duration]
        said = spoken.suggested(heard, longest_s=length_s, shortest_s=max(shortest_s, length_s * LEAST_SHARE))
        if said:
            start, end = pick_spoken(look, said, longest_s=length_s, duration_s=duration)
            return Passage(start, centre, length_s=end - start)
    return Passage(pick_start(look, length_s, duration, cues), centre)


def is_long(facts: Probe) -> bool:
    """Whether decoding every frame would take minutes. Pure."""
    duration = facts.duration_s or 0.0
    return duration > LONG_S or duration * (facts.fps or 30) * facts.width * facts.height > MOST_DECODED


def make_proxy(source: Path, folder: Path, facts: Probe) -> Path:
    """A small copy for MoviePy, in a coding of our own."""
    proxy = folder / "proxy.mp4"
    duration = facts.duration_s or 0.0
    long = is_long(facts)
    sound = (
        ["-map", "0:a:0", "-ac", "1", "-ar", str(SOUND_HZ), "-c:a", "aac", "-b:a", "32k"]
        if facts.has_audio
        else ["-an"]
    )
    seen = ["-map", "0:V:0", "-vf", f"scale={PROXY_WIDTH}:-2:flags=fast_bilinear,fps={1 if long else 4}"]
    blank: list[str] = []
    if facts.kind == AUDIO:  # MoviePy wants a picture: a small grey one
        blank = ["-f", "lavfi", "-i", f"color=gray:size=16x16:rate=1:duration={ffmpeg.number(duration)}"]
        seen = ["-map", "1:v:0"]
    ffmpeg.run(
        [
            *ffmpeg.safe_input(source, *(("-skip_frame", "nokey") if long and not blank else ())),
            *blank,
            *seen,
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "28", "-g", "4", "-pix_fmt", "yuv420p"),
            *sound,
            *("-threads", "1", "-map_metadata", "-1", proxy.name),
        ],
        folder=folder,
        timeout_s=60 + duration,
        one_thread=True,
    )  # fmt: skip
    return proxy


def look_into(proxy: Path, duration_s: float, *, has_audio: bool) -> Look:
    # Half a second to import, needs NumPy, and must use the ffmpeg we use.
    os.environ["IMAGEIO_FFMPEG_EXE"] = os.environ["FFMPEG_BINARY"] = ffmpeg.executable()
    import numpy as np
    from moviepy import VideoFileClip

    bins = max(1, round(duration_s / BIN_S))
    motion, sharpness, loudness, seen = (np.zeros(bins) for _ in range(4))
    with VideoFileClip(str(proxy), audio=has_audio) as clip:
        width = clip.w
        columns, before = np.zeros(width), None
        for at, frame in clip.iter_frames(with_times=True):
            grey = frame.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
            slot = min(bins - 1, int(at / BIN_S))
            edges = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
            sharpness[slot] += edges.mean()
            columns += edges.mean(axis=0) * 0.5
            if before is not None:
                change = np.abs(grey - before)
                motion[slot] += change.mean()
                columns += change.mean(axis=0) if change.mean() < 40 else 0  # not a cut between scenes
            seen[slot] += 1
            before = grey
        if has_audio and clip.audio is not None:
            loudness = _loudness(clip.audio, bins)
    count = np.maximum(seen, 1)
    motion, sharpness = _filled(motion / count, seen), _filled(sharpness / count, seen)
    return Look(tuple(motion), tuple(sharpness), tuple(loudness), tuple(columns))


def _loudness(sound, bins: int):
    """How loud each half second is, of at most two seconds at a time: of more than half of its own buffer (2.27 s)
    MoviePy 2.2 gives back silence, and an hour at once takes 900 MiB.
    """
    import numpy as np

    squares, count, begun = np.zeros(bins), np.zeros(bins), 0
    for part in sound.iter_chunks(chunksize=2 * SOUND_HZ, fps=SOUND_HZ):
        mono = part.mean(axis=1) if part.ndim > 1 else part
        slots = np.minimum(np.arange(begun, begun + len(mono)) // int(BIN_S * SOUND_HZ), bins)
        squares += np.bincount(slots, mono**2, bins + 1)[:bins]
        count += np.bincount(slots, minlength=bins + 1)[:bins]
        begun += len(mono)
    return np.sqrt(squares / np.maximum(count, 1))


def _filled(values, seen):
    """Half seconds without a frame (slow videos, key frames only) take the value before them."""
    last = 0.0
    for i, count in enumerate(seen):
        if count:
            last = values[i]
        else:
            values[i] = last
    return values


def pick_start(look: Look, length_s: float, duration_s: float, cues: Sequence[Cue] = ()) -> float:
    """Where to begin so that the passage is lively and sharp, starts at a natural place and cuts no sentence. Pure.

    Natural places: the start of the video, of a caption, of a new scene, of sound after silence. A black or frozen
    passage loses; a caption that runs over the end costs a little.
    """
    bins = len(look.motion)
    latest = max(0.0, duration_s - length_s)
    lively = _liveliness(look)
    scenes = {i * BIN_S for i in range(1, bins) if look.motion[i] > 4 * (_median(look.motion) + 0.5)}
    quiet = 0.25 * (max(look.loudness, default=0.0) or 1.0)
    sounds = {
        i * BIN_S
        for i in range(1, bins)
        if look.loudness[i] > quiet and max(look.loudness[max(0, i - 2) : i]) < quiet / 2
    }
    words = {max(0.0, cue.start_s - 0.15) for cue in cues}
    places = (
        {0.0: 0.3} | dict.fromkeys(sounds, 0.15) | dict.fromkeys(scenes, 0.2) | dict.fromkeys(words, 0.35)
    )
    places |= {i * BIN_S: places.get(i * BIN_S, 0.0) for i in range(bins)}

    def worth(start: float) -> float:
        torn = any(
            cue.start_s < edge - 0.1 and edge + 0.1 < cue.end_s
            for cue in cues
            for edge in (start, start + length_s)
        )
        return lively(start, start + length_s) + places[start] - (0.35 if torn else 0.0)

    possible = [start for start in sorted(places) if start <= latest] or [0.0]
    return round(max(possible, key=worth), 3)


def pick_spoken(
    look: Look, said: Sequence[Spoken], *, longest_s: float, duration_s: float
) -> tuple[float, float]:
    """From where to where, of these passages, the liveliest goes; a longer one is worth a little more. Pure."""
    lively = _liveliness(look)
    best = max(said, key=lambda each: lively(each.start_s, each.end_s) + 0.5 * each.length_s / longest_s)
    start = max(0.0, best.start_s - AROUND_S)
    return round(start, 3), round(min(duration_s, start + longest_s, best.end_s + AROUND_S), 3)


def _liveliness(look: Look) -> Callable[[float, float], float]:
    """How much happens, and how sharp and loud, in the mean between two times."""
    values = zip(*map(_scaled, (look.motion, look.sharpness, look.loudness)), strict=True)
    sums = [0.0, *accumulate(map(sum, values))]

    def mean(start: float, end: float) -> float:
        first, last = int(start / BIN_S), min(len(sums) - 1, int(end / BIN_S))
        return (sums[last] - sums[first]) / max(1, last - first)

    return mean


def sounds(look: Look) -> list[tuple[float, float]]:
    """When something is to be heard, from silence to silence: (from, to) in seconds, to the half second. Pure.

    Silence is an eighth of what the loud tenth is like. [] where there is no sound, or no silence in it.
    """
    ordered = sorted(look.loudness)
    loud = ordered[int(len(ordered) * 0.9)] if ordered else 0.0
    found: list[tuple[float, float]] = []
    begun: int | None = None
    for at, value in enumerate((*look.loudness, 0.0)):
        heard = value > loud / 8 and loud > 0.003
        if heard and begun is None:
            begun = at
        elif not heard and begun is not None:
            found.append((begun * BIN_S, at * BIN_S))
            begun = None
    return found if len(found) > 1 else []


def _scaled(values: Sequence[float]) -> list[float]:
    """To 0..1, by the ninth decile: one flash or bang must not outshine everything else."""
    ordered = sorted(values)
    top = ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))] or max(ordered) or 1.0
    return [min(1.0, v / top) for v in values]


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def pick_centre(columns: Sequence[float], share: float) -> float:
    """The middle (0..1) of the part of the frame, ``share`` wide, in which most happens; the middle if nothing does."""
    if share >= 0.98 or not columns or not any(columns):
        return 0.5
    count = len(columns)
    window = max(1, round(count * share))
    sums = [0.0]
    for value in columns:
        sums.append(sums[-1] + value)
    inside = [sums[i + window] - sums[i] for i in range(count - window + 1)]
    middle = (count - window) / 2
    best = max(range(len(inside)), key=lambda i: (inside[i], -abs(i - middle)))
    if inside[best] < 1.08 * inside[round(middle)]:  # hardly more going on there than in the middle
        return 0.5
    centre = (best + window / 2) / count
    return round(0.5 + (centre - 0.5) * MAX_CENTRE_SHIFT, 4)
