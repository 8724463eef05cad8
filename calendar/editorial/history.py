"""Everything that happened to a variant, newest first: from its first derivation to the last numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry

from editorial import deliveries
from editorial.deliveries import Line
from formats.models import Variant
from publishing.models import Version

SHORT = 12  # beside the post; the page of its history has the rest
MOST = 5000  # of each kind; nothing real comes near

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
    "editorial.guest_asked": "Somebody outside was asked",
    "editorial.guest_opened": "The link was opened",
    "editorial.guest_revoked": "The link was taken back",
    "editorial.guest_answered": "Answered by link",
    "editorial.quiet_asked": "Exception from a quiet period asked for",
    "editorial.quiet_granted": "Exception from a quiet period granted",
    "editorial.quiet_refused": "Exception from a quiet period refused",
}


def history_of(variant: Variant, most: int = SHORT) -> list[Line]:
    """The newest ``most`` lines; beside the post, of each account only the last numbers, which come by the minute."""
    sources = (_edits, _versions, deliveries.events, deliveries.attempts, deliveries.numbers)
    lines = [line for source in sources for line in source(variant, most)]
    if most <= SHORT:
        lines = _last_numbers(lines)
    return sorted(lines, key=lambda line: line.at, reverse=True)[:most]


def _last_numbers(lines: list[Line]) -> list[Line]:
    counted = [line for line in lines if line.what == deliveries.NUMBERS_TITLE]
    newest = {line.who: line for line in sorted(counted, key=lambda line: line.at)}
    return [line for line in lines if line.what != deliveries.NUMBERS_TITLE or newest[line.who] is line]


def whole_history(variant: Variant) -> list[Line]:
    return history_of(variant, MOST)


def _edits(variant: Variant, most: int) -> list[Line]:
    """Autosave writes many entries for one edit; so more are read than are wanted."""
    entries = list(registry.get_logs_for_instance(variant).order_by("-timestamp", "-pk")[: most * 4])
    names = _names({entry.user_id for entry in entries})
    lines, seen = [], set()
    for entry in entries:
        # all of one edit stand under one uuid
        key = (entry.uuid, entry.action) if entry.action == "wagtail.edit" and entry.uuid else entry.pk
        if key in seen:
            continue
        seen.add(key)
        lines.append(Line(entry.timestamp, _who(entry, names), _what(entry), _said(entry)))
    return lines


def _names(ids: set[int | None]) -> dict[int, str]:
    users = get_user_model().objects.filter(pk__in={pk for pk in ids if pk is not None})
    return {user.pk: user.get_full_name() or user.get_username() for user in users}


def _who(entry: ModelLogEntry, names: dict[int, str]) -> str:
    if entry.action in ("editorial.guest_opened", "editorial.guest_answered"):
        return str(entry.data.get("name", "Somebody outside"))
    return names.get(entry.user_id, "Hustings")


def _what(entry: ModelLogEntry) -> str:
    return WORDS.get(entry.action) or registry.get_action_label(entry.action)


def _said(entry: ModelLogEntry) -> str:
    if entry.action == "editorial.move":
        return f"{when(entry.data.get('from'))} → {when(entry.data.get('to'))}"
    if entry.action == "editorial.guest_answered":
        return guest_words(entry.data)
    if entry.action.startswith("editorial.quiet_"):
        return f"{entry.data.get('period', '')}: {entry.data.get('reason', '')}"
    if entry.action.startswith("editorial.guest_"):
        return f"For {entry.data.get('name', '')}"
    return str(entry.data.get("comment") or "")


def when(planned: dict[str, Any] | None) -> str:
    if not planned or not planned.get("wall"):
        return "unplanned"
    wall = datetime.fromisoformat(planned["wall"])
    return f"{wall:%a} {wall.day} {wall:%b %Y %H:%M} ({planned.get('zone', '')})"


def guest_words(data: dict[str, Any]) -> str:
    """What somebody outside answered."""
    words = ["Approved." if data.get("answer") == "approve" else "Asks for changes."]
    if not data.get("counted"):
        words.append("An opinion only.")
    if data.get("comment"):
        words.append(f"“{data['comment']}”")
    return " ".join(words)


def _versions(variant: Variant, most: int) -> list[Line]:
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
        for version in voided[:most]
        if version.voided_at not in renewed
    ]
