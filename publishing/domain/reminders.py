"""Tell again about cases that wait: a job of every minute. Safe to run anywhere, twice, and to be cut off."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timesince import timesince

from publishing import digest
from publishing.core.states import Reason, State
from publishing.digest import Case, Telling
from publishing.domain.log import record
from publishing.domain.people import tell
from publishing.models import Event, Publication
from publishing.words import REASON_WORDS
from work import clock

log = logging.getLogger(__name__)

AT_ONCE = 1000
EVENT_OF = {Telling.AGAIN: "reminded", Telling.MORNING: "reminded", Telling.ESCALATE: "escalated"}


def run() -> None:
    """One round over every case; one that cannot be told about stops no other."""
    now, zone = clock.now(), ZoneInfo(settings.TIME_ZONE)
    escalated = Event.objects.filter(
        publication=OuterRef("pk"), kind="escalated", at__gte=OuterRef("attention_since")
    )
    rows = Publication.objects.filter(
        state=State.ATTENTION, attention_since__isnull=False, attention_since__lte=now - digest.HOUR
    )
    rows = rows.select_related("version", "channel", "variant__owner").annotate(escalated=Exists(escalated))
    for publication in rows.order_by("attention_told_at")[:AT_ONCE]:
        telling = digest.next_telling(case_of(publication), now, zone=zone)
        if telling is None:
            continue
        try:
            remind(publication, telling, now)
        except Exception:
            log.exception("Nobody could be told again about publication %s", publication.pk)


def case_of(publication: Publication) -> Case:
    since = publication.attention_since
    assert since is not None
    return Case(
        since=since,
        due_at=publication.due_at,
        told=publication.attention_told,
        told_at=publication.attention_told_at or since,
        opened=publication.attention_opened_at is not None,
        escalated=bool(getattr(publication, "escalated", False)),
    )


def remind(publication: Publication, telling: Telling, now: datetime) -> None:
    """Count, event and news in one transaction; nothing if somebody was faster or has decided."""
    told = digest.told_after(case_of(publication), telling)
    with transaction.atomic():
        changed = Publication.objects.filter(
            pk=publication.pk,
            state=State.ATTENTION,
            attention_since=publication.attention_since,
            attention_told=publication.attention_told,
            attention_told_at=publication.attention_told_at,
        ).update(attention_told=told, attention_told_at=now)
        if not changed:
            return
        event = record(publication, EVENT_OF[telling], {"told": told}, at=now)
        words = REASON_WORDS[Reason(publication.reason)]
        waits = timesince(publication.attention_since, now, depth=1)
        if telling is Telling.ESCALATE:
            kind, subject = "escalated", "Nobody has looked at this"
            body = f"{words}. It has waited for a decision for {waits}, and nobody has opened it."
        else:
            kind, subject = "reminder", "Still needs a decision"
            body = f"{words}. It has waited for {waits}."
        tell(
            publication,
            kind,
            subject=subject,
            body=f"{body} {publication.detail}".strip(),
            event_id=f"publication.{publication.pk}.{event.seq}",
        )


def opened(publication: Publication, *, by: object) -> bool:
    """Note that somebody who may decide has opened the case; only the first one is kept, as an event."""
    if publication.state != State.ATTENTION or publication.attention_opened_at is not None:
        return False
    now = clock.now()
    with transaction.atomic():
        changed = Publication.objects.filter(
            pk=publication.pk, state=State.ATTENTION, attention_opened_at=None
        ).update(attention_opened_at=now, attention_opened_by=by)
        if changed:
            record(publication, "opened", {}, at=now, by=by)
    publication.refresh_from_db(fields=["attention_opened_at", "attention_opened_by"])
    return bool(changed)
