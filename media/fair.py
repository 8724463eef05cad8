"""Whose render comes next: campaigns take turns, measured in the time each has been given lately. Pure.

A campaign that asks for fifty films waits after one that asks for a card, but never longer than the others have had.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What a render is taken to cost before it is known, in seconds of work.
COST_S = {"card": 1.0, "copy": 2.0, "film": 20.0, "cut": 30.0}
# Inside a campaign a card goes before a video that was asked for at most so much earlier: people watch it being made.
HEAD_START_S = {"card": 120.0}
LATELY_S = 600.0


@dataclass(frozen=True)
class Waiting:
    """A render that is due. ``due_s`` is since when, in seconds on any clock."""

    id: Any
    campaign: int | None
    kind: str
    due_s: float


def order(waiting: Iterable[Waiting], spent_s: Mapping[int | None, float]) -> list[Any]:
    """The ids in the order in which they should be taken. ``spent_s`` is the work done for each campaign lately."""
    lines: dict[int | None, list[Waiting]] = defaultdict(list)
    for each in waiting:
        lines[each.campaign].append(each)
    for line in lines.values():
        line.sort(key=_rank, reverse=True)
    turns = [_turn(spent_s.get(campaign, 0.0), line) for campaign, line in lines.items()]
    heapq.heapify(turns)
    found = []
    while turns:
        spent, _, _, line = heapq.heappop(turns)
        taken = line.pop()
        found.append(taken.id)
        if line:
            heapq.heappush(turns, _turn(spent + COST_S.get(taken.kind, 10.0), line))
    return found


def _rank(each: Waiting) -> tuple[float, str]:
    return each.due_s - HEAD_START_S.get(each.kind, 0.0), str(each.id)


def _turn(spent: float, line: list[Waiting]) -> tuple[float, float, str, list[Waiting]]:
    return spent, line[-1].due_s, str(line[-1].campaign), line


def spent(
    work: Iterable[tuple[int | None, float | None, float | None]], now_s: float
) -> dict[int | None, float]:
    """Seconds of work per campaign in the last ten minutes, from (campaign, began, ended or None while it goes on)."""
    found: dict[int | None, float] = defaultdict(float)
    for campaign, began, ended in work:
        if began is not None:
            since = max(began, now_s - LATELY_S)
            found[campaign] += max(0.0, (now_s if ended is None else ended) - since)
    return dict(found)
