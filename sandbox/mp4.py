"""A small reader of MP4 and QuickTime boxes: enough to know what a network would refuse.

It reads the box tree and no frame. Layout: ISO/IEC 14496-12; each box is a 32-bit size, four letters and its content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}
HEAD_LIMIT = 64 * 2**20  # a moov of more than this is no honest video


class NotMp4(ValueError):
    """The bytes are no MP4 that could be played; the message says why."""


@dataclass(frozen=True)
class Track:
    kind: str  # "vide", "soun", or another four-letter handler
    codec: str
    width: int
    height: int
    duration_s: float
    samples: int

    @property
    def fps(self) -> float:
        return self.samples / self.duration_s if self.duration_s else 0.0


@dataclass(frozen=True)
class Movie:
    brand: str
    duration_s: float
    faststart: bool  # the index lies before the pictures
    fragmented: bool
    tracks: tuple[Track, ...] = field(default=())

    @property
    def video(self) -> Track | None:
        return next((track for track in self.tracks if track.kind == "vide"), None)

    @property
    def audio(self) -> Track | None:
        return next((track for track in self.tracks if track.kind == "soun"), None)


def read(path: Path) -> Movie:
    """Read the movie's description. Raises NotMp4."""
    with path.open("rb") as file:
        size = path.stat().st_size
        order, brand, moov, fragmented = [], "", b"", False
        for kind, start, length in _top(file, size):
            order.append(kind)
            if kind == b"ftyp":
                file.seek(start)
                brand = file.read(4).decode("latin-1")
            elif kind == b"moov":
                if length > HEAD_LIMIT:
                    raise NotMp4("The index of the video is too large.")
                file.seek(start)
                moov = file.read(length)
            fragmented |= kind == b"moof"
    if not order or order[0] != b"ftyp":
        raise NotMp4("The file does not begin like an MP4 or MOV file.")
    if not moov:
        raise NotMp4("The video has no index (no moov box); it is cut off or was not finished.")
    if b"mdat" not in order:
        raise NotMp4("The video has no pictures (no mdat box).")
    try:
        duration_s, tracks = _movie(moov)
    except (struct.error, IndexError) as problem:
        raise NotMp4("The index of the video cannot be read.") from problem
    return Movie(brand, duration_s, order.index(b"moov") < order.index(b"mdat"), fragmented, tuple(tracks))


def _top(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    position = 0
    while position + 8 <= size:
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            head = 16
        elif length == 0:
            length = size - position
        if length < head or position + length > size:
            raise NotMp4("The file is cut off or is no MP4 file.")
        yield kind, position + head, length - head
        position += length


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        if length < head or position + length > len(data):
            raise NotMp4("The index of the video is damaged.")
        yield kind, data[position + head : position + length]
        position += length


def _movie(moov: bytes) -> tuple[float, list[Track]]:
    duration_s, tracks = 0.0, []
    for kind, body in _boxes(moov):
        if kind == b"mvhd":
            scale, length = _times(body)
            duration_s = length / scale if scale else 0.0
        elif kind == b"trak":
            tracks.append(_track(body))
    return duration_s, tracks


def _times(body: bytes) -> tuple[int, int]:
    """(time scale, duration) of an mvhd or mdhd box, whose fields are wider in version 1."""
    if body[0] == 1:
        return struct.unpack_from(">IQ", body, 20)
    return struct.unpack_from(">II", body, 12)


def _track(body: bytes) -> Track:
    found: dict[str, object] = {
        "kind": "",
        "codec": "",
        "width": 0,
        "height": 0,
        "duration_s": 0.0,
        "samples": 0,
    }

    def walk(data: bytes) -> None:
        for kind, inner in _boxes(data):
            if kind in CONTAINERS:
                walk(inner)
            elif kind == b"tkhd":
                wide, high = struct.unpack_from(">II", inner, len(inner) - 8)
                found["width"], found["height"] = wide >> 16, high >> 16
            elif kind == b"mdhd":
                scale, length = _times(inner)
                found["duration_s"] = length / scale if scale else 0.0
            elif kind == b"hdlr":
                found["kind"] = inner[8:12].decode("latin-1")
            elif kind == b"stsd":
                found["codec"] = inner[12:16].decode("latin-1")
            elif kind == b"stts":
                (entries,) = struct.unpack_from(">I", inner, 4)
                found["samples"] = sum(struct.unpack_from(">I", inner, 8 + 8 * n)[0] for n in range(entries))

    walk(body)
    return Track(**found)  # type: ignore[arg-type]
