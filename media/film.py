"""A film made of cards: one after the other, with a soft change; those with a photograph move slowly closer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from media import cards, pictures
from media.encode import COLOURS, checked, encode
from media.errors import RenderError
from media.ffmpeg import number
from media.render import Made, Progress

ZOOM = 0.05


def make_film(plan: Mapping[str, Any], *, root: Path, folder: Path, progress: Progress) -> Made:
    """Cards one after the other with a soft change between them; those with a photograph move slowly closer."""
    fps = int(plan.get("fps") or 30)
    slides = [_slide(plan, card, root) for card in plan.get("slides") or ()]
    end = plan.get("end_card") or {}
    if end.get("headline") or end.get("body"):
        card = {
            "template": "closing",
            "text": end,
            "look": plan.get("look") or {},
            "safe": plan.get("safe") or (),
        }
        slides.append(_slide(plan, card, root))
    if not slides:
        raise RenderError("A film needs at least one card. Add a picture, a figure or a quote to the story.")
    per_slide = round(float(plan.get("slide_s") or 3.0) * fps)
    length_s = per_slide * len(slides) / fps
    cover = folder / "cover.jpg"
    pictures.save(slides[0].image, cover, "jpeg", 4_000_000, photo=True)
    width, height = plan["size"]
    progress(0.05)
    inputs = [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(fps)),
        *("-colorspace", "bt709", "-color_range", "tv", "-i", "pipe:0"),
    ]
    graph = f"[0:v]{COLOURS}[v];anullsrc=r=48000:cl=stereo,atrim=duration={number(length_s)}[a]"

    def feed(stream) -> None:
        for frame in film_frames(slides, per_slide, round(0.4 * fps)):
            stream.write(frame)

    out = encode(inputs, graph, plan, folder, length_s, lambda share: progress(0.05 + 0.9 * share), feed)
    return checked(out, plan, length_s, cover)


@dataclass(frozen=True)
class Slide:
    image: Image.Image
    moves: bool


def _slide(plan: Mapping[str, Any], card: Mapping[str, Any], root: Path) -> Slide:
    whole = {**card, "size": plan["size"], "language": card.get("language") or plan.get("language")}
    return Slide(cards.draw_card(whole, root), bool(card.get("source")))


Planes = tuple[Image.Image, Image.Image, Image.Image]

# RGB to Y'CbCr by BT.709, limited range.
BT709 = (
    *(0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16),
    *(-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128),
    *(0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128),
)


def planes(image: Image.Image) -> Planes:
    """Brightness in full, colour differences in half size."""
    y, u, v = image.convert("RGB", BT709).split()
    return y, u.reduce(2), v.reduce(2)


def film_frames(slides: Sequence[Slide], per_slide: int, fade: int):
    """All frames as yuv420p bytes."""
    current = planes(slides[0].image)
    for i, slide in enumerate(slides):
        following = planes(slides[i + 1].image) if i + 1 < len(slides) else None
        still = b"" if slide.moves else b"".join(p.tobytes() for p in current)
        for n in range(per_slide):
            share = (n - (per_slide - fade)) / fade
            if following and share > 0:
                moved = _closer(current, n / per_slide) if slide.moves else current
                mixed = (Image.blend(a, b, share) for a, b in zip(moved, following, strict=True))
                yield b"".join(p.tobytes() for p in mixed)
            elif still:
                yield still
            else:
                yield b"".join(p.tobytes() for p in _closer(current, n / per_slide))
        if following:
            current = following


def _closer(current: Planes, share: float) -> Planes:
    """A cut-out with fractional edges, scaled back: moves by less than a pixel without shaking."""
    cut = ZOOM * share / 2

    def zoom(plane: Image.Image) -> Image.Image:
        w, h = plane.size
        return plane.resize(
            (w, h), Image.Resampling.BICUBIC, box=(w * cut, h * cut, w * (1 - cut), h * (1 - cut))
        )

    y, u, v = current
    return zoom(y), zoom(u), zoom(v)
