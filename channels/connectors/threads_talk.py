"""Threads: replies to our posts are read, answered and hidden; what Threads calls to us about them.

Sources: Threads pages on reply management and webhooks, read in November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    Context,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    Refused,
    Safety,
    StepKind,
    StepSpec,
)
from channels.connectors.containers import ContainerConnector
from channels.connectors.hooks import Webhook, require_signature
from channels.connectors.meta import instant, is_missing
from channels.connectors.meta_talk import meta_challenge
from channels.connectors.talk import Act, Hint, Message, MessageKind, Messages, Wanted

K = OutcomeKind
CONTAINER, WAIT = "container answer", "wait answer"
FIELDS = (
    "id,text,username,timestamp,media_type,permalink,root_post,replied_to,is_reply_owned_by_me,hide_status"
)
HIDDEN = frozenset({"HIDDEN", "COVERED", "BLOCKED", "RESTRICTED"})  # what is not here counts as seen


class ThreadsTalk(ContainerConnector):
    """The part of the connector that reads and answers."""

    webhook = Webhook()
    publish: Any
    _state: Any

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        """The whole conversation below a chain, newest first; our own further parts are no messages."""
        assert wanted.post is not None  # COMMENTS is all that is read
        params: dict[str, Any] = {"fields": FIELDS, "reverse": True, "limit": min(wanted.limit, 100)}
        if wanted.cursor:
            params["after"] = wanted.cursor
        url = self.graph(ctx, f"{wanted.post.remote_id}/conversation")
        body = self.data(ctx.wire.get(url, params=params))
        parts = {wanted.post.remote_id, *wanted.post.parts}
        rows = [row for row in body.get("data") or () if isinstance(row, Mapping)]
        found = [_message(row, parts, wanted.post.remote_id) for row in rows if str(row["id"]) not in parts]
        paging = body.get("paging") or {}
        more = str((paging.get("cursors") or {}).get("after") or "") if paging.get("next") else ""
        older = bool(wanted.since and rows and min(instant(r["timestamp"]) for r in rows) < wanted.since)
        return Messages(tuple(found), "" if older else more, complete="data" in body and (older or not more))

    def steps_of(self, act: Act) -> list[StepSpec]:
        """An answer goes the way of a post: its container is kept before it is published, and tells what became of it."""
        if act.action is not Action.REPLY:
            return super().steps_of(act)
        own = self.step_of(act)
        data = {
            "answers": act.remote_id,
            "text": act.text,
            "needs": self.needed(act),
            "media": own.data["media"],
        }
        return [
            StepSpec(CONTAINER, StepKind.CONTAINER, Safety.PURE, data=data),
            StepSpec(WAIT, StepKind.WAIT, Safety.PURE, data={"of": CONTAINER}),
            own,
        ]

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.REPLY:
            outcome: Outcome = self.publish(CONTAINER, ctx)
            return outcome
        if act.action in {Action.HIDE, Action.UNHIDE}:
            form = {"hide": act.action is Action.HIDE}
            answer = ctx.wire.post(self.graph(ctx, f"{act.remote_id}/manage_reply"), form=form)
            if is_missing(answer.data):
                words = "Threads no longer has this reply; its author may have deleted it."
                raise Refused(Outcome(K.CONTENT, code="100/33", message=words, http_status=answer.status))
            self.data(answer)
            return Outcome(K.OK, http_status=answer.status, body=answer.text)
        return super().act(act, ctx)

    def find(self, act: Act, ctx: Context) -> Lookup:
        """Ask the container; which reply it became, only its text and what it answers tell."""
        container = (ctx.refs.get(CONTAINER) or {}).get("id")
        state = self._state(ctx, container) if container else ""
        seen = ({"container": container, "status": state},)
        if state == "FINISHED":
            return Lookup(LookupKind.ABSENT, complete=True, seen=seen)
        if state == "IN_PROGRESS":
            return Lookup(LookupKind.CANNOT, seen=seen, reason="Threads is still at it.")
        found = self._own_reply(act, ctx)
        if state == "PUBLISHED" and found.kind is not LookupKind.FOUND:
            reason = "It is out, but its link could not be told."
            return Lookup(LookupKind.FOUND, complete=True, remote_ref={"id": ""}, seen=seen, reason=reason)
        return found

    def _own_reply(self, act: Act, ctx: Context) -> Lookup:
        """Our own replies since the intent: to that message, with this very text."""
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        params = {
            "fields": "id,text,timestamp,permalink,replied_to,media_type",
            "since": int(since.timestamp()),
            "limit": 100,
        }
        body = self.data(ctx.wire.get(self.edge(ctx, "replies"), params=params))
        told = [row for row in body.get("data") or () if isinstance(row, Mapping)]
        rows = [row for row in told if row.get("media_type", "IMAGE") == "IMAGE"] if act.media else told
        there = [row for row in rows if str((row.get("replied_to") or {}).get("id") or "") == act.remote_id]
        complete = "data" in body and not (body.get("paging") or {}).get("next")
        found = self.the_one(act.text, [_shown(row) for row in there], complete=complete)
        if found.kind is not LookupKind.ABSENT:
            return found
        homeless = [_shown(row) for row in rows if not (row.get("replied_to") or {}).get("id")]
        doubt = self.the_one(act.text, homeless, complete=complete)
        if doubt.kind is LookupKind.ABSENT:
            return found
        reason = "Threads has an answer of ours with these words, but does not tell what it answers. Is it this one?"
        return Lookup(LookupKind.CANNOT, complete=True, seen=doubt.seen, reason=reason)

    def permalink(self, remote_id: str, ctx: Context) -> str:
        found = self.data(ctx.wire.get(self.graph(ctx, remote_id), params={"fields": "id,permalink"}))
        return str(found.get("permalink") or "")

    # Calls to us --------------------------------------------------------------------------------------------

    def challenge(self, params: Mapping[str, str], token: str) -> str | None:
        return meta_challenge(params, token)

    def hints(self, body: bytes, headers: Mapping[str, str], secret: str) -> list[Hint]:
        require_signature(self.webhook, body, headers, secret)
        try:
            return [hint for hint in map(_hint, _events(json.loads(body))) if hint]
        except (ValueError, KeyError, TypeError, AttributeError):
            return []  # what cannot be read names nothing: it is looked for anyway


def _shown(row: Mapping[str, Any]) -> dict[str, str]:
    return {"id": str(row["id"]), "text": str(row.get("text") or ""), "url": str(row.get("permalink") or "")}


def _message(row: Mapping[str, Any], parts: set[str], post: str) -> Message:
    above = str((row.get("replied_to") or {}).get("id") or "")
    under_post = above in parts or not above
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.COMMENT if under_post else MessageKind.REPLY,
        text=str(row.get("text") or ""),
        at=instant(row["timestamp"]),
        author_handle=f"@{row['username']}" if row.get("username") else "",
        author_name=str(row.get("username") or ""),
        parent_id="" if under_post else above,
        post_id=post,
        url=str(row.get("permalink") or ""),
        hidden=row["hide_status"] in HIDDEN if row.get("hide_status") else None,
        ours=bool(row.get("is_reply_owned_by_me")),
        raw=dict(row),
    )


def _events(body: Any) -> list[Mapping[str, Any]]:
    """A call is one event, or several in a list; "values" holds one change or a list of them."""
    events = body if isinstance(body, list) else [body]
    found = []
    for event in events:
        values = event["values"]
        for value in values if isinstance(values, list) else [values]:
            found.append({"target_id": event.get("target_id"), "time": event.get("time"), **value})
    return found


def _hint(event: Mapping[str, Any]) -> Hint | None:
    """``target_id`` is not documented; the owner of the post at the top is our account where it is told."""
    value, name = event["value"], event["field"]
    what = {"replies": Read.COMMENTS, "mentions": Read.MENTIONS}.get(name)
    if what is None:
        return None
    root = value.get("root_post") or {}
    remote, at = str(value["id"]), event.get("time")
    moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None
    account = str(root.get("owner_id") or event.get("target_id") or "")
    return Hint(account, what, f"{name} {remote}", remote, str(root.get("id") or ""), moment)
