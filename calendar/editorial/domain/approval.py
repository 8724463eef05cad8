"""Submit, approve, ask for changes: the rules, and the only writers of these decisions.

Every way leads through here: our pages, Wagtail's editor and dashboard (``ApprovalTask.on_action`` and ``start``), and
bulk approval. What is approved is a digest, never a revision: autosave changes a revision in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from wagtail.models import TaskState, WorkflowState

from access import policy
from editorial.domain import authors, notices, quiet
from editorial.domain.refused import Refused
from editorial.models import ApprovalTask, ApprovalTaskState, Invitation
from formats import payload as payloads
from formats import readiness
from formats.core.draft import Finding
from formats.core.payload import digest as digest_of
from formats.models import Variant
from publishing.domain.approve import NotApprovable
from publishing.models import Version
from publishing.status import status_of
from work import clock

SUBMITTABLE = frozenset({"draft", "changes_requested", "voided", "failed", "cancelled"})

NO_WORKFLOW = (
    "This campaign has no approval workflow for posts, which is one whose steps are all approval steps. "
    "An administrator can assign one."
)
OWN_WORK = "You wrote or last edited this. Somebody else has to approve it."
CHANGED = "This was changed after you opened it. Look at it again, then decide."


# Submitting -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def submit(variant: Variant, *, by: Any) -> WorkflowState:
    """Hand a variant in for approval. Raises Refused with every blocker's message and remedy."""
    variant = locked(variant)
    _allow(by, policy.SUBMIT, variant, "You may not submit posts of this campaign.")
    word = status_of([variant])[variant.pk].word
    if word not in SUBMITTABLE:
        raise Refused("state", NOT_SUBMITTABLE.get(word, "This cannot be submitted now."))
    workflow = variant.get_workflow()
    if workflow is None:
        raise Refused("workflow", NO_WORKFLOW)
    if variant.latest_revision_id is None:
        variant.save_revision(user=by)
    state = variant.current_workflow_state
    if state is None:
        return workflow.start(variant, by)
    if _outdated(state, variant):
        # Wagtail would go on at the step that asked for changes; those before it have not seen what there is now.
        state.cancel(user=by)
        return workflow.start(variant, by)
    state.resume(by)
    return state


def _outdated(state: WorkflowState, variant: Variant) -> bool:
    """Whether a step that approved earlier approved something else than what there is now."""
    seen = ApprovalTaskState.objects.filter(workflow_state=state, status=TaskState.STATUS_APPROVED)
    return seen.exists() and seen.exclude(digest=digest_of(built(variant))).exists()


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
    variant = locked(variant)
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
    variant = locked(variant)
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
    guest: Invitation | None = None,
) -> None:
    """The rules of one decision. Wagtail's views and our own functions all end here.

    ``guest`` is an approver without an account, asked by ``invited_by``: that person has to be one who could have
    decided. Then ``by`` is None.
    """
    thing = task_state.workflow_state.content_object
    if isinstance(thing, Variant):
        thing = locked(thing)
    task_state.refresh_from_db()
    vouches = guest.invited_by if guest is not None else by
    if vouches is None or not task.may_review(thing, vouches):
        raise Refused("permission", "You are not one of the people who approve this.")
    if task_state.status != TaskState.STATUS_IN_PROGRESS:
        raise Refused("state", "Somebody has decided this already.")
    comment = comment.strip()
    if action == "reject" and not comment:
        raise Refused("comment", "Say what should change.")
    if action == "approve":
        if authors.is_own_work(thing, vouches) or only_for_an_author(task, thing, vouches):
            raise Refused("own_work", OWN_WORK)
        if isinstance(thing, Variant):
            _check_approval(thing, task_state, digest)
            task_state.digest = digest
        # Wagtail starts the step again if the newest revision is not the one it began with; the digest has shown
        # that what was seen is what is there now.
        task_state.revision = thing.get_latest_revision()
    try:
        task.carry_out(task_state, by, action, notices.signed(comment, guest))
    except NotApprovable as error:
        raise Refused("not_approvable", str(error)) from error
    if isinstance(thing, Variant):
        if action == "approve":
            _check_frozen(thing, task_state, digest)
        if guest is not None:
            Version.objects.filter(variant=thing, digest=digest, voided_at=None, approved_by=None).update(
                approved_as=guest.approved_as
            )
        else:
            notices.tell_authors(thing, task_state, action, by=by, comment=comment)


def only_for_an_author(task: ApprovalTask, thing: Any, user: Any) -> bool:
    """Whether this person decides only in the place of people who wrote it: those could not either."""
    if user.is_superuser or (user.groups.filter(pk__in=task.groups.all()).exists()):
        return False
    own = authors.authors_of(thing)
    return all(person.pk in own for person in task.represented(user))


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


def why_not_moved(publication: Any, by: Any) -> str | None:
    """Asked by publishing (publishing.gates) before an approved post gets another time of its day: the mover stands
    for that time, as on the calendar.
    """
    variant = publication.variant
    if policy.can(by, policy.APPROVE, variant) and not authors.has_written(variant, by):
        return None
    return "Who wrote it does not move it along with its approval. Somebody else who approves here can."


def reviewer(variant: Variant, user: Any) -> tuple[bool, bool]:
    """(whether this person may decide about it now, whether it is their own work, which they cannot approve)."""
    task = variant.current_workflow_task
    if not isinstance(task, ApprovalTask) or not task.may_review(variant, user):
        return False, False
    return True, authors.is_own_work(variant, user) or only_for_an_author(task, variant, user)


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
        groups = Q(groups__in=user.groups.all()) | Q(groups__user__in=policy.stands_in_for(user))
        tasks = tasks.filter(groups)
    return tasks.values("pk")


def waiting_ids(user: Any) -> list[int]:
    """The variants among them."""
    content_type = ContentType.objects.get_for_model(Variant)
    return [
        int(state.workflow_state.object_id)
        for state in waiting(user)
        if state.workflow_state.base_content_type_id == content_type.pk
    ]


def locked(variant: Variant) -> Variant:
    """A fresh copy whose row nobody else changes until the transaction ends."""
    Variant.objects.select_for_update().filter(pk=variant.pk).values("pk").first()
    return Variant.objects.select_related("story", "campaign").get(pk=variant.pk)


def _allow(user: Any, capability: str, thing: Any, words: str) -> None:
    if not policy.can(user, capability, thing):
        raise Refused("permission", words)
