"""Comments under a page's posts: a comment, and one level of answers below it."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify

from sandbox import growth
from sandbox.box import box
from sandbox.networks.linkedin.wire import (
    READ,
    WRITE,
    bad,
    body,
    bp,
    in_path,
    millis,
    not_found,
    one_urn,
    only,
    page_of,
    query,
    signed,
    whole,
)
from sandbox.store import Db, Row, insert, one, stamp

POST = re.compile(r"urn:li:(?:share|ugcPost|activity):(\d+)")
COMMENT = re.compile(r"urn:li:comment:\(urn:li:activity:(\d+),(\d+)\)")
MAX_TEXT = 1250


def thread_of(db: Db, urn: str) -> tuple[Row, Row | None]:
    """The post, and the comment if the name is that of one."""
    comment = None
    if found := COMMENT.fullmatch(urn):
        comment = one(
            db, "SELECT * FROM comment WHERE network='linkedin' AND id=? AND deleted_at IS NULL", found[2]
        )
        if comment is None:
            raise not_found(urn)
    else:
        found = POST.fullmatch(urn)
    if found is None:
        raise bad(f"{urn} is not the name of a post or comment", "INVALID_URN_TYPE")
    post = one(
        db,
        "SELECT * FROM post WHERE network='linkedin' AND id IN (?, ?) AND deleted_at IS NULL",
        f"urn:li:share:{found[1]}",
        f"urn:li:ugcPost:{found[1]}",
    )
    if post is None:
        raise not_found(urn)
    return post, comment


def activity(post: str) -> str:
    return f"urn:li:activity:{post.rpartition(':')[2]}"


def urn_of(row: Row) -> str:
    return f"urn:li:comment:({activity(row['post'])},{row['id']})"


def comment_json(row: Row, every: list[Row]) -> dict[str, Any]:
    actor = row["author"] if row["author"].startswith("urn:") else f"urn:li:person:{row['author']}"
    below = sum(1 for other in every if other["parent"] == row["id"])
    answer = {
        "id": row["id"],
        "$URN": urn_of(row),
        "actor": actor,
        "object": activity(row["post"]),
        "message": {"text": row["text"], "attributes": []},
        "created": {"actor": actor, "time": millis(row["made_at"])},
        "lastModified": {"actor": actor, "time": millis(row["made_at"])},
        "likesSummary": {"totalLikes": 0},
        "commentsSummary": {"aggregatedTotalComments": below, "totalFirstLevelComments": below},
    }
    if row["parent"]:
        answer["parentComment"] = f"urn:li:comment:({activity(row['post'])},{row['parent']})"
    return answer


@bp.get("/rest/socialActions/<path:urn>/comments")
def list_comments(urn: str) -> Response:
    in_path("socialActions")
    token = signed(READ)
    asked = query("start", "count")
    start, count = whole(asked.get("start", ""), 0, 100_000), whole(asked.get("count", ""), 10, 100)
    with box().store.tx() as db:
        post, comment = thread_of(db, urn)
        growth.arrive(db, box().pace, post, box().now())
        every = growth.comments_of(db, "linkedin", post["id"])
    page_of(token, f"urn:li:organization:{post['account']}")
    wanted = comment["id"] if comment else None
    level = [row for row in every if row["parent"] == wanted]
    shown = [comment_json(row, every) for row in level[start : start + count]]
    return jsonify(paging={"start": start, "count": count, "total": len(level), "links": []}, elements=shown)


@bp.post("/rest/socialActions/<path:urn>/comments")
def create_comment(urn: str) -> Response:
    in_path("socialActions")
    token = signed(WRITE)
    query()
    asked = body({"actor", "object", "message", "parentComment"}, needed={"actor", "object", "message"})
    page = page_of(token, str(asked["actor"]))
    message = asked["message"] if isinstance(asked["message"], dict) else {}
    only(message, {"text", "attributes"}, "/message")
    text = str(message.get("text") or "")
    if not text.strip() or len(text) > MAX_TEXT:
        raise bad(f"A comment has 1 to {MAX_TEXT} characters", "FIELD_LENGTH_TOO_LONG", "/message/text")
    now = box().now()
    with box().store.tx() as db:
        post, comment = thread_of(db, urn)
        if comment and asked.get("parentComment") != urn:
            raise bad("parentComment must be the comment that is answered", field="/parentComment")
        if not comment and asked.get("parentComment"):
            raise bad("parentComment belongs to an answer below a comment", field="/parentComment")
        if POST.fullmatch(str(asked["object"])) is None or activity(str(asked["object"])) != activity(
            post["id"]
        ):
            raise bad("object must be the post", field="/object")
        parent = (comment["parent"] or comment["id"]) if comment else None
        number = growth.remote_id(db, "linkedin", now)
        insert(
            db, "comment", network="linkedin", id=number, post=post["id"], parent=parent,
            author=f"urn:li:organization:{page['id']}", author_name=page["name"], text=text, made_at=stamp(now),
            number=-1,
        )  # fmt: skip
        made = one(db, "SELECT * FROM comment WHERE network='linkedin' AND id=?", number)
        assert made is not None
    response = jsonify(comment_json(made, []))
    response.status_code = 201
    response.headers["x-restli-id"] = number
    return response


@bp.delete("/rest/socialActions/<path:urn>/comments/<number>")
def delete_comment(urn: str, number: str) -> Response:
    in_path("socialActions")
    token = signed(WRITE)
    asked = query("actor")
    page = page_of(token, one_urn(asked.get("actor", "")))
    with box().store.tx() as db:
        post, _ = thread_of(db, urn)
        row = one(
            db,
            "SELECT * FROM comment WHERE network='linkedin' AND id=? AND post=? AND deleted_at IS NULL",
            number,
            post["id"],
        )
        if row is None or post["account"] != page["id"]:
            raise not_found(number)
        at = stamp(box().now())
        db.execute(
            "UPDATE comment SET deleted_at=? WHERE network='linkedin' AND (id=? OR parent=?)",
            (at, number, number),
        )
    return Response(status=204)
