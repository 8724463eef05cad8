"""Answering somebody who wrote, and what WhatsApp calls to us: who wrote, and what became of our messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from channels.connectors.abilities import Action, Read, Window
from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.hooks import Webhook, require_signature
from channels.connectors.meta import MetaConnector
from channels.connectors.meta_talk import meta_challenge
from channels.connectors.talk import Act, Hint
from channels.connectors.whatsapp import inbound

WINDOW = Window(
    24,
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages, read 2026-11-23",
    "Send an approved template, or wait until they write again.",
)
MAX_TEXT, MAX_WITNESS = 4096, 512


class WhatsAppTalk(MetaConnector):
    """A part of the connector."""

    window = WINDOW
    webhook = Webhook()
    sent: Any

    def act(self, act: Act, ctx: Context) -> Outcome:
        """Answer a message; the person sees which one is answered."""
        if act.action is not Action.REPLY:
            return super().act(act, ctx)
        if len(act.text) > MAX_TEXT:
            words = f"WhatsApp takes at most {MAX_TEXT:,} characters; this answer has {len(act.text):,}."
            return Outcome(OutcomeKind.CONTENT, code="too-long", message=words)
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **addressed(act.person_id),
            **_said(act, ctx),
            "context": {"message_id": act.remote_id},
        }
        if act.key:
            body["biz_opaque_callback_data"] = act.key[:MAX_WITNESS]
        answer = ctx.wire.post(self.graph(ctx, f"{ctx.channel.remote_id}/messages"), json=body)
        outcome: Outcome = self.sent(answer)
        return outcome

    def challenge(self, params: Mapping[str, str], token: str) -> str | None:
        return meta_challenge(params, token)

    def hints(self, body: bytes, headers: Mapping[str, str], secret: str) -> list[Hint]:
        require_signature(self.webhook, body, headers, secret)
        try:
            return [hint for value in _values(json.loads(body)) for hint in _of(value)]
        except (ValueError, KeyError, TypeError, AttributeError):
            return []


def _said(act: Act, ctx: Context) -> dict[str, Any]:
    if act.media:
        return {"type": "image", "image": {"id": ctx.refs["upload"]["id"], "caption": act.text}}
    return {"type": "text", "text": {"body": act.text, "preview_url": "http" in act.text}}


def addressed(person: str) -> dict[str, str]:
    """Whom an answer goes to. Calls to us name numbers without "+"; sent so, WhatsApp would put our own country's code in
    front. Who hides the number is written to by the business-scoped user id (business-scoped-user-ids, read 2026-11-30).
    """
    digits = person.removeprefix("+")
    return {"to": f"+{digits}"} if digits.isdigit() else {"recipient": person}


def _values(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in body["entry"]:
        for change in entry.get("changes") or ():
            if change.get("field") in ("messages", "user_preferences"):
                yield change["value"]


def _of(value: Mapping[str, Any]) -> Iterator[Hint]:
    """Somebody's message, a step on the way of ours (sent, delivered, read, failed), or what somebody wants of us.

    Repeats have the same key. webhooks/reference/user_preferences, read in November 2026.
    """
    phone = str(value["metadata"]["phone_number_id"])
    for row in value.get("messages") or ():
        said = inbound.message(row, value)
        if said:
            yield Hint(phone, Read.DIRECT, f"message {row['id']}", said.remote_id, at=said.at, said=said)
    for row in value.get("statuses") or ():
        told = inbound.arrival(row)
        key = f"status {told.remote_id} {told.state}"
        yield Hint(phone, Read.NUMBERS, key, told.remote_id, told.remote_id, told.at, arrival=told)
    for row in value.get("user_preferences") or ():
        if wish := inbound.preference(row):
            key = f"preference {wish.to} {row.get('timestamp')} {wish.wants}"
            yield Hint(phone, Read.NUMBERS, key, at=wish.at, arrival=wish)
