"""What people said to an account on a Mastodon server, and answering, deleting and editing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from channels.connectors.abilities import Action, Read
from channels.connectors.base import Context, Lookup, Outcome, OutcomeKind, UnsupportedFeature
from channels.connectors.mastodon import shown
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted, by_age
from channels.wire import Answer, AnswerLost

if TYPE_CHECKING:
    from channels.connectors.mastodon.connector import MastodonConnector as Base
else:
    Base = object

MOST = 80  # notifications in one page
KEYS = uuid.UUID("8c7a1f40-2a35-5b0e-8f2b-57d1c9f0a9be")


UNKNOWN_KIND = frozenset({400, 422})


class Talking(Base):
    """The half of the connector that reads what others wrote and answers it."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is Read.COMMENTS and wanted.post is not None:
            return self._below(wanted, ctx)
        return self._notified(wanted, ctx)

    def _below(self, wanted: Wanted, ctx: Context) -> Messages:
        """Everything below a post of ours, in one answer (servers send up to 4,096 replies to who signs in)."""
        parts = tuple(wanted.post.parts or (wanted.post.remote_id,))
        answer = ctx.wire.get(ctx.wire.url("api", f"/api/v1/statuses/{parts[0]}/context"))
        found = self.must(answer).data.get("descendants")
        if not isinstance(found, list):
            raise AnswerLost("its answer could not be read", "unreadable")
        posts = {str(p["id"]): p for p in found if isinstance(p, dict) and p.get("id")}
        messages = [
            _message(p, ctx, post_id=_stands_under(p, posts, parts), parts=parts)
            for post_id, p in posts.items()
            if post_id not in parts
        ]
        young, late = by_age(
            messages, wanted.since
        )  # from other servers a reply may come hours after it was written
        return Messages(young, complete=True, late=late)

    def _notified(self, wanted: Wanted, ctx: Context) -> Messages:
        """Mentions, those to us alone (which Mastodon calls direct messages) among them, and quotes of our posts."""
        params: dict[str, Any] = {"types[]": ["mention", "quote"], "limit": min(wanted.limit, MOST)}
        if wanted.cursor:
            params["max_id"] = wanted.cursor
        url = ctx.wire.url("api", "/api/v1/notifications")
        answer = ctx.wire.get(url, params=params)
        if (
            answer.status in UNKNOWN_KIND
        ):  # servers that know no quotes mostly pass over the word; some do not
            answer = ctx.wire.get(url, params={**params, "types[]": ["mention"]})
        page = self.must(answer).json
        if not isinstance(page, list):
            raise AnswerLost("its answer could not be read", "unreadable")
        told = [n for n in page if isinstance(n, dict) and isinstance(n.get("status"), dict)]
        # In the order in which the server heard of them, however long another one took to tell it.
        heard = [shown.instant(n.get("created_at") or n["status"]["created_at"]) for n in told]
        new = [wanted.since is None or at >= wanted.since for at in heard]
        old = not all(new)
        asked = [n for n, is_new in zip(told, new, strict=True) if is_new]
        young, late = by_age([_message(n["status"], ctx) for n in asked], wanted.since)
        cursor = "" if old or not page else _next_page(answer, page)
        return Messages(young, cursor, complete=not cursor, late=late)

    # Acting -------------------------------------------------------------------------------------------------

    def named(self, text: str, handle: str) -> str:
        """The answer with the name of who is answered: without it nobody is told."""
        name = handle.lstrip("@")
        return f"@{name} {text}" if name and name.casefold() not in shown.names(text) else text

    def readers(self, text: str, handle: str) -> list[str]:
        return [f"@{name}" for name in shown.names(text) if name != handle.lstrip("@").casefold()]

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.REPLY:
            return self._answer(act, ctx)
        if act.action is Action.EDIT_POST:
            return self._edit(act, ctx)
        if act.action is Action.DELETE_POST:
            return self.delete(act.remote_id, ctx)
        if act.action in {Action.BLOCK, Action.UNBLOCK}:
            return self._block(act, ctx)
        raise UnsupportedFeature(self.label, f"the action {act.action}")

    def _answer(self, act: Act, ctx: Context) -> Outcome:
        """As visible as what it answers, behind the same warning, and with the name that makes it arrive."""
        body = {
            "status": self.named(act.text, act.handle),
            "in_reply_to_id": act.remote_id,
            "visibility": act.data.get("visibility")
            or ("direct" if act.kind is MessageKind.DIRECT else "public"),
            "spoiler_text": act.data.get("spoiler_text") or "",
        }
        uploads = [f"upload 1.{j}" for j in range(1, len(act.media) + 1)]
        body["media_ids"] = [ctx.refs[key]["media_id"] for key in uploads]
        seed = f"{ctx.channel.remote_id}|{act.key or act.remote_id}|{act.text}"
        key = str(uuid.uuid5(KEYS, "|".join([seed, *(m["sha256"] for m in act.media)])))
        return self.said(self.put_out(ctx, body, key=key), uploads)

    def _edit(self, act: Act, ctx: Context) -> Outcome:
        """Change the text. What an edit does not name would be taken away, so the rest is said again."""
        url = ctx.wire.url("api", f"/api/v1/statuses/{act.remote_id}")
        now = self._object(ctx.wire.get(url))
        body = {
            "status": act.text,
            "media_ids": [str(m["id"]) for m in now.get("media_attachments") or ()],
            "spoiler_text": now.get("spoiler_text") or None,
            "sensitive": now.get("sensitive"),
            "language": now.get("language"),
        }
        said = {name: value for name, value in body.items() if value not in (None, [])}
        return self._published(ctx.wire.put(url, json=said))

    def _block(self, act: Act, ctx: Context) -> Outcome:
        url = ctx.wire.url("api", f"/api/v1/accounts/{act.person_id}/{act.action}")
        answer = self.must(ctx.wire.post(url))
        if answer.data.get("blocking") is not (act.action is Action.BLOCK):
            raise AnswerLost("its answer could not be read", "unreadable")
        return Outcome(
            OutcomeKind.OK, http_status=answer.status, request_id=answer.request_id, body=answer.text
        )

    def find(self, act: Act, ctx: Context) -> Lookup:
        text = self.named(act.text, act.handle)
        return self.look_for(ctx, text, parent=act.remote_id, media=len(act.media))

    def address(self, remote_id: str, channel: Any) -> str:
        return f"{channel.url.rstrip('/')}/{remote_id}" if channel.url and remote_id else ""

    def permalink(self, remote_id: str, ctx: Context) -> str:
        status = self._object(ctx.wire.get(ctx.wire.url("api", f"/api/v1/statuses/{remote_id}")))
        return str(status.get("url") or "")


