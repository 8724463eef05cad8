"""From the states of a variant's publications and its approval to one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from publishing.core.states import State

# Which publication states a word speaks of, the most pressing word first.
STATES_IN_ORDER: Mapping[str, frozenset[State]] = {
    "attention": frozenset({State.ATTENTION}),
    "failed": frozenset({State.FAILED}),
    "publishing": frozenset({State.RUNNING, State.IN_DOUBT, State.WAITING}),
    "approved": frozenset({State.SCHEDULED, State.WAITING, State.RUNNING}),
    "published": frozenset({State.PUBLISHED}),
    "cancelled": frozenset({State.CANCELLED}),
}


def word_of(
    *,
    states: Sequence[State],
    started: Sequence[bool],
    approved: bool,
    voided: bool,
    in_review: bool,
    changes_requested: bool,
) -> str:
    """Say where a variant stands.

    ``started``: per publication, whether a public call has begun; one that only stages uploads still
    counts as approved. A new round of review outranks what became of the last one, but never something
    that is on its way.
    """
    if State.ATTENTION in states:
        return "attention"
    moving = [begun for state, begun in zip(states, started, strict=True) if state in _MOVING]
    if any(moving):
        return "publishing"
    if moving:
        return "approved"
    if in_review:
        return "in_review"
    if changes_requested:
        return "changes_requested"
    if State.FAILED in states:
        return "failed"
    if State.PUBLISHED in states:
        return "published"
    if voided:
        return "voided"
    if State.CANCELLED in states:
        return "cancelled"
    return "approved" if approved else "draft"


_MOVING = frozenset({State.SCHEDULED, State.RUNNING, State.WAITING, State.IN_DOUBT})
