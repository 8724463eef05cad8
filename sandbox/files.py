"""What an uploaded file really is: looked at, not believed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sandbox import mp4

IMAGE_MIMES = {kind: f"image/{kind.lower()}" for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")}
HEADS = (
    (4, b"ftyp", "video/mp4"),
    (0, b"\xff\xd8", "image/jpeg"),
    (0, b"\x89PNG", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"GIF8", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
)
MAX_PIXELS = 120_000_000


class BadFile(ValueError):
    """The bytes are neither a picture nor a video that can be read."""


@dataclass(frozen=True)
class Facts:
    kind: str  # image, gif (moving) or video
    mime: str
    bytes: int
    width: int
    height: int
    duration_s: float | None = None
    movie: mp4.Movie | None = None

    @property
    def aspect(self) -> float:
        return self.width / self.height if self.height else 0.0

    def media(self, sha256: str, alt: str = "") -> dict[str, object]:
        """The way a medium is kept with a post."""
        return {
            "sha256": sha256, "mime": self.mime, "bytes": self.bytes, "width": self.width, "height": self.height,
            "alt": alt, "duration_s": self.duration_s,
        }  # fmt: skip


def look(path: Path) -> Facts:
    """Tell what the file is. A picture is decoded to its last line, so that a cut-off one is found out."""
    return _video(path) if mime_of(path) == "video/mp4" else _image(path)


def mime_of(path: Path) -> str:
    """Guess from the first bytes; text for everything unknown."""
    with path.open("rb") as file:
        head = file.read(12)
    for start, letters, mime in HEADS:
        if head[start : start + len(letters)] == letters:
            return mime
    return "text/plain"


def _image(path: Path) -> Facts:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                mime = IMAGE_MIMES.get(picture.format or "")
                if mime is None:
                    raise BadFile(f"A picture of the kind {picture.format} is not known here.")
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadFile("The picture has too many pixels.")
                moving = getattr(picture, "n_frames", 1) > 1
                picture.load()
                kind = "gif" if moving and picture.format == "GIF" else "image"
                return Facts(kind, mime, path.stat().st_size, picture.width, picture.height)
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as problem:
        raise BadFile(f"The picture cannot be read: {problem}") from problem


def _video(path: Path) -> Facts:
    try:
        movie = mp4.read(path)
    except mp4.NotMp4 as problem:
        raise BadFile(str(problem)) from problem
    if movie.video is None:
        raise BadFile("There are no pictures in the video.")
    mime = "video/quicktime" if movie.brand == "qt  " else "video/mp4"
    return Facts(
        "video", mime, path.stat().st_size, movie.video.width, movie.video.height, movie.duration_s, movie
    )
