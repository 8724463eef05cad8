"""Videos: what they are, who sees them, listing, changing and deleting them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.youtube.shapes import SNIPPET, STATUS, VIDEO, check_snippet, check_status
from sandbox.networks.youtube.wire import (
    READ,
    SSL,
    Refused,
    body_of,
    ids,
    json_body,
    listing,
    method,
    number_in,
    parts,
    refuse,
    told,
)
from sandbox.store import Db, Row, instant, one, rows, setting, stamp

LONG_UPLOADS = False  # the sandbox's channels are not verified: a video has 15 minutes at most
PARTS = {"id", "snippet", "status", "statistics", "processingDetails", "contentDetails", "player"}
PLAYLIST_PARTS = {"id", "snippet", "contentDetails", "status"}


def text_of(snippet: dict[str, Any]) -> str:
    """As the ledger has it: the title, and the description below it."""
    return "\n\n".join(each for each in (snippet["title"], snippet.get("description", "")) if each)


def find(db: Db, video: str) -> Row | None:
    return growth.find_post(db, "youtube", video)


def must_find(db: Db, video: str) -> Row:
    row = find(db, video)
    if row is None:
        raise not_found()
    return row


def not_found() -> Refused:
    return refuse(
        404, "videoNotFound", "The video that you are trying to use cannot be found.", "youtube.video",
        location="id", locationType="parameter",
    )  # fmt: skip


def own(db: Db, me: Row, video: str) -> Row:
    row = must_find(db, video)
    if row["account"] != me["id"]:
        raise refuse(403, "forbidden", "The request might not be properly authorized.", "youtube.video")
    return row


def change(db: Db, row: Row, **values: Any) -> None:
    data = json.loads(must_find(db, row["id"])["data"]) | values
    text = text_of(data["snippet"])
    db.execute(
        "UPDATE post SET data=?, text=? WHERE network='youtube' AND id=?", (json.dumps(data), text, row["id"])
    )


def publish(db: Db, row: Row, now: datetime) -> None:
    """Its life in public begins once."""
    if not json.loads(row["data"])["published_at"]:
        change(db, row, published_at=stamp(now))
        db.execute("UPDATE post SET made_at=? WHERE network='youtube' AND id=?", (stamp(now), row["id"]))


def is_private(row: Row) -> bool:
    return bool(json.loads(row["data"])["status"]["privacyStatus"] == "private")


def public_posts(db: Db, account: str) -> list[Row]:
    """What everybody sees on the channel's page, oldest first."""
    found = rows(
        db,
        "SELECT * FROM post WHERE network='youtube' AND account=? AND deleted_at IS NULL ORDER BY made_at, id",
        account,
    )
    return [
        row
        for row in found
        if json.loads(row["data"])["status"]["privacyStatus"] == "public" and not failed(row)
    ]


def failed(row: Row) -> bool:
    return state_of(row)["uploadStatus"] in ("failed", "rejected")


def state_of(row: Row) -> dict[str, Any]:
    """The status part: who may see it and how far it is processed."""
    data = json.loads(row["data"])
    state = dict(data["status"]) | {"uploadStatus": "uploaded"}
    state["madeForKids"] = bool(state.get("selfDeclaredMadeForKids"))
    if instant(data["ready_at"]) <= box().now():
        state["uploadStatus"] = "processed"
        if data["trouble"]:
            word, why = data["trouble"].split()
            state["uploadStatus"] = word
            state["failureReason" if word == "failed" else "rejectionReason"] = why
    return state


def counts(db: Db, row: Row) -> dict[str, int]:
    owner = accounts.account(db, "youtube", row["account"]) or {"followers": 0}
    now = box().now()
    if is_private(row):
        return dict.fromkeys(
            ("views", "likes", "comments", "shares", "saves", "follows", "watch_s", "reach"), 0
        )
    growth.arrive(db, box().pace, row, now)
    age = growth.age_d(box().pace, row["made_at"], now, setting(db, "ahead_s", 0))
    said = [each for each in growth.comments_of(db, "youtube", row["id"]) if not each["hidden"]]
    return growth.numbers(row, owner["followers"], age) | {"comments": len(said)}


