"""What is seen while a passage of a podcast is heard: the title on the campaign's ground, and room for the sound's waves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from media.canvas import Canvas
from media.typefaces import HEAVY

Wave = tuple[int, int, int, int]
ALONE, ABOVE_A_NAME = (
    (0.5, 0.14),
    (0.43, 0.08),
)  # where the waves begin, and how tall they are, as shares of the height


def ground(plan: Mapping[str, Any], root: Path, folder: Path) -> tuple[Path, Wave]:
    """The drawn ground, and where on it the waves stand: x, y, width, height, all even. Captions come below them."""
    headline = str((plan.get("title") or {}).get("headline") or "").strip()
    card = {
        "template": "cover",
        "size": plan["size"],
        "text": {"headline": headline},
        "look": plan.get("look") or {},
        "language": plan.get("language"),
        "safe": plan.get("safe") or (),
    }
    canvas = Canvas(card, root)
    canvas.backdrop()
    top = canvas.brand(canvas.colour, canvas.ink) + canvas.px(48)
    at, tall = ABOVE_A_NAME if (plan.get("lower_third") or {}).get("name") else ALONE
    if headline:
        room = max(canvas.px(60), round(canvas.height * (at - 0.04)) - top)
        block = canvas.fit(headline, HEAVY, 84, canvas.box.width, room, canvas.ink, smallest=30, leading=1.1,
                           balance=True, what="title")  # fmt: skip
        canvas.write(block, top)
    file = folder / "ground.png"
    canvas.image.save(file, compress_level=1)
    box = canvas.box
    return file, (box.left, _even(canvas.height * at), _even(box.width), _even(canvas.height * tall))


def _even(value: float) -> int:
    return max(2, int(value) // 2 * 2)
