"""What a network calls to us about a message of ours that nobody can ask about: that it is there, or did not arrive.

The call is signed, and says again the word that only we and the network know: it is an answer, late and by another way.
It therefore settles a doubt by itself (docs/adr/0082). What was sent and not delivered stays published, with a warning.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Q

from channels.connectors.base import Safety
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Arrival
from publishing.core.states import Reason, State, StepState, Verdict
from publishing.domain import moment
from publishing.domain.held import name_of
from publishing.domain.log import record
from publishing.domain.people import tell
from publishing.domain.run import spec_of
from publishing.models import NOT_ASKED, Attempt, Publication, Step
from work import clock


class UnderWay(Exception):
    """A worker has it just now; the call is taken up again later."""


def heard(channel: Any, arrival: Arrival) -> None:
    """Take what became of one message. Harmless when repeated. Raises UnderWay."""
    steps = Step.objects.filter(publication__channel=channel).select_related("publication__version")
    step = steps.filter(remote_id=arrival.remote_id).exclude(remote_id="").first()
    if step is None and arrival.witness:
        step = _witnessed(steps, arrival)
        if step is not None:
            _settle(step, arrival)
    if step is not None and arrival.state == "failed":
        _warn(step, arrival)


def _witnessed(steps: Any, arrival: Arrival) -> Step | None:
    """The message whose answer was lost, known by the word that went with it."""
    open_ones = Q(state__in=(StepState.INTENT, StepState.UNKNOWN)) | Q(
        state=StepState.SKIPPED, attempts__outcome=Verdict.UNKNOWABLE
    )
    for step in steps.filter(open_ones, safety=Safety.BLIND, remote_id="").distinct():
        connector = CONNECTORS[step.publication.channel.platform]
        if connector.witness_of(spec_of(step), step.publication.payload) == arrival.witness:
            return step
    return None


def _settle(step: Step, arrival: Arrival) -> None:
    """It is out: write it down like an answer, and let a worker go on with the rest."""
    publication = step.publication
    with transaction.atomic():
        now = clock.now()
        fields: dict[str, Any] = {"fence": F("fence") + 1}
        if step.state == StepState.SKIPPED:  # it was left out of the count, and warned of
            fields["warnings"] = _without(publication.warnings, step)
        else:
            fields |= {"intent_open": False}
        if publication.state == State.IN_DOUBT and "intent_open" in fields:
            fields["next_action_at"] = now
        elif publication.reason == Reason.UNKNOWN_OUTCOME and not fields.get(
            "intent_open", publication.intent_open
        ):
            fields |= {"state": State.SCHEDULED, "state_changed_at": now, "next_action_at": now}
            fields |= {"reason": "", "detail": "", **NOT_ASKED}
        if step.kind in ("commit", "reply"):
            fields["parts_out"] = F("parts_out") + 1
        if not publication.remote_id:
            fields["remote_id"] = arrival.remote_id[:200]
        free = Publication.objects.filter(pk=publication.pk, state=publication.state, lease_owner="")
        if step.state == StepState.INTENT or not free.update(**fields):
            raise UnderWay(f"publication {publication.pk}")
        Step.objects.filter(pk=step.pk).update(
            state=StepState.DONE, remote_id=arrival.remote_id[:200], note="", done_at=now,
            out_at=moment.of_found(step, arrival.at, now),
            remote_ref={"id": arrival.remote_id, "state": arrival.state},
        )  # fmt: skip
        Attempt.objects.filter(step=step, outcome__in=(Verdict.UNKNOWN, Verdict.UNKNOWABLE)).update(
            outcome=Verdict.FOUND
        )
        record(publication, "found", {"step": name_of(step), "key": step.key, "called": True}, at=now)
        publication.refresh_from_db()
        step.refresh_from_db()


def _without(warnings: list[dict[str, Any]], step: Step) -> list[dict[str, Any]]:
    return [each for each in warnings if each.get("step") != name_of(step)]


def _warn(step: Step, arrival: Arrival) -> None:
    """Say that one message did not arrive. Its person's number stands in the warning, not in the record that stays."""
    publication = step.publication
    publication.refresh_from_db()
    why = f"{arrival.to}: {arrival.why}".removeprefix(": ")
    warning = {"step": name_of(step), "why": why}
    if warning in publication.warnings:
        return
    with transaction.atomic():
        now = clock.now()
        free = Publication.objects.filter(pk=publication.pk, fence=publication.fence, lease_owner="")
        if not free.update(fence=F("fence") + 1, warnings=[*publication.warnings, warning]):
            raise UnderWay(f"publication {publication.pk}")
        data = {"step": name_of(step), "key": step.key, "why": arrival.why, "code": arrival.code}
        record(publication, "undelivered", data, at=now)
        tell(
            publication,
            "undelivered",
            subject="Not delivered to everybody",
            body=f"{why}\n\nShould others not get it either, they stand on the page of this sending.",
            event_id=f"publication.{publication.pk}.undelivered",
        )
