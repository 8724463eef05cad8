"""Instagram: posts of others in which we are tagged, and answers to those that name us. Graph API, as read in November 2026.

Only a post whose caption has our @name takes an answer; under one in which we are merely tagged nobody may comment through
the API. What stands under somebody else's post cannot be listed, so after a lost answer a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.connectors.abilities import Action, Read
from channels.connectors.base import Context, Lookup, LookupKind, Outcome, OutcomeKind, Refused
from channels.connectors.meta import instant
from channels.connectors.meta_talk import MetaTalk, after, done, page_of
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted

FIELDS = "id,caption,timestamp,username,permalink,media_type"
COMMENT_FIELDS = "id,text,timestamp,media{id,permalink}"
NAMED = "mentions_us"
ASK_AGAIN = frozenset({OutcomeKind.AUTH, OutcomeKind.RATE, OutcomeKind.UNKNOWN})
IN_THE_APP = (
    "Instagram lets other programs answer only where the words of the post name us with an @, not where we are just tagged. "
    "Answer under the post, in the Instagram app."
)
NOT_LISTED = (
    "Instagram does not show other programs what stands under posts of others. Look there whether it is."
)


class Mentions(MetaTalk):
    """A part of the connector."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is not Read.MENTIONS:
            return super().messages(wanted, ctx)
        params = {"fields": FIELDS, "limit": min(wanted.limit, 100)} | after(wanted)
        body = self.data(ctx.wire.get(self.graph(ctx, f"{ctx.channel.remote_id}/tags"), params=params))
        found = [
            _message(row, ctx.channel.handle) for row in body.get("data") or () if isinstance(row, Mapping)
        ]
        older = bool(wanted.since and found and min(message.at for message in found) < wanted.since)
        if wanted.named and all(message.remote_id != wanted.named for message in found):
            found += self._named(wanted.named, ctx)
        return page_of(found, body, older=older)

    def _named(self, remote_id: str, ctx: Context) -> list[Message]:
        """What names us with an @ in a comment or a caption stands in no list; a call has told its id. Which of the two it
        is, only asking tells; what is neither (any more) is nothing.
        """
        for field, kind, asked in (
            ("mentioned_comment", "comment_id", COMMENT_FIELDS),
            ("mentioned_media", "media_id", FIELDS),
        ):
            params = {"fields": f"{field}.{kind}({remote_id}){{{asked}}}"}
            answer = ctx.wire.get(self.graph(ctx, ctx.channel.remote_id), params=params)
            if not answer.ok and (outcome := self.classify(answer)).kind in ASK_AGAIN:
                raise Refused(outcome)
            row = answer.data.get(field) if answer.ok else None
            if isinstance(row, Mapping):
                return [_comment(row) if field == "mentioned_comment" else _message(row, ctx.channel.handle)]
        return []

    def may_answer(self, message: Message, now: datetime) -> str:
        if message.kind is MessageKind.MENTION and not message.raw.get(NAMED):
            return IN_THE_APP
        return super().may_answer(message, now)

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.kind is not MessageKind.MENTION or act.action is not Action.REPLY:
            return super().act(act, ctx)
        if not act.data.get(NAMED):
            return Outcome(OutcomeKind.CONTENT, code="mention", message=IN_THE_APP)
        form = {"media_id": act.remote_id, "message": act.text}
        if medium := (act.data.get("media") or {}).get("id"):  # they named us in a comment
            form |= {"media_id": str(medium), "comment_id": act.remote_id}
        answer = ctx.wire.post(self.graph(ctx, f"{ctx.channel.remote_id}/mentions"), form=form)
        return done(answer, self.id_of(self.there(answer)))

    def find(self, act: Act, ctx: Context) -> Lookup:
        if act.kind is MessageKind.MENTION:
            return Lookup(LookupKind.CANNOT, complete=True, reason=NOT_LISTED)
        return super().find(act, ctx)


def names(text: str, handle: str) -> bool:
    """Whether a caption has our @name; one that only begins like it is somebody else's."""
    ours = re.escape(handle.lstrip("@"))
    return bool(ours and re.search(rf"(?<![\w.])@{ours}(?![\w]|\.\w)", text, re.IGNORECASE))


def _comment(row: Mapping[str, Any]) -> Message:
    """Somebody's comment under a post of somebody else. Instagram does not tell who wrote it."""
    medium = row.get("media") or {}
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.MENTION,
        text=str(row.get("text") or ""),
        at=instant(row["timestamp"]),
        url=str(medium.get("permalink") or ""),
        raw={**row, NAMED: True},
    )


def _message(row: Mapping[str, Any], handle: str) -> Message:
    name = str(row.get("username") or "")
    return Message(
        remote_id=str(row["id"]),
        kind=MessageKind.MENTION,
        text=str(row.get("caption") or ""),
        at=instant(row["timestamp"]),
        author_handle=f"@{name}" if name else "",
        author_name=name,
        url=str(row.get("permalink") or ""),
        raw={**row, NAMED: names(str(row.get("caption") or ""), handle)},
    )
