"""Posting directly: what the creator may choose, init, pieces, and what became of it."""

from __future__ import annotations

import json
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Response, request

from sandbox import files, growth
from sandbox.box import Refused, box
from sandbox.faults import struck
from sandbox.networks.tiktok.wire import bad, bp, call, easily, fail, json_body, no, object_of, ok
from sandbox.store import Db, Row, insert, instant, one, setting, stamp

LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
PRIVATE = "SELF_ONLY"
LINK_LIFE = timedelta(hours=1)
POSTS_A_DAY = 15
MAX_TITLE = 2200  # UTF-16 units
MAX_BYTES = 4 * 10**9
LEAST, MOST, LAST = 5 * 2**20, 64 * 2**20, 128 * 2**20
MOST_SECONDS = 600
POST_INFO = {
    "title": str, "privacy_level": str, "disable_duet": bool, "disable_stitch": bool, "disable_comment": bool,
    "video_cover_timestamp_ms": int, "brand_content_toggle": bool, "brand_organic_toggle": bool, "is_aigc": bool,
}  # fmt: skip
SOURCE = {"source": str, "video_size": int, "chunk_size": int, "total_chunk_count": int, "video_url": str}


def creator(db: Db, me: Row) -> dict[str, Any]:
    said = {
        "creator_avatar_url": "", "creator_username": me["handle"], "creator_nickname": me["name"],
        "privacy_level_options": list(LEVELS), "comment_disabled": False, "duet_disabled": False,
        "stitch_disabled": False, "max_video_post_duration_sec": MOST_SECONDS,
    }  # fmt: skip
    return said | setting(db, "tiktok creator", {})


def within_the_day(db: Db, me: Row) -> None:
    since = stamp(box().now() - timedelta(days=1))
    row = one(
        db,
        "SELECT count(*) AS posts FROM post WHERE network='tiktok' AND account=? AND made_at>?",
        me["id"],
        since,
    )
    if row and row["posts"] >= easily(int(setting(db, "tiktok posts a day", POSTS_A_DAY))):
        raise fail(
            "spam_risk_too_many_posts", "The daily post cap from the API is reached for the current user."
        )


@call("POST", "/v2/post/publish/creator_info/query/", scope="video.publish", limit=20)
def creator_info(me: Row, token: Row) -> Response:
    json_body({})
    with box().store.tx() as db:
        try:
            within_the_day(db, me)
        except Refused as full:  # as documented: the code comes with a 200 here
            full.response.status_code = 200
            raise
        return ok(creator(db, me))


@call("POST", "/v2/post/publish/video/init/", scope="video.publish", limit=6)
def init(me: Row, token: Row) -> Response:
    body = json_body({"post_info": dict, "source_info": dict})
    info = object_of(body.get("post_info"), POST_INFO, "post_info")
    source = object_of(body.get("source_info"), SOURCE, "source_info")
    with box().store.tx() as db:
        _check_info(db, me, info)
        within_the_day(db, me)
    if source.get("source") != "FILE_UPLOAD":
        raise fail("url_ownership_unverified", "The sandbox fetches nothing from TikTok's side.")
    _check_cut(source)
    now, key = box().now(), secrets.token_urlsafe(16)
    publish_id = f"v_pub_file~v2-1.{secrets.randbelow(10**18):018}"
    with box().store.tx() as db:
        insert(
            db, "media", network="tiktok", id=publish_id, account=me["id"], kind="upload", bytes=0, state="open",
            error="", made_at=stamp(now), expires_at=stamp(now + LINK_LIFE),
            data=json.dumps({"info": info, "source": source, "key": key}),
        )  # fmt: skip
    url = f"{request.host_url}tiktok/video/?upload_id={publish_id}&upload_token={key}"
    return ok({"publish_id": publish_id, "upload_url": url})


def _check_info(db: Db, me: Row, info: dict[str, Any]) -> None:
    if info.get("video_cover_timestamp_ms", 0) < 0:
        raise fail("invalid_param", "video_cover_timestamp_ms is invalid.")
    if len(info.get("title", "").encode("utf-16-le")) // 2 > MAX_TITLE:
        raise fail("invalid_param", "The title is too long.")
    check_level(db, me, info)


def check_level(db: Db, me: Row, info: dict[str, Any]) -> None:
    level = info.get("privacy_level")
    if level not in LEVELS:
        raise fail("invalid_param", "privacy_level is required.")
    if level not in creator(db, me)["privacy_level_options"]:
        raise fail("privacy_level_option_mismatch", "The privacy level is not one of privacy_level_options.")
    if info.get("brand_content_toggle") and level == PRIVATE:
        raise fail("invalid_param", "Branded content cannot be private.")
    if level != PRIVATE and not setting(db, "tiktok audited", True):
        raise fail(
            "unaudited_client_can_only_post_to_private_accounts",
            "Unaudited clients can only post to a private account.",
        )


