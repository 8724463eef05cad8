"""Comments: threads under a video, answers, moderation."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.youtube import videos
from sandbox.networks.youtube.wire import (
    SSL,
    ids,
    json_body,
    listing,
    method,
    number_in,
    one_of,
    parts,
    refuse,
    told,
    truth,
)
from sandbox.store import Db, Row, insert, one, rows, stamp

SHOWN, HELD, REJECTED = 0, 1, 2  # the column ``hidden``
STATES = {"published": SHOWN, "heldForReview": HELD, "rejected": REJECTED}
MAX_TEXT = 10_000


def comment(db: Db, row: Row, video: Row) -> dict[str, Any]:
    ours = accounts.account(db, "youtube", row["author"])
    snippet = {
        "channelId": video["account"], "videoId": video["id"], "textDisplay": row["text"], "textOriginal": row["text"],
        "authorDisplayName": f"@{ours['handle']}" if ours else f"@{row['author']}",
        "authorProfileImageUrl": "", "authorChannelUrl": f"{request.host_url}youtube/@{row['author']}",
        "authorChannelId": {"value": row["author"] if ours else f"UC{row['author']}"}, "canRate": True,
        "viewerRating": "none", "likeCount": 0, "publishedAt": told(row["made_at"]), "updatedAt": told(row["made_at"]),
    }  # fmt: skip
    if row["hidden"]:
        snippet["moderationStatus"] = next(name for name, value in STATES.items() if value == row["hidden"])
    if row["parent"]:
        snippet["parentId"] = row["parent"]
    return {"kind": "youtube#comment", "etag": "sandbox", "id": row["id"], "snippet": snippet}


def replies_to(db: Db, parent: str) -> list[Row]:
    return rows(
        db,
        "SELECT * FROM comment WHERE network='youtube' AND parent=? AND deleted_at IS NULL ORDER BY made_at, id",
        parent,
    )


def thread(db: Db, row: Row, video: Row, asked: list[str]) -> dict[str, Any]:
    answers = replies_to(db, row["id"])
    made: dict[str, Any] = {"kind": "youtube#commentThread", "etag": "sandbox", "id": row["id"]}
    if "snippet" in asked:
        made["snippet"] = {
            "channelId": video["account"], "videoId": video["id"], "topLevelComment": comment(db, row, video),
            "canReply": True, "totalReplyCount": len(answers), "isPublic": row["hidden"] == SHOWN,
        }  # fmt: skip
    if "replies" in asked and answers:
        made["replies"] = {"comments": [comment(db, each, video) for each in answers[:5]]}
    return made


def open_to_comments(row: Row) -> None:
    if videos.state_of(row)["madeForKids"] or videos.is_private(row):
        raise refuse(403, "commentsDisabled", "The video has disabled comments.", "youtube.commentThread")


@method(
    "GET", "/youtube/v3/commentThreads", scopes=(SSL,),
    query=(
        "part", "videoId", "allThreadsRelatedToChannelId", "id", "order", "maxResults", "pageToken", "moderationStatus",
        "textFormat", "searchTerms",
    ),
)  # fmt: skip
def list_threads(me: Row) -> Any:
    asked = parts({"id", "snippet", "replies"})
    state = one_of("moderationStatus", ("published", "heldForReview", "likelySpam", "rejected"), "published")
    one_of("order", ("time", "relevance"), "time")
    one_of("textFormat", ("html", "plainText"), "html")
    size = number_in("maxResults", 1, 100, 20)
    if len({"videoId", "allThreadsRelatedToChannelId", "id"} & set(request.args)) != 1:
        raise refuse(400, "missingRequiredParameter", "Expected one filter.", "global")
    with box().store.tx() as db:
        if "videoId" in request.args:
            under = [_readable(db, me, request.args["videoId"])]
        else:
            under = videos.public_posts(db, request.args.get("allThreadsRelatedToChannelId", ""))
        found: list[tuple[Row, Row]] = []
        for video in under:
            videos.counts(db, video)  # lets the comments arrive
            found += [
                (row, video)
                for row in growth.comments_of(db, "youtube", video["id"])
                if not row["parent"] and row["hidden"] == STATES.get(state, -1)
            ]
        found.sort(key=lambda pair: pair[0]["made_at"], reverse=True)
        items = [thread(db, row, video, asked) for row, video in found]
    return jsonify(
        listing("youtube#commentThreadListResponse", items, size=size, page=request.args.get("pageToken", ""))
    )


def _readable(db: Db, me: Row, video: str) -> Row:
    row = videos.must_find(db, video)
    if row["account"] != me["id"] and videos.is_private(row):
        raise videos.not_found()
    open_to_comments(row)
    return row


@method(
    "GET",
    "/youtube/v3/comments",
    scopes=(SSL,),
    query=("part", "parentId", "id", "maxResults", "pageToken", "textFormat"),
)
def list_comments(me: Row) -> Any:
    parts({"id", "snippet"})
    size = number_in("maxResults", 1, 100, 20)
    one_of("textFormat", ("html", "plainText"), "html")
    with box().store.tx() as db:
        if "parentId" in request.args:
            parent = must_find(db, request.args["parentId"])
            found = replies_to(db, parent["id"])
        else:
            found = [row for each in ids() if (row := find(db, each)) is not None]
        items = [comment(db, row, videos.must_find(db, row["post"])) for row in found]
    return jsonify(
        listing("youtube#commentListResponse", items, size=size, page=request.args.get("pageToken", ""))
    )


def find(db: Db, key: str) -> Row | None:
    return one(db, "SELECT * FROM comment WHERE network='youtube' AND id=? AND deleted_at IS NULL", key)


def must_find(db: Db, key: str) -> Row:
    row = find(db, key)
    if row is None:
        raise refuse(404, "commentNotFound", "The specified comment cannot be found.", "youtube.comment")
    return row


def checked(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise refuse(400, "commentTextRequired", "The comment resource must contain text.", "youtube.comment")
    if len(text) > MAX_TEXT:
        raise refuse(400, "commentTextTooLong", "The comment text is too long.", "youtube.comment")
    return text


REPLY = {"id": str, "snippet": {"parentId": str, "textOriginal": str}}
THREAD = {
    "id": str,
    "snippet": {"channelId": str, "videoId": str, "topLevelComment": {"snippet": {"textOriginal": str}}},
}


@method("POST", "/youtube/v3/comments", scopes=(SSL,), query=("part",), units=50)
def insert_reply(me: Row) -> Any:
    parts({"id", "snippet"})
    said = json_body(REPLY).get("snippet", {})
    text = checked(said.get("textOriginal"))
    with box().store.tx() as db:
        parent = find(db, said.get("parentId", ""))
        if parent is None:
            raise refuse(
                404, "parentCommentNotFound", "The parent comment could not be found.", "youtube.comment"
            )
        if parent["parent"]:
            raise refuse(400, "operationNotSupported", "A reply cannot be answered.", "youtube.comment")
        video = videos.must_find(db, parent["post"])
        return jsonify(comment(db, write(db, me, video, text, parent["id"]), video))


@method("POST", "/youtube/v3/commentThreads", scopes=(SSL,), query=("part",), units=50)
def insert_thread(me: Row) -> Any:
    parts({"id", "snippet"})
    said = json_body(THREAD).get("snippet", {})
    text = checked((said.get("topLevelComment") or {}).get("snippet", {}).get("textOriginal"))
    with box().store.tx() as db:
        video = videos.must_find(db, said.get("videoId", ""))
        open_to_comments(video)
        row = write(db, me, video, text, None)
        return jsonify(thread(db, row, video, ["snippet"]))


def write(db: Db, me: Row, video: Row, text: str, parent: str | None) -> Row:
    now, key = box().now(), f"Ug{secrets.token_urlsafe(12)}"
    insert(
        db, "comment", network="youtube", id=f"{parent}.{key}" if parent else key, post=video["id"], parent=parent,
        author=me["id"], author_name=me["name"], text=text, made_at=stamp(now), number=-1,
    )  # fmt: skip
    return must_find(db, f"{parent}.{key}" if parent else key)


@method(
    "POST",
    "/youtube/v3/comments/setModerationStatus",
    scopes=(SSL,),
    query=("id", "moderationStatus", "banAuthor"),
    units=50,
)
def moderate(me: Row) -> Any:
    state = one_of("moderationStatus", tuple(STATES), "")
    truth("banAuthor", False)
    with box().store.tx() as db:
        for key in ids():
            row = must_find(db, key)
            videos.own(db, me, row["post"])
            if row["hidden"] == REJECTED and state != "rejected":
                raise refuse(403, "forbidden", "A rejected comment cannot be shown again.", "youtube.comment")
            db.execute("UPDATE comment SET hidden=? WHERE network='youtube' AND id=?", (STATES[state], key))
    return Response(status=204)


@method("DELETE", "/youtube/v3/comments", scopes=(SSL,), query=("id",), units=50)
def delete_comment(me: Row) -> Any:
    with box().store.tx() as db:
        row = must_find(db, (ids() or [""])[0])
        if row["author"] != me["id"]:
            videos.own(db, me, row["post"])
        db.execute(
            "UPDATE comment SET deleted_at=? WHERE network='youtube' AND (id=? OR parent=?)",
            (stamp(box().now()), row["id"], row["id"]),
        )
    return Response(status=204)
