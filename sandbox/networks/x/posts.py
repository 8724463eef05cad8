"""Posting to X and deleting, with all that a post may be refused for; and how its links are shortened."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify

from sandbox import growth, weighted
from sandbox.box import Refused, box
from sandbox.networks.x.media import KEY_PREFIX, MEDIA_BY_ID
from sandbox.networks.x.wire import (
    DUPLICATE_WINDOW,
    NOT_MENTIONED,
    POST_KEYS,
    PROBLEM,
    forbidden,
    invalid,
    json_body,
    known,
    problem,
    wire,
)
from sandbox.store import Db, Row, insert, instant, one, rows, stamp


@wire("POST", "/2/tweets", scopes=("tweet.read", "tweet.write", "users.read"), limit=100, app_limit=10_000)
def create_post(me: Row) -> Any:
    body = json_body(POST_KEYS)
    text = body.get("text", "")
    if not isinstance(text, str):
        raise invalid("$.text: string expected", "text", text)
    media_ids = _media_ids(body)
    if not text.strip() and not media_ids and "poll" not in body:
        raise invalid("$: either text or media must be provided", "text", text)
    if (weight := weighted.weight(text)) > weighted.MAX_WEIGHT:
        raise invalid(
            f"Your post is too long: {weight} of {weighted.MAX_WEIGHT} weighted characters.", "text"
        )
    if len(weighted.CASHTAG.findall(text)) > 1:
        raise forbidden("You may use a maximum of one cashtag in a post.")
    _check_choices(body, bool(media_ids))
    now = box().now()
    with box().store.tx() as db:
        parent = _parent(db, me, body.get("reply"))
        _refuse_duplicate(db, me, text, now)
        media = _attach(db, me, media_ids, now)
        post_id = growth.remote_id(db, "x", now)
        conversation = (
            json.loads(parent["data"])["conversation"]
            if parent and "data" in parent
            else parent["post"]
            if parent
            else post_id
        )
        insert(
            db,
            "post",
            network="x",
            id=post_id,
            account=me["id"],
            kind="reply" if parent else "post",
            text=text,
            reply_to=parent["id"] if parent else None,
            media=json.dumps(media),
            made_at=stamp(now),
            data=json.dumps(
                {"conversation": conversation, "reply_settings": body.get("reply_settings", "everyone")}
            ),
        )
        db.executemany(
            "UPDATE media SET used_by=? WHERE network='x' AND id=?", [(post_id, item["id"]) for item in media]
        )
        shown, _ = shorten(text, media, me["handle"], post_id)
    return jsonify(data={"id": post_id, "text": shown, "edit_history_post_ids": [post_id]}), 201


def _media_ids(body: dict[str, Any]) -> list[str]:
    if "media" not in body:
        return []
    media = known(body["media"], {"media_ids", "tagged_user_ids"}, "$.media")
    ids = media.get("media_ids")
    if (
        not isinstance(ids, list)
        or not 1 <= len(ids) <= 4
        or not all(isinstance(i, str) and i.isdigit() for i in ids)
    ):
        raise invalid("$.media.media_ids: one to four ids as texts", "media.media_ids", ids)
    if len(set(ids)) != len(ids):
        raise invalid("$.media.media_ids: must be unique", "media.media_ids", ids)
    if len(media.get("tagged_user_ids") or []) > 10:
        raise invalid("$.media.tagged_user_ids: at most 10", "media.tagged_user_ids")
    return ids


def _check_choices(body: dict[str, Any], has_media: bool) -> None:
    if "quote_tweet_id" in body:
        raise forbidden("Quote posts are not available on your plan.")
    settings = body.get("reply_settings")
    if settings is not None and settings not in ("following", "mentionedUsers", "subscribers", "verified"):
        raise invalid(
            "$.reply_settings: must be following, mentionedUsers, subscribers or verified",
            "reply_settings",
            settings,
        )
    if "poll" not in body:
        return
    poll = known(body["poll"], {"options", "duration_minutes", "reply_settings"}, "$.poll")
    options, minutes = poll.get("options"), poll.get("duration_minutes")
    if has_media:
        raise invalid("$: poll and media are mutually exclusive", "poll")
    if (
        not isinstance(options, list)
        or not 2 <= len(options) <= 4
        or not all(isinstance(o, str) and 1 <= len(o) <= 25 for o in options)
    ):
        raise invalid("$.poll.options: two to four texts of 1 to 25 characters", "poll.options", options)
    if not isinstance(minutes, int) or not 5 <= minutes <= 10_080:
        raise invalid("$.poll.duration_minutes: 5 to 10080", "poll.duration_minutes", minutes)


def _parent(db: Db, me: Row, reply: Any) -> Row | None:
    """The post or comment that is answered; others' posts may be answered only if they mention us."""
    if reply is None:
        return None
    reply = known(
        reply, {"in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"}, "$.reply"
    )
    parent_id = reply.get("in_reply_to_tweet_id")
    if not isinstance(parent_id, str) or not parent_id.isdigit():
        raise invalid(
            "$.reply.in_reply_to_tweet_id: does not match the pattern ^[0-9]{1,19}$",
            "in_reply_to_tweet_id",
            parent_id,
        )
    if post := growth.find_post(db, "x", parent_id):
        if post["account"] != me["id"] and f"@{me['handle']}".lower() not in post["text"].lower():
            raise forbidden(NOT_MENTIONED)
        return post
    comment = one(db, "SELECT * FROM comment WHERE network='x' AND id=? AND deleted_at IS NULL", parent_id)
    if comment is None:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if f"@{me['handle']}".lower() not in comment["text"].lower():
        raise forbidden(NOT_MENTIONED)
    return {"id": comment["id"], "post": comment["post"]}


