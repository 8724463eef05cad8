"""OAuth: the dialog, the short token, the long one."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from sandbox.box import box
from sandbox.graphlogin import Door
from sandbox.networks.instagram.door import BASIC, SCOPES, bp
from sandbox.store import setting

DOOR = Door("instagram", "Instagram", frozenset(SCOPES), BASIC, "ig", "IGAA", lists_permissions=True)

bp.add_url_rule("/oauth/authorize", "authorize", DOOR.authorize, methods=["GET", "POST"])
bp.add_url_rule("/access_token", "long_token", DOOR.long_token)
bp.add_url_rule("/refresh_access_token", "refresh_token", DOOR.refresh_token)


@bp.post("/oauth/access_token")
def code_exchange() -> Any:
    """The host api.instagram.com; its errors have an envelope of their own."""
    answer, problem = DOOR.exchange()
    if answer is None:
        response: Response = jsonify(error_type="OAuthException", code=400, error_message=problem)
        response.status_code = 400
        return response
    with box().store.tx() as db:
        return jsonify({"data": [answer]} if setting(db, "instagram wrapped token", False) else answer)
