"""Submit, approve, ask for changes: the rules, and the only writers of these decisions.

Every way leads through here: our pages, Wagtail's editor and dashboard (``ApprovalTask.on_action`` and ``start``), and
bulk approval. What is approved is a digest, never a revision: autosave changes a revision in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.urls import reverse
from wagtail.models import TaskState, WorkflowState

from access import policy
from editorial.domain import authors, quiet
from editorial.domain.refused import Refused
from editorial.models import ApprovalTask, ApprovalTaskState
from formats import payload as payloads
from formats import readiness
from formats.core.draft import Finding
from formats.core.payload import digest as digest_of
from formats.models import Variant
from publishing.domain.approve import NotApprovable
from publishing.models import Version
from publishing.status import status_of
from work import clock, outbox

SUBMITTABLE = frozenset({"draft", "changes_requested", "voided", "failed", "cancelled"})

OWN_WORK = "You wrote or last edited this. Somebody else has to approve it."
CHANGED = "This was changed after you opened it. Look at it again, then decide."


# Submitting -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def submit(variant: Variant, *, by: Any) -> WorkflowState:
    """Hand a variant in for approval. Raises Refused with every blocker's message and remedy."""
    variant = _locked(variant)
    _allow(by, policy.SUBMIT, variant, "You may not submit posts of this campaign.")
    word = status_of([variant])[variant.pk].word
    if word not in SUBMITTABLE:
        raise Refused("state", NOT_SUBMITTABLE.get(word, "This cannot be submitted now."))
    workflow = variant.get_workflow()
    if workflow is None:
        raise Refused("workflow", "This campaign has no approval workflow. An administrator can assign one.")
    if variant.latest_revision_id is None:
        variant.save_revision(user=by)
    state = variant.current_workflow_state
    if state is None:
        return workflow.start(variant, by)
    state.resume(by)
    return state


NOT_SUBMITTABLE = {
    "in_review": "This is waiting for approval already.",
    "approved": "This is approved already.",
    "publishing": "This is being sent right now.",
    "published": "This has been published already.",
    "attention": "This needs a decision about its delivery first.",
}


def check_submission(thing: Any) -> None:
    """Called whenever an approval step starts, whoever started it. Pages may be submitted as they are."""
    if not isinstance(thing, Variant):
        return
    if found := readiness.blockers(thing, now=clock.now()):
        raise Refused("blockers", *sentences(found))


def sentences(findings: Iterable[Finding]) -> list[str]:
    """Each finding once, with the way out."""
    return list(dict.fromkeys(f"{finding.message} {finding.remedy}".strip() for finding in findings))


@transaction.atomic
def withdraw(variant: Variant, *, by: Any) -> None:
    """Take a submission back. Whoever may submit may do this; nothing has been approved yet."""
    variant = _locked(variant)
    _allow(by, policy.SUBMIT, variant, "You may not withdraw posts of this campaign.")
    state = variant.current_workflow_state
    if state is None:
        raise Refused("state", "This is not waiting for approval.")
    state.cancel(user=by)


# Deciding -------------------------------------------------------------------------------------------------------------
def approve(variant: Variant, *, by: Any, digest: str, comment: str = "") -> Version | None:
    """Approve exactly the payload with this digest. Returns the version, None while further steps remain.

    Raises Refused: own work, changed since, not ready, no time, time past, quiet period, not waiting.
    """
    _decide(variant, "approve", by=by, digest=digest, comment=comment)
    return Version.objects.filter(variant_id=variant.pk, digest=digest, voided_at=None).first()


def reject(variant: Variant, *, by: Any, comment: str) -> None:
    """Ask for changes; the comment says which. Raises Refused."""
    _decide(variant, "reject", by=by, comment=comment)


@transaction.atomic
def _decide(variant: Variant, action: str, **words: Any) -> None:
    variant = _locked(variant)
    task_state = variant.current_workflow_task_state
    if task_state is None:
        raise Refused("state", "This is not waiting for approval any more.")
    task_state.task.specific.on_action(task_state, words.pop("by"), action, **words)


