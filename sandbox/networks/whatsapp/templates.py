"""Templates: made, looked through by WhatsApp for a while, and then approved (or not)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import graph
from sandbox.box import box
from sandbox.graph import bad, fail, param, pick, say
from sandbox.networks.whatsapp.door import business, edge
from sandbox.store import Db, Row, insert, instant, next_number, one, rows, stamp

NAME = re.compile(r"[a-z0-9_]{1,512}")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
MAX_BODY = 1024


def find(db: Db, name: str, language: str) -> Row | None:
    return one(
        db,
        "SELECT * FROM media WHERE network='whatsapp' AND kind='template' AND category=? AND alt=?",
        name,
        language,
    )


def status_of(row: Row) -> str:
    if row["error"]:
        return "REJECTED"
    return "APPROVED" if instant(row["ready_at"]) <= box().now() else "PENDING"


@edge("GET", "{waba:id}/message_templates", "name status language")
def list_templates(waba: str) -> Response:
    business(waba)
    asked = graph.asked_fields()
    with box().store.tx() as db:
        found = rows(db, "SELECT * FROM media WHERE network='whatsapp' AND kind='template' ORDER BY id")
    name = param("name")
    found = [row for row in found if not name or name in row["category"]]
    return jsonify(graph.listing(found, lambda row: _shown(row, asked)))


def _shown(row: Row, asked: Any) -> dict[str, Any]:
    data = json.loads(row["data"])
    getters = {
        "id": say(row["id"]),
        "name": say(row["category"]),
        "language": say(row["alt"]),
        "status": say(status_of(row)),
        "category": say(data["category"]),
        "components": say(data["components"]),
        "rejected_reason": say(row["error"] or "NONE"),
    }
    return pick(
        "WhatsAppMessageTemplate", asked, ("name", "language", "status", "category", "components"), getters
    )


@edge("POST", "{waba:id}/message_templates", "name language category components parameter_format")
def create_template(waba: str) -> Response:
    business(waba)
    given = request.get_json(silent=True) if request.is_json else None
    if not isinstance(given, dict):
        raise bad("A JSON body is expected")
    name, language, category = (str(given.get(key, "")) for key in ("name", "language", "category"))
    components = given.get("components")
    if not NAME.fullmatch(name) or not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", language):
        raise bad("name must be of small letters, digits and _, language a code such as en_US")
    if category not in CATEGORIES or not isinstance(components, list):
        raise bad(f"category must be one of {', '.join(CATEGORIES)}, components a list")
    body = next((c for c in components if isinstance(c, dict) and c.get("type") == "BODY"), None)
    if body is None or not 1 <= len(str(body.get("text", ""))) <= MAX_BODY:
        raise bad(f"A template has a BODY of 1 to {MAX_BODY} characters")
    now = box().now()
    with box().store.tx() as db:
        if find(db, name, language) is not None:
            raise fail(100, "(#100) Content in this language already exists", 2388024)
        number = str(next_number(db, "whatsapp template", 900_000_000_000_000))
        trouble = "INVALID_FORMAT" if re.search(r"\{\{\s*\}\}", body["text"]) else ""
        insert(
            db, "media", network="whatsapp", id=number, account=waba, kind="template", category=name, alt=language,
            error=trouble, made_at=stamp(now), ready_at=stamp(now + timedelta(seconds=box().pace.video_s)),
            data=json.dumps({"components": components, "category": category}),
        )  # fmt: skip
    return jsonify(id=number, status="PENDING", category=category)


@edge("DELETE", "{waba:id}/message_templates", "name hsm_id")
def delete_template(waba: str) -> Response:
    business(waba)
    with box().store.tx() as db:
        done = db.execute(
            "DELETE FROM media WHERE network='whatsapp' AND kind='template' AND category=?", (param("name"),)
        )
    if not done.rowcount:
        raise fail(100, "(#100) Message template is not found", 2593002)
    return jsonify(success=True)
