"""Posts of other people in which the account is tagged. ``direct.tag`` makes them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from sandbox import direct, graph
from sandbox.box import box
from sandbox.graph import pick, say
from sandbox.networks.instagram.door import COMMENTS, edge, own
from sandbox.store import Db, Row, rows


def tagged(db: Db, account: str) -> list[Row]:
    """Newest first."""
    sql = "SELECT * FROM comment WHERE network='instagram' AND post=? AND deleted_at IS NULL ORDER BY made_at DESC, id"
    return rows(db, sql, direct.tags_of(account))


@edge("GET", "{ig:id}/tags")
def list_tags(ig: str) -> Response:
    me, asked = own(ig, COMMENTS), graph.asked_fields()
    with box().store.tx() as db:
        found = tagged(db, me["id"])
    return jsonify(graph.listing(found, lambda row: _medium(row, asked)))


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
