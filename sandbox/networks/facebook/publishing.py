"""Publishing on a Page: posts, links, photos and several photos in one post."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from sandbox import fetch, files, graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, flag, missing, param, pick, say
from sandbox.networks.facebook.door import (
    MAX_MESSAGE,
    MAX_PHOTO,
    PHOTO_MIMES,
    PUBLISH,
    edge,
    find_post,
    page_token,
    public_posts,
)
from sandbox.networks.facebook.posts import post_json
from sandbox.store import Db, insert, one, stamp

FEED_PARAMS = (
    "message link published attached_media scheduled_publish_time unpublished_content_type child_attachments place tags"
    " targeting feed_targeting text_format_preset_id call_to_action backdated_time client_mutation_id name description"
    " picture"
)


@edge("POST", "{page:id}/feed", FEED_PARAMS)
def create_post(page: str) -> Response:
    page_token(page, *PUBLISH)
    message, link = param("message"), param("link")
    attached = [_media_fbid(text) for text in graph.items("attached_media")]
    if not (message.strip() or link or attached):
        raise fail(
            100,
            "(#100) The status you are trying to publish is empty: message, link or attached_media is required.",
        )
    if len(message) > MAX_MESSAGE:
        raise bad(f"Param message must be at most {MAX_MESSAGE} characters long.")
    if attached and link:
        raise bad("Param attached_media and link cannot be used together.")
    if link:
        _check_link(link)
    now = box().now()
    state = _publication_state(now)
    with box().store.tx() as db:
        if state["published"]:
            _refuse_duplicate(db, page, message)
        media = [_take_photo(db, page, photo) for photo in attached]
        kind = "photos" if len(media) > 1 else "photo" if media else "link" if link else "status"
        post_id = new_post(db, page, kind, message, now, media=media, link=link or None, state=state)
        db.executemany(
            "UPDATE media SET used_by=? WHERE network='facebook' AND id=?",
            [(post_id, item["id"]) for item in media],
        )
        answer = post_json(db, find_post(db, post_id), graph.asked_fields(), ())
    return jsonify(answer)


def _media_fbid(text: str) -> str:
    try:
        entry = json.loads(text)
        return str(entry["media_fbid"])
    except (ValueError, KeyError, TypeError):
        raise bad('Param attached_media must be an array of {"media_fbid": "…"}') from None


def _check_link(link: str) -> None:
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad("Param link should represent a valid URL")
    if parts.hostname.removeprefix("www.") in ("facebook.com", "fb.com"):
        raise fail(100, "(#100) Links to facebook.com cannot be shared this way.", 1609008)


def _publication_state(now: datetime) -> dict[str, Any]:
    """Published at once, at a time of Facebook's own clock, or kept as a draft."""
    published, at = flag("published", True), graph.moment("scheduled_publish_time")
    if published and at is not None:
        raise bad("scheduled_publish_time needs published=false.")
    if published:
        return {"published": True}
    if at is None:
        return {"published": False}
    if not timedelta(minutes=10) <= at - now <= timedelta(days=30):
        raise bad("The specified scheduled publish time is invalid: from 10 minutes to 30 days ahead.")
    return {"published": False, "scheduled": stamp(at)}


def _refuse_duplicate(db: Db, page: str, message: str) -> None:
    if not message.strip():
        return
    found = [row for row in public_posts(db, page) if row["kind"] != "reel"]
    if found and found[-1]["text"].strip() == message.strip():
        raise fail(
            506, "(#506) Duplicate status message", type="OAuthException", title="Duplicate Status Update",
            text="This status update is identical to the last one you posted. Try posting something different, or"
            " delete your previous update.",
        )  # fmt: skip


def new_post(
    db: Db, page: str, kind: str, text: str, now: datetime, *, media: list[dict[str, Any]], state: dict[str, Any],
    link: str | None = None, post_id: str = "",
) -> str:  # fmt: skip
    post_id = post_id or f"{page}_{growth.remote_id(db, 'facebook', now)}"
    insert(
        db, "post", network="facebook", id=post_id, account=page, kind=kind, text=text, link=link,
        media=json.dumps(media), made_at=stamp(now), data=json.dumps(state),
    )  # fmt: skip
    return post_id


MEDIA_NAMES = ("id", "sha256", "mime", "bytes", "width", "height", "alt", "duration_s")


