"""Facebook: public posts of others in which the page is tagged, read only. Graph API, Page Tagged, as read in November 2026.

Who wrote a person's post is not told. They are answered on Facebook: the Pages API documents comments under the page's own
posts only, and what stands under somebody else's post could not be listed after a lost answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.connectors.abilities import Read
from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.meta import instant
from channels.connectors.meta_talk import MetaTalk, after, page_of
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted

FIELDS = "id,message,created_time,from,permalink_url"
ON_FACEBOOK = (
    "Facebook lets us only read where the page is tagged. Answer under the post, on Facebook as the page."
)


class Tagged(MetaTalk):
    """A part of the connector."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is not Read.MENTIONS:
            return super().messages(wanted, ctx)
        params = {"fields": FIELDS, "limit": min(wanted.limit, 100)} | after(wanted)
        body = self.data(ctx.wire.get(self.graph(ctx, f"{ctx.channel.remote_id}/tagged"), params=params))
        found = [_message(row, ctx) for row in body.get("data") or () if isinstance(row, Mapping)]
        older = bool(wanted.since and found and min(message.at for message in found) < wanted.since)
        return page_of(found, body, older=older)

    def may_answer(self, message: Message, now: datetime) -> str:
        return ON_FACEBOOK if message.kind is MessageKind.MENTION else super().may_answer(message, now)

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.kind is MessageKind.MENTION:
            return Outcome(OutcomeKind.CONTENT, code="mention", message=ON_FACEBOOK)
        return super().act(act, ctx)


def _message(row: Mapping[str, Any], ctx: Context) -> Message:
    author = row.get("from") or {}
    name = str(author.get("name") or "")
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.MENTION,
        text=str(row.get("message") or ""),
        at=instant(row["created_time"]),
        author_id=str(author.get("id") or ""),
        author_handle=name,
        author_name=name,
        url=str(row.get("permalink_url") or ""),
        ours=str(author.get("id") or "") == str(ctx.channel.remote_id),
        raw=dict(row),
    )