@transaction.atomic
def decide(
    task: ApprovalTask,
    task_state: ApprovalTaskState,
    action: str,
    *,
    by: Any,
    digest: str = "",
    comment: str = "",
) -> None:
    """The rules of one decision. Wagtail's views and our own functions all end here."""
    thing = task_state.workflow_state.content_object
    if isinstance(thing, Variant):
        thing = _locked(thing)
    task_state.refresh_from_db()
    if not task.may_review(thing, by):
        raise Refused("permission", "You are not one of the people who approve this.")
    if task_state.status != TaskState.STATUS_IN_PROGRESS:
        raise Refused("state", "Somebody has decided this already.")
    comment = comment.strip()
    if action == "reject" and not comment:
        raise Refused("comment", "Say what should change.")
    if action == "approve":
        if authors.is_own_work(thing, by):
            raise Refused("own_work", OWN_WORK)
        if isinstance(thing, Variant):
            _check_approval(thing, task_state, digest)
            task_state.digest = digest
        # Wagtail starts the step again if the newest revision is not the one it began with; the digest has shown
        # that what was seen is what is there now.
        task_state.revision = thing.get_latest_revision()
    try:
        task.carry_out(task_state, by, action, comment)
    except NotApprovable as error:
        raise Refused("not_approvable", str(error)) from error
    if isinstance(thing, Variant):
        if action == "approve":
            _check_frozen(thing, task_state, digest)
        _tell_authors(thing, task_state, action, by=by, comment=comment)


def _check_approval(variant: Variant, task_state: ApprovalTaskState, digest: str) -> None:
    if not digest or digest_of(built(variant)) != digest:
        raise Refused("changed", CHANGED)
    check_submission(variant)
    if period := quiet.period_of(variant):
        raise Refused("quiet", quiet.explain(period, variant.planned_zone))
    earlier = ApprovalTaskState.objects.filter(
        workflow_state=task_state.workflow_state, status=TaskState.STATUS_APPROVED
    ).exclude(task=task_state.task_id)
    if earlier.exclude(digest=digest).exists():
        raise Refused(
            "earlier_step", "It was changed after an earlier step approved it. Request changes to start over."
        )


def _check_frozen(variant: Variant, task_state: ApprovalTaskState, digest: str) -> None:
    """What publishing froze must be what was seen; anything else takes the whole decision back."""
    task_state.workflow_state.refresh_from_db()
    if task_state.workflow_state.status != WorkflowState.STATUS_APPROVED:
        return
    newest = Version.objects.filter(variant=variant, voided_at=None).first()
    if newest is None or newest.digest != digest:
        raise Refused("changed", CHANGED)


def built(variant: Variant) -> dict[str, Any]:
    """The payload as it would be frozen now. Raises Refused where something is not ready, saying what."""
    try:
        return payloads.build(variant)
    except payloads.NotReady as error:
        raise Refused("not_ready", *sentences(error.findings)) from error


def reviewer(variant: Variant, user: Any) -> tuple[bool, bool]:
    """(whether this person may decide about it now, whether it is their own work, which they cannot approve)."""
    task = variant.current_workflow_task
    if not isinstance(task, ApprovalTask) or not task.may_review(variant, user):
        return False, False
    return True, authors.is_own_work(variant, user)


def asked_for(variant: Variant) -> TaskState | None:
    """The request for changes that a variant stands at, with its comment and who made it."""
    state = variant.current_workflow_state
    if state is None or state.status != WorkflowState.STATUS_NEEDS_CHANGES:
        return None
    return TaskState.objects.filter(pk=state.current_task_state_id).select_related("finished_by").first()


