"""What everybody sees: listing and reading the account's public videos."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.tiktok.wire import asked_fields, bad, call, json_body, object_of, ok
from sandbox.store import Db, Row, instant, rows, setting

FIELDS = (
    "id", "create_time", "cover_image_url", "share_url", "video_description", "duration", "height", "width", "title",
    "embed_html", "embed_link", "like_count", "comment_count", "share_count", "view_count",
)  # fmt: skip
MOST = 20
TITLE = 150


def of(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(row["data"])
    return data


def is_private(row: Row) -> bool:
    return bool(of(row)["info"]["privacy_level"] == "SELF_ONLY")


def has_failed(row: Row) -> bool:
    data = of(row)
    return bool(data["reason"]) and instant(data["ready_at"]) <= box().now()


def public_posts(db: Db, account: str) -> list[Row]:
    """Oldest first; what only some people see is not among them."""
    found = rows(
        db,
        "SELECT * FROM post WHERE network='tiktok' AND account=? AND deleted_at IS NULL ORDER BY made_at, id",
        account,
    )
    return [
        row
        for row in found
        if of(row)["info"]["privacy_level"] == "PUBLIC_TO_EVERYONE" and not has_failed(row)
    ]


def counts(db: Db, row: Row) -> dict[str, int]:
    owner = accounts.account(db, "tiktok", row["account"]) or {"followers": 0}
    now = box().now()
    if not of(row)["info"].get("disable_comment"):
        growth.arrive(db, box().pace, row, now)
    age = growth.age_d(box().pace, row["made_at"], now, setting(db, "ahead_s", 0))
    return growth.numbers(row, owner["followers"], age) | {
        "comments": len(growth.comments_of(db, "tiktok", row["id"]))
    }


def shown(db: Db, me: Row, row: Row, asked: list[str]) -> dict[str, Any]:
    now, medium = counts(db, row), json.loads(row["media"])[0]
    kind = "photo" if row["kind"] == "photo" else "video"
    url = f"{request.host_url}tiktok/@{me['handle']}/{kind}/{row['id']}"
    whole = {
        "id": row["id"], "create_time": int(instant(row["made_at"]).timestamp()), "cover_image_url": "",
        "share_url": url, "video_description": row["text"][:TITLE], "duration": int(medium.get("duration_s") or 0),
        "height": medium["height"], "width": medium["width"], "title": row["text"][:TITLE], "embed_html": "",
        "embed_link": url, "like_count": now["likes"], "comment_count": now["comments"],
        "share_count": now["shares"], "view_count": now["views"],
    }  # fmt: skip
    return {name: whole[name] for name in asked}


def visible(db: Db, me: Row) -> list[Row]:
    return [row for row in public_posts(db, me["id"]) if instant(of(row)["shown_at"]) <= box().now()]


@call("POST", "/v2/video/query/", scope="video.list", limit=600, query=("fields",))
def query(me: Row, token: Row) -> Response:
    asked = asked_fields(FIELDS)
    wanted = object_of(json_body({"filters": dict}).get("filters"), {"video_ids": list}, "filters").get(
        "video_ids", []
    )
    if not 1 <= len(wanted) <= MOST or not all(isinstance(each, str) for each in wanted):
        raise bad("filters.video_ids: one to 20 ids as texts")
    with box().store.tx() as db:
        found = [shown(db, me, row, asked) for row in visible(db, me) if row["id"] in wanted]
    return ok({"videos": found})


@call("POST", "/v2/video/list/", scope="video.list", limit=600, query=("fields",))
def list_videos(me: Row, token: Row) -> Response:
    asked, body = asked_fields(FIELDS), json_body({"max_count": int, "cursor": int})
    most = body.get("max_count", 10)
    if not 1 <= most <= MOST:
        raise bad("max_count: 1 to 20")
    with box().store.tx() as db:
        found = visible(db, me)[::-1]
        before = body.get("cursor")
        if before:
            found = [row for row in found if instant(row["made_at"]).timestamp() * 1000 < before]
        page = found[:most]
        cursor = int(instant(page[-1]["made_at"]).timestamp() * 1000) if page else 0
        return ok(
            {
                "videos": [shown(db, me, row, asked) for row in page],
                "cursor": cursor,
                "has_more": len(found) > most,
            }
        )
