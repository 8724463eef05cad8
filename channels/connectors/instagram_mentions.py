"""Instagram: posts of others in which we are tagged, read only. Graph API, as read in November 2026.

They are answered in the app: what is written under somebody else's post cannot be listed, so a lost answer could not be
looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.connectors.abilities import Read
from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.meta import instant
from channels.connectors.meta_talk import MetaTalk, page_of
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted

FIELDS = "id,caption,timestamp,username,permalink,media_type"
IN_THE_APP = "Instagram lets us only read where we are tagged. Answer under the post, in the Instagram app."


class Mentions(MetaTalk):
    """A part of the connector."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is not Read.MENTIONS:
            return super().messages(wanted, ctx)
        params: dict[str, Any] = {"fields": FIELDS, "limit": min(wanted.limit, 100)}
        if wanted.cursor:
            params["after"] = wanted.cursor
        body = self.data(ctx.wire.get(self.graph(ctx, f"{ctx.channel.remote_id}/tags"), params=params))
        found = [_message(row) for row in body.get("data") or () if isinstance(row, Mapping)]
        older = bool(wanted.since and found and min(message.at for message in found) < wanted.since)
        return page_of(found, body, older=older)

    def may_answer(self, message: Message, now: datetime) -> str:
        return IN_THE_APP if message.kind is MessageKind.MENTION else super().may_answer(message, now)

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.kind is MessageKind.MENTION:
            return Outcome(OutcomeKind.CONTENT, code="mention", message=IN_THE_APP)
        return super().act(act, ctx)


def _message(row: Mapping[str, Any]) -> Message:
    name = str(row.get("username") or "")
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.MENTION,
        text=str(row.get("caption") or ""),
        at=instant(row["timestamp"]),
        author_handle=f"@{name}" if name else "",
        author_name=name,
        url=str(row.get("permalink") or ""),
        raw=dict(row),
    )
