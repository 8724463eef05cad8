"""What went out stays as it went out: the editor of a sent variant is closed, and says what can be done instead."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from wagtail.locks import BaseLock

from formats.status import status_of

SENT = frozenset({"publishing", "published", "attention"})
WHY = {
    "publishing": "It is being published right now, so it can no longer be changed here.",
    "published": "It is published. What people have read is kept here exactly as it went out.",
    "attention": "A part of it may be out already, so it can no longer be changed here.",
}


class SentLock(BaseLock):
    """Closed for everybody. ``word`` is the status that closed it."""

    def __init__(self, variant: Any, word: str) -> None:
        super().__init__(variant)
        self.word = word

    def for_user(self, user: Any) -> bool:
        return True

    def get_message(self, user: Any) -> str:
        return format_html(
            "{} To say something else, make a new variant from it, or decide about the post itself "
            '<a href="{}">on the board of the story</a>.',
            WHY[self.word],
            reverse("variants:story", args=[self.object.story_id]),
        )

    def get_description(self, user: Any) -> str:
        return WHY[self.word]

    def get_locked_by(self, user: Any) -> str:
        return "Sent"


def sent_lock(variant: Any) -> SentLock | None:
    """The lock of a variant that is out or on its way out."""
    if variant.pk is None:
        return None
    word = status_of([variant])[variant.pk].word
    return SentLock(variant, word) if word in SENT else None
