"""Which frame of a video makes a good cover: sharp in what is seen, neither black nor blown out, and standing still."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageStat

from media import ffmpeg, pictures
from media.ffmpeg import number
from media.graph import THUMB_FPS, THUMB_WIDTH


def frames(thumbs: Path, size: tuple[int, int]) -> list[Image.Image]:
    """The small grey frames that the encode left, two a second. ``size`` is that of the video."""
    height = round(size[1] * THUMB_WIDTH / size[0] / 2) * 2
    data, step = thumbs.read_bytes(), THUMB_WIDTH * height
    count = len(data) // step
    return [
        Image.frombytes("L", (THUMB_WIDTH, height), data[n * step : (n + 1) * step]) for n in range(count)
    ]


def worth(frame: Image.Image, following: Image.Image | None = None) -> float:
    """How good a frame is as a cover. What lies in the middle, where the focus is, counts double."""
    w, h = frame.size
    middle = (w // 5, h // 5, w - w // 5, h - h // 5)
    edges = frame.filter(ImageFilter.FIND_EDGES).crop(
        (1, 1, w - 1, h - 1)
    )  # the filter leaves the rim as it is
    sharp = ImageStat.Stat(edges).mean[0] + ImageStat.Stat(edges.crop(middle)).mean[0]
    light = ImageStat.Stat(frame).mean[0]
    dull = 0.25 if light < 24 or light > 236 else 1.0
    moving = ImageStat.Stat(ImageChops.difference(frame, following)).mean[0] if following is not None else 0.0
    return sharp * dull / (1 + moving / 16)


def best(found: Sequence[Image.Image], first_s: float, last_s: float) -> float | None:
    """When, in seconds, the best frame between two times is; None where there is none."""
    possible = [n for n in range(len(found)) if first_s <= n / THUMB_FPS <= last_s]
    if not possible:
        return None
    value = {n: worth(found[n], found[n + 1] if n + 1 < len(found) else None) for n in possible}
    return max(possible, key=lambda n: (round(value[n], 1), -n)) / THUMB_FPS


def take(video: Path, cover: Path, at_s: float) -> Path:
    """A frame of the finished video as a JPEG, in the colours of the video."""
    frame = cover.with_suffix(".ppm")
    ffmpeg.run(
        [*ffmpeg.safe_input(video, "-ss", number(at_s)), "-frames:v", "1", "-vf",
         "scale=in_color_matrix=bt709:in_range=tv,format=rgb24", frame.name],
        folder=video.parent, timeout_s=60, one_thread=True,
    )  # fmt: skip
    with Image.open(frame) as image:
        pictures.save(image.convert("RGB"), cover, "jpeg", 4_000_000, photo=True)
    return cover
