"""Publishing a finished container, and the quota of a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify

from sandbox import graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, param, pick, say
from sandbox.networks.instagram.containers import status_of
from sandbox.networks.instagram.door import PUBLISH, edge, own, who
from sandbox.store import Db, Row, insert, one, rows, setting, stamp


@edge("POST", "{ig:id}/media_publish", "creation_id")
@edge("POST", "me/media_publish", "creation_id")
def publish(ig: str = "") -> Response:
    me, now = own(ig, PUBLISH) if ig else who(PUBLISH), box().now()
    creation = param("creation_id")
    with box().store.tx() as db:
        row = one(
            db, "SELECT * FROM media WHERE network='instagram' AND id=? AND account=?", creation, me["id"]
        )
        if row is None:
            raise fail(
                24,
                "The requested resource does not exist: the media builder with this creation id was not found.",
                2207008,
            )
        state = status_of(row, now)
        if state == "EXPIRED":
            raise fail(24, "The media builder has expired.", 2207008)
        if state != "FINISHED":
            raise fail(
                9007, "Media ID is not available", 2207027, title="Media not ready",
                text="The media is not ready for publishing. Please wait a moment.",
            )  # fmt: skip
        data = json.loads(row["data"])
        if data["child"]:
            raise bad("A carousel item cannot be published by itself")
        if used_quota(db, me, now) >= quota(db):
            raise fail(
                9,
                "Application request limit reached",
                2207042,
                text="The account has used up its posts for 24 hours.",
            )
        media_id = _publish(db, me, row, data, now)
    return jsonify(id=media_id)


def _publish(db: Db, me: Row, row: Row, data: dict[str, Any], now: datetime) -> str:
    parts = [row]
    if row["kind"] == "carousel":
        found = [
            one(db, "SELECT * FROM media WHERE network='instagram' AND id=?", child)
            for child in data["children"]
        ]
        parts = [part for part in found if part is not None]
    names = ("id", "sha256", "mime", "bytes", "width", "height", "alt", "duration_s")
    media = [{name: part[name] for name in names} for part in parts]
    media_id = growth.remote_id(db, "instagram", now)
    insert(
        db, "post", network="instagram", id=media_id, account=me["id"], kind=row["kind"], text=data["caption"],
        media=json.dumps(media), made_at=stamp(now),
        data=json.dumps({"cover": data.get("cover"), "container": row["id"], "shortcode": shortcode(media_id)}),
    )  # fmt: skip
    db.executemany(
        "UPDATE media SET used_by=? WHERE network='instagram' AND id=?",
        [(media_id, part["id"]) for part in [row, *parts]],
    )
    return media_id


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def shortcode(media_id: str) -> str:
    number, text = int(media_id), ""
    while number:
        number, digit = divmod(number, 64)
        text = ALPHABET[digit] + text
    return text


def quota(db: Db) -> int:
    return int(setting(db, "instagram quota", 50))


def used_quota(db: Db, me: Row, now: datetime) -> int:
    """Published in the last 24 hours; what was deleted since counts as well."""
    return len(
        rows(
            db,
            "SELECT 1 FROM post WHERE network='instagram' AND account=? AND made_at>?",
            me["id"],
            stamp(now - timedelta(hours=24)),
        )
    )


@edge("GET", "{ig:id}/content_publishing_limit")
def publishing_limit(ig: str) -> Response:
    me = own(ig, PUBLISH)
    with box().store.tx() as db:
        getters = {
            "quota_usage": say(used_quota(db, me, box().now())),
            "config": say({"quota_total": quota(db), "quota_duration": 86_400}),
            "id": say(None),
        }
    return jsonify(
        data=[pick("ContentPublishingLimitResponse", graph.asked_fields(), ("quota_usage",), getters)]
    )