def _take_photo(db: Db, page: str, photo: str) -> dict[str, Any]:
    row = one(db, "SELECT * FROM media WHERE network='facebook' AND id=? AND kind='image'", photo)
    if row is None or row["account"] != page:
        raise bad(f"Param attached_media: the photo {photo} does not exist or is not this Page's.")
    if row["used_by"]:
        raise fail(100, "(#100) These photos were already posted.", 1366051)
    return {name: row[name] for name in MEDIA_NAMES}


PHOTO_PARAMS = (
    "url source caption message alt_text_custom published temporary unpublished_content_type scheduled_publish_time"
    " no_story"
)


@edge("POST", "{page:id}/photos", PHOTO_PARAMS)
def create_photo(page: str) -> Response:
    page_token(page, *PUBLISH)
    text = param("caption") or param("message")
    alt = param("alt_text_custom")
    if len(text) > MAX_MESSAGE:
        raise bad(f"Param caption must be at most {MAX_MESSAGE} characters long.")
    published = flag("published", True)
    sha256, facts = take_file("url", MAX_PHOTO)
    if facts is None or facts.kind == "video" or facts.mime not in PHOTO_MIMES:
        raise fail(
            100, "(#100) Invalid parameter", 1366046, title="Can't Read Files",
            text="Your photos couldn't be uploaded. Photos should be less than 10 MB and saved as JPG, PNG, GIF, TIFF"
            " or BMP files.",
        )  # fmt: skip
    now = box().now()
    with box().store.tx() as db:
        if published:
            _refuse_duplicate(db, page, text)
        photo = growth.remote_id(db, "facebook", now)
        keep_media(db, page, photo, "image", sha256, facts, now, alt=alt, ready_at=now)
        answer = {"id": photo}
        if published:
            item = one(db, "SELECT * FROM media WHERE network='facebook' AND id=?", photo) or {}
            medium = {name: item[name] for name in MEDIA_NAMES}
            answer["post_id"] = new_post(
                db, page, "photo", text, now, media=[medium], state={"published": True}
            )
            db.execute(
                "UPDATE media SET used_by=? WHERE network='facebook' AND id=?", (answer["post_id"], photo)
            )
    return jsonify(answer)


def take_file(url_param: str, limit: int) -> tuple[str, files.Facts | None]:
    """The file of this call, sent along or fetched; (sha256, what it is or None if it cannot be read)."""
    store = box().store
    if "source" in request.files:
        data = request.files["source"].read(limit + 1)
        too_big, sha256 = len(data) > limit, store.keep(data)
    elif param(url_param):
        try:
            path = fetch.fetch(param(url_param), hosts=box().fetch_hosts, limit=limit, folder=store.uploads)
        except fetch.NotFetched as trouble:
            raise fail(324, f"(#324) Missing or invalid image file: {trouble}", 2069019) from trouble
        too_big, sha256 = path.stat().st_size > limit, store.keep(path)
        path.unlink()
    else:
        raise bad(f"{url_param} or source is required.")
    try:
        return sha256, None if too_big else files.look(store.path(sha256))
    except files.BadFile:
        return sha256, None


def keep_media(
    db: Db, page: str, media_id: str, kind: str, sha256: str, facts: files.Facts | None, now: datetime, *, alt: str,
    ready_at: datetime, error: str = "", data: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    insert(
        db, "media", network="facebook", id=media_id, account=page, kind=kind, sha256=sha256, alt=alt, state="done",
        mime=facts.mime if facts else "", bytes=facts.bytes if facts else 0, width=facts.width if facts else 0,
        height=facts.height if facts else 0, duration_s=facts.duration_s if facts else None, error=error,
        made_at=stamp(now), ready_at=stamp(ready_at), data=json.dumps(data or {}),
    )  # fmt: skip


def read_photo(photo: str) -> Response:
    row = graph.token("facebook")
    with box().store.tx() as db:
        found = one(db, "SELECT * FROM media WHERE network='facebook' AND id=?", photo)
    if found is None or row["account"] != found["account"]:
        raise missing(photo)
    file = f"{request.host_url}file/{found['sha256']}"
    size = {"width": found["width"], "height": found["height"], "source": file}
    getters = {
        "id": say(photo),
        "created_time": say(graph.told(found["made_at"])),
        "alt_text_custom": say(found["alt"] or None),
        "images": say([size]),
        "width": say(found["width"]),
        "height": say(found["height"]),
        "page_story_id": say(found["used_by"]),
        "link": say(file),
    }
    return jsonify(pick("Photo", graph.asked_fields(), ("created_time",), getters))
