"""Pictures, video and documents: an upload is begun, its bytes arrive and are looked at, and become ready."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request
from PIL import Image

from sandbox import files
from sandbox.box import box
from sandbox.faults import struck
from sandbox.networks.linkedin.wire import (
    WRITE,
    bad,
    body,
    bp,
    fail,
    millis,
    not_found,
    only,
    page_of,
    query,
    signed,
)
from sandbox.store import Db, Row, insert, instant, next_number, one, stamp

KINDS = {"images": "image", "videos": "video", "documents": "document"}
PART_BYTES = 4 * 2**20
MIN_VIDEO, MAX_VIDEO, MAX_DOCUMENT = 75_000, 500 * 2**20, 100 * 2**20
MAX_PIXELS, MAX_FRAMES, MAX_PAGES = 36_152_320, 250, 300
UPLOAD_LIFE = timedelta(hours=24)


@bp.post("/rest/<any(images, videos, documents):what>")
def action(what: str) -> Response:
    row = signed(WRITE)
    name = query("action").get("action")
    if name == "initializeUpload":
        return _begin(row, KINDS[what])
    if name == "finalizeUpload" and what == "videos":
        return _finish(row)
    raise bad(f"The action {name} does not exist on {what}", "ILLEGAL_ARGUMENT")


def _begin(row: Row, kind: str) -> Response:
    asked = body({"initializeUploadRequest"}, needed={"initializeUploadRequest"})["initializeUploadRequest"]
    known = {"owner"} | ({"fileSizeBytes", "uploadCaptions", "uploadThumbnail"} if kind == "video" else set())
    only(asked, known, "/initializeUploadRequest")
    page, size = page_of(row, str(asked.get("owner"))), asked.get("fileSizeBytes", 0)
    if kind == "video" and (not isinstance(size, int) or not MIN_VIDEO <= size <= MAX_VIDEO):
        raise bad(f"fileSizeBytes must lie between {MIN_VIDEO} and {MAX_VIDEO}", field="/fileSizeBytes")
    if asked.get("uploadCaptions") or asked.get("uploadThumbnail"):
        raise bad("The sandbox takes no captions and no thumbnails")
    now = box().now()
    ends_at = now + UPLOAD_LIFE
    with box().store.tx() as db:
        key = f"C4E{next_number(db, 'linkedin asset', int(now.timestamp() * 1000))}"
        urn = f"urn:li:{kind}:{key}"
        insert(
            db, "media", network="linkedin", id=urn, account=page["id"], kind=kind, state="WAITING_UPLOAD",
            bytes=size, error="", made_at=stamp(now), expires_at=stamp(ends_at), data="{}",
        )  # fmt: skip
    base = f"{request.host_url}linkedin/dms-uploads/{key}"
    value: dict[str, Any] = {kind: urn}
    if kind == "video":
        pieces = [(first, min(first + PART_BYTES, size) - 1) for first in range(0, size, PART_BYTES)]
        value |= {
            "uploadUrlsExpireAt": millis(stamp(ends_at)),
            "uploadToken": "",
            "uploadInstructions": [
                {"uploadUrl": f"{base}/part/{n}", "firstByte": first, "lastByte": last}
                for n, (first, last) in enumerate(pieces)
            ],
        }
    else:
        value |= {"uploadUrlExpiresAt": millis(stamp(ends_at)), "uploadUrl": f"{base}/whole/0"}
    return jsonify(value=value)


def _asset(db: Db, key: str) -> Row:
    found = one(db, "SELECT * FROM media WHERE network='linkedin' AND id LIKE ?", f"urn:li:%:{key}")
    if found is None:
        raise not_found(key)
    return found


@bp.put("/dms-uploads/<key>/whole/0")
def put_whole(key: str) -> Response:
    signed(WRITE, versioned=False)
    with box().store.tx() as db:
        asset = _asset(db, key)
    _still_open(asset)
    sha256 = box().store.keep(request.get_data())
    facts, trouble = _look(asset["kind"], sha256)
    _keep(asset, sha256, facts, trouble)
    return Response(status=201)


@bp.put("/dms-uploads/<key>/part/<int:number>")
def put_part(key: str, number: int) -> Response:
    """One piece of a video. Its address is the permission; a bearer token is refused there."""
    if request.headers.get("Authorization"):
        raise fail(400, "ILLEGAL_ARGUMENT", "Authorization is not expected here")
    with box().store.tx() as db:
        asset = _asset(db, key)
    _still_open(asset)
    piece = request.get_data()
    first = number * PART_BYTES
    if len(piece) != min(PART_BYTES, asset["bytes"] - first):
        raise bad("The piece does not have the length that was agreed", "ILLEGAL_ARGUMENT")
    etag = hashlib.md5(piece, usedforsecurity=False).hexdigest()
    sha256 = box().store.keep(piece)
    with box().store.tx() as db:
        data = json.loads(_asset(db, key)["data"])
        data[str(number)] = [etag, sha256]
        db.execute(
            "UPDATE media SET data=? WHERE network='linkedin' AND id=?", (json.dumps(data), asset["id"])
        )
    return Response(status=200, headers={"ETag": f'"{etag}"'})


def _still_open(asset: Row) -> None:
    if asset["state"] != "WAITING_UPLOAD":
        raise bad("The upload has been completed already", "ILLEGAL_ARGUMENT")
    if instant(asset["expires_at"]) <= box().now():
        raise bad("The upload address has expired", "EXPIRED_UPLOAD_URL")


def _finish(row: Row) -> Response:
    asked = body({"finalizeUploadRequest"}, needed={"finalizeUploadRequest"})["finalizeUploadRequest"]
    only(asked, {"video", "uploadToken", "uploadedPartIds"}, "/finalizeUploadRequest")
    urn = str(asked.get("video"))
    with box().store.tx() as db:
        asset = one(db, "SELECT * FROM media WHERE network='linkedin' AND id=?", urn)
    if asset is None or asset["kind"] != "video":
        raise bad(f"{urn} is not known", "INVALID_VIDEO_ID")
    page_of(row, f"urn:li:organization:{asset['account']}")
    pieces = json.loads(asset["data"])
    wanted = [pieces[str(n)] for n in range(len(pieces)) if str(n) in pieces]
    if [etag for etag, _ in wanted] != asked.get("uploadedPartIds"):
        raise bad("uploadedPartIds are not those of the pieces in their order", field="/uploadedPartIds")
    whole = b"".join(box().store.path(sha256).read_bytes() for _, sha256 in wanted)
    if len(whole) != asset["bytes"]:
        raise bad("Pieces of the video are missing", "MEDIA_ASSET_WAITING_UPLOAD")
    sha256 = box().store.keep(whole)
    facts, trouble = _look("video", sha256)
    _keep(asset, sha256, facts, trouble)
    return Response(status=200)


def _keep(asset: Row, sha256: str, facts: files.Facts | None, trouble: str) -> None:
    now, pace = box().now(), box().pace
    wait_s = pace.video_s if asset["kind"] == "video" else pace.image_s
    if struck("media_error"):
        trouble = "The file could not be processed."
    size = box().store.path(sha256).stat().st_size
    with box().store.tx() as db:
        db.execute(
            "UPDATE media SET state='PROCESSING', sha256=?, mime=?, bytes=?, width=?, height=?, duration_s=?, error=?,"
            " ready_at=? WHERE network='linkedin' AND id=?",
            (
                sha256, facts.mime if facts else "application/pdf", size, facts.width if facts else 0,
                facts.height if facts else 0, facts.duration_s if facts else None, trouble,
                stamp(now + timedelta(seconds=wait_s)), asset["id"],
            ),
        )  # fmt: skip


def _look(kind: str, sha256: str) -> tuple[files.Facts | None, str]:
    """What the bytes are, and what is wrong with them."""
    path = box().store.path(sha256)
    if kind == "document":
        whole = path.read_bytes()
        pages = len(re.findall(rb"/Type\s*/Page(?!s)", whole))
        if not whole.startswith(b"%PDF-") or len(whole) > MAX_DOCUMENT or pages > MAX_PAGES:
            return None, "The sandbox takes PDF documents of at most 100 MB and 300 pages."
        return None, ""
    try:
        facts = files.look(path)
    except files.BadFile as problem:
        return None, str(problem)
    return facts, _video_trouble(facts) if kind == "video" else _image_trouble(facts, path)


def _image_trouble(facts: files.Facts, path: Any) -> str:
    if facts.mime not in ("image/jpeg", "image/png", "image/gif"):
        return f"{facts.mime} is not supported; JPG, PNG and GIF are."
    if facts.width * facts.height >= MAX_PIXELS:
        return f"The picture has {facts.width * facts.height} pixels; fewer than {MAX_PIXELS} are allowed."
    if facts.kind == "gif":
        with Image.open(path) as moving:
            if getattr(moving, "n_frames", 1) > MAX_FRAMES:
                return f"The GIF has more than {MAX_FRAMES} frames."
    return ""


def _video_trouble(facts: files.Facts) -> str:
    movie = facts.movie
    if movie is None or movie.video is None or facts.mime != "video/mp4":
        return "It is no MP4 video."
    if not 3 <= movie.duration_s <= 1800:
        return f"The video lasts {movie.duration_s:.1f} s; 3 seconds to 30 minutes are allowed."
    return ""


def state_of(asset: Row) -> str:
    if asset["state"] == "WAITING_UPLOAD" or instant(asset["ready_at"]) > box().now():
        return str(asset["state"])
    return "PROCESSING_FAILED" if asset["error"] else "AVAILABLE"


@bp.get("/rest/<any(images, videos, documents):what>/<path:urn>")
def read(what: str, urn: str) -> Response:
    row = signed(WRITE)
    query()
    with box().store.tx() as db:
        asset = one(db, "SELECT * FROM media WHERE network='linkedin' AND id=?", urn)
    if asset is None or asset["kind"] != KINDS[what]:
        raise not_found(urn)
    page_of(row, f"urn:li:organization:{asset['account']}")
    answer: dict[str, Any] = {
        "id": urn,
        "owner": f"urn:li:organization:{asset['account']}",
        "status": state_of(asset),
    }
    if answer["status"] == "PROCESSING_FAILED":
        answer["processingFailureReason"] = asset["error"]
    if answer["status"] == "WAITING_UPLOAD":
        answer["uploadUrlExpiresAt"] = millis(asset["expires_at"])
    return jsonify(answer)
