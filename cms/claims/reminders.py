"""Tells checkers in time that a claim's day comes near. A periodic job: each claim and date is told once."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model

from access.models import CampaignRole, Role
from cms.models import Claim, ClaimStatus
from formats.core.claims import day
from work import clock, outbox

SOON = timedelta(days=14)


def expiring(days: timedelta = SOON) -> Any:
    """Checked claims whose last day comes within this time, the nearest first. By the server's UTC day."""
    today = clock.now().date()
    rows = Claim.objects.filter(
        status=ClaimStatus.CHECKED, expires_on__gte=today, expires_on__lte=today + days
    )
    return rows.order_by("expires_on", "pk")


def remind() -> None:
    """Tell the person named, else whoever checked last, else the campaign's managers."""
    rows = list(expiring().select_related("checker", "checked_by", "campaign"))
    managers = managers_of({claim.campaign_id for claim in rows})
    for claim in rows:
        person = next((p for p in (claim.checker, claim.checked_by) if p is not None and p.is_active), None)
        outbox.tell(
            [person] if person else managers[claim.campaign_id],
            subject=f"To check again by {day(claim.expires_on)}: {claim}",
            body=f"The claim “{claim.text}” is good until {day(claim.expires_on)}. After that day nothing that carries "
            "it goes out. Compare it with its source and check it again.",
            url=claim.url,
            event_id=f"claim.expiring.{claim.pk}.{claim.expires_on}",
            kind="claim_expiring",
        )


def managers_of(campaign_ids: Any) -> dict[int, list[Any]]:
    roles = CampaignRole.objects.filter(campaign__in=campaign_ids, role=Role.MANAGER)
    campaigns = defaultdict(set)
    for campaign_id, group_id in roles.values_list("campaign_id", "group_id"):
        campaigns[group_id].add(campaign_id)
    found: dict[int, list[Any]] = defaultdict(list)
    users = get_user_model().objects.filter(is_active=True, groups__in=campaigns)
    for user in users.distinct().prefetch_related("groups"):
        for campaign_id in set().union(*(campaigns.get(group.pk, ()) for group in user.groups.all())):
            found[campaign_id].append(user)
    return found