def resource(db: Db, row: Row, asked: Iterable[str]) -> dict[str, Any]:
    data, state = json.loads(row["data"]), state_of(row)
    made: dict[str, Any] = {"kind": "youtube#video", "etag": "sandbox", "id": row["id"]}
    wanted = set(asked)
    if "snippet" in wanted:
        owner = accounts.account(db, "youtube", row["account"]) or {"name": ""}
        picture = {"url": f"{request.host_url}file/{data['cover']}"} if data["cover"] else {}
        made["snippet"] = {
            "publishedAt": told(data["published_at"] or data["uploaded_at"]), "channelId": row["account"],
            **data["snippet"], "channelTitle": owner["name"], "liveBroadcastContent": "none",
            "thumbnails": {"default": picture} if picture else {},
        }  # fmt: skip
    if "status" in wanted:
        made["status"] = state
    if "processingDetails" in wanted:
        word = {"uploaded": "processing", "processed": "succeeded"}.get(state["uploadStatus"], "failed")
        made["processingDetails"] = {"processingStatus": word}
    if "contentDetails" in wanted:
        seconds = int(json.loads(row["media"])[0].get("duration_s") or 0)
        made["contentDetails"] = {
            "duration": f"PT{seconds}S",
            "caption": str(bool(data["captions"])).lower(),
            "definition": "hd",
        }
    if "statistics" in wanted:
        now = counts(db, row)
        kids = state["madeForKids"]
        made["statistics"] = {
            "viewCount": str(now["views"]),
            "likeCount": str(now["likes"]),
            "favoriteCount": "0",
        }
        made["statistics"] |= {} if kids else {"commentCount": str(now["comments"])}
    return made


@method(
    "GET", "/youtube/v3/videos", scopes=(READ, SSL), query=("part", "id", "maxResults", "pageToken", "hl")
)
def list_videos(me: Row) -> Any:
    asked, wanted = parts(PARTS), ids()
    if not wanted:
        raise refuse(400, "missingRequiredParameter", "No filter selected. Expected one of: id", "global")
    if len(wanted) > 50:
        raise refuse(400, "invalidFilters", "The request specifies too many ids.", "youtube.parameter")
    number_in("maxResults", 1, 50, 50)
    with box().store.tx() as db:
        found = [row for video in dict.fromkeys(wanted) if (row := find(db, video)) is not None]
        seen = [row for row in found if row["account"] == me["id"] or not is_private(row)]
        return jsonify(
            listing("youtube#videoListResponse", [resource(db, row, asked) for row in seen], size=50)
        )


@method("PUT", "/youtube/v3/videos", scopes=(SSL,), query=("part",), units=50)
def update_video(me: Row) -> Any:
    asked = parts({"snippet", "status", "id"})
    body = json_body(VIDEO)
    if extra := {"snippet", "status"} & set(body) - set(asked):
        raise refuse(400, "unexpectedPart", f"The body has {sorted(extra)[0]}, but part does not name it.")
    now = box().now()
    with box().store.tx() as db:
        row = own(db, me, body.get("id", ""))
        changed: dict[str, Any] = {}
        if "snippet" in asked:
            changed["snippet"] = check_snippet(body_of(body.get("snippet", {}), SNIPPET))
        if "status" in asked:
            changed["status"] = check_status(body_of(body.get("status", {}), STATUS))
        change(db, row, **changed)
        row = must_find(db, row["id"])
        if not is_private(row):
            publish(db, row, now)
        return jsonify(resource(db, must_find(db, row["id"]), asked))


@method("DELETE", "/youtube/v3/videos", scopes=(SSL,), query=("id",), units=50)
def delete_video(me: Row) -> Any:
    with box().store.tx() as db:
        row = own(db, me, (ids() or [""])[0])
        db.execute(
            "UPDATE post SET deleted_at=? WHERE network='youtube' AND id=?", (stamp(box().now()), row["id"])
        )
    return Response(status=204)


# The channel --------------------------------------------------------------------------------------------------------
CHANNEL_PARTS = {"id", "snippet", "contentDetails", "statistics", "status", "brandingSettings"}


