"""Reading, changing and deleting a Page's posts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, jsonify, request

from sandbox import accounts, direct, graph
from sandbox.box import box
from sandbox.graph import Field, flag, missing, param, pick, say
from sandbox.networks.facebook.comments import change_comment, comment_json, visible_comments
from sandbox.networks.facebook.door import edge, find_post, page_token, public_posts
from sandbox.networks.facebook.numbers import counts
from sandbox.store import Db, Row, instant, one, rows, stamp


@edge("GET", "{page:id}/published_posts")
@edge("GET", "{page:id}/posts")
@edge("GET", "{page:id}/feed")
def list_posts(page: str) -> Response:
    page_token(page, "pages_read_engagement")
    asked = graph.asked_fields()
    with box().store.tx() as db:
        found = [
            row for row in public_posts(db, page)[::-1] if row["kind"] != "reel"
        ]  # reels are not in these lists
        return jsonify(
            graph.listing(
                graph.between(found), lambda row: post_json(db, row, asked, ("created_time", "message"))
            )
        )


@edge("GET", "{page:id}/scheduled_posts")
def list_scheduled(page: str) -> Response:
    page_token(page, "pages_read_engagement")
    asked = graph.asked_fields()
    with box().store.tx() as db:
        found = rows(
            db,
            "SELECT * FROM post WHERE network='facebook' AND account=? AND deleted_at IS NULL ORDER BY id DESC",
            page,
        )
        found = [
            row for row in found if "scheduled" in (data := json.loads(row["data"])) and not data["published"]
        ]
        return jsonify(
            graph.listing(found, lambda row: post_json(db, row, asked, ("created_time", "message")))
        )


@edge("GET", "{post:post}")
def read_post(post: str) -> Response:
    with box().store.tx() as db:
        if comment := one(
            db, "SELECT * FROM comment WHERE network='facebook' AND id=? AND deleted_at IS NULL", post
        ):
            owner = find_post(db, comment["post"])["account"]
            replied = direct.replied(db, "facebook")
    if comment:
        page_token(owner, "pages_read_engagement")
        return jsonify(comment_json(comment, graph.asked_fields(), owner, replied))
    row = graph.token("facebook")
    with box().store.tx() as db:
        found = find_post(db, post)
        if row["kind"] == "page" and row["account"] != found["account"]:
            raise missing(post)
        return jsonify(post_json(db, found, graph.asked_fields(), ("created_time", "message")))


STATUS_TYPES = {
    "status": "mobile_status_update",
    "link": "shared_story",
    "photo": "added_photos",
    "photos": "added_photos",
    "video": "added_video",
    "reel": "added_video",
}


def post_json(db: Db, post: Row, asked: tuple[Field, ...], default: tuple[str, ...]) -> dict[str, Any]:
    page = accounts.account(db, "facebook", post["account"]) or {}
    data = json.loads(post["data"])
    base = f"{request.host_url}facebook/feed/{page['handle']}"
    media = json.loads(post["media"])

    def shares(wanted: Field) -> Any:
        count = counts(db, post)["shares"]
        return {"count": count} if count else None  # absent means none

    def comments(wanted: Field) -> Any:
        found = visible_comments(db, post)
        limit = int(wanted.args.get("limit", "25") or 0)
        replied = direct.replied(db, "facebook")
        shown = [comment_json(row, wanted.sub, post["account"], replied) for row in found[:limit]]
        answer: dict[str, Any] = {"data": shown}
        if wanted.args.get("summary") in ("true", "1", "total_count"):
            answer["summary"] = {"order": "chronological", "total_count": len(found), "can_comment": True}
        return answer

    def reactions(wanted: Field) -> Any:
        answer: dict[str, Any] = {"data": []}
        if "summary" in wanted.args:
            answer["summary"] = {"total_count": counts(db, post)["likes"], "viewer_reaction": "NONE"}
        return answer

    getters: dict[str, graph.Getter] = {
        "id": say(post["id"]),
        "message": say(post["text"] or None),
        "created_time": say(graph.told(post["made_at"])),
        "updated_time": say(graph.told(post["made_at"])),
        "permalink_url": say(f"{base}#p{post['id']}"),
        "status_type": say(STATUS_TYPES[post["kind"]]),
        "is_published": say(data["published"]),
        "is_hidden": say(data.get("is_hidden", False)),
        "scheduled_publish_time": say(
            int(instant(data["scheduled"]).timestamp())
            if "scheduled" in data and not data["published"]
            else None
        ),
        "from": say({"id": post["account"], "name": page["name"]}),
        "full_picture": say(
            f"{request.host_url}file/{media[0]['sha256']}"
            if media and post["kind"].startswith("photo")
            else None
        ),
        "attachments": lambda wanted: _attachments(post, media, wanted, data),
        "shares": shares,
        "comments": comments,
        "reactions": reactions,
        "likes": reactions,
    }
    return pick("Post", asked, default, getters)


def _attachments(post: Row, media: list[dict[str, Any]], wanted: Field, data: dict[str, Any]) -> Any:
    def photo(item: dict[str, Any], asked: tuple[Field, ...]) -> dict[str, Any]:
        picture = {
            "image": {
                "height": item["height"],
                "width": item["width"],
                "src": f"{request.host_url}file/{item['sha256']}",
            }
        }
        return _chosen(
            {
                "media_type": "photo",
                "type": "photo",
                "description": item["alt"],
                "media": picture,
                "target": {"id": item["id"]},
            },
            asked,
        )

    if post["kind"] == "link":
        found = {
            "media_type": "link",
            "type": "share",
            "url": post["link"],
            "title": urlsplit(post["link"]).netloc,
            "unshimmed_url": post["link"],
        }
    elif post["kind"] in ("video", "reel"):
        found = {
            "media_type": "video",
            "type": "video_inline",
            "title": data.get("title", ""),
            "target": {"id": data["video"]},
        }
    elif post["kind"] == "photo":
        return {"data": [photo(media[0], wanted.sub)]}
    elif post["kind"] == "photos":
        sub = next((inner for inner in wanted.sub if inner.name == "subattachments"), Field("", {}, ()))
        limit = int(sub.args.get("limit", "12"))
        found = {
            "media_type": "album",
            "type": "album",
            "title": "Photos",
            "subattachments": {"data": [photo(item, sub.sub) for item in media[:limit]]},
        }
    else:
        return None
    return {"data": [_chosen(found, wanted.sub)]}


def _chosen(found: dict[str, Any], asked: tuple[Field, ...]) -> dict[str, Any]:
    names = [wanted.name for wanted in asked]
    return {key: value for key, value in found.items() if not names or key in names}


@edge("POST", "{post:post}", "message is_hidden is_pinned is_published scheduled_publish_time")
def change_post(post: str) -> Response:
    with box().store.tx() as db:
        comment = one(
            db, "SELECT * FROM comment WHERE network='facebook' AND id=? AND deleted_at IS NULL", post
        )
        owner = find_post(db, comment["post"] if comment else post)["account"]
    if comment:
        return change_comment(comment, owner)
    page_token(owner, "pages_manage_posts")
    with box().store.tx() as db:
        row = find_post(db, post)
        data = json.loads(row["data"])
        if "is_hidden" in g.params:
            data["is_hidden"] = flag("is_hidden", False)
        if flag("is_published", False) and not data["published"]:
            data["published"] = True
            db.execute(
                "UPDATE post SET made_at=? WHERE network='facebook' AND id=?", (stamp(box().now()), post)
            )
        text = param("message", row["text"])
        db.execute(
            "UPDATE post SET text=?, data=? WHERE network='facebook' AND id=?", (text, json.dumps(data), post)
        )
    return jsonify(success=True)


@edge("DELETE", "{post:post}")
def delete_post(post: str) -> Response:
    with box().store.tx() as db:
        comment = one(
            db, "SELECT * FROM comment WHERE network='facebook' AND id=? AND deleted_at IS NULL", post
        )
        owner = find_post(db, comment["post"] if comment else post)["account"]
    if comment:
        page_token(owner, "pages_manage_engagement", "pages_read_user_content")
    else:
        page_token(owner, "pages_manage_posts")
    table = "comment" if comment else "post"
    delete = f"UPDATE {table} SET deleted_at=? WHERE network='facebook' AND id=?"  # noqa: S608 (one of two names)
    with box().store.tx() as db:
        db.execute(delete, (stamp(box().now()), post))
    return jsonify(success=True)
