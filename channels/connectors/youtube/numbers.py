"""What YouTube tells of a video: counts at once, watch time two or three days later. Unknown is None."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from channels.connectors.base import METRICS, Context, OutcomeKind, PublishedRef, Refused
from channels.connectors.youtube.flow import SCOPE
from channels.wire import Answer

ASKED = ("estimatedMinutesWatched", "shares", "subscribersGained", "videosAddedToPlaylists")
SOFT = frozenset({OutcomeKind.CONTENT, OutcomeKind.PERMISSION, OutcomeKind.BUG})
MOST = 200  # videos in one report


def analytics(
    ctx: Context, publications: Sequence[PublishedRef], must: Callable[[Answer], Answer]
) -> dict[str, dict[str, Any]]:
    """The report's columns by video. Empty where the permission is missing or the report is refused: the counts
    are worth telling without it.
    """
    if f"{SCOPE}yt-analytics.readonly" not in ctx.channel.scopes:
        return {}
    told: dict[str, dict[str, Any]] = {}
    for batch in (publications[i : i + MOST] for i in range(0, len(publications), MOST)):
        try:
            answer = must(ctx.wire.get(ctx.wire.url("analytics", "/v2/reports"), params=_params(ctx, batch)))
        except Refused as refused:
            if refused.outcome.kind in SOFT:
                return told
            raise
        columns = [str(each.get("name")) for each in answer.data.get("columnHeaders") or ()]
        for row in answer.data.get("rows") or ():
            values = dict(zip(columns, row, strict=False))
            told[str(values.pop("video", ""))] = values
    return told


def _params(ctx: Context, batch: Sequence[PublishedRef]) -> dict[str, Any]:
    # Its days may begin up to half a day after ours, so the report begins a day early: there is nothing before the first.
    first = min(publication.published_at for publication in batch) - timedelta(days=1)
    return {
        "ids": "channel==MINE",
        "startDate": f"{first:%Y-%m-%d}",
        "endDate": f"{ctx.now:%Y-%m-%d}",
        "metrics": ",".join(ASKED),
        "dimensions": "video",
        "filters": "video==" + ",".join(publication.remote_id for publication in batch),
        "sort": f"-{ASKED[0]}",
        "maxResults": MOST,
    }


def normalised(statistics: Mapping[str, Any], analytics: Mapping[str, Any]) -> dict[str, int | float | None]:
    minutes = analytics.get("estimatedMinutesWatched")
    return dict.fromkeys(METRICS) | {
        "views": _count(statistics.get("viewCount")),
        "likes": _count(statistics.get("likeCount")),
        "comments": _count(statistics.get("commentCount")),
        "shares": _count(analytics.get("shares")),
        "saves": _count(analytics.get("videosAddedToPlaylists")),
        "watch_time_s": None if minutes is None else float(minutes) * 60,
        "follows": _count(analytics.get("subscribersGained")),
    }


def _count(value: Any) -> int | None:
    """Counts come as texts; one that the owner hides is left out."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
