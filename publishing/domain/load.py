"""From rows to the plain values that decisions are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.conf import settings

from channels.connectors.base import StepSpec
from channels.connectors.talk import Act
from channels.models import OnUnknown
from publishing.core.shapes import Now, StepNow, Times, Try
from publishing.core.states import State, StepState, Verdict
from publishing.models import Attempt, Publication, Step

LEFT = frozenset({Verdict.OPEN, Verdict.UNKNOWN, Verdict.FOUND, Verdict.ABSENT, Verdict.UNKNOWABLE})


def times() -> Times:
    names = {field.name for field in fields(Times)}
    return Times(**{name: value for name, value in settings.PUBLISHING.items() if name in names})


def specs_of(connector: Any, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
    """The calls that bring a payload out, or that carry out an act on something that is out."""
    if "act" in payload:
        steps: list[StepSpec] = connector.steps_of(Act.of_data(payload["act"]))
        return steps
    return connector.plan(payload, channel)


def steps_of(publication: Publication) -> list[Step]:
    return list(Step.objects.filter(publication_id=publication.pk).order_by("seq"))


def view(
    publication: Publication,
    steps: Sequence[Step],
    at: datetime,
    waits: Times,
    *,
    looked: Container[str] = (),
) -> Now:
    """``looked``: the keys of the steps that the network has just been asked about."""
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(step__in=[s.pk for s in steps]).defer("body").order_by("n"):
        attempts[attempt.step_id].append(attempt)
    return Now(
        at=at,
        state=State(publication.state),
        due_at=publication.due_at,
        grace_s=publication.grace_s,
        stage_at=publication.stage_at,
        cancel_requested=publication.cancel_requested_at is not None,
        published_at=publication.published_at,
        preflight_at=publication.preflight_at,
        takedown_at=publication.takedown_at,
        resend_once=publication.channel.on_unknown == OnUnknown.RESEND_ONCE,
        steps=tuple(_step(step, attempts[step.pk], looked=step.key in looked) for step in steps),
        times=waits,
    )


def _step(step: Step, attempts: Sequence[Attempt], *, looked: bool) -> StepNow:
    auths = 0
    for attempt in reversed(attempts):
        if attempt.kind != "auth":
            break
        auths += 1
    sent = [a for a in attempts if Verdict(a.outcome) in LEFT]
    last = attempts[-1] if attempts else None
    return StepNow(
        key=step.key,
        kind=step.kind,
        safety=step.safety,
        state=StepState(step.state),
        required=step.required,
        stage=step.stage,
        sends=step.sends,
        tries=sum(1 for a in attempts if a.kind not in ("ok", "rate", "auth")),
        busy=sum(1 for a in attempts if a.kind == "busy"),
        bugs=sum(1 for a in attempts if a.kind == "bug"),
        auths=auths,
        absences=step.absences,
        absent_at=step.absent_at,
        first_sent_at=sent[0].intent_at if sent else None,
        looked=looked,
        unresolved=step.safety != "pure" and any(a.outcome == Verdict.UNKNOWN for a in attempts),
        hint=bool(step.hint),
        asks_nobody=bool(step.data.get("asks_nobody")),
        done_at=step.done_at,
        expires_at=step.remote_ref_expires_at,
        last=last
        and Try(
            intent_at=last.intent_at,
            lease_until=last.lease_until,
            bytes_started_at=last.bytes_started_at,
            outcome=Verdict(last.outcome),
            kind=last.kind,
        ),
    )
