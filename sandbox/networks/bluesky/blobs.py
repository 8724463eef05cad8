"""Files on Bluesky: blobs that a record must name within the hour, and the service that works on video."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import files
from sandbox.box import box
from sandbox.faults import struck
from sandbox.networks.bluesky.wire import bearer, bp, cid, error, first, invalid, me_of, refuse, xrpc
from sandbox.store import Db, Row, insert, instant, one, setting, stamp

MAX_BLOB = 5 * 2**20
MAX_VIDEO = 300_000_000
LIFE_S = 3600
VIDEO_S = 600
VIDEOS_DAY, VIDEO_BYTES_DAY = 25, 10 * 2**30
BY_CID = "SELECT * FROM media WHERE network='bluesky' AND id=?"


@xrpc("POST", "com.atproto.repo.uploadBlob")
def upload(me: Row, given: dict[str, Any]) -> Response:
    data = request.get_data()
    if len(data) > MAX_BLOB:
        raise refuse(413, "PayloadTooLarge", "request entity too large")
    if not data:
        raise invalid("Request encoding (Content-Type) required but not provided")
    with box().store.tx() as db:
        return jsonify(blob=keep(db, me, data, request.mimetype))


def keep(db: Db, me: Row, data: bytes, mime: str) -> dict[str, Any]:
    """Keep a file under its content's name; the same file again is the same blob."""
    sha256 = box().store.keep(data)
    mime = files.mime_of(box().store.path(sha256)) if mime in ("", "*/*") else mime
    name, now = f"{me['id']} {cid(data, 0x55)}", box().now()
    size = {"width": 0, "height": 0, "duration_s": None}
    try:
        facts = files.look(box().store.path(sha256))
        size = {"width": facts.width, "height": facts.height, "duration_s": facts.duration_s}
    except files.BadFile:
        mime = mime or "application/octet-stream"
    db.execute("DELETE FROM media WHERE network='bluesky' AND id=? AND used_by IS NULL", (name,))
    if one(db, BY_CID, name) is None:
        insert(
            db, "media", network="bluesky", id=name, account=me["id"], kind=mime.partition("/")[0], sha256=sha256,
            mime=mime, bytes=len(data), alt="", state="done", error="", made_at=stamp(now), ready_at=stamp(now),
            expires_at=stamp(now + timedelta(seconds=LIFE_S)), data="{}", **size,
        )  # fmt: skip
    return as_json(cid(data, 0x55), mime, len(data))


def as_json(name: str, mime: str, size: int) -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": name}, "mimeType": mime, "size": size}


def find(db: Db, me: Row, blob: Any) -> Row:
    """The file that a record names; the real server calls it "not found" when it was never uploaded."""
    if not isinstance(blob, dict) or blob.get("$type") != "blob" or not isinstance(blob.get("ref"), dict):
        raise invalid("Invalid app.bsky.feed.post record: expected a blob")
    row = one(db, BY_CID, f"{me['id']} {blob['ref'].get('$link')}")
    if row is None or (row["used_by"] is None and instant(row["expires_at"]) <= box().now()):
        raise refuse(400, "BlobNotFound", "Could not find blob")
    if blob.get("mimeType") != row["mime"]:
        raise refuse(
            400, "InvalidMimeType", f"Referenced Mimetype does not match stored blob. Expected: {row['mime']}"
        )
    if blob.get("size") != row["bytes"]:
        raise refuse(
            400, "InvalidSize", f"Referenced size does not match stored blob. Expected: {row['bytes']}"
        )
    return row


# Video ----------------------------------------------------------------------------------------------------------


def service(db: Db, audience: str, method: str) -> Row:
    row = bearer(db, "service")
    wanted, allowed = row["scopes"].split()
    if not wanted.startswith(audience) or allowed != method:
        raise refuse(401, "BadJwtAudience", "The token is for another service or method")
    return me_of(db, row)


@bp.get("/xrpc/app.bsky.video.getUploadLimits")
def video_limits() -> Response:
    with box().store.tx() as db:
        me = service(db, "did:web:", "app.bsky.video.getUploadLimits")
        if request.args:
            raise invalid(f"{sorted(request.args)[0]} is no parameter of app.bsky.video.getUploadLimits")
        videos, size = room(db, me)
        if setting(db, "bluesky unconfirmed", False):
            said = {"error": "unconfirmed_email", "message": "Please confirm your e-mail address"}
            return jsonify(canUpload=False, **said)
    can = videos > 0 and size > 0
    said = {} if can else {"message": "You have reached your daily video upload limit"}
    return jsonify(canUpload=can, remainingDailyVideos=videos, remainingDailyBytes=size, **said)


