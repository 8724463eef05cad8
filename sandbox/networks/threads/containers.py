"""Containers: what is to be published, its files fetched and looked at first."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sandbox import fetch, files, graph, growth, weighted
from sandbox.box import box
from sandbox.faults import struck
from sandbox.graph import bad, fail, flag, param, pick, say
from sandbox.graphmedia import fetched
from sandbox.networks.threads.door import (
    CONTAINER_LIFE,
    MAX_ALT,
    MAX_IMAGE,
    MAX_ITEMS,
    MAX_LINKS,
    MAX_SECONDS,
    MAX_TEXT,
    MAX_VIDEO,
    PUBLISH,
    not_found_yet,
    own,
)
from sandbox.store import Db, Row, insert, instant, one, stamp

PARAMS = (
    "media_type text image_url video_url alt_text is_carousel_item children reply_to_id reply_control link_attachment"
    " topic_tag auto_publish_text"
)
KINDS = ("TEXT", "IMAGE", "VIDEO", "CAROUSEL")
REPLY_CONTROL = (
    "",
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
)
ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")


def make(user: str) -> tuple[Row, str]:
    """Make the container that the call asks for; returns the account and the container's id."""
    me, kind, child = own(user, PUBLISH), param("media_type"), flag("is_carousel_item", False)
    if flag("auto_publish_text", False) and kind != "TEXT":
        raise bad("auto_publish_text is for texts only")
    if kind not in KINDS:
        raise bad(f"Param media_type must be one of {{{', '.join(KINDS)}}} - got {kind!r}.")
    _check_texts(kind, child)
    _check_addresses(kind)
    now = box().now()
    parent, root = _parent(now)
    data: dict[str, Any] = {
        "text": param("text"), "link": param("link_attachment"), "child": child, "reply_to": parent, "root": root,
        "topic": param("topic_tag"),
    }  # fmt: skip
    sha256, facts, error, wait_s = "", None, "", box().pace.image_s
    if kind == "IMAGE":
        sha256, facts = _image(param("image_url"))
    elif kind == "VIDEO":
        sha256, facts, error = _video(param("video_url"))
        wait_s = box().pace.video_s
    elif kind == "CAROUSEL":
        data["children"] = _children(me, now)
    if struck("media_error"):
        error = "FAILED_PROCESSING_VIDEO" if kind == "VIDEO" else "UNKNOWN"
    ready_at = now + timedelta(seconds=wait_s)
    with box().store.tx() as db:
        container = growth.remote_id(db, "threads", now)
        insert(
            db, "media", network="threads", id=container, account=me["id"], kind=kind.lower(), sha256=sha256,
            alt=param("alt_text"), state="container", mime=facts.mime if facts else "", error=error,
            bytes=facts.bytes if facts else 0, width=facts.width if facts else 0, height=facts.height if facts else 0,
            duration_s=facts.duration_s if facts else None, made_at=stamp(now), ready_at=stamp(ready_at),
            expires_at=stamp(now + CONTAINER_LIFE), data=json.dumps(data),
        )  # fmt: skip
    return me, container


def length(text: str) -> int:
    """Characters, where an emoji counts as many as it has bytes in UTF-8."""
    return len(text) + sum(len(found.encode()) - len(found) for found in weighted.EMOJI.findall(text))


def _check_texts(kind: str, child: bool) -> None:
    text, alt, tag = param("text"), param("alt_text"), param("topic_tag")
    if length(text) > MAX_TEXT:
        raise bad(f"Param text must be at most {MAX_TEXT} characters long.")
    if kind == "TEXT" and not text.strip():
        raise bad("The parameter text is required.")
    if child and (text or kind in ("TEXT", "CAROUSEL") or param("reply_to_id")):
        raise bad("A carousel item is a picture or a video without text")
    if len(alt) > MAX_ALT:
        raise bad(f"Param alt_text must be at most {MAX_ALT} characters long.")
    if alt and kind not in ("IMAGE", "VIDEO"):
        raise bad("Param alt_text is for pictures and videos only")
    if tag and (len(tag) > 50 or re.search(r"[.&]", tag)):
        raise bad("Param topic_tag must have 1 to 50 characters and no . or &")
    if param("reply_control") not in REPLY_CONTROL:
        raise bad(f"Param reply_control must be one of {{{', '.join(REPLY_CONTROL[1:])}}}")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        raise bad("Param text has control characters")


