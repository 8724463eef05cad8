"""Media plans: what a picture or video shall be, as plain JSON (docs/media-plans.md). ``media.render`` makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from formats.core import charting, wording
from formats.core.piece import Figures, FileRef, Look, Picture, Piece, Video

VERSION = 1
JPEG_BYTES = 8_000_000
VIDEO_BYTES = 300_000_000
NO_MARGIN = (0, 0, 0, 0)

# Charts whose words and figures come ready from formats.core.charting; the others are rows of a label and a number.
WRITTEN = ("share", "pictogram", "comparison", "timeline", "map")

Size = tuple[int, int]
Plan = dict[str, Any]


def file(ref: FileRef) -> Plan:
    return {"path": ref.path, "sha256": ref.sha256}


def look(piece: Piece) -> Plan:
    chosen: Look = piece.campaign.look
    return {
        "colour": chosen.colour,
        "ink": chosen.ink,
        "paper": chosen.paper,
        "text": chosen.text,
        "logo": file(chosen.logo) if chosen.logo else None,
        "name": piece.campaign.name.strip(),
        **chosen.further(),
    }


def picture_source(picture: Picture) -> Plan:
    focus = picture.focus
    return {
        **file(picture.file),
        "width": picture.file.width,
        "height": picture.file.height,
        "focus": {"x": focus.x, "y": focus.y, "width": focus.width, "height": focus.height},
    }


def card(
    template: str,
    piece: Piece,
    size: Size,
    text: Mapping[str, Any],
    *,
    picture: Picture | None = None,
    max_bytes: int = JPEG_BYTES,
    safe: Sequence[int] = NO_MARGIN,
) -> Plan:
    """Return the plan of a still picture. Texts that say nothing are left away."""
    return {
        "kind": "card",
        "version": VERSION,
        "template": template,
        "size": list(size),
        "format": "jpeg",
        "max_bytes": max_bytes,
        "source": picture_source(picture) if picture else None,
        "text": _said(text),
        "look": look(piece),
        "language": piece.language,
        "safe": list(safe),
    }


END_CARD_S = 2.6  # as media.cut has it


def end_card_s(plan: Mapping[str, Any]) -> float:
    """How long the end card of a cut is shown, in seconds; it counts into the longest length."""
    said = plan.get("end_card") or {}
    room = float(plan["max_s"]) > END_CARD_S + max(3.0, float(plan["min_s"]))
    return END_CARD_S if room and (said.get("headline") or said.get("body")) else 0.0


def cut(
    piece: Piece,
    video: Video,
    size: Size,
    *,
    headline: str,
    end_card: Mapping[str, Any],
    max_s: float,
    min_s: float,
    max_bytes: int = VIDEO_BYTES,
    safe: Sequence[int] = NO_MARGIN,
) -> Plan:
    """Return the plan of a cut of the piece's video; the renderer chooses the passage (``start_s`` null)."""
    return {
        "kind": "cut",
        "version": VERSION,
        "size": list(size),
        "fps": 30,
        "source": {
            **file(video.file),
            "width": video.file.width,
            "height": video.file.height,
            "duration_s": video.file.duration_s,
        },
        "start_s": None,
        "max_s": max_s,
        "min_s": min_s,
        "captions": file(video.captions) if video.captions else None,
        "title": _said({"headline": headline}),
        "end_card": _said(end_card),
        "look": look(piece),
        "language": piece.language,
        "safe": list(safe),
        "max_bytes": max_bytes,
    }


def film(
    piece: Piece,
    slides: Sequence[Plan],
    size: Size,
    *,
    end_card: Mapping[str, Any],
    slide_s: float = 3.0,
    max_bytes: int = VIDEO_BYTES,
    safe: Sequence[int] = NO_MARGIN,
    music: FileRef | None = None,
) -> Plan:
    """Return the plan of a film made of cards, for a piece without a video; silent without ``music``."""
    plan = {
        "kind": "film",
        "version": VERSION,
        "size": list(size),
        "fps": 30,
        "slides": list(slides),
        "slide_s": slide_s,
        "end_card": _said(end_card),
        "look": look(piece),
        "language": piece.language,
        "safe": list(safe),
        "max_bytes": max_bytes,
    }
    return {**plan, "music": file(music)} if music else plan


def figures_text(
    figures: Figures, shown: charting.Charted, page: Sequence[charting.Shown], language: str
) -> Plan:
    """Return the texts of one card with the rows of ``page``, which may be all."""
    text: Plan = {
        "headline": figures.title,
        "unit": figures.unit,
        "source": figures.source,
        "chart": shown.kind,
        "rows": [[row.label, row.size] for row in page],
    }
    if shown.kind in WRITTEN:
        text["rows"] = [[row.label, row.size, row.text, row.detail] for row in page]
        text |= {"note": shown.note, "difference": shown.difference, "rest": shown.rest or None}
    if shown.kind == "pictogram":
        text |= {"icon": figures.icon or "circle", "per_icon": shown.per_icon}
    if shown.kind == "map" and figures.map:
        text["map"] = file(figures.map)
        text["footer"] = wording.map_source(figures.map_source, language)
    if len(page) < len(shown.rows):
        text["more"] = [page[0] is not shown.rows[0], page[-1] is not shown.rows[-1]]
    return text


def size_of(picture: Picture, *, longest: int, narrowest: float, widest: float) -> Size:
    """Return the picture's own shape, between two ratios (width to height), with ``longest`` as its long side.

    Sides are even, because some encoders insist. A picture of unknown size is taken as 3:2.
    """
    width, height = picture.file.width, picture.file.height
    ratio = width / height if width > 0 and height > 0 else 1.5
    ratio = min(max(ratio, narrowest), widest)
    if ratio >= 1:
        return longest, _even(longest / ratio)
    return _even(longest * ratio), longest


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def _said(text: Mapping[str, Any]) -> Plan:
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in text.items()}
    return {name: value for name, value in clean.items() if value not in ("", None, [])}


def texts(plan: Mapping[str, Any]) -> list[str]:
    """Return every text that stands on a planned medium, whatever its kind."""
    found: list[str] = []
    for name in ("text", "title", "lower_third", "end_card"):
        part = plan.get(name)
        if isinstance(part, Mapping):
            found += [value for value in part.values() if isinstance(value, str)]
            found += [
                each for row in part.get("rows") or () for each in row if isinstance(each, str) and each
            ]
    for slide in plan.get("slides") or ():
        if isinstance(slide, Mapping):
            found += texts(slide)
    return found


def still_plans(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the cards in a plan: itself, or a film's slides."""
    if plan.get("kind") == "card":
        return [plan]
    return [slide for slide in plan.get("slides") or () if isinstance(slide, Mapping)]


def is_video(plan: Mapping[str, Any]) -> bool:
    return plan.get("kind") in ("cut", "film")


def reshaped(plan: Mapping[str, Any], *, ratio: float, narrower: bool) -> Plan:
    """Return a plan with the shape ``ratio`` (width to height), or a hair inside it; the longer side is kept.

    ``narrower`` says that the plan was too wide. The slides of a film follow.
    """
    width, height = plan.get("size") or (1080, 1350)
    longest = max(width, height)
    wide, tall = (longest, longest / ratio) if ratio >= 1 else (longest * ratio, longest)
    size = [_even(wide), _even(tall)]
    if (size[0] / size[1] > ratio) if narrower else (size[0] / size[1] < ratio):
        size[1] += 2 if narrower else -2
    changed = {**plan, "size": size}
    if plan.get("slides"):
        changed["slides"] = [{**slide, "size": size} for slide in plan["slides"]]
    return changed
