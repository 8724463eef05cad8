"""What the decisions see of a publication: plain values, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publishing.core.states import Reason, State, StepState, Verdict

PUBLIC_KINDS = frozenset({"commit", "reply", "act"})


@dataclass(frozen=True)
class Times:
    """The waits, in seconds. ``settings.PUBLISHING`` holds them; docs/delivery.md says what each is for."""

    lease_s: float = 120
    call_max_s: float = 60
    guard_s: float = 10
    settle_s: float = 60
    absent_gap_s: float = 60
    lookup_max_s: float = 86_400
    key_max_s: float = 3000  # how long a network is trusted to remember our key
    probe_max_s: float = 600  # how long a repeat is refused and names the first
    verify_after_s: float = 120
    look_least_s: float = 900  # so long look-ups go on even where the grace is over sooner
    takedown_s: float = 86_400  # so long the deletion of parts is tried
    max_sends: int = 2
    max_bugs: int = 3
    max_polls: int = 4  # tries of an optional step once its post is due
    ready_s: float = (
        3600  # so long after a post the network is asked whether it is ready for what belongs to it
    )


@dataclass(frozen=True)
class Try:
    """The newest attempt of a step."""

    intent_at: datetime
    lease_until: datetime
    bytes_started_at: datetime | None = None
    outcome: Verdict = Verdict.OPEN
    kind: str = ""

    def last_byte_at(self, times: Times) -> datetime:
        """When a byte of it can have left at the latest.

        A worker that died told nobody: then the guard's limit.
        """
        if self.bytes_started_at is not None:
            return self.bytes_started_at
        return max(self.intent_at, self.lease_until - timedelta(seconds=times.call_max_s + times.guard_s))


@dataclass(frozen=True)
class StepNow:
    key: str
    kind: str
    safety: str
    state: StepState
    required: bool = True
    stage: bool = False
    sends: int = 0
    tries: int = 0  # attempts that failed since the last success, of this step
    bugs: int = 0  # of them: our own mistakes
    busy: int = 0  # of them: the network was not ready
    auths: int = 0  # of them, in a row at the end: refused tokens
    absences: int = 0
    absent_at: datetime | None = None
    first_sent_at: datetime | None = None  # the first intent that may have left
    hint: bool = False  # the network has named a post that may be this one
    looked: bool = False  # this run has looked for it already and seen nothing
    unresolved: bool = False  # an earlier attempt's outcome is still not known (a replay under our key)
    done_at: datetime | None = None
    expires_at: datetime | None = None
    last: Try | None = None
    asks_nobody: bool = False  # it weighs what came of the others, without the network

    @property
    def open(self) -> bool:
        return self.state in (StepState.INTENT, StepState.UNKNOWN)

    @property
    def finished(self) -> bool:
        return self.state in (StepState.DONE, StepState.SKIPPED)

    @property
    def public(self) -> bool:
        return self.kind in PUBLIC_KINDS

    @property
    def may_be_out(self) -> bool:
        """Whether it was left out of the count because nobody could say what became of it."""
        lost = self.last is not None and self.last.outcome is Verdict.UNKNOWABLE
        return lost and self.public and self.state is StepState.SKIPPED

    @property
    def branch(self) -> str:
        """What it prepares: "2.1" is the first medium of the second part, "" belongs to the whole post."""
        return self.key.partition(" ")[2]


@dataclass(frozen=True)
class Now:
    """A publication at the moment of a decision."""

    at: datetime
    state: State
    due_at: datetime
    grace_s: float
    steps: tuple[StepNow, ...]
    stage_at: datetime | None = None
    cancel_requested: bool = False
    published_at: datetime | None = None
    preflight_at: datetime | None = None  # the last look ahead
    takedown_at: datetime | None = None  # a person wants what is out deleted
    resend_once: bool = False  # the owner's choice where nobody knows whether it arrived
    times: Times = field(default_factory=Times)

    @property
    def late_at(self) -> datetime:
        """From then on a person is asked. Taking parts down has its own patience, and what a network has in full too."""
        if self.takedown_at is not None:
            return self.takedown_at + timedelta(seconds=self.times.takedown_s)
        ends = self.due_at + timedelta(seconds=self.grace_s)
        return self._settled_by(ends) if self.all_sent else ends

    def _settled_by(self, ends: datetime) -> datetime:
        """Until the grace ends, a quarter of an hour at least and a day at most after the last of it was sent."""
        last = max([self.due_at, *(s.done_at for s in self.steps if s.public and s.done_at)])
        least, most = timedelta(seconds=self.times.look_least_s), timedelta(seconds=self.times.lookup_max_s)
        return min(max(ends, last + least), last + most)

    @property
    def all_sent(self) -> bool:
        """Whether nothing public is left to be sent, so that it cannot be late any more."""
        public = [step for step in self.steps if step.public]
        return bool(public) and all(step.finished for step in public)

    @property
    def may_be_out(self) -> bool:
        """Whether somebody may have it of whom nobody can say."""
        return any(step.may_be_out for step in self.steps)

    @property
    def too_late(self) -> bool:
        return self.at > self.late_at

    @property
    def parts_out(self) -> int:
        """How many posts stand on the network already."""
        return sum(1 for step in self.steps if step.public and step.state is StepState.DONE)

    def step(self, key: str) -> StepNow:
        return next(step for step in self.steps if step.key == key)


# What to do next --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Send:
    """Make the step's call (after its intent is committed)."""

    key: str


