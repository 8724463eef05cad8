"""Everything that happened to a variant, newest first: edits, decisions, moves, delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry

from formats.models import Variant
from publishing import words
from publishing.models import Event, Version

MAX_LINES = 60

WORDS = {
    "wagtail.create": "Made from the story",
    "wagtail.edit": "Edited",
    "wagtail.revert": "Went back to an earlier version",
    "wagtail.workflow.start": "Submitted for approval",
    "wagtail.workflow.resume": "Submitted again",
    "wagtail.workflow.approve": "Approved",
    "wagtail.workflow.reject": "Changes requested",
    "wagtail.workflow.cancel": "Taken back from approval",
    "wagtail.lock": "Locked",
    "wagtail.unlock": "Unlocked",
    "editorial.move": "Moved",
}


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str
    said: str = ""


def history_of(variant: Variant) -> list[Line]:
    """At most ``MAX_LINES``; Wagtail's own history page has the rest."""
    lines = [*_edits(variant), *_versions(variant), *_delivery(variant)]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:MAX_LINES]


def _edits(variant: Variant) -> list[Line]:
    entries = registry.get_logs_for_instance(variant).order_by("-timestamp")[: MAX_LINES * 2]
    entries = list(entries)
    names = _names({entry.user_id for entry in entries})
    lines, seen = [], set()
    for entry in entries:
        # autosave writes many entries for one edit, all under one uuid
        key = (entry.uuid, entry.action) if entry.action == "wagtail.edit" and entry.uuid else entry.pk
        if key in seen:
            continue
        seen.add(key)
        lines.append(Line(entry.timestamp, names.get(entry.user_id, "Hustings"), _what(entry), _said(entry)))
    return lines


def _names(ids: set[int | None]) -> dict[int, str]:
    users = get_user_model().objects.filter(pk__in={pk for pk in ids if pk is not None})
    return {user.pk: user.get_full_name() or user.get_username() for user in users}


def _what(entry: ModelLogEntry) -> str:
    return WORDS.get(entry.action) or registry.get_action_label(entry.action)


def _said(entry: ModelLogEntry) -> str:
    if entry.action == "editorial.move":
        return f"{_time(entry.data.get('from'))} → {_time(entry.data.get('to'))}"
    return str(entry.data.get("comment") or "")


def _time(planned: dict[str, Any] | None) -> str:
    if not planned or not planned.get("wall"):
        return "unplanned"
    wall = datetime.fromisoformat(planned["wall"])
    return f"{wall:%a} {wall.day} {wall:%b %Y %H:%M} ({planned.get('zone', '')})"


def _versions(variant: Variant) -> list[Line]:
    voided = Version.objects.filter(variant=variant, voided_at__isnull=False).select_related("voided_by")
    # A version that takes over at the same moment means that the approval was renewed, not lost.
    renewed = set(Version.objects.filter(variant=variant).values_list("approved_at", flat=True))
    return [
        Line(
            version.voided_at,
            (version.voided_by.get_full_name() or version.voided_by.get_username())
            if version.voided_by
            else "Hustings",
            "Approval lost",
            version.void_reason,
        )
        for version in voided
        if version.voided_at not in renewed
    ]


def _delivery(variant: Variant) -> list[Line]:
    events = Event.objects.filter(publication__variant=variant).select_related("publication__channel")
    return [
        Line(
            event.at,
            event.by_name or "Hustings",
            f"Delivery to {event.publication.channel.handle}",
            words.say(event),
        )
        for event in events.order_by("-at")[:MAX_LINES]
    ]
