"""Comments under a Page's posts."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, request

from sandbox import accounts, direct, graph, growth
from sandbox.box import box
from sandbox.graph import Field, bad, fail, flag, param, pick, say
from sandbox.networks.facebook.door import edge, find_post, page_token
from sandbox.store import Db, Row, insert, one, rows, stamp


def visible_comments(db: Db, post: Row) -> list[Row]:
    growth.arrive(db, box().pace, post, box().now())
    return growth.comments_of(db, "facebook", post["id"])


def comment_json(row: Row, asked: tuple[Field, ...], page: str, replied: list[str]) -> dict[str, Any]:
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "message": say(row["text"]),
        "created_time": say(graph.told(row["made_at"])),
        "from": say({"id": row["author"], "name": row["author_name"]}),
        "parent": say({"id": row["parent"]} if row["parent"] else None),
        "comment_count": say(0),
        "like_count": say(0),
        "is_hidden": say(bool(row["hidden"])),
        "can_hide": say(True),
        "can_remove": say(True),
        "can_reply_privately": say(direct.may_reply(row, page, replied)),
        "permalink_url": say(f"{request.host_url}facebook/comment/{row['id']}"),
        "attachment": lambda _: _photo(row),
    }
    return pick("Comment", asked, ("created_time", "from", "message"), getters)


def _photo(row: Row) -> dict[str, Any] | None:
    with box().store.tx() as db:
        found = one(db, "SELECT * FROM media WHERE network='facebook' AND used_by=?", row["id"])
    if found is None:
        return None
    size = {"width": found["width"], "height": found["height"]}
    image = {"src": f"{request.host_url}file/{found['sha256']}", **size}
    return {
        "type": "photo",
        "media": {"image": image},
        "target": {"id": found["id"]},
        "description": found["alt"],
    }


def _attached(db: Db, page: str) -> str:
    """An unpublished photo of the page's own that nothing shows yet; "" where none is asked for."""
    if not (photo := param("attachment_id")):
        return ""
    row = one(db, "SELECT * FROM media WHERE network='facebook' AND id=? AND kind='image'", photo)
    if row is None or row["account"] != page:
        raise bad(f"Param attachment_id: the photo {photo} does not exist or is not this Page's.")
    if row["used_by"]:
        raise fail(100, "(#100) These photos were already posted.", 1366051)
    return photo


def post_of(db: Db, node: str) -> str:
    """A reel is also known by the id of its video."""
    mine = "SELECT id FROM post WHERE network='facebook' AND json_extract(data, '$.video')=?"
    found = None if "_" in node else one(db, mine, node)
    return found["id"] if found else node


@edge("GET", "{post:any}/comments", "filter order summary")
def list_comments(post: str) -> Response:
    row = graph.token("facebook")
    if row["kind"] == "user":
        return jsonify(data=[])  # as the real network: no error, nothing to see
    with box().store.tx() as db:
        post = post_of(db, post)
        parent = one(db, "SELECT * FROM comment WHERE network='facebook' AND id=?", post)
        owner = find_post(db, parent["post"] if parent else post)
    page_token(owner["account"], "pages_read_engagement", "pages_read_user_content")
    if param("filter", "toplevel") not in ("toplevel", "stream"):
        raise bad("Param filter must be toplevel or stream")
    asked = graph.asked_fields()
    with box().store.tx() as db:
        found = visible_comments(db, owner)
        total, replied = len(found), direct.replied(db, "facebook")
    if parent:
        found = [row for row in found if row["parent"] == post]
    elif param("filter", "toplevel") == "toplevel":
        found = [row for row in found if not row["parent"]]
    if param("order") == "reverse_chronological":
        found = found[::-1]
    answer = graph.listing(
        graph.between(found), lambda row: comment_json(row, asked, owner["account"], replied)
    )
    if flag("summary", False):
        answer["summary"] = {
            "order": param("order", "chronological"),
            "total_count": total,
            "can_comment": True,
        }
    return jsonify(answer)


@edge("POST", "{post:any}/comments", "message attachment_id")
def create_comment(post: str) -> Response:
    with box().store.tx() as db:
        post = post_of(db, post)
        parent = one(
            db, "SELECT * FROM comment WHERE network='facebook' AND id=? AND deleted_at IS NULL", post
        )
        owner = find_post(db, parent["post"] if parent else post)
    token = page_token(owner["account"], "pages_manage_engagement")
    text = param("message")
    if not text.strip():
        raise bad("Param message must not be empty")
    now = box().now()
    with box().store.tx() as db:
        page = accounts.account(db, "facebook", token["account"]) or {}
        photo = _attached(db, page["id"])
        comment = f"{owner['id'].partition('_')[2]}_{growth.remote_id(db, 'facebook', now)}"
        insert(
            db, "comment", network="facebook", id=comment, post=owner["id"], author=page["id"], author_name=page["name"],
            parent=(parent["parent"] or parent["id"]) if parent else None, text=text, made_at=stamp(now), number=-1,
        )  # fmt: skip
        db.execute("UPDATE media SET used_by=? WHERE network='facebook' AND id=?", (comment, photo))
    return jsonify(id=comment)


def change_comment(comment: Row, owner: str) -> Response:
    page_token(owner, "pages_manage_engagement")
    if "message" in g.params and comment["author"] != owner:
        raise fail(200, "(#200) Only own comments can be edited.", status=403)
    with box().store.tx() as db:
        hidden = flag("is_hidden", bool(comment["hidden"]))
        db.execute(
            "UPDATE comment SET hidden=?, text=? WHERE network='facebook' AND id=?",
            (int(hidden), param("message", comment["text"]), comment["id"]),
        )
    return jsonify(success=True)


def _blocked(page: str, on: bool) -> Response:
    """Who is blocked writes nothing to the page any more. Named by the id that comments or messages tell."""
    page_token(page, "pages_manage_engagement")
    user = param("user")
    with box().store.tx() as db:
        sql = "SELECT DISTINCT author FROM comment WHERE network='facebook'"
        known = {row["author"] for row in rows(db, sql)}
        login = user if user in known else next((k for k in known if direct.person_id(k) == user), None)
        if login is None:
            raise bad("Param user must be the id of a person")
        direct.block(db, "facebook", page, login, on)
    return jsonify({user: True})


@edge("POST", "{page:id}/blocked", "user")
def block_person(page: str) -> Response:
    return _blocked(page, True)


@edge("DELETE", "{page:id}/blocked", "user")
def unblock_person(page: str) -> Response:
    return _blocked(page, False)
