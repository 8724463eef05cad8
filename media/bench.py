"""How fast rendering is, as ratios taken side by side (A B A B, medians of three rounds). Part of ``make bench``.

:func:`measure` returns rows ``{name, ours, baseline, ratio, unit, goal}``; lower ratios are better. A goal of None is no
promise: both are printed. By hand: ``python -m media.bench``.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from media.render import render_together

LOOK = {
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#ffffff",
    "text": "#14201f",
    "logo": None,
    "name": "Bench",
}
SIZES = ((1080, 1350), (1080, 1080), (1200, 675), (1200, 630), (1080, 1920), (1080, 1350))
ROUNDS = 3


@dataclass(frozen=True)
class Times:
    """Medians of ours and the baseline's, in seconds."""

    wall: tuple[float, float]
    cpu: tuple[float, float]


def cpu_s() -> float:
    """Processor time of this process and its ended children, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """How long something takes by the clock, and how much processor time."""
    began, before = time.perf_counter(), cpu_s()
    work()
    return time.perf_counter() - began, cpu_s() - before


def side_by_side(ours: Callable[[], object], baseline: Callable[[], object], rounds: int = ROUNDS) -> Times:
    found = [(timed(ours), timed(baseline)) for _ in range(rounds)]

    def medians(which: int) -> tuple[float, float]:
        return (
            statistics.median(mine[which] for mine, _ in found),
            statistics.median(theirs[which] for _, theirs in found),
        )

    return Times(medians(0), medians(1))


def row(name: str, ours: float, baseline: float, goal: float | None, unit: str = "CPU s") -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 4),
        "baseline": round(baseline, 4),
        "ratio": round(ours / baseline, 3),
        "unit": unit,
        "goal": goal,
    }


def six_cards(folder: Path) -> dict[str, Any]:
    """Six finished cards, with words, against opening, cutting and scaling the picture for each size without any."""
    photo = folder / "photo.jpg"
    Image.effect_noise((1500, 1000), 40).convert("RGB").resize((6000, 4000)).save(photo, quality=90)
    plans = [
        {
            "kind": "card", "version": 1, "template": "cover", "size": size, "format": "jpeg", "language": "en",
            "source": {"path": str(photo), "sha256": "", "focus": {"x": 0.4, "y": 0.6}}, "look": LOOK,
            "text": {"headline": "Four tonnes lighter: our river in one day"},
        }
        for size in SIZES
    ]  # fmt: skip

    def ours() -> None:
        render_together(plans, root=folder, outs=[folder / f"card{n}.jpg" for n in range(len(plans))])

    def baseline() -> None:
        for number, (width, height) in enumerate(SIZES):
            with Image.open(photo) as image:
                scale = max(width / image.width, height / image.height)
                image = image.resize(
                    (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
                )
                image.crop((0, 0, width, height)).save(
                    folder / f"plain{number}.jpg", quality=90, optimize=True
                )

    name = "six cards of a 24-megapixel JPEG against decode, resize, crop for each"
    return row(name, *side_by_side(ours, baseline).cpu, goal=0.25)


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        return [six_cards(Path(name))]


if __name__ == "__main__":
    for found in measure():
        print(found)
