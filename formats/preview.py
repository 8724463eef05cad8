"""How a variant, or a frozen version of one, will look on its platform.

Both come as the same payload (docs/variants.md), so that an approver sees exactly the look the writer saw. The look is
our own, with neutral icons: near enough to judge text, pictures and order, not a copy of anybody's brand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.template import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from formats.core import first_comment
from formats.core.draft import MediaItem
from formats.payload import head, medium, part_payload
from formats.registry import FORMATS
from formats.variants import renders_of
from media.models import RenderState
from media.plans import plan_key

SHOWN_LINK = 32  # characters of a link before it is cut, in looks only
TOKEN = re.compile(
    r"(?P<link>https?://[^\s<>]+[^\s<>.,;:!?)\]}'\"…])|(?P<tag>(?<![\w@])@[\w.\-]*\w(?:@[\w.\-]*\w)?|#\w+)"
)


def render_payload(
    payload: Mapping[str, Any],
    *,
    theme: str = "light",
    width: str = "phone",
    name: str = "",
    unfolded: bool = False,
) -> SafeString:
    """HTML of a payload in its platform's look. The page must load ``formats/preview.css``.

    ``theme`` is light or dark, ``width`` phone or wide; ``name`` is shown where no channel is chosen.
    ``unfolded``: long texts stand there whole, for somebody who decides about them.
    """
    filled = context(payload, theme=theme, width=width, name=name) | {"unfolded": unfolded}
    return mark_safe(  # noqa: S308 - made by an autoescaped template
        render_to_string(look_of(payload.get("format", "")), filled)
    )


@cache
def look_of(format: str) -> str:
    """The template of a format's look; a plain one where a format has none of its own."""
    own = f"formats/components/{format.replace('.', '_')}.html"
    try:
        get_template(own)
    except TemplateDoesNotExist:
        return "formats/components/plain.html"
    return own


def preview_payload(variant: Any, renders: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The payload of the variant as it is in this object, saved or not; media not made yet say how far they are.

    ``renders`` saves the look-up where a page shows several variants (formats.variants.renders_of).
    """
    parts = variant.to_parts()
    renders = renders_of(parts) if renders is None else renders
    return {
        **head(variant),
        "parts": [part_payload(part, [_medium(item, renders) for item in part.media]) for part in parts],
    }


def _medium(item: MediaItem, renders: Mapping[str, Any]) -> dict[str, Any]:
    row = renders.get(plan_key(item.plan))
    if row is not None and row.state == RenderState.DONE:
        return medium(item, renders)
    width, height = item.plan.get("size") or (1, 1)
    failed = row is not None and row.state in (RenderState.FAILED, RenderState.CANCELLED)
    return {
        "kind": "image" if item.plan.get("kind") == "card" else "video",
        "role": item.role,
        "file": "",
        "alt": item.alt,
        "width": width,
        "height": height,
        "cover": None,
        "captions": None,
        "failed": failed,
        "progress": row.progress if row is not None else 0,
        "error": (row.error or "It was cancelled.") if failed else "",
    }


# What the templates show ----------------------------------------------------------------------------------------------
def context(payload: Mapping[str, Any], *, theme: str, width: str, name: str = "") -> dict[str, Any]:
    spec = FORMATS.get(payload.get("format", ""))
    channels = payload.get("channels") or []
    handle = (channels[0].get("handle") if channels else "") or ""
    shown = name or handle.lstrip("@") or "Your account"
    parts = [_part(part, spec) for part in payload.get("parts") or []]
    return {
        "payload": payload,
        "look": (payload.get("format") or "plain").replace(".", "-"),
        "theme": "dark" if theme == "dark" else "light",
        "width": "wide" if width == "wide" else "phone",
        "label": spec.label if spec else payload.get("format", ""),
        "unit": spec.unit if spec else "",
        "handle": handle,
        "account": shown,
        "initial": next((c for c in shown if c.isalnum()), "•").upper(),
        "when": _when(payload),
        "language": payload.get("language") or "",
        "options": _options(payload.get("options") or {}, spec),
        "comment": _comment(payload.get("options") or {}, spec),
        "parts": parts,
        "part": parts[0] if parts else None,
        "last": len(parts),
    }


def _part(part: Mapping[str, Any], spec: Any) -> dict[str, Any]:
    text = part.get("text") or ""
    link = part.get("link") or ""
    media = [_shown(item) for item in part.get("media") or []]
    return {
        "text": text,
        "html": marked_up(text),
        "lossy": _lossy(text),
        "link": link,
        "host": urlsplit(link).netloc.removeprefix("www.") if link else "",
        "media": media,
        "medium": media[0] if media else None,
        "described": [item for item in media if item.get("alt")],
        "count": spec.count(text) if spec else None,
        "limit": spec.text_limit if spec else None,
    }


def _options(answers: Mapping[str, Any], spec: Any) -> list[tuple[str, str]]:
    """What the network is told besides the content, in words: the approver has to see it."""
    asked = [option for option in spec.options if option.name != first_comment.NAME] if spec else ()
    return [(option.label, option.words(answers[option.name])) for option in asked if option.name in answers]


def _comment(answers: Mapping[str, Any], spec: Any) -> dict[str, Any] | None:
    """The first comment, as it will stand under the post."""
    text = first_comment.text_of(answers)
    length = first_comment.length(spec.options, answers) if spec else None
    return {"text": text, "html": marked_up(text), "lossy": _lossy(text), "length": length} if text else None


def _lossy(text: str) -> bool:
    """Whether a link is shown shorter than it is."""
    return any(len(m.group("link")) > SHOWN_LINK for m in TOKEN.finditer(text) if m.group("link"))


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    captions = (item.get("captions") or {}).get("file") or ""
    return {
        **item,
        "url": default_storage.url(item["file"]) if item.get("file") else "",
        "cover_url": default_storage.url(item["cover"]) if item.get("cover") else "",
        "track_url": default_storage.url(captions) if captions.lower().endswith(".vtt") else "",
        "video": item.get("kind") == "video",
    }


def _when(payload: Mapping[str, Any]) -> str:
    if not payload.get("wall_time"):
        return ""
    wall = datetime.fromisoformat(payload["wall_time"])
    return f"{wall.day} {wall:%b %Y, %H:%M}"


def marked_up(text: str) -> SafeString:
    """Escaped text with links, hashtags and mentions told apart, links shortened as apps do (in full as tooltip)."""
    out, at = [], 0
    for match in TOKEN.finditer(text):
        out.append(conditional_escape(text[at : match.start()]))
        whole = match.group(0)
        if match.group("link"):
            out.append(format_html('<span class="pv-link" title="{}">{}</span>', whole, short_link(whole)))
        else:
            out.append(format_html('<span class="pv-link">{}</span>', whole))
        at = match.end()
    out.append(conditional_escape(text[at:]))
    return mark_safe("".join(out).replace("\n", "<br>"))  # noqa: S308 - every piece is escaped above


def short_link(link: str) -> str:
    shown = re.sub(r"^https?://(www\.)?", "", link)
    return shown if len(shown) <= SHOWN_LINK else shown[: SHOWN_LINK - 1] + "…"