@dataclass(frozen=True)
class Check:
    """Look ahead: would anything stand in the way at the due time?"""


@dataclass(frozen=True)
class Look:
    """Ask the network what became of the step."""

    key: str


@dataclass(frozen=True)
class Redo:
    """These steps' handles have expired: they must be made again before going on."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Again:
    """The open step may be repeated: close its attempt and put it back.

    ``verdict`` UNKNOWABLE: it may have arrived, and the channel's owner wants it sent once more all the same.
    """

    key: str
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True)
class Sleep:
    """Nothing to do before ``until``; give the row back in this state."""

    until: datetime
    state: State
    why: str = ""


@dataclass(frozen=True)
class Ask:
    """A person must decide."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Skip:
    """Leave out an optional step and say so."""

    key: str
    why: str


@dataclass(frozen=True)
class Publish:
    """All that is required stands on the network."""


@dataclass(frozen=True)
class Cancel:
    """A person wanted it stopped, and nothing has gone out."""


@dataclass(frozen=True)
class Rest:
    """Nothing is left to do, ever."""


Action = Send | Check | Look | Redo | Again | Sleep | Ask | Skip | Publish | Cancel | Rest


# What an answer means ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answered:
    """What a connector made of an answer, as far as a decision needs it."""

    kind: str
    retry_after_s: float | None = None
    message: str = ""
    redo: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()  # public steps of which nothing came after all
    spared: bool = False  # refused: this step is left out, and the others go on
    alone: bool = False  # told to wait: this post only, not its account
    bytes_started: bool = False


@dataclass(frozen=True)
class Looked:
    """What a look-up said. ``complete``: it reached back past the intent."""

    kind: str  # found, absent, cannot
    complete: bool = False
    matches: int = 0  # posts that may be it
    reason: str = ""
    trouble: str = (
        ""  # the kind of outcome when the look-up itself failed; with absent: why it will never be there
    )
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Ruling:
    """What is written down after an answer or a look-up, in one transaction.

    ``then`` is what follows for the publication: go on (None), sleep, ask a person, fail, or refresh the
    token first. The verdict UNKNOWN leaves the attempt, and the step, in doubt.
    """

    step: StepState
    verdict: Verdict
    then: Sleep | Ask | Fail | RefreshToken | None = None
    redo: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()  # nothing of these stands on the network
    warning: str = ""
    absences: int = 0
    hold_channel_s: float | None = None  # the network wants quiet from this account
    channel_trouble: Reason | None = None


@dataclass(frozen=True)
class Fail:
    """A definite no to this content."""

    detail: str


@dataclass(frozen=True)
class RefreshToken:
    """The token was refused: get a new one and try once more."""