def _check_cut(source: dict[str, Any]) -> None:
    size, piece, count = (source.get(name, 0) for name in ("video_size", "chunk_size", "total_chunk_count"))
    if not 0 < size <= MAX_BYTES:
        raise bad("video_size is invalid")
    if size < LEAST:
        if (piece, count) != (size, 1):
            raise bad("A video below 5 MB is one chunk: chunk_size is video_size.")
        return
    if not LEAST <= piece <= MOST or (size > MOST and count < 2):
        raise bad("chunk_size is invalid")
    if count != max(1, size // piece) or not 1 <= count <= 1000:
        raise bad("total_chunk_count is invalid")


@bp.put("/video/")
def take_piece() -> Any:
    """The upload host. The address is the key; no token is asked for."""
    now = box().now()
    with box().store.tx() as db:
        row = one(
            db, "SELECT * FROM media WHERE network='tiktok' AND id=?", request.args.get("upload_id", "")
        )
    if row is None or json.loads(row["data"])["key"] != request.args.get("upload_token"):
        return Response(status=404)
    if instant(row["expires_at"]) < now:
        return Response(status=403)
    source, data = json.loads(row["data"])["source"], request.get_data()
    said = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("Content-Range", ""))
    if said is None or request.mimetype not in ("video/mp4", "video/quicktime", "video/webm"):
        return Response(status=400)
    first, last, size = (int(each) for each in said.groups())
    if size != source["video_size"] or last - first + 1 != len(data):
        return Response(status=400)
    if first != row["bytes"] or row["state"] == "done":
        return Response(status=416)
    final = first // source["chunk_size"] >= source["total_chunk_count"] - 1
    if len(data) != (size - first if final else source["chunk_size"]) or len(data) > LAST:
        return Response(status=400)
    path = box().store.uploads / f"tiktok-{row['id'].rpartition('.')[2]}"
    with path.open("ab" if first else "wb") as file:
        file.write(data)
    with box().store.tx() as db:
        db.execute("UPDATE media SET bytes=? WHERE network='tiktok' AND id=?", (last + 1, row["id"]))
    if last + 1 < size:
        return Response(status=206, headers={"Content-Range": f"bytes 0-{last}/{size}"})
    _arrived(row, path)
    return Response(status=201)


def _arrived(row: Row, path: Path) -> None:
    """Everything is there: the video is made now, and processed after a while."""
    sha256 = box().store.keep(path)
    path.unlink()
    now, info = box().now(), json.loads(row["data"])["info"]
    with box().store.tx() as db:
        account = one(db, "SELECT * FROM account WHERE network='tiktok' AND id=?", row["account"])
        facts, reason = _look(
            box().store.path(sha256), creator(db, account or {}), info.get("video_cover_timestamp_ms", 0)
        )
        video = growth.remote_id(db, "tiktok", now)
        size = box().store.path(sha256).stat().st_size
        medium = {"sha256": sha256, "mime": "video/mp4", "bytes": size, "width": 0, "height": 0, "alt": ""}
        ready = now + timedelta(seconds=box().pace.video_s)
        data = {
            "publish_id": row["id"], "info": info, "reason": reason, "ready_at": stamp(ready),
            "shown_at": stamp(ready + timedelta(seconds=box().pace.video_s)),
        }  # fmt: skip
        insert(
            db, "post", network="tiktok", id=video, account=row["account"], kind="video", text=info.get("title", ""),
            reply_to=None, link="", media=json.dumps([facts.media(sha256) if facts else medium]), made_at=stamp(now),
            data=json.dumps(data),
        )  # fmt: skip
        db.execute(
            "UPDATE media SET state='done', used_by=? WHERE network='tiktok' AND id=?", (video, row["id"])
        )


def _look(path: Path, said: dict[str, Any], cover_ms: int) -> tuple[files.Facts | None, str]:
    """(what the file is, why it will fail)."""
    try:
        facts = files.look(path)
    except files.BadFile:
        return None, "file_format_check_failed"
    if struck("media_passing"):
        return facts, "internal"
    track = facts.movie.video if facts.movie else None
    if (
        track is None
        or struck("media_error")
        or track.codec not in ("avc1", "avc3", "hvc1", "hev1", "vp08", "vp09")
    ):
        return facts, "file_format_check_failed"
    if not 1 <= (facts.duration_s or 0) <= min(MOST_SECONDS, said["max_video_post_duration_sec"]):
        return facts, "duration_check_failed"
    if cover_ms and cover_ms > (facts.duration_s or 0) * 1000:
        return facts, "internal"  # the documents name no reason for this
    if not 22.9 <= track.fps <= 60.5:
        return facts, "frame_rate_check_failed"
    if not all(360 <= side <= 4096 for side in (facts.width, facts.height)):
        return facts, "picture_size_check_failed"
    return facts, ""


@call("POST", "/v2/post/publish/status/fetch/", scope="video.publish", limit=30)
def status(me: Row, token: Row) -> Response:
    publish_id = json_body({"publish_id": str}).get("publish_id", "")
    with box().store.tx() as db:
        row = one(db, "SELECT * FROM media WHERE network='tiktok' AND id=?", publish_id)
        post = one(db, "SELECT * FROM post WHERE network='tiktok' AND id=?", row["used_by"]) if row else None
    if row is None:
        return no("invalid_publish_id", "The publish_id does not exist.")
    if row["account"] != me["id"]:
        return no(
            "token_not_authorized_for_specified_publish_id", "The token has no access to this publish_id."
        )
    if post is None:
        return ok({"status": "PROCESSING_UPLOAD", "uploaded_bytes": row["bytes"]})
    data, now = json.loads(post["data"]), box().now()
    pulled = row["kind"] == "pull"
    bytes_told = {"downloaded_bytes" if pulled else "uploaded_bytes": row["bytes"]}
    if instant(data["ready_at"]) > now:
        return ok({"status": "PROCESSING_DOWNLOAD" if pulled else "PROCESSING_UPLOAD", **bytes_told})
    if data["reason"]:
        return ok({"status": "FAILED", "fail_reason": data["reason"], **bytes_told})
    everybody = data["info"]["privacy_level"] == "PUBLIC_TO_EVERYONE" and instant(data["shown_at"]) <= now
    ids = [int(post["id"])] if everybody and not post["deleted_at"] else []
    return ok({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids, **bytes_told})
