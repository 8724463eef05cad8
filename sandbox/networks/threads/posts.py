"""Posts and replies: listing, reading, hiding and deleting them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import Field, bad, fail, flag, missing, param, pick, say
from sandbox.networks.threads.door import (
    DELETE,
    MANAGE_REPLIES,
    READ_REPLIES,
    edge,
    own,
    own_post,
    who,
)
from sandbox.networks.threads.publishing import most, used
from sandbox.store import Db, Row, one, rows, stamp

READ_AS = {"text": "TEXT_POST", "image": "IMAGE", "video": "VIDEO", "carousel": "CAROUSEL_ALBUM"}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def shortcode(media_id: str) -> str:
    number, text = int(media_id), ""
    while number:
        number, digit = divmod(number, 64)
        text = ALPHABET[digit] + text
    return text


def number_of(code: str) -> str:
    """The id behind a shortcode."""
    number = 0
    for letter in code:
        number = number * 64 + ALPHABET.find(letter)
    return str(number)


# Lists -----------------------------------------------------------------------------------------------------------
def mine(db: Db, me: Row, *, replies: bool) -> list[Row]:
    """Newest first."""
    every = "SELECT * FROM post WHERE network='threads' AND account=? AND deleted_at IS NULL ORDER BY id DESC"
    return [row for row in rows(db, every, me["id"]) if bool(row["reply_to"]) is replies]


@edge("GET", "{user:id}/threads")
@edge("GET", "me/threads")
def list_threads(user: str = "") -> Response:
    me, asked = own(user), graph.asked_fields()
    with box().store.tx() as db:
        found = graph.between(mine(db, me, replies=False))
        return jsonify(graph.listing(found, lambda row: node_json(db, row, asked, me)))


@edge("GET", "{node:id}/replies", "reverse")
@edge("GET", "me/replies")
def list_replies(node: str = "") -> Response:
    """Of the account: its own replies. Of a post or a reply: the first level of answers to it."""
    me, asked = who(READ_REPLIES), graph.asked_fields()
    with box().store.tx() as db:
        if node in ("", me["id"]):
            found = graph.between(mine(db, me, replies=True))
        else:
            readable(db, me, node)
            found = list(answers(db, node))
            if flag("reverse", True):
                found = found[::-1]
        return jsonify(graph.listing(found, lambda row: node_json(db, row, asked, me)))


@edge("GET", "{node:id}/conversation", "reverse")
def list_conversation(node: str) -> Response:
    """Everything below a post, flat."""
    me, asked = who(READ_REPLIES), graph.asked_fields()
    with box().store.tx() as db:
        own_post(db, me, node)
        found = sorted(below(db, node), key=lambda row: (row["made_at"], row["id"]))
        if flag("reverse", True):
            found = found[::-1]
        return jsonify(graph.listing(found, lambda row: node_json(db, row, asked, me)))


def answers(db: Db, node: str) -> Iterator[Row]:
    """What was said directly under a post or a reply, oldest first: by others, and by us."""
    if post := growth.find_post(db, "threads", node):
        growth.arrive(db, box().pace, post, box().now())
    found = [row for row in growth.comments_of(db, "threads", node) if not row["parent"]]
    found += rows(
        db,
        "SELECT * FROM post WHERE network='threads' AND reply_to=? AND deleted_at IS NULL ORDER BY id",
        node,
    )
    yield from sorted(found, key=lambda row: (row["made_at"], row["id"]))


def below(db: Db, node: str) -> Iterator[Row]:
    for row in answers(db, node):
        yield row
        yield from below(db, row["id"])


def readable(db: Db, me: Row, node: str) -> None:
    if comment := comment_of(db, node):
        own_post(db, me, comment["post"])
    else:
        own_post(db, me, node)


def comment_of(db: Db, node: str) -> Row | None:
    return one(db, "SELECT * FROM comment WHERE network='threads' AND id=? AND deleted_at IS NULL", node)


# One of them -----------------------------------------------------------------------------------------------------
def node_json(db: Db, row: Row, asked: tuple[Field, ...], me: Row) -> dict[str, Any]:
    """A post of ours, or a reply of somebody else (a row of `comment`)."""
    ours = "author" not in row
    owner = accounts.account(db, "threads", row["account"]) if ours else None
    username = owner["handle"] if owner else row["author"]
    media = json.loads(row["media"]) if ours else []
    above = row["reply_to"] if ours else row["post"]
    root = json.loads(row["data"])["root"] if ours else _root(db, row["post"])
    base = request.host_url
    anchor = row["id"] if ours else row["post"]
    first = media[0] if media else None
    owned = bool(root) and growth.find_post(db, "threads", root) is not None

    def children(wanted: Field) -> Any:
        names = {inner.name for inner in wanted.sub} | {"id"}
        if len(media) < 2:
            return None
        return {"data": [{key: item[key] for key in names if key in item} for item in media]}

    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "media_product_type": say("THREADS"),
        "media_type": say(READ_AS[row["kind"]] if ours else "TEXT_POST"),
        "text": say(row["text"] or None),
        "permalink": say(
            f"{base}threads/@{owner['handle'] if owner else me['handle']}/post/{shortcode(anchor)}"
        ),
        "shortcode": say(shortcode(row["id"])),
        "timestamp": say(graph.told(row["made_at"])),
        "username": say(username),
        "owner": say({"id": row["account"]} if ours else None),
        "is_quote_post": say(False),
        "alt_text": say(first["alt"] or None if first and len(media) == 1 else None),
        "media_url": say(f"{base}file/{first['sha256']}" if first else None),
        "children": children,
        "link_attachment_url": say(row["link"] if ours else None),
        "topic_tag": say(json.loads(row["data"])["topic"] or None if ours else None),
        "is_reply": say(bool(above)),
        "has_replies": lambda wanted: next(answers(db, row["id"]), None) is not None,
        "root_post": say({"id": root} if root else None),
        "replied_to": say({"id": above} if above else None),
        "is_reply_owned_by_me": say(ours and row["account"] == me["id"] and bool(above)),
        "hide_status": say(("HIDDEN" if row["hidden"] else "NOT_HUSHED") if not ours and owned else None),
        "reply_audience": say("EVERYONE"),
    }
    return pick("ThreadsMedia", asked, ("id",), getters)


def _root(db: Db, post_id: str) -> str:
    post = growth.find_post(db, "threads", post_id)
    return (json.loads(post["data"])["root"] or post_id) if post else post_id


@edge("DELETE", "{node:id}")
def delete_node(node: str) -> Response:
    me = who(DELETE)
    with box().store.tx() as db:
        own_post(db, me, node)
        if used(db, me, box().now())["delete"] >= most(db)["delete"]:
            raise fail(4, "(#4) Application request limit reached: 100 deletions in 24 hours.")
        at = stamp(box().now())
        db.execute("UPDATE post SET deleted_at=? WHERE network='threads' AND id=?", (at, node))
    return jsonify(success=True, deleted_id=node)


@edge("POST", "{node:id}/manage_reply", "hide")
def manage_reply(node: str) -> Response:
    """Hide or show a reply of somebody else to a post of ours; only the first level."""
    me = who(MANAGE_REPLIES)
    if not param("hide"):
        raise bad("The parameter hide is required")
    with box().store.tx() as db:
        comment = comment_of(db, node)
        if comment is None:
            raise missing(node)
        post = own_post(db, me, comment["post"])
        if comment["parent"] or json.loads(post["data"])["root"]:
            raise bad("Only top-level replies can be hidden")
        db.execute(
            "UPDATE comment SET hidden=? WHERE network='threads' AND id=?", (int(flag("hide", False)), node)
        )
    return jsonify(success=True)
