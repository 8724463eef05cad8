"""Submitting a variant for approval. The calendar's house adds its own rules when the approval step starts."""

from __future__ import annotations

from typing import Any

from wagtail.models import WorkflowState

from access import policy
from formats.core.draft import Finding, Level
from formats.models import Variant
from formats.readiness import NO_WORKFLOW, NotReady, blockers
from formats.status import SUBMITTABLE, status_of


def submit(variant: Variant, *, by: Any) -> None:
    """Start the workflow of the story's place in the tree, or resume the one that asked for changes.

    Raises NotReady with everything in the way, PermissionDenied without the right.
    """
    policy.require(by, policy.SUBMIT, variant)
    workflow = variant.get_workflow()
    if workflow is None:
        raise NotReady((NO_WORKFLOW,))
    word = status_of([variant])[variant.pk]
    if word.word not in SUBMITTABLE:
        raise NotReady((_not_now(word.label),))
    if found := blockers(variant):
        raise NotReady(found)
    state = variant.current_workflow_state
    if state is None:
        workflow.start(variant, user=by)
    elif state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        state.resume(user=by)


def _not_now(label: str) -> Finding:
    return Finding(
        "state", Level.BLOCKER, f"It cannot be submitted now: {label.lower()}.", "Look at it on the calendar."
    )
