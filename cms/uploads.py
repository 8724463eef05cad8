"""What is done with a picture, video or captions file before it is stored: looked at, turned upright, put in order.

Every refusal says what is wrong and what to do; the words come from the media house.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from PIL import Image, ImageOps

from media import typefaces
from media.captions import Cue, is_strict, read, to_vtt
from media.errors import BadMedia
from media.probe import AUDIO, PICTURE, VIDEO, Probe, probe

ORIENTATION = 0x0112
QUALITY = 95  # of a picture that has to be turned


@contextmanager
def on_disk(upload: UploadedFile) -> Iterator[Path]:
    """The upload as a file: its own temporary file if it has one, else a copy for the time being."""
    if hasattr(upload, "temporary_file_path"):
        yield Path(upload.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile(prefix="upload-") as copy:
        upload.seek(0)
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        upload.seek(0)
        yield Path(copy.name)


def look_at(upload: UploadedFile, *, kind: str) -> Probe:
    """The facts about an upload that must be a ``picture``, ``video`` or ``audio``, or a picture as ``poster`` of one;
    ValidationError otherwise.
    """
    try:
        with on_disk(upload) as path:
            facts = probe(path, wanted=kind) if kind in (VIDEO, AUDIO) else probe(path)
    except BadMedia as error:
        raise ValidationError(str(error)) from error
    if facts.kind != (PICTURE if kind == "poster" else kind):
        raise ValidationError(WRONG_KIND[facts.kind, kind])
    return facts


STILL = "Give a still picture here (JPEG, PNG or WebP), such as a frame of the video."
WRONG_KIND = {
    ("picture", "video"): "This is a picture. Add it under Images.",
    ("picture", "audio"): "This is a picture. Add it under Images.",
    ("video", "picture"): "This is a video. Add it under Media.",
    ("audio", "picture"): "This is a sound file, not a picture.",
    ("audio", "video"): "This file has sound but no pictures. Add it as audio, or export the video anew.",
    ("video", "audio"): "This is a video. Add it as video.",
    ("video", "poster"): f"This is a video. {STILL}",
    ("audio", "poster"): f"This is a sound file. {STILL}",
}


def upright(upload: UploadedFile) -> UploadedFile:
    """The picture turned as it is meant to be seen, so that its size and focal point are those people see.

    Cameras write the turn into the file's EXIF data, and not everything that reads a picture heeds it. A picture
    that needs no turn is returned as it came.
    """
    upload.seek(0)
    with Image.open(upload) as picture:
        turned = picture.getexif().get(ORIENTATION, 1) not in (0, 1)
        if turned:
            form, profile = picture.format, picture.info.get("icc_profile")
            picture = ImageOps.exif_transpose(picture)
            out = io.BytesIO()
            picture.save(out, form, quality=QUALITY, **({"icc_profile": profile} if profile else {}))
    upload.seek(0)
    if not turned:
        return upload
    return SimpleUploadedFile(upload.name, out.getvalue(), upload.content_type)


def captions(upload: UploadedFile) -> tuple[UploadedFile, list[Cue]]:
    """The captions as WebVTT in UTF-8, which is what browsers take, and their cues.

    Of a WebVTT file positions and styles stay; its comments go, since everybody may read the file: editors note there what
    is for each other. SubRip, other encodings and what browsers would read otherwise than we are written anew.
    """
    try:
        with on_disk(upload) as path:
            cues = read(path)
            data = path.read_bytes()
    except BadMedia as error:
        raise ValidationError(str(error)) from error
    if why := cannot_be_drawn(cues):
        raise ValidationError(why)
    said = data.decode("utf-8-sig") if _is_utf8(data) else ""
    text = without_comments(said) if said.startswith("WEBVTT") and is_strict(said) else to_vtt(cues)
    return SimpleUploadedFile(f"{PurePath(upload.name).stem}.vtt", text.encode(), "text/vtt"), cues


def cannot_be_drawn(cues: list[Cue]) -> str | None:
    """Why captions cannot be shown in a video here, if so: what no font has would stop every cut that it is said in."""
    try:
        missing = typefaces.missing_characters("\n".join(cue.text for cue in cues))
    except typefaces.FontsMissing:
        return None  # the operator's matter: system checks name it
    if not missing:
        return None
    at = next(cue.start_s for cue in cues if missing[0] in cue.text)
    return (
        f"No font here can draw {typefaces.named(missing)}; the first is said at {_clock(at)}. Captions are shown in the "
        "video: write it in other letters, or ask the operator for a font."
    )


def without_comments(vtt: str) -> str:
    """A WebVTT text without NOTE blocks and without what stands in its header, which no player shows. Pure."""
    lines = vtt.replace("\r\n", "\n").replace("\r", "\n")
    header, *blocks = re.split(r"\n{2,}", lines.rstrip("\n"))
    # Only a first line without its empty line after it has a caption in the header's block.
    timed = re.search(r"(?m)^.*-->", header)
    first = header[timed.start() :] if timed else ""
    kept = [block for block in (first, *blocks) if block and not re.match(r"NOTE(?:\s|$)", block)]
    return "\n\n".join(["WEBVTT", *kept]) + "\n"


def too_long(cues: list[Cue], duration_s: float | None) -> str | None:
    """Why captions cannot belong to a video of this length, if so."""
    last = max(cue.start_s for cue in cues)
    if not duration_s or last <= duration_s:
        return None
    return (
        f"The last caption begins at {_clock(last)}, but the video ends at {_clock(duration_s)}. "
        "Is this the captions file of this video?"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
