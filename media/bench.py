"""How fast rendering is, as ratios of CPU time taken side by side (A B A B, medians). Part of ``make bench``.

:func:`measure` returns rows ``{name, ours, baseline, ratio, unit, goal}``; lower ratios are better. By hand:
``python -m media.bench``.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from media.render import render

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


def cpu_s() -> float:
    """Processor time of this process and its ended children, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def side_by_side(ours: Callable[[], object], baseline: Callable[[], object]) -> tuple[float, float]:
    times: dict[Callable[[], object], list[float]] = {ours: [], baseline: []}
    for _ in range(ROUNDS):
        for work in (ours, baseline):
            before = cpu_s()
            work()
            times[work].append(cpu_s() - before)
    return statistics.median(times[ours]), statistics.median(times[baseline])


def row(name: str, ours: float, baseline: float, goal: float) -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 3),
        "baseline": round(baseline, 3),
        "ratio": round(ours / baseline, 3),
        "unit": "CPU s",
        "goal": goal,
    }


def six_cards(folder: Path) -> dict[str, Any]:
    """Six finished cards, with words, against opening, cutting and scaling the picture for each size without any."""
    photo = folder / "photo.jpg"
    Image.effect_noise((1500, 1000), 40).convert("RGB").resize((6000, 4000)).save(photo, quality=90)

    def ours() -> None:
        for number, size in enumerate(SIZES):
            plan = {
                "kind": "card", "version": 1, "template": "cover", "size": size, "format": "jpeg", "language": "en",
                "source": {"path": str(photo), "sha256": "", "focus": {"x": 0.4, "y": 0.6}}, "look": LOOK,
                "text": {"headline": "Four tonnes lighter: our river in one day"},
            }  # fmt: skip
            render(plan, root=folder, out=folder / f"card{number}.jpg")

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

    return row(
        "six cards of a 24-megapixel JPEG against decode, resize, crop",
        *side_by_side(ours, baseline),
        goal=0.6,
    )


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        return [six_cards(Path(name))]


if __name__ == "__main__":
    for found in measure():
        print(found)
