"""Facebook and Instagram: what people say under our posts and in private, and what we do about it.

Comments and direct messages work alike on both; what differs is a handful of names that each connector gives
as data. No call takes a key, so an answer that got lost is looked for among the answers.
Sources: Pages API and Instagram Platform pages on comments, messaging and webhooks, read in November 2026.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, PrivateStart, Read, Window
from channels.connectors.base import (
    LACKS_SCOPE,
    Context,
    Lookup,
    Outcome,
    OutcomeKind,
    Refused,
    UnsupportedFeature,
)
from channels.connectors.hooks import Webhook, require_signature
from channels.connectors.meta import MetaConnector, instant, is_missing
from channels.connectors.talk import Act, Hint, Message, MessageKind, Messages, Wanted, readable
from channels.wire import Answer

K = OutcomeKind
WINDOW = Window(
    24,
    "https://developers.facebook.com/docs/messenger-platform/policy, read 2026-11-23",
    "Answer in the network's own app, or wait until they write again.",
)
BEGINS = PrivateStart(
    {"private_reply": True},
    "https://developers.facebook.com/docs/messenger-platform/discovery/private-replies, read 2026-11-30",
    days=7,
    once=True,
)
IN_A_TALK = 20  # messages that are told with a conversation
WITH_PEOPLE = f"id,updated_time,participants,messages.limit({IN_A_TALK}){{id,from,to,message,created_time}}"
CONVERSATION = f"id,updated_time,messages.limit({IN_A_TALK}){{id,from,to,message,created_time}}"
PAGES = 50  # of a hundred answers, inside one comment
CUT = "cut|"  # before a cursor: a page of this round left something out


@dataclass(frozen=True)
class Names:
    """What the two networks call the same things."""

    fields: str  # of a comment
    text: str
    at: str
    hidden: str
    person: str  # the field of "from" that people see
    answers: str  # the edge below a comment where answers are written and read
    query: Mapping[str, str]  # of the list of comments


class MetaTalk(MetaConnector):
    """The part of both connectors that reads and answers."""

    names: Names
    messenger: str  # their name for direct messages in ``platform=``
    window = WINDOW
    begins = BEGINS
    webhook = Webhook()

    # Read ---------------------------------------------------------------------------------------------------

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is Read.COMMENTS and wanted.post:
            return self._comments(wanted, ctx)
        if wanted.what is Read.DIRECT:
            return self._direct(wanted, ctx)
        raise UnsupportedFeature(self.label, f"reading {wanted.what}")

    def _comments(self, wanted: Wanted, ctx: Context) -> Messages:
        params = {"fields": self.names.fields, "limit": min(wanted.limit, 100), **self.names.query}
        url = self.graph(ctx, f"{wanted.post.remote_id}/comments")
        body = self.data(ctx.wire.get(url, params=params | after(wanted)))
        rows = [row for row in body.get("data") or () if isinstance(row, Mapping)]
        found, cut = readable(rows, lambda row: self._comment(row, wanted, ctx))
        deeper = []
        for row in rows:  # Instagram tells the answers inside the comment
            inside, some = self._inside(row, ctx)
            answers = [{"parent_id": row["id"], **each} for each in inside if isinstance(each, Mapping)]
            below, left = readable(answers, lambda each: self._comment(each, wanted, ctx))
            cut = cut or some or left
            deeper += [str(row["id"])] if some else []
            found += below
        top = [m.at for m in found if m.kind is MessageKind.COMMENT]
        older = bool(wanted.since and top and min(top) < wanted.since)
        page = page_of(found, body, older=older, cut=cut or older or _cut(wanted))
        return replace(page, deeper=tuple(deeper))

    def _inside(self, row: Mapping[str, Any], ctx: Context) -> tuple[list[Mapping[str, Any]], bool]:
        """The answers told inside a comment with those of further pages, and whether some are still left out."""
        told = row.get("replies") or {}
        found = list(told.get("data") or ())
        fields = self.names.fields.partition(",replies{")[2].rstrip("}")
        for _ in range(PAGES):
            if not (place := _next(told)):
                return found, bool((told.get("paging") or {}).get("next"))
            params = {"fields": fields, "limit": 100, "after": place}
            url = self.graph(ctx, f"{row['id']}/{self.names.answers}")
            told = self.data(ctx.wire.get(url, params=params))
            found += told.get("data") or ()
        return found, bool(_next(told))

    def _comment(self, row: Mapping[str, Any], wanted: Wanted, ctx: Context) -> Message:
        names, author = self.names, row.get("from") or {}
        parent = str(row.get("parent_id") or (row.get("parent") or {}).get("id") or "")
        handle = str(author.get(names.person) or row.get("username") or "")
        return Message(
            remote_id=str(row["id"]),
            kind=MessageKind.REPLY if parent else MessageKind.COMMENT,
            text=str(row.get(names.text) or ""),
            at=instant(row[names.at]),
            author_id=str(author.get("id") or ""),
            author_handle=f"@{handle}" if handle and names.person == "username" else handle,
            author_name=str(author.get("name") or handle),
            parent_id=parent,
            post_id=wanted.post.remote_id if wanted.post else "",
            url=str(row.get("permalink_url") or ""),
            hidden=row.get(names.hidden),
            ours=self._ours(author, handle, ctx),
            raw=dict(row),
        )

    def _ours(self, author: Mapping[str, Any], handle: str, ctx: Context) -> bool:
        us = {str(ctx.channel.remote_id), ctx.channel.handle.lstrip("@")}
        return str(author.get("id") or "") in us or (self.names.person == "username" and handle in us)

    def _direct(self, wanted: Wanted, ctx: Context) -> Messages:
        params = {"platform": self.messenger, "fields": CONVERSATION, "limit": min(wanted.limit, 50)}
        url = self.graph(ctx, f"{ctx.channel.remote_id}/conversations")
        body = self.data(ctx.wire.get(url, params=params | after(wanted)))
        talks = [talk for talk in body.get("data") or () if isinstance(talk, Mapping)]
        said = [(row, talk) for talk in talks for row in (talk.get("messages") or {}).get("data") or ()]
        found, left = readable(said, lambda pair: self._private(*pair, ctx))
        moved = [instant(talk["updated_time"]) for talk in talks]
        older = bool(wanted.since and moved and min(moved) < wanted.since)
        deeper = tuple(str(talk["id"]) for talk in talks if _more(talk, wanted.since))
        page = page_of(found, body, older=older, cut=left or _cut(wanted) or bool(deeper))
        return replace(page, deeper=deeper)

    def _private(self, row: Mapping[str, Any], talk: Mapping[str, Any], ctx: Context) -> Message:
        author = row.get("from") or {}
        handle = str(author.get("username") or author.get("name") or "")
        ours = self._ours(author, handle, ctx)
        return Message(
            remote_id=str(row["id"]),
            kind=MessageKind.DIRECT,
            text=str(row.get("message") or ""),
            at=instant(row["created_time"]),
            author_id=str(author.get("id") or ""),
            author_handle=f"@{handle}" if author.get("username") else handle,
            author_name=str(author.get("name") or handle),
            conversation_id=str(talk["id"]),
            ours=ours,
            raw=dict(row),
        )

    # Act ----------------------------------------------------------------------------------------------------

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.REPLY and act.kind is MessageKind.DIRECT:
            return self._write(act, ctx)
        if act.action in {Action.REPLY, Action.COMMENT}:
            url = self.graph(ctx, f"{act.remote_id}/{self._below(act)}")
            form: dict[str, Any] = {"message": act.text}
            if act.media:
                form["attachment_id"] = ctx.refs["upload 1.1"]["id"]
            answer = ctx.wire.post(url, form=form)
            return done(answer, self.id_of(self.there(answer)))
        if act.action in {Action.BLOCK, Action.UNBLOCK}:
            url = self.graph(ctx, f"{ctx.channel.remote_id}/blocked")
            if act.action is Action.BLOCK:
                return self._changed(ctx.wire.post(url, form={"user": act.person_id}))
            return self._changed(ctx.wire.delete(url, params={"user": act.person_id}))
        url = self.graph(ctx, act.remote_id)
        if act.action in {Action.HIDE, Action.UNHIDE}:
            return self._changed(ctx.wire.post(url, form={self._hide: act.action is Action.HIDE}))
        if act.action is Action.EDIT_POST:
            return self._changed(ctx.wire.post(url, form={"message": act.text}))
        if act.action is Action.DELETE_COMMENT:
            answer = ctx.wire.delete(url)
            return done(answer) if is_missing(answer.data) else self._changed(answer)
        return super().act(act, ctx)

    def _below(self, act: Act) -> str:
        """The edge where it is written and read: both networks call it "comments" below a post."""
        return "comments" if act.action is Action.COMMENT else self.names.answers

    @property
    def _hide(self) -> str:
        return {"is_hidden": "is_hidden"}.get(self.names.hidden, "hide")

    def may_begin(self, message: Message, channel: Any, now: datetime) -> str:
        if message.kind not in {MessageKind.COMMENT, MessageKind.REPLY}:
            return (
                f"{self.label} takes a private message only as an answer to a comment under a post of ours."
            )
        if message.raw.get("can_reply_privately") is False:
            return f"{self.label} does not let us write to this person in private, or not any more about this comment."
        return super().may_begin(message, channel, now)

    def _write(self, act: Act, ctx: Context) -> Outcome:
        """To a person within the window; or as the one private answer to a comment, by its id."""
        begins = bool(act.data.get("private_reply"))
        if begins and (words := self.lacking(ctx.channel, self.needs.get(Read.DIRECT, ""))):
            return Outcome(K.CONTENT, code=LACKS_SCOPE, message=words)
        to = {"comment_id": act.remote_id} if begins else {"id": act.person_id}
        body: dict[str, Any] = {"recipient": to, "message": {"text": act.text}}
        if self.messenger == "messenger":
            body["messaging_type"] = "RESPONSE"
        answer = ctx.wire.post(self.graph(ctx, f"{ctx.channel.remote_id}/messages"), json=body)
        return done(answer, str(self.data(answer).get("message_id") or ""))

    def _changed(self, answer: Answer) -> Outcome:
        self.data(self.there(answer))
        return done(answer)

    def needed(self, act: Act) -> str:
        """Answers in private and in public, and what is done to comments, have permissions of their own."""
        if act.action is Action.REPLY:
            return self.needs[Read.DIRECT] if act.kind is MessageKind.DIRECT else self.needs[Action.HIDE]
        if act.action is Action.EDIT_POST and act.kind is not None:
            return self.needs[Action.HIDE]
        return super().needed(act)

    def there(self, answer: Answer) -> Answer:
        """Raise in words for a message that is gone (the code alone is also said of fresh ids)."""
        if is_missing(answer.data):
            words = f"{self.label} no longer has this message; its author may have deleted it."
            raise Refused(Outcome(K.CONTENT, code="100/33", message=words, http_status=answer.status))
        return answer

    def find(self, act: Act, ctx: Context) -> Lookup:
        """Our own words among the answers below that message (or in the conversation), since the intent."""
        since = (ctx.intent_at - timedelta(seconds=60)).replace(microsecond=0)
        if act.action not in {Action.REPLY, Action.COMMENT}:
            raise UnsupportedFeature(self.label, f"a look-up of the action {act.action}")
        if act.kind is MessageKind.DIRECT and act.data.get("private_reply"):
            page = self._with_person(act, since, ctx)
        elif act.kind is MessageKind.DIRECT:
            page = self._conversation(act, ctx, since)
        else:
            page = self._answers(act, ctx)
        ours = [m for m in page.found if m.ours and m.at >= since]
        said = [{"id": m.remote_id, "at": m.at.isoformat(), "text": m.text} for m in ours]
        reached = act.action is Action.COMMENT and any(m.at < since for m in page.found)  # newest first
        return self.the_one(act.text, said, complete=reached or (page.complete and not page.cursor))

    def _answers(self, act: Act, ctx: Context) -> Messages:
        """The newest answers below the message; an answer to an answer lands below the first comment."""
        fields = self.names.fields.partition(",replies{")[0] + (",attachment" if act.media else "")
        top = str(act.data.get("parent_id") or (act.data.get("parent") or {}).get("id") or act.remote_id)
        params = {"fields": fields, "limit": 100, **self.names.query}
        params.pop("filter", None)
        body = self.data(ctx.wire.get(self.graph(ctx, f"{top}/{self._below(act)}"), params=params))
        told = [row for row in body.get("data") or () if row.get("attachment") or not act.media]
        rows = [self._comment(row, Wanted(Read.COMMENTS), ctx) for row in told]
        return page_of(rows, body, older=False)

    def _conversation(self, act: Act, ctx: Context, since: datetime) -> Messages:
        """The newest messages of a conversation; ``complete`` where they reach back to ``since``."""
        url = self.graph(ctx, act.conversation_id)
        talk = self.data(ctx.wire.get(url, params={"fields": CONVERSATION}))
        rows = (talk.get("messages") or {}).get("data") or ()
        found = tuple(self._private(row, talk, ctx) for row in rows)
        return Messages(found, complete="messages" in talk and not _more(talk, since))

    def _with_person(self, act: Act, since: datetime, ctx: Context) -> Messages:
        """What stands in the conversations with the author of a comment; which one it is nobody has told us."""
        url = self.graph(ctx, f"{ctx.channel.remote_id}/conversations")
        body = self.data(
            ctx.wire.get(url, params={"platform": self.messenger, "fields": WITH_PEOPLE, "limit": 50})
        )
        talks = [talk for talk in body.get("data") or () if isinstance(talk, Mapping)]
        theirs = [talk for talk in talks if self._is_with(act, talk)]
        rows = [
            self._private(row, talk, ctx)
            for talk in theirs
            for row in (talk.get("messages") or {}).get("data") or ()
        ]
        older = any(instant(talk["updated_time"]) < since for talk in talks)
        return page_of(rows, body, older=older, cut=any(_more(talk, since) for talk in theirs))

    def _is_with(self, act: Act, talk: Mapping[str, Any]) -> bool:
        people = (talk.get("participants") or {}).get("data") or ()
        name = act.handle.lstrip("@")
        return any(
            str(each.get("id") or "") == act.person_id or (name and each.get(self.names.person) == name)
            for each in people
        )

    # Calls to us --------------------------------------------------------------------------------------------

    def challenge(self, params: Mapping[str, str], token: str) -> str | None:
        return meta_challenge(params, token)

    def hints(self, body: bytes, headers: Mapping[str, str], secret: str) -> list[Hint]:
        require_signature(self.webhook, body, headers, secret)
        return meta_hints(body)


def after(wanted: Wanted) -> dict[str, str]:
    return {"after": wanted.cursor.removeprefix(CUT)} if wanted.cursor.removeprefix(CUT) else {}


def _cut(wanted: Wanted) -> bool:
    return wanted.cursor.startswith(CUT)


def _next(body: Mapping[str, Any]) -> str:
    paging = body.get("paging") or {}
    return str((paging.get("cursors") or {}).get("after") or "") if paging.get("next") else ""


def _more(talk: Mapping[str, Any], since: datetime | None) -> bool:
    """Whether a conversation may hold wanted messages that were not told with it."""
    told = talk.get("messages") or {}
    rows = told.get("data") or ()
    if len(rows) < IN_A_TALK and not (told.get("paging") or {}).get("next"):
        return False
    return since is None or all(instant(row["created_time"]) >= since for row in rows)


def page_of(found: list[Message], body: Mapping[str, Any], *, older: bool, cut: bool = False) -> Messages:
    """``older``: the list, newest first, already reaches back past what is wanted. ``cut``: something is left out,
    here or on a page before, so that nothing may be taken for gone.
    """
    more = "" if older else _next(body)
    cursor = f"{CUT}{more}" if more and cut else more
    return Messages(tuple(found), cursor, complete="data" in body and not more and not cut)


def done(answer: Answer, remote_id: str = "") -> Outcome:
    return Outcome(
        K.OK,
        remote_ref={"id": remote_id} if remote_id else {},
        remote_id=remote_id,
        http_status=answer.status,
        request_id=answer.request_id,
        body=answer.text,
    )


# Webhooks, the same for the whole family ----------------------------------------------------------------------


def meta_challenge(params: Mapping[str, str], token: str) -> str | None:
    ours = hmac.compare_digest(params.get("hub.verify_token", "").encode(), token.encode())
    return params.get("hub.challenge", "") if params.get("hub.mode") == "subscribe" and ours else None


def meta_hints(body: bytes) -> list[Hint]:
    """What the entries of a call name. What cannot be read names nothing: it is looked for anyway."""
    try:
        entries = json.loads(body)["entry"]
        return [hint for entry in entries for hint in _entry(entry)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _entry(entry: Mapping[str, Any]) -> list[Hint]:
    account = str(entry["id"])
    found = [_change(account, change) for change in entry.get("changes") or ()]
    found += [_written(account, item) for item in entry.get("messaging") or ()]
    return [hint for hint in found if hint]


def _change(account: str, change: Mapping[str, Any]) -> Hint | None:
    value, name = change.get("value") or {}, change.get("field")
    if name in {"mention", "mentions"}:
        remote = str(value.get("comment_id") or value.get("media_id") or value.get("post_id") or "")
        return Hint(account, Read.MENTIONS, f"mention {remote}", remote)
    if name not in {"feed", "comments", "live_comments"}:
        return None
    media = value.get("media") or {}
    remote = str(value.get("comment_id") or value.get("id") or "")
    post = str(value.get("post_id") or media.get("id") or "")
    at = value.get("created_time")
    moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None
    key = f"{value.get('item', 'comment')} {value.get('verb', 'add')} {remote or post} {at or ''}".strip()
    return Hint(account, Read.COMMENTS, key, remote, post, moment)


def _written(account: str, item: Mapping[str, Any]) -> Hint | None:
    message = item.get("message") or {}
    mid = str(message.get("mid") or "")
    return Hint(account, Read.DIRECT, f"message {mid}", mid) if mid else None
