"""The Analytics interface: one report by video, two days late."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import jsonify, request

from sandbox import growth
from sandbox.box import box
from sandbox.networks.youtube import videos
from sandbox.networks.youtube.wire import ANALYTICS, bad, method, number_in
from sandbox.store import Db, Row, setting

LATE_D = 2.0
METRICS = {
    "views": ("views", "INTEGER"), "likes": ("likes", "INTEGER"), "comments": ("comments", "INTEGER"),
    "shares": ("shares", "INTEGER"), "videosAddedToPlaylists": ("saves", "INTEGER"),
    "subscribersGained": ("follows", "INTEGER"), "estimatedMinutesWatched": ("watch_s", "INTEGER"),
}  # fmt: skip


@method(
    "GET", "/v2/reports", scopes=(ANALYTICS,), units=0,
    query=("ids", "startDate", "endDate", "metrics", "dimensions", "filters", "sort", "maxResults", "startIndex"),
)  # fmt: skip
def report(me: Row) -> Any:
    if request.args.get("ids") not in ("channel==MINE", f"channel=={me['id']}"):
        raise bad("Invalid value for ids.", "invalid")
    _days()
    names = [name for name in request.args.get("metrics", "").split(",") if name]
    if unknown := [name for name in names if name not in METRICS] or ([] if names else ["metrics"]):
        raise bad(f"Unknown identifier ({unknown[0]}) given in field parameters.metrics.", "invalid")
    if request.args.get("dimensions") != "video":
        raise bad("The sandbox knows dimensions=video only.", "invalid")
    if "sort" not in request.args or "maxResults" not in request.args:
        raise bad("The query is not supported: a report by video needs sort and maxResults.", "badRequest")
    if request.args["sort"].lstrip("-") not in names:
        raise bad("Invalid value for sort.", "invalid")
    limit = number_in("maxResults", 1, 200, 200)
    kind, _, wanted = request.args.get("filters", "").partition("==")
    if kind != "video" or not wanted or len(wanted.split(",")) > 500:
        raise bad("Invalid value for filters.", "invalid")
    with box().store.tx() as db:
        found = [row for video in wanted.split(",") if (row := _ready(db, me, video)) is not None]
        lines = [[row["id"], *(_value(db, row, name) for name in names)] for row in found]
    place = 1 + names.index(request.args["sort"].lstrip("-"))
    lines.sort(key=lambda line: line[place], reverse=request.args["sort"].startswith("-"))
    columns = [{"name": "video", "columnType": "DIMENSION", "dataType": "STRING"}]
    columns += [{"name": name, "columnType": "METRIC", "dataType": METRICS[name][1]} for name in names]
    answer: dict[str, Any] = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": columns}
    return jsonify(answer | ({"rows": lines[:limit]} if lines else {}))


def _days() -> None:
    said = [request.args.get(name, "") for name in ("startDate", "endDate")]
    if not all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in said):
        raise bad("startDate and endDate are YYYY-MM-DD.", "invalid")
    if date.fromisoformat(said[0]) > date.fromisoformat(said[1]):
        raise bad("Invalid value (startDate): it lies after endDate.", "invalid")


def _ready(db: Db, me: Row, video: str) -> Row | None:
    row = videos.find(db, video)
    if row is None or row["account"] != me["id"] or videos.is_private(row):
        return None
    age = growth.age_d(box().pace, row["made_at"], box().now(), setting(db, "ahead_s", 0))
    return row if age >= LATE_D else None


def _value(db: Db, row: Row, name: str) -> int:
    value = videos.counts(db, row)[METRICS[name][0]]
    return value // 60 if name == "estimatedMinutesWatched" else value
