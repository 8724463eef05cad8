"""The states of a publication, a step and an attempt, and which may follow which.

The tables are checked when this module is imported: one state to begin in, none that cannot be reached,
no way out of an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class State(StrEnum):
    """Of a publication: one approved version on its way to one channel."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    WAITING = "waiting"
    IN_DOUBT = "in_doubt"
    ATTENTION = "attention"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a person must decide."""

    LATE = "late"
    UNKNOWN_OUTCOME = "unknown_outcome"
    RECONNECT = "reconnect"
    BLOCKED = "account_blocked"
    RESTORED = "restored"
    PARTIAL = "partial_thread"
    QUOTA = "quota"
    POISON = "poison"
    DUPLICATE = "duplicate"


class StepState(StrEnum):
    TODO = "todo"
    INTENT = "intent"  # written down that a request is about to leave; it may have left
    UNKNOWN = "unknown"  # it left, and what came of it is not known
    DONE = "done"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What became of an attempt; empty while it is open."""

    OPEN = ""
    NOT_SENT = "not_sent"
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FOUND = "found"
    ABSENT = "absent"
    UNKNOWABLE = "unknowable"


LIVE = frozenset({State.SCHEDULED, State.RUNNING, State.WAITING, State.IN_DOUBT, State.ATTENTION})
WORKED = frozenset({State.SCHEDULED, State.RUNNING, State.WAITING, State.IN_DOUBT})
ENDED = frozenset({State.PUBLISHED, State.FAILED, State.CANCELLED})
GONE = frozenset({State.FAILED, State.CANCELLED})  # a new publication of the same variant may take its place

_PUBLICATION: Mapping[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.RUNNING, State.ATTENTION, State.CANCELLED}),
    State.RUNNING: frozenset(
        {
            State.WAITING,
            State.IN_DOUBT,
            State.SCHEDULED,
            State.PUBLISHED,
            State.ATTENTION,
            State.FAILED,
            State.CANCELLED,
        }
    ),
    State.WAITING: frozenset({State.RUNNING, State.ATTENTION, State.CANCELLED, State.SCHEDULED}),
    State.IN_DOUBT: frozenset(
        {State.RUNNING, State.PUBLISHED, State.ATTENTION, State.CANCELLED, State.FAILED}
    ),
    State.ATTENTION: frozenset({State.SCHEDULED, State.PUBLISHED, State.CANCELLED}),
    State.PUBLISHED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

_STEP: Mapping[StepState, frozenset[StepState]] = {
    StepState.TODO: frozenset({StepState.INTENT, StepState.DONE, StepState.SKIPPED}),
    StepState.INTENT: frozenset({StepState.DONE, StepState.TODO, StepState.UNKNOWN, StepState.SKIPPED}),
    StepState.UNKNOWN: frozenset({StepState.DONE, StepState.TODO, StepState.SKIPPED, StepState.INTENT}),
    StepState.DONE: frozenset(),
    StepState.SKIPPED: frozenset(),
}


S = TypeVar("S", bound=StrEnum)


class NotAllowed(Exception):
    """A state may not follow another. A fault of ours, never of the network's or a person's."""


def check(table: Mapping[S, frozenset[S]], start: S, ends: frozenset[S]) -> None:
    """Raise ValueError unless every state is in the table, can be reached, and only ends have no way out."""
    known = set(type(start))
    if set(table) != known:
        raise ValueError(f"states without a row: {known - set(table)}")
    reached, frontier = {start}, [start]
    while frontier:
        for state in table[frontier.pop()] - reached:
            reached.add(state)
            frontier.append(state)
    if reached != known:
        raise ValueError(f"states that cannot be reached: {known - reached}")
    if wrong := {state for state, then in table.items() if (not then) != (state in ends)}:
        raise ValueError(f"ends with a way out, or dead ends: {wrong}")


def move(old: State, new: State) -> State:
    """Return ``new`` if it may follow ``old`` (or is the same); raise NotAllowed otherwise."""
    if new is not old and new not in _PUBLICATION[old]:
        raise NotAllowed(f"{old} → {new}")
    return new


def move_step(old: StepState, new: StepState) -> StepState:
    if new is not old and new not in _STEP[old]:
        raise NotAllowed(f"step {old} → {new}")
    return new


def before(new: State) -> frozenset[State]:
    """The states that ``new`` may follow: for the WHERE of the UPDATE that makes the move."""
    return frozenset(old for old, then in _PUBLICATION.items() if new in then)


check(_PUBLICATION, State.SCHEDULED, ENDED)
check(_STEP, StepState.TODO, frozenset({StepState.DONE, StepState.SKIPPED}))
