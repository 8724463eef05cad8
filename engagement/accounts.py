"""What the networks say of our accounts, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from engagement import spending
from engagement.models import ChannelDay
from engagement.rollups import number, zones_of

EVENING = time(20)  # rounds are three hours apart: one of them comes before midnight


def told_today(channel: Channel, now: datetime) -> bool:
    """Whether the network has answered about this account since the last evening of its campaign began.

    Accounts are read in the evening, so that what stands under a day is near its end; where no worker was there then, as
    soon as one is.
    """
    local = now.astimezone(zones_of({channel.campaign_id})[channel.campaign_id])
    began = datetime.combine(local.date(), EVENING, tzinfo=local.tzinfo)
    if local < began:
        began -= timedelta(days=1)  # on the same clock
    return ChannelDay.objects.filter(channel=channel, at__gte=began.astimezone(UTC)).exists()


def checked(channel: Channel, facts: Mapping[str, Any], at: datetime, **kwargs: Any) -> None:
    """Keep what an account was found to have. The last of a day stands; a silent answer does not undo a told one."""
    day = at.astimezone(zones_of({channel.campaign_id})[channel.campaign_id]).date()
    more = facts.get("facts") or {}
    figures = {k: v for k, v in more.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    _charge(channel, at)
    told = {"at": at, "figures": figures}
    if (followers := number(facts.get("followers"))) is not None:
        told["followers"] = followers
    ChannelDay.objects.update_or_create(channel=channel, day=day, defaults=told)


def _charge(channel: Channel, at: datetime) -> None:
    """Where people are charged, our own account is one, once on a day by UTC."""
    today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not ChannelDay.objects.filter(channel=channel, at__gte=today).exists():
        me = spending.Taken(people=1)
        spending.note_taken(CONNECTORS[channel.platform], channel.campaign_id, me, at)
