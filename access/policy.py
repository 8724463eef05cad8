"""Who may do what, in which campaign: the one choke point.

Every view, action, report and endpoint asks here. Menus only follow the answer; hiding is never the safeguard.
An object belongs to a campaign when it has ``campaign_id`` (a page id), is a campaign page, or lies below one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Value
from django.utils import timezone
from wagtail.models import Page

from access.models import CampaignRole, Role, StandIn

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
GOALS = "goals"  # say what a campaign's numbers are held against, and import clicks on its site

CAPABILITIES: dict[str, frozenset[str]] = {
    Role.CREATOR: frozenset({VIEW, WRITE, CHECK, SUBMIT, PLAN, REPORT}),
    Role.MANAGER: frozenset(
        {VIEW, WRITE, CHECK, SUBMIT, APPROVE, PLAN, PUBLISH, PAUSE, CHANNELS, REPLY, MODERATE, REPORT, GOALS}
    ),
    Role.COMMUNITY: frozenset({VIEW, REPLY, MODERATE, REPORT}),
    Role.ANALYST: frozenset({VIEW, REPORT}),
}
DEPUTY = "deputy"  # what goes over to somebody who stands in for an approver
APPROVING = [role for role, has in CAPABILITIES.items() if APPROVE in has]
EVERYTHING: frozenset[str] = frozenset().union(*CAPABILITIES.values())


# What is done with an account of ours on a network: a channel may keep these to some of the campaign's groups.
WITH_CHANNEL = frozenset({SUBMIT, APPROVE, PUBLISH, REPLY, MODERATE, CHANNELS})


def _roles(user: Any) -> list[tuple[int, str, str]]:
    """(campaign page id, its tree path, role) of an active user; read once per user object, in one query.

    A role that is only stood in for is there as ``DEPUTY``, in campaigns where the person has a role of their own.
    """
    cached = getattr(user, "_hustings_roles", None)
    if cached is None:
        names = ("campaign_id", "campaign__path", "role")
        own = CampaignRole.objects.filter(group__user=user).values_list(*names)
        absent = StandIn.objects.filter(deputy=user, absent__is_active=True, **_now()).values("absent")
        theirs = CampaignRole.objects.filter(group__user__in=absent, role__in=APPROVING)
        deputed = theirs.annotate(as_=Value(DEPUTY)).values_list("campaign_id", "campaign__path", "as_")
        rows = set(own.union(deputed))
        stood_in = {row for row in rows if row[2] == DEPUTY}
        cached = user._hustings_roles = with_deputed(rows - stood_in, stood_in)
    return cached


def with_deputed(
    own: Iterable[tuple[int, str, str]], stood_in: Iterable[tuple[int, str, str]]
) -> list[tuple[int, str, str]]:
    """Own roles, and as ``DEPUTY`` those stood in for in campaigns where the person has one of their own."""
    mine = {pk for pk, _, _ in own}
    return [*own, *{(pk, path, DEPUTY) for pk, path, _ in stood_in if pk in mine}]


def _has(role: str, capability: str) -> bool:
    return capability == APPROVE if role == DEPUTY else capability in CAPABILITIES[role]


def _now() -> dict[str, Any]:
    now = timezone.now()
    return {"starts_at__lte": now, "ends_at__gt": now}


def approves_anywhere(user: Any) -> bool:
    """Whether a person may approve in some campaign in their own right, not only in somebody's place."""
    return _has_everything(user) or any(role in APPROVING for _, _, role in _roles(user))


def stands_in_for(user: Any) -> list[Any]:
    """The people who are away now and for whom this person stands in."""
    rows = StandIn.objects.filter(deputy_id=user.pk, absent__is_active=True, **_now())
    return [row.absent for row in rows.select_related("absent")]


def deputies_of(users: Iterable[Any]) -> list[Any]:
    """Who stands in for one of these now."""
    rows = StandIn.objects.filter(absent__in=list(users), deputy__is_active=True, **_now())
    return [row.deputy for row in rows.select_related("deputy")]


def _has_everything(user: Any) -> bool:
    return bool(user and user.is_active and user.is_superuser)


def campaign_ids(user: Any, capability: str) -> set[int] | None:
    """The campaigns in which a person has a capability; None means all of them (administrators)."""
    if _has_everything(user):
        return None
    if not user or not user.is_active or not user.is_authenticated:
        return set()
    return {pk for pk, _, role in _roles(user) if _has(role, capability)}


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
            if pk in ids and _has(role, capability)
        )
    return thing.campaign_id in ids and (capability not in WITH_CHANNEL or may_use(user, thing))


def may_use(user: Any, thing: Any) -> bool:
    """Whether the person is in a group that may use each channel that a thing goes to.

    A thing tells them by ``used_channels()``; a channel's ``only_groups`` holds group ids, empty for everybody.
    """
    if _has_everything(user) or not hasattr(thing, "used_channels"):
        return True
    kept = [set(channel.only_groups) for channel in thing.used_channels() if channel.only_groups]
    return not kept or all(groups & _group_ids(user) for groups in kept)


def _group_ids(user: Any) -> set[int]:
    cached = getattr(user, "_hustings_groups", None)
    if cached is None:
        cached = user._hustings_groups = set(user.groups.values_list("pk", flat=True))
    return cached


def require(user: Any, capability: str, thing: Any = None) -> None:
    """Raise PermissionDenied unless :func:`can`."""
    if not can(user, capability, thing):
        raise PermissionDenied
