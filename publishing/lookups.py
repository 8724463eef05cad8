"""After a restored database was accepted: ask the networks about each publication that may be out already.

One look per publication and minute. Found parts become facts. "Not there" counts on two complete looks, a gap apart.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime

from channels import service, tokens
from channels.connectors.base import Context, Lookup, LookupKind, Outcome, StepKind
from channels.connectors.registry import CONNECTORS
from channels.wire import Wire, WireError
from publishing import marks, restore, signals
from publishing.core.states import Reason, State, StepState, Verdict
from publishing.domain import load, moment, silence
from publishing.domain.log import record
from publishing.domain.run import spec_of
from publishing.models import Attempt, Event, Publication, Step
from work import clock, worker
from work.models import Finding

log = logging.getLogger(__name__)
AT_ONCE = 50
ROUND = timedelta(seconds=60)  # of one run; the next one goes on
_counter = count(1)
_turns: dict[Any, int] = {}  # in which order this process has looked at what is still open
PUBLIC = (StepKind.COMMIT, StepKind.REPLY, StepKind.ACT)


@dataclass(frozen=True)
class Seen:
    """``found`` by step key; ``absent``: the rest is not there; otherwise nobody knows, for this ``reason``."""

    found: dict[str, Lookup]
    absent: bool = False
    reason: str = ""
    trouble: Outcome | None = None  # why the network could not be asked


def settle_restored() -> None:
    """The periodic job. Does nothing before a person has accepted the restored database."""
    row = Finding.objects.filter(key=marks.KEY, ok=True).first()
    since = parse_datetime(row.data.get("since") or "") if row else None
    if since is None:
        return
    began, silent = clock.now(), set()
    for publication in _whose_turn():
        if clock.now() - began > ROUND:
            break
        host = CONNECTORS[publication.channel.platform].server_of(publication.channel)
        if host in silent:
            continue
        try:
            seen = _settle(publication, since)
            if seen is not None and seen.trouble is not None and silence.is_silence(seen.trouble):
                silent.add(host)
        except (tokens.TokenError, WireError) as error:
            log.warning("publication %s could not be looked up: %s", publication.pk, error)


def _whose_turn() -> list[Publication]:
    """In due order, after those that were not looked at yet: what no network can tell of keeps nothing else waiting."""
    rows = Publication.objects.filter(state=State.ATTENTION, reason=Reason.RESTORED)
    due = list(rows.order_by("due_at").values_list("pk", flat=True))
    for pk in set(_turns) - set(due):
        del _turns[pk]
    chosen = sorted(due, key=lambda pk: _turns.get(pk, 0))[:AT_ONCE]
    found = rows.select_related("version", "channel").in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def _settle(publication: Publication, since: datetime) -> Seen | None:
    _turns[publication.pk] = next(_counter)
    now = clock.now()
    last_look = _absences(publication)
    gap = timedelta(seconds=settings.PUBLISHING["absent_gap_s"])
    if last_look and now < last_look[-1] + gap:
        return None
    seen = look(publication, since, now)
    if seen.found:
        _take_over(publication, seen, since)
    elif not seen.absent:
        Publication.objects.filter(pk=publication.pk, fence=publication.fence).update(
            detail=f"{restore.WAITS} The network could not tell: {seen.reason}"[:2000]
        )
    elif last_look:
        restore.give_back(publication, _before(publication))
    else:
        with transaction.atomic():
            if Publication.objects.filter(pk=publication.pk, fence=publication.fence).update(
                fence=F("fence") + 1
            ):
                record(publication, "absent", {"restored": True, "complete": True}, at=now)
    return seen


def _before(publication: Publication) -> dict[str, Any]:
    data = (
        Event.objects.filter(publication=publication, kind="restored")
        .order_by("-seq")
        .values_list("data", flat=True)
    )
    return data.first() or {"state": State.SCHEDULED, "reason": "", "detail": ""}


def _absences(publication: Publication) -> list[datetime]:
    began = Event.objects.filter(publication=publication, kind="restored").order_by("-seq").first()
    rows = Event.objects.filter(publication=publication, kind="absent", seq__gt=began.seq if began else 0)
    return list(rows.order_by("seq").values_list("at", flat=True))


def look(publication: Publication, since: datetime, now: datetime) -> Seen:
    """Ask for each public part in turn; the first that is not there ends it."""
    connector, steps = CONNECTORS[publication.channel.platform], steps_of(publication)
    token = tokens.fresh_token(publication.channel, worker=worker.name())
    refs = {s.key: s.remote_ref for s in steps if s.state == StepState.DONE}
    found: dict[str, Lookup] = {}
    for step in steps:
        if step.kind not in PUBLIC or step.state == StepState.DONE:
            continue
        context = Context(
            channel=publication.channel,
            wire=Wire(publication.channel, token=token),
            now=now,
            payload=publication.version.payload,
            refs=refs,
            intent_at=min(since, now),
            open_media=service.open_media,
            public_url=service.public_url,
        )
        answer = connector.lookup(spec_of(step), context)
        if answer.kind == LookupKind.FOUND:
            found[step.key] = answer
            refs[step.key] = dict(answer.remote_ref)
        elif answer.kind == LookupKind.ABSENT and answer.complete:
            return Seen(found, absent=True)
        else:
            return Seen(found, reason=answer.reason or "no complete answer", trouble=answer.outcome)
    return Seen(found)


def steps_of(publication: Publication) -> list[Step]:
    """Its steps; unsaved ones where it never ran."""
    if rows := list(Step.objects.filter(publication=publication).order_by("seq")):
        return rows
    connector = CONNECTORS[publication.channel.platform]
    specs = load.specs_of(connector, publication.version.payload, publication.channel)
    return [
        Step(
            publication=publication,
            seq=seq,
            key=spec.key,
            kind=spec.kind,
            safety=spec.safety,
            required=spec.required,
            stage=spec.stage,
            data=dict(spec.data),
        )
        for seq, spec in enumerate(specs, 1)
    ]


def _take_over(publication: Publication, seen: Seen, since: datetime) -> None:
    """Write down what stands on the network. With every part found it is published; else a person decides.

    It went out when the network says so. Where it does not say, that was some time after ``since``, to which the database
    was set back.
    """
    now, steps = clock.now(), steps_of(publication)
    public = [s for s in steps if s.kind in PUBLIC]
    first = next(iter(seen.found.values()))
    with transaction.atomic():
        fields: dict[str, Any] = {"fence": F("fence") + 1, "parts_out": F("parts_out") + len(seen.found)}
        if not publication.remote_id:
            fields |= {"remote_id": first.remote_id[:200], "remote_url": first.remote_url[:500]}
        for step in steps:
            if hit := seen.found.get(step.key):
                if step.pk:
                    Attempt.objects.filter(step=step, outcome__in=("", Verdict.UNKNOWN)).update(
                        outcome=Verdict.FOUND
                    )
                step.state, step.done_at = StepState.DONE, now
                step.remote_id, step.remote_url = hit.remote_id[:200], hit.remote_url[:500]
                step.remote_ref = dict(hit.remote_ref)
                step.out_at = hit.at if hit.at and hit.at <= now else None
        fields["intent_open"] = any(s.state in (StepState.INTENT, StepState.UNKNOWN) for s in steps)
        if all(s.state == StepState.DONE for s in public):
            last = public[-1]
            known = last.out_at or (None if last.key in seen.found else last.done_at)
            at, until = (known, None) if known else moment.within(max(since, publication.created_at), now)
            fields |= {"state": State.PUBLISHED, "reason": "", "detail": ""}
            fields |= {"published_at": at, "out_until": until}
            fields |= {"state_changed_at": now, "attention_since": None}
            for step in steps:  # what led to it is spent, and what follows it may be out as well
                step.state = StepState.SKIPPED if step.state == StepState.TODO else step.state
        else:
            fields |= {
                "reason": Reason.PARTIAL,
                "detail": "A part of it is out; the rest could not be found.",
            }
        if not Publication.objects.filter(
            pk=publication.pk, fence=publication.fence, state=State.ATTENTION, reason=Reason.RESTORED
        ).update(**fields):
            return
        for step in steps:
            step.save()
        publication.refresh_from_db()
        record(publication, "found", {"restored": True, "remote_url": publication.remote_url}, at=now)
        if publication.state == State.PUBLISHED:
            record(publication, "published", {"remote_url": publication.remote_url}, at=now)
            signals.published.send(sender=Publication, publication=publication)
