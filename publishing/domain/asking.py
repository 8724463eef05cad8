"""Put a publication before its people: one row, one event and their notices, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from publishing.core.shapes import Ask
from publishing.core.states import WORKED, Reason, State
from publishing.domain import people
from publishing.domain.log import record
from publishing.models import NOT_ASKED, Publication
from publishing.words import REASON_WORDS
from work import clock

__all__ = ["ask", "fields", "tell"]


def ask(publication: Publication, reason: Reason, detail: str, *, where: Q | None = None) -> bool:
    """Take a publication out of the workers' hands and ask its people. False when it has moved on.

    For what is decided outside a run (a restored database, a run that cannot even begin). ``fence`` grows, so
    a worker that still holds it writes nothing more; an open intent stays open, so nothing is sent before a
    look-up. ``where`` narrows the UPDATE.
    """
    question = Ask(reason, detail)
    with transaction.atomic():
        at = clock.now()
        rows = Publication.objects.filter(where or Q(), pk=publication.pk, state__in=WORKED)
        gone = {"lease_owner": "", "lease_until": None, "fence": F("fence") + 1}
        if rows.update(state=State.ATTENTION, state_changed_at=at, **fields(question, at), **gone) != 1:
            return False
        publication.refresh_from_db()
        tell(publication, question, at)
    return True


def fields(question: Ask, at: datetime) -> dict[str, Any]:
    """What of the row says that people are asked."""
    return {
        **NOT_ASKED,
        "reason": question.reason,
        "detail": question.detail,
        "next_action_at": None,
        "tries": 0,
        "attention_since": at,
        "attention_told": 1,
        "attention_told_at": at,
    }


def tell(publication: Publication, question: Ask, at: datetime, *, worker: str = "") -> None:
    words = REASON_WORDS[question.reason]
    data = {"reason": question.reason, "words": words, "detail": question.detail}
    event = record(publication, "attention", data, at=at, worker=worker)
    people.tell(
        publication,
        "late" if question.reason is Reason.LATE else "attention",
        subject="Needs a decision",
        body=f"{words}. {question.detail}".strip(),
        event_id=f"publication.{publication.pk}.{event.seq}",
    )
