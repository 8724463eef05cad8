"""The media plan: plain JSON that says everything about a picture or video to be made (docs/rendering.md).

Pure: no Django, no clock, no network. A plan and the renderer decide the result, so a digest over both is
its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import PIL

from media import typefaces
from media.errors import RenderError

# Raise it whenever the same plan would give another picture: every cached render is then made anew.
RENDERER = 13

KINDS = {"card": 1, "cut": 1, "film": 1, "copy": 1}
TEMPLATES = ("cover", "statistic", "quote", "text", "closing", "figures", "picture")
EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp", "svg": "svg", "pdf": "pdf"}
MIMES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}
COPIES = {mime: extension for extension, mime in MIMES.items()} | {
    "audio/webm": "webm"
}  # by the source's type


def canonical(data: Any) -> bytes:
    """Canonical JSON. A whole number written as 3.0 counts as 3: a JSON column may give back either."""
    return json.dumps(
        _plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(k): _plain(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(v) for v in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data


def plan_key(plan: Mapping[str, Any]) -> str:
    """sha256 (hex) over all that decides the result: plan (sources by sha256), renderer, fonts, Pillow."""
    plan = _by_content(plan)
    made_by = {"renderer": RENDERER, "fonts": typefaces.digest(), "pillow": PIL.__version__.split(".")[0]}
    return hashlib.sha256(canonical({"plan": plan, "made_by": made_by})).hexdigest()


def content_key(plan: Mapping[str, Any]) -> str:
    """sha256 (hex) over the plan alone, sources by sha256: what it is that is made, whoever makes it."""
    return hashlib.sha256(canonical(_by_content(plan))).hexdigest()


def _by_content(data: Any) -> Any:
    """Without the paths of files that are known by their digest: where they lie decides nothing."""
    if isinstance(data, Mapping):
        known = bool(data.get("sha256"))
        return {name: _by_content(value) for name, value in data.items() if not (known and name == "path")}
    return [_by_content(each) for each in data] if isinstance(data, list | tuple) else data


def files(plan: Any) -> Iterator[Mapping[str, Any]]:
    """Every file a plan names, wherever it stands in it."""
    if isinstance(plan, Mapping):
        if "path" in plan:
            yield plan
        for value in plan.values():
            yield from files(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from files(value)


def extension(plan: Mapping[str, Any]) -> str:
    """The extension of the file a plan becomes, without the dot."""
    if plan.get("kind") == "card":
        return EXTENSIONS.get(plan.get("format", "jpeg"), "jpg")
    if plan.get("kind") == "copy":
        return COPIES.get(plan.get("mime") or "", "mp4")
    return "mp4"


def check(plan: Mapping[str, Any]) -> None:
    """Raise RenderError when a plan is not one this renderer knows. Its texts are checked while drawing."""
    kind = plan.get("kind")
    if kind not in KINDS or plan.get("version") != KINDS[kind]:
        raise RenderError(f"This version of Hustings does not know media plans of kind {kind!r}.")
    if kind == "card" and plan.get("template") not in TEMPLATES:
        raise RenderError(f"There is no card called {plan.get('template')!r}.")
    if plan.get("format") in ("svg", "pdf") and plan.get("template") != "figures":
        raise RenderError("Only infographics can be made as SVG or PDF.")
    if kind == "copy":
        return
    width, height = plan.get("size") or (0, 0)
    if not (64 <= width <= 4096 and 64 <= height <= 4096):
        raise RenderError(
            f"A medium of {width} × {height} pixels cannot be made; 64 to 4096 a side is possible."
        )


def source_path(source: Mapping[str, Any], root: Path) -> Path:
    """Where a source lies. Relative paths stay inside ``root``; absolute ones are for the command line."""
    path = Path(str(source["path"]))
    if path.is_absolute():
        return path
    full = (root / path).resolve()
    if not full.is_relative_to(root.resolve()):
        raise RenderError("A file named in the plan lies outside the media folder.")
    return full


def checked_source(source: Mapping[str, Any], root: Path, what: str) -> Path:
    """The source's path, after making sure it is still the file that the plan was made for."""
    path = source_path(source, root)
    if not path.is_file():
        raise RenderError(f"The {what} is no longer in the library. Choose another one.")
    expected = source.get("sha256") or ""
    if expected and file_sha256(path) != expected:
        raise RenderError(
            f"The {what} was replaced since this was planned. Open the variant and take it over again."
        )
    return path


def picture_anchor(plan: Mapping[str, Any]) -> tuple[float, float] | None:
    """Where in the card its picture's focal point comes to lie, if it can; None where no picture fills the card.

    Above the middle where words stand at the foot.
    """
    if plan.get("template") != "picture" or not plan.get("source"):
        return None
    text = plan.get("text") or {}
    words = any(str(text.get(name) or "").strip() for name in ("body", "headline"))
    return 0.5, 0.42 if words else 0.5


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
