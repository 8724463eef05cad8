"""X: direct messages, read and answered. API v2 (docs.x.com, Direct Messages), as read in November 2026.

They reach back thirty days, newest first. Each one that is read and each answer costs money. The app needs the permission
"Read and write and Direct message", the account the scopes ``dm.read`` and ``dm.write``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.base import LACKS_SCOPE, Connector, Context, Lookup, LookupKind, Outcome, OutcomeKind
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted
from channels.wire import Answer, AnswerLost

EVENT_FIELDS = "created_at,sender_id,dm_conversation_id,entities,event_type,text"


class XDirect(Connector):
    """A part of the connector. ``_must`` raises for what X refused."""

    _must: Callable[[Answer], Answer]

    def direct_messages(self, wanted: Wanted, ctx: Context) -> Messages:
        params: dict[str, Any] = {
            "max_results": str(min(max(wanted.limit, 1), 100)),
            "event_types": "MessageCreate",
            "dm_event.fields": EVENT_FIELDS,
            "expansions": "sender_id",
            "user.fields": "username,name",
        }
        if wanted.cursor:
            params["pagination_token"] = wanted.cursor
        body = self._events(ctx, "/2/dm_events", params)
        people = {str(user["id"]): user for user in (body.get("includes") or {}).get("users") or ()}
        found = tuple(_message(event, people, ctx) for event in body.get("data") or ())
        older = bool(wanted.since and found and min(message.at for message in found) < wanted.since)
        cursor = "" if older else str((body.get("meta") or {}).get("next_token") or "")
        return Messages(found, cursor, complete=not cursor and "meta" in body)

    def answer_direct(self, act: Act, ctx: Context) -> Outcome:
        if words := self.lacking(ctx.channel, "dm.write"):
            return Outcome(OutcomeKind.CONTENT, code=LACKS_SCOPE, message=words)
        path = f"/2/dm_conversations/{act.conversation_id}/messages"
        answer = self._must(ctx.wire.post(ctx.wire.url("api", path), json={"text": act.text}))
        data = answer.data.get("data")
        if not isinstance(data, dict) or not data.get("dm_event_id"):
            raise AnswerLost("its answer could not be read", "unreadable")
        remote_id = str(data["dm_event_id"])
        return Outcome(
            OutcomeKind.OK,
            remote_ref={"id": remote_id},
            remote_id=remote_id,
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def find_direct(self, act: Act, ctx: Context) -> Lookup:
        """Our own message with that text in the conversation, since a minute before the intent."""
        params = {"max_results": "100", "event_types": "MessageCreate", "dm_event.fields": EVENT_FIELDS}
        body = self._events(ctx, f"/2/dm_conversations/{act.conversation_id}/dm_events", params)
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        ours = [
            event
            for event in body.get("data") or ()
            if str(event.get("sender_id")) == str(ctx.channel.remote_id)
            and datetime.fromisoformat(event["created_at"]) >= since
        ]
        same = [event for event in ours if _plain(event["text"], event) == _plain(act.text)]
        if len(same) > 1:
            seen = tuple({"id": event["id"], "text": event["text"]} for event in same)
            return Lookup(
                LookupKind.CANNOT,
                complete=True,
                seen=seen,
                reason=f"X has {len(same)} messages with this text.",
            )
        if same:
            found = str(same[0]["id"])
            return Lookup(LookupKind.FOUND, remote_id=found, complete=True, remote_ref={"id": found})
        return self.nothing_found(act.text, ours, lambda event: str(event["text"]), complete="meta" in body)

    def _events(self, ctx: Context, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        body = self._must(ctx.wire.get(ctx.wire.url("api", path), params=params)).json
        if not isinstance(body, dict):
            raise AnswerLost("its answer could not be read", "unreadable")
        return body


def _message(event: Mapping[str, Any], people: Mapping[str, Any], ctx: Context) -> Message:
    sender = str(event.get("sender_id") or "")
    author = people.get(sender) or {}
    handle = author.get("username", "")
    return Message(
        remote_id=str(event["id"]),
        kind=MessageKind.DIRECT,
        text=_shown(event["text"], event),
        at=datetime.fromisoformat(event["created_at"]),
        author_id=sender,
        author_handle=f"@{handle}" if handle else "",
        author_name=author.get("name", ""),
        conversation_id=str(event.get("dm_conversation_id") or ""),
        ours=sender == str(ctx.channel.remote_id),
        raw=dict(event),
    )


def _shown(text: str, event: Mapping[str, Any]) -> str:
    """X writes its own short links into the text; people read the addresses that were sent."""
    for url in (event.get("entities") or {}).get("urls") or ():
        text = text.replace(url["url"], url.get("expanded_url") or url["url"])
    return text


def _plain(text: str, event: Mapping[str, Any] | None = None) -> str:
    return " ".join(_shown(text, event or {}).split())
