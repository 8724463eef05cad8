from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.db.models import QuerySet
from wagtail.permissions import policy_registry

register = template.Library()


@register.simple_tag(takes_context=True)
def my_collections(context: dict[str, Any]) -> QuerySet:
    """The collections in which this person may do anything with videos. Called by an upper house's template."""
    policy = policy_registry.get_by_type(apps.get_model("cms.CampaignMedia"))
    return policy.collections_user_has_any_permission_for(
        context["request"].user, ["add", "change", "delete", "choose"]
    )
