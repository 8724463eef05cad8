"""Comments under a page's posts: reading, answering and deleting them; changing a post's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from channels.connectors.abilities import Action
from channels.connectors.base import Context, Lookup, Outcome, OutcomeKind
from channels.connectors.linkedin import little, urns
from channels.connectors.linkedin.flow import HEADERS
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted
from channels.wire import AnswerLost

K = OutcomeKind
MAX_COMMENT = 1250


A_PAGE, MOST_PAGES = 100, 10


class LinkedInTalk:
    """A part of the connector. Comments are plain text, not little text."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        assert wanted.post is not None  # COMMENTS is all that is read
        start = int(wanted.cursor or 0)
        count = min(wanted.limit, 100)
        rows = self._comments(ctx, wanted.post.remote_id, start, count)
        found = [self._message(ctx, row, wanted.post.remote_id) for row in rows]
        cut = False
        for row in rows:
            if _answers(row):
                below, without_end = self._below(ctx, _urn(row))
                found += [self._message(ctx, each, wanted.post.remote_id) for each in below]
                cut = cut or without_end
        more = len(rows) == count
        return Messages(
            tuple(found), str(start + count) if more else "", complete=not more and not cut, cut=cut
        )

    def _below(self, ctx: Context, urn: str) -> tuple[list[Mapping[str, Any]], bool]:
        """The answers below a comment, and whether some are left out: a hundred a page, and not for ever."""
        found: list[Mapping[str, Any]] = []
        for start in range(0, MOST_PAGES * A_PAGE, A_PAGE):
            page = self._comments(ctx, urn, start, A_PAGE)
            found += page
            if len(page) < A_PAGE:
                return found, False
        return found, True

    def _comments(self, ctx: Context, urn: str, start: int, count: int) -> list[Mapping[str, Any]]:
        path = f"socialActions/{urns.encoded(urn)}/comments?{urlencode({'start': start, 'count': count})}"
        rows = self.data(ctx.wire.get(self.rest(ctx, path), headers=HEADERS)).get("elements")
        if not isinstance(rows, list):
            raise AnswerLost("its answer could not be read", "unreadable")
        return rows

    def _message(self, ctx: Context, row: Mapping[str, Any], post: str) -> Message:
        above = str(row.get("parentComment") or "")
        actor = str(row.get("actor") or "")
        return Message(
            remote_id=_urn(row),
            kind=MessageKind.REPLY if above else MessageKind.COMMENT,
            text=str((row.get("message") or {}).get("text") or ""),
            at=_made_at(row),
            author_id=actor,
            parent_id=above,
            post_id=post,
            url=f"{self.permalink(post, ctx)}?commentUrn={urns.encoded(_urn(row))}",
            ours=actor == urns.organization(ctx.channel.remote_id),
            raw={"object": row.get("object"), "id": str(row.get("id") or ""), "parentComment": above},
        )

    # Acting -------------------------------------------------------------------------------------------------

    def act(self, act: Act, ctx: Context) -> Outcome:
        match act.action:
            case Action.REPLY | Action.COMMENT:
                return self._say(act, ctx)
            case Action.DELETE_COMMENT:
                return self._delete_comment(act, ctx)
            case Action.EDIT_POST:
                return self._edit(act, ctx)
        return self.delete(act.remote_id, ctx)

    def _say(self, act: Act, ctx: Context) -> Outcome:
        """Below the post or the comment; an answer to a reply stands beside it: LinkedIn knows one level only."""
        if len(act.text) > MAX_COMMENT:
            words = f"LinkedIn takes comments of at most {MAX_COMMENT:,} characters; this one has {len(act.text):,}."
            return Outcome(K.CONTENT, code="too-long", message=words)
        above = _above(act)
        body = {
            "actor": urns.organization(ctx.channel.remote_id),
            "object": act.data.get("object") or act.post_id,
            "message": {"text": act.text},
        }
        if act.action is Action.REPLY:
            body["parentComment"] = above
        path = f"socialActions/{urns.encoded(above)}/comments"
        answer = self.must(ctx.wire.post(self.rest(ctx, path), json=body, headers=HEADERS))
        number = answer.headers.get("x-restli-id", "")
        urn = str(answer.data.get("$URN") or answer.data.get("commentUrn") or "")
        if number and not urn:
            urn = _beside(above, number) if act.action is Action.REPLY else _below(above, number)
        if not urn:
            raise AnswerLost("its answer did not name the comment", "unreadable")
        return Outcome(K.OK, {"id": urn}, urn, http_status=answer.status, body=answer.text)

    def find(self, act: Act, ctx: Context) -> Lookup:
        """Our own words where they were to stand, since the intent."""
        rows = self._comments(ctx, _above(act), 0, 100)
        ours = urns.organization(ctx.channel.remote_id)
        said = [
            {"id": _urn(row), "text": str((row.get("message") or {}).get("text") or "")}
            for row in rows
            if row.get("actor") == ours
            and (ctx.intent_at is None or (_made_at(row) - ctx.intent_at).total_seconds() >= -60)
        ]
        return self.the_one(act.text, said, complete=len(rows) < 100)

    def _delete_comment(self, act: Act, ctx: Context) -> Outcome:
        number = act.remote_id.rstrip(")").rpartition(",")[2]
        actor = urns.encoded(urns.organization(ctx.channel.remote_id))
        path = f"socialActions/{urns.encoded(act.post_id)}/comments/{number}?actor={actor}"
        answer = ctx.wire.delete(self.rest(ctx, path), headers=HEADERS)
        if answer.status != 404:
            self.must(answer)
        return Outcome(K.OK, http_status=answer.status, body=answer.text)

    def _edit(self, act: Act, ctx: Context) -> Outcome:
        body = {"patch": {"$set": {"commentary": little.written(act.text)}}}
        head = HEADERS | {"X-RestLi-Method": "PARTIAL_UPDATE"}
        path = f"posts/{urns.encoded(act.remote_id)}"
        answer = self.must(ctx.wire.post(self.rest(ctx, path), json=body, headers=head))
        return Outcome(K.OK, remote_id=act.remote_id, http_status=answer.status, body=answer.text)

    # Of the connector
    the_one: Any
    must: Any
    data: Any
    rest: Any
    delete: Any
    permalink: Any


def _urn(row: Mapping[str, Any]) -> str:
    return str(row.get("$URN") or row.get("commentUrn") or "")


def _above(act: Act) -> str:
    """What our words hang below: the post, or the comment at the head of the conversation."""
    if act.action is Action.COMMENT:
        return act.remote_id
    return str(act.data.get("parentComment") or act.data.get("parent_id") or act.remote_id)


def _beside(comment: str, number: str) -> str:
    """The name of another comment in the same conversation."""
    return f"{comment.rpartition(',')[0]},{number})"


def _below(post: str, number: str) -> str:
    """The name of a comment under a post. An activity has the number of its post."""
    return f"urn:li:comment:(urn:li:activity:{post.rpartition(':')[2]},{number})"


def _answers(row: Mapping[str, Any]) -> int:
    summary = row.get("commentsSummary") or {}
    return int(summary.get("aggregatedTotalComments") or summary.get("totalFirstLevelComments") or 0)


def _made_at(row: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(((row.get("created") or {}).get("time") or 0) / 1000, UTC)
