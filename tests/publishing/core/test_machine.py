"""The decisions against a network that loses answers, and workers that die: no post twice, none early, none lost.

The simulation writes down what the core decides, as the run does with rows. A request may land until the longest call and
the settling time are over; the core never learns when.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from publishing.core import decide
from publishing.core.ahead import wakes_at
from publishing.core.judge import judge
from publishing.core.rule import rule as look_ruling
from publishing.core.shapes import (
    Again,
    Answered,
    Ask,
    Cancel,
    Check,
    Fail,
    Look,
    Looked,
    Now,
    Publish,
    Redo,
    RefreshToken,
    Rest,
    Send,
    Skip,
    Sleep,
    StepNow,
    Times,
    Try,
)
from publishing.core.states import ENDED, State, StepState, Verdict, move, move_step

pytestmark = pytest.mark.unit

DUE = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
TIMES = Times()
FATES = [
    "ok", "ok", "lost", "dropped", "late", "not_sent", "busy", "rate", "auth", "content",
    "crash_before", "crash_landed", "crash_late",
]  # fmt: skip


@dataclass
class Network:
    """What stands there, and what is still on its way: (when it lands, key, client key)."""

    posts: list[tuple[datetime, str]] = field(default_factory=list)
    coming: list[tuple[datetime, str]] = field(default_factory=list)
    dedups: bool = False

    def land(self, now: datetime) -> None:
        for item in sorted(self.coming):
            if item[0] <= now:
                self.coming.remove(item)
                self.post(*item)

    def delete(self, key: str) -> None:
        self.posts = [post for post in self.posts if post[1] != key]

    def post(self, at: datetime, key: str) -> None:
        if self.dedups and any(known == key for _, known in self.posts):
            return
        self.posts.append((at, key))


class Crash(Exception):
    pass


class Delivery(RuleBasedStateMachine):
    @initialize(
        safety=st.sampled_from(["search", "exact", "keyed", "probe", "blind"]),
        parts=st.integers(1, 4),
        staged=st.booleans(),
        comment=st.booleans(),
        early=st.sampled_from([timedelta(minutes=30), timedelta(minutes=90), timedelta(days=2)]),
        resend=st.booleans(),
    )
    def approve(self, safety, parts, staged, comment, early, resend):
        self.at, self.state = DUE - early, State.SCHEDULED
        self.next = wakes_at(DUE, DUE - timedelta(seconds=900), None)
        self.due, self.reason, self.resend, self.risked = DUE, None, resend, set()
        self.lease_until = None
        self.cancel = False
        self.published_at = self.preflight_at = self.takedown_at = None
        self.checks, self.came_early = [], False
        self.network = Network(dedups=safety in ("keyed", "probe"))
        self.sent: list[tuple[datetime, str, datetime]] = []
        steps = [StepNow("upload", "upload", "pure", StepState.TODO, stage=True)] if staged else []
        steps += [
            StepNow(
                "commit" if n == 1 else f"reply {n}", "commit" if n == 1 else "reply", safety, StepState.TODO
            )
            for n in range(1, parts + 1)
        ]
        if comment:
            steps.append(StepNow("comment", "reply", safety, StepState.TODO, required=False))
        self.steps = {s.key: s for s in steps}

    def now(self):
        return Now(
            self.at,
            self.state,
            self.due,
            1800,
            tuple(self.steps.values()),
            stage_at=self.due - timedelta(seconds=900),
            cancel_requested=self.cancel,
            published_at=self.published_at,
            preflight_at=self.preflight_at,
            takedown_at=self.takedown_at,
            resend_once=self.resend,
            times=TIMES,
        )

    def put(self, key, **fields):
        if "state" in fields:
            move_step(self.steps[key].state, fields["state"])
        self.steps[key] = replace(self.steps[key], **fields)

    def go(self, state):
        if (
            state is not self.state
            and State.RUNNING not in (state, self.state)
            and self.state is not State.PUBLISHED
        ):
            try:
                move(self.state, state)
            except Exception:
                move(self.state, State.RUNNING)
                self.state = State.RUNNING
        self.state = move(self.state, state)

    # Rules --------------------------------------------------------------------------------------------------
    @rule(seconds=st.sampled_from([1, 5, 30, 61, 121, 300, 900, 1800]))
    def wait(self, seconds):
        self.at += timedelta(seconds=seconds)
        self.network.land(self.at)

    @precondition(lambda self: self.state not in {*ENDED, State.ATTENTION} and not self.cancel)
    @rule(sure=st.integers(0, 5))
    def stop(self, sure):
        """A person's wish; with nothing open and nothing out it is done at once, otherwise the run sees it."""
        self.cancel = self.cancel or sure == 0

    @precondition(lambda self: self.state is State.ATTENTION)
    @rule()
    def send_it_after_all(self):
        """Where nothing is in doubt, a person may give it another chance."""
        if self.state is State.ATTENTION and self.takedown_at is None and not self.in_doubt():
            self.state, self.reason, self.due, self.next = State.SCHEDULED, None, self.at, self.at
            self.cancel = False

    @precondition(lambda self: self.state is State.ATTENTION)
    @rule()
    def take_down(self):
        """A person wants what is out deleted."""
        out = [s for s in self.steps.values() if s.public and s.state is StepState.DONE]
        if self.state is not State.ATTENTION or not out or self.in_doubt():
            return
        self.state, self.reason, self.takedown_at, self.next = State.SCHEDULED, None, self.at, self.at
        self.cancel = False
        for step in reversed(out):
            key = f"delete {step.key}"
            self.steps.setdefault(key, StepNow(key, "delete", "pure", StepState.TODO))

    @precondition(lambda self: self.in_doubt())
    @rule()
    def name_it(self):
        """The network names a post: what is in doubt is looked at sooner."""
        for key, step in self.steps.items():
            if step.state is StepState.UNKNOWN and step.safety not in ("pure", "blind"):
                self.put(key, hint=True)
                self.next = self.next and self.at

    def in_doubt(self):
        return any(step.open for step in self.steps.values())

    @precondition(lambda self: self.next is not None)
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=8), clear=st.booleans())
    def work(self, fates, clear):
        """Go to the next date and let a worker run until it has to wait (or dies)."""
        if self.next is None:
            return
        self.at = max(filter(None, (self.at, self.next, self.lease_until)))
        self.network.land(self.at)
        self.lease_until = self.at + timedelta(seconds=TIMES.lease_s)
        self.fates, self.clear = iter(fates), clear
        self.came_early = self.came_early or self.at < self.due
        self.steps = {key: replace(step, looked=False) for key, step in self.steps.items()}
        try:
            self.run()
        except Crash:
            return
        self.lease_until = None

    # The run ------------------------------------------------------------------------------------------------
    def run(self):
        for key, step in self.steps.items():
            if step.state is StepState.INTENT:
                self.put(
                    key,
                    state=StepState.UNKNOWN,
                    sends=step.sends + (step.safety != "pure"),
                    absences=0,
                    last=replace(step.last, kind="crashed", outcome=Verdict.UNKNOWN),
                )
                if step.safety != "pure" and self.state is not State.PUBLISHED:
                    self.go(State.IN_DOUBT)
        for _ in range(300):
            action = decide.next_action(self.now())
            if self.follow(action):
                return
        raise AssertionError("the run does not come to an end")

    def follow(self, action) -> bool:
        match action:
            case Send(key):
                return self.send(key)
            case Look(key):
                return self.look(key)
            case Check():
                assert self.at < self.due
                self.preflight_at = self.at
                self.checks.append(self.at)
            case Again(key, verdict):
                if verdict is Verdict.UNKNOWABLE:
                    assert self.resend
                    self.risked.add(key)
                self.put(key, state=StepState.TODO)
                if self.state is not State.PUBLISHED:
                    self.go(State.RUNNING)
            case Redo(keys):
                for key in keys:
                    assert self.steps[key].stage
                    self.steps[key] = replace(self.steps[key], state=StepState.TODO, expires_at=None)
            case Skip(key, _):
                self.put(key, state=StepState.SKIPPED)
            case Publish():
                self.go(State.PUBLISHED)
                self.published_at = self.at
            case Sleep(until, state):
                self.go(state)
                self.next = until
                return True
            case Ask() | Fail() | Cancel():
                self.go({Ask: State.ATTENTION, Fail: State.FAILED, Cancel: State.CANCELLED}[type(action)])
                self.reason = getattr(action, "reason", None)
                self.next = None
                return True
            case Rest():
                self.next = None
                return True
        return False

    def send(self, key):
        step, fate = self.steps[key], next(self.fates, "ok")
        replay = step.open and step.safety in ("keyed", "probe")
        assert replay or not any(s.open for s in self.steps.values()), "a send while an intent is open"
        step = replace(step, unresolved=replay)
        before = self.now()
        if self.state is not State.PUBLISHED:
            self.go(State.RUNNING)
        attempt = Try(self.at, self.at + timedelta(seconds=TIMES.lease_s))
        self.lease_until = attempt.lease_until
        assert step.looked or not (replay and step.safety == "keyed"), "a key is tried before the list"
        first = step.first_sent_at or self.at
        self.put(key, state=StepState.INTENT, last=attempt, first_sent_at=first, looked=False)
        if fate == "crash_before":
            raise Crash
        if step.public:
            assert self.takedown_at is None, "sent although its parts are being deleted"
            self.sent.append((self.at, key, self.due))
        longest = timedelta(seconds=TIMES.call_max_s + TIMES.settle_s - 1)
        if fate in ("ok", "lost", "crash_landed") and step.public:
            self.network.post(self.at, key)
        elif fate in ("late", "crash_late") and step.public:
            self.network.coming.append((self.at + longest, key))
        elif step.kind == "delete" and fate in ("ok", "lost", "crash_landed"):
            self.network.delete(key.removeprefix("delete "))
        if fate.startswith("crash"):
            raise Crash
        if step.kind == "upload" and fate == "ok":
            self.steps[key] = replace(
                self.steps[key], expires_at=self.at + timedelta(minutes=20), done_at=self.at
            )
        kind = {"lost": "unknown", "dropped": "unknown", "late": "unknown"}.get(fate, fate)
        wait = {"rate": 20.0, "busy": 3.0}.get(fate)
        answered = Answered(kind, retry_after_s=wait, bytes_started=fate != "not_sent")
        ruling = judge(step, answered, replace(before, at=self.at), jitter=0.5)
        last = replace(
            attempt,
            bytes_started_at=self.at if fate != "not_sent" else None,
            outcome=ruling.verdict,
            kind=kind,
        )
        more = {}
        if ruling.verdict is Verdict.UNKNOWN and ruling.step is StepState.UNKNOWN:
            more = {"sends": step.sends + 1, "absences": 0}
        if (
            not replay
            and ruling.step is StepState.TODO
            and ruling.verdict in (Verdict.NOT_SENT, Verdict.REFUSED)
        ):
            more["first_sent_at"] = step.first_sent_at
        failed = kind not in ("ok", "rate", "auth")
        self.put(
            key,
            state=ruling.step,
            last=last,
            tries=step.tries + failed,
            auths=step.auths + 1 if kind == "auth" else 0,
            **more,
        )
        return self.then(ruling)

    def look(self, key):
        step = self.steps[key]
        there = [at for at, known in self.network.posts if known == key]
        if not self.clear:
            looked = Looked("cannot")
        else:
            looked = Looked("found" if there else "absent", complete=True)
        ruling = look_ruling(step, looked, self.now(), jitter=0.5)
        absent_at = self.at if ruling.absences > step.absences else step.absent_at
        self.put(
            key, state=ruling.step, absences=ruling.absences, absent_at=absent_at, hint=False, looked=True
        )
        if ruling.verdict is Verdict.UNKNOWABLE:
            self.risked.add(key)
        return self.then(ruling)

    def then(self, ruling):
        if isinstance(ruling.then, RefreshToken):
            return False
        if ruling.then is None:
            if self.state is not State.PUBLISHED:
                self.go(State.RUNNING)
            return False
        return self.follow(ruling.then)

    # What must always be true -------------------------------------------------------------------------------
    # Here is what the decisions alone can break; what rows and workers can break stands in domain/test_invariants.py.
    @invariant()
    def no_post_twice(self):
        """The promise; and only an owner who chose to risk it has one more of a post."""
        keys = [key for _, key in getattr(self, "network", Network()).posts]
        for key in set(keys):
            assert keys.count(key) <= (2 if key in self.risked else 1), keys

    @invariant()
    def in_order(self):
        if not hasattr(self, "network") or self.risked:
            return
        order = [key for key, step in self.steps.items() if step.public]
        keys = [key for _, key in sorted(self.network.posts, key=lambda post: post[0])]
        positions = [order.index(key) for key in keys]
        assert positions == sorted(positions)

    @invariant()
    def i3_one_doubt_at_a_time(self):
        if hasattr(self, "steps"):
            assert sum(step.open and step.safety != "pure" for step in self.steps.values()) <= 1

    @invariant()
    def i6_in_time(self):
        for at, key, due in getattr(self, "sent", ()):
            assert at >= due
            if self.steps[key].required:
                assert at <= due + timedelta(seconds=1800)

    @invariant()
    def i8_somebody_or_some_date(self):
        if not hasattr(self, "state"):
            return
        assert self.next is not None or self.state in {*ENDED, State.ATTENTION}
        if self.state is State.SCHEDULED and self.next is not None:
            assert self.next <= max(self.due, self.at)
        if self.state is State.ATTENTION:
            assert self.reason is not None

    @invariant()
    def checked_ahead(self):
        """Whoever waited through a moment without working on it is checked as soon as it is worked on."""
        if getattr(self, "sent", ()) and self.due == DUE and self.came_early:
            assert self.checks
            assert all(check < DUE for check in self.checks)
            assert len(self.checks) <= 3

    @invariant()
    def published_means_all_of_it_is_there(self):
        if getattr(self, "state", None) is State.PUBLISHED:
            keys = {key for _, key in self.network.posts}
            assert all(key in keys for key, s in self.steps.items() if s.required and s.public)

    @invariant()
    def failed_or_stopped_means_nothing_of_it_is_there(self):
        if getattr(self, "state", None) in (State.FAILED, State.CANCELLED) and not self.risked:
            assert self.network.posts == []
            assert self.network.coming == []


Delivery.TestCase.settings = settings(
    max_examples=int(os.environ.get("HUSTINGS_EXAMPLES", "150")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestDelivery = Delivery.TestCase
