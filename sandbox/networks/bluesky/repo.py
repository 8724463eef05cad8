"""The repository of an account: putting, reading, listing and deleting records."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.bluesky import records
from sandbox.networks.bluesky.wire import (
    CREATE,
    DELETE,
    GATE,
    POST,
    UPDATE,
    count_write,
    first,
    invalid,
    number_in,
    record_cid,
    refuse,
    split_uri,
    tid,
    uri,
    xrpc,
)
from sandbox.store import Db, Row, insert, next_number, one, put_setting, rows, setting, stamp

WRITE = ("repo", "collection", "rkey", "validate", "record", "swapRecord", "swapCommit")


def cid_of(db: Db, at_uri: str) -> str | None:
    """The cid of a post, or of what somebody said; None when it is not there."""
    if post := growth.find_post(db, "bluesky", at_uri):
        return record_cid(json.loads(post["data"])["record"])
    said = one(db, "SELECT * FROM comment WHERE network='bluesky' AND id=? AND deleted_at IS NULL", at_uri)
    return record_cid(said_record(db, said)) if said else None


def said_record(db: Db, said: Row) -> dict[str, Any]:
    """The record of what somebody said under a post of ours."""
    ref = {"uri": said["post"], "cid": cid_of_post(db, said["post"])}
    parent = {"uri": said["parent"], "cid": cid_of(db, said["parent"])} if said["parent"] else ref
    post = one(db, "SELECT data FROM post WHERE network='bluesky' AND id=?", said["post"])
    reply = json.loads(post["data"])["record"].get("reply") if post else None
    return {
        "$type": POST, "text": said["text"], "createdAt": said["made_at"], "langs": ["en"],
        "reply": {"root": reply["root"] if reply else ref, "parent": parent},
    }  # fmt: skip


def cid_of_post(db: Db, at_uri: str) -> str:
    post = one(db, "SELECT data FROM post WHERE network='bluesky' AND id=?", at_uri)
    return record_cid(json.loads(post["data"])["record"]) if post else ""


def _own(me: Row, given: dict[str, Any]) -> None:
    if given.get("repo") not in (me["id"], me["handle"]):
        raise refuse(401, "AuthenticationRequired", "Invalid did")
    if not isinstance(given.get("collection"), str):
        raise invalid("collection must be given")


@xrpc("POST", "com.atproto.repo.putRecord", body=WRITE)
def put(me: Row, given: dict[str, Any]) -> Response:
    """Create, or replace; the same again writes nothing and has no commit."""
    _own(me, given)
    return jsonify(_write(me, given, str(given.get("rkey", ""))))


@xrpc("POST", "com.atproto.repo.createRecord", body=WRITE)
def create(me: Row, given: dict[str, Any]) -> Response:
    _own(me, given)
    now = box().now()
    with box().store.tx() as db:
        rkey = given.get("rkey") or tid(next_number(db, "bluesky tid", int(now.timestamp() * 1e6)))
        if cid_of(db, uri(me["id"], given["collection"], rkey)):
            raise refuse(500, "InternalServerError", "Internal Server Error")  # as the real one does
    return jsonify(_write(me, given, rkey))


def _write(me: Row, given: dict[str, Any], rkey: str) -> dict[str, Any]:
    collection, record = given["collection"], given.get("record")
    name = uri(me["id"], collection, rkey)
    with box().store.tx() as db:
        media = records.check(db, me, collection, rkey, record)
        made = record_cid(record)
        answer: dict[str, Any] = {"uri": name, "cid": made, "validationStatus": "valid"}
        if collection == GATE:
            count_write(db, me["id"], UPDATE)
            put_setting(db, f"bluesky gate {name}", record)
            return answer | {"commit": {"cid": made, "rev": rkey}}
        old = cid_of(db, name)
        if "swapRecord" in given and given["swapRecord"] != old:
            raise refuse(400, "InvalidSwap", f"Record was at {old}")
        if old == made:
            return answer
        count_write(db, me["id"], UPDATE if old else CREATE)
        _keep(db, me, name, record, media, bool(old))
    return answer | {"commit": {"cid": made, "rev": rkey}}


def _keep(
    db: Db, me: Row, name: str, record: dict[str, Any], media: list[dict[str, Any]], known: bool
) -> None:
    root, parent = records.check_reply(db, record["reply"], cid_of) if "reply" in record else (None, None)
    card = (record.get("embed") or {}).get("external") or {}
    data = json.dumps({"record": record, "root": root, "card": card})
    for item in media:
        db.execute("UPDATE media SET used_by=? WHERE network='bluesky' AND id=?", (name, item["id"]))
    if known:
        sql = "UPDATE post SET text=?, media=?, reply_to=?, link=?, data=? WHERE network='bluesky' AND id=?"
        db.execute(sql, (record["text"], json.dumps(media), parent, card.get("uri"), data, name))
        return
    db.execute("DELETE FROM post WHERE network='bluesky' AND id=?", (name,))  # one that was taken down
    insert(
        db, "post", network="bluesky", id=name, account=me["id"], kind="reply" if parent else "post",
        text=record["text"], reply_to=parent, link=card.get("uri"), media=json.dumps(media),
        made_at=stamp(box().now()), data=data,
    )  # fmt: skip


@xrpc(
    "POST", "com.atproto.repo.deleteRecord", body=("repo", "collection", "rkey", "swapRecord", "swapCommit")
)
def delete(me: Row, given: dict[str, Any]) -> Response:
    """Gone already is fine."""
    _own(me, given)
    name = uri(me["id"], given["collection"], str(given.get("rkey", "")))
    with box().store.tx() as db:
        count_write(db, me["id"], DELETE)
        db.execute(
            "UPDATE post SET deleted_at=? WHERE network='bluesky' AND id=? AND deleted_at IS NULL",
            (stamp(box().now()), name),
        )
    return jsonify(commit={"cid": record_cid(name), "rev": str(given.get("rkey", ""))})


@xrpc("GET", "com.atproto.repo.getRecord", params=("repo", "collection", "rkey", "cid"), signed=False)
def get(me: Row | None, given: dict[str, Any]) -> Response:
    with box().store.tx() as db:
        person = accounts.by_name(db, "bluesky", first(given, "repo"))
        did = person["id"] if person else first(given, "repo")
        name = uri(did, first(given, "collection"), first(given, "rkey"))
        found = find_record(db, name)
    if found is None:
        raise refuse(400, "RecordNotFound", f"Could not locate record: {name}")
    return jsonify(uri=name, cid=record_cid(found), value=found)


def find_record(db: Db, name: str) -> dict[str, Any] | None:
    if split_uri(name)[1] == GATE:
        gate: dict[str, Any] | None = setting(db, f"bluesky gate {name}")
        return gate
    if post := growth.find_post(db, "bluesky", name):
        record: dict[str, Any] = json.loads(post["data"])["record"]
        return record
    said = one(db, "SELECT * FROM comment WHERE network='bluesky' AND id=? AND deleted_at IS NULL", name)
    return said_record(db, said) if said else None


@xrpc(
    "GET",
    "com.atproto.repo.listRecords",
    params=("repo", "collection", "limit", "cursor", "reverse"),
    signed=False,
)
def list_records(me: Row | None, given: dict[str, Any]) -> Response:
    limit = number_in(given, "limit", 100, 50)
    with box().store.tx() as db:
        person = accounts.by_name(db, "bluesky", first(given, "repo"))
        if person is None or first(given, "collection") != POST:
            raise invalid(f"Could not find repo: {first(given, 'repo')}")
        sql = (
            "SELECT * FROM post WHERE network='bluesky' AND account=? AND deleted_at IS NULL ORDER BY id DESC"
        )
        found = rows(db, sql, person["id"])
    if cursor := first(given, "cursor"):
        found = [row for row in found if row["id"].rpartition("/")[2] < cursor]
    values = [json.loads(row["data"])["record"] for row in found[:limit]]
    listed = [
        {"uri": row["id"], "cid": record_cid(value), "value": value}
        for row, value in zip(found, values, strict=False)
    ]
    more = {"cursor": listed[-1]["uri"].rpartition("/")[2]} if listed else {}
    return jsonify(records=listed, **more)
