"""One run: a claimed publication goes on as far as it can now.

Claimed → decide → (check → intent → call → outcome) → decide … until it has to wait, to ask, or is done.
Everything is decided in ``publishing.core``; here it is carried out, and every write demands that we still
hold the row.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from channels import optouts, service
from channels.connectors.base import (
    Context,
    Interrupted,
    Lookup,
    Outcome,
    OutcomeKind,
    StepKind,
    StepSpec,
    UnsupportedFeature,
)
from channels.connectors.base import Safety as StepSafety
from channels.wire import Wire, boot_clock, lease_guard
from formats.core.payload import digest
from publishing import limits, marks
from publishing.core import decide
from publishing.core.rule import rule
from publishing.core.shapes import (
    Action,
    Again,
    Ask,
    Cancel,
    Check,
    Fail,
    Look,
    Looked,
    Now,
    Publish,
    Redo,
    Rest,
    Send,
    Skip,
    Sleep,
)
from publishing.core.states import Reason, State, StepState, Verdict
from publishing.domain import asking, load
from publishing.domain.ahead import look_ahead
from publishing.domain.before import Before, may_be_held
from publishing.domain.held import HOLD_S, Stopped, name_of
from publishing.domain.outcome import Call
from publishing.models import Attempt, Publication, Step, Version
from work import claim, clock
from work.failpoints import hit

log = logging.getLogger(__name__)

MAX_TURNS = 200
STUMBLES = 3


def run(publication: Publication) -> None:
    """Work on a claimed publication. Ends with the row released, or raises LeaseLost with nothing written.

    What raises anything else comes back with a growing pause; the third time in a row a person is asked. A
    database that does not answer is no reason to ask anybody.
    """
    try:
        Run(publication).go()
    except (claim.LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:
        if publication.tries + 1 < STUMBLES:
            raise
        log.exception("publication %s: a person is asked", publication.pk)
        why = (
            f"Hustings stumbled over it {STUMBLES} times ({type(error).__name__}). Nothing is sent meanwhile."
        )
        asking.ask(publication, Reason.POISON, why, where=Q(fence=publication.fence))


class Run(Before):
    def go(self) -> None:
        self.find_crashed()
        if not self.plan():
            return
        for _ in range(MAX_TURNS):
            steps = load.steps_of(self.pub)
            now = load.view(self.pub, steps, clock.now(), self.times, looked=self.looked)
            if self.stop_wanted:
                now = replace(now, cancel_requested=True)
            action: Any = decide.next_action(now)
            try:
                self.follow(action, {s.key: s for s in steps}, now)
            except Stopped as stopped:
                self.follow(stopped.instead, {s.key: s for s in steps}, now)
            if self.released:
                return
        self.sleep(Sleep(clock.now() + timedelta(seconds=5), State(self.pub.state)))

    def follow(self, action: Any, steps: dict[str, Step], now: Now) -> None:
        match action:
            case None:
                return
            case Send(key):
                self.send(steps[key], now)
            case Check():
                if wait := look_ahead(self, now):
                    self.sleep(wait)
            case Look(key):
                self.look(steps[key], now)
            case Again(key, verdict):
                self.again(steps[key], now, verdict)
            case Redo(keys):
                self.redo([steps[key] for key in keys])
            case Skip(key, why):
                self.skip(steps[key], why)
            case Sleep():
                self.sleep(action)
            case Ask():
                self.ask(action)
            case Fail():
                self.fail(action)
            case Cancel():
                self.cancel()
            case Publish():
                self.publish(list(steps.values()))
            case Rest():
                claim.release(self.pub, next_action_at=None)
                self.released = True
            case _:
                raise TypeError(f"nobody knows how to {action!r}")

    def plan(self) -> bool:
        """Make the steps' rows on the first run. False when the connector cannot do it at all."""
        if Step.objects.filter(publication_id=self.pub.pk).exists():
            return True
        try:
            specs = load.specs_of(self.connector, self.version.payload, self.channel)
        except UnsupportedFeature as error:
            self.fail(Fail(f"{error}."))
            return False
        with transaction.atomic():
            self.write()
            Step.objects.bulk_create(
                Step(
                    publication_id=self.pub.pk,
                    seq=seq,
                    key=spec.key,
                    kind=spec.kind,
                    safety=spec.safety,
                    required=spec.required,
                    stage=spec.stage,
                    data=dict(spec.data),
                )
                for seq, spec in enumerate(specs, 1)
            )
            self.event("planned", {"steps": ", ".join(spec.key for spec in specs)}, clock.now())
        return True

    # Sending ------------------------------------------------------------------------------------------------
    def send(self, step: Step, now: Now) -> None:
        """Check, write the intent, call, write what came of it."""
        weighs = now.step(step.key).asks_nobody
        if not weighs:
            self.check_before(step, now)
        call = self.intend(step, now)
        hit("after_intent")
        outcome = self.call(step, call)
        hit("after_answer")
        self.settle(call, outcome)
        if not weighs:
            self.count(outcome, clock.now())
        hit("after_outcome")

    def intend(self, step: Step, now: Now) -> Call:
        """Commit the intent, demanding again everything that must still be true. If the COMMIT fails,
        nothing is sent:
        the exception leaves the run, and the next one finds out whether the intent is there."""
        pure = step.safety == StepSafety.PURE
        public = step.kind in (StepKind.COMMIT, StepKind.REPLY, StepKind.ACT)
        renewed_at = boot_clock()
        with transaction.atomic():
            at = clock.now()
            lease_until = at + timedelta(seconds=self.times.lease_s)
            fields: dict[str, Any] = {"lease_until": lease_until, "intent_open": not pure}
            if self.pub.state != State.PUBLISHED:
                fields |= self.moved(State.RUNNING)
            if public and self.pub.started_at is None:
                fields["started_at"] = at
            fields |= {"reason": "", "detail": ""}
            replay = step.state == StepState.UNKNOWN  # under our own key, the first try still in doubt
            rows = claim.held(self.pub).filter(intent_open=replay, lease_until__gt=at)
            if step.kind != StepKind.DELETE:
                rows = rows.filter(cancel_requested_at=None)
            if rows.update(**fields) != 1:
                raise Stopped(self.why_not(at))
            self.demand(step, now, at)
            attempt = event = None
            if step.kind != StepKind.WAIT:
                self.move_step(step, StepState.INTENT)
                n = Attempt.objects.filter(step=step).count() + 1
                attempt = Attempt.objects.create(
                    step=step,
                    n=n,
                    fence=self.pub.fence,
                    worker=self.pub.lease_owner,
                    intent_at=at,
                    lease_until=lease_until,
                )
                if not pure:
                    event = self.event("intent", {"step": name_of(step), "key": step.key, "n": n}, at)
        for name, value in fields.items():
            setattr(self.pub, name, value)
        self.renewed_at = renewed_at
        return Call(step=step, now=now, attempt=attempt, at=at, event=event)

    def why_not(self, at: datetime) -> Action | None:
        """The row did not meet the intent's conditions: lost, or to be stopped."""
        fresh = Publication.objects.get(pk=self.pub.pk)
        if fresh.fence != self.pub.fence or fresh.lease_owner != self.pub.lease_owner:
            raise claim.LeaseLost(f"publication {self.pub.pk}, fence {self.pub.fence}")
        if fresh.lease_until is None or fresh.lease_until <= at:
            raise claim.LeaseLost(f"publication {self.pub.pk}: the lease ran out")
        if fresh.cancel_requested_at is not None:
            self.stop_wanted = True
            return None  # decide again, now knowing
        return Sleep(
            at + timedelta(seconds=HOLD_S), self.doubt_or_wait(), "Its rows do not agree; looking again."
        )

    def demand(self, step: Step, now: Now, at: datetime) -> None:
        """What must be true while the row is locked: approved, exactly this, not paused, open gates, in
        time.
        """
        if step.kind == StepKind.DELETE:
            return  # a person's wish of its own; neither approval nor pause stands against it
        version = Version.objects.get(pk=self.pub.version_id)
        if version.voided_at is not None and self.pub.state != State.PUBLISHED:
            self.stop_wanted = True
            raise Stopped(None)
        if digest(version.payload) != version.digest:
            raise Stopped(self.no("What is stored is not what was approved."))
        if now.step(step.key).asks_nobody:
            return
        if may_be_held(step, now) and (why := self.hold_reason(at)):
            raise Stopped(self.hold(why, replace(now, at=at)))
        if not step.stage and self.pub.state != State.PUBLISHED:
            if at < self.pub.due_at:
                raise Stopped(Sleep(self.pub.due_at, State.WAITING))
            if at > now.late_at:
                raise Stopped(None)

    def call(self, step: Step, call: Call) -> Outcome:
        try:
            marks.put(call.event)  # so that a database restored from an older copy is noticed
        except OSError as error:
            return Outcome(
                OutcomeKind.NOT_SENT, code="interrupted", message=f"The disk of the worker: {error}."
            )
        wire = Wire(self.channel, token=self.token, guard=self.guard)
        try:
            return self.connector.run(spec_of(step), self.context(step, call.at, wire))
        except Interrupted:
            return Outcome(OutcomeKind.NOT_SENT, code="interrupted", message="It was interrupted.")

    def guard(self) -> None:
        """Asked when the connection stands and no byte has left: may this call still begin?"""
        lease_guard(
            self.renewed_at, self.times.lease_s, call_max_s=self.times.call_max_s, margin_s=self.times.guard_s
        )()

    def context(self, step: Step, at: datetime, wire: Wire) -> Context:
        first = (
            Attempt.objects.filter(step=step)
            .exclude(outcome__in=[Verdict.NOT_SENT, Verdict.REFUSED])
            .order_by("n")
        )
        done = Step.objects.filter(publication_id=self.pub.pk, state=StepState.DONE)
        refs = dict(done.values_list("key", "remote_ref"))
        if step.remote_ref:
            refs[step.key] = step.remote_ref
        return Context(
            channel=self.channel,
            wire=wire,
            now=at,
            payload=self.version.payload,
            refs=refs,
            intent_at=first.values_list("intent_at", flat=True).first() or at,
            open_media=service.open_media,
            public_url=service.public_url,
            renew=self.renew,
            keep=lambda ref: self.keep(step, ref),
            opted_out=lambda person: optouts.is_out(self.channel, person),
        )

    def check_look(self, now: Now) -> None:
        """A look-up is a call too: it waits where the network wants quiet, and while its breaker is open."""
        if until := limits.held_until(self.limit_keys(), now.at):
            raise Stopped(Sleep(until, self.doubt_or_wait(), "Looking again when the network takes calls."))

    def renew(self) -> None:
        """Between the pieces of an upload: go on holding the row, or stop."""
        renewed_at, at = boot_clock(), clock.now()
        lease_until = at + timedelta(seconds=self.times.lease_s)
        if claim.held(self.pub).filter(cancel_requested_at=None).update(lease_until=lease_until) != 1:
            raise Interrupted
        if self.hold_reason(at):
            raise Interrupted
        self.pub.lease_until, self.renewed_at = lease_until, renewed_at

    def keep(self, step: Step, ref: Mapping[str, Any]) -> None:
        """Write down how far a step has come, if the row is still ours."""
        with transaction.atomic():
            if claim.held(self.pub).update(fence=self.pub.fence) != 1:
                raise Interrupted
            Step.objects.filter(pk=step.pk).update(remote_ref=dict(ref))
        step.remote_ref = dict(ref)

    def look(self, step: Step, now: Now) -> None:
        """Ask the network what became of a step, and write down what that means."""
        claim.renew(self.pub, lease_s=self.times.lease_s)
        self.check_look(now)
        self.take_token()
        wire = Wire(self.channel, token=self.token)
        try:
            lookup: Lookup = self.connector.lookup(spec_of(step), self.context(step, now.at, wire))
        except Interrupted:
            raise Stopped(Sleep(clock.now() + timedelta(seconds=HOLD_S), self.doubt_or_wait())) from None
        at = clock.now()
        self.count_look(lookup, at)
        looked = Looked(
            kind=lookup.kind,
            complete=lookup.complete,
            matches=len(lookup.seen) if lookup.kind == "cannot" else 0,
            reason=lookup.reason,
            trouble=str(lookup.outcome.kind) if lookup.outcome else "",
            retry_after_s=lookup.outcome.retry_after_s if lookup.outcome else None,
        )
        self.looked.add(step.key)
        before = now.step(step.key)
        if self.refused_token and looked.trouble == "auth":
            before = replace(before, auths=1)
        ruling = rule(before, looked, replace(now, at=at), jitter=self.chance())
        kind = {"found": "found", "absent": "absent"}.get(
            looked.kind if lookup.complete or looked.kind == "found" else "", "cannot"
        )
        with transaction.atomic():
            self.lock_for(ruling)
            if ruling.verdict != Verdict.UNKNOWN:
                Attempt.objects.filter(step=step, outcome=Verdict.UNKNOWN).update(outcome=ruling.verdict)
            if step.hint:
                Step.objects.filter(pk=step.pk).update(hint="")
            self.rule(
                step,
                ruling,
                at,
                result=lookup,
                kind=kind,
                message=lookup.reason,
                reason=lookup.reason,
                look=before.absences + 1,
                complete=lookup.complete,
                seen=[dict(item) for item in lookup.seen[:20]],
            )


def spec_of(step: Step) -> StepSpec:
    return StepSpec(
        key=step.key,
        kind=StepKind(step.kind),
        safety=StepSafety(step.safety),
        stage=step.stage,
        required=step.required,
        data={**step.data, "client_key": str(step.client_key)},
    )
