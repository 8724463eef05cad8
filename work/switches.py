"""The pause switch: hold everything, a campaign, a platform or a channel.

It acts at the next intent, within a second.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from work import clock
from work.models import Switch, SwitchScope


def paused(
    *, campaign_id: int | None = None, platform: str = "", channel_id: int | None = None
) -> Switch | None:
    """The switch that holds this, the widest one first; None when nothing does."""
    where = Q(scope=SwitchScope.ALL)
    if campaign_id is not None:
        where |= Q(scope=SwitchScope.CAMPAIGN, key=str(campaign_id))
    if platform:
        where |= Q(scope=SwitchScope.PLATFORM, key=platform)
    if channel_id is not None:
        where |= Q(scope=SwitchScope.CHANNEL, key=str(channel_id))
    order = [scope.value for scope in SwitchScope]
    return min(Switch.objects.filter(where, on=True), key=lambda s: order.index(s.scope), default=None)


def turn(scope: str, key: str = "", *, on: bool, reason: str = "", by: Any = None) -> Switch:
    """Pause or resume one scope."""
    values = {"on": on, "reason": reason, "by": by, "at": clock.now()}
    switch, _ = Switch.objects.update_or_create(scope=scope, key=str(key), defaults=values)
    return switch
