"""How fast infographics are drawn, against the same shapes and words in bare Pillow. Part of ``make bench``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from media import cards, lettering, typefaces
from media.bench import LOOK, row, side_by_side
from media.canvas import Canvas
from media.geometry import Box
from media.lettering import Line, Style
from media.surface import Raster, Ring

SIZE = (1080, 1350)
SLIDES = 10


def _plans() -> list[dict[str, Any]]:
    """Ten slides, of every kind of chart, with other figures on each."""
    kinds = (
        "bar",
        "column",
        "share",
        "comparison",
        "pictogram",
        "timeline",
        "line",
        "share",
        "pictogram",
        "bar",
    )
    return [_plan(number, kind) for number, kind in enumerate(kinds)]


def _plan(number: int, kind: str) -> dict[str, Any]:
    count = 2 if kind == "comparison" else 5
    figures = [[f"Ward {n}", 40 - 7 * n + number] for n in range(count)]
    if kind not in ("bar", "column", "line"):
        figures = [[label, value, f"{value} %", ""] for label, value in figures]
    return {
        "kind": "card", "version": 1, "template": "figures", "size": SIZE, "format": "jpeg", "language": "en",
        "look": LOOK, "safe": [60] * 4,
        "text": {"headline": f"What the town did in month {number}", "unit": "%", "source": "Council, record of 2026",
                 "chart": kind, "rows": figures, "note": "= 5 %", "difference": "+7 %", "icon": "person", "per_icon": 5},
    }  # fmt: skip


class _Noted(Raster):
    """Draws nothing: notes what bare Pillow would be asked for."""

    def __init__(self) -> None:
        super().__init__(Image.new("RGB", SIZE, (255, 255, 255)))
        self.asked: list[Any] = []

    def rect(self, box: Box, colour: Any) -> None:
        self.asked.append(lambda pen: pen.rectangle(tuple(box), fill=colour))

    def rounded(self, box: Box, colour: Any, radius: float) -> None:
        self.asked.append(lambda pen: pen.rounded_rectangle(tuple(box), radius, fill=colour))

    def circle(self, x: float, y: float, radius: float, colour: Any, ring: float = 0) -> None:
        edge = (x - radius, y - radius, x + radius, y + radius)
        self.asked.append(lambda pen: pen.ellipse(edge, fill=colour))

    def area(self, rings: Any, colour: Any) -> None:
        for ring in rings:
            self.asked.append(lambda pen, ring=ring: pen.polygon(list(ring), fill=colour))

    def hatch(self, rings: Any, colour: Any, pattern: str, step: float) -> None:
        """Left to ours alone: bare Pillow cannot cut lines to a shape."""

    def stroke(self, points: Ring, colour: Any, width: float) -> None:
        self.asked.append(lambda pen: pen.line(list(points), fill=colour, width=round(width)))

    def text(self, line: Line, style: Style, x: float, baseline: int) -> None:
        for run in line.runs:
            font = typefaces.load(run.face, style.weight, style.size)
            place = (x, baseline)
            self.asked.append(
                lambda pen, run=run, font=font, place=place: pen.text(
                    place, run.text, font=font, fill=style.colour, anchor="ls"
                )
            )
            x += run.width


def ten_slides(folder: Path) -> list[dict[str, Any]]:
    """Ten slides laid out, drawn smoothly and saved, against drawing the same shapes and words, jagged, and saving them."""
    plans = _plans()
    noted = []
    for plan in plans:
        surface = _Noted()
        cards.TEMPLATES["figures"](Canvas(plan, folder, surface))
        noted.append(surface.asked)

    def ours() -> None:
        lettering.shape.cache_clear()
        for number, plan in enumerate(plans):
            cards.save_card(plan, root=folder, out=folder / f"figures{number}.jpg")

    def baseline() -> None:
        for number, asked in enumerate(noted):
            image = Image.new("RGB", SIZE, (255, 255, 255))
            pen = ImageDraw.Draw(image)
            for draw in asked:
                draw(pen)
            image.save(
                folder / f"bare{number}.jpg", quality=93, subsampling="4:4:4", optimize=True, progressive=True
            )

    name = "a ten-slide infographic against the same shapes in bare Pillow"
    times = side_by_side(ours, baseline)
    return [
        row(name, *times.cpu, goal=1.5),
        row("the same, held against what the rendering notes found", *times.cpu, goal=1.25),
    ]


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        return ten_slides(Path(name))
