"""Uploading to X: pictures in one request, everything in chunks, alt texts, subtitles."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Response, jsonify, request

from sandbox import files, growth
from sandbox.box import Refused, box
from sandbox.faults import struck
from sandbox.networks.x.wire import (
    MAX_CHUNK,
    MAX_GIF,
    MAX_IMAGE,
    MAX_VIDEO,
    MEDIA_LIFE_S,
    PROBLEM,
    invalid,
    json_body,
    known,
    problem,
    wire,
)
from sandbox.store import Db, Row, insert, instant, one, stamp

CATEGORIES = {
    "tweet_image": ("image", MAX_IMAGE),
    "tweet_gif": ("gif", MAX_GIF),
    "tweet_video": ("video", MAX_VIDEO),
    "amplify_video": ("video", MAX_VIDEO),
    "subtitles": ("subtitles", 512 * 2**10),
}
KEY_PREFIX = {"image": "3_", "gif": "16_", "video": "7_", "subtitles": "21_"}


@wire("POST", "/2/media/upload", scopes=("media.write",), limit=500, app_limit=50_000)
def media_upload(me: Row) -> Response:
    """Take one picture (or subtitles file) in one request, as a form or as JSON with base64."""
    if request.is_json:
        body = json_body({"media", "media_category", "media_type", "shared", "additional_owners"})
        data, category = unbase64(body.get("media")), body.get("media_category")
    else:
        known(
            dict(request.form),
            {"media_category", "media_type", "shared", "additional_owners"} | ({"media"} & set(request.form)),
            "$",
        )
        known(dict(request.files), {"media"}, "$")
        category = request.form.get("media_category")
        data = (
            request.files["media"].read() if "media" in request.files else unbase64(request.form.get("media"))
        )
    if category not in ("tweet_image", "subtitles", "dm_image"):
        raise invalid(
            "media_category: must be tweet_image, dm_image or subtitles; videos and GIFs are uploaded in chunks",
            "media_category",
            category,
        )
    if len(data) > CATEGORIES[category][1]:
        raise Refused(
            problem(413, "Payload Too Large", f"The file is larger than {CATEGORIES[category][1]} bytes.")
        )
    sha256 = box().store.keep(data)
    facts = _facts(category, sha256)
    if isinstance(facts, str):
        raise invalid(facts, "media")
    now = box().now()
    with box().store.tx() as db:
        media_id = _new_media(db, me, category, now)
        _fill(db, media_id, sha256, facts, now, ready_at=now)
        return jsonify(data=media_json(one(db, MEDIA_BY_ID, media_id), now))


def unbase64(text: Any) -> bytes:
    if not isinstance(text, str):
        raise invalid("media: is missing", "media")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise invalid("media: is not valid base64", "media") from None


MEDIA_BY_ID = "SELECT * FROM media WHERE network='x' AND id=?"


def _new_media(db: Db, me: Row, category: str, now: datetime, **data: Any) -> str:
    media_id = growth.remote_id(db, "x", now)
    insert(
        db,
        "media",
        network="x",
        id=media_id,
        account=me["id"],
        kind=CATEGORIES[category][0],
        category=category,
        alt="",
        state="open",
        made_at=stamp(now),
        expires_at=stamp(now + timedelta(seconds=MEDIA_LIFE_S)),
        data=json.dumps(data),
    )
    return media_id


def _fill(
    db: Db,
    media_id: str,
    sha256: str,
    facts: files.Facts | None,
    now: datetime,
    *,
    ready_at: datetime,
    error: str = "",
) -> None:
    db.execute(
        "UPDATE media SET state='done', sha256=?, mime=?, bytes=?, width=?, height=?, duration_s=?, ready_at=?, error=?"
        " WHERE network='x' AND id=?",
        (
            sha256, facts.mime if facts else "", box().store.path(sha256).stat().st_size, facts.width if facts else 0,
            facts.height if facts else 0, facts.duration_s if facts else None, stamp(ready_at), error, media_id,
        ),
    )  # fmt: skip


def _facts(category: str, sha256: str) -> files.Facts | str:
    """What the file is, or why X would not take it."""
    kind, _ = CATEGORIES[category]
    path = box().store.path(sha256)
    if kind == "subtitles":
        text = path.read_bytes()
        return (
            files.Facts("subtitles", "application/x-subrip", len(text), 0, 0)
            if b"-->" in text
            else "The file is no SRT file."
        )
    try:
        facts = files.look(path)
    except files.BadFile as trouble:
        return str(trouble)
    if kind == "image" and (
        facts.kind == "video" or facts.mime not in ("image/jpeg", "image/png", "image/gif", "image/webp")
    ):
        return f"{facts.mime} is not a picture that X takes (JPG, PNG, GIF, WEBP)."
    if kind == "gif" and (facts.mime != "image/gif" or facts.width > 1280 or facts.height > 1080):
        return "The file is not a GIF of at most 1280x1080."
    if kind == "video":
        return _video_trouble(facts) or facts
    return facts


def _video_trouble(facts: files.Facts) -> str:
    movie = facts.movie
    if movie is None or movie.video is None:
        return "The file is no MP4 or MOV video."
    if movie.video.codec not in ("avc1", "avc3"):
        return f"The video codec {movie.video.codec} is not supported; H.264 is."
    if movie.audio is not None and movie.audio.codec != "mp4a":
        return "The sound must be AAC."
    if not 0.5 <= movie.duration_s <= 140:
        return f"The video lasts {movie.duration_s:.1f} s; 0.5 to 140 s are allowed."
    sides = sorted((facts.width, facts.height))
    if sides[0] < 32 or sides[1] > 1920 or not 1 / 3 <= facts.aspect <= 3:
        return f"The size {facts.width}x{facts.height} is not supported."
    if movie.video.fps > 60.5:
        return "More than 60 frames a second."
    return ""


def media_json(row: Row | None, now: datetime) -> dict[str, Any]:
    assert row is not None
    left = max(0, int((instant(row["expires_at"]) - now).total_seconds()))
    answer = {"id": row["id"], "media_key": KEY_PREFIX[row["kind"]] + row["id"], "expires_after_secs": left}
    if row["state"] == "done":
        answer["size"] = row["bytes"]
        if row["kind"] in ("video", "gif"):
            answer["processing_info"] = processing(row, now)
    return answer


def processing(row: Row, now: datetime) -> dict[str, Any]:
    left = (instant(row["ready_at"]) - now).total_seconds()
    if left > 0:
        state = "pending" if row["data"] == "{}" else "in_progress"
        whole = max(0.01, box().pace.video_s)
        return {
            "state": state,
            "check_after_secs": 1,
            "progress_percent": max(1, min(99, int(100 * (1 - left / whole)))),
        }
    if row["error"]:
        return {
            "state": "failed",
            "progress_percent": 100,
            "error": {"code": 1, "name": "InvalidMedia", "message": row["error"]},
        }
    return {"state": "succeeded", "progress_percent": 100}


@wire("POST", "/2/media/upload/initialize", scopes=("media.write",), limit=1875, app_limit=180_000)
def media_initialize(me: Row) -> Response:
    body = json_body({"media_type", "total_bytes", "media_category", "shared", "additional_owners"})
    category, total = body.get("media_category"), body.get("total_bytes")
    if category not in CATEGORIES:
        raise invalid(f"media_category: must be one of {', '.join(CATEGORIES)}", "media_category", category)
    if not isinstance(body.get("media_type"), str) or "/" not in body["media_type"]:
        raise invalid("media_type: is missing or not a media type", "media_type", body.get("media_type"))
    if not isinstance(total, int) or isinstance(total, bool) or total < 1:
        raise invalid("total_bytes: must be a positive integer", "total_bytes", total)
    if total > CATEGORIES[category][1]:
        raise invalid(f"File size exceeds {CATEGORIES[category][1]} bytes.", "total_bytes", total)
    now = box().now()
    with box().store.tx() as db:
        media_id = _new_media(db, me, category, now, total_bytes=total)
        return jsonify(data=media_json(one(db, MEDIA_BY_ID, media_id), now))


def open_upload(db: Db, me: Row, media_id: str) -> Row:
    row = one(db, MEDIA_BY_ID + " AND account=?", media_id, me["id"])
    if row is None or row["state"] != "open" or instant(row["expires_at"]) <= box().now():
        raise invalid("There is no upload open with this id.", "id", media_id)
    return row


def folder_of(media_id: str) -> Path:
    return box().store.uploads / f"x-{media_id}"


@wire("POST", "/2/media/upload/<media_id>/append", scopes=("media.write",), limit=1875, app_limit=180_000)
def media_append(me: Row, media_id: str) -> Response:
    if request.is_json:
        body = json_body({"media", "segment_index"})
        data, index = unbase64(body.get("media")), body.get("segment_index")
    else:
        index = request.form.get("segment_index")
        data = (
            request.files["media"].read() if "media" in request.files else unbase64(request.form.get("media"))
        )
    if not re.fullmatch(r"\d{1,3}", str(index)):
        raise invalid("segment_index: must be 0 to 999", "segment_index", index)
    if len(data) > MAX_CHUNK:
        raise Refused(problem(413, "Payload Too Large", f"A chunk has at most {MAX_CHUNK} bytes."))
    with box().store.tx() as db:
        row = open_upload(db, me, media_id)
    folder = folder_of(media_id)
    folder.mkdir(exist_ok=True)
    (folder / f"{int(str(index)):03d}").write_bytes(data)
    return jsonify(data={"expires_at": int(instant(row["expires_at"]).timestamp())})


@wire("POST", "/2/media/upload/<media_id>/finalize", scopes=("media.write",), limit=1875, app_limit=180_000)
def media_finalize(me: Row, media_id: str) -> Response:
    with box().store.tx() as db:
        row = open_upload(db, me, media_id)
    folder = folder_of(media_id)
    parts = sorted(folder.iterdir()) if folder.exists() else []
    if [int(part.name) for part in parts] != list(range(len(parts))) or not parts:
        raise invalid("Segments are missing.", "id", media_id)
    if sum(part.stat().st_size for part in parts) != json.loads(row["data"])["total_bytes"]:
        raise invalid("Segments do not add up to provided total file size.", "total_bytes")
    sha256 = box().store.keep(b"".join(part.read_bytes() for part in parts))
    facts = _facts(row["category"], sha256)
    now = box().now()
    slow = row["kind"] in ("video", "gif")
    if isinstance(facts, str) and not slow:
        raise invalid(facts, "media")
    trouble = (
        facts
        if isinstance(facts, str)
        else "The video could not be processed."
        if struck("media_error")
        else ""
    )
    ready_at = now + timedelta(seconds=box().pace.video_s) if slow else now
    with box().store.tx() as db:
        open_upload(db, me, media_id)
        _fill(
            db,
            media_id,
            sha256,
            None if isinstance(facts, str) else facts,
            now,
            ready_at=ready_at,
            error=trouble,
        )
        return jsonify(data=media_json(one(db, MEDIA_BY_ID, media_id), now))


@wire(
    "GET",
    "/2/media/upload",
    scopes=("media.write",),
    limit=1000,
    app_limit=100_000,
    query=("command", "media_id"),
)
def media_status(me: Row) -> Response:
    if request.args.get("command") != "STATUS":
        raise invalid(
            "command: only STATUS is served here; the others were replaced by their own endpoints",
            "command",
            request.args.get("command"),
        )
    media_id = request.args.get("media_id", "")
    with box().store.tx() as db:
        row = one(db, MEDIA_BY_ID + " AND account=?", media_id, me["id"])
    if row is None:
        raise Refused(
            problem(
                404,
                "Not Found Error",
                f"Could not find media with id: [{media_id}].",
                f"{PROBLEM}resource-not-found",
            )
        )
    return jsonify(data=media_json(row, box().now()))


@wire("POST", "/2/media/metadata", scopes=("media.write",), limit=500, app_limit=50_000)
def media_metadata(me: Row) -> Response:
    body = json_body({"id", "metadata"})
    metadata = known(
        body.get("metadata"),
        {
            "alt_text",
            "allow_download_status",
            "audience_policy",
            "sensitive_media_warning",
            "shared_info",
            "upload_source",
        },
        "$.metadata",
    )
    text = known(metadata.get("alt_text", {"text": ""}), {"text"}, "$.metadata.alt_text").get("text")
    if not isinstance(text, str) or len(text) > 1000:
        raise invalid("$.metadata.alt_text.text: must be at most 1000 characters long", "text")
    media_id = str(body.get("id"))
    with box().store.tx() as db:
        row = one(db, MEDIA_BY_ID + " AND account=?", media_id, me["id"])
        if row is None or row["state"] != "done":
            raise invalid("The media id is invalid.", "id", media_id)
        if row["used_by"]:
            raise invalid("The medium belongs to a post already.", "id", media_id)
        db.execute("UPDATE media SET alt=? WHERE network='x' AND id=?", (text, media_id))
    return jsonify(data={"id": media_id, "associated_metadata": {"alt_text": {"text": text}}})


@wire("POST", "/2/media/subtitles", scopes=("media.write",), limit=100, app_limit=10_000)
def media_subtitles(me: Row) -> Response:
    body = json_body({"id", "media_category", "subtitles"})
    subtitles = known(body.get("subtitles"), {"id", "language_code", "display_name"}, "$.subtitles")
    if body.get("media_category") not in ("TweetVideo", "AmplifyVideo"):
        raise invalid(
            "media_category: must be TweetVideo or AmplifyVideo", "media_category", body.get("media_category")
        )
    if not re.fullmatch(r"[A-Z]{2}", str(subtitles.get("language_code"))):
        raise invalid("language_code: two capital letters", "language_code", subtitles.get("language_code"))
    with box().store.tx() as db:
        video = one(db, MEDIA_BY_ID + " AND account=? AND kind='video'", str(body.get("id")), me["id"])
        lines = one(
            db, MEDIA_BY_ID + " AND account=? AND kind='subtitles'", str(subtitles.get("id")), me["id"]
        )
        if video is None or lines is None or lines["state"] != "done":
            raise invalid(
                "The media ids must be a video and an uploaded subtitles file.", "id", body.get("id")
            )
        data = json.loads(video["data"]) | {"subtitles": lines["sha256"]}
        db.execute("UPDATE media SET data=? WHERE network='x' AND id=?", (json.dumps(data), video["id"]))
    return jsonify(
        data={
            "id": video["id"],
            "media_category": body["media_category"],
            "associated_subtitles": subtitles,
        }
    )
