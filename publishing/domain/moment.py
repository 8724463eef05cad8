"""When a post went out that nobody saw go out: its answer was lost, a person says so, a database was restored.

The age of its numbers is counted from then, never from when we learnt of it. What the network says counts most, then
when we sent it. Where neither is known it is "between two moments" (``published_at`` and ``out_until``), and stays out
of every comparison that this is too vague for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Coalesce

from publishing.core.shapes import PUBLIC_KINDS
from publishing.core.states import StepState, Verdict
from publishing.domain.log import record
from publishing.models import Attempt, Publication, Step
from work import clock

SKEW = timedelta(seconds=60)  # between a network's clock and ours, as look-ups allow it
NEVER_LEFT = (Verdict.NOT_SENT, Verdict.REFUSED)


def of_found(step: Step, told: datetime | None, now: datetime) -> datetime:
    """When a step that a look-up found had gone out. A network's word that cannot be right is not taken."""
    tries = Attempt.objects.filter(step=step).exclude(outcome__in=NEVER_LEFT).order_by("n")
    began = tries.annotate(left=Coalesce("bytes_started_at", "intent_at")).values_list("left", flat=True)
    sent = list(began)
    if told is not None and (not sent or told >= sent[0] - SKEW) and told <= now + SKEW:
        return min(told, now)
    return min(sent[-1], now) if sent else now


def of_word(publication: Publication, now: datetime) -> tuple[datetime, datetime | None]:
    """(published_at, out_until) of what a person says is out. To be asked before the open steps are closed."""
    steps = Step.objects.filter(publication=publication, kind__in=PUBLIC_KINDS)
    open_ones = Attempt.objects.filter(step__in=steps.filter(state__in=(StepState.INTENT, StepState.UNKNOWN)))
    sent = open_ones.exclude(outcome__in=NEVER_LEFT).aggregate(
        at=Min(Coalesce("bytes_started_at", "intent_at"))
    )["at"]
    if sent is None:
        done = steps.filter(state=StepState.DONE, done_at__isnull=False).order_by("-seq")
        if last := done.values_list(Coalesce("out_at", "done_at"), flat=True).first():
            return last, None  # what is out of it went out then
        sent = publication.due_at if publication.due_at <= now else publication.created_at
    return within(sent, now)


def within(since: datetime, until: datetime) -> tuple[datetime, datetime | None]:
    """The two moments, or the first alone where they lie no further apart than a call takes to land."""
    lands = timedelta(seconds=settings.PUBLISHING["call_max_s"] + settings.PUBLISHING["settle_s"])
    return (since, until) if until - since > lands else (min(since, until), None)


def learn(publication: Publication, told: datetime) -> bool:
    """The network has said when a post went out that is known only to lie between two moments. True: it is known now."""
    with transaction.atomic():
        now = clock.now()
        rows = Publication.objects.filter(pk=publication.pk, out_until__isnull=False)
        if told > now + SKEW or not rows.update(published_at=told, out_until=None):
            return False
        record(publication, "out_at", {"at": told}, at=now)
    publication.published_at, publication.out_until = told, None
    return True
