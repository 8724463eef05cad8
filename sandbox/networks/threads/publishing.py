"""Publishing a finished container, and the quotas of a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify

from sandbox import graph, growth
from sandbox.box import box
from sandbox.graph import bad, fail, flag, param, pick, say
from sandbox.networks.threads.containers import PARAMS, find, make, status_of
from sandbox.networks.threads.door import (
    DELETES_A_DAY,
    POSTS_A_DAY,
    PUBLISH,
    REPLIES_A_DAY,
    edge,
    not_found_yet,
    own,
)
from sandbox.store import Db, Row, insert, one, rows, setting, stamp


@edge("POST", "{user:id}/threads", PARAMS)
@edge("POST", "me/threads", PARAMS)
def create(user: str = "") -> Response:
    """A container; with auto_publish_text a text is out at once and the answer is the post's id."""
    me, container = make(user)
    if not flag("auto_publish_text", False):
        return jsonify(id=container)
    with box().store.tx() as db:
        row = find(db, me, container)
        assert row is not None
        return jsonify(id=_out(db, me, row, box().now()))


@edge("POST", "{user:id}/threads_publish", "creation_id")
@edge("POST", "me/threads_publish", "creation_id")
def publish(user: str = "") -> Response:
    me, now = own(user, PUBLISH), box().now()
    with box().store.tx() as db:
        row = find(db, me, param("creation_id"))
        if row is None or status_of(row, now) != "FINISHED":
            raise not_found_yet(param("creation_id"))
        return jsonify(id=_out(db, me, row, now))


def _out(db: Db, me: Row, row: Row, now: datetime) -> str:
    """Publish a container within the quotas; returns the post's id."""
    data = json.loads(row["data"])
    if data["child"]:
        raise bad("A carousel item cannot be published by itself")
    what = "reply" if data["reply_to"] else "post"
    if used(db, me, now)[what] >= most(db)[what]:
        words = f"The account has used up its {what} quota for 24 hours."
        raise fail(9, "Application request limit reached", 2207042, text=words)
    return _publish(db, me, row, data, now)


def _publish(db: Db, me: Row, row: Row, data: dict[str, Any], now: datetime) -> str:
    parts = [found for child in data.get("children", []) if (found := find(db, me, child))] or [row]
    names = ("id", "sha256", "mime", "bytes", "width", "height", "alt", "duration_s")
    media = [{name: part[name] for name in names} for part in parts if part["sha256"]]
    media_id = growth.remote_id(db, "threads", now)
    kept = {"container": row["id"], "root": data["root"], "topic": data["topic"]}
    insert(
        db, "post", network="threads", id=media_id, account=me["id"], kind=row["kind"], text=data["text"],
        reply_to=data["reply_to"] or None, link=data["link"] or None, media=json.dumps(media), made_at=stamp(now),
        data=json.dumps(kept),
    )  # fmt: skip
    db.executemany(
        "UPDATE media SET used_by=? WHERE network='threads' AND id=?",
        [(media_id, part["id"]) for part in {id(part): part for part in [row, *parts]}.values()],
    )
    return media_id


def most(db: Db) -> dict[str, int]:
    return {
        "post": int(setting(db, "threads quota", POSTS_A_DAY)),
        "reply": int(setting(db, "threads reply quota", REPLIES_A_DAY)),
        "delete": DELETES_A_DAY,
    }


def used(db: Db, me: Row, now: datetime) -> dict[str, int]:
    """What was done in the last 24 hours; what was deleted since counts as well."""
    since = stamp(now - timedelta(hours=24))
    mine = "network='threads' AND account=?"
    made = rows(db, f"SELECT reply_to FROM post WHERE {mine} AND made_at>?", me["id"], since)  # noqa: S608
    gone = one(db, f"SELECT count(*) AS n FROM post WHERE {mine} AND deleted_at>?", me["id"], since)  # noqa: S608
    replies = sum(1 for row in made if row["reply_to"])
    return {"post": len(made) - replies, "reply": replies, "delete": gone["n"] if gone else 0}


@edge("GET", "{user:id}/threads_publishing_limit")
@edge("GET", "me/threads_publishing_limit")
def publishing_limit(user: str = "") -> Response:
    me = own(user, PUBLISH)
    with box().store.tx() as db:
        now, full = used(db, me, box().now()), most(db)
    getters: dict[str, graph.Getter] = {"id": say(None)}
    for what, prefix in (("post", ""), ("reply", "reply_"), ("delete", "delete_")):
        getters[f"{prefix}quota_usage"] = say(now[what])
        getters[f"{prefix}config"] = say({"quota_total": full[what], "quota_duration": 86_400})
    return jsonify(data=[pick("ThreadsPublishingLimit", graph.asked_fields(), ("quota_usage",), getters)])
