"""What the calendar does when others act: tell of a lost approval, give a new team its workflow, mail once."""

from __future__ import annotations

from typing import Any

from wagtail.admin.mail import (
    WorkflowStateApprovalEmailNotifier,
    WorkflowStateRejectionEmailNotifier,
    WorkflowStateSubmissionEmailNotifier,
)
from wagtail.models import WorkflowState
from wagtail.signals import workflow_approved, workflow_rejected, workflow_submitted

from access.models import Role
from editorial import history
from editorial.domain import notices, planning
from editorial.workflow import make_workflow
from formats.models import Variant
from publishing.domain.void import void_if_changed
from publishing.models import Version


def tell_lost_approval(sender: Any, variant: Variant, by: Any = None, **kwargs: Any) -> None:
    """Listens to ``variant_changed``. Publishing voids on the same signal; calling it here (it may run twice) puts
    the telling after it, whichever of the two was connected first.
    """
    standing = Version.objects.filter(variant_id=variant.pk, voided_at=None).order_by("-pk").first()
    if standing is None:
        return
    void_if_changed(sender, variant, by=by)
    if not Version.objects.filter(variant_id=variant.pk, voided_at=None).exists():
        notices.tell_lost(standing, variant, by=by)


def log_move(sender: Any, variant: Variant, before: tuple[Any, str, int], by: Any, **kwargs: Any) -> None:
    """Listens to ``variant_moved``: a time chosen in the editor stands in the history, and is told, like a move."""
    after = planning.Planned(variant.planned_wall, variant.planned_zone, variant.planned_fold)
    planning.log_move(variant, planning.Planned(*before), after, by=by)


def tell_moved(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Listens to the log: every way of moving writes there (one, many, undo, the editor)."""
    if raw or not created or instance.action != "editorial.move":
        return
    variant = Variant.objects.select_related("story", "owner").filter(pk=instance.object_id).first()
    if variant is not None:
        before = history.when(instance.data.get("from"))
        notices.tell_moved(variant, by=instance.user, entry=instance.pk, before=before)


def give_workflow(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """A group that becomes a campaign's managers approves there."""
    if created and not raw and instance.role == Role.MANAGER:
        make_workflow(instance.campaign, instance.group)


class _NotForVariants:
    """Wagtail's own mails go out for pages only; ours tell of variants, through the outbox."""

    def can_handle(self, instance: WorkflowState, **kwargs: Any) -> bool:
        return super().can_handle(instance, **kwargs) and not isinstance(instance.content_object, Variant)


class Submitted(_NotForVariants, WorkflowStateSubmissionEmailNotifier):
    pass


class Rejected(_NotForVariants, WorkflowStateRejectionEmailNotifier):
    pass


class Approved(_NotForVariants, WorkflowStateApprovalEmailNotifier):
    pass


NOTIFIERS = [
    (workflow_submitted, Submitted(), "workflow_state_submitted_email_notification"),
    (workflow_rejected, Rejected(), "workflow_state_rejected_email_notification"),
    (workflow_approved, Approved(), "workflow_state_approved_email_notification"),
]


def replace_mails() -> None:
    """Take the places of Wagtail's mailers: the first receiver under a dispatch_uid stays, whoever comes later."""
    for signal, notifier, uid in NOTIFIERS:
        signal.disconnect(sender=WorkflowState, dispatch_uid=uid)
        signal.connect(notifier, sender=WorkflowState, dispatch_uid=uid)
