"""The numbers of a business account, what they may do, and what became of their messages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import fail, param, pick, say
from sandbox.networks.whatsapp.door import BUSINESS, MANAGEMENT, MESSAGING, business, edge, phone, who
from sandbox.store import Db, Row, instant, one, rows, setting, stamp


@edge("GET", "me/permissions")
def permissions() -> Response:
    scopes = who()["scopes"].split()
    return jsonify(data=[{"permission": scope, "status": "granted"} for scope in scopes])


@edge("GET", "debug_token", "input_token")
def debug_token() -> Response:
    if request.headers.get("Authorization") != f"Bearer {graph.APP_TOKEN}":
        raise fail(190, "Invalid OAuth access token - Cannot parse access token")
    with box().store.tx() as db:
        return jsonify(
            data=graph.show_tokens(db, accounts.find_token(db, "whatsapp", param("input_token")), box().now())
        )


def display(row: Row) -> str:
    """As people read it: +49 30 901820101 of the handle 4930901820101."""
    digits = row["handle"]
    return f"+{digits[:2]} {digits[2:4]} {digits[4:]}"


def phone_json(row: Row) -> dict[str, Any]:
    with box().store.tx() as db:
        tier = setting(db, "whatsapp limit", "TIER_250")
    getters = {
        "id": say(row["id"]),
        "verified_name": say(row["name"]),
        "display_phone_number": say(display(row)),
        "quality_rating": say("GREEN"),
        "status": say("CONNECTED"),
        "name_status": say("APPROVED"),
        "code_verification_status": say("VERIFIED"),
        "platform_type": say("CLOUD_API"),
        "whatsapp_business_manager_messaging_limit": say(tier),
    }
    default = ("verified_name", "display_phone_number", "quality_rating")
    return pick("WhatsAppBusinessPhoneNumber", graph.asked_fields(), default, getters)


@edge("GET", "{waba:id}/phone_numbers")
def list_numbers(waba: str) -> Response:
    business(waba)
    with box().store.tx() as db:
        found = accounts.accounts(db, "whatsapp")
    return jsonify(graph.listing(found, phone_json))


@edge("POST", "{waba:id}/subscribed_apps", "override_callback_uri verify_token")
def subscribe(waba: str) -> Response:
    business(waba)
    return jsonify(success=True)


@edge("GET", "{node:id}")
def read_node(node: str) -> Response:
    if node == BUSINESS:
        business(node)
        return jsonify(id=node, name="Riverside Town Council")
    return jsonify(phone_json(phone(node, MANAGEMENT)))


# What became of a message ----------------------------------------------------------------------------------------------
def steps_of(db: Db, post: Row, now: datetime) -> list[tuple[str, datetime]]:
    """The states of a message so far, with their times: sent, delivered, read; or failed."""
    data, made_at = json.loads(post["data"]), instant(post["made_at"])
    if data.get("failed"):
        return [("failed", made_at)]
    ahead = timedelta(seconds=setting(db, "ahead_s", 0))
    day = timedelta(seconds=box().pace.day_s)
    steps = [("sent", made_at), ("delivered", made_at + day * 0.001)]
    if growth.chance(f"{post['text']}|{data['to']}", "reads") < 0.8:
        steps.append(("read", made_at + day * (0.02 + 0.3 * growth.chance(data["to"], "when"))))
    return [(state, at) for state, at in steps if at <= now + ahead]


@edge("GET", "{number:id}/message_history", "message_id")
def history(number: str) -> Response:
    row, wamid = phone(number, MESSAGING), param("message_id")
    with box().store.tx() as db:
        post = one(db, "SELECT * FROM post WHERE network='whatsapp' AND id=? AND account=?", wamid, row["id"])
        if post is None:
            return jsonify(data=[])
        found = steps_of(db, post, box().now())
    events = [
        {"id": str(n), "delivery_status": state.upper(), "occurrence_timestamp": int(at.timestamp())}
        for n, (state, at) in enumerate(found, 1)
    ]
    return jsonify(data=[{"id": "1", "message_id": wamid, "events": {"data": events}}])


def counts(db: Db, post: Row) -> dict[str, Any]:
    """For the page: the last state of the message."""
    steps = steps_of(db, post, box().now())
    return {"state": steps[-1][0], "to": json.loads(post["data"])["to"]}


def sent_to(db: Db, number: str, since: datetime) -> set[str]:
    found = rows(
        db, "SELECT data FROM post WHERE network='whatsapp' AND account=? AND made_at>?", number, stamp(since)
    )
    return {json.loads(row["data"])["to"] for row in found if json.loads(row["data"])["template"]}