def channel(db: Db, row: Row, asked: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": "youtube#channel", "etag": "sandbox", "id": row["id"]}
    public = public_posts(db, row["id"])
    whole = {
        "snippet": {
            "title": row["name"], "description": row["about"], "customUrl": f"@{row['handle']}",
            "publishedAt": told(row["made_at"]), "thumbnails": {}, "country": "GB",
        },
        "contentDetails": {"relatedPlaylists": {"likes": "LL", "uploads": uploads_of(row["id"])}},
        "statistics": {
            "viewCount": str(sum(counts(db, post)["views"] for post in public)),
            "subscriberCount": str(row["followers"]), "hiddenSubscriberCount": False, "videoCount": str(len(public)),
        },
        "status": {
            "privacyStatus": "public", "isLinked": True, "longUploadsStatus": "eligible", "madeForKids": False,
        },
    }  # fmt: skip
    return made | {part: whole[part] for part in asked if part in whole}


def uploads_of(account: str) -> str:
    return "UU" + account[2:]


@method(
    "GET",
    "/youtube/v3/channels",
    scopes=(READ, SSL),
    query=("part", "id", "mine", "forHandle", "maxResults", "pageToken", "hl"),
)
def list_channels(me: Row) -> Any:
    asked = parts(CHANNEL_PARTS)
    if len({"id", "mine", "forHandle"} & set(request.args)) != 1:
        raise refuse(400, "missingRequiredParameter", "Expected one of: id, mine, forHandle", "global")
    with box().store.tx() as db:
        if request.args.get("mine") == "true":
            found: list[Row | None] = [me]
        elif "forHandle" in request.args:
            found = [accounts.by_name(db, "youtube", request.args["forHandle"])]
        else:
            found = [accounts.account(db, "youtube", each) for each in ids()]
        items = [channel(db, row, asked) for row in found if row is not None]
    answer = listing("youtube#channelListResponse", items, size=number_in("maxResults", 0, 50, 5) or 5)
    if not items:
        answer.pop("items")  # as the real network: the key is missing
    return jsonify(answer)


@method(
    "GET",
    "/youtube/v3/playlistItems",
    scopes=(READ, SSL),
    query=("part", "playlistId", "id", "videoId", "maxResults", "pageToken"),
)
def list_playlist(me: Row) -> Any:
    asked = parts(PLAYLIST_PARTS)
    wanted = request.args.get("playlistId", "")
    with box().store.tx() as db:
        if one(db, "SELECT 1 FROM account WHERE network='youtube' AND id=?", "UC" + wanted[2:]) is None:
            raise refuse(404, "playlistNotFound", "The playlist cannot be found.", "youtube.playlistItem")
        found = rows(
            db,
            "SELECT * FROM post WHERE network='youtube' AND account=? AND deleted_at IS NULL ORDER BY made_at DESC",
            "UC" + wanted[2:],
        )
        seen = [row for row in found if row["account"] == me["id"] or not is_private(row)]
        items = [_playlist_item(row, wanted, asked) for row in seen]
    return jsonify(
        listing(
            "youtube#playlistItemListResponse", items, size=number_in("maxResults", 0, 50, 5) or 5,
            page=request.args.get("pageToken", ""),
        )
    )  # fmt: skip


def _playlist_item(row: Row, playlist: str, asked: Iterable[str]) -> dict[str, Any]:
    data = json.loads(row["data"])
    whole = {
        "snippet": {
            "publishedAt": told(data["uploaded_at"]), "channelId": row["account"], "title": data["snippet"]["title"],
            "description": data["snippet"].get("description", ""), "playlistId": playlist,
            "resourceId": {"kind": "youtube#video", "videoId": row["id"]},
        },
        "contentDetails": {"videoId": row["id"], "videoPublishedAt": told(data["published_at"] or data["uploaded_at"])},
        "status": {"privacyStatus": data["status"]["privacyStatus"]},
    }  # fmt: skip
    made = {"kind": "youtube#playlistItem", "etag": "sandbox", "id": f"PLI{row['id']}"}
    return made | {part: whole[part] for part in asked if part in whole}
