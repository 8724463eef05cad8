"""Uploads: videos through resumable sessions (or in one multipart request), cover pictures, captions.

A session takes pieces in order, each but the last a multiple of 256 KiB, tells what it has for ``bytes */N``, and answers
with the same video for ever once it is whole.
"""

from __future__ import annotations

import json
import re
import secrets
from email import message_from_bytes
from pathlib import Path
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, files
from sandbox.box import Refused, box
from sandbox.faults import struck
from sandbox.networks.youtube import videos
from sandbox.networks.youtube.shapes import SNIPPET, STATUS, VIDEO, check_snippet, check_status
from sandbox.networks.youtube.wire import (
    SSL,
    UPLOAD,
    bad,
    body_of,
    bp,
    charge,
    count_upload,
    ids,
    later,
    method,
    parts,
    refuse,
    truth,
)
from sandbox.store import Db, Row, insert, instant, one, stamp

STEP = 256 * 1024
MAX_VIDEO = 274_877_906_944
MAX_THUMBNAIL = 52_428_800
MAX_CAPTIONS = 104_857_600
SESSION_LIFE_S = 7 * 86_400
SHORT_S, LONG_S = 900, 12 * 3600
CODECS = ("avc1", "avc3", "hvc1", "hev1", "vp09", "av01", "mp4v")


@method(
    "POST",
    "/upload/youtube/v3/videos",
    scopes=(UPLOAD, SSL),
    query=("part", "notifySubscribers"),
    units=0,
    upload=True,
)
def insert_video(me: Row) -> Any:
    parts({"snippet", "status", "id"})
    truth("notifySubscribers", True)
    kind = request.args.get("uploadType", "")
    if kind == "resumable":
        return _open_session(me)
    if kind != "multipart":
        raise bad("The sandbox takes videos with uploadType resumable or multipart.", "wrongUploadType")
    about, mime, data = multipart()
    made = _metadata(about)
    with box().store.tx() as db:
        count_upload(db)
    return jsonify(_finish(me, made, box().store.keep(data), mime))


def _metadata(given: Any) -> dict[str, Any]:
    body = body_of(given, VIDEO)
    return {
        "snippet": check_snippet(body_of(body.get("snippet", {}), SNIPPET)),
        "status": check_status(body_of(body.get("status", {}), STATUS)),
    }


def _open_session(me: Row) -> Response:
    size, mime = (
        request.headers.get("X-Upload-Content-Length", ""),
        request.headers.get("X-Upload-Content-Type", ""),
    )
    if size and (not size.isdigit() or int(size) > MAX_VIDEO):
        raise bad("Invalid X-Upload-Content-Length.")
    if mime and not (mime.startswith("video/") or mime == "application/octet-stream"):
        raise bad(
            f"Media type '{mime}' is not supported. Valid media types: [video/*, application/octet-stream]",
            "badContent",
        )
    made = _metadata(request.get_json(silent=True))
    now, key = box().now(), secrets.token_urlsafe(32)
    with box().store.tx() as db:
        count_upload(db)
        insert(
            db, "media", network="youtube", id=key, account=me["id"], kind="session", mime=mime, bytes=0,
            state="open", error="", made_at=stamp(now), expires_at=stamp(later(now, SESSION_LIFE_S)),
            data=json.dumps(made | {"size": int(size) if size else None}),
        )  # fmt: skip
    response = Response(status=200)
    response.headers["Location"] = (
        f"{request.host_url}youtube/upload/youtube/v3/videos?uploadType=resumable&upload_id={key}"
    )
    return response


@bp.put("/upload/youtube/v3/videos")
def upload_piece() -> Any:
    """The session's address is enough: Google asks for no token here."""
    key = request.args.get("upload_id", "")
    with box().store.tx() as db:
        row = _session(db, key)
    if row["state"] == "done":
        with box().store.tx() as db:
            return jsonify(videos.resource(db, videos.must_find(db, row["used_by"]), ("snippet", "status")))
    size = json.loads(row["data"])["size"]
    said = request.headers.get("Content-Range", "")
    data = request.get_data()
    if re.fullmatch(r"bytes \*/(\d+|\*)", said):
        return _goes_on(row["bytes"])
    if said:
        first, last, size = _range(said, size)
        if last - first + 1 != len(data):
            raise bad("The Content-Range does not fit the bytes that came.")
        if first != row["bytes"]:
            return _goes_on(row["bytes"]) if first < row["bytes"] else Response(status=416)
        if last + 1 != size and len(data) % STEP:
            raise bad("All pieces but the last must be multiples of 262144 bytes.")
    else:
        size = size or len(data)
    return _take(row, key, data, size)


