"""What a look-up means for a step whose outcome is unknown. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from publishing.core.decide import KEYED, after, doubt, landed_at, may_replay, may_resend
from publishing.core.retry import rate_wait_s
from publishing.core.shapes import Ask, Fail, Looked, Now, RefreshToken, Ruling, Sleep, StepNow
from publishing.core.states import Reason, StepState, Verdict

LOOK_MIN_S, LOOK_MAX_S = 5.0, 300.0


def rule(step: StepNow, seen: Looked, now: Now, *, jitter: float) -> Ruling:
    """Say what a look-up means for a step whose outcome is unknown.

    Only a complete answer counts as ABSENT, and only the second one in a row, ``absent_gap_s`` after the
    first, allows another send: inside the grace, and never more than ``max_sends`` in all.
    """
    if seen.kind == "found":
        return Ruling(StepState.DONE, Verdict.FOUND)
    may_use_key = step.safety == KEYED and not seen.matches and may_replay(step, now)
    if may_use_key and seen.trouble not in ("auth", "rate"):
        return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, absences=step.absences)  # the key is tried next
    if seen.kind == "absent" and seen.complete:
        return _never(step, seen, now) if seen.trouble else _absent(step, now)
    if seen.complete:
        return _unknowable(step, seen.reason or "The network's answer leaves it open.")
    started = step.first_sent_at or (step.last.intent_at if step.last else now.at)
    if now.at >= gives_up_at(started, now):
        return _out_of_patience(step, now, seen.reason or "The network could not be asked.")
    if seen.trouble == "auth":
        return _no_token(step)
    if seen.trouble == "rate":
        wait_s = rate_wait_s(seen.retry_after_s, jitter)
    else:  # a quarter of its age, so that the gaps grow
        wait_s = min(LOOK_MAX_S, max(LOOK_MIN_S, (now.at - started).total_seconds() / 4)) + jitter
    return _still(step, Sleep(after(now.at, wait_s), doubt(now), seen.reason))


def _never(step: StepNow, seen: Looked, now: Now) -> Ruling:
    """It is not there and will not come: the network has given up what was handed to it, and says why."""
    why = seen.reason or "The network could not process it."
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.REFUSED, warning=why)
    then: Ask | Fail = Ask(Reason.PARTIAL, why) if now.parts_out else Fail(why)
    return Ruling(StepState.TODO, Verdict.REFUSED, then)


def gives_up_at(started: datetime, now: Now) -> datetime:
    """Look-ups that fail go on until the grace ends, a quarter of an hour at least and a day at most."""
    ends = max(now.late_at, after(started, now.times.look_least_s))
    return min(ends, after(started, now.times.lookup_max_s))


def _still(step: StepNow, then: Sleep | Ask | RefreshToken) -> Ruling:
    return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, then, absences=step.absences)


def _no_token(step: StepNow) -> Ruling:
    if step.auths == 0:
        return _still(step, RefreshToken())
    why = "Its outcome is not known, and the network no longer accepts our sign-in."
    return replace(_still(step, Ask(Reason.RECONNECT, why)), channel_trouble=Reason.RECONNECT)


def _absent(step: StepNow, now: Now) -> Ruling:
    if step.last is not None and step.last.kind == "duplicate":
        return _foreign(step)
    if now.at < (landed := landed_at(step, now)):  # an early look can only confirm: it may still land
        return _still(step, Sleep(landed, doubt(now)))
    absences = step.absences + 1
    if absences < 2:
        sleep = Sleep(after(now.at, now.times.absent_gap_s), doubt(now), "Not there; looking once more.")
        return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, sleep, absences=absences)
    if step.sends < now.times.max_sends:
        return Ruling(StepState.TODO, Verdict.ABSENT)  # beyond the grace, next_action asks instead of sending
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.ABSENT, warning="It did not arrive.")
    why = "It was sent twice and has not appeared. Please look at the account."
    return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, Ask(Reason.UNKNOWN_OUTCOME, why), absences=absences)


def _foreign(step: StepNow) -> Ruling:
    why = "The network says that it has this text already, but not from us."
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.REFUSED, warning=why)
    return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, Ask(Reason.DUPLICATE, why))


def _out_of_patience(step: StepNow, now: Now, why: str) -> Ruling:
    if step.required and may_resend(step, now):
        return Ruling(StepState.TODO, Verdict.UNKNOWABLE)
    return _unknowable(step, why)


def _unknowable(step: StepNow, why: str) -> Ruling:
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.UNKNOWABLE, warning=why)
    return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, Ask(Reason.UNKNOWN_OUTCOME, why))
