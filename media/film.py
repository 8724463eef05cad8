"""A film made of cards: one after the other, with a soft change; photographs move slowly closer. Music if given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

from PIL import Image

from media import cards, ffmpeg, pictures, plans, sound
from media.encode import MOST_BYTES, Output, encode
from media.errors import RenderError
from media.ffmpeg import number
from media.graph import COLOURS
from media.inspection import Expected
from media.render import Made, Progress
from media.settling import settled
from media.sound import STEREO, Level

ZOOM = 0.05
DRAWING = 2  # threads that draw frames


def make_film(plan: Mapping[str, Any], *, root: Path, folder: Path, progress: Progress) -> Made:
    """Cards one after the other with a soft change between them; those with a photograph move slowly closer."""
    fps = int(plan.get("fps") or 30)
    with pictures.shared(tuple(plan["size"])):  # a photograph on several cards is decoded once
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
    music, level = _music(plan, root, folder, length_s)
    graph = f"[0:v]{COLOURS}[v0];{_sound(level, length_s)}[a0]"

    def feed(stream) -> None:
        for frame in film_frames(slides, per_slide, round(0.4 * fps)):
            stream.write(frame)

    out = Output(folder / "out.mp4", length_s, int(plan.get("max_bytes") or MOST_BYTES))
    encode(
        lambda which: ([*inputs, *music], [graph]),
        [out],
        folder,
        lambda share: progress(0.05 + 0.9 * share),
        feed,
    )
    frames = per_slide * len(slides)
    expected = Expected((width, height), length_s, fps, frames, level and level.lufs)
    seen = settled(out, expected, level, music, lambda level: f"{level.chain},{_fades(length_s)}")
    return Made(out.file, width, height, cover=cover, duration_s=seen.facts.duration_s, cover_s=0.0)


def _music(
    plan: Mapping[str, Any], root: Path, folder: Path, length_s: float
) -> tuple[list[str], Level | None]:
    """The input of the music bed, from its beginning and over again until the film ends, and how to turn it."""
    wanted = plan.get("music")
    if not wanted:
        return [], None
    link = folder / "music.bin"
    link.symlink_to(plans.checked_source(wanted, root, "music").resolve())
    source = ffmpeg.safe_input(link, "-stream_loop", "-1", "-t", number(length_s))
    return source, sound.levelled(source, folder, length_s, _fades(length_s))


def _fades(length_s: float) -> str:
    return f"afade=t=in:d=0.4,afade=t=out:st={number(max(0.0, length_s - 1.2))}:d=1.2"


def _sound(level: Level | None, length_s: float) -> str:
    length = number(length_s)
    if level is None:
        return f"anullsrc=r=48000:cl=stereo,atrim=duration={length}"
    return f"[1:a:0]{STEREO},{level.chain},{_fades(length_s)},apad=whole_dur={length},atrim=duration={length}"


@dataclass(frozen=True)
class Slide:
    image: Image.Image
    moves: bool


def _slide(plan: Mapping[str, Any], card: Mapping[str, Any], root: Path) -> Slide:
    moves = bool(card.get("source"))
    whole = {**card, "size": plan["size"], "language": card.get("language") or plan.get("language")}
    if moves:
        whole["safe"] = safe_while_moving(card.get("safe") or (), plan["size"])
    return Slide(cards.draw_card(whole, root), moves)


def safe_while_moving(safe: Sequence[float], size: Sequence[int]) -> list[int]:
    """How far words must stay from each edge (top, right, bottom, left) so that the last frame too leaves free what ``safe``
    asks for. Pure.
    """
    width, height = size
    halves = (height / 2, width / 2, height / 2, width / 2)
    return [
        ceil(half - (half - edge) * (1 - ZOOM))
        for half, edge in zip(halves, (*safe, 0, 0, 0, 0), strict=False)
    ]


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


def film_frames(slides: Sequence[Slide], per_slide: int, fade: int) -> Iterator[bytes]:
    """All frames as yuv420p bytes, drawn a little ahead: Pillow lets threads work side by side."""
    with ThreadPoolExecutor(DRAWING) as drawing:
        ahead: deque[Future[list[bytes]]] = deque()
        try:
            for draw in _drawn(slides, per_slide, fade):
                ahead.append(drawing.submit(draw))
                if len(ahead) > DRAWING:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()
        finally:
            for each in ahead:
                each.cancel()


def _drawn(slides: Sequence[Slide], per_slide: int, fade: int) -> Iterator[Callable[[], list[bytes]]]:
    """What draws the frames, two at a time."""
    current = planes(slides[0].image)
    for i, slide in enumerate(slides):
        following = planes(slides[i + 1].image) if i + 1 < len(slides) else None
        for first in range(0, per_slide, 2):
            steps = [
                (n / per_slide, max(0.0, (n - (per_slide - fade)) / fade) if following else 0.0)
                for n in range(first, min(first + 2, per_slide))
            ]
            yield partial(_pair, current, slide.moves, following, steps)
        if following:
            current = following


def _pair(
    seen: Planes, moves: bool, following: Planes | None, steps: Sequence[tuple[float, float]]
) -> list[bytes]:
    """Frames that follow each other, each so far on its way and so much given over to what comes after."""
    y, u, v = seen
    if moves:  # colours move on with every second frame: each time by a tenth of a pixel or two
        middle = sum(way for way, _ in steps) / len(steps)
        u, v = (_closer(plane, middle, Image.Resampling.BILINEAR) for plane in (u, v))
    made = []
    for way, given in steps:
        frame = (_closer(y, way, Image.Resampling.BICUBIC) if moves else y, u, v)
        if given and following is not None:
            frame = tuple(Image.blend(a, b, given) for a, b in zip(frame, following, strict=True))
        made.append(b"".join(plane.tobytes() for plane in frame))
    return made


def _closer(plane: Image.Image, way: float, how: Image.Resampling) -> Image.Image:
    """A cut-out with fractional edges, scaled back: moves by less than a pixel without shaking."""
    cut, (w, h) = ZOOM * way / 2, plane.size
    return plane.resize((w, h), how, box=(w * cut, h * cut, w * (1 - cut), h * (1 - cut)))
