"""Media: listing, reading, changing and deleting them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph
from sandbox.box import box
from sandbox.graph import Field, bad, fail, flag, param, pick, say
from sandbox.networks.instagram.comments import comment_json, visible_comments
from sandbox.networks.instagram.door import COMMENTS, edge, own, own_post, who
from sandbox.networks.instagram.numbers import counts
from sandbox.store import Db, Row, instant, one, rows, stamp


@edge("GET", "{ig:id}/media")
@edge("GET", "me/media")
def list_media(ig: str = "") -> Response:
    return _list(own(ig) if ig else who(), stories=False)


@edge("GET", "{ig:id}/stories")
def list_stories(ig: str) -> Response:
    return _list(own(ig), stories=True)


def _list(me: Row, *, stories: bool) -> Response:
    asked = graph.asked_fields()
    with box().store.tx() as db:
        mine = "SELECT * FROM post WHERE network='instagram' AND account=? AND deleted_at IS NULL ORDER BY id DESC"
        found = rows(db, mine, me["id"])
        found = [row for row in found if (row["kind"] == "story") is stories]
        if stories:
            found = [row for row in found if instant(row["made_at"]) > box().now() - timedelta(hours=24)]
        return jsonify(graph.listing(graph.between(found), lambda row: media_json(db, row, asked)))


def media_json(db: Db, post: Row, asked: tuple[Field, ...]) -> dict[str, Any]:
    owner = accounts.account(db, "instagram", post["account"]) or {}
    media, data = json.loads(post["media"]), json.loads(post["data"])
    base = f"{request.host_url}file/"
    video = media[0]["mime"].startswith("video/")
    kinds = {
        "image": "IMAGE",
        "carousel": "CAROUSEL_ALBUM",
        "reel": "VIDEO",
        "story": "VIDEO" if video else "IMAGE",
    }

    def children(wanted: Field) -> Any:
        if post["kind"] != "carousel":
            return None
        names = [inner.name for inner in wanted.sub] or ["id"]
        return {
            "data": [
                {key: value for key, value in child(item).items() if key in (*names, "id")} for item in media
            ]
        }

    def child(item: dict[str, Any]) -> dict[str, Any]:
        kind = "VIDEO" if item["mime"].startswith("video/") else "IMAGE"
        return {
            "id": item["id"],
            "media_type": kind,
            "media_url": base + item["sha256"],
            "alt_text": item["alt"],
        }

    def count(name: str) -> graph.Getter:
        return lambda wanted: counts(db, post)[name]

    getters: dict[str, graph.Getter] = {
        "id": say(post["id"]),
        "caption": say(post["text"] or None),
        "media_type": say(kinds[post["kind"]]),
        "media_product_type": say({"reel": "REELS", "story": "STORY"}.get(post["kind"], "FEED")),
        "permalink": say(f"{request.host_url}instagram/feed/{owner['handle']}#p{post['id']}"),
        "shortcode": say(data["shortcode"]),
        "timestamp": say(graph.told(post["made_at"])),
        "username": say(owner["handle"]),
        "owner": say({"id": post["account"]}),
        "ig_id": say(post["id"]),
        "media_url": say(base + media[0]["sha256"]),
        "thumbnail_url": say(base + data["cover"] if data.get("cover") else None),
        "alt_text": say(media[0]["alt"] or None if post["kind"] == "image" else None),
        "is_comment_enabled": say(data.get("comment_enabled", True)),
        "children": children,
        "like_count": count("likes"),
        "comments_count": count("comments"),
        "comments": lambda wanted: {
            "data": [comment_json(db, row, wanted.sub) for row in visible_comments(db, post)[::-1]]
        },
    }
    return pick("Media", asked, ("id",), getters)


@edge("POST", "{node:id}", "comment_enabled hide")
def change_node(node: str) -> Response:
    """A medium's comments on or off; a comment hidden or shown."""
    me = who(COMMENTS)
    with box().store.tx() as db:
        if comment := one(
            db, "SELECT * FROM comment WHERE network='instagram' AND id=? AND deleted_at IS NULL", node
        ):
            own_post(db, me, comment["post"])
            if not param("hide"):
                raise bad("The parameter hide is required")
            db.execute(
                "UPDATE comment SET hidden=? WHERE network='instagram' AND id=?",
                (int(flag("hide", False)), node),
            )
            return jsonify(success=True)
        post = own_post(db, me, node)
        if not param("comment_enabled"):
            raise bad("The parameter comment_enabled is required")
        data = json.loads(post["data"]) | {"comment_enabled": flag("comment_enabled", True)}
        db.execute("UPDATE post SET data=? WHERE network='instagram' AND id=?", (json.dumps(data), node))
    return jsonify(success=True)


@edge("DELETE", "{node:id}")
def delete_node(node: str) -> Response:
    """Comments can be deleted; media only through Facebook Login, which is not here."""
    me = who(COMMENTS)
    with box().store.tx() as db:
        comment = one(
            db, "SELECT * FROM comment WHERE network='instagram' AND id=? AND deleted_at IS NULL", node
        )
        if comment is None:
            own_post(db, me, node)
            raise fail(
                10,
                "(#10) Media can only be deleted with Facebook Login and instagram_manage_contents.",
                status=403,
            )
        own_post(db, me, comment["post"])
        db.execute(
            "UPDATE comment SET deleted_at=? WHERE network='instagram' AND id=?", (stamp(box().now()), node)
        )
    return jsonify(success=True)
