"""The filter graphs of a cut: one decode, any number of shapes of it. Pure; all in it is a number or a name of ours.

Each shape has a graph of its own: ffmpeg gives every graph a thread, and what several read is still decoded once. Only
where the colours of HDR have to be brought down, which costs more than all the rest, it is one graph that does it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media.burnt import Overlay
from media.colour import readable, rgb
from media.ffmpeg import number
from media.geometry import video_crop
from media.passage import Passage
from media.probe import AUDIO, Probe
from media.sound import STEREO, Level

COLOURS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,format=yuv420p"
TO_709 = "out_color_matrix=bt709:out_range=tv"
# Paper white of HDR is 203 nits (BT.2408); mobius leaves what lies below nearly as it is.
TONE_MAP = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,"
    "format=yuv420p,"
)
LAST_FRAME_S = 2  # a picture that ends so much before its sound stands still meanwhile
THUMB_FPS, THUMB_WIDTH = 2, 96


@dataclass(frozen=True)
class Timing:
    """How long the passage and the end card are, in seconds."""

    passage_s: float
    end_s: float

    @property
    def whole_s(self) -> float:
        return self.passage_s + self.end_s


@dataclass(frozen=True)
class Shot:
    """One result: what is seen of the passage, what lies over it, and what comes after.

    ``ground`` is a picture to be shown where the source has sound alone, with its waves at ``wave`` (x, y, width, height).
    """

    plan: Mapping[str, Any]
    where: Passage
    timing: Timing
    overlays: Sequence[Overlay] = ()
    end_card: Path | None = None
    ground: Path | None = None
    wave: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True)
class Standing:
    """An input of the source that begins so long before the passage, with a picture that still stands when it begins."""

    inputs: tuple[str, ...]
    before_s: float


@dataclass(frozen=True)
class Graph:
    """``inputs`` come after the source; per shot there are the pads ``[v0]``, ``[a0]``, ``[t0]`` (small grey frames)."""

    texts: tuple[str, ...]
    inputs: tuple[str, ...]


def build(
    shots: Sequence[Shot],
    facts: Probe,
    level: Level | None,
    *,
    still: bool = False,
    standing: Standing | None = None,
) -> Graph:
    """The graphs for shots of one passage: they begin at the same time, last as long and have the same frame rate.

    ``still``: the last picture stands until the end, however far that is. Otherwise a picture that ends early is a fault of
    the file, which shows by the frames that are missing. ``standing``: the picture is taken from there.
    """
    first = shots[0]
    fps, length = _fps(first), first.timing.passage_s
    frames = round(length * fps)
    graph, texts = _Graph(standing), []
    stands = "stop=-1" if still else f"stop_duration={LAST_FRAME_S}"
    even = f"fps={fps}:start_time=0,tpad=stop_mode=clone:{stands},trim=end_frame={frames}"
    few = f"fps={THUMB_FPS}:start_time=0"
    if still:  # also where less than half a second of pictures is left
        few = f"tpad=stop_mode=clone:stop_duration=1,{few}"
    every = range(len(shots))
    for together in [every] if facts.hdr else [[nth] for nth in every]:
        graph.steps = _sources(together, facts, fps, standing)
        graph.steps += _sound(facts, level, length, together, waves=facts.kind == AUDIO)
        for nth in together:
            graph.shot(nth, shots[nth], facts, even, few)
        texts.append(";".join(graph.steps))
    return Graph(tuple(texts), tuple(graph.inputs))


def ink(plan: Mapping[str, Any]) -> str:
    """The colour of waves, readable on the campaign's ground, as the filter takes it."""
    look = plan.get("look") or {}
    red, green, blue = readable(rgb(look.get("ink") or "#ffffff"), rgb(look.get("colour") or "#0b5c63"))
    return f"0x{red:02x}{green:02x}{blue:02x}"


def _fps(shot: Shot) -> int:
    return int(shot.plan.get("fps") or 30)


def _sources(shots: Sequence[int], facts: Probe, fps: int, standing: Standing | None) -> list[str]:
    """``[s0]``, ``[u0]``, ``[s1]`` …: the decoded picture for each shot, twice: the second is for the small frames."""
    if facts.kind == AUDIO:
        return []
    square = "" if facts.square else f"scale={facts.width}:{facts.height},setsar=1,"
    fewer = (
        f"fps={fps}:start_time=0," if (facts.fps or 0) > fps + 0.5 else ""
    )  # scale no frame that is dropped after
    whole = "bwdif=mode=send_frame:deint=interlaced," if facts.interlaced else ""
    pads = "".join(f"[s{n}][u{n}]" for n in shots)
    seen = _stood(standing.before_s, fps) if standing else "[0:V:0]"
    return [f"{seen}{whole}{fewer}{square}{TONE_MAP if facts.hdr else ''}split={2 * len(shots)}{pads}"]


def _stood(before_s: float, fps: int) -> str:
    """The picture of before at the beginning, where it stays until another follows, or for a second where none does."""
    at = f"max(PTS-{number(before_s)}/TB\\,min(PTS\\,0.05/TB))"
    return (
        f"[1:V:0]tpad=stop=3:stop_mode=clone,setpts={at},fps={fps}:start_time=0,"
        "tpad=stop_mode=clone:stop_duration=1,"
    )


def _sound(
    facts: Probe, level: Level | None, length: float, shots: Sequence[int], *, waves: bool
) -> list[str]:
    """``[p0]``, ``[p1]`` …: the sound of the passage for each shot; ``[w0]`` … for its waves."""
    seconds = number(length)
    pads = [f"[p{n}]" for n in shots] + [f"[w{n}]" for n in shots if waves]
    share = f"asplit={len(pads)}{''.join(pads)}"
    if not facts.has_audio:
        return [f"anullsrc=r=48000:cl=stereo,atrim=duration={seconds},aformat=sample_fmts=fltp,{share}"]
    loud = f"{level.chain}," if level else ""
    return [
        f"[0:a:0]{STEREO},{loud}{fade_out(length)},apad=whole_dur={seconds},atrim=duration={seconds},{share}"
    ]


