"""What people said to a Bluesky account, and answering, hiding and showing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    Context,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    Refused,
    UnsupportedFeature,
)
from channels.connectors.bluesky import names, records
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted, by_age
from channels.wire import AnswerLost

if TYPE_CHECKING:
    from channels.connectors.bluesky.connector import BlueskyConnector as Base
else:
    Base = object

DEPTH = 20  # below the last part
MOST_DEPTH = 1000  # app.bsky.feed.getPostThread
MOST = 100
MOST_HIDDEN = 300


class Talking(Base):
    """The half of the connector that reads what others wrote and answers it."""

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        if wanted.what is Read.COMMENTS and wanted.post is not None:
            return self._below(wanted, ctx)
        return self._mentions_of_us(wanted, ctx)

    def _below(self, wanted: Wanted, ctx: Context) -> Messages:
        """Everything below a post of ours, in one answer, and what we have hidden of it."""
        parts = tuple(wanted.post.parts or (wanted.post.remote_id,))
        url = ctx.wire.url("pds", "/xrpc/app.bsky.feed.getPostThread")
        depth = min(len(parts) + DEPTH, MOST_DEPTH)
        answer = ctx.wire.get(url, params={"uri": parts[0], "depth": depth, "parentHeight": 0})
        if answer.data.get("error") == "NotFound":
            return Messages(complete=True)
        thread = self.must(answer).data.get("thread")
        if not isinstance(thread, Mapping):
            raise AnswerLost("its answer could not be read", "unreadable")
        hidden = set(self._gate(parts[0], ctx)[1])
        found = [
            _message(post, ctx, post_id=under, parts=parts, hidden=post["uri"] in hidden)
            for post, under in _posts(thread, parts, parts[0])
            if post["uri"] not in parts
        ]
        young, late = by_age(found, wanted.since)
        cut = _goes_on(thread, depth)
        return Messages(young, complete=not cut, cut=cut, late=late)

    def _mentions_of_us(self, wanted: Wanted, ctx: Context) -> Messages:
        params: dict[str, Any] = {"reasons": ["mention", "quote"], "limit": min(wanted.limit, MOST)}
        if wanted.cursor:
            params["cursor"] = wanted.cursor
        url = ctx.wire.url("pds", "/xrpc/app.bsky.notification.listNotifications")
        told = self.must(ctx.wire.get(url, params=params)).data
        page = told.get("notifications")
        if not isinstance(page, list):
            raise AnswerLost("its answer could not be read", "unreadable")
        found = [_message(n, ctx) for n in page if isinstance(n, Mapping) and n.get("uri")]
        young = tuple(m for m in found if wanted.since is None or m.at >= wanted.since)
        cursor = "" if len(young) < len(found) or not page else str(told.get("cursor") or "")
        return Messages(young, cursor, complete=not cursor)

    # Acting -------------------------------------------------------------------------------------------------

    def act(self, act: Act, ctx: Context) -> Outcome:
        if act.action is Action.REPLY:
            return self._answer(act, ctx)
        if act.action in {Action.HIDE, Action.UNHIDE}:
            return self._hide(act, ctx)
        if act.action is Action.DELETE_POST:
            return self.delete(act.remote_id, ctx)
        raise UnsupportedFeature(self.label, f"the action {act.action}")

    def _answer(self, act: Act, ctx: Context) -> Outcome:
        """Under a key that belongs to this answer, so that a repeat replaces it by itself."""
        reply = self.reply_refs(act.remote_id, ctx)
        record = records.post(
            {"text": act.text, "facets": records.links(act.text)},
            created_at=names.timestamp(ctx.intent_at or ctx.now),
            languages=[],
            people={},
            embed=self._shown(act, ctx),
            reply=reply,
        )
        return self.said(self.put(ctx, names.POST, _key_of(act, ctx), record), ctx, 1)

    def find(self, act: Act, ctx: Context) -> Lookup:
        """An answer's key is known beforehand, and the account's own server knows at once whether it is there."""
        if act.action is not Action.REPLY:
            raise UnsupportedFeature(self.label, f"a look-up of the action {act.action}")
        answer = self.get(ctx, ctx.channel.remote_id, names.POST, _key_of(act, ctx))
        if answer.data.get("error") == "RecordNotFound":
            return Lookup(LookupKind.ABSENT, complete=True)
        found = self.published(self.must(answer), ctx)
        ref = found.remote_ref
        return Lookup(LookupKind.FOUND, found.remote_id, found.remote_url, complete=True, remote_ref=ref)

    def _shown(self, act: Act, ctx: Context) -> dict[str, Any] | None:
        """The pictures that were uploaded for an answer."""
        blobs = [ctx.refs[f"upload 1.{j}"]["blob"] for j in range(1, len(act.media) + 1)]
        return records.images(act.media, blobs) if blobs else None

    def reply_refs(self, uri: str, ctx: Context) -> dict[str, Any]:
        """What a reply must name: the first post of the thread and the one that it answers, with their contents' names."""
        did, collection, rkey = names.split(uri)
        if did == ctx.channel.remote_id:
            found = self.must(self.get(ctx, did, collection, rkey)).data
            cid, record = found.get("cid"), found.get("value") or {}
        else:
            url = ctx.wire.url("appview", "/xrpc/app.bsky.feed.getPosts")
            posts = self.must(ctx.wire.get(url, params={"uris": [uri]}, scheme="")).data.get("posts") or ()
            found = next((p for p in posts if p.get("uri") == uri), {})
            cid, record = found.get("cid"), found.get("record") or {}
        if not cid:
            raise self.gone()
        parent = {"uri": uri, "cid": cid}
        above = record.get("reply") if isinstance(record, Mapping) else None
        return {"root": dict(above["root"]) if above else parent, "parent": parent}

    def gone(self) -> Exception:
        message = "What this answers is not on Bluesky (any more)."
        return Refused(Outcome(OutcomeKind.CONTENT, code="gone", message=message))

    def _hide(self, act: Act, ctx: Context) -> Outcome:
        """A thread's owner may hide replies in it; the list of them lies beside the first post."""
        root = self.reply_refs(act.remote_id, ctx)["root"]["uri"]
        gate, hidden = self._gate(root, ctx)
        wanted = [uri for uri in hidden if uri != act.remote_id]
        if act.action is Action.HIDE:
            wanted = [*wanted, act.remote_id]
        if wanted == hidden:
            return Outcome(OutcomeKind.OK)
        if len(wanted) > MOST_HIDDEN:
            message = f"Bluesky hides at most {MOST_HIDDEN} replies in one thread."
            return Outcome(OutcomeKind.CONTENT, code="too-many-hidden", message=message)
        did, _, rkey = names.split(root)
        if did != ctx.channel.remote_id:
            message = "Only whoever began a thread can hide replies in it."
            return Outcome(OutcomeKind.CONTENT, code="foreign-thread", message=message)
        record = {"$type": names.GATE, "post": root, "createdAt": names.timestamp(ctx.now), **gate}
        answer = self.must(self.put(ctx, names.GATE, rkey, {**record, "hiddenReplies": wanted}))
        return Outcome(OutcomeKind.OK, http_status=answer.status, body=answer.text)

    def _gate(self, root: str, ctx: Context) -> tuple[dict[str, Any], list[str]]:
        """The rules of a thread of ours, and what is hidden in it."""
        did, _, rkey = names.split(root)
        answer = self.get(ctx, did, names.GATE, rkey)
        if answer.data.get("error") == "RecordNotFound" or did != ctx.channel.remote_id:
            return {}, []
        gate = self.must(answer).data.get("value") or {}
        return dict(gate), [str(uri) for uri in gate.get("hiddenReplies") or ()]

    def address(self, remote_id: str, channel: Any) -> str:
        known = channel.url and remote_id.startswith("at://")
        return f"{channel.url.rstrip('/')}/post/{remote_id.rpartition('/')[2]}" if known else ""

    def permalink(self, remote_id: str, ctx: Context) -> str:
        return self.url_of(remote_id, ctx)


