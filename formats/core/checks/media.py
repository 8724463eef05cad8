"""Media of a part: as they are planned, and as far as they are made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import regex

from formats.core import plans
from formats.core.checks.findings import BLOCKER, NOTE, WARNING, no_alt, unsourced
from formats.core.draft import Finding, MediaItem, Part
from formats.core.limits import Limit

if TYPE_CHECKING:
    from formats.core.format import Format

LONG_CARD_TEXT = 320
HAN = regex.compile(r"\p{Han}")


def check(format: Format, index: int, part: Part, facts: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    found = _how_many(format, index, len(part.media))
    for number, item in enumerate(part.media):
        found += _item(format, index, number, item)
        if facts:
            found += _rendered(format, index, number, facts.get(_key(item.plan)) or {})
    return found


def _key(plan: Mapping[str, Any]) -> str:
    # Imported here: only rendered media needs it, and it brings Pillow and the fonts with it.
    from media.plans import plan_key

    try:
        return plan_key(plan)
    except (ValueError, OSError):
        return ""


def _how_many(format: Format, index: int, count: int) -> list[Finding]:
    limit = format.limits["media"]
    if count > format.max_media:
        code, remedy = "too_many_media", f"Remove {count - format.max_media}."
    elif count < format.min_media:
        code, remedy = (
            "too_few_media",
            "Add pictures, quotes, key points or statistics to the story, then derive again.",
        )
    else:
        return []
    return [
        Finding(
            code,
            BLOCKER,
            f"{count} pictures or videos, where {_range(limit)} can be.",
            remedy,
            part=index,
            limit=format.max_media if count > format.max_media else format.min_media,
            actual=count,
            unit=limit.unit,
            source=limit.source,
        )
    ]


def _range(limit: Limit) -> str:
    least = int(limit.least or 0)
    return str(limit.ceiling) if least == limit.ceiling else f"{least} to {limit.ceiling}"


def _item(format: Format, index: int, number: int, item: MediaItem) -> list[Finding]:
    found = []
    plan = item.plan
    kind = "video" if plans.is_video(plan) else "image"
    what = f"The {item.role or kind} of post {index + 1}"
    if kind not in format.kinds:
        found.append(
            Finding(
                "wrong_kind",
                BLOCKER,
                f"{format.label} takes no {kind}.",
                "Remove it, or choose another format.",
                part=index,
                media=number,
            )
        )
    if not item.alt.strip() and format.alt_required:
        found.append(no_alt(what, index, number))
    limit = format.limits.get("alt")
    if limit is not None and len(item.alt) > limit.ceiling:
        found.append(
            Finding(
                "alt_too_long",
                BLOCKER,
                f"The alt text is {len(item.alt) - limit.ceiling} characters too long.",
                "Say in a sentence or two what matters in the picture.",
                part=index,
                media=number,
                limit=limit.ceiling,
                actual=len(item.alt),
                unit=limit.unit,
                source=limit.source,
            )
        )
    found += _lettering(index, number, plan)
    for card in plans.still_plans(plan):
        found += _card(index, number, card)
    if plan.get("kind") == "cut":
        found += _cut(format, index, number, plan)
    return found


def _lettering(index: int, number: int, plan: Mapping[str, Any]) -> list[Finding]:
    """What no font of this installation can draw, or what cannot be set right here: told before anything is rendered."""
    from media import typefaces  # as in _key

    words = " ".join(plans.texts(plan))
    try:
        missing = typefaces.missing_characters(words)
    except typefaces.FontsMissing:
        return []  # the operator's matter: system checks name it
    found = []
    if missing:
        message, _, remedy = typefaces.missing_message(missing).partition(". ")
        found.append(Finding("no_font", BLOCKER, f"{message}.", remedy, part=index, media=number))
    if not missing and str(plan.get("language")).split("-")[0] in ("zh", "yue") and HAN.search(words):
        found.append(
            Finding(
                "japanese_forms",
                WARNING,
                "The Chinese words on this picture are drawn in the forms of Japanese: there is no Chinese font here yet.",
                "Let somebody who reads Chinese look at it, or keep the words in the text of the post.",
                part=index,
                media=number,
            )
        )
    if not missing and typefaces.emoji_in_one_colour(words):
        found.append(
            Finding(
                "emoji_one_colour",
                NOTE,
                "The emoji on this picture are drawn in one colour: this installation has no font of emoji in colour.",
                "Leave them, or ask the operator to build the fonts with one (make setup).",
                part=index,
                media=number,
            )
        )
    if not typefaces.can_shape() and any(map(typefaces.needs_shaping, words)):
        message, _, remedy = typefaces.UNSHAPEABLE.partition(". ")
        found.append(Finding("no_shaping", BLOCKER, f"{message}.", remedy, part=index, media=number))
    return found


def _card(index: int, number: int, plan: Mapping[str, Any]) -> list[Finding]:
    text = plan.get("text")
    if not isinstance(text, Mapping):
        return []
    found = []
    claims = plan.get("template") in ("statistic", "figures") or bool(text.get("value"))
    if claims and not str(text.get("source") or "").strip():
        figure = f"{text.get('value', '')} {text.get('unit', '')}".strip() if text.get("value") else ""
        what = figure or str(text.get("headline") or "the infographic")
        found.append(unsourced(f"“{what}”", index, number))
    longest = max((len(value) for value in text.values() if isinstance(value, str)), default=0)
    if longest > LONG_CARD_TEXT:
        found.append(
            Finding(
                "long_card_text",
                WARNING,
                "A card has so much text that it will be small, or not fit.",
                "Shorten it in the story, or divide it into several points.",
                part=index,
                media=number,
                limit=LONG_CARD_TEXT,
                actual=longest,
                unit="characters",
            )
        )
    return found


def _cut(format: Format, index: int, number: int, plan: Mapping[str, Any]) -> list[Finding]:
    found = []
    if not plan.get("captions"):
        found.append(
            Finding(
                "no_captions",
                BLOCKER,
                "The video has no captions.",
                "Add a captions file (.vtt or .srt) to the video. Most people watch without sound, some cannot hear it.",
                part=index,
                media=number,
            )
        )
    source = plan.get("source")
    length = source.get("duration_s") if isinstance(source, Mapping) else None
    if not isinstance(length, int | float) or not math.isfinite(length):
        return found
    limit = format.limits.get("video_s")
    chosen = plan.get("length_s") is not None
    if not chosen and length > float(plan.get("max_s") or math.inf):
        found.append(
            Finding(
                "video_cut",
                WARNING,
                f"Of {_duration(length)} only a passage of at most {_duration(float(plan['max_s']))} goes out.",
                "Look at the preview, or choose the passage yourself in the variant's editor.",
                part=index,
                media=number,
                limit=float(plan["max_s"]),
                actual=length,
                unit="seconds",
                source=limit.source if limit else None,
            )
        )
    if length < float(plan.get("min_s") or 0):
        found.append(_length("video_too_short", length, float(plan["min_s"]), limit, index, number))
    return found


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} seconds"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} minutes"


def _length(code: str, actual: float, bound: float, limit: Limit | None, part: int, media: int) -> Finding:
    short = code == "video_too_short"
    return Finding(
        code,
        BLOCKER,
        f"The video lasts {actual:.1f} seconds; it must be {'at least' if short else 'at most'} {bound:g}.",
        "Upload a longer video." if short else "Upload a shorter video.",
        part=part,
        media=media,
        limit=bound,
        actual=round(actual, 2),
        unit="seconds",
        source=limit.source if limit else None,
    )


def _rendered(format: Format, part: int, media: int, fact: Mapping[str, Any]) -> list[Finding]:
    """Hold what was really made against the limits; what is not known is not judged."""
    found: list[Finding] = []
    video = str(fact.get("mime") or "").startswith("video/")
    size = format.limits.get("video_bytes" if video else "image_bytes")
    weight = fact.get("bytes")
    if size is not None and isinstance(weight, int | float) and weight > size.ceiling:
        found.append(
            Finding(
                "file_too_large",
                BLOCKER,
                f"The file has {weight / 1_000_000:.1f} MB, where {size.ceiling / 1_000_000:g} are allowed.",
                "Use a smaller or calmer picture." if not video else "Use a shorter video.",
                part=part,
                media=media,
                limit=size.ceiling,
                actual=weight,
                unit="bytes",
                source=size.source,
            )
        )
    length, bounds = fact.get("duration_s"), format.limits.get("video_s")
    if video and bounds is not None and isinstance(length, int | float):
        if bounds.most is not None and length > bounds.most:
            found.append(_length("video_too_long", length, bounds.most, bounds, part, media))
        if bounds.least is not None and length < bounds.least:
            found.append(_length("video_too_short", length, bounds.least, bounds, part, media))
    found += _ratio(format, part, media, fact, video=video)
    return found


def _ratio(format: Format, part: int, media: int, fact: Mapping[str, Any], *, video: bool) -> list[Finding]:
    bounds = format.limits.get("video_ratio" if video else "image_ratio")
    width, height = fact.get("width"), fact.get("height")
    if (
        bounds is None
        or not isinstance(width, int | float)
        or not isinstance(height, int | float)
        or not (width and height)
    ):
        return []
    ratio, slack = width / height, 0.005
    if (bounds.least or 0) - slack <= ratio <= (bounds.most or math.inf) + slack:
        return []
    broken = bounds.least if ratio < (bounds.least or 0) else bounds.most
    return [
        Finding(
            "wrong_shape",
            BLOCKER,
            f"A shape of {width} × {height} is not taken.",
            "Derive again, so that it is cut to a shape the platform takes.",
            part=part,
            media=media,
            limit=broken,
            actual=round(ratio, 3),
            unit=bounds.unit,
            source=bounds.source,
        )
    ]
