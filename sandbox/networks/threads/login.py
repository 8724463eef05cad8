"""OAuth: the dialog, the short token, the long one, and what a token may do."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from sandbox import accounts, graph
from sandbox.box import box
from sandbox.graph import fail, param
from sandbox.graphlogin import Door
from sandbox.networks.threads.door import BASIC, SCOPES, bp, edge

DOOR = Door("threads", "Threads", frozenset(SCOPES), BASIC, "th", "THAA")

bp.add_url_rule("/oauth/authorize", "authorize", DOOR.authorize, methods=["GET", "POST"])
bp.add_url_rule("/access_token", "long_token", DOOR.long_token)
bp.add_url_rule("/refresh_access_token", "refresh_token", DOOR.refresh_token)


@bp.post("/oauth/access_token")
def code_exchange() -> Any:
    answer, problem = DOOR.exchange()
    if answer is None:
        raise fail(101, problem)
    return jsonify(answer)


@edge("GET", "debug_token", "input_token")
def debug_token() -> Response:
    graph.token("threads")
    with box().store.tx() as db:
        row = accounts.find_token(db, "threads", param("input_token"))
        return jsonify(data=graph.show_tokens(db, row, box().now()))
