"""Photo posts: one call, after which the pictures are fetched from the app's address and looked at."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response

from sandbox import fetch, files, graphmedia, growth
from sandbox.box import box
from sandbox.faults import struck
from sandbox.networks.tiktok.publishing import check_level, within_the_day
from sandbox.networks.tiktok.wire import bad, call, fail, json_body, object_of, ok
from sandbox.store import Row, insert, stamp

MAX_TITLE, MAX_DESCRIPTION = 90, 4000  # UTF-16 units
MAX_BYTES = 20 * 10**6
MOST = 35
SIDES = (1080, 1920)
MIMES = ("image/jpeg", "image/webp")
POST_INFO = {
    "title": str, "description": str, "privacy_level": str, "disable_comment": bool, "auto_add_music": bool,
    "brand_content_toggle": bool, "brand_organic_toggle": bool,
}  # fmt: skip
SOURCE = {"source": str, "photo_images": list, "photo_cover_index": int}


@call("POST", "/v2/post/publish/content/init/", scope="video.publish", limit=6)
def photo_init(me: Row, token: Row) -> Response:
    body = json_body({"media_type": str, "post_mode": str, "post_info": dict, "source_info": dict})
    info = object_of(body.get("post_info"), POST_INFO, "post_info")
    source = object_of(body.get("source_info"), SOURCE, "source_info")
    if (body.get("media_type"), body.get("post_mode")) != ("PHOTO", "DIRECT_POST"):
        raise bad("media_type must be PHOTO and post_mode DIRECT_POST here")
    if units(info.get("title", "")) > MAX_TITLE or units(info.get("description", "")) > MAX_DESCRIPTION:
        raise fail("invalid_param", "The title or the description is too long.")
    urls = _urls(source)
    with box().store.tx() as db:
        check_level(db, me, info)
        within_the_day(db, me)
    taken, reason = _pull(urls)
    return ok({"publish_id": _keep(me, info, taken, reason)})


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _urls(source: dict[str, Any]) -> list[str]:
    urls = source.get("photo_images", [])
    if source.get("source") != "PULL_FROM_URL":
        raise bad("source must be PULL_FROM_URL")
    if not 1 <= len(urls) <= MOST or not all(isinstance(url, str) for url in urls):
        raise bad(f"photo_images: one to {MOST} addresses")
    if not 0 <= source.get("photo_cover_index", 0) < len(urls):
        raise bad("photo_cover_index is invalid")
    if any(urlsplit(url).hostname not in box().fetch_hosts for url in urls):
        raise fail("url_ownership_unverified", "The URL ownership is not verified.")
    return urls


def _pull(urls: list[str]) -> tuple[list[dict[str, Any]], str]:
    """(the pictures, why they will fail)."""
    taken: list[dict[str, Any]] = []
    for url in urls:
        try:
            sha256, larger = graphmedia.fetched(url, MAX_BYTES)
            facts = files.look(box().store.path(sha256))
        except fetch.NotFetched:
            return taken, "photo_pull_failed"
        except files.BadFile:
            return taken, "file_format_check_failed"
        if larger or facts.mime not in MIMES:
            return taken, "file_format_check_failed"
        if any(side > most for side, most in zip(sorted((facts.width, facts.height)), SIDES, strict=True)):
            return taken, "picture_size_check_failed"
        taken.append(facts.media(sha256))
    if struck("media_passing"):
        return taken, "internal"
    return taken, "file_format_check_failed" if struck("media_error") else ""


def _keep(me: Row, info: dict[str, Any], taken: list[dict[str, Any]], reason: str) -> str:
    now, publish_id = box().now(), f"p_pub_url~v2.{secrets.randbelow(10**18):018}"
    ready = now + timedelta(seconds=box().pace.image_s)
    data = {
        "publish_id": publish_id, "info": info, "reason": reason, "ready_at": stamp(ready),
        "shown_at": stamp(ready + timedelta(seconds=box().pace.image_s)),
    }  # fmt: skip
    nothing = {"sha256": "", "mime": "image/jpeg", "bytes": 0, "width": 0, "height": 0, "alt": ""}
    with box().store.tx() as db:
        post = growth.remote_id(db, "tiktok", now)
        insert(
            db, "media", network="tiktok", id=publish_id, account=me["id"], kind="pull", state="done", error="",
            bytes=sum(int(each["bytes"]) for each in taken), made_at=stamp(now), expires_at=stamp(ready), used_by=post,
            data="{}",
        )  # fmt: skip
        insert(
            db, "post", network="tiktok", id=post, account=me["id"], kind="photo", text=info.get("description", ""),
            reply_to=None, link="", media=json.dumps(taken or [nothing]), made_at=stamp(now), data=json.dumps(data),
        )  # fmt: skip
    return publish_id
