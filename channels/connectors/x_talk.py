"""X: what people say to us there, and answering and hiding it. API v2, as read in November 2026.

Replies are found by a search that reaches back seven days, mentions without such an end. Each post that is
read costs money, so nothing is asked for twice and our own posts are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    Context,
    Lookup,
    Outcome,
    OutcomeKind,
    UnsupportedFeature,
)
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted, readable
from channels.connectors.x_direct import XDirect

SEARCH_DAYS = 7
MESSAGE_FIELDS = "created_at,author_id,conversation_id,entities,referenced_tweets"


class XTalk(XDirect):
    """The part of the X connector that reads and answers; :class:`channels.connectors.x.XConnector` has the rest."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is Read.DIRECT:
            return self.direct_messages(wanted, ctx)
        limit = str(min(max(wanted.limit, 10), 100))
        params: dict[str, Any] = {
            "max_results": limit,
            "expansions": "author_id",
            "user.fields": "username,name",
        }
        reach = ctx.now - timedelta(days=SEARCH_DAYS) + timedelta(minutes=1)
        if wanted.what is Read.MENTIONS:
            path, since = f"/2/users/{ctx.channel.remote_id}/mentions", wanted.since
        elif wanted.what is Read.COMMENTS and wanted.post:
            path, since = "/2/tweets/search/recent", max(wanted.since or reach, reach)
            params["query"] = f"conversation_id:{wanted.post.remote_id} -from:{ctx.channel.remote_id}"
        else:
            raise UnsupportedFeature(self.label, f"reading {wanted.what}")
        if since:
            params["start_time"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        if wanted.cursor:
            params["next_token" if "query" in params else "pagination_token"] = wanted.cursor
        body = self._read(ctx, ctx.wire.url("api", path), params, MESSAGE_FIELDS)
        return _page(body, wanted, ctx, since)

    def may_answer(self, message: Message, now: datetime) -> str:
        free = message.kind is MessageKind.DIRECT or message.raw.get("mentions_us")
        return super().may_answer(message, now) or ("" if free else self.reply_rule)

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.REPLY and act.kind is MessageKind.DIRECT:
            return self.answer_direct(act, ctx)
        if act.action is Action.REPLY:
            body: dict[str, Any] = {"text": act.text, "reply": {"in_reply_to_tweet_id": act.remote_id}}
            uploads = [f"upload 1.{j}" for j in range(1, len(act.media) + 1)]
            if uploads:
                body["media"] = {"media_ids": [ctx.refs[key]["media_id"] for key in uploads]}
            return self.put_out(ctx, body, uploads)
        if act.action in {Action.HIDE, Action.UNHIDE}:
            url = ctx.wire.url("api", f"/2/tweets/{act.remote_id}/hidden")
            answer = self._must(ctx.wire.put(url, json={"hidden": act.action is Action.HIDE}))
            return Outcome(
                OutcomeKind.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text
            )
        return super().act(act, ctx)

    def find(self, act: Act, ctx: Context) -> Lookup:
        """Our own reply below that message with that text, since a minute before the intent."""
        if act.kind is MessageKind.DIRECT:
            return self.find_direct(act, ctx)
        return self._find_post(ctx, {"text": act.text, "media": act.media}, parent=act.remote_id, known=set())

    def permalink(self, remote_id: str, ctx: Context) -> str:
        return self._url(ctx, remote_id)


def _page(body: Mapping[str, Any], wanted: Wanted, ctx: Context, since: datetime | None) -> Messages:
    """``since`` is from when X was asked; what it shows is everything from then on."""
    people = {str(user["id"]): user for user in (body.get("includes") or {}).get("users") or ()}
    found, cut = readable(body.get("data") or (), lambda post: _message(post, people, wanted, ctx))
    cursor = str((body.get("meta") or {}).get("next_token") or "")
    complete = bool(since) and not cursor and not cut and "meta" in body
    return Messages(tuple(found), cursor, complete=complete, reach=since, cut=cut)


def _message(post: Mapping[str, Any], people: Mapping[str, Any], wanted: Wanted, ctx: Context) -> Message:
    author_id = str(post.get("author_id") or "")
    author = people.get(author_id) or {}
    named = {m.get("username", "").lower() for m in (post.get("entities") or {}).get("mentions") or ()}
    us = ctx.channel.handle.lstrip("@").lower()
    references = post.get("referenced_tweets") or post.get("referenced_posts") or ()
    parent = next((str(r["id"]) for r in references if r.get("type") == "replied_to"), "")
    ours = {wanted.post.remote_id, *wanted.post.parts} if wanted.post else set()
    under = parent if parent in ours else next(iter({wanted.post.remote_id} if wanted.post else ()), "")
    handle = author.get("username", "")
    kind = MessageKind.COMMENT if parent in ours else MessageKind.REPLY
    return Message(
        remote_id=str(post["id"]),
        kind=MessageKind.MENTION if wanted.what is Read.MENTIONS else kind,
        text=shown(post),
        at=datetime.fromisoformat(post["created_at"]),
        author_id=author_id,
        author_handle=f"@{handle}" if handle else "",
        author_name=author.get("name", ""),
        parent_id="" if parent in ours else parent,
        post_id=under,
        conversation_id=str(post.get("conversation_id") or ""),
        url=f"{ctx.wire.network['authorize']}/{handle or 'i'}/status/{post['id']}",
        ours=author_id == str(ctx.channel.remote_id),
        raw={**post, "mentions_us": us in named},
    )


def shown(post: Mapping[str, Any]) -> str:
    from channels.connectors.x import shown_text

    return shown_text(post)
