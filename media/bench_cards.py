"""Six cards of one large photograph against bare Pillow used well: one decode in draft mode, then cut, scaled, saved.

Part of ``make bench``. Ours draw their words besides. The worker claims cards of one photograph together (adr/0016); the
second row is what they cost one by one, as when each is asked for at another time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from media.bench import LOOK, SIZES, row, side_by_side
from media.render import render, render_together

PHOTO = (6000, 4000)
MEMORY = """
import sys
from pathlib import Path
from media import bench_cards
folder = Path(sys.argv[2])
{"ours": bench_cards.ours, "bare": bench_cards.bare}[sys.argv[1]](folder)
# Not ru_maxrss, which begins with what the parent had.
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024)
"""


def photograph(folder: Path) -> Path:
    path = folder / "photo.jpg"
    if not path.exists():
        Image.effect_noise((1500, 1000), 40).convert("RGB").resize(PHOTO).save(path, quality=90)
    return path


def plans(folder: Path) -> list[dict[str, Any]]:
    return [{
        "kind": "card", "version": 1, "template": "cover", "size": size, "format": "jpeg", "language": "en",
        "source": {"path": str(photograph(folder)), "sha256": "", "focus": {"x": 0.4, "y": 0.6}}, "look": LOOK,
        "text": {"headline": "Four tonnes lighter: our river in one day"},
    } for size in SIZES]  # fmt: skip


def separately(folder: Path) -> None:
    """Each card opens the photograph for itself."""
    for number, plan in enumerate(plans(folder)):
        render(plan, root=folder, out=folder / f"card{number}.jpg")


def ours(folder: Path) -> None:
    """As the worker's child process makes cards that it has claimed together."""
    wanted = plans(folder)
    outs = [folder / f"together{number}.jpg" for number in range(len(wanted))]
    render_together(wanted, root=folder, outs=outs)


def bare(folder: Path) -> None:
    with Image.open(photograph(folder)) as image:
        image.draft("RGB", (2880, 1920))
        for number, (width, height) in enumerate(SIZES):
            image.load()
            scale = max(width / image.width, height / image.height)
            left, top = (image.width - width / scale) / 2, (image.height - height / scale) / 2
            box = (left, top, left + width / scale, top + height / scale)
            card = image.resize((width, height), Image.Resampling.BICUBIC, box=box)
            card.save(folder / f"bare{number}.jpg", quality=90, optimize=True, progressive=True)


def _peak_mib(which: str, folder: Path) -> float:
    command = [sys.executable, "-c", MEMORY, which, str(folder)]
    house = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=house, check=True, capture_output=True, text=True, timeout=120)
    return float(done.stdout)


def as_renditions(folder: Path) -> None:
    """What Wagtail does for a page's picture in these sizes, by its own library: no words."""
    from willow.image import Image as Willow

    for number, (width, height) in enumerate(SIZES):
        with photograph(folder).open("rb") as file:
            image = Willow.open(file)
            scale = max(width / PHOTO[0], height / PHOTO[1])
            broad, high = round(width / scale), round(height / scale)
            left, top = (PHOTO[0] - broad) // 2, (PHOTO[1] - high) // 2
            cut = image.crop((left, top, left + broad, top + high)).resize((width, height))
            with (folder / f"rendition{number}.jpg").open("wb") as out:
                cut.save_as_jpeg(out, quality=85)


def measure() -> list[dict[str, Any]]:
    _with_settings()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        ours(folder)  # fonts and modules are there, as in a worker
        together = side_by_side(lambda: ours(folder), lambda: bare(folder))
        apart = side_by_side(lambda: separately(folder), lambda: bare(folder))
        renditions = side_by_side(lambda: ours(folder), lambda: as_renditions(folder))
        mine, theirs = _peak_mib("ours", folder), _peak_mib("bare", folder)
    photo = "a 24-megapixel photograph against bare Pillow"
    return [
        row(f"six cards claimed together of {photo} decoding once", *together.cpu, goal=1.15),
        row(f"six cards one by one of {photo} decoding once", *apart.cpu, goal=1.8),
        row(
            "six cards claimed together against Wagtail's renditions, which have no words",
            *renditions.cpu,
            goal=0.25,
        ),
        row(f"memory: six cards of {photo}", mine, theirs, goal=None, unit="MiB"),
        row("memory: six cards against the bar of 140 MiB", mine, 140.0, goal=1.0, unit="MiB"),
    ]


def _with_settings() -> None:
    """Willow asks Django for them."""
    from django.conf import settings

    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        settings.configure()


if __name__ == "__main__":
    for found in measure():
        print(found)
