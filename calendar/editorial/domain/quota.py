"""The day quota of a channel, counted while planning: approved, out and merely planned posts together.

What failed or was cancelled takes no place, as on the calendar (``editorial.domain.standing``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from editorial.domain import standing
from formats.models import Variant
from publishing.core.quota import busiest
from publishing.core.states import GONE
from publishing.domain import quota
from publishing.models import Publication

Planned = dict[int, list[tuple[datetime, int]]]


def refusal(variant: Variant, at: datetime) -> str | None:
    """Say why this variant would be one too many at this time; None when every channel has room."""
    return refusal_of(
        variant.channels.all(), at, format=variant.format, parts=_parts(variant), but_variant=variant.pk
    )


def refusal_of(
    channels: Iterable[Channel],
    at: datetime,
    *,
    format: str,
    parts: int = 1,
    but_variant: int | None = None,
    more: Planned | None = None,
) -> str | None:
    """The same for a post that may not exist yet. ``more`` is what else is about to be planned, by channel."""
    counted = [channel for channel in channels if counts(channel, format)]
    if not counted:
        return None
    also = _planned(but_variant, counted, at)
    for channel in counted:
        also[channel.pk] += (more or {}).get(channel.pk, [])
    return quota.refusal(counted, at, format=format, parts=parts, but_variant=but_variant, also=also)


def counts(channel: Channel, format: str) -> bool:
    """Whether a post of this format uses up a day quota of the channel."""
    return channel.platform in CONNECTORS and quota.counts(channel, format)


def has_room(channel: Channel, at: datetime, taken: Iterable[datetime]) -> bool:
    """Whether one more post of any format fits beside those ``taken``. A quota for some formats only leaves room."""
    limit = CONNECTORS[channel.platform].quota_of(channel) if channel.platform in CONNECTORS else None
    if limit is None or limit.formats is not None:
        return True
    return busiest(((when, 1) for when in taken), at, 1, quota.WINDOW) <= limit.posts


def _planned(but_variant: int | None, channels: list[Channel], at: datetime) -> Planned:
    """What others are planned there and have no publication yet, by channel."""
    counted_already = Publication.objects.posts().exclude(state__in=GONE).values("variant")
    near = Variant.objects.filter(
        channels__in=channels, planned_at__gt=at - quota.WINDOW, planned_at__lt=at + quota.WINDOW
    )
    near = near.exclude(pk=but_variant).exclude(pk__in=counted_already).distinct()
    gone = standing.gone(near)
    found: Planned = defaultdict(list)
    for other in near.prefetch_related("channels"):
        if other.pk in gone:
            continue
        for channel in other.channels.all():
            if quota.counts(channel, other.format):
                found[channel.pk].append((other.planned_at, _parts(other)))
    return found


def _parts(variant: Variant) -> int:
    return max(1, len(variant.parts))
