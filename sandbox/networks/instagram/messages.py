"""Direct messages to an Instagram account."""

from __future__ import annotations

from flask import Response

from sandbox import direct
from sandbox.graph import bad, param
from sandbox.networks.instagram.door import MESSAGES, edge, own, who


@edge("GET", "{ig:id}/conversations", "platform")
def list_conversations(ig: str) -> Response:
    if param("platform", "instagram") != "instagram":
        raise bad("Param platform must be instagram")
    return direct.conversations("instagram", own(ig, MESSAGES), "username")


@edge("GET", "{talk:talk}")
def read_conversation(talk: str) -> Response:
    return direct.conversation("instagram", who(MESSAGES), talk, "username")


@edge("POST", "{ig:id}/messages", "recipient message")
def send_message(ig: str) -> Response:
    return direct.send("instagram", own(ig, MESSAGES))
