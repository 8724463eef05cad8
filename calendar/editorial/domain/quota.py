"""The day quota of a channel, counted while planning: approved, out and merely planned posts together."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from channels.connectors.registry import CONNECTORS
from formats.models import Variant
from publishing.core.states import GONE
from publishing.domain import quota
from publishing.models import Publication


def refusal(variant: Variant, at: datetime) -> str | None:
    """Say why this variant would be one too many at this time; None when every channel has room."""
    channels = [
        c for c in variant.channels.all() if c.platform in CONNECTORS and quota.counts(c, variant.format)
    ]
    if not channels:
        return None
    return quota.refusal(
        channels,
        at,
        format=variant.format,
        parts=_parts(variant),
        but_variant=variant.pk,
        also=_planned(variant, channels, at),
    )


def _planned(variant: Variant, channels: list, at: datetime) -> dict[int, list[tuple[datetime, int]]]:
    """What others are planned there and have no publication yet, by channel."""
    gone = Publication.objects.exclude(state__in=GONE).values("variant")
    near = Variant.objects.filter(
        channels__in=channels, planned_at__gt=at - quota.WINDOW, planned_at__lt=at + quota.WINDOW
    )
    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for other in near.exclude(pk=variant.pk).exclude(pk__in=gone).distinct().prefetch_related("channels"):
        for channel in other.channels.all():
            if quota.counts(channel, other.format):
                found[channel.pk].append((other.planned_at, _parts(other)))
    return found


def _parts(variant: Variant) -> int:
    return max(1, len(variant.parts))
