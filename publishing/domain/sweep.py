"""Nothing sleeps for ever: publications without a next date, or whose date passed unseen, are counted and mended.

Invariant I8: every publication that is not over has a next date (scheduled: not after its due time; else
within a day) which is not past by more than five minutes, or its people have been asked.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from publishing.core.shapes import Ask
from publishing.core.states import WORKED, Reason, State
from publishing.domain import asking
from publishing.domain.log import record
from publishing.models import Publication
from work import clock

log = logging.getLogger(__name__)

OVERDUE = timedelta(minutes=5)
HORIZON = timedelta(hours=24)


def orphans(now: datetime) -> int:
    """How many publications break I8. The metric must be 0; it is not while no worker runs."""
    return Publication.objects.filter(_dateless(now) | _overdue(now) | _unasked()).count()


def sweep() -> int:
    """Give a date, or a person, to whatever has neither; returns how many. Safe to call twice."""
    now = clock.now()
    mended = sum(_wake(row.pk, now) for row in Publication.objects.filter(_dateless(now)).only("pk"))
    mended += sum(_ask(row, now) for row in Publication.objects.filter(_unasked()))
    if mended:
        log.error("%d publications had no next date or nobody who knew of them", mended)
    return mended


def _free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def _dateless(now: datetime) -> Q:
    working = Q(state__in=WORKED) & _free(now)
    scheduled = Q(state=State.SCHEDULED, next_action_at__gt=F("due_at"), due_at__gt=now)
    late = Q(state=State.SCHEDULED, due_at__lte=now, next_action_at__gt=now + HORIZON)
    others = ~Q(state=State.SCHEDULED) & Q(next_action_at__gt=now + HORIZON)
    return working & (Q(next_action_at=None) | scheduled | late | others)


def _overdue(now: datetime) -> Q:
    ended = Q(lease_until=None) | Q(lease_until__lt=now - OVERDUE)
    return Q(state__in=WORKED, next_action_at__lt=now - OVERDUE) & ended


def _unasked() -> Q:
    return Q(state=State.ATTENTION) & (Q(attention_since=None) | Q(attention_told=0))


def _wake(pk: object, now: datetime) -> bool:
    with transaction.atomic():
        if not Publication.objects.filter(_dateless(now), pk=pk).update(next_action_at=now):
            return False
        publication = Publication.objects.get(pk=pk)
        record(publication, "swept", {"why": "It had no next date."}, at=now)
    return True


def _ask(publication: Publication, now: datetime) -> bool:
    question = Ask(Reason(publication.reason or Reason.POISON), publication.detail)
    with transaction.atomic():
        rows = Publication.objects.filter(_unasked(), pk=publication.pk)
        if not rows.update(**asking.fields(question, now)):
            return False
        publication.refresh_from_db()
        asking.tell(publication, question, now)
    return True