def _untagged(facts: Probe) -> str:
    """How the colours of a video that does not say so are coded: as players take it, by its size."""
    if facts.matrix or facts.hdr:
        return ""
    return f":in_color_matrix={'bt709' if min(facts.width, facts.height) >= 720 else 'bt601'}"


def fade_out(length: float) -> str:
    return f"afade=t=out:st={number(max(0.0, length - 0.4))}:d=0.4"


class _Graph:
    def __init__(self, standing: Standing | None) -> None:
        self.steps: list[str] = []
        self.inputs: list[str] = [*standing.inputs] if standing else []

    def input(self, file: Path) -> int:
        """Its number; the source is 0, and 1 as well where a picture of before stands.

        One thread each: by itself ffmpeg gives every picture as many as the machine has cores, which for a minute of talk in
        four shapes is hundreds.
        """
        self.inputs += ["-threads", "1", "-i", str(file)]
        return self.inputs.count("-i")

    def shot(self, nth: int, shot: Shot, facts: Probe, even: str, few: str) -> None:
        width, height = shot.plan["size"]
        small = f"scale={THUMB_WIDTH}:-2:flags=fast_bilinear,format=gray"
        if shot.ground is not None:
            self.steps += [
                f"{self._waves(nth, shot, even)},split=2[x{nth}][y{nth}]",
                f"[y{nth}]{few},{small}[t{nth}]",
            ]
        else:
            centre = shot.where.centre_x, shot.where.centre_y
            crop = video_crop((facts.width, facts.height), (width, height), *centre)
            cropped = f"crop={crop.width}:{crop.height}:{crop.left}:{crop.top}"
            # The small frames come off before the words do: laid over a frame that is still shared, each would be copied.
            self.steps += [
                f"[s{nth}]{cropped},scale={width}:{height}:flags=bicubic{_untagged(facts)}:{TO_709},setsar=1,{even}[x{nth}]",
                f"[u{nth}]{few},{cropped},{small}[t{nth}]",
            ]
        last = self._overlays(nth, shot)
        if shot.end_card is None:
            self.steps += [f"[{last}]{COLOURS}[v{nth}]", f"[p{nth}]anull[a{nth}]"]
        else:
            self._end(nth, shot, last)

    def _waves(self, nth: int, shot: Shot, even: str) -> str:
        """The ground with the sound's waves on it."""
        still = self.input(shot.ground)
        x, y, width, height = shot.wave
        fps = _fps(shot)
        self.steps += [
            f"[{still}:v]scale={TO_709},format=yuv420p,loop=loop=-1:size=1:start=0,fps={fps},"
            f"trim=duration={number(shot.timing.passage_s)},setpts=PTS-STARTPTS,setsar=1[g{nth}]",
            f"[w{nth}]showwaves=s={width}x{height}:mode=cline:rate={fps}:scale=sqrt:draw=full:colors={ink(shot.plan)},"
            f"format=yuva420p[l{nth}]",
        ]
        return f"[g{nth}][l{nth}]overlay={x}:{y}:eof_action=repeat,setsar=1,{even}"

    def _overlays(self, nth: int, shot: Shot) -> str:
        """Lay the words over ``[x…]``; returns the last pad's name."""
        last, fps = f"x{nth}", _fps(shot)
        for place, overlay in enumerate(shot.overlays):
            at = self.input(overlay.file)
            look = f"[{at}:v]scale={TO_709},format=yuva420p"
            if overlay.fade_s:
                length = overlay.end_s - overlay.start_s
                look += (
                    f",loop=loop=-1:size=1:start=0,fps={fps},trim=duration={number(length)},setpts=PTS-STARTPTS,"
                    f"fade=t=out:st={number(length - overlay.fade_s)}:d={number(overlay.fade_s)}:alpha=1,"
                    f"setpts=PTS+{number(overlay.start_s)}/TB"
                )
            after = "eof_action=pass" if overlay.fade_s else "eof_action=repeat"
            over, result = f"o{nth}_{place}", f"x{nth}_{place}"
            self.steps += [
                f"{look}[{over}]",
                f"[{last}][{over}]overlay={overlay.x}:{overlay.y}:{after}:"
                f"enable='gte(t,{number(overlay.start_s)})*lt(t,{number(overlay.end_s)})'[{result}]",
            ]
            last = result
        return last

    def _end(self, nth: int, shot: Shot, last: str) -> None:
        at, fps = self.input(shot.end_card), _fps(shot)
        seconds = number(shot.timing.end_s)
        self.steps += [
            f"[{at}:v]scale={TO_709},format=yuv420p,loop=loop=-1:size=1:start=0,fps={fps},"
            f"trim=end_frame={round(shot.timing.end_s * fps)},setpts=PTS-STARTPTS,setsar=1,fade=t=in:d=0.3[e{nth}]",
            f"[{last}]format=yuv420p[m{nth}]",
            f"anullsrc=r=48000:cl=stereo,atrim=duration={seconds},aformat=sample_fmts=fltp[h{nth}]",
            f"[m{nth}][p{nth}][e{nth}][h{nth}]concat=n=2:v=1:a=1[j{nth}][a{nth}];"
            f"[j{nth}]fps={fps},trim=end_frame={round(shot.timing.whole_s * fps)},{COLOURS}[v{nth}]",
        ]
