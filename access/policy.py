"""Who may do what, in which campaign: the one choke point.

Every view, action, report and endpoint asks here. Menus only follow the answer; hiding is never the safeguard.
An object belongs to a campaign when it has ``campaign_id`` (a page id), is a campaign page, or lies below one.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from wagtail.models import Page

from access.models import CampaignRole, Role

VIEW = "view"  # see stories, variants, calendar
WRITE = "write"  # write stories, create and edit variants
CHECK = "check"  # say that a claim agrees with its source, or take it back
SUBMIT = "submit"  # hand a variant in for approval
APPROVE = "approve"  # approve or reject (never one's own: that rule is the workflow task's)
PLAN = "plan"  # move variants in the calendar
PUBLISH = "publish"  # send now, retry, decide what happens to a publication that needs attention
PAUSE = "pause"  # hold everything of a campaign, platform or channel
CHANNELS = "channels"  # connect and disconnect accounts
REPLY = "reply"  # answer people
MODERATE = "moderate"  # hide and delete comments under the published policy
REPORT = "report"  # read numbers

CAPABILITIES: dict[str, frozenset[str]] = {
    Role.CREATOR: frozenset({VIEW, WRITE, CHECK, SUBMIT, PLAN, REPORT}),
    Role.MANAGER: frozenset(
        {VIEW, WRITE, CHECK, SUBMIT, APPROVE, PLAN, PUBLISH, PAUSE, CHANNELS, REPLY, MODERATE, REPORT}
    ),
    Role.COMMUNITY: frozenset({VIEW, REPLY, MODERATE, REPORT}),
    Role.ANALYST: frozenset({VIEW, REPORT}),
}
EVERYTHING: frozenset[str] = frozenset().union(*CAPABILITIES.values())


def _roles(user: Any) -> list[tuple[int, str, str]]:
    """(campaign page id, its tree path, role) of an active user; read once per user object."""
    cached = getattr(user, "_hustings_roles", None)
    if cached is None:
        rows = CampaignRole.objects.filter(group__user=user).values_list(
            "campaign_id", "campaign__path", "role"
        )
        cached = user._hustings_roles = list(rows)
    return cached


def _has_everything(user: Any) -> bool:
    return bool(user and user.is_active and user.is_superuser)


def campaign_ids(user: Any, capability: str) -> set[int] | None:
    """The campaigns in which a person has a capability; None means all of them (administrators)."""
    if _has_everything(user):
        return None
    if not user or not user.is_active or not user.is_authenticated:
        return set()
    return {pk for pk, _, role in _roles(user) if capability in CAPABILITIES[role]}


def scoped(queryset: QuerySet, user: Any, capability: str = VIEW, *, field: str = "campaign") -> QuerySet:
    """Only the rows of campaigns in which the person has the capability. ``field`` is the path to the campaign."""
    ids = campaign_ids(user, capability)
    return queryset if ids is None else queryset.filter(**{f"{field}__in": ids})


def campaigns(user: Any, capability: str = VIEW) -> QuerySet:
    """The campaign pages in which a person has a capability, by title."""
    pages = Page.objects.filter(campaign_roles__isnull=False).distinct().order_by("title")
    ids = campaign_ids(user, capability)
    return pages if ids is None else pages.filter(pk__in=ids)


def can(user: Any, capability: str, thing: Any = None) -> bool:
    """Whether a person has a capability for a thing; without a thing, in any campaign at all."""
    if _has_everything(user):
        return True
    ids = campaign_ids(user, capability) or set()
    if thing is None or not ids:
        return bool(ids)
    if isinstance(thing, Page):
        return any(
            thing.path.startswith(path)
            for pk, path, role in _roles(user)
            if pk in ids and capability in CAPABILITIES[role]
        )
    return thing.campaign_id in ids


def require(user: Any, capability: str, thing: Any = None) -> None:
    """Raise PermissionDenied unless :func:`can`."""
    if not can(user, capability, thing):
        raise PermissionDenied