def _check_addresses(kind: str) -> None:
    image, video, link = param("image_url"), param("video_url"), param("link_attachment")
    if bool(image) is not (kind == "IMAGE") or bool(video) is not (kind == "VIDEO"):
        raise bad("image_url goes with media_type IMAGE, video_url with VIDEO")
    if (kind == "CAROUSEL") is not bool(param("children")):
        raise bad("children go with media_type CAROUSEL")
    if link and (kind != "TEXT" or not ADDRESS.fullmatch(link)):
        raise bad("Param link_attachment must be a web address on a post of text only")
    if len({*ADDRESS.findall(param("text")), *([link] if link else [])}) > MAX_LINKS:
        raise fail(
            100, "(#100) THREADS_API__LINK_LIMIT_EXCEEDED", title="Link limit exceeded",
            text=f"A post has at most {MAX_LINKS} links.", type="THApiException",
        )  # fmt: skip


def _parent(now: datetime) -> tuple[str, str]:
    """The post or reply that is answered, and the post at the top of that conversation."""
    wanted = param("reply_to_id")
    if not wanted:
        return "", ""
    with box().store.tx() as db:
        if post := growth.find_post(db, "threads", wanted):
            return wanted, json.loads(post["data"]).get("root") or wanted
        comment = one(
            db, "SELECT * FROM comment WHERE network='threads' AND id=? AND deleted_at IS NULL", wanted
        )
        if comment is not None:
            return wanted, comment["post"]
    raise not_found_yet(wanted)


def _image(url: str) -> tuple[str, files.Facts]:
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
    if facts.mime not in ("image/jpeg", "image/png"):
        raise fail(36001, f"The image format is not supported: {facts.mime}. JPEG and PNG are.", 2207005)
    if not 0.1 <= facts.aspect <= 10:
        raise fail(36003, "The submitted image has an invalid aspect ratio.", 2207009)
    return sha256, facts


def _not_fetched(trouble: fetch.NotFetched) -> Exception:
    words = f"The media could not be fetched from this URI: {trouble}."
    return fail(
        100, f"(#100) {words}", 2207052, title="Media download has failed", text=words, type="OAuthException"
    )


def _video(url: str) -> tuple[str, files.Facts | None, str]:
    """Fetch and look at a video; (sha256, what it is, the error its container will end with)."""
    try:
        sha256, too_big = fetched(url, MAX_VIDEO)
    except fetch.NotFetched:
        return "", None, "FAILED_DOWNLOADING_VIDEO"
    if too_big:
        return sha256, None, "FAILED_PROCESSING_VIDEO"
    try:
        facts = files.look(box().store.path(sha256))
    except files.BadFile:
        return sha256, None, "FAILED_PROCESSING_VIDEO"
    return sha256, facts, video_trouble(facts)


def video_trouble(facts: files.Facts) -> str:
    """The name of what is wrong with a video; empty when nothing is."""
    movie = facts.movie
    if movie is None or movie.video is None or not movie.faststart:
        return "FAILED_PROCESSING_VIDEO"
    if movie.video.codec not in ("avc1", "avc3", "hvc1", "hev1"):
        return "FAILED_PROCESSING_VIDEO"
    if movie.audio is not None and movie.audio.codec != "mp4a":
        return "FAILED_PROCESSING_AUDIO"
    if not 0 < movie.duration_s <= MAX_SECONDS:
        return "INVALID_DURATION"
    if not 22.9 <= movie.video.fps <= 60.5:
        return "INVALID_FRAME_RATE"
    if facts.width > 1920 or not 0.01 <= facts.aspect <= 10:
        return "INVALID_ASPEC_RATIO"
    return "INVALID_BIT_RATE" if facts.bytes * 8 / movie.duration_s > 102_000_000 else ""


def _children(me: Row, now: datetime) -> list[str]:
    wanted = graph.items("children")
    if not 2 <= len(wanted) <= MAX_ITEMS or len(set(wanted)) != len(wanted):
        raise fail(100, f"(#100) A carousel has 2 to {MAX_ITEMS} different children.", type="THApiException")
    with box().store.tx() as db:
        for child in wanted:
            row = one(
                db, "SELECT * FROM media WHERE network='threads' AND id=? AND account=?", child, me["id"]
            )
            if row is None or status_of(row, now) != "FINISHED":
                raise not_found_yet(child)
            if not json.loads(row["data"])["child"]:
                raise bad(f"The container {child} was not made with is_carousel_item")
    return wanted


def status_of(row: Row, now: datetime) -> str:
    if row["used_by"]:
        return "PUBLISHED"
    if instant(row["expires_at"]) <= now:
        return "EXPIRED"
    if instant(row["ready_at"]) > now:
        return "IN_PROGRESS"
    return "ERROR" if row["error"] else "FINISHED"


def find(db: Db, me: Row, container: str) -> Row | None:
    return one(db, "SELECT * FROM media WHERE network='threads' AND id=? AND account=?", container, me["id"])


def container_json(row: Row) -> dict[str, Any]:
    state = status_of(row, box().now())
    getters = {
        "id": say(row["id"]),
        "status": say(state),
        "error_message": say(row["error"] if state == "ERROR" else None),
    }
    return pick("ThreadsMediaBuilder", graph.asked_fields(), ("id",), getters)
