"""Posts of other people in which the account is tagged, and answers to those that name it. ``direct.tag`` makes them."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify, request

from sandbox import direct, graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, missing, param, pick, say
from sandbox.networks.instagram.door import COMMENTS, MAX_CAPTION, edge, own, who
from sandbox.store import Db, Row, insert, stamp


@edge("GET", "{ig:id}/tags")
def list_tags(ig: str) -> Response:
    me, asked = own(ig, COMMENTS), graph.asked_fields()
    with box().store.tx() as db:
        found = direct.tagged(db, "instagram", me["id"])
    return jsonify(graph.listing(found, lambda row: _medium(row, asked)))


@edge("POST", "{ig:id}/mentions", "media_id comment_id message")
def answer_mention(ig: str) -> Response:
    """Only under a post whose caption has our @name; being tagged in the picture is not enough."""
    me, text, now = own(ig, COMMENTS), param("message"), box().now()
    if not text.strip() or len(text) > MAX_CAPTION:
        raise bad(f"Param message must have 1 to {MAX_CAPTION} characters")
    with box().store.tx() as db:
        if param("comment_id"):
            return _below_comment(db, me, text)
        found = [row for row in direct.tagged(db, "instagram", me["id"]) if row["id"] == param("media_id")]
        if not found:
            raise missing(param("media_id"))
        if f"@{me['handle'].lower()}" not in re.findall(r"@[\w.]*\w", found[0]["text"].lower()):
            raise fail(10, "(#10) Application does not have permission for this action", status=403)
        comment = growth.remote_id(db, "instagram", now)
        insert(
            db, "comment", network="instagram", id=comment, post=f"under:{found[0]['id']}", parent=None,
            author=me["handle"], author_name=me["name"], text=text, made_at=stamp(now), number=-1,
        )  # fmt: skip
    return jsonify(id=comment)


def _below_comment(db: Db, me: Row, text: str) -> Response:
    """An answer to a comment that names us; both its id and its medium's are needed."""
    comment = _mentioning(db, me, param("comment_id"))
    if comment["parent"] != param("media_id"):
        raise missing(param("media_id"))
    answer = growth.remote_id(db, "instagram", box().now())
    insert(
        db, "comment", network="instagram", id=answer, post=f"under:{comment['id']}", parent=None, author=me["handle"],
        author_name=me["name"], text=text, made_at=stamp(box().now()), number=-1,
    )  # fmt: skip
    return jsonify(id=answer)


def _mentioning(db: Db, me: Row, comment: str) -> Row:
    found = [row for row in direct.mentioned(db, me["id"]) if row["id"] == comment]
    if not found:
        raise missing(comment)
    return found[0]


def named(me: Row) -> dict[str, graph.Getter]:
    """The fields of an account that tell of one comment or post that names it; their ids come with calls to the app."""

    def comment(wanted: graph.Field) -> dict[str, Any]:
        who(COMMENTS)
        with box().store.tx() as db:
            row = _mentioning(db, me, wanted.args.get("comment_id", ""))
        link = f"{request.host_url}instagram/p/{row['parent']}/"
        getters: dict[str, graph.Getter] = {
            "id": say(row["id"]),
            "text": say(row["text"]),
            "timestamp": say(graph.told(row["made_at"])),
            "like_count": say(0),
            "media": lambda inner: pick(
                "Media", inner.sub, ("id",), {"id": say(row["parent"]), "permalink": say(link)}
            ),
        }
        return pick("Comment", wanted.sub, ("id",), getters)

    def medium(wanted: graph.Field) -> dict[str, Any]:
        who(COMMENTS)
        asked = wanted.args.get("media_id", "")
        with box().store.tx() as db:
            found = [row for row in direct.tagged(db, "instagram", me["id"]) if row["id"] == asked]
        if not found or f"@{me['handle'].lower()}" not in found[0]["text"].lower():
            raise missing(asked)
        return _medium(found[0], wanted.sub)

    return {"mentioned_comment": comment, "mentioned_media": medium}


def _medium(row: Row, asked: Any) -> dict[str, Any]:
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "caption": say(row["text"]),
        "timestamp": say(graph.told(row["made_at"])),
        "username": say(row["author"]),
        "permalink": say(f"{request.host_url}instagram/p/{row['id']}/"),
        "media_type": say("IMAGE"),
    }
    return pick("Media", asked, ("id",), getters)
