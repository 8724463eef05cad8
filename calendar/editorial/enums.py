"""How a status and a platform look and are called. Words of ``publishing.status``; never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from formats.registry import FORMATS


@dataclass(frozen=True)
class Look:
    """``tone`` is a CSS class: quiet, wait, act, ready, done, bad."""

    label: str
    icon: str
    tone: str


STATUS: dict[str, Look] = {
    "draft": Look("Draft", "edit", "quiet"),
    "in_review": Look("Waiting for approval", "view", "wait"),
    "changes_requested": Look("Changes requested", "comment", "act"),
    "approved": Look("Approved", "calendar-check", "ready"),
    "voided": Look("Approval lost", "resubmit", "act"),
    "publishing": Look("Being sent", "upload", "ready"),
    "published": Look("Published", "success", "done"),
    "failed": Look("Failed", "error", "bad"),
    "attention": Look("Needs a decision", "warning", "bad"),
    "cancelled": Look("Cancelled", "circle-xmark", "quiet"),
}
UNKNOWN = Look("Unknown", "help", "quiet")

# Before these, a planned time that passes means that nothing went out.
NOT_ON_ITS_WAY = frozenset({"draft", "in_review", "changes_requested", "voided"})
# Nothing stands at its time any more, so nothing clashes with it.
OFF_THE_CALENDAR = frozenset({"failed", "cancelled"})
FIXED = frozenset({"publishing", "published", "attention"})


def look_of(word: str) -> Look:
    return STATUS.get(word, UNKNOWN)


def platform_label(platform: str) -> str:
    """How the platform writes its own name: the formats know."""
    return FORMATS.platform_label(platform)
