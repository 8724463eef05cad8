"""Posts: creating them with all that is checked, reading, listing, changing and deleting them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from sandbox import growth
from sandbox.box import box
from sandbox.networks.linkedin import little
from sandbox.networks.linkedin.assets import state_of
from sandbox.networks.linkedin.wire import (
    READ,
    WRITE,
    bad,
    body,
    bp,
    fail,
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
from sandbox.store import Db, Row, insert, one, rows, stamp

FIELDS = {
    "author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor", "content",
}  # fmt: skip
MAX_TEXT, MAX_ALT, MAX_TITLE, MAX_DESCRIPTION = 3000, 4086, 400, 4000
DUPLICATE_WINDOW = timedelta(minutes=10)


@bp.post("/rest/posts")
def create() -> Response:
    row = signed(WRITE)
    query()
    asked = body(FIELDS, needed={"author", "commentary", "visibility", "distribution", "lifecycleState"})
    page, text = page_of(row, str(asked["author"])), _text(asked["commentary"])
    _check_settings(asked)
    now = box().now()
    with box().store.tx() as db:
        kind, media, extra = _content(db, page, asked.get("content") or {})
        _refuse_twice(db, page, asked["commentary"], now)
        name = "ugcPost" if kind in ("video", "document") else "share"
        urn = f"urn:li:{name}:{growth.remote_id(db, 'linkedin', now)}"
        insert(
            db, "post", network="linkedin", id=urn, account=page["id"], kind=kind, text=text,
            link=extra.get("link"), media=json.dumps(media), made_at=stamp(now),
            data=json.dumps(extra | {"commentary": asked["commentary"], "content": asked.get("content")}),
        )  # fmt: skip
    return Response(status=201, headers={"x-restli-id": urn})


def _text(commentary: Any) -> str:
    if not isinstance(commentary, str):
        raise bad("commentary must be a text", field="/commentary")
    try:
        text = little.read(commentary)
    except little.BadText as problem:
        raise bad(f"commentary is not little text: {problem}", field="/commentary") from None
    if len(text.encode("utf-16-le")) // 2 > MAX_TEXT:
        raise bad(f"commentary exceeds {MAX_TEXT} characters", "FIELD_LENGTH_TOO_LONG", "/commentary")
    return text


def _check_settings(asked: dict[str, Any]) -> None:
    if asked["visibility"] != "PUBLIC":
        raise bad("An organization's post must be PUBLIC", field="/visibility")
    if asked["lifecycleState"] != "PUBLISHED":
        raise bad("A post is created as PUBLISHED only", field="/lifecycleState")
    spread = asked["distribution"]
    if not isinstance(spread, dict) or spread.get("feedDistribution") != "MAIN_FEED":
        raise bad("feedDistribution must be MAIN_FEED", field="/distribution")
    only(spread, {"feedDistribution", "targetEntities", "thirdPartyDistributionChannels"}, "/distribution")


def _refuse_twice(db: Db, page: Row, commentary: str, now: datetime) -> None:
    since = stamp(now - DUPLICATE_WINDOW)
    mine = "SELECT * FROM post WHERE network='linkedin' AND account=? AND made_at>? AND deleted_at IS NULL"
    for post in rows(db, mine, page["id"], since):
        if json.loads(post["data"])["commentary"] == commentary:
            raise fail(
                422,
                "DUPLICATE_POST",
                f"Content is a duplicate of {post['id']}",
                about="Duplicate post is detected",
            )


# Content -----------------------------------------------------------------------------------------------------------
def _content(db: Db, page: Row, content: Any) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    """(kind, media as they are kept, what else belongs to the post)."""
    if not isinstance(content, dict) or len(content) > 1:
        raise bad("content has exactly one kind", field="/content")
    only(content, {"media", "multiImage", "article"}, "/content")
    if not content:
        return "text", [], {}
    ((name, value),) = content.items()
    if name == "article":
        return "article", [], _article(value)
    if name == "multiImage":
        only(value, {"images"}, "/content/multiImage")
        images = value.get("images") or []
        if not 2 <= len(images) <= 20:
            raise bad("multiImage has 2 to 20 images", field="/content/multiImage/images")
        return "images", [_medium(db, page, each, {"image"}) for each in images], {}
    medium = _medium(db, page, value, {"image", "video", "document"})
    kind = str(value["id"]).split(":")[2]
    if kind == "document" and not value.get("title"):
        raise fail(
            400, "MISSING_FIELD", "title :: field is required for documents", field="/content/media/title"
        )
    return kind, [medium], {"title": value.get("title", "")}


def _article(value: dict[str, Any]) -> dict[str, Any]:
    only(value, {"source", "title", "description", "thumbnail"}, "/content/article")
    parts = urlsplit(str(value.get("source", "")))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad("source must be a web address", field="/content/article/source")
    if not value.get("title"):
        raise fail(
            400, "MISSING_FIELD", "title :: field is required but not found", field="/content/article/title"
        )
    if len(value["title"]) > MAX_TITLE or len(value.get("description", "")) > MAX_DESCRIPTION:
        raise bad("title or description is too long", "FIELD_LENGTH_TOO_LONG", "/content/article")
    return {"link": value["source"], "title": value["title"]}


def _medium(db: Db, page: Row, value: Any, kinds: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad("A medium is an object with an id")
    only(value, {"id", "altText"} | ({"title"} if kinds != {"image"} else set()), "/content")
    urn, alt = str(value.get("id", "")), value.get("altText") or ""
    asset = one(db, "SELECT * FROM media WHERE network='linkedin' AND id=?", urn)
    if asset is None or asset["kind"] not in kinds:
        raise bad(f"{urn} is not known", "INVALID_VIDEO_ID" if ":video:" in urn else "INVALID_URN_ID")
    if asset["account"] != page["id"]:
        raise fail(403, "ACCESS_DENIED", f"{urn} belongs to somebody else")
    if len(alt) > MAX_ALT or (alt and asset["kind"] != "image"):
        raise bad(f"altText has at most {MAX_ALT} characters and is for pictures", "FIELD_LENGTH_TOO_LONG")
    state = state_of(asset)
    if state == "PROCESSING_FAILED":
        raise bad(f"{urn} could not be processed", "MEDIA_ASSET_PROCESSING_FAILED")
    if state != "AVAILABLE":
        raise bad(f"{urn} is still processing", "MEDIA_ASSET_WAITING_UPLOAD")
    names = ("id", "sha256", "mime", "bytes", "width", "height", "duration_s")
    return {name: asset[name] for name in names} | {"alt": alt}


# Reading -----------------------------------------------------------------------------------------------------------
@bp.get("/rest/posts")
def find() -> Response:
    row = signed(READ)
    asked = query("q", "author", "start", "count", "sortBy")
    if request.headers.get("X-RestLi-Method") != "FINDER" or asked.get("q") != "author":
        raise bad("Resource method could not be resolved from request parameters", "ILLEGAL_ARGUMENT")
    if asked.get("sortBy", "LAST_MODIFIED") not in ("LAST_MODIFIED", "CREATED"):
        raise bad("sortBy must be LAST_MODIFIED or CREATED", "PARAM_INVALID")
    page = page_of(row, one_urn(asked.get("author", "")))
    start, count = whole(asked.get("start", ""), 0, 100_000), whole(asked.get("count", ""), 10, 100)
    with box().store.tx() as db:
        every = rows(
            db,
            "SELECT * FROM post WHERE network='linkedin' AND account=? AND deleted_at IS NULL"
            " ORDER BY made_at DESC, id DESC",
            page["id"],
        )
    shown = [post_json(post) for post in every[start : start + count]]
    return jsonify(paging={"start": start, "count": count, "total": len(every), "links": []}, elements=shown)


def post_json(post: Row) -> dict[str, Any]:
    data = json.loads(post["data"])
    at = millis(post["made_at"])
    answer = {
        "id": post["id"],
        "author": f"urn:li:organization:{post['account']}",
        "commentary": data["commentary"],
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "createdAt": at,
        "publishedAt": at,
        "lastModifiedAt": millis(data.get("changed_at") or post["made_at"]),
        "isReshareDisabledByAuthor": False,
    }
    return answer | ({"content": data["content"]} if data.get("content") else {})


@bp.route("/rest/posts/<path:urn>", methods=["GET", "POST", "DELETE"])
def one_post(urn: str) -> Response:
    in_path("posts")
    row = signed(READ if request.method == "GET" else WRITE)
    query()
    if not re.fullmatch(r"urn:li:(share|ugcPost):\d+", urn):
        raise bad(f"{urn} is not the name of a post", "INVALID_URN_TYPE")
    with box().store.tx() as db:
        post = growth.find_post(db, "linkedin", urn)
    if post is None:
        if request.method == "DELETE":
            return Response(status=204)  # deleting is idempotent
        raise not_found(urn)
    page_of(row, f"urn:li:organization:{post['account']}")
    if request.method == "GET":
        return jsonify(post_json(post))
    at = stamp(box().now())
    if request.method == "DELETE":
        with box().store.tx() as db:
            db.execute("UPDATE post SET deleted_at=? WHERE network='linkedin' AND id=?", (at, urn))
        return Response(status=204)
    return _change(post, at)


def _change(post: Row, at: str) -> Response:
    if request.headers.get("X-RestLi-Method") != "PARTIAL_UPDATE":
        raise bad("Resource method could not be resolved from request parameters", "ILLEGAL_ARGUMENT")
    patch = body({"patch"}, needed={"patch"})["patch"]
    only(patch, {"$set"}, "/patch")
    only(patch.get("$set") or {}, {"commentary"}, "/patch/$set")
    commentary = (patch.get("$set") or {}).get("commentary")
    text = _text(commentary)
    data = json.loads(post["data"]) | {"commentary": commentary, "changed_at": at}
    with box().store.tx() as db:
        db.execute(
            "UPDATE post SET text=?, data=? WHERE network='linkedin' AND id=?",
            (text, json.dumps(data), post["id"]),
        )
    return Response(status=204)