def room(db: Db, me: Row) -> tuple[int, int]:
    """How many videos and bytes the account may still upload within 24 hours."""
    since = stamp(box().now() - timedelta(hours=24))
    used = one(
        db, "SELECT count(*) AS videos, coalesce(sum(bytes), 0) AS bytes FROM media"
        " WHERE network='bluesky job' AND account=? AND made_at>?", me["id"], since,
    )  # fmt: skip
    assert used is not None
    most = setting(db, "bluesky videos a day", VIDEOS_DAY)
    most_bytes = setting(db, "bluesky video bytes a day", VIDEO_BYTES_DAY)
    return max(0, most - used["videos"]), max(0, most_bytes - used["bytes"])


@bp.post("/xrpc/app.bsky.video.uploadVideo")
def upload_video() -> Any:
    data = request.get_data()
    with box().store.tx() as db:
        me = service(db, "did:web:", "com.atproto.repo.uploadBlob")
        if request.args.get("did") != me["id"] or not request.args.get("name"):
            raise invalid("did must be the account's own, and name must be given")
        if request.mimetype != "video/mp4" or not data:
            raise invalid("The video must be sent as video/mp4")
        if len(data) > MAX_VIDEO:
            raise refuse(413, "PayloadTooLarge", "The video is too large")
        done = one(
            db, "SELECT * FROM media WHERE network='bluesky job' AND account=? AND category=?", me["id"],
            cid(data, 0x55),
        )  # fmt: skip
        if done is not None and not done["error"]:
            again = error(409, "already_exists", "Video already processed")
            again.set_data(json.dumps(again.get_json() | {"jobStatus": job_json(db, done)}))
            return again
        videos, size = room(db, me)
        if videos < 1 or size < len(data):  # how the real one says it is not documented
            raise refuse(429, "RateLimitExceeded", "You have reached your daily video upload limit")
        return jsonify(jobStatus=job_json(db, _new_job(db, me, data)))


def _new_job(db: Db, me: Row, data: bytes) -> Row:
    sha256, trouble = box().store.keep(data), ""
    try:
        facts = files.look(box().store.path(sha256))
        if facts.kind != "video" or (facts.duration_s or 0) > VIDEO_S:
            trouble = "validation_failure"
    except files.BadFile:
        trouble = "validation_failure"
    if struck("media_error"):
        trouble = "encoding_failure"
    if struck("media_passing"):
        trouble = "generic_failure"
    if not trouble:
        keep(db, me, data, "video/mp4")
    now = box().now()  # processing begins when all of it is kept
    ready_at = now + timedelta(seconds=box().pace.video_s)
    job = secrets.token_hex(10)
    insert(
        db, "media", network="bluesky job", id=job, account=me["id"], kind="video", category=cid(data, 0x55),
        sha256=sha256, mime="video/mp4", bytes=len(data), alt="", state="done", error=trouble, made_at=stamp(now),
        ready_at=stamp(ready_at), expires_at=stamp(now + timedelta(days=1)), data="{}",
    )  # fmt: skip
    row = one(db, "SELECT * FROM media WHERE network='bluesky job' AND id=?", job)
    assert row is not None
    return row


def job_json(db: Db, job: Row) -> dict[str, Any]:
    answer: dict[str, Any] = {"jobId": job["id"], "did": job["account"], "progress": 40}
    if instant(job["ready_at"]) > box().now():
        return answer | {"state": "JOB_STATE_ENCODING"}
    if job["error"]:
        return answer | {
            "state": "JOB_STATE_FAILED", "error": "Video could not be processed", "failureCode": job["error"],
            "message": "The video could not be processed",
        }  # fmt: skip
    blob = as_json(job["category"], job["mime"], job["bytes"])
    return answer | {"state": "JOB_STATE_COMPLETED", "progress": 100, "blob": blob}


@bp.get("/xrpc/app.bsky.video.getJobStatus")
def job_status() -> Response:
    with box().store.tx() as db:
        job_id = first({"jobId": request.args.getlist("jobId")}, "jobId")
        job = one(db, "SELECT * FROM media WHERE network='bluesky job' AND id=?", job_id)
        if job is None:
            raise invalid("There is no such job")
        return jsonify(jobStatus=job_json(db, job))
