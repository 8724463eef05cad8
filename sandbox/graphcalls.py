"""How the Meta family calls the app: what each of its networks says about comments and messages, and the signature."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify

from sandbox import accounts, direct, growth
from sandbox.box import CLIENT_SECRET, box
from sandbox.calling import Body, Calls, said
from sandbox.graph import bad, fail, param
from sandbox.store import Db, Row, instant, put_setting, rows, setting

Happening = tuple[str, Callable[[], Body]]


def sign(body: bytes, now: datetime) -> dict[str, str]:
    digest = hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def unix(text: str) -> int:
    return int(instant(text).timestamp())


def comments(db: Db, network: str, wrap: Callable[[Row, Row], Body], field: str = "") -> Iterator[Happening]:
    def arrive(db: Db, post: Row) -> None:
        growth.arrive(db, box().pace, post, box().now())

    for row, post in said(db, network, arrive):
        if field and not subscribed(db, network, post["account"], field):
            continue
        yield f"comment {row['id']}", lambda row=row, post=post: wrap(row, post)  # type: ignore[misc]


def messages(db: Db, network: str, kind: str) -> Iterator[Happening]:
    """What people write in private; our own answers are not told."""
    for account in accounts.accounts(db, network):
        if not subscribed(db, network, account["id"], "messages"):
            continue
        direct.arrive(db, network, account["id"])
        sql = "SELECT * FROM comment WHERE network=? AND post=? AND author<>? ORDER BY made_at, id"
        for row in rows(db, sql, network, direct.box_of(account["id"]), account["id"]):
            yield (
                f"message {row['id']}",
                lambda row=row, to=account["id"]: entry(  # type: ignore[misc]
                    kind,
                    to,
                    row["made_at"],
                    messaging=[
                        {
                            "sender": {"id": row["parent"][2:]},
                            "recipient": {"id": to},
                            "timestamp": unix(row["made_at"]) * 1000,
                            "message": {"mid": row["id"], "text": row["text"]},
                        }
                    ],
                ),
            )


def subscribed(db: Db, network: str, account: str, field: str) -> bool:
    """Whether the app was put on for this account: without that Meta calls about nothing of it."""
    return field in setting(db, f"{network} subscribed", {}).get(account, [])


def subscribe(
    network: str, account: str, known: Mapping[str, tuple[str, ...]], scopes: Collection[str]
) -> Response:
    """``POST /{account}/subscribed_apps``. ``known``: the fields, and the permissions that each needs."""
    fields = [each for each in param("subscribed_fields").split(",") if each]
    if not fields:
        raise bad("The parameter subscribed_fields is required")
    for field in fields:
        if field not in known:
            raise bad(f"Param subscribed_fields[0] must be one of {{{', '.join(known)}}} - got {field!r}.")
        if lacking := [scope for scope in known[field] if scope not in scopes]:
            raise fail(
                200,
                f"(#200) To subscribe to the {field} field, one of these permissions is needed: {lacking[0]}",
            )
    with box().store.tx() as db:
        now = setting(db, f"{network} subscribed", {})
        put_setting(db, f"{network} subscribed", now | {account: fields})
    return jsonify(success=True)


def entry(kind: str, account: str, at: str, **more: Any) -> Body:
    return {"object": kind, "entry": [{"id": account, "time": unix(at), **more}]}


def author(row: Row, name: str) -> dict[str, str]:
    """Whoever said it: a person, or our own account."""
    ours = row["author"].isdigit()
    return {
        "id": row["author"] if ours else direct.person_id(row["author"]),
        name: row["author"] if name == "username" else row["author_name"],
    }


# Each network --------------------------------------------------------------------------------------------------------
def _on_page(row: Row, post: Row) -> Body:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": row["id"],
        "post_id": post["id"],
        "parent_id": row["parent"] or post["id"],
        "from": author(row, "name"),
        "message": row["text"],
        "created_time": unix(row["made_at"]),
    }
    return entry("page", post["account"], row["made_at"], changes=[{"field": "feed", "value": value}])


def _on_instagram(row: Row, post: Row) -> Body:
    value = {
        "id": row["id"],
        "text": row["text"],
        "from": author(row, "username"),
        "media": {"id": post["id"], "media_product_type": post["kind"].upper()},
    }
    if row["parent"]:
        value["parent_id"] = row["parent"]
    return entry(
        "instagram", post["account"], row["made_at"], changes=[{"field": "comments", "value": value}]
    )


def _tagged(row: Row, account: str) -> Body:
    changes = [{"field": "mentions", "value": {"media_id": row["id"]}}]
    return entry("instagram", account, row["made_at"], changes=changes)


def _mentioned(row: Row, account: str) -> Body:
    value = {"media_id": row["parent"], "comment_id": row["id"]}
    return entry("instagram", account, row["made_at"], changes=[{"field": "mentions", "value": value}])


def mentions(db: Db) -> Iterator[Happening]:
    for account in accounts.accounts(db, "instagram"):
        if subscribed(db, "instagram", account["id"], "mentions"):
            for row in direct.mentioned(db, account["id"]):
                yield f"mention {row['id']}", lambda row=row, to=account["id"]: _mentioned(row, to)  # type: ignore[misc]


def _page_tagged(row: Row, account: str) -> Body:
    value = {"item": "post", "verb": "add", "post_id": row["id"], "created_time": unix(row["made_at"])}
    return entry("page", account, row["made_at"], changes=[{"field": "mention", "value": value}])


def tags(db: Db, network: str, body: Callable[[Row, str], Body], field: str) -> Iterator[Happening]:
    for account in accounts.accounts(db, network):
        if not subscribed(db, network, account["id"], field):
            continue
        for row in reversed(direct.tagged(db, network, account["id"])):
            yield f"tag {row['id']}", lambda row=row, to=account["id"]: body(row, to)  # type: ignore[misc]


def _on_threads(row: Row, post: Row) -> Body:
    value = {
        "id": row["id"],
        "username": row["author"],
        "text": row["text"],
        "media_type": "TEXT_POST",
        "replied_to": {"id": row["parent"] or post["id"]},
        "root_post": {"id": post["id"], "owner_id": post["account"]},
        "timestamp": row["made_at"],
    }
    return {
        "app_id": "sandbox-app",
        "topic": "moderate",
        "target_id": row["id"],
        "time": unix(row["made_at"]),
        "has_uid_field": False,
        "values": {"value": value, "field": "replies"},
    }


def _facebook(db: Db, now: datetime) -> Iterator[Happening]:
    yield from comments(db, "facebook", _on_page, "feed")
    yield from messages(db, "facebook", "page")
    yield from tags(db, "facebook", _page_tagged, "mention")


def _instagram(db: Db, now: datetime) -> Iterator[Happening]:
    yield from comments(db, "instagram", _on_instagram, "comments")
    yield from messages(db, "instagram", "instagram")
    yield from tags(db, "instagram", _tagged, "mentions")
    yield from mentions(db)


def _threads(db: Db, now: datetime) -> Iterator[Happening]:
    yield from comments(db, "threads", _on_threads)


FACEBOOK = Calls(_facebook, sign)
INSTAGRAM = Calls(_instagram, sign)
THREADS = Calls(_threads, sign)
