"""Who may change a quiet period, and so grant exceptions from it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from access import policy
from access.models import CampaignRole
from editorial.models import QuietPeriod


def may_change(user: Any, period: QuietPeriod) -> bool:
    """Whoever may hold the campaign's posts; a period for every campaign is the administrators'."""
    if period.campaign_id is None:
        return bool(user.is_active and user.is_superuser)
    return policy.can(user, policy.PAUSE, period)


def people_who_may_change(period: QuietPeriod) -> list[Any]:
    roles = [role for role, has in policy.CAPABILITIES.items() if policy.PAUSE in has]
    groups = CampaignRole.objects.filter(role__in=roles, campaign_id=period.campaign_id).values("group")
    users = get_user_model().objects.filter(is_active=True)
    return list(users.filter(Q(is_superuser=True) | Q(groups__in=groups)).distinct())
