"""Comments and replies."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from sandbox import graph, growth
from sandbox.box import box
from sandbox.graph import Field, bad, missing, param, pick, say
from sandbox.networks.instagram.door import COMMENTS, MAX_CAPTION, edge, own_post, who
from sandbox.store import Db, Row, insert, one, stamp


def visible_comments(db: Db, post: Row) -> list[Row]:
    """All comments, replies among them, oldest first."""
    growth.arrive(db, box().pace, post, box().now())
    return growth.comments_of(db, "instagram", post["id"])


def comment_json(db: Db, row: Row, asked: tuple[Field, ...]) -> dict[str, Any]:
    def replies(wanted: Field) -> Any:
        found = [
            other
            for other in growth.comments_of(db, "instagram", row["post"])
            if other["parent"] == row["id"]
        ]
        return {"data": [comment_json(db, other, wanted.sub) for other in found]} if found else None

    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "text": say(row["text"]),
        "timestamp": say(graph.told(row["made_at"])),
        "username": say(row["author"]),
        "from": say({"id": row["author"], "username": row["author"]}),
        "like_count": say(0),
        "hidden": say(bool(row["hidden"])),
        "parent_id": say(row["parent"]),
        "media": say({"id": row["post"]}),
        "replies": replies,
    }
    return pick("Comment", asked, ("timestamp", "text", "id"), getters)


@edge("GET", "{media:id}/comments")
def list_comments(media: str) -> Response:
    me, asked = who(COMMENTS), graph.asked_fields()
    with box().store.tx() as db:
        found = [row for row in visible_comments(db, own_post(db, me, media)) if not row["parent"]]
        return jsonify(graph.listing(found[::-1], lambda row: comment_json(db, row, asked)))


@edge("GET", "{comment:id}/replies")
def list_replies(comment: str) -> Response:
    me, asked = who(COMMENTS), graph.asked_fields()
    with box().store.tx() as db:
        parent = _comment(db, me, comment)
        found = [
            row for row in growth.comments_of(db, "instagram", parent["post"]) if row["parent"] == comment
        ]
        return jsonify(graph.listing(found, lambda row: comment_json(db, row, asked)))


def _comment(db: Db, me: Row, comment_id: str) -> Row:
    row = one(
        db, "SELECT * FROM comment WHERE network='instagram' AND id=? AND deleted_at IS NULL", comment_id
    )
    if row is None:
        raise missing(comment_id)
    own_post(db, me, row["post"])
    return row


@edge("POST", "{media:id}/comments", "message")
def create_comment(media: str) -> Response:
    me = who(COMMENTS)
    with box().store.tx() as db:
        post = own_post(db, me, media)
        return _say_something(db, me, post["id"], None)


@edge("POST", "{comment:id}/replies", "message")
def create_reply(comment: str) -> Response:
    me = who(COMMENTS)
    with box().store.tx() as db:
        parent = _comment(db, me, comment)
        if parent["hidden"]:
            raise bad("A hidden comment cannot be answered")
        return _say_something(db, me, parent["post"], parent["parent"] or parent["id"])


def _say_something(db: Db, me: Row, post: str, parent: str | None) -> Response:
    text = param("message")
    if not text.strip() or len(text) > MAX_CAPTION:
        raise bad(f"Param message must have 1 to {MAX_CAPTION} characters")
    now = box().now()
    comment = growth.remote_id(db, "instagram", now)
    insert(
        db, "comment", network="instagram", id=comment, post=post, parent=parent, author=me["handle"],
        author_name=me["name"], text=text, made_at=stamp(now), number=-1,
    )  # fmt: skip
    return jsonify(id=comment)
