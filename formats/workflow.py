"""What happens when the last step of an approval is done: the registered hooks, never Wagtail's own publishing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

on_approved: list[Callable[..., None]] = []

# The kind of workflow step that may approve variants (editorial.models.ApprovalTask): app label, model name. By name,
# because the calendar is an upper house.
APPROVAL_STEP = ("calendar", "approvaltask")


def approves_variants(workflow: Any) -> bool:
    """Whether a workflow's active steps are approval steps, all of them. Other workflows are for pages only: a step of
    another kind would let through what nobody has seen.
    """
    steps = workflow.workflow_tasks.filter(task__active=True)
    kinds = steps.values_list("task__content_type__app_label", "task__content_type__model")
    return set(kinds) == {APPROVAL_STEP}


def finish(workflow_state: Any, user: Any = None) -> None:
    """Run inside the approval's transaction. Pages keep Wagtail's own finish action."""
    from formats.models import Variant  # this module is named in settings and loaded before the models

    variant = workflow_state.content_object
    if not isinstance(variant, Variant):
        from wagtail.workflows import publish_workflow_state

        publish_workflow_state(workflow_state, user=user)
        return
    for hook in on_approved:
        hook(variant, by=user)
