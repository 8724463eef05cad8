"""Videos and reels on a Page: upload, processing, publishing."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, jsonify, request

from sandbox import fetch, files, graph, growth
from sandbox.box import box
from sandbox.faults import struck
from sandbox.graph import bad, fail, flag, missing, param, pick, say
from sandbox.networks.facebook.door import MAX_MESSAGE, MAX_VIDEO, PUBLISH, edge, page_token
from sandbox.networks.facebook.publishing import MEDIA_NAMES, keep_media, new_post, take_file
from sandbox.store import Db, Row, insert, instant, one, rows, stamp


@edge("POST", "{page:id}/videos", "file_url source title description published thumb")
def create_video(page: str) -> Response:
    page_token(page, *PUBLISH)
    text = param("description")
    published = flag("published", True)
    if len(text) > MAX_MESSAGE:
        raise bad("Param description is too long.")
    sha256, facts = take_file("file_url", MAX_VIDEO)
    now = box().now()
    with box().store.tx() as db:
        video = growth.remote_id(db, "facebook", now)
        data = {
            "page_post": f"{page}_{video}",
            "text": text,
            "title": param("title"),
            "published": published,
            "phase": "finished",
            "what": "video",
        }
        keep_media(
            db, page, video, "video", sha256, facts, now, alt="", ready_at=now + timedelta(seconds=box().pace.video_s),
            error=_video_trouble(facts, reel=False), data=data,
        )  # fmt: skip
    return jsonify(id=video)


def _video_trouble(facts: files.Facts | None, *, reel: bool) -> str:
    """Why processing will fail, as `code message`, or nothing."""
    if struck("media_error"):
        return "1363128 The video could not be processed."
    if facts is None or facts.movie is None or facts.movie.video is None:
        return "1363024 The video file is not supported."
    movie, track = facts.movie, facts.movie.video
    if track.codec not in ("avc1", "avc3", "hvc1", "hev1", "vp09", "av01"):
        return f"1363024 The video codec {track.codec} is not supported."
    if not reel:
        return ""
    if not 3 <= movie.duration_s <= 90:
        return f"1363128 The video lasts {movie.duration_s:.1f} s; a reel has 3 to 90 s."
    if facts.width < 540 or facts.height < 960:
        return f"1363127 The resolution {facts.width}x{facts.height} is below 540x960."
    if abs(facts.aspect - 9 / 16) > 0.02:
        return "1363040 The aspect ratio of a reel is 9:16."
    if not 23 <= track.fps <= 60.5:
        return f"1363129 The frame rate {track.fps:.0f} is not 24 to 60."
    return ""


REEL_PARAMS = "upload_phase video_id video_state description title scheduled_publish_time place"


@edge("POST", "{page:id}/video_reels", REEL_PARAMS)
def create_reel(page: str) -> Response:
    page_token(page, *PUBLISH)
    now = box().now()
    if param("upload_phase") == "start":
        with box().store.tx() as db:
            video = growth.remote_id(db, "facebook", now)
            data = {"phase": "uploading", "what": "reel", "published": False, "text": "", "title": ""}
            insert(
                db, "media", network="facebook", id=video, account=page, kind="video", alt="", state="open", bytes=0,
                error="", made_at=stamp(now), data=json.dumps(data),
            )  # fmt: skip
        return jsonify(video_id=video, upload_url=f"{request.host_url}facebook/video-upload/v26.0/{video}")
    if param("upload_phase") != "finish":
        raise bad("Param upload_phase must be start or finish")
    if param("video_state") not in ("PUBLISHED", "DRAFT"):
        raise bad("Param video_state must be PUBLISHED or DRAFT here (the sandbox does not schedule reels)")
    with box().store.tx() as db:
        row = one(
            db,
            "SELECT * FROM media WHERE network='facebook' AND kind='video' AND id=? AND account=?",
            param("video_id"),
            page,
        )
        if row is None:
            raise missing(param("video_id"))
        data = json.loads(row["data"])
        if data["what"] != "reel" or row["state"] != "done":
            raise fail(6000, "(#6000) The video upload is not complete.", 1363130)
        if data["phase"] == "finished":
            raise fail(6000, "(#6000) The reel was finished already.", 1363131)
        facts = _again(row)
        data |= {
            "phase": "finished", "published": param("video_state") == "PUBLISHED", "text": param("description"),
            "title": param("title"), "page_post": f"{page}_{growth.remote_id(db, 'facebook', now)}",
        }  # fmt: skip
        db.execute(
            "UPDATE media SET data=?, error=?, ready_at=? WHERE network='facebook' AND id=?",
            (
                json.dumps(data),
                _video_trouble(facts, reel=True),
                stamp(now + timedelta(seconds=box().pace.video_s)),
                row["id"],
            ),
        )
    return jsonify(success=True, post_id=data["page_post"])


def _again(row: Row) -> files.Facts | None:
    try:
        return files.look(box().store.path(row["sha256"]))
    except files.BadFile:
        return None


def upload_reel(video: str) -> Response:
    """The host rupload.facebook.com: the bytes at an offset, or the address of a hosted file in a header."""
    if request.method != "POST":
        raise fail(100, "(#100) Unsupported get request")
    g.params = {}
    token = graph.token("facebook")
    with box().store.tx() as db:
        row = one(
            db,
            "SELECT * FROM media WHERE network='facebook' AND kind='video' AND id=? AND account=?",
            video,
            token["account"],
        )
    if row is None or row["state"] != "open":
        return _upload_failed("There is no upload open for this video.")
    store = box().store
    if url := request.headers.get("file_url"):
        try:
            path = fetch.fetch(url, hosts=box().fetch_hosts, limit=MAX_VIDEO, folder=store.uploads)
        except fetch.NotFetched as trouble:
            return _upload_failed(str(trouble))
        sha256 = store.keep(path)
        path.unlink()
        return _uploaded(video, sha256)
    offset, size = request.headers.get("offset", ""), request.headers.get("file_size", "")
    if not offset.isdigit() or not size.isdigit():
        return _upload_failed("The headers offset and file_size are needed.")
    part = store.uploads / f"facebook-{video}"
    have = part.stat().st_size if part.exists() else 0
    if int(offset) != have:
        return _upload_failed(f"The offset must be {have}.")
    with part.open("ab") as file:
        file.write(request.get_data())
    total = part.stat().st_size
    with box().store.tx() as db:
        db.execute("UPDATE media SET bytes=? WHERE network='facebook' AND id=?", (total, video))
    if total < int(size):
        return jsonify(success=True)
    if total > int(size):
        return _upload_failed("More bytes than file_size came.")
    return _uploaded(video, store.keep(part))


def _upload_failed(message: str) -> Response:
    response = jsonify(debug_info={"retriable": False, "type": "ProcessingFailedError", "message": message})
    response.status_code = 400
    return response


def _uploaded(video: str, sha256: str) -> Response:
    try:
        facts: files.Facts | None = files.look(box().store.path(sha256))
    except files.BadFile:
        facts = None
    with box().store.tx() as db:
        db.execute(
            "UPDATE media SET state='done', sha256=?, mime=?, bytes=?, width=?, height=?, duration_s=?"
            " WHERE network='facebook' AND id=?",
            (
                sha256, facts.mime if facts else "", box().store.path(sha256).stat().st_size, facts.width if facts else 0,
                facts.height if facts else 0, facts.duration_s if facts else None, video,
            ),
        )  # fmt: skip
    return jsonify(success=True)


CAPTIONS = re.compile(r"[^/]+\.([a-z]{2}_[A-Z]{2})\.srt")
CUE = re.compile(r"\d+\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n\S")


def _own_video(video: str) -> tuple[Row, dict[str, Any]]:
    with box().store.tx() as db:
        row = one(db, "SELECT * FROM media WHERE network='facebook' AND kind='video' AND id=?", video)
    if row is None:
        raise missing(video)
    page_token(row["account"], *PUBLISH)
    data = json.loads(row["data"])
    if video_status(row, data)["publishing_phase"]["status"] != "complete":
        raise bad("The video is not ready for this yet.")
    return row, data


def _keep(row: Row, data: dict[str, Any]) -> None:
    with box().store.tx() as db:
        db.execute("UPDATE media SET data=? WHERE network='facebook' AND id=?", (json.dumps(data), row["id"]))


@edge("POST", "{video:id}/captions", "captions_file default_locale")
def add_captions(video: str) -> Response:
    row, data = _own_video(video)
    file = request.files.get("captions_file")
    named = CAPTIONS.fullmatch(file.filename or "") if file else None
    if file is None or named is None:
        raise bad("captions_file must be a file whose name ends in .<locale>.srt")
    lines = file.read().decode("utf-8", "replace").replace("\r\n", "\n")
    if not CUE.match(lines):
        raise bad("captions_file is no valid SRT file")
    tracks = data.get("captions", {}) | {named[1]: lines}
    _keep(row, data | {"captions": tracks, "default_locale": param("default_locale") or named[1]})
    return jsonify(success=True)


@edge("GET", "{video:id}/captions")
def list_captions(video: str) -> Response:
    _, data = _own_video(video)
    default = data.get("default_locale")
    told = [{"locale": locale, "is_default": locale == default} for locale in data.get("captions", {})]
    return jsonify(data=told)


@edge("POST", "{video:id}/thumbnails", "source is_preferred")
def add_thumbnail(video: str) -> Response:
    row, data = _own_video(video)
    if "source" not in request.files:
        raise bad("source is required.")
    sha256, facts = take_file("source", MAX_VIDEO)
    if facts is None or not facts.mime.startswith("image/"):
        raise fail(100, "(#100) The thumbnail is no picture.", 1363041)
    if flag("is_preferred", False):
        _keep(row, data | {"cover": sha256})
    return jsonify(success=True)


def read_video(video: str) -> Response:
    token = graph.token("facebook")
    with box().store.tx() as db:
        row = one(db, "SELECT * FROM media WHERE network='facebook' AND id=?", video)
    if row is None or token["account"] != row["account"]:
        raise missing(video)
    data = json.loads(row["data"])
    getters = {
        "id": say(video),
        "status": say(video_status(row, data)),
        "permalink_url": say(
            f"/reel/{video}/" if data["what"] == "reel" else f"/{row['account']}/videos/{video}/"
        ),
        "description": say(data["text"] or None),
        "title": say(data["title"] or None),
        "created_time": say(graph.told(row["made_at"])),
        "updated_time": say(graph.told(row["made_at"])),
        "length": say(row["duration_s"]),
        "published": say(bool(row["used_by"])),
        "post_id": say((data.get("page_post") or "").partition("_")[2] or None),
    }
    return jsonify(pick("Video", graph.asked_fields(), ("updated_time", "description"), getters))


def video_status(row: Row, data: dict[str, Any]) -> dict[str, Any]:
    uploading = {
        "status": "complete" if row["state"] == "done" else "in_progress",
        "bytes_transfered": row["bytes"],
    }
    processing: dict[str, Any] = {"status": "not_started"}
    publishing: dict[str, Any] = {"status": "not_started"}
    word = "upload_complete" if row["state"] == "done" else "uploading"
    if row["ready_at"]:
        over = instant(row["ready_at"]) <= box().now()
        word = "processing"
        processing = {"status": "in_progress"}
        if over and row["error"]:
            code, _, message = row["error"].partition(" ")
            word, processing = (
                "error",
                {"status": "error", "errors": [{"code": int(code), "message": message}]},
            )
        elif over:
            word, processing = "ready", {"status": "complete"}
            if row["used_by"]:
                at = int(instant(row["ready_at"]).timestamp())
                publishing = {"status": "complete", "publish_status": "published", "publish_time": at}
            else:
                publishing = {"status": "complete", "publish_status": "draft"}
    return {
        "video_status": word,
        "uploading_phase": uploading,
        "processing_phase": processing,
        "publishing_phase": publishing,
    }


@edge("GET", "{page:id}/videos")
@edge("GET", "{page:id}/video_reels")
def list_videos(page: str) -> Response:
    page_token(page, "pages_read_engagement")
    what = "reel" if request.path.endswith("video_reels") else "video"
    with box().store.tx() as db:
        found = rows(
            db,
            "SELECT * FROM media WHERE network='facebook' AND kind='video' AND account=? ORDER BY id DESC",
            page,
        )
    found = graph.between([row for row in found if json.loads(row["data"])["what"] == what])

    def show(row: Row) -> dict[str, Any]:
        data = json.loads(row["data"])
        return {
            "id": row["id"],
            "description": data["text"],
            "updated_time": graph.told(row["made_at"]),
            "created_time": graph.told(row["made_at"]),
        }

    return jsonify(graph.listing(found, show))


def settle(db: Db, now: datetime) -> None:
    """Publish the videos that have been processed and the posts whose time has come."""
    over = "network='facebook' AND kind='video' AND used_by IS NULL AND error='' AND ready_at<=?"
    for video in rows(db, f"SELECT * FROM media WHERE {over}", stamp(now)):  # noqa: S608 (no value of others)
        data = json.loads(video["data"])
        if data["phase"] != "finished" or not data["published"]:
            continue
        medium = {name: video[name] for name in MEDIA_NAMES}
        new_post(
            db, video["account"], data["what"], data["text"], instant(video["ready_at"]), media=[medium],
            state={"published": True, "title": data["title"], "video": video["id"]}, post_id=data["page_post"],
        )  # fmt: skip
        db.execute(
            "UPDATE media SET used_by=? WHERE network='facebook' AND id=?", (data["page_post"], video["id"])
        )
    for post in rows(db, "SELECT * FROM post WHERE network='facebook' AND data LIKE '%\"scheduled\"%'"):
        data = json.loads(post["data"])
        if not data["published"] and data["scheduled"] <= stamp(now):
            db.execute(
                "UPDATE post SET made_at=?, data=? WHERE network='facebook' AND id=?",
                (data["scheduled"], json.dumps(data | {"published": True}), post["id"]),
            )
