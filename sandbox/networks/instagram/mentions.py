"""Posts of other people in which the account is tagged, and answers to those that name it. ``direct.tag`` makes them."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify, request

from sandbox import direct, graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, missing, param, pick, say
from sandbox.networks.instagram.door import COMMENTS, MAX_CAPTION, edge, own
from sandbox.store import Row, insert, stamp


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
