"""A copy of a picture that may go out beside an answer: upright, without what its file says beside the pixels, and within a
network's limits. Made at once, in a child of its own (media.child), since an answer does not wait for its turn.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from media import child, pictures

LONGEST = 2048  # pixels
TIMEOUT_S = 60.0
WHITE = (255, 255, 255)


def copy(path: Path, out: Path, *, max_bytes: int, max_pixels: int = 0) -> tuple[int, int]:
    """Make the copy as JPEG, unless it is there; returns its width and height. Raises MediaError with words for people."""
    if out.is_file():
        out.touch()  # wanted again: not to be cleared away just now (media.cleaning)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        task = {"path": str(path), "out": str(out), "max_bytes": max_bytes, "max_pixels": max_pixels}
        child.run_python("media.smaller", task, timeout_s=TIMEOUT_S)
    header = pictures.read_header(out)
    return header.width, header.height


def place(sha256: str, *, max_bytes: int, max_pixels: int = 0) -> str:
    """Where the copy of the picture with this digest lies, relative to the media folder."""
    named = json.dumps(["smaller", sha256, max_bytes, max_pixels, LONGEST])
    key = hashlib.sha256(named.encode()).hexdigest()
    return f"renders/{key[:2]}/{key}.jpg"


def _size(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    share = min(1.0, LONGEST / max(width, height))
    if max_pixels:
        share = min(share, (max_pixels / (width * height)) ** 0.5)
    return max(1, int(width * share)), max(1, int(height * share))


def work(task: dict[str, Any], progress: Any) -> None:
    path, out = Path(task["path"]), Path(task["out"])
    header = pictures.read_header(path)
    size = _size(header.width, header.height, task["max_pixels"])
    image = pictures.load(path, size)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if image.mode == "RGBA":
        flat = Image.new("RGB", size, WHITE)
        flat.paste(image, (0, 0), image)
        image = flat
    with tempfile.TemporaryDirectory(prefix=".render-", dir=out.parent) as folder:
        made = Path(folder) / "copy.jpg"
        pictures.save(image, made, "jpeg", task["max_bytes"], photo=True)
        os.replace(made, out)


if __name__ == "__main__":
    child.serve(work, memory_mib=2048, cpu_s=60, file_mib=64)
