"""Every campaign has an approval workflow; Wagtail finds it through the campaign's page."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.models import Workflow, WorkflowPage, WorkflowTask

from editorial.models import ApprovalTask


@transaction.atomic
def make_workflow(campaign_page: Any, managers_group: Any) -> Workflow:
    """Give a campaign a one-step approval by a group, or let the group take part in the one it already has.

    Idempotent. A workflow that somebody has built in Wagtail's own settings is left as it is.
    """
    existing = WorkflowPage.objects.filter(page_id=campaign_page.pk).select_related("workflow").first()
    if existing:
        for task in existing.workflow.tasks.specific():
            if isinstance(task, ApprovalTask) and existing.workflow.workflow_tasks.count() == 1:
                task.groups.add(managers_group)
        return existing.workflow
    title = campaign_page.title[:200]
    task = ApprovalTask.objects.create(name=f"Approval for {title}")
    task.groups.add(managers_group)
    workflow = Workflow.objects.create(name=f"Approval for {title}")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(page_id=campaign_page.pk, workflow=workflow)
    return workflow
