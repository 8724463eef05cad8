"""Public posts of other people in which the profile is named. ``direct.tag`` makes them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from sandbox import direct, graph
from sandbox.box import box
from sandbox.graph import pick, say
from sandbox.networks.threads.door import MENTIONS, edge, own
from sandbox.store import Row


@edge("GET", "{user:id}/mentions")
@edge("GET", "me/mentions")
def list_mentions(user: str = "") -> Response:
    me, asked = own(user, MENTIONS), graph.asked_fields()
    with box().store.tx() as db:
        found = graph.between(direct.tagged(db, "threads", me["id"]))
    return jsonify(graph.listing(found, lambda row: _post(row, asked)))


def _post(row: Row, asked: Any) -> dict[str, Any]:
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "text": say(row["text"]),
        "timestamp": say(graph.told(row["made_at"])),
        "username": say(row["author"]),
        "permalink": say(f"{request.host_url}threads/@{row['author']}/post/{row['id']}"),
        "media_type": say("TEXT_POST"),
        "is_reply": say(False),
    }
    return pick("ThreadsMedia", asked, ("id",), getters)
