"""A periodic job: remind who has to decide, tell when a date has passed, end what was not approved by its planned time.

Safe to call as often as one likes: each telling has a name of its own per step, and an ended step is no longer waiting.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import TaskState, WorkflowState

from editorial.core.deadlines import Deadline, Due
from editorial.domain import approval, notices
from editorial.models import ApprovalTask
from formats.models import Variant
from work import clock

log = logging.getLogger(__name__)

EXPIRED = (
    "The planned time passed before everybody had approved, so the request has ended. "
    "Choose a later time and submit it again."
)


def run() -> None:
    now = clock.now()
    for state in _waiting():
        try:
            _look(state, now)
        except Exception:
            log.exception("The deadline of approval step %s could not be looked at", state.pk)


def _waiting() -> list[TaskState]:
    content_type = ContentType.objects.get_for_model(Variant)
    rows = TaskState.objects.filter(
        status=TaskState.STATUS_IN_PROGRESS,
        workflow_state__status=WorkflowState.STATUS_IN_PROGRESS,
        workflow_state__base_content_type=content_type,
    )
    return list(rows.select_related("workflow_state", "task"))


def deadline_of(state: TaskState, variant: Variant) -> Deadline | None:
    task = state.task.specific
    if not isinstance(task, ApprovalTask):
        return None
    return Deadline(state.started_at, variant.planned_at, task.decide_within_h, task.remind_before_h)


def of_variant(variant: Variant) -> Deadline | None:
    """The deadline of the step at which a variant stands now."""
    state = variant.current_workflow_task_state
    if state is None or state.status != TaskState.STATUS_IN_PROGRESS:
        return None
    return deadline_of(state, variant)


def _look(state: TaskState, now: datetime) -> None:
    variant = Variant.objects.select_related("story", "campaign", "owner").filter(
        pk=state.workflow_state.object_id
    )
    found = variant.first()
    deadline = deadline_of(state, found) if found is not None else None
    if found is None or deadline is None:
        return
    match deadline.at(now):
        case Due.EXPIRED:
            expire(found, now)
        case Due.OVERDUE:
            notices.tell_step(state, found, kind="overdue", due_at=deadline.due_at)
        case Due.REMIND:
            notices.tell_step(state, found, kind="remind", due_at=deadline.due_at)


@transaction.atomic
def expire(variant: Variant, now: datetime) -> bool:
    """End the request of a post whose planned time has passed: it stands at "changes requested", which says why."""
    variant = approval.locked(variant)
    state: Any = variant.current_workflow_task_state
    if state is None or state.status != TaskState.STATUS_IN_PROGRESS:
        return False
    if variant.planned_at is None or now < variant.planned_at:
        return False
    notices.tell_expired(state, variant)
    state.reject(user=None, comment=EXPIRED)
    return True
