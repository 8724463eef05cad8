"""What a publication needs next.

Pure: values in, a decision out. No clock, no chance, no rows; the caller writes down what is decided here.
What an answer means says ``judge``, what a look-up means ``rule``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from publishing.core.ahead import next_check, wakes_at
from publishing.core.shapes import (
    Action,
    Again,
    Ask,
    Cancel,
    Check,
    Look,
    Now,
    Publish,
    Redo,
    Rest,
    Send,
    Skip,
    Sleep,
    StepNow,
)
from publishing.core.states import ENDED, Reason, State, StepState, Verdict

PURE, KEYED, EXACT, PROBE, SEARCH, BLIND = "pure", "keyed", "exact", "probe", "search", "blind"
HANDLE_MARGIN = timedelta(minutes=2)
BELIEVED = timedelta(minutes=1)  # so long a new handle counts, whatever its date says
DELETE = "delete"


def after(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)


def next_action(now: Now) -> Action:
    """Say what to do with a publication that we hold. An open intent always comes first."""
    if now.state in ENDED and now.state is not State.PUBLISHED:
        return Rest()
    for step in now.steps:
        if step.open:
            return _open_step(step, now)
    if now.takedown_at is not None:
        return _takedown(now)
    if now.state is State.PUBLISHED:
        return _afterwards(now)
    if now.cancel_requested:
        return _cancelled(now)
    if _is_to_be_checked(now):
        return Check()
    missing = [step for step in now.steps if not step.finished]
    if not any(step.required for step in missing):
        return Publish()
    step = missing[0]
    if not step.required and step.kind == "verify":
        step = next(s for s in missing if s.required)
    return _unfinished(step, now)


def is_first_public(now: Now, key: str) -> bool:
    """Whether this step would be the first try of anything public."""
    public = [step for step in now.steps if step.public]
    return bool(public) and public[0].key == key and public[0].last is None


def _takedown(now: Now) -> Action:
    """Delete what is out, the last part first; nothing else of it is sent any more."""
    missing = [step for step in now.steps if step.kind == DELETE and not step.finished]
    if not missing:
        return Cancel()
    if now.too_late:
        return Ask(Reason.PARTIAL, "Not all of it could be deleted.")
    return Send(missing[0].key)


def _cancelled(now: Now) -> Action:
    if now.parts_out:
        return Ask(Reason.PARTIAL, "It was stopped after a part of it had gone out.")
    return Cancel()


def _is_to_be_checked(now: Now) -> bool:
    moment = next_check(now.due_at, now.preflight_at)
    return moment is not None and moment <= now.at < now.due_at


def _unfinished(step: StepNow, now: Now) -> Action:
    if now.too_late and not step.asks_nobody:
        if now.all_sent:
            return Ask(Reason.UNKNOWN_OUTCOME, "The network has all of it and has not said what came of it.")
        if now.parts_out:
            return Ask(Reason.PARTIAL, "Only a part of it went out before its time was over.")
        if now.may_be_out:
            return Ask(Reason.LATE, "Some may have it; its time was over before the others could get it.")
        return Ask(Reason.LATE, "Its time was over before it could go out.")
    starts = now.stage_at if step.stage and now.stage_at else now.due_at
    if now.at < starts:
        state = State.WAITING if any(s.finished for s in now.steps) else State.SCHEDULED
        return Sleep(wakes_at(now.due_at, starts, now.preflight_at), state)
    if dead := _dead(now):
        return Redo(dead)
    if not step.required and step.tries >= now.times.max_polls and now.at >= now.due_at:
        return Skip(step.key, "It did not work after several tries.")
    return Send(step.key)


def _afterwards(now: Now) -> Action:
    """The optional rest of a publication that is out: a first comment, reading it back."""
    for step in now.steps:
        if not step.finished:
            if step.tries - step.busy >= now.times.max_polls:
                return Skip(step.key, "It did not work after several tries.")
            if step.tries >= now.times.max_polls and now.at >= _ready_by(now):
                return Skip(step.key, "The network was not ready for it in time.")
            if step.kind == "verify" and now.published_at:
                starts = after(now.published_at, now.times.verify_after_s)
                if now.at < starts:
                    return Sleep(starts, State.PUBLISHED)
            return Send(step.key)
    return Rest()


def _ready_by(now: Now) -> datetime:
    """A network may be at a video for long; its cover, its captions and a comment wait for that."""
    return after(now.published_at or now.due_at, now.times.ready_s)


# Handles that die -------------------------------------------------------------------------------------------


def _dead(now: Now) -> tuple[str, ...]:
    """The prepared things that have expired unused, and whatever was built on them."""
    dead: list[StepNow] = []
    for step in now.steps:
        if not step.stage or step.state is not StepState.DONE or _is_spent(step, now):
            continue
        if _has_expired(step, now) or any(_builds_on(step, earlier) for earlier in dead):
            dead.append(step)
    return tuple(step.key for step in dead)


def _has_expired(step: StepNow, now: Now) -> bool:
    if step.expires_at is None or (step.done_at is not None and now.at < step.done_at + BELIEVED):
        return False
    return now.at >= step.expires_at - HANDLE_MARGIN


def _builds_on(later: StepNow, earlier: StepNow) -> bool:
    return not later.branch or not earlier.branch or later.branch == earlier.branch


def _is_spent(step: StepNow, now: Now) -> bool:
    """Whether the post that it was prepared for is out."""
    part = int(step.branch.partition(".")[0] or 1)
    users = [s for s in now.steps if s.public and s.key == ("commit" if part == 1 else f"reply {part}")]
    return all(user.finished for user in users)


# An open intent ---------------------------------------------------------------------------------------------


def landed_at(step: StepNow, now: Now) -> datetime:
    """A request sent at the last moment has ended, or landed, by then."""
    if step.last is None:
        return now.at
    return after(step.last.last_byte_at(now.times), now.times.call_max_s + now.times.settle_s)


def look_at(step: StepNow, now: Now) -> datetime:
    """The earliest time of a look-up that may count as "not there".

    Sooner only where the network itself has spoken: "duplicate" means that nothing of ours is under way, and
    a named post can only confirm.
    """
    if step.hint or (step.last is not None and step.last.kind == "duplicate"):
        return now.at
    landed = landed_at(step, now)
    if step.absences and step.absent_at:
        return max(landed, after(step.absent_at, now.times.absent_gap_s))
    return landed


def _open_step(step: StepNow, now: Now) -> Action:
    if step.safety == PURE:
        return Again(step.key)
    if step.safety == BLIND:
        return _blind(step, now)
    at = look_at(step, now)
    if now.at < at:
        return Sleep(at, doubt(now))
    if step.safety in (KEYED, PROBE) and may_replay(step, now):
        if step.safety == KEYED and not step.looked:
            return Look(step.key)  # should the network ignore our key, its list still shows the first one
        return Send(step.key)  # the step stays in doubt until this answer: see judge
    return Look(step.key)


def _blind(step: StepNow, now: Now) -> Action:
    why = "The network cannot be asked whether it has arrived."
    if not step.required:
        return Skip(step.key, why)
    if not may_resend(step, now):
        return Ask(Reason.UNKNOWN_OUTCOME, why)
    landed = landed_at(step, now)
    return Sleep(landed, doubt(now)) if now.at < landed else Again(step.key, Verdict.UNKNOWABLE)


def may_resend(step: StepNow, now: Now) -> bool:
    """Whether the owner wants it sent once more although it may have arrived: once, and inside the grace."""
    return (
        now.resend_once and step.sends < now.times.max_sends and not now.too_late and not now.cancel_requested
    )


def may_replay(step: StepNow, now: Now) -> bool:
    """Whether the network still knows our key, or still refuses a repeat, when this call ends at the latest."""
    if step.hint or (step.last is not None and step.last.kind == "duplicate"):
        return False
    window = now.times.key_max_s if step.safety == KEYED else now.times.probe_max_s
    first = step.first_sent_at or (step.last.intent_at if step.last else now.at)
    in_time = after(now.at, now.times.call_max_s) < after(first, window)
    return in_time and not now.too_late and not now.cancel_requested


def doubt(now: Now) -> State:
    return State.PUBLISHED if now.state is State.PUBLISHED else State.IN_DOUBT


def waiting(now: Now) -> State:
    return State.PUBLISHED if now.state is State.PUBLISHED else State.WAITING
