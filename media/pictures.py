"""Open pictures from outside safely, cut them, save the result within a limit of bytes.

A picture is refused by its header, before anything is decoded: a small file can claim a huge picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from media.errors import BadMedia, RenderError
from media.geometry import Focus, crop_box

# Keeps the parsers of EPS, PSD, TIFF, PDF and many more away from files that people send us.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"heif")
MAX_PIXELS = 50_000_000
REDUCED = 1.4  # what is twice that much too large is halved by plain averages before it is scaled finely
MAX_SIDE = 20_000
MAX_BYTES = 60 * 1024 * 1024


def _formats(path: Path) -> tuple[str, ...]:
    """What may be opened. HEIC, which telephones make, needs a plug-in that Wagtail brings along."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] != b"ftyp" or start[8:12] not in HEIC_BRANDS:
        return FORMATS
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return FORMATS
    register_heif_opener(thumbnails=False)
    return (*FORMATS, "HEIF")


@dataclass(frozen=True)
class Header:
    """What a picture's header says. Width and height are as seen, after EXIF orientation."""

    format: str
    mime: str
    width: int
    height: int
    frames: int


def _open(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=_formats(path))
    except UnidentifiedImageError:
        raise BadMedia(
            "This file is not a picture we can read, whatever its name says. Use a JPEG, PNG, WebP, AVIF or GIF."
        ) from None
    except Image.DecompressionBombError:  # Pillow's own limit, far above ours
        raise BadMedia(_too_many_pixels()) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise BadMedia(
            "This picture is damaged and cannot be opened. Export it anew and try again."
        ) from error


def _too_many_pixels(size: tuple[int, int] | None = None) -> str:
    has = (
        f"This picture has {size[0] * size[1] / 1e6:.0f} megapixels"
        if size
        else "This picture has too many pixels"
    )
    return (
        f"{has}; at most {MAX_PIXELS // 1_000_000} megapixels are possible. Save a smaller copy and use that."
    )


def read_header(path: Path) -> Header:
    """Refuse what we do not take, without decoding. Raises BadMedia with the reason and the way out."""
    if path.stat().st_size > MAX_BYTES:
        raise BadMedia(
            f"This file has {path.stat().st_size / 1e6:.0f} MB; at most {MAX_BYTES // 1024**2} MB are possible."
        )
    with _open(path) as image:
        if image.width * image.height > MAX_PIXELS:
            raise BadMedia(_too_many_pixels(image.size))
        if max(image.size) > MAX_SIDE:
            raise BadMedia(f"This picture is {max(image.size)} pixels long; at most {MAX_SIDE} are possible.")
        try:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        except Exception:
            turned = False
        width, height = image.size[::-1] if turned else image.size
        format = "JPEG" if image.format == "MPO" else image.format or ""
        return Header(format, Image.MIME.get(format, ""), width, height, getattr(image, "n_frames", 1))


def load(path: Path, need: tuple[int, int] | None = None) -> Image.Image:
    """The decoded picture: RGB or RGBA, sRGB, turned upright, first frame.

    ``need`` is the size to which some crop of it will be scaled: a JPEG is then decoded at the smallest of 1/1, 1/2,
    1/4, 1/8 that still has enough pixels, which takes a fraction of the time and memory.
    """
    header = read_header(path)
    if (kept := _SHARED.get()) is not None:
        return kept.picture(path, header, need)
    return _decoded(path, header, need)


def _decoded(path: Path, header: Header, need: tuple[int, int] | None) -> Image.Image:
    with _open(path) as image:
        if need and image.format in (
            "JPEG",
            "MPO",
        ):  # MPO: a JPEG with more behind it, as telephones make them
            scale = max(need[0] / header.width, need[1] / header.height, 1 / 8)
            wanted = round(image.width * min(scale, 1)), round(image.height * min(scale, 1))
            image.draft("RGB", wanted)
        _clear_in_eight_bits(image)
        try:
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise BadMedia(
                f"This picture is damaged and cannot be read to its end ({error}). Export it anew."
            ) from error
        upright = _upright_srgb(image)
    upright.info = {}  # what the file says beside its pixels, as comments: saving would write it again
    return upright


def _clear_in_eight_bits(image: Image.Image) -> None:
    """Which grey of a PNG is transparent, its file says in bits of its own; Pillow compares it with eight."""
    grey = image.info.get("transparency")
    if image.format != "PNG" or not isinstance(grey, int) or not image.tile:
        return
    times = {"L;2": 255 / 3, "L;4": 255 / 15, "I;16B": 1 / 257}.get(str(image.tile[0].args), 1)
    image.info["transparency"] = int(grey * times)


