"""Whom the calendar tells what: a notice in the admin and a mail, through the outbox, once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from wagtail.models import TaskState

from access import policy
from editorial.domain import authors
from editorial.exceptions.models import QuietException
from editorial.guests.models import Invitation
from editorial.models import ApprovalTask
from formats.models import Variant
from formats.schedule import UnknownZone, wall_of
from publishing.models import Version
from work import mails, outbox

MOVES = "moves"


def tell_approvers(task_state: TaskState, task: ApprovalTask, *, by: Any) -> None:
    thing = task_state.workflow_state.content_object
    people = approvers(task, thing)
    outbox.tell(
        people,
        subject=f"To approve: {thing}",
        body=f"{name_of(by)} asks for approval of “{thing}”{_when(thing)}.",
        url=address(thing),
        event_id=f"approval.submitted.{task_state.pk}",
        kind="submitted",
    )


def tell_authors(variant: Variant, task_state: TaskState, action: str, *, by: Any, comment: str) -> None:
    requested_by = task_state.workflow_state.requested_by
    people = [person for person in (variant.owner, requested_by) if person and person != by]
    said = f"\n\n“{comment}”" if comment else ""
    if action == "reject":
        subject, kind = f"Changes requested: {variant}", "changes_requested"
        body = f"{name_of(by)} asks for changes to “{variant}”.{said}"
    else:
        subject, kind = f"Approved: {variant}", "approved"
        body = f"{name_of(by)} approved “{variant}”{_when(variant)}. It goes out as approved.{said}"
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
    people = [person for person in (variant.owner, answers_for(version)) if person and person != by]
    outbox.tell(
        people,
        subject=f"Approval lost: {variant}",
        body=f"{version.void_reason} ({name_of(by)}) “{variant}” does not go out until it is approved again.",
        url=address(variant),
        event_id=f"approval.lost.{version.pk}",
        kind="voided",
    )


def answers_for(version: Version) -> Any:
    """Who approved; where somebody without an account did, whoever asked them and stands for them."""
    if version.approved_by is not None:
        return version.approved_by
    answers = Invitation.objects.filter(
        variant=version.variant_id, digest=version.digest, counted=True, answer=Invitation.Answer.APPROVE
    )
    answer = answers.select_related("invited_by").order_by("-answered_at").first()
    return answer.invited_by if answer else None


def address(thing: Any) -> str:
    if isinstance(thing, Variant):
        return reverse("editorial:variant", args=[thing.pk])
    return reverse("wagtailadmin_pages:edit", args=[thing.pk])


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else "Somebody"


def _when(thing: Any) -> str:
    wall: datetime | None = getattr(thing, "planned_wall", None)
    return f", planned for {wall:%a} {wall.day} {wall:%B %Y, %H:%M} ({thing.planned_zone})" if wall else ""


def signed(comment: str, guest: Invitation | None) -> str:
    """What the workflow keeps as the comment of a decision: a guest has no account that could stand beside it."""
    if guest is None:
        return comment
    return f"{guest.approved_as}: {comment}" if comment else f"{guest.approved_as}."


def tell_guest_answer(invitation: Invitation) -> None:
    """The owner and whoever asked learn what somebody outside said, and whether it counted."""
    variant = invitation.variant
    said = f"\n\n“{invitation.comment}”" if invitation.comment else ""
    did = "approved" if invitation.answer == Invitation.Answer.APPROVE else "asks for changes to"
    note = f"\n\n{invitation.why_not}" if invitation.why_not else ""
    kind = "approved" if invitation.answer == Invitation.Answer.APPROVE else "changes_requested"
    outbox.tell(
        [variant.owner, invitation.invited_by],
        subject=f"{invitation.name} {did}: {variant}",
        body=f"{invitation.name} {did} “{variant}”{_when(variant)}, by the link that "
        f"{name_of(invitation.invited_by)} had made.{said}{note}",
        url=address(variant),
        event_id=f"approval.guest.{invitation.pk}",
        kind=kind,
    )


# Deadlines ------------------------------------------------------------------------------------------------------------
def approvers(task: ApprovalTask, thing: Any) -> list[Any]:
    """Who can decide this step now: its members and who stands in for one of them, without the authors."""
    own = authors.authors_of(thing)
    users = get_user_model().objects.filter(is_active=True)
    members = list(users.filter(groups__in=task.groups.all()).distinct())
    people = {each.pk: each for each in [*members, *policy.deputies_of(members)]}.values()
    found = [p for p in people if p.pk not in own and policy.can(p, policy.APPROVE, thing)]
    # Where everybody who approves has written it, an administrator must, or find somebody.
    return found or list(users.filter(is_superuser=True).exclude(pk__in=own))


def tell_step(state: TaskState, variant: Variant, *, kind: str, due_at: datetime | None) -> None:
    """Remind (once before the date) or tell that it has passed (once; its owner learns that too)."""
    people = approvers(state.task.specific, variant)
    over = kind == "overdue"
    when = _moment(due_at, variant.planned_zone)
    outbox.tell(
        [*people, variant.owner] if over else people,
        subject=f"{'Overdue' if over else 'Please decide soon'}: {variant}",
        body=f"“{variant}”{_when(variant)}, {'should have been' if over else 'is to be'} decided by {when}.",
        url=address(variant),
        event_id=f"approval.{kind}.{state.pk}",
        kind=f"approval_{kind}",
    )


def tell_expired(state: TaskState, variant: Variant) -> None:
    requested_by = state.workflow_state.requested_by
    outbox.tell(
        [variant.owner, requested_by, *approvers(state.task.specific, variant)],
        subject=f"Not approved in time: {variant}",
        body=f"“{variant}” was not approved by its planned time{_when(variant)}. It does not go out. "
        "Choose a later time and submit it again.",
        url=address(variant),
        event_id=f"approval.expired.{state.pk}",
        kind="approval_expired",
    )


def _moment(at: datetime | None, zone: str) -> str:
    if at is None:
        return "no date"
    try:
        wall, _ = wall_of(at, zone or "UTC")
    except UnknownZone:
        zone = "UTC"
        wall, _ = wall_of(at, zone)
    return f"{wall:%a} {wall.day} {wall:%B %Y, %H:%M} ({zone or 'UTC'})"


# Moving ---------------------------------------------------------------------------------------------------------------
def tell_moved(variant: Variant, *, by: Any, entry: int, before: str) -> None:
    """Owner and, where an approval stands, whoever gave it: somebody else has moved it."""
    standing = Version.objects.filter(variant=variant, voided_at=None).order_by("-pk").first()
    people = [variant.owner, answers_for(standing) if standing else None]
    now = _when(variant).removeprefix(", planned for ") or "no time"
    outbox.tell(
        [person for person in people if person is not None and person != by],
        subject=f"Moved: {variant}",
        body=f"{name_of(by)} moved “{variant}” from {before} to {now}.",
        url=address(variant),
        event_id=f"moved.{entry}",
        kind="moved",
        mail=True,
        bundle=MOVES,
    )


# Quiet periods --------------------------------------------------------------------------------------------------------
def tell_exception_asked(exception: QuietException, people: list[Any]) -> None:
    variant = exception.variant
    outbox.tell(
        people,
        subject=f"Exception from “{exception.period}”: {variant}",
        body=f"{name_of(exception.asked_by)} asks that “{variant}” may go out inside the quiet period "
        f"“{exception.period}”, on {_moment(exception.at, exception.zone)}.\n\n“{exception.reason}”",
        url=reverse("editorial:quiet", args=[variant.pk]),
        event_id=f"quiet.asked.{exception.pk}",
        kind="quiet_asked",
    )


def tell_exception_settled(exception: QuietException) -> None:
    variant = exception.variant
    word = "granted" if exception.granted else "refused"
    outbox.tell(
        [exception.asked_by, variant.owner],
        subject=f"Exception {word}: {variant}",
        body=f"{name_of(exception.settled_by)} {word} the exception from “{exception.period}” for “{variant}”, "
        f"on {_moment(exception.at, exception.zone)}.",
        url=address(variant),
        event_id=f"quiet.settled.{exception.pk}",
        kind=f"quiet_{word}",
    )


def announce() -> None:
    """Tell the outbox which of these come in crowds, and which mails are a choice. Called at start."""
    outbox.register(
        outbox.Bundle(
            MOVES,
            mail_title="{n} posts were moved",
            titles={"moved": "{n} posts were moved"},
            wait=timedelta(minutes=2),
            url="/admin/calendar/list/",
        )
    )
    mails.offer("moved", label="A post of mine, or one that I approved, was moved", default=True)
    mails.offer("digest", label="Each morning: what waits for me, and my posts of the day", default=True)
