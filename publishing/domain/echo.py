"""A network names a post that may be one of ours (a webhook's echo). It settles a doubt, after a look."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from publishing.core.states import State, StepState
from publishing.domain.log import record
from publishing.models import NOT_ASKED, Publication, Step
from work import clock

ASKABLE = ("keyed", "exact", "probe", "search")


def heard(channel: Any, remote_id: str) -> int:
    """Look at once at what is in doubt on this channel; returns how many publications that concerns.

    The name alone proves nothing: the look-up still has to find the post. It may therefore come earlier than
    one that could also say "not there", and before that it counts for nothing. Harmless when repeated.
    """
    if not remote_id or Step.objects.filter(publication__channel=channel, remote_id=remote_id).exists():
        return 0
    doubtful = Step.objects.filter(
        publication__channel=channel,
        publication__intent_open=True,
        publication__state__in=(State.IN_DOUBT, State.ATTENTION),
        state=StepState.UNKNOWN,
        safety__in=ASKABLE,
    )
    return sum(_look_now(step, remote_id) for step in doubtful.select_related("publication"))


def _look_now(step: Step, remote_id: str) -> bool:
    publication = step.publication
    with transaction.atomic():
        now = clock.now()
        rows = Publication.objects.filter(pk=publication.pk, intent_open=True, lease_owner="")
        waits = rows.filter(state=State.IN_DOUBT).update(next_action_at=now)
        asked = waits or rows.filter(state=State.ATTENTION).update(
            state=State.SCHEDULED,
            state_changed_at=now,
            next_action_at=now,
            fence=F("fence") + 1,
            reason="",
            detail="",
            **NOT_ASKED,
        )
        if not asked:
            return False
        Step.objects.filter(pk=step.pk, state=StepState.UNKNOWN).update(hint=remote_id[:200])
        record(publication, "echo", {"remote_id": remote_id}, at=now)
    return True
