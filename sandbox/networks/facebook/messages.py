"""Messages to a Page."""

from __future__ import annotations

from flask import Response

from sandbox import accounts, direct, graph
from sandbox.box import box
from sandbox.graph import bad, missing, param
from sandbox.networks.facebook.door import edge, page_token
from sandbox.store import Row

TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")


def _page(page: str) -> Row:
    page_token(page, "pages_messaging")
    with box().store.tx() as db:
        found = accounts.account(db, "facebook", page)
    if found is None:
        raise missing(page)
    return found


@edge("GET", "{page:id}/conversations", "platform")
def list_conversations(page: str) -> Response:
    if param("platform", "messenger") != "messenger":
        raise bad("Param platform must be messenger")
    return direct.conversations("facebook", _page(page), "name")


@edge("GET", "{talk:talk}")
def read_conversation(talk: str) -> Response:
    return direct.conversation("facebook", _page(graph.token("facebook")["account"]), talk, "name")


@edge("POST", "{page:id}/messages", "recipient message messaging_type")
def send_message(page: str) -> Response:
    me = _page(page)
    if param("messaging_type") not in TYPES:
        raise bad(f"Param messaging_type must be one of {', '.join(TYPES)}")
    return direct.send("facebook", me)
