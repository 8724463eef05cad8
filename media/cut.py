"""A short cut of a long video, with burnt-in captions, title and end card.

One filter graph does everything in one pass; sound is measured in a pass before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from media import burnt, ffmpeg, passage, plans, probe
from media import captions as captions_of
from media.burnt import Overlay
from media.captions import Cue
from media.encode import COLOURS, TO_709, checked, cover_frame, encode
from media.errors import RenderError
from media.ffmpeg import number
from media.geometry import video_crop
from media.render import Made, Progress

END_S = 2.6
LOUDNESS = (-14.0, -1.5)  # LUFS, dBTP: what the platforms aim at

TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,"
    "format=yuv420p,"
)


@dataclass(frozen=True)
class Timing:
    """How long the passage and the end card are, in seconds."""

    passage_s: float
    end_s: float

    @property
    def whole_s(self) -> float:
        return self.passage_s + self.end_s


# The cut ------------------------------------------------------------------------------------------


def make_cut(plan: Mapping[str, Any], *, root: Path, folder: Path, progress: Progress) -> Made:
    source = plans.checked_source(plan["source"], root, "video")
    link = folder / "in.bin"
    link.symlink_to(source.resolve())
    facts = probe.inspect_video(source)
    if facts.kind != probe.VIDEO:
        raise RenderError("This file has sound but no picture. Choose a video.")
    cues = _cues(plan, root)
    timing = plan_timing(plan, facts)
    progress(0.02)
    where = _passage(plan, link, folder, facts, timing, cues)
    progress(0.15)
    if plan.get("start_s") is not None:
        timing = Timing(min(timing.passage_s, (facts.duration_s or 0) - where.start_s), timing.end_s)
    spoken = captions_of.passage(cues, where.start_s, where.start_s + timing.passage_s)
    overlays = burnt.overlays(plan, folder, spoken, timing.passage_s)
    end_card = burnt.end_card(plan, root, folder) if timing.end_s else None
    measured = measure_loudness(folder, facts, where.start_s, timing.passage_s)
    progress(0.22)
    graph, inputs = cut_graph(plan, facts, where, timing, overlays, end_card, measured)
    before = ("-ss", number(where.start_s), "-t", number(timing.passage_s))
    out = encode(
        [*ffmpeg.safe_input("in.bin", *before), *inputs],
        graph,
        plan,
        folder,
        timing.whole_s,
        lambda share: progress(0.22 + 0.72 * share),
    )
    cover = cover_frame(out, folder, _cover_at(plan, timing))
    made = checked(out, plan, timing.whole_s, cover)
    return replace(made, captions=_beside(spoken, folder), start_s=where.start_s)


def _cover_at(plan: Mapping[str, Any], timing: Timing) -> float:
    """Where in the finished video the cover is taken: where the plan says, else soon after the start."""
    chosen = plan.get("cover_s")
    return min(1.0, timing.passage_s / 2) if chosen is None else min(float(chosen), timing.whole_s - 0.1)


def _beside(spoken: Sequence[Cue], folder: Path) -> Path | None:
    """What is said in the passage, for players and networks that take captions as a file."""
    if not spoken:
        return None
    file = folder / "out.vtt"
    file.write_text(captions_of.to_vtt(spoken), encoding="utf-8")
    return file


def _cues(plan: Mapping[str, Any], root: Path) -> list[Cue]:
    wanted = plan.get("captions")
    return captions_of.read(plans.checked_source(wanted, root, "captions file")) if wanted else []


def plan_timing(plan: Mapping[str, Any], facts: probe.Probe) -> Timing:
    """How much of the video fits. The end card is part of the longest length."""
    longest, shortest = float(plan.get("max_s") or 60), float(plan.get("min_s") or 0)
    has_end = any((plan.get("end_card") or {}).get(k) for k in ("headline", "body"))
    end = END_S if has_end and longest > END_S + max(3.0, shortest) else 0.0
    duration = facts.duration_s or 0.0
    start = plan.get("start_s")
    if start is not None and not 0 <= start < duration - 0.5:
        raise RenderError(
            f"The cut should begin at {start:.1f} s, but the video is only {duration:.1f} s long. Choose an earlier start."
        )
    wanted = plan.get("length_s")
    passage_s = min(
        longest - end, duration - (start or 0.0), *([float(wanted)] if wanted is not None else [])
    )
    if passage_s + end < shortest:
        raise RenderError(
            f"The cut would last {passage_s + end:.1f} s; at least {shortest:g} s are needed. "
            "Choose a longer passage, an earlier start or a longer video."
        )
    return Timing(passage_s, end)


def _passage(
    plan, link: Path, folder: Path, facts: probe.Probe, timing: Timing, cues: list[Cue]
) -> passage.Passage:
    width, height = plan["size"]
    share = min(1.0, (facts.height * width / height) / facts.width)
    start, centre = plan.get("start_s"), plan.get("centre")
    if start is not None and centre is not None:
        return passage.Passage(float(start), float(centre["x"]), float(centre["y"]))
    if start is not None and share > 0.95:
        return passage.Passage(float(start), 0.5)
    found = passage.choose(link, folder, facts, length_s=timing.passage_s, crop_share=share, cues=cues)
    return found if start is None else passage.Passage(float(start), found.centre_x)


def cut_graph(
    plan: Mapping[str, Any],
    facts: probe.Probe,
    where: passage.Passage,
    timing: Timing,
    overlays: Sequence[Overlay],
    end_card: Path | None,
    measured: Mapping[str, str] | None,
) -> tuple[str, list[str]]:
    """The filter graph and the further inputs it needs. Pure; everything in it is a number or a name of ours."""
    width, height = plan["size"]
    fps = int(plan.get("fps") or 30)
    crop = video_crop((facts.width, facts.height), (width, height), where.centre_x, where.centre_y)
    square = "" if facts.square else f"scale={facts.width}:{facts.height},setsar=1,"
    tone = TONE_MAP if facts.hdr else ""
    steps = [
        f"[0:v:0]{square}{tone}crop={crop.width}:{crop.height}:{crop.left}:{crop.top},"
        f"scale={width}:{height}:flags=bicubic:{TO_709},setsar=1,fps={fps}[v0]"
    ]
    inputs: list[str] = []
    for i, overlay in enumerate(overlays):
        inputs += ["-i", overlay.file.name]
        look = f"[{i + 1}:v]scale={TO_709},format=yuva420p"
        if overlay.fade_s:
            length = overlay.end_s - overlay.start_s
            look += (
                f",loop=loop=-1:size=1:start=0,fps={fps},trim=duration={number(length)},setpts=PTS-STARTPTS,"
                f"fade=t=out:st={number(length - overlay.fade_s)}:d={number(overlay.fade_s)}:alpha=1,"
                f"setpts=PTS+{number(overlay.start_s)}/TB"
            )
        after = "eof_action=pass" if overlay.fade_s else "eof_action=repeat"
        steps.append(f"{look}[o{i}]")
        steps.append(
            f"[v{i}][o{i}]overlay={overlay.x}:{overlay.y}:{after}:"
            f"enable='between(t,{number(overlay.start_s)},{number(overlay.end_s)})'[v{i + 1}]"
        )
    last = f"v{len(overlays)}"
    sound = _sound(facts, timing, measured)
    if end_card is not None:
        at = len(overlays) + 1
        inputs += ["-i", end_card.name]
        steps.append(
            f"[{at}:v]scale={TO_709},format=yuv420p,loop=loop=-1:size=1:start=0,fps={fps},"
            f"trim=duration={number(timing.end_s)},setpts=PTS-STARTPTS,setsar=1,fade=t=in:d=0.3[end]"
        )
        silence = (
            f"anullsrc=r=48000:cl=stereo,atrim=duration={number(timing.end_s)},aformat=sample_fmts=fltp[hush]"
        )
        steps += [f"[{last}]format=yuv420p[main]", sound, silence]
        steps.append(f"[main][sound][end][hush]concat=n=2:v=1:a=1[joined][a];[joined]fps={fps},{COLOURS}[v]")
    else:
        steps += [sound.replace("[sound]", "[a]"), f"[{last}]{COLOURS}[v]"]
    return ";".join(steps), inputs


def _sound(facts: probe.Probe, timing: Timing, measured: Mapping[str, str] | None) -> str:
    length = number(timing.passage_s)
    if not facts.has_audio:
        return f"anullsrc=r=48000:cl=stereo,atrim=duration={length},aformat=sample_fmts=fltp[sound]"
    loud = ""
    if measured:
        loud = (
            f"loudnorm=I={LOUDNESS[0]}:TP={LOUDNESS[1]}:LRA=11:measured_I={measured['input_i']}:"
            f"measured_TP={measured['input_tp']}:measured_LRA={measured['input_lra']}:"
            f"measured_thresh={measured['input_thresh']}:offset={measured['target_offset']}:linear=true,"
        )
    fade = f"afade=t=out:st={number(max(0.0, timing.passage_s - 0.4))}:d=0.4,"
    return (
        f"[0:a:0]{loud}aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo,{fade}"
        f"apad=whole_dur={length},atrim=duration={length}[sound]"
    )


def measure_loudness(
    folder: Path, facts: probe.Probe, start_s: float, length_s: float
) -> dict[str, str] | None:
    """How loud the passage is (EBU R 128), or None when it is silent or has no sound."""
    if not facts.has_audio:
        return None
    said = ffmpeg.run(
        [
            *ffmpeg.safe_input("in.bin", "-ss", number(start_s), "-t", number(length_s)),
            *("-map", "0:a:0", "-af", f"loudnorm=I={LOUDNESS[0]}:TP={LOUDNESS[1]}:LRA=11:print_format=json"),
            *("-f", "null", "-"),
        ],
        folder=folder,
        timeout_s=60 + length_s,
        one_thread=True,
    )
    return parse_loudness(said)


def parse_loudness(said: str) -> dict[str, str] | None:
    """The numbers that loudnorm prints; None for silence. Only numbers get through: they go into a filter."""
    found = re.search(r"\{[^{}]*\"input_i\"[^{}]*\}", said)
    if not found:
        return None
    values = json.loads(found[0])
    names = ("input_i", "input_tp", "input_lra", "input_thresh", "target_offset")
    try:
        numbers = {name: float(values[name]) for name in names}
    except (KeyError, ValueError):
        return None
    if not -70 < numbers["input_i"] < 5 or any(abs(v) > 100 for v in numbers.values()):
        return None
    return {name: f"{value:.2f}" for name, value in numbers.items()}