@dataclass
class _Shared:
    """Pictures that several cards of one process are cut from; ``least`` is the largest card."""

    least: tuple[int, int]
    found: dict[tuple[str, int, int], Image.Image] = field(default_factory=dict)

    def picture(self, path: Path, header: Header, need: tuple[int, int] | None) -> Image.Image:
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        kept = self.found.get(key)
        if kept is None or not _suffices(kept, header, need):
            kept = self.found[key] = _decoded(path, header, need and self._generous(header, need))
        return kept

    def _generous(self, header: Header, need: tuple[int, int]) -> tuple[int, int]:
        scale = max(self.least[0] / header.width, self.least[1] / header.height)
        return max(need[0], round(header.width * scale)), max(need[1], round(header.height * scale))


def _suffices(image: Image.Image, header: Header, need: tuple[int, int] | None) -> bool:
    whole = image.size == (header.width, header.height)
    return whole or (need is not None and image.width >= need[0] and image.height >= need[1])


_SHARED: ContextVar[_Shared | None] = ContextVar("shared", default=None)


@contextmanager
def shared(largest: tuple[int, int]) -> Iterator[None]:
    """Within, a picture that several cards show is decoded once, fine enough for a card of ``largest`` pixels.

    For what draws several cards in one process: a film, a sheet. They must not change what :func:`load` gives them.
    """
    token = _SHARED.set(_Shared(largest))
    try:
        yield
    finally:
        _SHARED.reset(token)


def _upright_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    with suppress(Exception):  # see read_header
        ImageOps.exif_transpose(image, in_place=True)  # else what stands upright already is copied
    if image.mode.startswith(
        "I"
    ):  # sixteen bits of grey: converted as they are, all but the darkest would be white
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if has_alpha else "RGB"
    if image.mode in ("P", "PA"):  # a profile is about colours, not about their numbers in a palette
        image = image.convert(mode)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        converted = _to_srgb(image, profile, mode)
        if converted is not None:
            return converted
    return image if image.mode == mode else image.convert(mode)


def _to_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None  # a broken profile: take the numbers as they are, as browsers do


def cover(
    path: Path,
    size: tuple[int, int],
    focus: Focus,
    anchor: tuple[float, float] = (0.5, 0.5),
    ground: tuple[int, int, int] = (255, 255, 255),
) -> Image.Image:
    """The picture cut around its focus to fill ``size``. Transparent parts show ``ground``."""
    header = read_header(path)
    box = crop_box((header.width, header.height), size, focus, anchor)
    share = size[0] / max(box[2] - box[0], 1)
    image = load(path, (round(header.width * share), round(header.height * share)))
    by_x, by_y = image.width / header.width, image.height / header.height
    scaled = (box[0] * by_x, box[1] * by_y, min(box[2] * by_x, image.width), min(box[3] * by_y, image.height))
    image = image.resize(size, Image.Resampling.BICUBIC, box=scaled, reducing_gap=REDUCED)
    if image.mode == "RGBA":
        flat = Image.new("RGB", size, ground)
        flat.paste(image, (0, 0), image)
        return flat
    return image


COPYRIGHT = 0x8298  # EXIF
LOWEST = 40  # below this quality a picture is spoilt


def save(
    image: Image.Image, out: Path, format: str, max_bytes: int | None, *, photo: bool, credit: str = ""
) -> None:
    """Save within ``max_bytes``, with the best quality that fits. Of all metadata only the ``credit`` is written."""
    limit = max_bytes or MAX_BYTES
    exif = Image.Exif()
    if credit:
        exif[COPYRIGHT] = credit.encode()  # readers take UTF-8 there; Pillow would write "?" for every umlaut
    more = {"exif": exif.tobytes()} if credit else {}

    def encoded(options: dict[str, Any]) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, format=format.upper(), **options, **more)
        return buffer.getvalue()

    data = encoded(_best(format, photo))
    if len(data) > limit and format != "png":
        data = _searched(lambda quality: encoded(_at(format, quality)), limit) or data
    if len(data) > limit:
        raise RenderError(
            f"This picture cannot be made smaller than {limit / 1000:.0f} kB without spoiling it."
        )
    out.write_bytes(data)


def _searched(encoded: Callable[[int], bytes], limit: int) -> bytes | None:
    """The largest result within the limit, by halving the range of qualities; None where even the lowest is too large."""
    low, high, best = LOWEST, 88, None
    while low <= high:
        quality = (low + high) // 2
        data = encoded(quality)
        if len(data) <= limit:
            best, low = data, quality + 1
        else:
            high = quality - 1
    return best


def _best(format: str, photo: bool) -> dict[str, Any]:
    if format == "png":
        return {"compress_level": 6}
    if format == "webp":
        return _at(format, 88)
    # Small text keeps its edges only with full colour resolution; photographs do not need it.
    return _at(format, 90) if photo else {**_at(format, 93), "subsampling": "4:4:4"}


def _at(format: str, quality: int) -> dict[str, Any]:
    if format == "webp":
        return {"quality": quality, "method": 4}
    return {"quality": quality, "subsampling": "4:2:0", "optimize": True, "progressive": True}
