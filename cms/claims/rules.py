"""What may happen to a claim, and who may do it: the only writers of its status."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from wagtail.log_actions import log

from access import policy
from access.models import CampaignRole
from cms.models import Claim, ClaimStatus
from cms.models.claims import SAYS
from formats.claims import day_of
from work import clock


class NotPossible(ValueError):
    """It cannot be done now; the text says why, for people. Nothing was changed."""


def may_check(user: Any, claim: Claim) -> bool:
    """Creators and managers of its campaign; and whoever was named, if they may see the campaign at all."""
    if policy.can(user, policy.CHECK, claim):
        return True
    return (
        claim.checker_id is not None and claim.checker_id == user.pk and policy.can(user, policy.VIEW, claim)
    )


def may_write(user: Any, claim: Claim) -> bool:
    return policy.can(user, policy.WRITE, claim)


def checkers(campaign_ids: Any) -> QuerySet:
    """The people who can be named: the teams of these campaigns, and administrators."""
    groups = CampaignRole.objects.filter(campaign__in=campaign_ids).values("group")
    people = get_user_model().objects.filter(is_active=True)
    return (
        people.filter(Q(groups__in=groups) | Q(is_superuser=True))
        .distinct()
        .order_by("first_name", "username")
    )


def today(claim: Claim) -> date:
    """The day on the campaign's clock: a claim is good until the end of its last day there."""
    return day_of(claim.campaign.time_zone, clock.now())


@transaction.atomic
def check(claim: Claim, *, by: Any, on: date | None = None, expires_on: date | None = None) -> Claim:
    """Say that the statement agrees with its source, as of a day. Raises PermissionDenied, NotPossible."""
    claim = _locked(claim)
    if not may_check(by, claim):
        raise PermissionDenied
    _refuse_withdrawn(claim)
    on = on or today(claim)
    if not (claim.source_title or claim.source_url).strip():
        raise NotPossible("It has no source to check it against. Write down where it comes from first.")
    if on > today(claim):
        raise NotPossible("The day of the check lies ahead.")
    if expires_on is not None and expires_on < today(claim):
        raise NotPossible("The day until which it is good has passed already.")
    claim.status, claim.checked_on, claim.checked_by, claim.expires_on = (
        ClaimStatus.CHECKED,
        on,
        by,
        expires_on,
    )
    _save(claim, by, "claims.check", {"on": on.isoformat(), "until": expires_on and expires_on.isoformat()})
    return claim


@transaction.atomic
def withdraw(
    claim: Claim, *, by: Any, explanation: str, right: str = "", source: str = "", source_url: str = ""
) -> Claim:
    """Retract a claim, or correct it where ``right`` says what is true; what carries it stops at once.

    The corrected statement becomes a claim of its own, unchecked, named as successor. Raises PermissionDenied, NotPossible.
    """
    claim = _locked(claim)
    if not policy.can(by, policy.CHECK, claim):
        raise PermissionDenied
    _refuse_withdrawn(claim)
    if not explanation.strip():
        raise NotPossible("Say in one or two sentences what was wrong: readers will see it.")
    if right.strip():
        claim.successor = Claim(
            campaign=claim.campaign,
            text=right.strip(),
            source_title=source.strip(),
            source_url=source_url.strip(),
            checker=claim.checker,
        )
        _save(claim.successor, by, "wagtail.create", {})
        claim.successor_id = claim.successor.pk
    claim.status = ClaimStatus.CORRECTED if right.strip() else ClaimStatus.RETRACTED
    claim.explanation, claim.withdrawn_at = explanation.strip(), clock.now()
    _save(claim, by, "claims.withdraw", {"how": claim.status, "why": claim.explanation})
    return claim


def forget_check(claim: Claim) -> bool:
    """Other words than those that were checked are unchecked. On the object only; True if that changed anything."""
    if claim.pk is None or claim.status != ClaimStatus.CHECKED:
        return False
    before = Claim.objects.filter(pk=claim.pk).values(*SAYS).first()
    if before is None or all(before[name] == getattr(claim, name) for name in SAYS):
        return False
    claim.status, claim.checked_on, claim.checked_by = ClaimStatus.UNCHECKED, None, None
    return True


def _locked(claim: Claim) -> Claim:
    return Claim.objects.select_for_update().select_related("campaign").get(pk=claim.pk)


def _refuse_withdrawn(claim: Claim) -> None:
    if claim.withdrawn:
        raise NotPossible(f"It has been {claim.get_status_display().lower()} already.")


def _save(claim: Claim, by: Any, action: str, data: dict[str, Any]) -> None:
    claim.save()
    revision = claim.save_revision(user=by, clean=False)
    log(instance=claim, action=action, user=by, data=data, revision=revision, content_changed=True)
