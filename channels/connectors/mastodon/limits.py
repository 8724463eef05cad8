"""What a server says it takes, read from its own account of itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from channels.connectors.attached import Pictures

# our name → where it stands in ``configuration`` of GET /api/v2/instance (and of v1 since 3.4)
LIMITS: Mapping[str, tuple[str, str]] = {
    "text": ("statuses", "max_characters"),
    "media": ("statuses", "max_media_attachments"),
    "url_weight": ("statuses", "characters_reserved_per_url"),
    "alt": ("media_attachments", "description_limit"),
    "image_bytes": ("media_attachments", "image_size_limit"),
    "image_pixels": ("media_attachments", "image_matrix_limit"),
    "video_bytes": ("media_attachments", "video_size_limit"),
    "video_pixels": ("media_attachments", "video_matrix_limit"),
    "video_fps": ("media_attachments", "video_frame_rate_limit"),
}
DEFAULT_MEDIA = 4


def of_instance(instance: Mapping[str, Any]) -> dict[str, int]:
    """The limits that a server names; what it does not name is left out."""
    found: dict[str, int] = {}
    told = instance.get("configuration")
    for name, (group, field) in LIMITS.items():
        holder = told.get(group) if isinstance(told, Mapping) else None
        value = holder.get(field) if isinstance(holder, Mapping) else None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            found[name] = value
    older = instance.get("max_toot_chars")  # Pleroma and older forks
    if "text" not in found and isinstance(older, int) and older > 0:
        found["text"] = older
    return found


def mimes(instance: Mapping[str, Any]) -> list[str]:
    """The kinds of file that a server takes; empty where it does not say."""
    told = instance.get("configuration")
    media = told.get("media_attachments") if isinstance(told, Mapping) else None
    kinds = media.get("supported_mime_types") if isinstance(media, Mapping) else None
    return [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else []


def software(instance: Mapping[str, Any]) -> str:
    version = instance.get("version")
    return version[:80] if isinstance(version, str) else ""


def in_words(facts: Mapping[str, Any]) -> list[str]:
    """What the server takes, for people; nothing where it does not say."""
    told = facts.get("limits") or {}
    sizes = {"image_bytes": "pictures of {} MB", "video_bytes": "videos of {} MB"}
    words = {"text": "{:,} characters", "media": "{} files in a post", "alt": "alt texts of {:,} characters"}
    parts = [said.format(told[name]) for name, said in words.items() if name in told]
    parts += [said.format(told[name] // 2**20) for name, said in sizes.items() if name in told]
    return [f"The account's server takes {', '.join(parts)}."] if parts else []


def most_media(facts: Mapping[str, Any]) -> int:
    """How many files a post may have on the channel's server."""
    told = (facts.get("limits") or {}).get("media")
    return told if isinstance(told, int) and told > 0 else DEFAULT_MEDIA


def pictures(usual: Pictures, facts: Mapping[str, Any]) -> Pictures:
    """What the server of an account says of pictures, over what servers mostly take. Never more of them than usual."""
    told = facts.get("limits") or {}
    return replace(
        usual,
        most=min(usual.most, most_media(facts)),
        max_bytes=told.get("image_bytes") or usual.max_bytes,
        max_pixels=told.get("image_pixels") or usual.max_pixels,
        alt=told.get("alt") or usual.alt,
    )
