"""What the network's view of itself tells: profiles, posts with their numbers, threads, notifications."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.bluesky.repo import find_record, said_record
from sandbox.networks.bluesky.wire import (
    GATE,
    bearer,
    first,
    invalid,
    me_of,
    number_in,
    record_cid,
    refuse,
    split_uri,
    uri,
    xrpc,
)
from sandbox.store import Db, Row, one, rows, setting


def person_json(db: Db, person: Row) -> dict[str, Any]:
    return {
        "did": person["id"], "handle": person["handle"], "displayName": person["name"],
        "avatar": f"{request.host_url}avatar/bluesky/{person['handle']}.png", "labels": [],
        "createdAt": person["made_at"],
    }  # fmt: skip


def stranger_json(login: str, name: str) -> dict[str, Any]:
    handle = f"{login.replace('_', '-').replace('.', '-')}.people.example"
    return {"did": stranger_did(login), "handle": handle, "displayName": name, "labels": []}


def stranger_did(login: str) -> str:
    digest = hashlib.sha256(login.encode()).hexdigest()
    return "did:plc:" + "".join("abcdefghijklmnopqrstuvwxyz234567"[int(c, 16)] for c in digest[:24])


@xrpc("GET", "app.bsky.actor.getProfile", params=("actor",), signed=False)
def profile(me: Row | None, given: dict[str, Any]) -> Response:
    with box().store.tx() as db:
        person = accounts.by_name(db, "bluesky", first(given, "actor"))
        if person is None:
            raise invalid("Profile not found")
        sql = "SELECT count(*) AS n FROM post WHERE network='bluesky' AND account=? AND deleted_at IS NULL"
        posts = one(db, sql, person["id"])
        assert posts is not None
        more = {"followersCount": person["followers"], "followsCount": 61, "postsCount": posts["n"]}
        return jsonify(person_json(db, person) | {"description": person["about"]} | more)


@xrpc("GET", "app.bsky.feed.getPosts", params=("uris",), signed=False)
def posts(me: Row | None, given: dict[str, Any]) -> Response:
    asked = given.get("uris") or []
    if not 1 <= len(asked) <= 25:
        raise invalid("uris must not have more than 25 elements")
    with box().store.tx() as db:
        return jsonify(posts=[shown for name in asked if (shown := post_json(db, name))])


def post_json(db: Db, name: str) -> dict[str, Any] | None:
    split_uri(name)
    record = find_record(db, name)
    if record is None:
        return None
    post = growth.find_post(db, "bluesky", name)
    now = counts(db, post) if post else {}
    if post:
        person = accounts.account(db, "bluesky", post["account"])
        assert person is not None
        author, made_at = person_json(db, person), post["made_at"]
    else:
        said = one(db, "SELECT * FROM comment WHERE network='bluesky' AND id=?", name)
        assert said is not None
        author, made_at = stranger_json(said["author"], said["author_name"]), said["made_at"]
    return {
        "uri": name, "cid": record_cid(record), "author": author, "record": record, "indexedAt": made_at,
        "likeCount": now.get("likes", 0), "repostCount": now.get("shares", 0), "replyCount": now.get("comments", 0),
        "quoteCount": now.get("quotes", 0), "bookmarkCount": now.get("saves", 0), "labels": [],
    }  # fmt: skip


def counts(db: Db, row: Row) -> dict[str, int]:
    """The numbers of a post now."""
    author = accounts.account(db, "bluesky", row["account"])
    assert author is not None
    now = box().now()
    growth.arrive(db, box().pace, row, now)
    age = growth.age_d(box().pace, row["made_at"], now, setting(db, "ahead_s", 0))
    sql = "SELECT 1 FROM post WHERE network='bluesky' AND reply_to=? AND deleted_at IS NULL"
    own = rows(db, sql, row["id"])
    said = growth.comments_of(db, "bluesky", row["id"])
    return growth.numbers(row, author["followers"], age) | {"comments": len(said) + len(own)}


@xrpc("GET", "app.bsky.feed.getPostThread", params=("uri", "depth", "parentHeight"), signed=False)
def thread(me: Row | None, given: dict[str, Any]) -> Response:
    depth = int(first(given, "depth") or 6)
    with box().store.tx() as db:
        found = _thread(db, first(given, "uri"), depth)
    if found is None:
        raise refuse(400, "NotFound", f"Post not found: {first(given, 'uri')}")
    return jsonify(thread=found)


def _thread(db: Db, name: str, depth: int) -> dict[str, Any] | None:
    shown = post_json(db, name)
    if shown is None:
        return None
    view: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": shown}
    if depth > 0:
        sql = "SELECT id FROM post WHERE network='bluesky' AND reply_to=? AND deleted_at IS NULL"
        below = [said["id"] for said in growth.comments_of(db, "bluesky", name) if not said["parent"]]
        below += [
            s["id"] for s in rows(db, "SELECT id FROM comment WHERE network='bluesky' AND parent=?", name)
        ]
        below += [row["id"] for row in rows(db, sql, name)]
        hidden = hidden_below(db, name)
        view["replies"] = [v for each in below if each not in hidden and (v := _thread(db, each, depth - 1))]
    return view


def hidden_below(db: Db, name: str) -> set[str]:
    """What the owner of the thread has hidden in it."""
    post = growth.find_post(db, "bluesky", name)
    root = (json.loads(post["data"])["root"] or name) if post else name
    did, _, rkey = split_uri(root)
    gate = setting(db, f"bluesky gate {uri(did, GATE, rkey)}") or {}
    return set(gate.get("hiddenReplies") or ())


@xrpc(
    "GET",
    "app.bsky.notification.listNotifications",
    params=("reasons", "limit", "cursor", "seenAt", "priority"),
    signed=False,
)
def notifications(_: Row | None, given: dict[str, Any]) -> Response:
    limit = number_in(given, "limit", 100, 50)
    reasons = set(given.get("reasons") or ("reply", "mention"))
    with box().store.tx() as db:
        me = me_of(db, bearer(db))
        sql = "SELECT * FROM post WHERE network='bluesky' AND account=? AND deleted_at IS NULL"
        for post in rows(db, sql, me["id"]):
            counts(db, post)
        said = rows(
            db,
            "SELECT comment.* FROM comment JOIN post ON post.network='bluesky' AND post.id=comment.post WHERE"
            " comment.network='bluesky' AND comment.deleted_at IS NULL AND post.account=? ORDER BY comment.made_at DESC",
            me["id"],
        )
        said = said if "reply" in reasons else []
        if cursor := first(given, "cursor"):
            said = [row for row in said if row["made_at"] < cursor]
        found = [_notification(db, row) for row in said[:limit]]
    more = {"cursor": said[limit - 1]["made_at"]} if len(said) > limit else {}
    return jsonify(notifications=found, seenAt=box().now().isoformat(), **more)


def _notification(db: Db, said: Row) -> dict[str, Any]:
    record = said_record(db, said)
    return {
        "uri": said["id"], "cid": record_cid(record), "author": stranger_json(said["author"], said["author_name"]),
        "reason": "reply", "reasonSubject": said["post"], "record": record, "isRead": False,
        "indexedAt": said["made_at"], "labels": [],
    }  # fmt: skip
