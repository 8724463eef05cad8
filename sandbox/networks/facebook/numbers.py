"""Insights of posts, reels and Pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, missing, param
from sandbox.networks.facebook.door import edge, find_post, page_token, public_posts
from sandbox.store import Db, Row, one, setting


def counts(db: Db, post: Row) -> dict[str, int]:
    page = accounts.account(db, "facebook", post["account"]) or {"followers": 0}
    now = box().now()
    growth.arrive(db, box().pace, post, now)
    age = growth.age_d(box().pace, post["made_at"], now, setting(db, "ahead_s", 0))
    return growth.numbers(post, page["followers"], age) | {
        "comments": len(growth.comments_of(db, "facebook", post["id"]))
    }


def _reactions(likes: int) -> dict[str, int]:
    shares = {"like": 0.78, "love": 0.15, "haha": 0.03, "wow": 0.02, "sorry": 0.01, "anger": 0.01}
    found = {name: int(likes * part) for name, part in shares.items()}
    found["like"] += likes - sum(found.values())
    return {name: count for name, count in found.items() if count}


def _actions(now: dict[str, int]) -> dict[str, int]:
    return {
        name: count
        for name, count in (("like", now["likes"]), ("comment", now["comments"]), ("share", now["shares"]))
        if count
    }


POST_METRICS: dict[str, Callable[[dict[str, int]], Any]] = {
    "post_media_view": lambda now: now["views"],
    "post_total_media_view_unique": lambda now: now["reach"],
    "post_clicks": lambda now: now["clicks"],
    "post_clicks_by_type": lambda now: {
        "link clicks": now["clicks"] // 2,
        "other clicks": now["clicks"] - now["clicks"] // 2,
    },
    "post_reactions_by_type_total": lambda now: _reactions(now["likes"]),
    "post_activity_by_action_type": _actions,
    "post_video_view_time": lambda now: now.get("watch_s", 0) * 1000,
    "post_video_avg_time_watched": lambda now: now.get("watch_s", 0) * 1000 // max(1, now["views"]),
}
REEL_METRICS: dict[str, Callable[[dict[str, int]], Any]] = {
    "blue_reels_play_count": lambda now: now["views"],
    "fb_reels_total_plays": lambda now: now["views"] + now["views"] // 9,
    "fb_reels_replay_count": lambda now: now["views"] // 9,
    "post_video_view_time": lambda now: now.get("watch_s", 0) * 1000,
    "post_video_avg_time_watched": lambda now: now.get("watch_s", 0) * 1000 // max(1, now["views"]),
    "post_video_likes_by_reaction_type": lambda now: _reactions(now["likes"]),
    "post_video_social_actions": _actions,
    "post_video_followers": lambda now: now.get("follows", 0),
}
PAGE_METRICS = {
    "page_media_view": "views",
    "page_total_media_view_unique": "reach",
    "page_post_engagements": "engaged",
    "page_total_actions": "clicks",
}


def asked_metrics(known: Any) -> list[str]:
    names = graph.items("metric")
    if not names:
        raise fail(3001, "(#3001) No metric was specified to be fetched.", 1504028)
    if unknown := [name for name in names if name not in known]:
        raise fail(100, f"(#100) The value must be a valid insights metric: {unknown[0]}")
    return names


@edge("GET", "{post:post}/insights", "metric period breakdown")
def post_insights(post: str) -> Response:
    with box().store.tx() as db:
        owner = find_post(db, post)["account"]
    page_token(owner, "read_insights", "pages_read_engagement")
    names = asked_metrics(POST_METRICS)
    if param("period", "lifetime") not in ("lifetime", "day"):
        raise bad("Param period must be lifetime or day")
    with box().store.tx() as db:
        now = counts(db, find_post(db, post))
    return jsonify(data=[graph.metric(name, POST_METRICS[name](now), post) for name in names], paging={})


@edge("GET", "{video:id}/video_insights", "metric period")
def video_insights(video: str) -> Response:
    with box().store.tx() as db:
        row = one(db, "SELECT * FROM media WHERE network='facebook' AND kind='video' AND id=?", video)
    if row is None or not row["used_by"]:
        raise missing(video)
    page_token(row["account"], "read_insights", "pages_read_engagement")
    names = asked_metrics(REEL_METRICS)
    with box().store.tx() as db:
        now = counts(db, find_post(db, row["used_by"]))
    return jsonify(data=[graph.metric(name, REEL_METRICS[name](now), video) for name in names], paging={})


@edge("GET", "{page:id}/insights", "metric period")
def page_insights(page: str) -> Response:
    page_token(page, "read_insights", "pages_read_engagement")
    names = asked_metrics({*PAGE_METRICS, "page_follows", "page_daily_follows_unique", "page_views_total"})
    with box().store.tx() as db:
        owner = accounts.account(db, "facebook", page) or {}
        sums: dict[str, int] = {}
        for post in public_posts(db, page):
            now = counts(db, post)
            now["engaged"] = now["likes"] + now["comments"] + now["shares"] + now["clicks"]
            sums = {name: sums.get(name, 0) + value for name, value in now.items()}
    extra = {
        "page_follows": owner["followers"],
        "page_daily_follows_unique": 3,
        "page_views_total": sums.get("reach", 0) // 40,
    }
    values = {name: extra.get(name, sums.get(PAGE_METRICS.get(name, ""), 0)) for name in names}
    return jsonify(data=[graph.metric(name, value, page, "day") for name, value in values.items()], paging={})
