"""What a video's resource may say, and what Google refuses in it."""

from __future__ import annotations

import re
from typing import Any

from sandbox.networks.youtube.wire import Refused, Shape, refuse

CATEGORIES = {
    "1",
    "2",
    "10",
    "15",
    "17",
    "19",
    "20",
    "22",
    "23",
    "24",
    "25",
    "26",
    "27",
    "28",
    "29",
}  # assignable
SNIPPET: Shape = {
    "title": str, "description": str, "tags": list, "categoryId": str, "defaultLanguage": str, "defaultAudioLanguage": str,
    "channelId": str, "channelTitle": str, "publishedAt": str, "thumbnails": dict, "localized": dict,
    "liveBroadcastContent": str,
}  # fmt: skip
STATUS: Shape = {
    "privacyStatus": str, "selfDeclaredMadeForKids": bool, "containsSyntheticMedia": bool, "embeddable": bool,
    "license": str, "publicStatsViewable": bool, "publishAt": str, "uploadStatus": str, "madeForKids": bool,
}  # fmt: skip
VIDEO: Shape = {"id": str, "kind": str, "etag": str, "snippet": SNIPPET, "status": STATUS}
WRITABLE_SNIPPET = ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
WRITABLE_STATUS = (
    "privacyStatus", "selfDeclaredMadeForKids", "containsSyntheticMedia", "embeddable", "license", "publicStatsViewable",
)  # fmt: skip


def invalid(reason: str, what: str) -> Refused:
    return refuse(
        400, reason, f"The request metadata specifies an invalid {what}.", "youtube.video", location="body"
    )


def check_snippet(given: dict[str, Any]) -> dict[str, Any]:
    title, description = given.get("title", ""), given.get("description", "")
    if not title.strip() or len(title) > 100 or re.search("[<>]", title):
        raise invalid("invalidTitle", "or empty video title")
    if len(description.encode()) > 5000 or re.search("[<>]", description):
        raise invalid("invalidDescription", "video description")
    tags = given.get("tags") or []
    if not all(isinstance(tag, str) and tag and not re.search("[<>]", tag) for tag in tags):
        raise invalid("invalidTags", "video keywords")
    if sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1) > 500:
        raise invalid("invalidTags", "video keywords")
    if given.get("categoryId") not in CATEGORIES:
        raise invalid("invalidCategoryId", "category ID")
    for name in ("defaultLanguage", "defaultAudioLanguage"):
        if name in given and not re.fullmatch(r"[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*", given[name]):
            raise invalid("invalidVideoMetadata", "language")
    return {name: given[name] for name in WRITABLE_SNIPPET if name in given}


def check_status(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("privacyStatus") not in ("public", "unlisted", "private"):
        raise invalid("invalidVideoMetadata", "privacy status")
    if given.get("license", "youtube") not in ("youtube", "creativeCommon"):
        raise invalid("invalidVideoMetadata", "license")
    if "publishAt" in given:
        raise invalid("invalidPublishAt", "scheduled publishing time (the sandbox schedules nothing)")
    usual = {
        "embeddable": True,
        "license": "youtube",
        "publicStatsViewable": True,
        "containsSyntheticMedia": False,
    }
    return usual | {name: given[name] for name in WRITABLE_STATUS if name in given}
