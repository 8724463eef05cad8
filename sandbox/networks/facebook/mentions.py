"""Posts of other people in which the Page is tagged. ``direct.tag`` makes them. Who wrote them is not told."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from sandbox import direct, graph
from sandbox.box import box
from sandbox.graph import pick, say
from sandbox.networks.facebook.door import edge, page_token
from sandbox.store import Row


@edge("GET", "{page:id}/tagged")
def list_tagged(page: str) -> Response:
    page_token(page, "pages_read_user_content", "pages_show_list")
    asked = graph.asked_fields()
    with box().store.tx() as db:
        found = direct.tagged(db, "facebook", page)
    return jsonify(graph.listing(found, lambda row: _post(row, asked)))


def _post(row: Row, asked: Any) -> dict[str, Any]:
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "message": say(row["text"]),
        "created_time": say(graph.told(row["made_at"])),
        "from": say(None),
        "permalink_url": say(f"{request.host_url}facebook/{row['id']}"),
        "tagged_time": say(graph.told(row["made_at"])),
    }
    return pick("Post", asked, ("tagged_time", "message", "id"), getters)
