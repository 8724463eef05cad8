"""Short cuts of a long video or sound, with burnt-in captions, title, lower third and end card.

Several cuts of the same source are made together: it is looked into once, and those that show the same passage share one
decode. Sound is measured in a pass before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from media import audiogram, burnt, covers, ffmpeg, passage, plans, probe, sound
from media import captions as captions_of
from media.captions import Cue
from media.encode import MOST_BYTES, Output, copy, encode
from media.errors import BadMedia, MediaError, RenderError, RenderInterrupted
from media.ffmpeg import number
from media.graph import Shot, Standing, Timing, build, fade_out
from media.inspection import Expected
from media.render import Made, Progress
from media.settling import settled
from media.sound import Level

END_S = 2.6
SHORTEST_S = 0.5
SURELY_S = 0.005  # where a picture is looked for before its time, so that rounding does not miss it
MOST_DRAWN = 100  # pictures over videos that are encoded in one go


@dataclass(frozen=True)
class Material:
    """The source of the cuts, linked into the working folder under a name of ours."""

    link: Path
    folder: Path
    facts: probe.Probe
    cues: Sequence[Cue]

    def inputs(self, start_s: float, length_s: float) -> tuple[list[str], Standing | None]:
        """What a passage is read from, and where its picture is found, if that stands already when it begins.

        ffmpeg finds a place by the picture: what is heard before the first one is read from the beginning.
        """
        if not start_s or self.facts.kind == probe.AUDIO:
            begin = ("-ss", number(start_s)) if start_s else ()
            return ffmpeg.safe_input(self.link, *begin, "-t", number(length_s)), None
        stood_s = probe.standing_s(self.link, self.folder, start_s)
        found = ffmpeg.safe_input(self.link, "-ss", number(start_s), "-t", number(length_s))
        if stood_s is None:
            if not probe.has_picture(self.link, self.folder, start_s, length_s):
                raise BadMedia(
                    f"From {start_s:.1f} to {start_s + length_s:.1f} s this video has sound but no picture. Choose another "
                    "passage, or upload it as a recording."
                )
            begin = ("-itsoffset", number(-start_s), "-t", number(start_s + length_s))
            return ffmpeg.safe_input(self.link, *begin), None
        if not stood_s:
            return found, None
        before_s = min(start_s, stood_s + SURELY_S)
        begin = ("-ss", number(start_s - before_s), "-t", number(before_s + length_s))
        return found, Standing(tuple(ffmpeg.safe_input(self.link, *begin)), before_s)


def make_cuts(
    wanted: Sequence[Mapping[str, Any]], *, root: Path, folder: Path, progress: Progress
) -> list[Made | MediaError]:
    """One result per plan, in their order: what was made, or why it could not be. All have the same source and captions."""
    material = _material(wanted[0], root, folder)
    progress(0.02)
    look = passage.Looker(material.link, folder, material.facts)
    results: list[Made | MediaError | None] = [None] * len(wanted)
    groups: dict[tuple[float, float, int], list[tuple[int, Shot]]] = defaultdict(list)
    for nth, plan in enumerate(wanted):
        try:
            shot = _shot(plan, material, look)
        except MediaError as error:
            results[nth] = error
        else:
            groups[shot.where.start_s, shot.timing.passage_s, int(plan.get("fps") or 30)].append((nth, shot))
    progress(0.15)
    done = 0
    for group in groups.values():
        share = len(group) / len(wanted)
        made = _group(group, material, root, _part(progress, done, share))
        for nth, _ in group:
            results[nth] = made[nth]
        done += share
    return [_with(made, look.sounds) for made in results if made is not None]


def _with(made: Made | MediaError, sounds: Sequence[Sequence[float]]) -> Made | MediaError:
    return replace(made, sounds=sounds) if isinstance(made, Made) else made


def _part(progress: Progress, before: float, share: float) -> Progress:
    return lambda done: progress(0.15 + 0.83 * (before + share * done))


def _material(plan: Mapping[str, Any], root: Path, folder: Path) -> Material:
    source = plans.checked_source(plan["source"], root, "video")
    link = folder / "in.bin"
    link.symlink_to(source.resolve())
    wanted = plan.get("captions")
    cues = captions_of.stored(plans.checked_source(wanted, root, "captions file")) if wanted else []
    facts = probe.inspect_video(source)
    if facts.hdr and "zscale" not in ffmpeg.has("filters"):
        raise RenderError(
            "This video is in HDR, which this server's ffmpeg cannot turn into what every screen shows. Export it anew "
            "without HDR (SDR, BT.709), or ask the operator for an ffmpeg with zimg."
        )
    return Material(link, folder, facts, cues)


# What each shows ----------------------------------------------------------------------------------


def _shot(plan: Mapping[str, Any], material: Material, look: passage.Looker) -> Shot:
    """Timing and passage; what lies over it is drawn later."""
    timing = plan_timing(plan, material.facts)
    where = _passage(plan, material.facts, look, timing, material.cues)
    if plan.get("start_s") is not None:
        left = (material.facts.duration_s or 0) - where.start_s
        timing = Timing(whole_frames(min(timing.passage_s, left), plan), timing.end_s)
    elif where.length_s is not None:
        timing = Timing(whole_frames(where.length_s, plan), timing.end_s)
    return Shot(plan, where, timing)


def whole_frames(seconds: float, plan: Mapping[str, Any]) -> float:
    fps = int(plan.get("fps") or 30)
    return int(seconds * fps + 1e-6) / fps


def plan_timing(plan: Mapping[str, Any], facts: probe.Probe) -> Timing:
    """How much of the video fits, in whole frames. The end card is part of the longest length."""
    longest, shortest = float(plan.get("max_s") or 60), float(plan.get("min_s") or 0)
    has_end = any((plan.get("end_card") or {}).get(k) for k in ("headline", "body"))
    end = END_S if has_end and longest > END_S + max(3.0, shortest) else 0.0
    duration = facts.duration_s or 0.0
    start = plan.get("start_s")
    if start is not None and not 0 <= start < duration - SHORTEST_S:
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
    return Timing(whole_frames(passage_s, plan), end)


def _passage(
    plan: Mapping[str, Any], facts: probe.Probe, look: passage.Looker, timing: Timing, cues: Sequence[Cue]
) -> passage.Passage:
    width, height = plan["size"]
    heard_only = facts.kind == probe.AUDIO
    share = 1.0 if heard_only else min(1.0, (facts.height * width / height) / facts.width)
    start, centre = plan.get("start_s"), plan.get("centre")
    if start is not None and centre is not None:
        return passage.Passage(float(start), float(centre["x"]), float(centre["y"]))
    if start is not None and share > 0.95:
        return passage.Passage(float(start), 0.5)
    # Nobody has chosen anything: it may end with a sentence before its longest length.
    free = start is None and plan.get("length_s") is None
    shortest = max(SHORTEST_S, float(plan.get("min_s") or 0) - timing.end_s) if free else None
    found = passage.choose(look, length_s=timing.passage_s, crop_share=share, cues=cues, shortest_s=shortest)
    return found if start is None else passage.Passage(float(start), found.centre_x)


# Making those of one passage ----------------------------------------------------------------------


def _group(
    group: Sequence[tuple[int, Shot]], material: Material, root: Path, progress: Progress
) -> Mapping[int, Made | MediaError]:
    """What became of each, by its number. What keeps one from being made takes no other with it."""
    try:
        return _of_passage(group, material, root, progress)
    except MediaError as error:  # of the passage, which all of them show
        return dict.fromkeys((nth for nth, _ in group), error)


def _of_passage(
    group: Sequence[tuple[int, Shot]], material: Material, root: Path, progress: Progress
) -> Mapping[int, Made | MediaError]:
    first = group[0][1]
    start_s, length_s = first.where.start_s, first.timing.passage_s
    spoken = captions_of.passage(list(material.cues), start_s, start_s + length_s)
    results: dict[int, Made | MediaError] = {}
    shots: dict[int, Shot] = {}
    inputs, standing = material.inputs(start_s, length_s)
    with ThreadPoolExecutor(1) as meanwhile:
        measured = (
            meanwhile.submit(sound.levelled, inputs, material.folder, length_s, fade_out(length_s))
            if material.facts.has_audio
            else None
        )
        for nth, shot in group:
            try:
                shots[nth] = _drawn(shot, nth, material, root, spoken)
            except MediaError as error:
                results[nth] = error
        level = measured.result() if measured else None
    progress(0.1)
    outputs = {nth: _output(shot, nth, material.folder) for nth, shot in shots.items()}
    copied = {
        nth
        for nth, shot in shots.items()
        if fits(shot, material.facts, level) and _copies(inputs, outputs[nth])
    }
    left = {nth: shot for nth, shot in shots.items() if nth not in copied}
    if left:
        still = material.facts.has_audio and sound.goes_on(inputs, material.folder, length_s)
        results |= _Encoding(left, outputs, material, level, inputs, still, standing).run(progress)
    for nth, shot in shots.items():
        if nth not in results:
            results[nth] = _finished(shot, outputs[nth], level, spoken, inputs, copied=nth in copied)
    return results


@dataclass(frozen=True)
class _Encoding:
    """The shots of one passage that are encoded, as many in one go as are possible.

    ``still``: their sound goes on to the end. Screen recorders write a frame when something moves: one that stands while
    somebody speaks is no broken file.
    """

    shots: Mapping[int, Shot]
    outputs: Mapping[int, Output]
    material: Material
    level: Level | None
    inputs: Sequence[str]
    still: bool
    standing: Standing | None

    def run(self, progress: Progress) -> dict[int, MediaError]:
        """Why each that could not be made could not be."""
        failed: dict[int, MediaError] = {}
        done = 0
        for batch in batches({nth: len(shot.overlays) for nth, shot in self.shots.items()}):
            part = partial(_share, progress, done / len(self.shots), len(batch) / len(self.shots))
            failed |= self._together(batch, part)
            done += len(batch)
        return failed

    def _together(self, batch: Sequence[int], progress: Progress) -> dict[int, MediaError]:
        """In one go; where that fails, one by one."""
        try:
            encode(
                partial(self._graph, batch), [self.outputs[n] for n in batch], self.material.folder, progress
            )
        except RenderInterrupted as error:
            return dict.fromkeys(batch, error)
        except MediaError as error:
            if len(batch) == 1:
                return {batch[0]: error}
            return {n: why for nth in batch for n, why in self._together([nth], progress).items()}
        return {}

    def _graph(self, batch: Sequence[int], which: Sequence[int]) -> tuple[Sequence[str], Sequence[str]]:
        shots = [self.shots[batch[n]] for n in which]
        made = build(shots, self.material.facts, self.level, still=self.still, standing=self.standing)
        return [*self.inputs, *made.inputs], made.texts


def batches(drawn: Mapping[int, int]) -> list[list[int]]:
    """What is encoded in one go, by how many pictures lie over each: each is an input of ffmpeg with two threads. Pure."""
    found: list[list[int]] = []
    room = 0
    for nth, count in drawn.items():
        if not found or count > room:
            found.append([])
            room = MOST_DRAWN
        found[-1].append(nth)
        room -= count
    return found


def _share(progress: Progress, before: float, share: float, done: float) -> None:
    progress(0.1 + 0.8 * (before + share * done))


def _drawn(shot: Shot, nth: int, material: Material, root: Path, spoken: Sequence[Cue]) -> Shot:
    folder = material.folder / f"drawn{nth}"
    folder.mkdir()
    plan, timing = shot.plan, shot.timing
    shown = audiogram.ground(plan, root, folder) if material.facts.kind == probe.AUDIO else None
    overlays = burnt.overlays(plan, folder, spoken, timing.passage_s, title=shown is None)
    end_card = burnt.end_card(plan, root, folder) if timing.end_s else None
    still, wave = shown or (None, (0, 0, 0, 0))
    return Shot(plan, shot.where, timing, overlays, end_card, still, wave)


def _output(shot: Shot, nth: int, folder: Path) -> Output:
    limit = int(shot.plan.get("max_bytes") or MOST_BYTES)
    return Output(folder / f"out{nth}.mp4", shot.timing.whole_s, limit, folder / f"thumbs{nth}.raw")


def fits(shot: Shot, facts: probe.Probe, level: Level | None) -> bool:
    """Whether the source is already what the plan asks for, to the last frame: then it is not encoded again. Pure."""
    plan = shot.plan
    whole = shot.where.start_s == 0 and (facts.duration_s or 0) - shot.timing.passage_s < 1 / int(
        plan.get("fps") or 30
    )
    plain = not shot.overlays and shot.end_card is None and shot.ground is None
    coded = (facts.video_codec, facts.audio_codec, facts.pixel_format) == ("h264", "aac", "yuv420p")
    shaped = (
        (facts.width, facts.height) == tuple(plan["size"])
        and facts.square
        and not (facts.turned or facts.hdr or facts.interlaced)
    )
    loud = level is None or (abs(level.gain_db) <= sound.AS_IT_IS_LU and not level.limited)
    return whole and plain and coded and shaped and loud and not facts.uneven and (facts.fps or 99) <= 60


def _copies(inputs: Sequence[str], output: Output) -> bool:
    """Copy; False where that cannot be done, or the file would be larger than it may."""
    try:
        copy(inputs, output, output.file.parent)
    except ffmpeg.FfmpegFailed:
        return False
    return output.file.stat().st_size <= output.limit


def _finished(
    shot: Shot,
    output: Output,
    level: Level | None,
    spoken: Sequence[Cue],
    source: Sequence[str],
    *,
    copied: bool,
) -> Made | MediaError:
    fps = int(shot.plan.get("fps") or 30)
    frames = None if copied else round(shot.timing.whole_s * fps)
    lufs = level.lufs if level and shot.timing.passage_s >= 1 and not copied else None
    expected = Expected(tuple(shot.plan["size"]), shot.timing.whole_s, fps, frames, lufs)
    try:
        cover_s = _cover_at(shot, output)
        with ThreadPoolExecutor(1) as meanwhile:  # a file that is replaced stays whole for who has opened it
            taken = meanwhile.submit(covers.take, output.file, output.file.with_suffix(".jpg"), cover_s)
            seen = settled(output, expected, None if copied else level, source, partial(_sounding, shot))
        cover = taken.result()
    except MediaError as error:
        return error
    facts, where = seen.facts, shot.where
    centre = (where.centre_x, where.centre_y) if shot.ground is None else None
    return Made(output.file, facts.width, facts.height, cover=cover, duration_s=facts.duration_s, centre=centre,
                captions=_beside(spoken, output.file), start_s=where.start_s, cover_s=round(cover_s, 3))  # fmt: skip


def _sounding(shot: Shot, level: Level) -> str:
    length = shot.timing.passage_s
    return f"{level.chain},{fade_out(length)},atrim=duration={number(length)}"


def _cover_at(shot: Shot, output: Output) -> float:
    """Where in the finished video the cover is taken: where the plan says, else at the best frame.

    With a title, one that shows it: it is what a cover is for.
    """
    chosen, timing = shot.plan.get("cover_s"), shot.timing
    if chosen is not None:
        return min(float(chosen), timing.whole_s - 0.1)
    has_title = bool((shot.plan.get("title") or {}).get("headline"))
    last = (
        min(burnt.TITLE_S - burnt.FADE_S - 0.1, timing.passage_s * 0.8)
        if has_title
        else timing.passage_s - 0.3
    )
    thumbs = output.thumbs
    small = covers.frames(thumbs, tuple(shot.plan["size"])) if thumbs is not None and thumbs.exists() else []
    found = covers.best(small, 0.0, last)
    return min(1.0, timing.passage_s / 2) if found is None else found


def _beside(spoken: Sequence[Cue], video: Path) -> Path | None:
    """What is said in the passage, for players and networks that take captions as a file."""
    if not spoken:
        return None
    file = video.with_suffix(".vtt")
    file.write_text(captions_of.to_vtt(spoken), encoding="utf-8")
    return file
