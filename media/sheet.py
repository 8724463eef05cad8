"""Several cards side by side as one picture, for choosing a look. ``python -m media.sheet`` is its child process."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from media import cards, child, pictures, plans
from media.errors import MediaError

GAP = 16
COLUMNS = 2
GROUND = (236, 238, 238)
QUALITY = 88


def draw(wanted: Sequence[Mapping[str, Any]], root: Path) -> Image.Image:
    """Cards of one size, row by row. One that cannot be drawn stays an empty place: its story's findings say why."""
    width, height = wanted[0]["size"]
    rows = -(-len(wanted) // COLUMNS)
    size = (COLUMNS * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, GROUND)
    with pictures.shared((width, height)):
        for number, plan in enumerate(wanted):
            place = (number % COLUMNS * (width + GAP), number // COLUMNS * (height + GAP))
            try:
                plans.check(plan)
                sheet.paste(cards.draw_card(plan, root), place)
            except MediaError:
                sheet.paste((214, 218, 218), (*place, place[0] + width, place[1] + height))
    return sheet


def jpeg(wanted: Sequence[Mapping[str, Any]], root: Path) -> bytes:
    """The sheet as JPEG, drawn in a process with limits. Raises MediaError when that is not possible."""
    with tempfile.TemporaryDirectory(prefix="hustings-media-") as folder:
        out = Path(folder) / "sheet.jpg"
        child.run_python(
            "media.sheet", {"plans": list(wanted), "root": str(root), "out": str(out)}, timeout_s=20
        )
        return out.read_bytes()


def _work(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    draw(task["plans"], Path(task["root"])).save(task["out"], "JPEG", quality=QUALITY)
    return {}


if __name__ == "__main__":
    child.serve(_work, memory_mib=1536, cpu_s=20, file_mib=16)