def _range(said: str, known: int | None) -> tuple[int, int, int]:
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", said)
    if found is None:
        raise bad("Failed to parse Content-Range header.")
    first, last, size = (int(each) for each in found.groups())
    if known is not None and size != known:
        raise bad("The size in Content-Range is not the one of X-Upload-Content-Length.")
    if last < first or last >= size:
        raise bad("Failed to parse Content-Range header.")
    return first, last, size


def _session(db: Db, key: str) -> Row:
    row = one(db, "SELECT * FROM media WHERE network='youtube' AND kind='session' AND id=?", key)
    if row is None or instant(row["expires_at"]) < box().now():
        raise Refused(Response("Not Found", 404, content_type="text/plain"))
    return row


def _goes_on(have: int) -> Response:
    response = Response(status=308)
    if have:
        response.headers["Range"] = f"bytes=0-{have - 1}"
    return response


def _take(row: Row, key: str, data: bytes, size: int) -> Any:
    path = box().store.uploads / f"youtube-{key}"
    with path.open("ab" if row["bytes"] else "wb") as file:
        file.write(data)
    total = row["bytes"] + len(data)
    with box().store.tx() as db:
        db.execute("UPDATE media SET bytes=? WHERE network='youtube' AND id=?", (total, key))
    if total < size:
        return _goes_on(total)
    sha256 = box().store.keep(path)
    path.unlink()
    with box().store.tx() as db:
        me = accounts.account(db, "youtube", row["account"])
    assert me is not None
    made = _finish(me, json.loads(row["data"]), sha256, row["mime"])
    with box().store.tx() as db:
        db.execute(
            "UPDATE media SET state='done', used_by=? WHERE network='youtube' AND id=?", (made["id"], key)
        )
    return jsonify(made)


def _finish(me: Row, about: dict[str, Any], sha256: str, mime: str) -> dict[str, Any]:
    """Make the video; what is wrong with the file shows when it has been processed."""
    path = box().store.path(sha256)
    facts, trouble = _look(path, videos.LONG_UPLOADS)
    now = box().now()
    medium = {
        "sha256": sha256,
        "mime": mime or "video/mp4",
        "bytes": path.stat().st_size,
        "width": 0,
        "height": 0,
        "alt": "",
    }
    data = {
        "snippet": about["snippet"], "status": about["status"], "trouble": trouble, "published_at": "",
        "ready_at": stamp(later(now, box().pace.video_s)), "uploaded_at": stamp(now), "captions": [], "cover": None,
    }  # fmt: skip
    with box().store.tx() as db:
        video = secrets.token_urlsafe(8)[:11]
        insert(
            db, "post", network="youtube", id=video, account=me["id"], kind="video", text=videos.text_of(about["snippet"]),
            reply_to=None, link="", media=json.dumps([facts.media(sha256) if facts else medium]), made_at=stamp(now),
            data=json.dumps(data),
        )  # fmt: skip
        row = videos.must_find(db, video)
        if about["status"]["privacyStatus"] != "private":
            videos.publish(db, row, now)
            row = videos.must_find(db, video)
        return videos.resource(db, row, ("snippet", "status"))


def _look(path: Path, long_uploads: bool) -> tuple[files.Facts | None, str]:
    """(what the file is, why it will fail)."""
    if path.stat().st_size == 0:
        return None, "failed emptyFile"
    try:
        facts = files.look(path)
    except files.BadFile:
        return None, "failed invalidFile"
    if facts.movie is None or facts.movie.video is None:
        return None, "failed invalidFile"
    if struck("media_error"):
        return facts, "failed conversion"
    if facts.movie.video.codec not in CODECS:
        return facts, "failed codec"
    if facts.movie.duration_s > (LONG_S if long_uploads else SHORT_S):
        return facts, "rejected length"
    return facts, ""


