"""Posts that stand too close to each other on one account. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Slot:
    """One variant's place on one channel."""

    variant: int
    channel: int
    at: datetime


@dataclass(frozen=True)
class Clash:
    """``variant`` stands ``apart`` from ``other`` on ``channel``; at least ``gap`` is wanted."""

    variant: int
    other: int
    channel: int
    apart: timedelta
    gap: timedelta


def clashes(slots: Iterable[Slot], gaps: Mapping[int, timedelta]) -> dict[int, list[Clash]]:
    """Per variant, every other one that is nearer than the channel's minimum gap. Each pair is named at both ends."""
    by_channel: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_channel[slot.channel].append(slot)
    found: dict[int, list[Clash]] = defaultdict(list)
    for channel, row in by_channel.items():
        gap = gaps.get(channel, timedelta())
        row.sort(key=lambda slot: (slot.at, slot.variant))
        for index, one in enumerate(row):
            for other in row[index + 1 :]:
                apart = other.at - one.at
                if apart >= gap:
                    break
                found[one.variant].append(Clash(one.variant, other.variant, channel, apart, gap))
                found[other.variant].append(Clash(other.variant, one.variant, channel, apart, gap))
    return dict(found)
