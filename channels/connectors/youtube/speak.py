"""Comments under our videos: reading, answering, hiding, deleting.

Hidden is "held for review" at YouTube: nobody else sees it, and it can be shown again. A comment that is "rejected"
could not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action
from channels.connectors.base import Context, Lookup, LookupKind, Outcome, OutcomeKind
from channels.connectors.talk import Act, Message, MessageKind, Messages, Wanted
from channels.connectors.youtube.errors import reason_of
from channels.wire import Answer

SHOWN, HELD = "published", "heldForReview"
MODES = (SHOWN, HELD)  # read one after the other: a list holds comments of one state
PAGES = 5
Read = Callable[[Answer], dict[str, Any]]


def page(wanted: Wanted, ctx: Context, read: Read) -> Messages:
    """One page of threads with their answers. The cursor is "state|token" of the next, and "|cut" once a page was."""
    mode, token, *cut = (wanted.cursor or f"{SHOWN}|").split("|")
    video = wanted.post.remote_id if wanted.post else ""
    params = {
        "part": "snippet,replies",
        "videoId": video,
        "order": "time",
        "maxResults": max(1, min(100, wanted.limit)),
        "textFormat": "plainText",
        "moderationStatus": mode,
        "pageToken": token or None,
    }
    answer = ctx.wire.get(ctx.wire.url("api", "/youtube/v3/commentThreads"), params=params)
    if reason_of(answer) == "commentsDisabled":
        return Messages(complete=True)
    body = read(answer)
    found: list[Message] = []
    old, short = False, bool(cut)
    for thread in body.get("items") or ():
        top = thread["snippet"]["topLevelComment"]
        message = told(top, ctx, video)
        below, all_ = _replies(thread, ctx, read)
        short = short or not all_
        replies = [told(each, ctx, video, parent=top["id"]) for each in below]
        newest = max([message.at, *(reply.at for reply in replies)])
        if wanted.since and newest < wanted.since:
            old = True
            continue
        found += [message, *replies]
    following = str(body.get("nextPageToken") or "")
    cursor = f"{mode}|{following}" if following and not old else ""
    if not cursor and mode != MODES[-1]:
        cursor = f"{MODES[-1]}|"
    short = short or old
    if cursor and short:
        cursor += "|cut"
    return Messages(tuple(found), cursor, complete=not cursor and not short)


def _replies(thread: Mapping[str, Any], ctx: Context, read: Read) -> tuple[list[dict[str, Any]], bool]:
    """The answers to a thread, and whether that is all; the thread itself holds only the first few."""
    some = (thread.get("replies") or {}).get("comments") or []
    if len(some) >= (thread["snippet"].get("totalReplyCount") or 0):
        return list(some), True
    return answers(str(thread["snippet"]["topLevelComment"]["id"]), ctx, read)


def answers(parent: str, ctx: Context, read: Read) -> tuple[list[dict[str, Any]], bool]:
    """All answers to a comment, and whether that is all of them."""
    params: dict[str, Any] = {
        "part": "snippet",
        "parentId": parent,
        "maxResults": 100,
        "textFormat": "plainText",
    }
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        body = read(ctx.wire.get(ctx.wire.url("api", "/youtube/v3/comments"), params=params))
        found += body.get("items") or []
        if not body.get("nextPageToken"):
            return found, True
        params = {**params, "pageToken": body["nextPageToken"]}
    return found, False


def newest(video: str, since: datetime, ctx: Context, read: Read) -> tuple[list[dict[str, Any]], bool]:
    """The comments under a video, the newest first, and whether they reach back to ``since``."""
    found: list[dict[str, Any]] = []
    for mode in MODES:  # a comment of ours may be held for review as well
        params: dict[str, Any] = {
            "part": "snippet",
            "videoId": video,
            "order": "time",
            "maxResults": 100,
            "textFormat": "plainText",
            "moderationStatus": mode,
        }
        for _ in range(PAGES):
            body = read(ctx.wire.get(ctx.wire.url("api", "/youtube/v3/commentThreads"), params=params))
            page = [thread["snippet"]["topLevelComment"] for thread in body.get("items") or ()]
            found += page
            token = body.get("nextPageToken")
            if not token or (page and _made_at(page[-1]) < since):
                break
            params = {**params, "pageToken": token}
        else:
            return found, False
    return found, True


def _made_at(comment: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(comment["snippet"]["publishedAt"]).astimezone(UTC)


def told(comment: Mapping[str, Any], ctx: Context, video: str, parent: str = "") -> Message:
    said = comment["snippet"]
    author = str((said.get("authorChannelId") or {}).get("value") or "")
    handle = str(said.get("authorDisplayName") or "")
    return Message(
        remote_id=str(comment["id"]),
        kind=MessageKind.REPLY if parent else MessageKind.COMMENT,
        text=str(said.get("textOriginal") or said.get("textDisplay") or ""),
        at=_made_at(comment),
        author_id=author,
        author_handle=handle if handle.startswith("@") else "",
        author_name=handle,
        parent_id=parent,
        post_id=video or str(said.get("videoId") or ""),
        url=f"{ctx.wire.network['site']}/watch?v={video}&lc={comment['id']}",
        hidden=said.get("moderationStatus", SHOWN) != SHOWN,
        ours=author == str(ctx.channel.remote_id),
        raw={"parent": parent},
    )


def do(act: Act, ctx: Context, must: Callable[[Answer], Answer], id_of: Callable[[Answer], str]) -> Outcome:
    url = ctx.wire.url("api", "/youtube/v3/comments")
    if act.action is Action.COMMENT:
        said = {"snippet": {"textOriginal": act.text}}
        about = {"channelId": ctx.channel.remote_id, "videoId": act.remote_id, "topLevelComment": said}
        threads = ctx.wire.url("api", "/youtube/v3/commentThreads")
        new = id_of(ctx.wire.post(threads, params={"part": "snippet"}, json={"snippet": about}))
        return Outcome(OutcomeKind.OK, remote_ref={"id": new}, remote_id=new)
    if act.action is Action.REPLY:
        body = {"snippet": {"parentId": top_of(act), "textOriginal": act.text}}
        new = id_of(ctx.wire.post(url, params={"part": "snippet"}, json=body))
        return Outcome(OutcomeKind.OK, remote_ref={"id": new}, remote_id=new)
    if act.action is Action.DELETE_COMMENT:
        answer = ctx.wire.delete(url, params={"id": act.remote_id})
    else:
        wanted = HELD if act.action is Action.HIDE else SHOWN
        params = {"id": act.remote_id, "moderationStatus": wanted}
        answer = ctx.wire.post(f"{url}/setModerationStatus", params=params)
    gone = reason_of(answer) == "commentNotFound" and act.action is Action.DELETE_COMMENT
    if not gone:  # gone already is what was wanted
        must(answer)
    return Outcome(OutcomeKind.OK, remote_ref={"id": act.remote_id}, remote_id=act.remote_id)


def top_of(act: Act) -> str:
    """The comment at the head of the thread: YouTube takes answers to no other."""
    return str(act.data.get("parent") or act.remote_id)


def find(act: Act, ctx: Context, read: Read, nothing_found: Callable[..., Lookup]) -> Lookup:
    """Look for words of ours whose answer was lost: among the answers to the same comment, or under the video."""
    since = (ctx.intent_at or ctx.now) - timedelta(seconds=60)
    if act.action is Action.COMMENT:
        found, complete = newest(act.remote_id, since, ctx, read)
        parent = ""
    else:
        found, complete = answers(top_of(act), ctx, read)
        parent = top_of(act)
    ours = [
        message
        for message in (told(each, ctx, act.post_id, parent=parent) for each in found)
        if message.ours and message.at >= since
    ]
    same = [message for message in ours if " ".join(message.text.split()) == " ".join(act.text.split())]
    if len(same) == 1:
        new = same[0].remote_id
        return Lookup(LookupKind.FOUND, remote_id=new, complete=True, remote_ref={"id": new})
    if same:
        return Lookup(
            LookupKind.CANNOT, complete=True, reason=f"YouTube has {len(same)} answers with this text."
        )
    seen = [{"id": message.remote_id, "text": message.text} for message in ours]
    return nothing_found(act.text, seen, lambda each: each["text"], complete=complete)
