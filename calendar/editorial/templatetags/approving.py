"""What stands beside a post about its approval: the step and its date, exceptions from quiet periods, links."""

from __future__ import annotations

from typing import Any

from django import template

from access import policy
from editorial.domain import deadlines, quiet
from editorial.enums import FIXED
from editorial.exceptions.views import summary
from editorial.models import ApprovalTaskState
from formats.models import Variant
from work import clock

register = template.Library()


@register.inclusion_tag("editorial/components/standing.html", takes_context=True)
def approving(context: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """For the page and the panel of one post; a handful of queries."""
    user = context["request"].user
    word = context["entry"].word
    now = clock.now()
    period = quiet.period_of(variant)
    deadline = deadlines.of_variant(variant)
    links = list(variant.invitations.filter(answered_at=None, revoked_at=None, expires_at__gt=now))
    return {
        "variant": variant,
        "held": quiet.explain(period, variant.planned_zone) if period else "",
        "exceptions": summary(variant, user),
        "may_ask": policy.can(user, policy.PLAN, variant),
        "steps": steps_of(variant),
        "due_at": deadline.due_at if deadline else None,
        "overdue": bool(deadline and deadline.due_at and now >= deadline.due_at),
        "may_invite": word not in FIXED and policy.can(user, policy.APPROVE, variant),
        "links": links,
    }


def steps_of(variant: Variant) -> list[dict[str, Any]]:
    """The steps of the running approval in order; empty where there is only one, which needs no list."""
    state = variant.current_workflow_state
    if state is None:
        return []
    tasks = list(state.workflow.tasks.filter(active=True).order_by("workflow_tasks__sort_order"))
    if len(tasks) < 2:
        return []
    decided = {
        row.task_id: row
        for row in ApprovalTaskState.objects.filter(workflow_state=state)
        .select_related("finished_by")
        .order_by("pk")
    }
    return [{"name": task.name, "state": decided.get(task.pk)} for task in tasks]
