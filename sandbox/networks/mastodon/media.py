"""Uploading to a Mastodon server: pictures are ready at once, video is worked on for a while."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import files, growth
from sandbox.box import box
from sandbox.faults import struck
from sandbox.networks.mastodon.wire import (
    MAX_ALT,
    MAX_FPS,
    MAX_IMAGE,
    MAX_PIXELS,
    MAX_VIDEO,
    MAX_VIDEO_PIXELS,
    MEDIA_CALLS,
    MEDIA_S,
    MIMES,
    count,
    invalid,
    not_found,
    refuse,
    wire,
)
from sandbox.store import Db, Row, insert, instant, one, stamp

LIFE_S = 86_400
BY_ID = "SELECT * FROM media WHERE network='mastodon' AND id=?"


@wire(
    "POST", "/api/v2/media", scope="write:media", params=("description", "focus"), files=("file", "thumbnail")
)
def upload(me: Row, given: dict[str, Any]) -> Any:
    with box().store.tx() as db:
        count(db, "media", me["id"], MEDIA_CALLS, MEDIA_S)
    if "file" not in request.files:
        raise invalid("File can't be blank")
    words, focus = _words(given)
    sha256 = box().store.keep(request.files["file"].read())
    facts = _facts(sha256)
    cover = box().store.keep(request.files["thumbnail"].read()) if "thumbnail" in request.files else ""
    if cover:
        _facts(cover)
    now = box().now()
    ready_at = now + timedelta(seconds=box().pace.video_s if facts.kind != "image" else 0)
    with box().store.tx() as db:
        media_id = growth.remote_id(db, "mastodon", now)
        insert(
            db, "media", network="mastodon", id=media_id, account=me["id"], kind=facts.kind, sha256=sha256,
            mime=facts.mime, bytes=facts.bytes, width=facts.width, height=facts.height, duration_s=facts.duration_s,
            alt=words, state="done", error="failed" if struck("media_error") else "", made_at=stamp(now),
            ready_at=stamp(ready_at), expires_at=stamp(now + timedelta(seconds=LIFE_S)),
            data=json.dumps({"focus": focus, "cover": cover}),
        )  # fmt: skip
        row = one(db, BY_ID, media_id)
    assert row is not None
    waits = facts.kind != "image" or row["error"]
    return jsonify(as_json(row, ready=not waits)), 202 if waits else 200


def _words(given: dict[str, Any]) -> tuple[str, str]:
    words = str(given.get("description") or "")
    if len(words) > MAX_ALT:
        raise invalid(f"Description is too long (maximum is {MAX_ALT} characters)")
    focus = str(given.get("focus") or "")
    if focus:
        try:
            x, y = (float(part) for part in focus.split(","))
        except ValueError:
            raise invalid("Focus is invalid") from None
        if not (-1 <= x <= 1 and -1 <= y <= 1):
            raise invalid("Focus is invalid")
    return words, focus


def _facts(sha256: str) -> files.Facts:
    try:
        facts = files.look(box().store.path(sha256))
    except files.BadFile:
        raise invalid("File content type is invalid, File is invalid") from None
    if facts.mime not in MIMES:
        raise invalid("File content type is invalid")
    moving = facts.kind == "video"
    if facts.bytes > (MAX_VIDEO if moving else MAX_IMAGE):
        most = (MAX_VIDEO if moving else MAX_IMAGE) // 2**20
        raise invalid(f"File file size must be less than {most} MB")
    if facts.width * facts.height > (MAX_VIDEO_PIXELS if moving else MAX_PIXELS):
        raise invalid(f"{facts.width}x{facts.height} {'videos' if moving else 'images'} are not supported")
    video = facts.movie.video if facts.movie else None
    if video is not None and video.fps > MAX_FPS:
        raise invalid(f"{video.fps:.0f}fps videos are not supported")
    return facts


@wire("GET", "/api/v1/media/<media_id>", scope="write:media")
def media_state(me: Row, given: dict[str, Any], media_id: str) -> Any:
    row = _mine(me, media_id)
    if row["error"]:
        raise refuse(422, "There was an error processing the file")
    ready = instant(row["ready_at"]) <= box().now()
    return jsonify(as_json(row, ready=ready)), 200 if ready else 206


@wire(
    "PUT",
    "/api/v1/media/<media_id>",
    scope="write:media",
    params=("description", "focus"),
    files=("thumbnail",),
)
def change_media(me: Row, given: dict[str, Any], media_id: str) -> Response:
    row = _mine(me, media_id)
    words, focus = _words(given)
    data = json.loads(row["data"]) | ({"focus": focus} if "focus" in given else {})
    alt = words if "description" in given else row["alt"]
    with box().store.tx() as db:
        sql = "UPDATE media SET alt=?, data=? WHERE network='mastodon' AND id=?"
        db.execute(sql, (alt, json.dumps(data), media_id))
    return jsonify(as_json(_mine(me, media_id), ready=True))


def _mine(me: Row, media_id: str) -> Row:
    with box().store.tx() as db:
        row = one(db, BY_ID + " AND account=? AND used_by IS NULL", media_id, me["id"])
    if row is None or instant(row["expires_at"]) <= box().now():
        raise not_found()
    return row


def take(db: Db, me: Row, ids: list[str], already: str = "") -> list[dict[str, Any]]:
    """The media of a post, in order; refuses what cannot be attached. ``already``: the post that may have them."""
    found = [one(db, BY_ID + " AND account=?", media_id, me["id"]) for media_id in ids]
    now = box().now()
    for media_id, row in zip(ids, found, strict=True):
        if row is None or row["used_by"] not in (None, already or None) or instant(row["expires_at"]) <= now:
            raise invalid(f"Media {media_id} not found or already attached to another post. Try again!")
        if row["error"] or instant(row["ready_at"]) > now:
            raise refuse(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    media = [row for row in found if row is not None]
    if len(media) > 1 and any(row["kind"] != "image" for row in media):
        raise refuse(422, "Cannot attach a video to a post that already contains images")
    names = ("id", "kind", "sha256", "mime", "bytes", "width", "height", "alt", "duration_s")
    return [{name: row[name] for name in names} | json.loads(row["data"]) for row in media]


def as_json(item: dict[str, Any], *, ready: bool = True) -> dict[str, Any]:
    kind = {"gif": "gifv"}.get(item["kind"], item["kind"])
    url = f"{request.host_url}file/{item['sha256']}"
    data = json.loads(item["data"]) if isinstance(item.get("data"), str) else item
    size = {"width": item["width"], "height": item["height"], "size": f"{item['width']}x{item['height']}"}
    meta: dict[str, Any] = {"original": size}
    if data.get("focus"):
        meta["focus"] = dict(zip(("x", "y"), map(float, data["focus"].split(",")), strict=True))
    return {
        "id": item["id"], "type": kind, "url": url if ready else None, "preview_url": url, "remote_url": None,
        "preview_remote_url": None, "text_url": None, "meta": meta, "description": item["alt"] or None,
        "blurhash": "UBL_:rOpGG-;~qRjWBay",
    }  # fmt: skip
