"""The times of a publication: due, staged, how late it may be, and when a worker is to look at it next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from formats import schedule
from publishing.core.ahead import wakes_at
from publishing.core.grace import grace_s

__all__ = ["early_s", "grace_of", "times_at", "times_of"]


def early_s(payload: Mapping[str, Any]) -> float:
    """Uploads may begin so long before the due time, those of videos much earlier."""
    video = any(m["kind"] == "video" for part in payload["parts"] for m in part.get("media", ()))
    return settings.PUBLISHING["stage_video_s" if video else "stage_s"]


def times_of(payload: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The row's times as they were approved."""
    due_at = datetime.fromisoformat(payload["planned_at"])
    stage_at = due_at - timedelta(seconds=early_s(payload))
    return {
        "due_at": due_at,
        "stage_at": stage_at,
        "next_action_at": max(now, wakes_at(due_at, stage_at, None)),
        "wall_time": payload.get("wall_time") or "",
        "zone": payload.get("zone") or "",
        "fold": payload.get("fold") or 0,
        **_FRESH,
    }


def times_at(publication: Any, at: datetime) -> dict[str, Any]:
    """The row's times when a person gives it another instant: what the clocks of its zone show then."""
    zone = publication.zone or "UTC"
    wall, fold = schedule.wall_of(at, zone)
    return {
        "due_at": at,
        "wall_time": wall.isoformat(timespec="seconds"),
        "zone": zone,
        "fold": fold,
        "grace_s": grace_of(publication, publication.grace, at),
        **_FRESH,
    }


_FRESH = {"preflight_at": None, "moves_to": None, "moves_told_at": None}


def grace_of(publication: Any, grace: str, due_at: datetime) -> int:
    usual_s = int(settings.PUBLISHING["grace_s"])
    return grace_s(grace, due_at, publication.zone, usual_s=usual_s)
