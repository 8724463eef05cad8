"""Insights of media and of the account; nothing grows in a straight line."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import bad, param
from sandbox.networks.instagram.door import INSIGHTS, edge, own_post, who
from sandbox.store import Db, Row, rows, setting


def counts(db: Db, post: Row) -> dict[str, int]:
    owner = accounts.account(db, "instagram", post["account"]) or {"followers": 0}
    now = box().now()
    growth.arrive(db, box().pace, post, now)
    age = growth.age_d(box().pace, post["made_at"], now, setting(db, "ahead_s", 0))
    return growth.numbers(post, owner["followers"], age) | {
        "comments": len(growth.comments_of(db, "instagram", post["id"]))
    }


def _interactions(now: dict[str, int]) -> int:
    return now["likes"] + now["comments"] + now["shares"] + now["saves"]


METRICS: dict[str, tuple[str, Any]] = {  # name → (kinds: F feed, R reel, S story; value)
    "views": ("FRS", lambda now: now["views"]),
    "reach": ("FRS", lambda now: now["reach"]),
    "likes": ("FR", lambda now: now["likes"]),
    "comments": ("FR", lambda now: now["comments"]),
    "replies": ("S", lambda now: 0),
    "shares": ("FRS", lambda now: now["shares"]),
    "saved": ("FR", lambda now: now["saves"]),
    "reposts": ("FRS", lambda now: now["shares"] // 3),
    "total_interactions": ("FRS", _interactions),
    "link_clicks": ("S", lambda now: 0),
    "profile_activity": ("FS", lambda now: now["profile_visits"] // 4),
    "profile_visits": ("FS", lambda now: now["profile_visits"]),
    "follows": ("FS", lambda now: now["follows"]),
    "navigation": ("S", lambda now: 0),
    "ig_reels_video_view_total_time": ("R", lambda now: now["watch_s"] * 1000),
    "ig_reels_avg_watch_time": ("R", lambda now: now["watch_s"] * 1000 // max(1, now["views"])),
    "reels_skip_rate": ("R", lambda now: 38),
}


@edge("GET", "{media:id}/insights", "metric period metric_type breakdown")
def insights(media: str) -> Response:
    me = who(INSIGHTS)
    if media == me["id"]:
        return _account_insights(me)
    names = graph.items("metric")
    if not names:
        raise bad("The parameter metric is required")
    with box().store.tx() as db:
        post = own_post(db, me, media)
        kind = {"reel": "R", "story": "S"}.get(post["kind"], "F")
        if unknown := [name for name in names if name not in METRICS]:
            raise bad(
                f"metric[{names.index(unknown[0])}] must be one of the following values: {', '.join(METRICS)}"
            )
        if wrong := [name for name in names if kind not in METRICS[name][0]]:
            raise bad(
                f"The Media Insights API does not support the {', '.join(wrong)} metric for this media product type."
            )
        now = counts(db, post)
    return jsonify(data=[graph.metric(name, METRICS[name][1](now), media) for name in names])


ACCOUNT_METRICS = {
    "reach": "reach",
    "views": "views",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "saves": "saves",
}


def _account_insights(me: Row) -> Response:
    names = graph.items("metric")
    known = {
        *ACCOUNT_METRICS,
        "accounts_engaged",
        "total_interactions",
        "follows_and_unfollows",
        "profile_links_taps",
        "reposts",
        "replies",
    }
    if unknown := [name for name in names if name not in known]:
        raise bad(f"metric[{names.index(unknown[0])}] is not known: {unknown[0]}")
    if param("period", "day") != "day" or param("metric_type", "total_value") != "total_value":
        raise bad("The sandbox knows period=day with metric_type=total_value")
    with box().store.tx() as db:
        sums: dict[str, int] = {}
        for post in rows(
            db, "SELECT * FROM post WHERE network='instagram' AND account=? AND deleted_at IS NULL", me["id"]
        ):
            now = counts(db, post)
            sums = {name: sums.get(name, 0) + now.get(name, 0) for name in ACCOUNT_METRICS.values()}
    answer = []
    for name in names:
        shown = graph.metric(name, 0, me["id"], "day")
        shown.pop("values")
        answer.append(shown | {"total_value": {"value": sums.get(ACCOUNT_METRICS.get(name, ""), 0)}})
    return jsonify(data=answer)
