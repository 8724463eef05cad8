"""Who may do what with variants, in Wagtail's words, answered by access.policy and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from wagtail.permission_policies.base import BasePermissionPolicy

from access import policy

CAPABILITY = {
    "view": policy.VIEW,
    "choose": policy.VIEW,
    "change": policy.WRITE,
    "delete": policy.WRITE,
    "lock": policy.WRITE,
    "unlock": policy.APPROVE,
}


class CampaignPolicy(BasePermissionPolicy):
    """Wagtail's questions about things of a campaign, as capabilities in that campaign. What is not named is nobody's."""

    capabilities: Mapping[str, str] = CAPABILITY

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in self.capabilities and policy.can(user, self.capabilities[action])

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return action in self.capabilities and policy.can(user, self.capabilities[action], instance)

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet:
        allowed = self.model.objects.none()
        for action in actions:
            if action in self.capabilities:
                allowed = allowed | policy.scoped(self.model.objects.all(), user, self.capabilities[action])
        return allowed

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet:
        from access.models import CampaignRole  # only administrators' reports ask

        wanted = {self.capabilities[action] for action in actions if action in self.capabilities}
        roles = [role for role, has in policy.CAPABILITIES.items() if has & wanted]
        groups = CampaignRole.objects.filter(role__in=roles).values("group")
        users = get_user_model().objects.filter(is_active=True)
        return users.filter(Q(is_superuser=True) | Q(groups__in=groups)).distinct()

    def users_with_any_permission_for_instance(self, actions: Iterable[str], instance: Any) -> QuerySet:
        from access.models import CampaignRole  # as above

        wanted = {self.capabilities[action] for action in actions if action in self.capabilities}
        roles = [role for role, has in policy.CAPABILITIES.items() if has & wanted]
        groups = CampaignRole.objects.filter(role__in=roles, campaign_id=instance.campaign_id).values("group")
        users = get_user_model().objects.filter(is_active=True)
        return users.filter(Q(is_superuser=True) | Q(groups__in=groups)).distinct()


class VariantPolicy(CampaignPolicy):
    """``add`` and ``publish`` are nobody's: variants are made from a story, and go out through approval."""