def _refuse_duplicate(db: Db, me: Row, text: str, now: datetime) -> None:
    if not text.strip():
        return
    since = stamp(now - DUPLICATE_WINDOW)
    recent = rows(
        db,
        "SELECT text FROM post WHERE network='x' AND account=? AND deleted_at IS NULL AND made_at>=?",
        me["id"],
        since,
    )
    if any(" ".join(row["text"].split()) == " ".join(text.split()) for row in recent):
        raise forbidden("You are not allowed to create a Tweet with duplicate content.")


def _attach(db: Db, me: Row, ids: list[str], now: datetime) -> list[dict[str, Any]]:
    found = [one(db, MEDIA_BY_ID + " AND account=?", media_id, me["id"]) for media_id in ids]
    bad = [
        media_id
        for media_id, row in zip(ids, found, strict=True)
        if row is None
        or row["state"] != "done"
        or row["used_by"]
        or row["error"]
        or row["kind"] == "subtitles"
        or instant(row["expires_at"]) <= now
        or instant(row["ready_at"]) > now
    ]
    if bad:
        raise invalid("Your media IDs are invalid.", "media.media_ids", ",".join(bad))
    media = [row for row in found if row is not None]
    if len(media) > 1 and any(row["kind"] != "image" for row in media):
        raise invalid(
            "Only up to four photos, or one GIF, or one video can be attached.",
            "media.media_ids",
            ",".join(ids),
        )
    names = ("id", "kind", "sha256", "mime", "bytes", "width", "height", "alt", "duration_s")
    return [
        {name: row[name] for name in names} | {"subtitles": json.loads(row["data"]).get("subtitles")}
        for row in media
    ]


@wire("DELETE", "/2/tweets/<post_id>", scopes=("tweet.read", "tweet.write", "users.read"), limit=50)
def delete_post(me: Row, post_id: str) -> Response:
    with box().store.tx() as db:
        post = growth.find_post(db, "x", post_id)
        if post is not None and post["account"] != me["id"]:
            raise forbidden("You are not authorized to delete this Tweet.")
        if post is None:
            raise Refused(
                problem(
                    404,
                    "Not Found Error",
                    f"Could not find tweet with id: [{post_id}].",
                    f"{PROBLEM}resource-not-found",
                )
            )
        db.execute("UPDATE post SET deleted_at=? WHERE network='x' AND id=?", (stamp(box().now()), post_id))
    return jsonify(data={"deleted": True})


def shorten(
    text: str, media: list[dict[str, Any]], handle: str, post_id: str
) -> tuple[str, list[dict[str, Any]]]:
    """Replace each link by a t.co link, and add the one X adds for the media; returns (text, entities.urls)."""
    shown, entities, position = "", [], 0
    for link in weighted.links(text):
        short = "https://t.co/" + tco(link.url + post_id)
        shown += text[position : link.start]
        full = link.url if "://" in link.url else f"http://{link.url}"
        entities.append(_url_entity(shown, short, full))
        shown += short
        position = link.end
    shown += text[position:]
    if media:
        short = "https://t.co/" + tco(post_id)
        kind = "video" if media[0]["kind"] == "video" else "photo"
        shown += " " if shown else ""
        for item in media:
            full = f"https://x.com/{handle}/status/{post_id}/{kind}/1"
            entities.append(
                _url_entity(shown, short, full) | {"media_key": KEY_PREFIX[item["kind"]] + item["id"]}
            )
        shown += short
    return shown, entities


def _url_entity(before: str, short: str, full: str) -> dict[str, Any]:
    parts = urlsplit(full)
    display = (parts.netloc.removeprefix("www.") + parts.path.rstrip("/")) or full
    return {
        "start": len(before),
        "end": len(before) + len(short),
        "url": short,
        "expanded_url": full,
        "display_url": display if len(display) <= 26 else display[:26] + "…",
    }


def tco(seed: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode()
    return digest.replace("-", "a").replace("_", "b")[:10]
