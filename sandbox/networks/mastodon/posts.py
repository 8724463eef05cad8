"""Posting on a Mastodon server, editing and deleting, with all that a post may be refused for."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import growth
from sandbox.box import box
from sandbox.networks.mastodon import media as attachments
from sandbox.networks.mastodon import words
from sandbox.networks.mastodon.reading import find_status, status_json
from sandbox.networks.mastodon.wire import (
    DELETES,
    DELETES_S,
    MAX_CHARACTERS,
    MAX_MEDIA,
    POSTS,
    POSTS_S,
    count,
    invalid,
    not_found,
    refuse,
    switch,
    wire,
)
from sandbox.store import Db, Row, insert, instant, put_setting, setting, stamp

KEY_LIFE = timedelta(hours=1)
VISIBILITIES = ("public", "unlisted", "private", "direct")
POST_PARAMS = ("status", "media_ids", "in_reply_to_id", "sensitive", "spoiler_text", "visibility", "language")
EDIT_PARAMS = ("status", "media_ids", "sensitive", "spoiler_text", "language")


@wire("POST", "/api/v1/statuses", scope="write:statuses", params=POST_PARAMS)
def create(me: Row, given: dict[str, Any]) -> Response:
    key = request.headers.get("Idempotency-Key", "")
    now = box().now()
    with box().store.tx() as db:
        if key and (first := _answered_before(db, me, key)):
            return jsonify(status_json(db, me, first))
        count(db, "posts", me["id"], POSTS, POSTS_S)
        checked = _checked(db, me, given)
        parent = _parent(db, given)
        post_id = growth.remote_id(db, "mastodon", now)
        insert(
            db, "post", network="mastodon", id=post_id, account=me["id"], kind="reply" if parent else "post",
            text=checked["text"], reply_to=parent["id"] if parent else None, media=json.dumps(checked["media"]),
            made_at=stamp(now), data=json.dumps(checked["data"]),
        )  # fmt: skip
        for item in checked["media"]:
            db.execute("UPDATE media SET used_by=? WHERE network='mastodon' AND id=?", (post_id, item["id"]))
        if key:
            put_setting(db, f"mastodon key {me['id']} {key}", {"id": post_id, "at": stamp(now)})
        made = growth.find_post(db, "mastodon", post_id)
        assert made is not None
        return jsonify(status_json(db, me, made))


def _answered_before(db: Db, me: Row, key: str) -> Row | None:
    """The post that this key has made within the hour; the body is not compared."""
    kept = setting(db, f"mastodon key {me['id']} {key}")
    if kept is None or instant(kept["at"]) + KEY_LIFE <= box().now():
        return None
    return growth.find_post(db, "mastodon", kept["id"])


def _checked(db: Db, me: Row, given: dict[str, Any], already: str = "") -> dict[str, Any]:
    text, warning = given.get("status") or "", given.get("spoiler_text") or ""
    ids = given.get("media_ids") or []
    if not isinstance(text, str) or not isinstance(warning, str) or not isinstance(ids, list):
        raise invalid("Text is invalid")
    if not text.strip() and not ids:
        raise invalid("Text can't be blank")
    if words.length(text, warning) > MAX_CHARACTERS:
        raise invalid(f"Text character limit of {MAX_CHARACTERS} exceeded")
    if len(ids) > MAX_MEDIA:
        raise refuse(422, f"Cannot attach more than {MAX_MEDIA} files")
    if len(set(map(str, ids))) != len(ids):
        raise invalid("Media ids must be unique")
    visibility = given.get("visibility") or "public"
    if visibility not in VISIBILITIES:
        raise invalid("Visibility is not included in the list")
    language = given.get("language") or "en"
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", str(language)):
        raise invalid("Language is not included in the list")
    media = attachments.take(db, me, [str(i) for i in ids], already)
    data = {
        "visibility": visibility, "spoiler_text": warning, "language": language,
        "sensitive": switch(given.get("sensitive")) or bool(warning and media), "edited_at": None,
    }  # fmt: skip
    return {"text": text, "media": media, "data": data}


def _parent(db: Db, given: dict[str, Any]) -> Row | None:
    asked = given.get("in_reply_to_id")
    if asked in (None, ""):
        return None
    parent = find_status(db, str(asked))
    if parent is None:
        raise not_found()
    return parent


@wire("PUT", "/api/v1/statuses/<post_id>", scope="write:statuses", params=EDIT_PARAMS)
def edit(me: Row, given: dict[str, Any], post_id: str) -> Response:
    with box().store.tx() as db:
        post = growth.find_post(db, "mastodon", post_id)
        if post is None or post["account"] != me["id"]:
            raise not_found()
        old = json.loads(post["data"])
        checked = _checked(db, me, given | {"visibility": old["visibility"]}, already=post_id)
        data = checked["data"] | {"edited_at": stamp(box().now())}
        db.execute(
            "UPDATE post SET text=?, media=?, data=? WHERE network='mastodon' AND id=?",
            (checked["text"], json.dumps(checked["media"]), json.dumps(data), post_id),
        )
        changed = growth.find_post(db, "mastodon", post_id)
        assert changed is not None
        return jsonify(status_json(db, me, changed))


@wire("DELETE", "/api/v1/statuses/<post_id>", scope="write:statuses", params=("delete_media",))
def delete(me: Row, given: dict[str, Any], post_id: str) -> Response:
    with box().store.tx() as db:
        count(db, "deletes", me["id"], DELETES, DELETES_S)
        post = growth.find_post(db, "mastodon", post_id)
        if post is None or post["account"] != me["id"]:
            raise not_found()
        answer = status_json(db, me, post) | {"text": post["text"]}
        db.execute(
            "UPDATE post SET deleted_at=? WHERE network='mastodon' AND id=?", (stamp(box().now()), post_id)
        )
        db.execute("UPDATE media SET used_by=NULL WHERE network='mastodon' AND used_by=?", (post_id,))
    return jsonify(answer)
