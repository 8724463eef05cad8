"""Turn a media plan into a file. Pure: the caller says where sources lie and where the result goes.

The result is written beside its place and renamed over it once it is whole and on the disk: a render that
fails leaves the old file as it was.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from media import plans

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Facts:
    """What was made. Sizes are pixels.

    Of a video: ``cover`` is its cover picture (JPEG), ``captions`` what is said in it (WebVTT, None where nothing is),
    ``start_s`` where in its source a cut begins. None for a card.
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

    def as_json(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        return cls(**{k: Path(v) if k in ("file", "cover", "captions") and v else v for k, v in data.items()})


def render(plan: Mapping[str, Any], *, root: Path, out: Path, progress: Progress | None = None) -> Facts:
    """Render ``plan`` to ``out`` (extension: ``plans.extension``); a video's cover and captions beside it.

    ``root`` is the folder that relative paths in the plan start from. ``progress`` is called with 0.0 to
    1.0. Raises RenderError or BadMedia with a message for people, RenderInterrupted when another try may
    help.
    """
    plans.check(plan)
    report = progress or (lambda share: None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".render-", dir=out.parent) as folder:
        made = _make(plan, root, Path(folder), report)
        keep(made.file, out)
        beside = {made.cover: cover_path(out), made.captions: captions_path(out)}
        for file, place in beside.items():
            if file is not None:
                keep(file, place)
    report(1.0)
    return Facts(
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
    )


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


def _make(plan: Mapping[str, Any], root: Path, folder: Path, progress: Progress) -> Made:
    # Imported here: a card needs no ffmpeg, and the web process, which only names files, needs neither.
    if plan["kind"] == "card":
        from media import cards

        file = folder / f"card.{plans.extension(plan)}"
        width, height = cards.save_card(plan, root=root, out=file)
        return Made(file, width, height)
    if plan["kind"] == "cut":
        from media.cut import make_cut as make
    else:
        from media.film import make_film as make
    return make(plan, root=root, folder=folder, progress=progress)


def cover_path(out: Path) -> Path:
    return out.with_name(out.stem + ".cover.jpg")


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