# Pure parts -------------------------------------------------------------------------------------------------


def _key_of(act: Act, ctx: Context) -> str:
    return names.key_of(f"{ctx.channel.remote_id} {act.key or act.remote_id} {act.text}")


def _posts(
    view: Mapping[str, Any], parts: Sequence[str], under: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every post of a tree, with the part of ours that it hangs below. Deleted and blocked ones are no posts."""
    post = view.get("post")
    if not isinstance(post, Mapping) or not post.get("uri"):
        return
    yield post, under
    here = str(post["uri"]) if post["uri"] in parts else under
    for reply in view.get("replies") or ():
        if isinstance(reply, Mapping):
            yield from _posts(reply, parts, here)


def _goes_on(view: Mapping[str, Any], depth: int) -> bool:
    """Whether a tree was cut off: below a post that has answers none are told, at the depth asked for or before it."""
    replies, post = view.get("replies"), view.get("post")
    if replies:
        return any(_goes_on(each, depth - 1) for each in replies if isinstance(each, Mapping))
    told = isinstance(post, Mapping) and bool(post.get("replyCount"))
    return told and (depth <= 0 or replies is None)


def _message(
    post: Mapping[str, Any],
    ctx: Context,
    *,
    post_id: str = "",
    parts: Sequence[str] = (),
    hidden: bool | None = None,
) -> Message:
    """A post of a tree or a notification: both hold a record and an author."""
    record, author = post.get("record") or {}, post.get("author") or {}
    parent = str(((record.get("reply") or {}).get("parent") or {}).get("uri") or "")
    kind = MessageKind.MENTION
    if post_id:
        kind = MessageKind.COMMENT if parent in parts else MessageKind.REPLY
    did, _, rkey = names.split(str(post["uri"]))
    return Message(
        remote_id=str(post["uri"]),
        kind=kind,
        text=str(record.get("text") or ""),
        at=names.instant(post.get("indexedAt") or record.get("createdAt")),
        author_id=did,
        author_handle=f"@{author['handle']}" if author.get("handle") else "",
        author_name=str(author.get("displayName") or ""),
        parent_id="" if parent in parts else parent,
        post_id=post_id,
        url=f"{ctx.wire.network['app']}/profile/{author.get('handle') or did}/post/{rkey}",
        hidden=hidden,
        ours=did == ctx.channel.remote_id,
        raw=post,
    )
