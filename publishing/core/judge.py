"""What the answer to a step's call means, for the step and for its publication. Pure."""

from __future__ import annotations

from dataclasses import replace

from publishing.core.decide import BLIND, PURE, after, doubt, may_resend, waiting
from publishing.core.retry import backoff_s, rate_wait_s, seldom_s
from publishing.core.shapes import Answered, Ask, Fail, Now, RefreshToken, Ruling, Sleep, StepNow
from publishing.core.states import Reason, State, StepState, Verdict

ACT = "act"


def judge(step: StepNow, answer: Answered, now: Now, *, jitter: float) -> Ruling:
    """Say what an answer to the step's call means. ``step`` and ``now`` are as they were when it was sent.

    A replay whose answer is no success says nothing about the first try: the step stays in doubt.
    """
    ruling = _judge(step, answer, now, jitter)
    if not step.unresolved or ruling.step is not StepState.TODO:
        return ruling
    then = ruling.then
    if isinstance(then, Fail):
        then = Ask(Reason.UNKNOWN_OUTCOME, then.detail)
    elif isinstance(then, Sleep):
        then = Sleep(then.until, doubt(now), then.why)
    return replace(ruling, step=StepState.UNKNOWN, then=then, redo=())


def _judge(step: StepNow, answer: Answered, now: Now, jitter: float) -> Ruling:
    kind = answer.kind
    if kind == "ok":
        return Ruling(StepState.DONE, Verdict.OK)
    if kind == "unknown":
        return _unknown(step, answer, now, jitter)
    if kind == "duplicate" and step.safety == BLIND and step.required:
        why = answer.message or "The network says that it has this text already."
        return Ruling(StepState.TODO, Verdict.REFUSED, Ask(Reason.DUPLICATE, why))
    if kind == "duplicate" and step.safety not in (PURE, BLIND):
        return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, Sleep(now.at, doubt(now), answer.message))
    if kind == "rate":
        return _rate(step, answer, now, jitter)
    if kind == "auth":
        return _auth(step, answer)
    if kind == "permission":
        ask = Ask(Reason.BLOCKED, answer.message or "The network refuses this account.")
        publishes = (
            step.required and step.kind != ACT
        )  # only what is refused to a post says anything against the next
        return _refused(step, ask, channel_trouble=Reason.BLOCKED if publishes else None)
    if kind in ("not_sent", "busy"):
        return _not_yet(step, answer, now, jitter)
    if kind in ("content", "duplicate"):
        return _no(step, answer, now)
    return _bug(step, answer, now, jitter)


def _unknown(step: StepNow, answer: Answered, now: Now, jitter: float) -> Ruling:
    if step.safety == PURE:
        return _not_yet(step, answer, now, jitter, verdict=Verdict.UNKNOWN)
    sleep = Sleep(now.at, doubt(now), answer.message)
    sent = replace(step, sends=step.sends + 1)
    if step.safety != BLIND or may_resend(sent, now):
        return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, sleep)
    why = answer.message or "No answer came, and the network cannot be asked."
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.UNKNOWABLE, warning=why)
    return Ruling(StepState.UNKNOWN, Verdict.UNKNOWN, Ask(Reason.UNKNOWN_OUTCOME, why))


def _not_yet(
    step: StepNow, answer: Answered, now: Now, jitter: float, verdict: Verdict = Verdict.NOT_SENT
) -> Ruling:
    """It did not happen and may be tried again: soon, and not beyond the grace."""
    said = answer.retry_after_s
    wait_s = max(0.2, said) if said is not None else backoff_s(step.tries, jitter)
    if now.state is State.PUBLISHED:
        wait_s = max(wait_s, seldom_s(step.busy))
    until = after(now.at, wait_s)
    if said is None and now.at < now.due_at:
        until = min(until, now.due_at)  # what is prepared early must not make the post late
    if now.state is not State.PUBLISHED:
        until = min(until, max(now.at, after(now.late_at, 0.001)))  # then next_action asks a person
    return Ruling(
        StepState.TODO,
        verdict,
        Sleep(until, waiting(now), answer.message),
        redo=answer.redo,
        undone=answer.undone,
    )


def _rate(step: StepNow, answer: Answered, now: Now, jitter: float) -> Ruling:
    wait_s = rate_wait_s(answer.retry_after_s, jitter)
    until = after(now.at, wait_s)
    if now.state is not State.PUBLISHED and until > now.late_at:
        why = answer.message or "The network wants us to wait longer than this post can."
        then: Sleep | Ask = Ask(Reason.QUOTA, why)
    else:
        then = Sleep(until, waiting(now), answer.message)
    return Ruling(StepState.TODO, Verdict.REFUSED, then, hold_channel_s=None if answer.alone else wait_s)


def _auth(step: StepNow, answer: Answered) -> Ruling:
    if step.auths == 0:
        return Ruling(StepState.TODO, Verdict.REFUSED, RefreshToken())
    ask = Ask(Reason.RECONNECT, answer.message or "The network no longer accepts our sign-in.")
    return _refused(step, ask, channel_trouble=Reason.RECONNECT)


def _refused(step: StepNow, ask: Ask, *, channel_trouble: Reason | None) -> Ruling:
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.REFUSED, warning=ask.detail, channel_trouble=channel_trouble)
    return Ruling(StepState.TODO, Verdict.REFUSED, ask, channel_trouble=channel_trouble)


def _no(step: StepNow, answer: Answered, now: Now) -> Ruling:
    why = answer.message or "The network refuses this content."
    if not step.required or answer.spared:
        return Ruling(StepState.SKIPPED, Verdict.REFUSED, warning=why)
    if now.parts_out > len(answer.undone):
        return Ruling(StepState.TODO, Verdict.REFUSED, Ask(Reason.PARTIAL, why), undone=answer.undone)
    if now.may_be_out:
        return Ruling(StepState.TODO, Verdict.REFUSED, Ask(Reason.UNKNOWN_OUTCOME, why))
    return Ruling(StepState.TODO, Verdict.REFUSED, Fail(why), undone=answer.undone)


def _bug(step: StepNow, answer: Answered, now: Now, jitter: float) -> Ruling:
    if answer.bytes_started and step.safety != PURE:
        return _unknown(step, answer, now, jitter)
    if step.bugs + 1 < now.times.max_bugs:
        return _not_yet(step, answer, now, jitter)
    why = answer.message or "Something is wrong in Hustings itself."
    if not step.required:
        return Ruling(StepState.SKIPPED, Verdict.NOT_SENT, warning=why)
    return Ruling(StepState.TODO, Verdict.NOT_SENT, Ask(Reason.POISON, why))
