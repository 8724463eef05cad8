"""Reading from a Mastodon server: its account of itself, accounts, posts and their numbers, answers, mentions."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from sandbox import accounts, direct, growth
from sandbox.box import box
from sandbox.networks.mastodon import media as attachments
from sandbox.networks.mastodon import words
from sandbox.networks.mastodon.wire import (
    DOMAIN,
    MAX_ALT,
    MAX_CHARACTERS,
    MAX_FPS,
    MAX_IMAGE,
    MAX_MEDIA,
    MAX_PIXELS,
    MAX_VIDEO,
    MAX_VIDEO_PIXELS,
    MIMES,
    URL_WEIGHT,
    VERSION,
    bp,
    invalid,
    not_found,
    wire,
)
from sandbox.store import Db, Row, instant, one, rows, setting, stamp

CONFIGURATION = {
    "statuses": {
        "max_characters": MAX_CHARACTERS, "max_media_attachments": MAX_MEDIA,
        "characters_reserved_per_url": URL_WEIGHT,
    },
    "media_attachments": {
        "description_limit": MAX_ALT, "supported_mime_types": list(MIMES), "image_size_limit": MAX_IMAGE,
        "image_matrix_limit": MAX_PIXELS, "video_size_limit": MAX_VIDEO, "video_frame_rate_limit": MAX_FPS,
        "video_matrix_limit": MAX_VIDEO_PIXELS,
    },
    "polls": {
        "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746,
    },
    "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
}  # fmt: skip


@bp.get("/api/v2/instance", strict_slashes=False)
def instance() -> Response:
    return jsonify(
        domain=DOMAIN, title="Social (sandbox)", version=VERSION, source_url="https://github.com/mastodon/mastodon",
        description="A stand-in for a Mastodon server.", usage={"users": {"active_month": 2}}, languages=["en"],
        configuration=CONFIGURATION, api_versions={"mastodon": 7}, rules=[], icon=[],
        registrations={"enabled": False, "approval_required": False, "message": None},
        contact={"email": "", "account": None},
    )  # fmt: skip


@bp.get("/api/v1/instance", strict_slashes=False)
def instance_v1() -> Response:
    return jsonify(
        uri=DOMAIN, title="Social (sandbox)", version=VERSION, short_description="", description="", email="",
        urls={}, stats={"user_count": 2, "status_count": 0, "domain_count": 1}, languages=["en"], rules=[],
        registrations=False, approval_required=False, invites_enabled=False, configuration=CONFIGURATION,
    )  # fmt: skip


def here() -> str:
    return f"{request.host_url}mastodon"


def account_json(db: Db, person: Row) -> dict[str, Any]:
    count = one(
        db, "SELECT count(*) AS n FROM post WHERE network='mastodon' AND account=? AND deleted_at IS NULL",
        person["id"],
    )  # fmt: skip
    assert count is not None
    return {
        "id": person["id"], "username": person["handle"], "acct": person["handle"], "display_name": person["name"],
        "locked": False, "bot": False, "created_at": person["made_at"], "note": f"<p>{person['about']}</p>",
        "url": f"{here()}/@{person['handle']}", "uri": f"{here()}/users/{person['handle']}",
        "avatar": f"{request.host_url}avatar/mastodon/{person['handle']}.png",
        "followers_count": person["followers"], "following_count": 96, "statuses_count": count["n"], "emojis": [],
        "fields": [],
    }  # fmt: skip


@wire("GET", "/api/v1/accounts/verify_credentials", scope="read:accounts")
def verify_credentials(me: Row, given: dict[str, Any]) -> Response:
    source = {"privacy": "public", "sensitive": False, "language": "en", "note": me["about"], "fields": []}
    with box().store.tx() as db:
        return jsonify(account_json(db, me) | {"source": source})


TIMELINE = (
    "max_id", "min_id", "since_id", "limit", "exclude_reblogs", "exclude_replies", "only_media", "pinned", "tagged",
)  # fmt: skip


@wire("GET", "/api/v1/accounts/<account_id>/statuses", scope="read:statuses", params=TIMELINE)
def account_statuses(me: Row, given: dict[str, Any], account_id: str) -> Response:
    with box().store.tx() as db:
        if accounts.account(db, "mastodon", account_id) is None:
            raise not_found()
        sql = "SELECT * FROM post WHERE network='mastodon' AND account=? AND deleted_at IS NULL"
        found = rows(db, sql, account_id)
        if given.get("exclude_replies") == "true":
            found = [row for row in found if not row["reply_to"]]
        found, link = page(found, given, 20, 40)
        return linked([status_json(db, me, row) for row in found], link)


def page(found: list[Row], given: dict[str, Any], usual: int, most: int) -> tuple[list[Row], str]:
    """Newest first, and the Link header that leads on."""
    limit = str(given.get("limit", usual))
    if not limit.isdigit() or not int(limit):
        raise invalid("limit must be a number")
    for name, keep in (
        ("max_id", lambda a, b: a < b),
        ("since_id", lambda a, b: a > b),
        ("min_id", lambda a, b: a > b),
    ):
        if given.get(name):
            found = [row for row in found if keep(int(row["id"]), int(given[name]))]
    found = sorted(found, key=lambda row: int(row["id"]), reverse=True)
    shown, more = found[: min(int(limit), most)], len(found) > min(int(limit), most)
    links = []
    if more:
        links.append(f'<{request.base_url}?{urlencode({"max_id": shown[-1]["id"]})}>; rel="next"')
    if shown:
        links.append(f'<{request.base_url}?{urlencode({"min_id": shown[0]["id"]})}>; rel="prev"')
    return shown, ", ".join(links)


def linked(body: Any, link: str) -> Response:
    response = jsonify(body)
    if link:
        response.headers["Link"] = link
    return response


# Posts ----------------------------------------------------------------------------------------------------------


def find_status(db: Db, status_id: str) -> Row | None:
    """A post, or what somebody said, as a post."""
    if post := growth.find_post(db, "mastodon", status_id):
        return post
    said = one(
        db, "SELECT * FROM comment WHERE network='mastodon' AND id=? AND deleted_at IS NULL", status_id
    )
    return as_post(said) if said else None


def as_post(said: Row) -> Row:
    data = {
        "visibility": "public",
        "spoiler_text": "",
        "language": "en",
        "sensitive": False,
        "edited_at": None,
    }
    above = None if said["post"].startswith(growth.QUOTES) else said["parent"] or said["post"]
    return {
        "network": "mastodon", "id": said["id"], "account": "", "kind": "comment", "text": said["text"],
        "reply_to": above, "media": "[]", "made_at": said["made_at"], "data": json.dumps(data),
        "person": said["author"], "person_name": said["author_name"],
    }  # fmt: skip


def author_json(db: Db, row: Row) -> dict[str, Any]:
    if author := accounts.account(db, "mastodon", row["account"]):
        return account_json(db, author)
    login = row["person"]
    return {
        "id": number_of(login), "username": login, "acct": f"{login}@people.example", "display_name": row["person_name"],
        "url": f"https://people.example/@{login}", "followers_count": 40, "avatar": "", "created_at": row["made_at"],
    }  # fmt: skip


def status_json(db: Db, me: Row, row: Row) -> dict[str, Any]:
    data = json.loads(row["data"])
    now = counts(db, row)
    author = author_json(db, row)
    parent = find_status(db, row["reply_to"]) if row["reply_to"] else None
    return {
        "id": row["id"], "created_at": row["made_at"], "edited_at": data["edited_at"],
        "in_reply_to_id": row["reply_to"], "in_reply_to_account_id": author_json(db, parent)["id"] if parent else None,
        "sensitive": data["sensitive"], "spoiler_text": data["spoiler_text"], "visibility": data["visibility"],
        "language": data["language"], "uri": f"{here()}/users/{author['username']}/statuses/{row['id']}",
        "url": f"{here()}/@{author['username']}/{row['id']}", "content": words.html(row["text"], here()),
        "replies_count": now["comments"], "reblogs_count": now["shares"], "favourites_count": now["likes"],
        "quotes_count": now["quotes"], "favourited": False, "reblogged": False, "reblog": None,
        "application": {"name": "Hustings", "website": None} if row["account"] == me["id"] else None,
        "account": author, "media_attachments": [attachments.as_json(i) for i in json.loads(row["media"])],
        "mentions": [], "tags": [], "emojis": [], "card": None, "poll": None,
    }  # fmt: skip


def counts(db: Db, row: Row) -> dict[str, int]:
    """The numbers of a post now. What somebody else said has none."""
    author = accounts.account(db, "mastodon", row["account"])
    if author is None:
        return dict.fromkeys(("likes", "shares", "quotes", "comments"), 0)
    now = box().now()
    growth.arrive(db, box().pace, row, now, author["handle"])
    age = growth.age_d(box().pace, row["made_at"], now, setting(db, "ahead_s", 0))
    own = rows(
        db, "SELECT 1 FROM post WHERE network='mastodon' AND reply_to=? AND deleted_at IS NULL", row["id"]
    )
    said = growth.comments_of(db, "mastodon", row["id"])
    return growth.numbers(row, author["followers"], age) | {"comments": len(said) + len(own)}


@wire("GET", "/api/v1/statuses", scope="read:statuses", params=("id",))
def statuses(me: Row, given: dict[str, Any]) -> Response:
    asked = given.get("id") or []
    if not isinstance(asked, list) or not 1 <= len(asked) <= 20:
        raise invalid("id[] takes 1 to 20 ids")
    with box().store.tx() as db:
        found = [find_status(db, str(i)) for i in asked]
        return jsonify([status_json(db, me, row) for row in found if row])


@wire("GET", "/api/v1/statuses/<post_id>", scope="read:statuses")
def status(me: Row, given: dict[str, Any], post_id: str) -> Response:
    with box().store.tx() as db:
        return jsonify(status_json(db, me, _existing(db, post_id)))


@wire("GET", "/api/v1/statuses/<post_id>/source", scope="read:statuses")
def source(me: Row, given: dict[str, Any], post_id: str) -> Response:
    with box().store.tx() as db:
        row = _existing(db, post_id)
    if row["account"] != me["id"]:
        raise not_found()
    return jsonify(id=row["id"], text=row["text"], spoiler_text=json.loads(row["data"])["spoiler_text"])


@wire("GET", "/api/v1/statuses/<post_id>/context", scope="read:statuses")
def context(me: Row, given: dict[str, Any], post_id: str) -> Response:
    with box().store.tx() as db:
        row = _existing(db, post_id)
        ancestors: list[Row] = []
        above = row["reply_to"]
        while above and (parent := find_status(db, above)):
            ancestors.insert(0, parent)
            above = parent["reply_to"]
        below = _below(db, post_id)
        return jsonify(
            ancestors=[status_json(db, me, each) for each in ancestors],
            descendants=[status_json(db, me, each) for each in below],
        )


def _existing(db: Db, post_id: str) -> Row:
    row = find_status(db, post_id)
    if row is None:
        raise not_found()
    return row


def _below(db: Db, post_id: str) -> list[Row]:
    post = growth.find_post(db, "mastodon", post_id)
    if post is not None:
        counts(db, post)  # lets what people say arrive
    sql = "SELECT * FROM post WHERE network='mastodon' AND reply_to=? AND deleted_at IS NULL"
    found = [as_post(said) for said in growth.comments_of(db, "mastodon", post_id)] + rows(db, sql, post_id)
    return [each for row in found for each in (row, *_below(db, row["id"]))]


@wire(
    "GET",
    "/api/v1/notifications",
    scope="read:notifications",
    params=("types", "exclude_types", "limit", "max_id", "min_id", "since_id", "account_id"),
)
def notifications(me: Row, given: dict[str, Any]) -> Response:
    kinds = given.get("types") or ["mention"]
    with box().store.tx() as db:
        for post in rows(
            db, "SELECT * FROM post WHERE network='mastodon' AND account=? AND deleted_at IS NULL", me["id"]
        ):
            counts(db, post)
        said = rows(
            db,
            "SELECT comment.* FROM comment JOIN post ON post.network='mastodon' AND post.id=comment.post"
            " WHERE comment.network='mastodon' AND comment.deleted_at IS NULL AND post.account=?",
            me["id"],
        )
        quoting = rows(
            db,
            "SELECT * FROM comment WHERE network='mastodon' AND post=? AND deleted_at IS NULL",
            growth.quotes_of(me["id"]),
        )
        kind_of = {row["id"]: "quote" for row in quoting} | {row["id"]: "mention" for row in said}
        told = [row for row in [*said, *quoting] if kind_of[row["id"]] in kinds]
        found, link = page(told, given, 40, 80)
        body = [
            {
                "id": row["id"], "type": kind_of[row["id"]], "created_at": stamp(instant(row["made_at"])),
                "account": author_json(db, as_post(row)), "status": status_json(db, me, as_post(row)),
            }
            for row in found
        ]  # fmt: skip
        return linked(body, link)


# Blocking people -----------------------------------------------------------------------------------------------------


def number_of(login: str) -> str:
    """The server's id of somebody who has only spoken."""
    return str(10**9 + int(hashlib.sha256(login.encode()).hexdigest()[:8], 16))


def _relationship(db: Db, me: Row, account_id: str, blocking: bool) -> Response:
    spoke = {
        row["author"] for row in rows(db, "SELECT DISTINCT author FROM comment WHERE network='mastodon'")
    }
    login = next((each for each in spoke if number_of(each) == account_id), None)
    if login is None:
        raise not_found()
    direct.block(db, "mastodon", me["id"], login, blocking)
    return jsonify(
        id=account_id, following=False, followed_by=False, blocking=blocking, muting=False, note=""
    )


@wire("POST", "/api/v1/accounts/<account_id>/block", scope="write:blocks")
def block_person(me: Row, given: dict[str, Any], account_id: str) -> Response:
    with box().store.tx() as db:
        return _relationship(db, me, account_id, True)


@wire("POST", "/api/v1/accounts/<account_id>/unblock", scope="write:blocks")
def unblock_person(me: Row, given: dict[str, Any], account_id: str) -> Response:
    with box().store.tx() as db:
        return _relationship(db, me, account_id, False)
