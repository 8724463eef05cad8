"""A publication that a worker holds: every write demands that it still does, and every end is told to its people."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from channels.wire import boot_clock
from publishing import signals
from publishing.core.shapes import (
    PUBLIC_KINDS,
    Action,
    Ask,
    Fail,
    Sleep,
)
from publishing.core.states import State, StepState, move, move_step
from publishing.domain import asking, load
from publishing.domain.log import record
from publishing.domain.people import tell, tell_failed
from publishing.models import Publication, Step, Version
from publishing.words import STEP_WORDS, named
from work import claim, clock

HOLD_S = 15.0  # how often something held back is looked at again
NAP = timedelta(hours=23)  # whatever waits is looked at once a day, however long the network wants us to wait


class Held:
    """The row, what belongs to it, and the ways to move it. Knows nothing of calls."""

    def __init__(
        self,
        publication: Publication,
        *,
        connectors: Any = CONNECTORS,
        chance: Callable[[], float] = lambda: random.random(),  # noqa: S311  jitter, no secret
    ):
        self.pub = publication
        self.version = Version.objects.get(pk=publication.version_id)
        publication.version = self.version
        self.channel = publication.channel = Channel.objects.get(pk=publication.channel_id)
        self.connectors = connectors
        self.chance = chance
        self.times = load.times()
        self.token = ""
        self.refused_token = ""
        self.files_checked = False
        self.looked: set[str] = set()  # steps that this run has looked for
        self.renewed_at = boot_clock() - (clock.now() - self._leased_at()).total_seconds()
        self.released = False
        self.stop_wanted = self.version.voided_at is not None

    def _leased_at(self) -> datetime:
        assert self.pub.lease_until is not None
        return self.pub.lease_until - timedelta(seconds=self.times.lease_s)

    @property
    def connector(self) -> Any:
        return self.connectors[self.channel.platform]

    def write(self, *, state: State | None = None, release: bool = False, **fields: Any) -> None:
        """One fenced UPDATE of the publication; inside the caller's transaction."""
        if state is not None:
            fields |= self.moved(state)
        if release:
            fields |= {"lease_owner": "", "lease_until": None}
        locked = fields or {"fence": self.pub.fence}  # an UPDATE of nothing would lock nothing
        if claim.held(self.pub).update(**locked) != 1:
            raise claim.LeaseLost(f"publication {self.pub.pk}, fence {self.pub.fence}")
        for name, value in fields.items():
            if name not in ("lease_owner", "lease_until") or not release:
                setattr(self.pub, name, value)

    def moved(self, new: State) -> dict[str, Any]:
        old = State(self.pub.state)
        if new is old:
            return {}
        if old is not State.RUNNING and new is not State.RUNNING:
            try:
                move(old, new)
            except Exception:  # by way of running, in one step
                move(move(old, State.RUNNING), new)
        else:
            move(old, new)
        return {"state": new, "state_changed_at": clock.now()}

    def move_step(self, step: Step, new: StepState, **fields: Any) -> None:
        """Move a step; only while the publication's row is locked by :meth:`write` in the same
        transaction.
        """
        move_step(StepState(step.state), new)
        if Step.objects.filter(pk=step.pk, state=step.state).update(state=new, **fields) != 1:
            raise claim.LeaseLost(f"step {step.pk}")
        step.state = new
        for name, value in fields.items():
            setattr(step, name, value)

    def event(self, kind: str, data: dict[str, Any], at: datetime) -> Any:
        return record(self.pub, kind, data, at=at, worker=self.pub.lease_owner)

    def waiting(self) -> State:
        return State.PUBLISHED if self.pub.state == State.PUBLISHED else State.WAITING

    def doubt_or_wait(self) -> State:
        return State.IN_DOUBT if self.pub.state == State.IN_DOUBT else self.waiting()

    # Ends and waits -----------------------------------------------------------------------------------------
    def sleep(self, sleep: Sleep) -> None:
        with transaction.atomic():
            self._sleep(sleep)

    def _sleep(self, sleep: Sleep) -> None:
        changed = sleep.why and sleep.why != self.pub.detail
        detail = sleep.why if sleep.state is not State.PUBLISHED else self.pub.detail
        until = sleep.until
        if sleep.state not in (State.SCHEDULED, State.PUBLISHED):
            until = min(until, clock.now() + NAP)
        self.write(state=sleep.state, next_action_at=until, detail=detail, tries=0, release=True)
        if changed and sleep.state is State.WAITING and sleep.until - clock.now() > timedelta(seconds=5):
            self.event("waiting", {"until": sleep.until, "why": sleep.why}, clock.now())
        self.released = True

    def ask(self, ask: Ask) -> None:
        with transaction.atomic():
            self._ask(ask, clock.now())

    def _ask(self, ask: Ask, at: datetime) -> None:
        self.write(**self.moved(State.ATTENTION), **asking.fields(ask, at), release=True)
        asking.tell(self.pub, ask, at, worker=self.pub.lease_owner)
        self.released = True

    def fail(self, fail: Fail) -> None:
        with transaction.atomic():
            self._fail(fail, clock.now())

    def _fail(self, fail: Fail, at: datetime) -> None:
        self.write(state=State.FAILED, reason="", detail=fail.detail, next_action_at=None, release=True)
        event = self.event("failed", {"detail": fail.detail}, at)
        signals.failed.send_robust(sender=Publication, publication=self.pub)  # before the locks of notices
        tell_failed(self.pub, fail.detail, event_id=f"publication.{self.pub.pk}.{event.seq}")
        self.released = True

    def cancel(self) -> None:
        """The end that a person wanted; of a publication whose parts were deleted, nothing stands any more."""
        at = clock.now()
        down = self.pub.takedown_at is not None
        with transaction.atomic():
            gone = {"remote_id": "", "remote_url": "", "detail": "Its parts were deleted."} if down else {}
            self.write(state=State.CANCELLED, reason="", next_action_at=None, release=True, **gone)
            if down:
                record(self.pub, "taken_down", at=at, by=self.pub.takedown_by)
            else:
                why = Version.objects.values_list("void_reason", flat=True).get(pk=self.pub.version_id)
                record(self.pub, "cancelled", {"why": why}, at=at, by=self.pub.cancel_requested_by)
        self.released = True

    def publish(self, steps: list[Step]) -> None:
        at = clock.now()
        started = self.pub.started_at or at
        public = [step for step in steps if step.kind in PUBLIC_KINDS and step.state == StepState.DONE]
        last = max(public, key=lambda step: step.seq, default=None)
        out_at = last.out_at if last is not None else None  # the last of it was found after the event
        with transaction.atomic():
            self.write(
                state=State.PUBLISHED,
                tries=0,
                reason="",
                detail="",
                published_at=out_at or at,
                lateness_ms=int((started - self.pub.due_at).total_seconds() * 1000),
            )
            event = self.event(
                "published", {"remote_url": self.pub.remote_url, "remote_id": self.pub.remote_id}, at
            )
            tell(
                self.pub,
                "published",
                subject="Published",
                body=f"It is out: {self.pub.remote_url}",
                event_id=f"publication.{self.pub.pk}.{event.seq}",
                mail=False,
            )
            signals.published.send(sender=Publication, publication=self.pub)


class Stopped(Exception):
    """It cannot go on as decided; carries what to do instead (None: decide again). Nothing was written."""

    def __init__(self, instead: Action | Fail | None):
        super().__init__(str(instead))
        self.instead = instead


def name_of(step: Step) -> str:
    """A step in words: “Publish a further part (3)”."""
    return named(step.key if step.key.partition(" ")[0] in STEP_WORDS else f"{step.kind} {step.key}")
