"""Turn a media plan into a file. Pure: the caller says where sources lie and where the result goes.

The result is written beside its place and renamed over it once it is whole and on the disk: a render that
fails leaves the old file as it was.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from media import plans
from media.errors import MediaError

Progress = Callable[[float], None]
PLACES = ("file", "cover", "captions")


@dataclass(frozen=True)
class Facts:
    """What was made. Sizes are pixels.

    Of a video: ``cover`` is its cover picture (JPEG), ``captions`` what is said in it (WebVTT, None where nothing is),
    ``start_s`` where in its source a cut begins. None for a card. ``sounds`` is when something is heard in the source,
    (from, to) in seconds, where it had to be looked into. ``cover_s`` is where in the video its cover picture stands,
    ``centre`` the middle of what a cut shows of its source's frame, as fractions (None where there is no frame).
    """

    file: Path
    cover: Path | None
    mime: str
    sha256: str
    bytes: int
    width: int
    height: int
    duration_s: float | None = None
    captions: Path | None = None
    start_s: float | None = None
    sounds: Sequence[Sequence[float]] = ()
    cover_s: float | None = None
    centre: Sequence[float] | None = None

    def as_json(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        return cls(**{k: Path(v) if k in PLACES and v else v for k, v in data.items()})


def render(plan: Mapping[str, Any], *, root: Path, out: Path, progress: Progress | None = None) -> Facts:
    """Render ``plan`` to ``out`` (extension: ``plans.extension``); a video's cover and captions beside it.

    ``root`` is the folder that relative paths in the plan start from. ``progress`` is called with 0.0 to
    1.0. Raises RenderError or BadMedia with a message for people, RenderInterrupted when another try may
    help.
    """
    (facts,) = render_together([plan], root=root, outs=[out], progress=progress)
    if isinstance(facts, MediaError):
        raise facts
    return facts


def render_together(
    wanted: Sequence[Mapping[str, Any]], *, root: Path, outs: Sequence[Path], progress: Progress | None = None
) -> list[Facts | MediaError]:
    """Render one plan, or several that share the work: cuts with the same source and captions, cards of one photograph.

    Per plan: what was made, or why it could not be. A result is in its place before a later one fails.
    """
    for plan in wanted:
        plans.check(plan)
    report = progress or (lambda share: None)
    for out in outs:
        out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".render-", dir=outs[0].parent) as folder:
        made = _make(wanted, root, Path(folder), report)
        found = [
            each if isinstance(each, MediaError) else _placed(each, plan, out)
            for each, plan, out in zip(made, wanted, outs, strict=True)
        ]
    report(1.0)
    return found


def _placed(made: Made, plan: Mapping[str, Any], out: Path) -> Facts:
    keep(made.file, out)
    beside = {made.cover: cover_path(out), made.captions: captions_path(out)}
    for file, place in beside.items():
        if file is not None:
            keep(file, place)
    facts = Facts(
        file=out,
        cover=beside[made.cover] if made.cover else None,
        mime=plans.MIMES[plans.extension(plan)],
        sha256=plans.file_sha256(out),
        bytes=out.stat().st_size,
        width=made.width,
        height=made.height,
        duration_s=made.duration_s,
        captions=beside[made.captions] if made.captions else None,
        start_s=made.start_s,
        sounds=made.sounds,
        cover_s=made.cover_s,
        centre=made.centre,
    )
    note(facts)
    return facts


def note(facts: Facts) -> None:
    """Write beside the file, last of all, what was made: with it the result is complete."""
    said = {k: Path(v).name if k in PLACES and v else v for k, v in facts.as_json().items()}
    with tempfile.NamedTemporaryFile("w", prefix=".note-", dir=facts.file.parent, delete=False) as file:
        json.dump(said, file)
    keep(Path(file.name), note_path(facts.file))


def noted(out: Path) -> Facts | None:
    """What an earlier render left at ``out``, if it got to its end and the files are still the same."""
    try:
        said = json.loads(note_path(out).read_text())
        facts = Facts(**{k: out.with_name(v) if k in PLACES and v else v for k, v in said.items()})
        there = all(file.is_file() for file in (facts.file, facts.cover, facts.captions) if file)
        return facts if there and plans.file_sha256(out) == facts.sha256 else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


@dataclass(frozen=True)
class Made:
    """A finished file in the working folder, not yet at its place."""

    file: Path
    width: int
    height: int
    cover: Path | None = None
    duration_s: float | None = None
    captions: Path | None = None
    start_s: float | None = None
    sounds: Sequence[Sequence[float]] = ()
    cover_s: float | None = None
    centre: Sequence[float] | None = None


def _make(
    wanted: Sequence[Mapping[str, Any]], root: Path, folder: Path, progress: Progress
) -> Sequence[Made | MediaError]:
    plan = wanted[0]
    # Imported here: a card needs no ffmpeg, and the web process, which only names files, needs neither.
    if plan["kind"] == "card":
        return _cards(wanted, root, folder, progress)
    if plan["kind"] == "cut":
        from media.cut import make_cuts

        return make_cuts(wanted, root=root, folder=folder, progress=progress)
    if plan["kind"] == "copy":
        from media.copying import make_copy

        return [make_copy(plan, root=root, folder=folder, progress=progress)]
    from media.film import make_film

    return [make_film(plan, root=root, folder=folder, progress=progress)]


def _cards(
    wanted: Sequence[Mapping[str, Any]], root: Path, folder: Path, progress: Progress
) -> list[Made | MediaError]:
    """One result per card. The photograph is decoded once, fine enough for the largest of them."""
    from media import cards, pictures

    made: list[Made | MediaError] = []
    largest = (max(plan["size"][0] for plan in wanted), max(plan["size"][1] for plan in wanted))
    with pictures.shared(largest) if len(wanted) > 1 else nullcontext():
        for number, plan in enumerate(wanted):
            file = folder / f"card{number}.{plans.extension(plan)}"
            try:
                made.append(Made(file, *cards.save_card(plan, root=root, out=file)))
            except MediaError as error:
                made.append(error)
            progress((number + 1) / len(wanted))
    return made


def cover_path(out: Path) -> Path:
    return out.with_name(out.stem + ".cover.jpg")


def note_path(out: Path) -> Path:
    """Its name begins with a dot: such files are never served."""
    return out.with_name(f".{out.name}.json")


def captions_path(out: Path) -> Path:
    return out.with_name(out.stem + ".vtt")


def keep(made: Path, place: Path) -> None:
    """Put a finished file in its place, whole or not at all, surviving a power cut."""
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    made.chmod(0o644)
    made.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
