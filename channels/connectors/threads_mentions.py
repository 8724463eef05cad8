"""Threads: public posts of others that name the profile, read only. Threads Mentions page, as read in November 2026.

They are answered in the Threads app: replies are documented for what stands under posts of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.connectors.abilities import Read
from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.meta import instant
from channels.connectors.meta_talk import after, page_of
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted, readable
from channels.connectors.threads_talk import ThreadsTalk

FIELDS = "id,text,username,timestamp,permalink,media_type"
OLDEST = 1_688_540_400  # Threads takes no earlier "since"
IN_THE_APP = (
    "Threads lets us only read where others name the profile. Answer under the post, in the Threads app."
)


class ThreadsMentions(ThreadsTalk):
    """A part of the connector."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is not Read.MENTIONS:
            return super().messages(wanted, ctx)
        params: dict[str, Any] = {"fields": FIELDS, "limit": min(wanted.limit, 100)} | after(wanted)
        if wanted.since:
            params["since"] = max(OLDEST, int(wanted.since.timestamp()))
        body = self.data(ctx.wire.get(self.edge(ctx, "mentions"), params=params))
        rows = [row for row in body.get("data") or () if isinstance(row, Mapping)]
        found, cut = readable(rows, _message)
        return page_of(found, body, older=False, cut=cut)

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
        text=str(row.get("text") or ""),
        at=instant(row["timestamp"]),
        author_handle=f"@{name}" if name else "",
        author_name=name,
        url=str(row.get("permalink") or ""),
        raw=dict(row),
    )
