"""The account itself, and the numbers of it and of its posts."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import bad, missing, pick, say
from sandbox.networks.threads.containers import container_json, find
from sandbox.networks.threads.door import INSIGHTS, edge, own, own_post, who
from sandbox.networks.threads.posts import answers, comment_of, node_json, readable
from sandbox.store import Db, Row, rows, setting


@edge("GET", "me")
def read_me() -> Response:
    return jsonify(user_json(who()))


def user_json(me: Row) -> dict[str, Any]:
    getters = {
        "id": say(me["id"]),
        "username": say(me["handle"]),
        "name": say(me["name"]),
        "threads_profile_picture_url": say(f"{request.host_url}avatar/threads/{me['handle']}.png"),
        "threads_biography": say(me["about"]),
        "is_verified": say(False),
    }
    return pick("ThreadsUser", graph.asked_fields(), ("id",), getters)


@edge("GET", "{node:id}")
def read_node(node: str) -> Response:
    """A bare number is an account, a container, a post or a reply."""
    me = who()
    if node == me["id"]:
        return jsonify(user_json(me))
    with box().store.tx() as db:
        if container := find(db, me, node):
            return jsonify(container_json(container))
        found = growth.find_post(db, "threads", node) or comment_of(db, node)
        if found is None:
            raise missing(node)
        readable(db, me, node)
        return jsonify(node_json(db, found, graph.asked_fields(), me))


def counts(db: Db, post: Row) -> dict[str, int]:
    owner = accounts.account(db, "threads", post["account"]) or {"followers": 0}
    now = box().now()
    said = len(list(answers(db, post["id"])))
    age = growth.age_d(box().pace, post["made_at"], now, setting(db, "ahead_s", 0))
    return growth.numbers(post, owner["followers"], age) | {"comments": said}


METRICS = {
    "views": "views",
    "likes": "likes",
    "replies": "comments",
    "reposts": "shares",
    "quotes": "quotes",
    "shares": "sent",
}


def _asked(known: set[str]) -> list[str]:
    names = graph.items("metric")
    if not names:
        raise bad("The parameter metric is required")
    for n, name in enumerate(names):
        if name not in known:
            raise bad(f"metric[{n}] must be one of the following values: {', '.join(sorted(known))}")
    return names


@edge("GET", "{media:id}/insights", "metric")
def insights(media: str) -> Response:
    me = who(INSIGHTS)
    names = _asked(set(METRICS))
    with box().store.tx() as db:
        now = counts(db, own_post(db, me, media))
    return jsonify(data=[graph.metric(name, now[METRICS[name]], media) for name in names])


@edge("GET", "{user:id}/threads_insights", "metric")
@edge("GET", "me/threads_insights", "metric")
def user_insights(user: str = "") -> Response:
    me = own(user, INSIGHTS)
    names = _asked({"views", "likes", "replies", "reposts", "quotes", "followers_count"})
    with box().store.tx() as db:
        every = "SELECT * FROM post WHERE network='threads' AND account=? AND deleted_at IS NULL"
        found = [counts(db, post) for post in rows(db, every, me["id"])]
    answer = []
    for name in names:
        shown = graph.metric(name, 0, me["id"], "day")
        value = me["followers"] if name == "followers_count" else sum(now[METRICS[name]] for now in found)
        if name == "views":
            shown["values"] = [{"value": value, "end_time": graph.told(_today())}]
        else:
            shown.pop("values")
            shown["total_value"] = {"value": value}
        answer.append(shown)
    return jsonify(data=answer)


def _today() -> str:
    return box().now().replace(hour=8, minute=0, second=0, microsecond=0).isoformat()