# Pure parts -------------------------------------------------------------------------------------------------


def _message(
    status: Mapping[str, Any], ctx: Context, *, post_id: str = "", parts: Sequence[str] = ()
) -> Message:
    author = status.get("account") or {}
    parent = shown.parent_of(status)
    direct = status.get("visibility") == "direct"
    if post_id:
        kind = MessageKind.COMMENT if parent in parts else MessageKind.REPLY
    else:
        kind = MessageKind.DIRECT if direct else MessageKind.MENTION
    author_id = str(author.get("id") or "")
    return Message(
        remote_id=str(status["id"]),
        kind=kind,
        text=shown.text_of(status.get("content")),
        at=shown.instant(status["created_at"]),
        author_id=author_id,
        author_handle=f"@{author['acct']}" if author.get("acct") else "",
        author_name=str(author.get("display_name") or author.get("username") or ""),
        parent_id="" if parent in parts else parent,
        post_id=post_id,
        conversation_id=author_id if direct else "",
        url=str(status.get("url") or ""),
        ours=author_id == str(ctx.channel.remote_id).partition("@")[0],
        media=tuple(str(m["url"]) for m in status.get("media_attachments") or () if m.get("url")),
        raw=status,
    )


def _stands_under(
    status: Mapping[str, Any], posts: Mapping[str, Mapping[str, Any]], parts: Sequence[str]
) -> str:
    """The part of ours that a reply hangs below, over whatever lies between; the first part if that is unknown."""
    parent, seen = shown.parent_of(status), set()
    while parent and parent not in parts and parent in posts and parent not in seen:
        seen.add(parent)
        parent = shown.parent_of(posts[parent])
    return parent if parent in parts else parts[0]


def _next_page(answer: Answer, page: Sequence[Mapping[str, Any]]) -> str:
    """Where the next page begins: as the Link header says, else below the last thing of this page."""
    for link in answer.headers.get("link", "").split(","):
        address, _, rest = link.partition(";")
        if 'rel="next"' in rest:
            found = parse_qs(urlsplit(address.strip(" <>")).query).get("max_id")
            return found[0] if found else ""
    return "" if "link" in answer.headers else str(page[-1].get("id") or "")
