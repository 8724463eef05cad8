"""The day quota of an account, counted when a post is planned: the 51st of 50 is refused then, not at its time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from publishing.core.quota import busiest
from publishing.core.states import GONE
from publishing.models import Publication

WINDOW = timedelta(hours=24)

Planned = Mapping[int, Sequence[tuple[datetime, int]]]


def refusal(
    channels: Iterable[Channel],
    at: datetime,
    *,
    format: str,
    parts: int = 1,
    but_variant: int | None = None,
    also: Planned | None = None,
) -> str | None:
    """Say in a sentence why one more post at this time is too much for one of the channels; None when it is not.

    Counts what is approved or out; ``also`` adds what is only planned, per channel id as (instant, parts).
    ``but_variant`` is the variant that is just being planned: its own publications do not count.
    """
    for channel in channels:
        connector = CONNECTORS[channel.platform]
        quota = connector.quota_of(channel)
        if quota is None or not _counts(quota, format):
            continue
        planned = [
            (when, count if quota.parts else 1)
            for when, count in [
                *_approved(channel, at, quota, but_variant),
                *(also or {}).get(channel.pk, ()),
            ]
        ]
        most = busiest(planned, at, parts if quota.parts else 1, WINDOW)
        if most > quota.posts:
            return (
                f"{connector.label} takes {quota.posts} posts in 24 hours on {channel.handle}; "
                f"this would be number {most}. Choose another day, or another channel."
            )
    return None


def counts(channel: Channel, format: str) -> bool:
    """Whether a post of this format uses up a day quota of the channel."""
    quota = CONNECTORS[channel.platform].quota_of(channel)
    return quota is not None and _counts(quota, format)


def _counts(quota: Any, format: str) -> bool:
    return quota.formats is None or format.endswith(quota.formats)


def _approved(channel: Channel, at: datetime, quota: Any, but: int | None) -> list[tuple[datetime, int]]:
    rows = (
        Publication.objects.posts()
        .filter(channel_id=channel.pk, due_at__gt=at - WINDOW, due_at__lt=at + WINDOW)
        .exclude(state__in=GONE)
    )
    if but is not None:
        rows = rows.exclude(variant_id=but)
    found = rows.values_list("due_at", "version__payload__format", "version__payload__parts")
    return [(when, len(parts)) for when, name, parts in found if _counts(quota, name)]
