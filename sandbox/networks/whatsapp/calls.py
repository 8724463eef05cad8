"""What WhatsApp calls to the app: the states of our messages, and what people write to a number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox import accounts, direct, graphcalls
from sandbox.calling import Body, Calls
from sandbox.graphcalls import Happening
from sandbox.networks.whatsapp.door import BUSINESS
from sandbox.networks.whatsapp.numbers import steps_of
from sandbox.store import Db, Row, rows

FAILURES = {
    131026: ("Message undeliverable", "Message Undeliverable."),
    131047: ("Re-engagement message", "More than 24 hours have passed since the customer last replied."),
    131050: (
        "User has stopped marketing messages",
        "The person does not want marketing messages from this business.",
    ),
}


def happened(db: Db, now: datetime) -> Iterator[Happening]:
    for account in accounts.accounts(db, "whatsapp"):
        posts = "SELECT * FROM post WHERE network='whatsapp' AND account=? ORDER BY made_at, id"
        for post in rows(db, posts, account["id"]):
            for state, at in steps_of(db, post, now):
                yield (
                    f"status {post['id']} {state}",
                    lambda post=post, state=state, at=at, to=account: _state(to, post, state, at),  # type: ignore[misc]
                )
        written = (
            "SELECT * FROM comment WHERE network='whatsapp' AND post=? AND author<>? ORDER BY made_at, id"
        )
        for row in rows(db, written, direct.box_of(account["id"]), account["id"]):
            yield f"message {row['id']}", lambda row=row, to=account: _message(to, row)  # type: ignore[misc]


def _value(account: Row, **more: Any) -> Body:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": account["handle"], "phone_number_id": account["id"]},
        **more,
    }
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": BUSINESS, "changes": changes}]}


def _state(account: Row, post: Row, state: str, at: datetime) -> Body:
    data = json.loads(post["data"])
    status: dict[str, Any] = {
        "id": post["id"],
        "status": state,
        "timestamp": str(int(at.timestamp())),
        "recipient_id": data["to"].lstrip("+"),
    }
    if data["witness"]:
        status["biz_opaque_callback_data"] = data["witness"]
    if data["failed"]:
        title, words = FAILURES[data["failed"]]
        status["errors"] = [
            {"code": data["failed"], "title": title, "message": title, "error_data": {"details": words}}
        ]
    return _value(account, statuses=[status])


def _message(account: Row, row: Row) -> Body:
    sender = row["author"].lstrip("+")
    message = {
        "from": sender,
        "id": row["id"],
        "timestamp": str(graphcalls.unix(row["made_at"])),
        "type": "text",
        "text": {"body": row["text"]},
    }
    contact = {"profile": {"name": row["author_name"]}, "wa_id": sender}
    return _value(account, contacts=[contact], messages=[message])


CALLS = Calls(happened, graphcalls.sign)
