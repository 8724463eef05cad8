"""What came of a call or a look-up, written down in one transaction with what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from channels import optouts, tokens
from channels.connectors.base import (
    Lookup,
    Outcome,
    OutcomeKind,
    StepKind,
)
from channels.connectors.base import Safety as StepSafety
from channels.models import Channel, ChannelState
from publishing import limits, signals
from publishing.core.judge import judge
from publishing.core.shapes import (
    PUBLIC_KINDS,
    Answered,
    Ask,
    Fail,
    Now,
    RefreshToken,
    Ruling,
    Sleep,
)
from publishing.core.states import Reason, State, StepState, Verdict
from publishing.domain import moment
from publishing.domain.held import Held, name_of
from publishing.domain.people import tell
from publishing.models import Attempt, Event, Publication, Step
from publishing.words import named
from work import clock


@dataclass
class Call:
    """A call that may be made: its intent is committed (or it needs none)."""

    step: Step
    now: Now
    attempt: Attempt | None
    at: datetime
    event: Event | None = None


class Outcomes(Held):
    def settle(self, call: Call, outcome: Outcome) -> None:
        """Write down an answer, and what follows from it, in one transaction."""
        at = clock.now()
        step, now = call.step, replace(call.now, at=at)
        answered = Answered(
            kind=outcome.kind,
            retry_after_s=outcome.retry_after_s,
            message=outcome.message,
            redo=tuple(outcome.redo),
            undone=tuple(outcome.undone),
            alone=outcome.alone,
            spared=outcome.spared,
            bytes_started=outcome.bytes_started_at is not None,
        )
        ruling = judge(now.step(step.key), answered, now, jitter=self.chance())
        with transaction.atomic():
            self.lock_for(ruling)
            if outcome.opted_out:
                optouts.note(self.channel, outcome.opted_out, at=at)
            attempt = call.attempt
            if attempt is None and outcome.kind not in (OutcomeKind.OK, OutcomeKind.BUSY):
                n = Attempt.objects.filter(step=step).count() + 1
                attempt = Attempt.objects.create(
                    step=step,
                    n=n,
                    fence=self.pub.fence,
                    worker=self.pub.lease_owner,
                    intent_at=call.at,
                    lease_until=self.pub.lease_until,
                )
            if attempt is not None:
                Attempt.objects.filter(pk=attempt.pk, outcome="").update(
                    bytes_started_at=by_our_clock(outcome.bytes_started_at, call.at, at),
                    ended_at=at,
                    outcome=ruling.verdict,
                    kind=outcome.kind,
                    http_status=outcome.http_status,
                    code=outcome.code[:80],
                    message=outcome.message,
                    request_id=outcome.request_id[:120],
                    retry_after_s=outcome.retry_after_s,
                    body=outcome.body[:4096],
                )
            self.rule(
                step,
                ruling,
                at,
                result=outcome,
                kind=self.event_kind(outcome, ruling),
                message=outcome.message,
            )

    def event_kind(self, outcome: Outcome, ruling: Ruling) -> str:
        if outcome.kind == OutcomeKind.OK:
            return "ok"
        if outcome.kind in (OutcomeKind.RATE, OutcomeKind.BUSY, OutcomeKind.NOT_SENT):
            return str(outcome.kind)
        return "unknown" if ruling.verdict == Verdict.UNKNOWN else "refused"

    def limit_keys(self) -> list[str]:
        """What holds and breakers are kept for: the account, and the host behind it."""
        return [f"channel:{self.channel.pk}", f"host:{self.connector.server_of(self.channel)}"]

    def count(self, outcome: Outcome, at: datetime) -> None:
        """Keep the breakers: transport trouble and 5xx count, refusals and our own guard do not."""
        trouble = outcome.kind == OutcomeKind.NOT_SENT and outcome.code not in ("guard_late", "interrupted")
        if trouble or outcome.kind == OutcomeKind.UNKNOWN:
            for key in self.limit_keys():
                limits.failed(key, at)
        elif outcome.kind == OutcomeKind.OK:
            limits.worked(self.limit_keys())

    def count_look(self, lookup: Lookup, at: datetime) -> None:
        """A look-up is the read that closes a breaker; one that fails counts like any other call."""
        self.count(lookup.outcome or Outcome(OutcomeKind.OK), at)

    def lock_for(self, ruling: Ruling) -> None:
        """First in the transaction: the fenced write that also locks the row."""
        self.write(intent_open=ruling.step is StepState.UNKNOWN)

    def rule(
        self,
        step: Step,
        ruling: Ruling,
        at: datetime,
        *,
        result: Any,
        kind: str,
        message: str = "",
        **more: Any,
    ) -> None:
        """Write a ruling: step, events, channel, and what follows for the publication. In a transaction."""
        fields: dict[str, Any] = {"absences": ruling.absences}
        if ruling.absences > step.absences:
            fields["absent_at"] = at
        if (
            ruling.verdict == Verdict.UNKNOWN
            and step.state == StepState.INTENT
            and ruling.step is StepState.UNKNOWN
        ):
            fields |= {"sends": step.sends + 1, "absences": 0, "absent_at": None}
        if ruling.step is StepState.DONE:
            ref = dict(result.remote_ref)
            fields |= {
                "remote_ref": ref,
                "remote_id": str(result.remote_id)[:200],
                "remote_url": str(result.remote_url)[:500],
                "remote_ref_expires_at": expiry_of(ref),
                "done_at": at,
            }
            if ruling.verdict == Verdict.FOUND and step.kind in PUBLIC_KINDS:
                fields["out_at"] = moment.of_found(step, getattr(result, "at", None), at)
        if ruling.warning:
            fields["note"] = ruling.warning
        self.move_step(step, ruling.step, **fields)
        if ruling.step is StepState.DONE and step.kind in (StepKind.COMMIT, StepKind.REPLY):
            self.part_is_out(step)
        if ruling.step is StepState.DONE and step.kind == StepKind.ACT and step.remote_id:
            self.write(remote_id=step.remote_id, remote_url=step.remote_url)
        if ruling.step is StepState.DONE and step.kind == StepKind.DELETE:
            self.write(parts_out=max(0, self.pub.parts_out - 1))
        if ruling.step is StepState.DONE and step.kind == StepKind.COMMENT:
            signals.commented.send(sender=Publication, publication=self.pub)
        if step.kind == StepKind.VERIFY and step.remote_url and not self.pub.remote_url:
            self.write(remote_url=step.remote_url)  # some networks name the address only when it is read back
            later = Step.objects.filter(publication_id=self.pub.pk, kind=StepKind.REPLY)
            later.filter(remote_url=step.remote_url).update(
                remote_url=""
            )  # a person gave the first one's for it
        if ruling.undone:
            self.nothing_came_of(ruling.undone)
        if ruling.redo:
            for old in Step.objects.filter(publication_id=self.pub.pk, key__in=ruling.redo):
                self.undo(old, came_to_nothing=old.key in ruling.undone)
        data = {"step": name_of(step), "key": step.key, "message": message, **more}
        if ruling.step is StepState.DONE:
            data |= {"remote_id": step.remote_id, "remote_url": step.remote_url}
        quiet = step.kind == StepKind.WAIT and kind == "busy"
        if not quiet and not (step.safety == StepSafety.PURE and kind == "ok"):
            self.event(kind, data, at)
        if ruling.warning:
            self.warn(step, ruling.warning, at, said=result)
        if ruling.hold_channel_s:
            limits.hold(f"channel:{self.channel.pk}", at + timedelta(seconds=ruling.hold_channel_s))
        if ruling.channel_trouble is Reason.RECONNECT:
            tokens.need_reconnect(self.channel, message or "The network no longer accepts our sign-in.")
        elif ruling.channel_trouble is Reason.BLOCKED:
            Channel.objects.filter(pk=self.channel.pk, state=ChannelState.CONNECTED).update(
                state=ChannelState.BLOCKED, state_reason=message
            )
        self.then(ruling, at)

    def then(self, ruling: Ruling, at: datetime) -> None:
        match ruling.then:
            case None:
                if self.pub.state != State.PUBLISHED:
                    self.write(state=State.RUNNING)
            case Sleep() as sleep:
                self._sleep(sleep)
            case Ask() as ask:
                self._ask(ask, at)
            case Fail() as fail:
                self._fail(fail, at)
            case RefreshToken():
                self.refused_token = self.token

    def part_is_out(self, step: Step) -> None:
        fields: dict[str, Any] = {"parts_out": self.pub.parts_out + 1}
        if not self.pub.remote_id:
            fields |= {"remote_id": step.remote_id, "remote_url": step.remote_url}
        self.write(**fields)

    def nothing_came_of(self, keys: tuple[str, ...]) -> None:
        """The network took these calls and then made nothing of them. The steps keep their ids, as what was said then."""
        out = max(0, self.pub.parts_out - len(keys))
        gone = {} if out else {"remote_id": "", "remote_url": ""}
        self.write(parts_out=out, **gone)

    def undo(self, step: Step, *, came_to_nothing: bool = False) -> None:
        """A handle has died: this step has to be made again. What is public only where the network says that nothing came
        of it.
        """
        if step.kind in (StepKind.COMMIT, StepKind.REPLY):
            if not came_to_nothing:
                raise ValueError(f"{step.key} is public and can never be made again")
            told = Attempt.objects.filter(step=step, outcome__in=(Verdict.OK, Verdict.FOUND))
            told.update(outcome=Verdict.REFUSED)  # so that what is looked for later is the next try
        Step.objects.filter(pk=step.pk).update(
            state=StepState.TODO, remote_ref={}, remote_id="", remote_ref_expires_at=None, done_at=None
        )

    def warn(self, step: Step, why: str, at: datetime, *, said: Any = None) -> None:
        warning: dict[str, Any] = {"step": name_of(step), "why": why}
        if undone := getattr(said, "undone", ()):  # of the post itself, whichever step has heard it
            warning = {"step": named(undone[0]), "why": why, "nothing_came": True}
        if not (undone and warning in self.pub.warnings):
            self.write(warnings=[*self.pub.warnings, warning])
        event = self.event("skipped", {"step": name_of(step), "why": why}, at)
        if is_denied(step, said):
            tell(
                self.pub,
                "not_shown",
                subject="Handed over, and not shown as planned",
                body=f"{self.connector.label} took it, and says now: {why}\n\nPlease look at it there.",
                event_id=f"publication.{self.pub.pk}.not_shown",
            )
        elif step.kind == StepKind.COMMENT:
            tell(
                self.pub,
                "left_out",
                subject="Out, but without its first comment",
                body=f"{why}\n\nThe post itself is out. Its page has a button that writes the comment after all.",
                event_id=f"publication.{self.pub.pk}.{event.seq}",
            )

    # An open intent -----------------------------------------------------------------------------------------
    def find_crashed(self) -> None:
        """An intent that is open now was left by a worker that died, or lost its lease: its outcome is
        unknown.
        """
        crashed = list(Step.objects.filter(publication_id=self.pub.pk, state=StepState.INTENT))
        if not crashed:
            return
        now = clock.now()
        with transaction.atomic():
            doubt = any(step.safety != StepSafety.PURE for step in crashed)
            state = None
            if doubt and self.pub.state != State.PUBLISHED:
                state = State.IN_DOUBT
            self.write(state=state, intent_open=doubt)
            for step in crashed:
                Attempt.objects.filter(step=step, outcome="").update(
                    outcome=Verdict.UNKNOWN, kind="crashed", ended_at=now
                )
                sends = step.sends + (step.safety != StepSafety.PURE)
                self.move_step(step, StepState.UNKNOWN, sends=sends, absences=0, absent_at=None)
                if step.safety != StepSafety.PURE:
                    self.event("crashed", {"step": name_of(step)}, now)

    def again(self, step: Step, now: Now, verdict: Verdict) -> None:
        """Put an open step back: a repeat does no harm, or its channel's owner takes the risk."""
        with transaction.atomic():
            self.write(intent_open=False, state=None if self.pub.state == State.PUBLISHED else State.RUNNING)
            self.move_step(step, StepState.TODO, absences=0, absent_at=None)
            if step.safety != StepSafety.PURE:
                Attempt.objects.filter(step=step, outcome=Verdict.UNKNOWN).update(outcome=verdict)
                self.event("resent_once", {"step": name_of(step)}, now.at)

    def redo(self, steps: list[Step]) -> None:
        with transaction.atomic():
            self.write()
            for step in steps:
                self.undo(step)
            self.event("redo", {"keys": ", ".join(step.key for step in steps)}, clock.now())

    def _ask(self, ask: Ask, at: datetime) -> None:
        """A post that is out stays out, whatever becomes of its optional rest: that is left out, and said."""
        if self.pub.state != State.PUBLISHED:
            return super()._ask(ask, at)
        rest = Step.objects.filter(publication_id=self.pub.pk).exclude(
            state__in=(StepState.DONE, StepState.SKIPPED)
        )
        step = rest.order_by("seq").first()
        if step is not None:
            self._skip(step, ask.detail, at)

    def skip(self, step: Step, why: str) -> None:
        with transaction.atomic():
            self._skip(step, why, clock.now())

    def _skip(self, step: Step, why: str, at: datetime) -> None:
        self.write(intent_open=False)
        Attempt.objects.filter(step=step, outcome__in=("", Verdict.UNKNOWN)).update(
            outcome=Verdict.UNKNOWABLE
        )
        self.move_step(step, StepState.SKIPPED, note=why)
        self.warn(step, why, at)


def is_denied(step: Step, said: Any) -> bool:
    """Whether the network itself says that what was handed over to it is not there, or not as it should be."""
    if getattr(said, "undone", ()):
        return True
    return step.kind == StepKind.VERIFY and getattr(said, "kind", "") == OutcomeKind.CONTENT


def by_our_clock(started_at: datetime | None, intent_at: datetime, at: datetime) -> datetime | None:
    """When the first byte left, by the clock that everything else goes by.

    The wire can only ask this machine's clock, which may be fast or slow; a look-up that trusted it could come
    before the request has landed. ``at`` is now.
    """
    if started_at is None:
        return None
    return max(intent_at, min(at, at - (datetime.now(UTC) - started_at)))


def expiry_of(ref: dict[str, Any]) -> datetime | None:
    text = ref.get("expires_at")
    return parse_datetime(text) if isinstance(text, str) else None
