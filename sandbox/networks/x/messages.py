"""Direct messages to an account: read for thirty days, answered in the conversation that somebody began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, direct, growth
from sandbox.box import box
from sandbox.networks.x.reading import person_id, seconds, user_json
from sandbox.networks.x.wire import USER_FIELDS, fields, forbidden, invalid, json_body, number_in, wire
from sandbox.store import Db, Row, insert, rows, stamp

READ = ("dm.read", "tweet.read", "users.read")
WRITE = ("dm.write", "dm.read", "tweet.read", "users.read")
REACH = timedelta(days=30)
MAX_TEXT = 10_000
EVENT_FIELDS = {
    "attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "participant_ids",
    "referenced_tweets", "referenced_posts", "sender_id", "text",
}  # fmt: skip
EVENT_TYPES = {"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"}
QUERY = (
    "dm_event.fields", "event_types", "expansions", "media.fields", "user.fields", "tweet.fields", "post.fields",
    "max_results", "pagination_token",
)  # fmt: skip


def conversation_of(me: Row, login: str) -> str:
    return "-".join(sorted((me["id"], person_id(login)), key=int))


def _said(db: Db, me: Row) -> list[tuple[str, Row]]:
    """(conversation, message), oldest first."""
    sql = "SELECT * FROM comment WHERE network='x' AND post=? AND deleted_at IS NULL ORDER BY made_at, id"
    found = rows(db, sql, direct.box_of(me["id"]))
    people = {row["parent"]: row["author"] for row in found if row["author"] != me["id"]}
    return [(conversation_of(me, people[row["parent"]]), row) for row in found if row["parent"] in people]


def _page(db: Db, me: Row, said: list[tuple[str, Row]]) -> dict[str, Any]:
    """One page, newest first."""
    count, asked = number_in("max_results", 1, 100, 100), fields("dm_event.fields", EVENT_FIELDS)
    kinds = fields("event_types", EVENT_TYPES)
    expand, users = fields("expansions", {"sender_id", "participant_ids"}), fields("user.fields", USER_FIELDS)
    token = request.args.get("pagination_token", "")
    if token and not token.isdigit():
        raise invalid("The pagination token is not valid", "pagination_token", token)
    since = stamp(box().now() - REACH)
    found = [(talk, row) for talk, row in said if row["made_at"] >= since][::-1]
    if kinds and "MessageCreate" not in kinds:
        found = []
    start = next((n for n, (_, row) in enumerate(found) if row["id"] == token), 0) if token else 0
    page = found[start : start + count]
    answer: dict[str, Any] = {"meta": {"result_count": len(page)}}
    if page:
        answer["data"] = [_event(me, talk, row, asked) for talk, row in page]
        if "sender_id" in expand:
            senders = {_sender(me, row): row for _, row in page}
            answer["includes"] = {"users": [_user(db, me, row, users) for row in senders.values()]}
    if start + count < len(found):
        answer["meta"]["next_token"] = found[start + count][1]["id"]
    return answer


def _sender(me: Row, row: Row) -> str:
    return str(me["id"]) if row["author"] == me["id"] else person_id(row["author"])


def _user(db: Db, me: Row, row: Row, wanted: set[str]) -> dict[str, Any]:
    if row["author"] == me["id"]:
        return user_json(db, me, wanted)
    return {"id": person_id(row["author"]), "name": row["author_name"], "username": row["author"]}


def _event(me: Row, talk: str, row: Row, asked: set[str]) -> dict[str, Any]:
    whole = {
        "id": row["id"],
        "event_type": "MessageCreate",
        "text": row["text"],
        "sender_id": _sender(me, row),
        "dm_conversation_id": talk,
        "created_at": seconds(row["made_at"]),
    }
    return {name: value for name, value in whole.items() if name in asked | {"id", "event_type", "text"}}


@wire("GET", "/2/dm_events", scopes=READ, limit=15, easy=True, query=QUERY)
def dm_events(me: Row) -> Response:
    with box().store.tx() as db:
        direct.arrive(db, "x", me["id"])
        return jsonify(_page(db, me, _said(db, me)))


@wire("GET", "/2/dm_conversations/<talk>/dm_events", scopes=READ, limit=15, easy=True, query=QUERY)
def dm_events_of(me: Row, talk: str) -> Response:
    with box().store.tx() as db:
        return jsonify(_page(db, me, [each for each in _said(db, me) if each[0] == talk]))


@wire("POST", "/2/dm_conversations/<talk>/messages", scopes=WRITE, limit=15, app_limit=1440, easy=True)
def send_dm(me: Row, talk: str) -> tuple[Response, int]:
    text = json_body({"text", "attachments"}).get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT:
        raise invalid("$.text: a text of 1 to 10000 characters is expected", "text", text)
    now = box().now()
    with box().store.tx() as db:
        theirs = [row for known, row in _said(db, me) if known == talk and row["author"] != me["id"]]
        if not theirs:
            raise forbidden("You do not have permission to DM one or more participants.")
        event = growth.remote_id(db, "x", now)
        owner = accounts.account(db, "x", me["id"]) or me
        insert(
            db, "comment", network="x", id=event, post=direct.box_of(me["id"]), parent=theirs[0]["parent"],
            author=me["id"], author_name=owner["name"], text=text, made_at=stamp(now), number=-1,
        )  # fmt: skip
    return jsonify(data={"dm_conversation_id": talk, "dm_event_id": event}), 201
