"""Containers: what is to be published, its files fetched and looked at first."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify

from sandbox import fetch, files, graph, growth
from sandbox.box import box
from sandbox.faults import struck
from sandbox.graph import bad, fail, flag, param, pick, say
from sandbox.graphmedia import fetched
from sandbox.networks.instagram.door import (
    CONTAINER_LIFE,
    CONTAINERS_A_DAY,
    KINDS,
    MAX_ALT,
    MAX_CAPTION,
    MAX_IMAGE,
    MAX_MENTIONS,
    MAX_REEL,
    MAX_STORY,
    MAX_TAGS,
    PUBLISH,
    edge,
    own,
    who,
)
from sandbox.store import Db, Row, insert, instant, one, rows, stamp

CONTAINER_PARAMS = (
    "image_url video_url media_type is_carousel_item children caption alt_text user_tags location_id collaborators cover_url"
    " thumb_offset share_to_feed audio_name trial_params is_ai_generated upload_type product_tags is_paid_partnership"
    " branded_content_sponsor_ids audio_configuration"
)


@edge("POST", "{ig:id}/media", CONTAINER_PARAMS)
@edge("POST", "me/media", CONTAINER_PARAMS)
def create_container(ig: str = "") -> Response:
    me = own(ig, PUBLISH) if ig else who(PUBLISH)
    kind = param("media_type")
    if kind not in KINDS:
        raise fail(
            100,
            f"(#100) Param media_type must be one of VIDEO, REELS, STORIES, CAROUSEL. Unknown: {kind}",
            2207023,
        )
    if param("upload_type"):
        raise bad("upload_type is not offered with Instagram Login")
    child = flag("is_carousel_item", False)
    _check_texts(kind, child)
    now = box().now()
    with box().store.tx() as db:
        since = stamp(now - timedelta(hours=24))
        if (
            len(
                rows(
                    db,
                    "SELECT 1 FROM media WHERE network='instagram' AND account=? AND made_at>?",
                    me["id"],
                    since,
                )
            )
            >= CONTAINERS_A_DAY
        ):
            raise fail(9, "(#9) Too many containers were created in 24 hours.", 2207069)
    if kind == "CAROUSEL":
        return _carousel(me, now)
    return _single(me, kind, child, now)


def _check_texts(kind: str, child: bool) -> None:
    caption, alt = param("caption"), param("alt_text")
    if len(caption) > MAX_CAPTION:
        text = f"The caption has {len(caption)} of {MAX_CAPTION} characters."
        raise fail(36004, "The caption was too long", 2207010, title="Caption too long", text=text)
    if len(re.findall(r"#\w+", caption)) > MAX_TAGS:
        raise fail(100, "(#100) The caption has more than 30 hashtags.", 2207010)
    if len(re.findall(r"(?<!\w)@[\w.]+", caption)) > MAX_MENTIONS:
        raise fail(100, "(#100) The caption has more than 20 mentions.", 2207040)
    if caption and (child or kind == "STORIES"):
        raise bad("Param caption is not allowed on carousel items and stories")
    if len(alt) > MAX_ALT:
        raise bad(f"Param alt_text has at most {MAX_ALT} characters")
    if alt and kind not in ("", "IMAGE"):
        raise bad("Param alt_text is for pictures only")
    if child and kind in ("REELS", "STORIES", "CAROUSEL"):
        raise bad(f"media_type {kind} cannot be a carousel item")
    if kind == "VIDEO" and not child:
        message = "The VIDEO value for media_type is no longer supported. Use the REELS media type to publish a video."
        raise fail(100, f"(#100) {message}", 2207067)
    if not caption.isprintable() and re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", caption):
        raise bad("Param caption has control characters")


def _single(me: Row, kind: str, child: bool, now: datetime) -> Response:
    image, video = param("image_url"), param("video_url")
    if bool(image) == bool(video):
        raise bad("Exactly one of image_url and video_url is required")
    if kind in ("", "IMAGE") and video:
        raise bad("video_url needs media_type VIDEO, REELS or STORIES")
    if kind in ("REELS", "VIDEO") and image:
        raise bad(f"media_type {kind} needs video_url")
    if kind != "REELS" and (param("cover_url") or param("thumb_offset")):
        raise bad("cover_url and thumb_offset are for reels")
    what = {"": "image", "IMAGE": "image", "VIDEO": "video", "REELS": "reel", "STORIES": "story"}[kind]
    data: dict[str, Any] = {"caption": param("caption"), "child": child}
    error = ""
    facts: files.Facts | None
    if image:
        sha256, facts = _image(image, story=what == "story")
        wait_s = box().pace.image_s
    else:
        if param("cover_url"):
            data["cover"], _ = _image(param("cover_url"), story=True)
        sha256, facts, error = _video(video, what)
        wait_s = box().pace.video_s
        if not error and whole_offset(facts):
            raise fail(1, "The thumb_offset is out of range.", 2207057)
    if struck("media_error"):
        error = "2207053 Unknown upload error"
    if what == "reel":
        data["share_to_feed"] = flag("share_to_feed", True)
    with box().store.tx() as db:
        container = _keep(
            db,
            me,
            what,
            now,
            wait_s,
            error=error,
            data=data,
            sha256=sha256,
            facts=facts,
            alt=param("alt_text"),
        )
    return jsonify(id=container)


def whole_offset(facts: files.Facts | None) -> bool:
    """Is the asked thumb_offset (milliseconds) outside of the video?"""
    offset = graph.whole("thumb_offset", 0)
    return facts is not None and facts.duration_s is not None and offset > 1000 * facts.duration_s


def _keep(
    db: Db, me: Row, kind: str, now: datetime, wait_s: float, *, error: str, data: dict[str, Any], sha256: str = "",
    facts: files.Facts | None = None, alt: str = "",
) -> str:  # fmt: skip
    container = growth.remote_id(db, "instagram", now)
    insert(
        db, "media", network="instagram", id=container, account=me["id"], kind=kind, sha256=sha256, alt=alt,
        state="container",
        mime=facts.mime if facts else "", bytes=facts.bytes if facts else 0, width=facts.width if facts else 0,
        height=facts.height if facts else 0, duration_s=facts.duration_s if facts else None, error=error, made_at=stamp(now),
        ready_at=stamp(now + timedelta(seconds=wait_s)), expires_at=stamp(now + CONTAINER_LIFE), data=json.dumps(data),
    )  # fmt: skip
    return container


def _not_fetched(trouble: fetch.NotFetched) -> Exception:
    return fail(
        9004, "Only photo or video can be accepted as media type.", 2207052, title="Media download has failed",
        text=f"The media could not be fetched from this URI: {trouble}.",
    )  # fmt: skip


def _image(url: str, *, story: bool) -> tuple[str, files.Facts]:
    try:
        sha256, too_big = fetched(url, MAX_IMAGE)
    except fetch.NotFetched as trouble:
        raise _not_fetched(trouble) from trouble
    if too_big:
        raise fail(36000, "The image is too large to download. It should be less than 8 MiB.", 2207004)
    try:
        facts = files.look(box().store.path(sha256))
    except files.BadFile:
        raise fail(9004, "Only photo or video can be accepted as media type.", 2207052) from None
    if facts.mime != "image/jpeg":
        raise fail(36001, f"The image format is not supported: {facts.mime}. Only JPEG is.", 2207005)
    if not story and not 0.8 - 0.005 <= facts.aspect <= 1.91 + 0.005:
        raise fail(
            36003, "The submitted image has an invalid aspect ratio.", 2207009, title="Invalid aspect ratio",
            text=f"The submitted image with aspect ratio ({facts.width}/{facts.height},) cannot be published. Please"
            " submit an image with a valid aspect ratio (4:5 to 1.91:1).",
        )  # fmt: skip
    return sha256, facts


def _video(url: str, what: str) -> tuple[str, files.Facts | None, str]:
    """Fetch and look at a video; (sha256, what it is, the error its container will end with)."""
    limit = MAX_STORY if what == "story" else MAX_REEL
    try:
        sha256, too_big = fetched(url, limit)
    except fetch.NotFetched as trouble:
        return "", None, f"2207052 The media could not be fetched from this URI: {trouble}."
    if too_big:
        return sha256, None, f"2207082 The video is larger than {limit} bytes."
    try:
        facts = files.look(box().store.path(sha256))
    except files.BadFile as trouble:
        return sha256, None, f"2207026 The video format is not supported. {trouble}"
    problem = _video_trouble(facts, what)
    return sha256, facts, f"2207026 The video format is not supported. {problem}" if problem else ""


def _video_trouble(facts: files.Facts, what: str) -> str:
    movie = facts.movie
    if movie is None or movie.video is None:
        return "It is no MP4 or MOV video."
    track, longest = movie.video, 60 if what == "story" else 900
    if not movie.faststart:
        return "The moov atom must be at the front of the file."
    if track.codec not in ("avc1", "avc3", "hvc1", "hev1"):
        return f"The codec {track.codec} is neither H.264 nor HEVC."
    if movie.audio is not None and movie.audio.codec != "mp4a":
        return "The sound must be AAC."
    if not 3 <= movie.duration_s <= longest:
        return f"It lasts {movie.duration_s:.1f} s; 3 to {longest} s are allowed."
    if not 22.9 <= track.fps <= 60.5:
        return f"It has {track.fps:.1f} frames a second; 23 to 60 are allowed."
    if facts.width > 1920 or not 0.01 <= facts.aspect <= 10:
        return f"The size {facts.width}x{facts.height} is not allowed."
    if facts.bytes * 8 / movie.duration_s > 25_500_000:
        return "The bit rate is above 25 Mbit/s."
    return ""


def _carousel(me: Row, now: datetime) -> Response:
    children = graph.items("children")
    if not 2 <= len(children) <= 10 or len(set(children)) != len(children):
        raise fail(100, "(#100) A carousel has 2 to 10 different children.", 2207028)
    with box().store.tx() as db:
        found = [
            one(db, "SELECT * FROM media WHERE network='instagram' AND id=? AND account=?", c, me["id"])
            for c in children
        ]
        for child_id, row in zip(children, found, strict=True):
            if row is None:
                raise fail(24, f"The media {child_id} cannot be found.", 2207006)
            if not json.loads(row["data"]).get("child"):
                raise bad(f"The container {child_id} was not made with is_carousel_item")
            state = status_of(row, now)
            if state == "EXPIRED":
                raise fail(-2, f"The container {child_id} has expired.", 2207020)
            if state != "FINISHED":
                raise fail(9007, f"The container {child_id} is not ready: {state}.", 2207027)
        data = {"caption": param("caption"), "child": False, "children": children}
        error = "2207053 Unknown upload error" if struck("media_error") else ""
        container = _keep(db, me, "carousel", now, box().pace.image_s, error=error, data=data)
    return jsonify(id=container)


def status_of(row: Row, now: datetime) -> str:
    if row["used_by"]:
        return "PUBLISHED"
    if instant(row["expires_at"]) <= now:
        return "EXPIRED"
    if instant(row["ready_at"]) > now:
        return "IN_PROGRESS"
    return "ERROR" if row["error"] else "FINISHED"


def container_json(row: Row) -> dict[str, Any]:
    state = status_of(row, box().now())
    code, _, reason = row["error"].partition(" ")
    words = {
        "PUBLISHED": "Published: Media has been successfully published.",
        "EXPIRED": "Expired: Media is expired and cannot be published.",
        "IN_PROGRESS": "In Progress: Media is still being processed.",
        "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
        "ERROR": f"Error: Media upload has failed with error code {code} ({reason})",
    }
    getters = {"id": say(row["id"]), "status_code": say(state), "status": say(words[state])}
    return pick("ShadowIGMediaBuilder", graph.asked_fields(), ("id",), getters)
