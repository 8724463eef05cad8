"""Reads from the database what :mod:`media.fair` decides on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from media import fair
from media.models import Render, RenderState
from work import clock
from work.claim import claimable


def in_turn(due: QuerySet[Render], limit: int) -> list[Any]:
    """The keys of at most ``limit`` of the due renders, in the order in which campaigns take turns.

    Of each campaign and kind the first ``limit`` are looked at: those before which no head start can bring others.
    """
    line = [F("campaign_id"), F("plan__kind")]
    place = Window(RowNumber(), partition_by=line, order_by=F("next_action_at").asc())
    rows = due.annotate(place=place).filter(place__lte=limit)
    found = [
        fair.Waiting(pk, campaign, kind or "", at.timestamp())
        for pk, campaign, kind, at in rows.values_list("pk", "campaign_id", "plan__kind", "next_action_at")
    ]
    if len(found) < 2:
        return [each.id for each in found]
    return fair.order(found, spent_lately())[:limit]


def same_material(row: Render, most: int) -> list[Any]:
    """The keys of renders of its kind that are due now for the first time and show the same source.

    Of a cut: with the same captions. One that was cut off before is tried by itself: what stopped it must not take
    others with it.
    """
    kind, source = row.plan.get("kind"), row.plan.get("source") or {}
    if not source.get("sha256") or row.tries or most < 1:
        return []
    due = Render.objects.filter(
        claimable(clock.now()), plan__kind=kind, plan__source__sha256=source["sha256"], tries=0
    )
    rows = due.exclude(pk=row.pk).order_by("next_action_at").values_list("pk", "plan")[: most * 4]
    same = [pk for pk, plan in rows if _material(plan) == _material(row.plan)]
    return same[:most]


def _material(plan: Mapping[str, Any]) -> tuple[Any, Any]:
    return (plan.get("source") or {}).get("path"), (plan.get("captions") or {}).get("sha256")


def spent_lately() -> dict[int | None, float]:
    """Seconds of work per campaign. Of what was made in one go each has its part; tries that were cut off count."""
    now = clock.now()
    recent = Q(state=RenderState.RENDERING) | Q(finished_at__gt=now - timedelta(seconds=fair.LATELY_S))
    rows = Render.objects.filter(recent).values_list(
        "campaign_id", "state", "started_at", "finished_at", "together", "earlier_s"
    )
    work = []
    for campaign, state, began, ended, together, earlier_s in rows:
        end = now if state == RenderState.RENDERING or ended is None else ended
        took_s = worked_s(began, end, together, earlier_s)
        work.append((campaign, end.timestamp() - took_s, end.timestamp()))
    return fair.spent(work, now.timestamp())


def worked_s(began: datetime | None, end: datetime, together: int, earlier_s: float) -> float:
    """How long was worked for one row: its part of this try, and all of its earlier ones."""
    return earlier_s + (max(0.0, (end - began).total_seconds()) / together if began else 0.0)
