"""Ask somebody outside: make a link, take it back, take its one answer.

An answer is a decision of the workflow only where the person who made the link could have decided: they name the
approver and stand for it, so they are somebody else than the authors. Otherwise it is kept as an opinion and told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from wagtail.log_actions import log

from access import policy
from editorial.domain import approval, authors, notices
from editorial.domain.refused import Refused
from editorial.guests import tokens
from editorial.guests.models import Invitation
from editorial.models import ApprovalTask
from formats.core.payload import digest as digest_of
from formats.models import Variant
from work import clock

DAYS = (1, 3, 7, 14)
MOST_OPEN = 10  # links of one post at a time
GONE = {
    "answered": "This link has been used: it takes one answer only.",
    "revoked": "This link was taken back.",
    "expired": "This link is too old. Ask whoever sent it for a new one.",
    "changed": "The post was changed after this link was made, so it no longer shows what would go out. "
    "Ask whoever sent it for a new one.",
    "fixed": "The post is out, or no longer planned. There is nothing to decide any more.",
}
OPINION_OWN = "Whoever made the link wrote or last edited the post, so the answer is an opinion only."
OPINION_STATE = "The post was not waiting for approval then, so the answer is an opinion only."
OPINION_STEP = "Whoever made the link does not decide this step, so the answer is an opinion only."


@transaction.atomic
def invite(variant: Variant, *, by: Any, name: str, email: str = "", days: int = 3) -> tuple[Invitation, str]:
    """A link for one person to exactly what would go out now. Returns the row and the token, which is kept nowhere.

    Raises Refused: permission, not ready, a member of the authors' team, too many.
    """
    variant = approval.locked(variant)
    if not policy.can(by, policy.APPROVE, variant):
        raise Refused("permission", "Only who approves in this campaign asks somebody outside.")
    name = " ".join(name.split())
    if len(name) < 3:
        raise Refused("name", "Write the name of the one person whom this link is for.")
    _refuse_the_team(variant, email, by)
    now = clock.now()
    if variant.invitations.filter(answered_at=None, revoked_at=None, expires_at__gt=now).count() >= MOST_OPEN:
        raise Refused("many", "There are ten open links for this post. Take one back first.")
    payload = approval.built(variant)
    until = now + timedelta(days=days if days in DAYS else min(DAYS))
    if variant.planned_at is not None:
        until = min(until, variant.planned_at)
    if until <= now:
        raise Refused("past", "Its planned time has passed. Plan it for a later time first.")
    token, kept = tokens.new()
    made = Invitation.objects.create(
        variant=variant, payload=payload, digest=digest_of(payload), name=name, email=email,
        secret_sha256=kept, invited_by=by, created_at=now, expires_at=until,
    )  # fmt: skip
    log(instance=variant, action="editorial.guest_asked", user=by, data={"name": name})
    return made, token


def _refuse_the_team(variant: Variant, email: str, by: Any) -> None:
    """Someone who wrote it, or who asks, is not somebody else because they come by a link."""
    if not email:
        return
    own = {*authors.authors_of(variant), by.pk}
    if get_user_model().objects.filter(pk__in=own, email__iexact=email).exists():
        raise Refused("own_work", "This address belongs to somebody who wrote the post, or to you.")


@transaction.atomic
def revoke(invitation: Invitation, *, by: Any) -> None:
    if not policy.can(by, policy.APPROVE, invitation.variant):
        raise Refused("permission", "Only who approves in this campaign takes links back.")
    rows = Invitation.objects.filter(pk=invitation.pk, answered_at=None, revoked_at=None)
    if not rows.update(revoked_at=clock.now()):
        raise Refused("state", "It has been answered or taken back already.")
    log(
        instance=invitation.variant, action="editorial.guest_revoked", user=by, data={"name": invitation.name}
    )


def find(token: str) -> Invitation | None:
    kept = tokens.hash_of(token)
    rows = Invitation.objects.select_related("variant__campaign", "variant__story", "invited_by")
    return rows.filter(secret_sha256=kept).first() if kept else None


def why_gone(invitation: Invitation, now: datetime) -> str:
    """Why a link shows nothing any more, as a key of ``GONE``; empty while it is open."""
    if (state := invitation.state(now)) != "open":
        return state
    word = approval.status_of([invitation.variant])[invitation.variant_id].word
    if word in ("publishing", "published", "attention", "cancelled"):
        return "fixed"
    try:
        same = digest_of(approval.built(invitation.variant)) == invitation.digest
    except Refused:
        same = False
    return "" if same else "changed"


def opened(invitation: Invitation) -> None:
    if Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=clock.now()):
        log(instance=invitation.variant, action="editorial.guest_opened", data={"name": invitation.name})


@transaction.atomic
def answer(invitation: Invitation, action: str, *, said_name: str, comment: str = "") -> Invitation:
    """The one answer. Raises Refused with nothing changed: gone, another name, no comment, not approvable."""
    variant = approval.locked(invitation.variant)
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).select_related("invited_by").get(pk=invitation.pk)
    )
    invitation.variant = variant
    now = clock.now()
    if why := why_gone(invitation, now):
        raise Refused(why, GONE[why])
    if action not in Invitation.Answer.values:
        raise Refused("action", "Choose one of the two answers.")
    if " ".join(said_name.split()).casefold() != invitation.name.casefold():
        raise Refused(
            "name",
            f"This link is for {invitation.name}. If that is you, write the name as it stands here; "
            "if not, ask whoever sent it for a link of your own.",
        )
    comment = comment.strip()[:4000]
    if action == "reject" and not comment:
        raise Refused("comment", "Say what should change.")
    why_not = _why_only_an_opinion(invitation)
    if not why_not:
        _decide(invitation, action, comment)
    Invitation.objects.filter(pk=invitation.pk).update(
        answer=action, answered_at=now, answered_as=" ".join(said_name.split())[:120], comment=comment,
        counted=not why_not, why_not=why_not,
    )  # fmt: skip
    invitation.refresh_from_db()
    said = {"name": invitation.name, "answer": action, "comment": comment, "counted": not why_not}
    log(instance=variant, action="editorial.guest_answered", data=said)
    notices.tell_guest_answer(invitation)
    return invitation


def _why_only_an_opinion(invitation: Invitation) -> str:
    variant, by = invitation.variant, invitation.invited_by
    task = variant.current_workflow_task
    state = variant.current_workflow_task_state
    if not isinstance(task, ApprovalTask) or state is None or state.status != "in_progress":
        return OPINION_STATE
    if by is None or not by.is_active or not task.may_review(variant, by):
        return OPINION_STEP
    own = authors.is_own_work(variant, by) or approval.only_for_an_author(task, variant, by)
    return OPINION_OWN if own else ""


def _decide(invitation: Invitation, action: str, comment: str) -> None:
    state = invitation.variant.current_workflow_task_state
    approval.decide(
        state.task.specific,
        state.specific,
        action,
        by=None,
        guest=invitation,
        digest=invitation.digest,
        comment=comment,
    )
