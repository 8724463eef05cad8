"""What somebody wrote to a number, out of WhatsApp's call to us: the only place where it is ever told.

business-messaging/whatsapp/webhooks, read in November 2026. What is no text is said in words, so that nobody is missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.connectors.talk import Arrival, Message, MessageKind
from channels.connectors.whatsapp.errors import MEANINGS

FILES = {
    "image": "a picture",
    "video": "a video",
    "audio": "a voice message",
    "document": "a document",
    "sticker": "a sticker",
}
SILENT = frozenset({"reaction", "system"})  # an emoji on a message; a changed number: nothing to answer
NO_MORE = "131050"  # the code of what is not delivered because the person wants no marketing messages
UNSEEN = "something that WhatsApp shows only in its own app"


def message(row: Mapping[str, Any], value: Mapping[str, Any]) -> Message | None:
    """One entry of ``messages``; None for what nobody could answer. ``value`` has the names of the people.

    People may hide their number: then only a ``user_id`` says who they are, and one may write to that.
    """
    kind, at = str(row.get("type") or ""), moment(row)
    sender = str(row.get("from") or row.get("from_user_id") or _user(value) or "")
    if kind in SILENT or at is None or not sender:
        return None
    name = _name(value, sender)
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.DIRECT,
        text=_words(kind, row),
        at=at,
        author_id=sender,
        author_handle=f"+{sender}" if sender.isdigit() else name,
        author_name=name,
        parent_id=str((row.get("context") or {}).get("id") or ""),
        conversation_id=sender,
        raw={"type": kind},
    )


def arrival(row: Mapping[str, Any]) -> Arrival:
    """One entry of ``statuses``: sent, delivered, read, played or failed; that it was accepted says nothing of that."""
    state, to = str(row["status"]), str(row.get("recipient_id") or row.get("recipient_user_id") or "")
    code, why = _failure(row) if state == "failed" else ("", "")
    return Arrival(
        remote_id=str(row["id"]),
        state=state,
        at=moment(row),
        witness=str(row.get("biz_opaque_callback_data") or ""),
        why=why,
        code=code,
        to=f"+{to}" if to.isdigit() else to,
        wants=False if code == NO_MORE else None,
    )


def preference(row: Mapping[str, Any]) -> Arrival | None:
    """One entry of ``user_preferences``: somebody wants no more of our messages, or wants them again."""
    said = {"stop": False, "resume": True}.get(str(row.get("value") or ""))
    to = str(row.get("wa_id") or row.get("user_id") or "")
    if said is None or not to:
        return None
    return Arrival("", "preference", moment(row), to=f"+{to}" if to.isdigit() else to, wants=said)


def _failure(row: Mapping[str, Any]) -> tuple[str, str]:
    error = next((each for each in row.get("errors") or () if isinstance(each, Mapping)), {})
    code = str(error.get("code") or "")
    if code.isdigit() and int(code) in MEANINGS:
        return code, MEANINGS[int(code)][1]
    details = str((error.get("error_data") or {}).get("details") or "")
    return code, f"WhatsApp did not deliver it: {details or error.get('title') or code or 'no reason'}."


def moment(row: Mapping[str, Any]) -> datetime | None:
    told = str(row.get("timestamp") or "")
    return datetime.fromtimestamp(int(told), UTC) if told.isdigit() else None


def _user(value: Mapping[str, Any]) -> str:
    return next((str(each.get("user_id") or "") for each in value.get("contacts") or ()), "")


def _name(value: Mapping[str, Any], sender: str) -> str:
    for each in value.get("contacts") or ():
        if sender in {str(each.get("wa_id") or ""), str(each.get("user_id") or "")}:
            return str((each.get("profile") or {}).get("name") or "")
    return ""


def _words(kind: str, row: Mapping[str, Any]) -> str:
    body = row.get(kind) or {}
    if kind == "text":
        return str(body.get("body") or "")
    if kind in FILES:
        sent = f"(sent {FILES[kind]}; see it in WhatsApp)"
        return f"{body.get('caption') or ''}\n{sent}".strip()
    if kind == "button":  # of a template
        return str(body.get("text") or "")
    if kind == "interactive":
        chosen = body.get("button_reply") or body.get("list_reply") or {}
        return str(chosen.get("title") or "") or f"(sent {UNSEEN})"
    if kind == "location":
        about = [str(body.get(part) or "") for part in ("name", "address", "latitude", "longitude")]
        return f"(sent a place: {', '.join(filter(None, about))})"
    if kind == "contacts":
        people = [
            str((each.get("name") or {}).get("formatted_name") or "") for each in row.get("contacts") or ()
        ]
        return f"(sent a contact: {', '.join(filter(None, people))})"
    return f"(sent {UNSEEN})"