# Cover picture and captions -----------------------------------------------------------------------------------------
@method(
    "POST",
    "/upload/youtube/v3/thumbnails/set",
    scopes=(UPLOAD, SSL),
    query=("videoId",),
    units=50,
    upload=True,
)
def set_thumbnail(me: Row) -> Any:
    if request.args.get("uploadType") != "media":
        raise bad("The sandbox takes cover pictures with uploadType media.", "wrongUploadType")
    data = request.get_data()
    with box().store.tx() as db:
        row = videos.own(db, me, (ids("videoId") or [""])[0])
        state = videos.state_of(row)
    if not data:
        raise refuse(
            400, "mediaBodyRequired", "The request does not include the image content.", "youtube.thumbnail"
        )
    if len(data) > MAX_THUMBNAIL:
        raise refuse(413, "uploadTooLarge", "The image is too large.", "global")
    if request.mimetype not in ("image/jpeg", "image/png", "application/octet-stream"):
        raise bad(f"Media type '{request.mimetype}' is not supported.", "badContent")
    if state["uploadStatus"] != "processed":
        raise refuse(
            403, "forbidden", "The thumbnail can't be set for the specified video yet.", "youtube.thumbnail"
        )
    sha256 = box().store.keep(data)
    try:
        files.look(box().store.path(sha256))
    except files.BadFile as trouble:
        raise refuse(
            400, "invalidImage", "The provided image content is invalid.", "youtube.thumbnail"
        ) from trouble
    with box().store.tx() as db:
        videos.change(db, row, cover=sha256)
    picture = {"url": f"{request.host_url}file/{sha256}", "width": 1080, "height": 1920}
    return jsonify(
        kind="youtube#thumbnailSetResponse", etag="sandbox", items=[{"default": picture, "high": picture}]
    )


CAPTION = {"id": str, "kind": str, "snippet": {"videoId": str, "language": str, "name": str, "isDraft": bool}}


@method(
    "POST",
    "/upload/youtube/v3/captions",
    scopes=(SSL,),
    query=("part", "onBehalfOf", "sync"),
    units=400,
    upload=True,
)
def insert_captions(me: Row) -> Any:
    parts({"snippet", "id"})
    if request.args.get("uploadType") != "multipart":
        raise bad("The sandbox takes captions with uploadType multipart.", "wrongUploadType")
    given, _, data = multipart()
    said = body_of(given, CAPTION)["snippet"]
    if missing := {"videoId", "language", "name"} - set(said):
        raise refuse(
            400, "invalidMetadata", f"The request lacks {', '.join(sorted(missing))}.", "youtube.caption"
        )
    if not data.strip():
        raise refuse(
            400,
            "contentRequired",
            "The request does not contain the caption track contents.",
            "youtube.caption",
        )
    if len(data) > MAX_CAPTIONS:
        raise refuse(413, "uploadTooLarge", "The file is too large.", "global")
    with box().store.tx() as db:
        row = videos.own(db, me, said["videoId"])
        tracks = json.loads(row["data"])["captions"]
        if any((t["language"], t["name"]) == (said["language"], said["name"]) for t in tracks):
            raise refuse(
                409, "captionExists", "The specified caption track already exists.", "youtube.caption"
            )
        readable = data.lstrip(b"\xef\xbb\xbf").startswith(b"WEBVTT") or b"-->" in data
        track = {
            "id": secrets.token_urlsafe(20), "language": said["language"], "name": said["name"],
            "isDraft": said.get("isDraft", False), "status": "serving" if readable else "failed",
            "sha256": box().store.keep(data),
        }  # fmt: skip
        videos.change(db, row, captions=[*tracks, track])
    return jsonify(caption(track, said["videoId"]))


def caption(track: dict[str, Any], video: str) -> dict[str, Any]:
    shown = {name: track[name] for name in ("language", "name", "isDraft", "status")}
    return {
        "kind": "youtube#caption", "etag": "sandbox", "id": track["id"],
        "snippet": {"videoId": video, "trackKind": "standard", "audioTrackType": "unknown", **shown},
    }  # fmt: skip


@method("GET", "/youtube/v3/captions", scopes=(SSL,), query=("part", "videoId", "id"), units=50)
def list_captions(me: Row) -> Any:
    parts({"snippet", "id"})
    with box().store.tx() as db:
        row = videos.own(db, me, (ids("videoId") or [""])[0])
        tracks = json.loads(row["data"])["captions"]
    return jsonify(
        kind="youtube#captionListResponse", etag="sandbox", items=[caption(t, row["id"]) for t in tracks]
    )


def multipart() -> tuple[Any, str, bytes]:
    """(the JSON part, the type of the file's part, its bytes) of a multipart/related request."""
    if request.mimetype != "multipart/related":
        raise bad("The request must be multipart/related.", "badContent")
    head = f"Content-Type: {request.headers['Content-Type']}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    found = message_from_bytes(head + request.get_data()).get_payload()
    if not isinstance(found, list) or len(found) != 2:
        raise bad("Two parts are expected: JSON and the file.", "badContent")
    about, file = found
    try:
        given = json.loads(about.get_payload(decode=True))  # type: ignore[union-attr]
    except ValueError as trouble:
        raise bad("The first part is no JSON.", "parseError") from trouble
    data = file.get_payload(decode=True)  # type: ignore[union-attr]
    return given, file.get_content_type(), data if isinstance(data, bytes) else b""  # type: ignore[union-attr]


__all__ = ["charge", "insert_video"]
