"""The account itself: who we are, and what a bare id is."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from sandbox import graph, graphcalls, growth
from sandbox.box import box
from sandbox.graph import missing, pick, say
from sandbox.networks.instagram import mentions
from sandbox.networks.instagram.comments import comment_json
from sandbox.networks.instagram.containers import container_json
from sandbox.networks.instagram.door import COMMENTS, MESSAGES, edge, own, who
from sandbox.networks.instagram.posts import media_json
from sandbox.store import Row, one, rows


@edge("GET", "me")
def read_me() -> Response:
    return _user(who())


CALLED = {
    "comments": (COMMENTS,),
    "live_comments": (COMMENTS,),
    "mentions": (COMMENTS,),
    "messages": (MESSAGES,),
}


@edge("POST", "{ig:id}/subscribed_apps", "subscribed_fields")
def subscribe(ig: str) -> Response:
    own(ig)
    return graphcalls.subscribe("instagram", ig, CALLED, graph.token("instagram")["scopes"].split())


def _user(me: Row) -> Response:
    with box().store.tx() as db:
        count = len(
            rows(
                db,
                "SELECT 1 FROM post WHERE network='instagram' AND account=? AND deleted_at IS NULL",
                me["id"],
            )
        )
    getters = {
        "id": say(me["id"]),
        "user_id": say(me["id"]),
        "username": say(me["handle"]),
        "name": say(me["name"]),
        "account_type": say("BUSINESS"),
        "biography": say(me["about"]),
        "profile_picture_url": say(f"{request.host_url}avatar/instagram/{me['handle']}.png"),
        "followers_count": say(me["followers"]),
        "follows_count": say(318),
        "media_count": say(count),
        "website": say(None),
    } | mentions.named(me)
    return jsonify(pick("User", graph.asked_fields(), ("id",), getters))


@edge("GET", "{node:id}")
def read_node(node: str) -> Response:
    """A bare number is an account, a container, a medium or a comment."""
    me = who()
    with box().store.tx() as db:
        if node == me["id"]:
            found: Any = None
        elif found := one(
            db, "SELECT * FROM media WHERE network='instagram' AND id=? AND account=?", node, me["id"]
        ):
            return jsonify(container_json(found))
        elif found := growth.find_post(db, "instagram", node):
            if found["account"] != me["id"]:
                raise missing(node)
            return jsonify(media_json(db, found, graph.asked_fields()))
        elif found := one(
            db, "SELECT * FROM comment WHERE network='instagram' AND id=? AND deleted_at IS NULL", node
        ):
            return jsonify(comment_json(db, found, graph.asked_fields()))
        else:
            raise missing(node)
    return _user(me)