def waiting(user: Any) -> list[TaskState]:
    """The approval steps in progress that this person's groups decide, newest first; campaigns not yet checked."""
    states = TaskState.objects.filter(
        status=TaskState.STATUS_IN_PROGRESS,
        workflow_state__status=WorkflowState.STATUS_IN_PROGRESS,
        task__active=True,
        task__in=_tasks_of(user),
    )
    return list(states.select_related("workflow_state__requested_by").order_by("-started_at"))


def _tasks_of(user: Any) -> Any:
    tasks = ApprovalTask.objects.all()
    if not user.is_superuser:
        tasks = tasks.filter(groups__in=user.groups.all())
    return tasks.values("pk")


def waiting_ids(user: Any) -> list[int]:
    """The variants among them."""
    content_type = ContentType.objects.get_for_model(Variant)
    return [
        int(state.workflow_state.object_id)
        for state in waiting(user)
        if state.workflow_state.base_content_type_id == content_type.pk
    ]


def _locked(variant: Variant) -> Variant:
    """A fresh copy whose row nobody else changes until the transaction ends."""
    Variant.objects.select_for_update().filter(pk=variant.pk).values("pk").first()
    return Variant.objects.select_related("story", "campaign").get(pk=variant.pk)


def _allow(user: Any, capability: str, thing: Any, words: str) -> None:
    if not policy.can(user, capability, thing):
        raise Refused("permission", words)


# Telling people -------------------------------------------------------------------------------------------------------
def tell_approvers(task_state: TaskState, task: ApprovalTask, *, by: Any) -> None:
    thing = task_state.workflow_state.content_object
    users = get_user_model().objects.filter(is_active=True)
    own = authors.authors_of(thing)
    people = [
        person
        for person in users.filter(groups__in=task.groups.all()).distinct()
        if person.pk not in own and policy.can(person, policy.APPROVE, thing)
    ]
    # Where everybody who approves has written it, an administrator must, or find somebody.
    people = people or list(users.filter(is_superuser=True).exclude(pk__in=own))
    outbox.tell(
        people,
        subject=f"To approve: {thing}",
        body=f"{_name(by)} asks for approval of “{thing}”{_when(thing)}.",
        url=address(thing),
        event_id=f"approval.submitted.{task_state.pk}",
        kind="submitted",
    )


def _tell_authors(variant: Variant, task_state: TaskState, action: str, *, by: Any, comment: str) -> None:
    requested_by = task_state.workflow_state.requested_by
    people = [person for person in (variant.owner, requested_by) if person and person != by]
    said = f"\n\n“{comment}”" if comment else ""
    if action == "reject":
        subject, kind = f"Changes requested: {variant}", "changes_requested"
        body = f"{_name(by)} asks for changes to “{variant}”.{said}"
    else:
        subject, kind = f"Approved: {variant}", "approved"
        body = f"{_name(by)} approved “{variant}”{_when(variant)}. It goes out as approved.{said}"
    outbox.tell(
        people,
        subject=subject,
        body=body,
        url=address(variant),
        event_id=f"approval.{kind}.{task_state.pk}",
        kind=kind,
    )


def tell_lost(version: Version, variant: Variant, *, by: Any) -> None:
    """An approval is void: its owner and whoever gave it learn who changed what they had agreed on."""
    version.refresh_from_db()
    people = [person for person in (variant.owner, version.approved_by) if person and person != by]
    outbox.tell(
        people,
        subject=f"Approval lost: {variant}",
        body=f"{version.void_reason} ({_name(by)}) “{variant}” does not go out until it is approved again.",
        url=address(variant),
        event_id=f"approval.lost.{version.pk}",
        kind="voided",
    )


def address(thing: Any) -> str:
    if isinstance(thing, Variant):
        return reverse("editorial:variant", args=[thing.pk])
    return reverse("wagtailadmin_pages:edit", args=[thing.pk])


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else "Somebody"


def _when(thing: Any) -> str:
    wall: datetime | None = getattr(thing, "planned_wall", None)
    return f", planned for {wall:%a} {wall.day} {wall:%B %Y, %H:%M} ({thing.planned_zone})" if wall else ""
