"""Reading from X: accounts, posts, mentions, search, and the numbers."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.x.media import KEY_PREFIX
from sandbox.networks.x.posts import shorten
from sandbox.networks.x.wire import (
    EXPANSIONS,
    FIELD_QUERY,
    MEDIA_FIELDS,
    POST_FIELDS,
    PROBLEM,
    READ,
    USER_FIELDS,
    fields,
    forbidden,
    invalid,
    json_body,
    not_found,
    number_in,
    time_in,
    wire,
)
from sandbox.store import Db, Row, instant, one, rows, setting, stamp


@wire(
    "GET",
    "/2/users/me",
    scopes=READ,
    limit=75,
    query=("user.fields", "expansions", "tweet.fields", "post.fields"),
)
def users_me(me: Row) -> Response:
    with box().store.tx() as db:
        return jsonify(data=user_json(db, me, fields("user.fields", USER_FIELDS)))


@wire("GET", "/2/users/<user_id>", scopes=("users.read", "tweet.read"), limit=900, query=("user.fields",))
def user_by_id(me: Row, user_id: str) -> Response:
    with box().store.tx() as db:
        user = accounts.account(db, "x", user_id)
        if user is None:
            return jsonify(errors=[not_found("user", "id", user_id)])
        return jsonify(data=user_json(db, user, fields("user.fields", USER_FIELDS)))


def user_json(db: Db, user: Row, wanted: set[str]) -> dict[str, Any]:
    posts = one(
        db,
        "SELECT count(*) AS n FROM post WHERE network='x' AND account=? AND deleted_at IS NULL",
        user["id"],
    )
    assert posts is not None
    everything = {
        "created_at": seconds(user["made_at"]),
        "description": user["about"],
        "profile_image_url": f"{request.host_url}avatar/x/{user['handle']}.png",
        "protected": False,
        "public_metrics": {
            "followers_count": user["followers"],
            "following_count": 212,
            "post_count": posts["n"],
            "listed_count": 9,
            "like_count": 0,
        },
        "url": "",
        "verified": False,
        "verified_type": "government",
    }
    return {"id": user["id"], "name": user["name"], "username": user["handle"]} | {
        key: value for key, value in everything.items() if key in wanted
    }


def seconds(text: str) -> str:
    """X tells times to the second, written with three zeros."""
    return instant(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@wire("GET", "/2/tweets", scopes=READ, limit=5000, query=("ids", *FIELD_QUERY))
def posts_by_ids(me: Row) -> Response:
    ids = [i for i in request.args.get("ids", "").split(",") if i]
    if not 1 <= len(ids) <= 100 or not all(i.isdigit() and len(i) <= 19 for i in ids):
        raise invalid(
            "The `ids` query parameter takes 1 to 100 numbers, separated by commas",
            "ids",
            request.args.get("ids", ""),
        )
    with box().store.tx() as db:
        found = {i: find_tweet(db, i) for i in ids}
        answer = page_json(db, me, [row for row in found.values() if row])
        errors = [not_found("tweet", "ids", i) for i, row in found.items() if row is None]
    if errors:
        answer["errors"] = answer.get("errors", []) + errors
    return jsonify(answer)


@wire("GET", "/2/tweets/<post_id>", scopes=READ, limit=900, query=FIELD_QUERY)
def post_by_id(me: Row, post_id: str) -> Response:
    with box().store.tx() as db:
        row = find_tweet(db, post_id)
        if row is None:
            return jsonify(errors=[not_found("tweet", "id", post_id)])
        answer = page_json(db, me, [row])
    answer["data"] = answer["data"][0]
    return jsonify(answer)


TIMELINE = (
    "max_results",
    "start_time",
    "end_time",
    "since_id",
    "until_id",
    "exclude",
    "pagination_token",
    *FIELD_QUERY,
)


@wire("GET", "/2/users/<user_id>/tweets", scopes=READ, limit=900, app_limit=None, query=TIMELINE)
def user_posts(me: Row, user_id: str) -> Response:
    exclude = set(filter(None, request.args.get("exclude", "").split(",")))
    if exclude - {"retweets", "replies"}:
        raise invalid(
            "The `exclude` query parameter takes retweets and replies", "exclude", request.args["exclude"]
        )
    with box().store.tx() as db:
        if accounts.account(db, "x", user_id) is None:
            return jsonify(errors=[not_found("user", "id", user_id)])
        found = rows(db, "SELECT * FROM post WHERE network='x' AND account=? AND deleted_at IS NULL", user_id)
        if "replies" in exclude:
            found = [row for row in found if not row["reply_to"]]
        return jsonify(_timeline(db, me, found, low=5))


@wire("GET", "/2/users/<user_id>/mentions", scopes=READ, limit=300, query=TIMELINE)
def user_mentions(me: Row, user_id: str) -> Response:
    with box().store.tx() as db:
        if user_id != me["id"]:
            raise forbidden("You are not permitted to perform this action.")
        _arrive_all(db, me)
        return jsonify(_timeline(db, me, _comments_on(db, me["id"]), low=5))


@wire(
    "GET",
    "/2/tweets/search/recent",
    scopes=READ,
    limit=300,
    query=("query", "next_token", "sort_order", *TIMELINE),
)
def search_recent(me: Row) -> Response:
    """Only the two operators that Hustings uses: conversation_id: and -from:."""
    query = request.args.get("query", "")
    if not 1 <= len(query) <= 512:
        raise invalid("The `query` query parameter has 1 to 512 characters", "query", query)
    words = query.split()
    if not all(re.fullmatch(r"-?(conversation_id|from):@?\w+", word) for word in words):
        raise invalid("The sandbox knows only conversation_id: and from: in a query", "query", query)
    with box().store.tx() as db:
        _arrive_all(db, me)
        since = stamp(box().now() - timedelta(days=7))
        found = rows(db, "SELECT * FROM post WHERE network='x' AND deleted_at IS NULL AND made_at>=?", since)
        found += [row for row in _comments_on(db, None) if row["made_at"] >= since]
        found = [row for row in found if all(_suits(db, row, word) for word in words)]
        return jsonify(_timeline(db, me, found, low=10))


def _suits(db: Db, row: Row, word: str) -> bool:
    no, word = word.startswith("-"), word.removeprefix("-")
    name, _, value = word.partition(":")
    if name == "conversation_id":
        return (json.loads(row["data"])["conversation"] == value) is not no
    author = accounts.account(db, "x", row["account"])
    return (value.removeprefix("@") in (row["account"], author["handle"] if author else "")) is not no


def _arrive_all(db: Db, me: Row) -> None:
    for post in rows(
        db, "SELECT * FROM post WHERE network='x' AND account=? AND deleted_at IS NULL", me["id"]
    ):
        growth.arrive(db, box().pace, post, box().now(), me["handle"])


def _comments_on(db: Db, account: str | None) -> list[Row]:
    found = rows(
        db,
        "SELECT comment.* FROM comment JOIN post ON post.network='x' AND post.id=comment.post WHERE comment.network='x'"
        " AND comment.deleted_at IS NULL AND comment.hidden=0 AND (? IS NULL OR post.account=?)",
        account,
        account,
    )
    return [_comment_as_post(db, row) for row in found]


def _comment_as_post(db: Db, comment: Row) -> Row:
    post = one(db, "SELECT * FROM post WHERE network='x' AND id=?", comment["post"])
    conversation = json.loads(post["data"])["conversation"] if post else comment["post"]
    return {
        "network": "x", "id": comment["id"], "account": person_id(comment["author"]), "kind": "comment",
        "text": comment["text"], "reply_to": comment["post"], "media": "[]", "made_at": comment["made_at"],
        "data": json.dumps({"conversation": conversation, "reply_settings": "everyone"}),
        "person": comment["author"], "person_name": comment["author_name"],
        "reply_to_account": post["account"] if post else None,
    }  # fmt: skip


def person_id(login: str) -> str:
    return str(10**9 + int(hashlib.sha256(login.encode()).hexdigest()[:8], 16))


def find_tweet(db: Db, post_id: str) -> Row | None:
    if post := growth.find_post(db, "x", post_id):
        return post
    comment = one(db, "SELECT * FROM comment WHERE network='x' AND id=? AND deleted_at IS NULL", post_id)
    return _comment_as_post(db, comment) if comment else None


def _timeline(db: Db, me: Row, found: list[Row], *, low: int) -> dict[str, Any]:
    """One page, newest first."""
    count = number_in("max_results", low, 100, 10)
    start, end = time_in("start_time"), time_in("end_time")
    after, before = request.args.get("since_id"), request.args.get("until_id")
    token = request.args.get("pagination_token") or request.args.get("next_token")
    if token and not re.fullmatch(r"p\d+", token):
        raise invalid("The pagination token is not valid", "pagination_token", token)
    found = [
        row
        for row in found
        if (start is None or instant(row["made_at"]) >= start)
        and (end is None or instant(row["made_at"]) < end)
        and (after is None or int(row["id"]) > int(after))
        and (before is None or int(row["id"]) < int(before))
        and (not token or int(row["id"]) < int(token[1:]))
    ]
    found.sort(key=lambda row: int(row["id"]), reverse=True)
    page, more = found[:count], len(found) > count
    answer = page_json(db, me, page)
    if not page:
        answer = {}  # the fields were checked all the same
    answer["meta"] = {"result_count": len(page)}
    if page:
        answer["meta"] |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
    if more:
        answer["meta"]["next_token"] = f"p{page[-1]['id']}"
    return answer


def page_json(db: Db, me: Row, page: list[Row]) -> dict[str, Any]:
    """Posts with the fields that were asked for, and what the expansions bring along."""
    old = fields("tweet.fields", POST_FIELDS - {"referenced_posts", "edit_history_post_ids"})
    new = fields("post.fields", POST_FIELDS - {"referenced_tweets", "edit_history_tweet_ids"})
    users, media, expand = (
        fields("user.fields", USER_FIELDS),
        fields("media.fields", MEDIA_FIELDS),
        fields("expansions", EXPANSIONS),
    )
    answer: dict[str, Any] = {"data": [], "includes": {}}
    for row in page:
        post, errors = post_json(db, me, row, old, new)
        answer["data"].append(post)
        answer.setdefault("errors", []).extend(errors)
        if "author_id" in expand:
            _include(answer, "users", _author_json(db, row, users), "id")
        if "attachments.media_keys" in expand:
            for item in json.loads(row["media"]):
                _include(answer, "media", x_media_json(db, row, item, media), "media_key")
    for name in ("includes", "errors"):
        if not answer.get(name):
            answer.pop(name, None)
    return answer


def _include(answer: dict[str, Any], kind: str, item: dict[str, Any], key: str) -> None:
    known_items = answer["includes"].setdefault(kind, [])
    if item[key] not in [other[key] for other in known_items]:
        known_items.append(item)


def _author_json(db: Db, row: Row, wanted: set[str]) -> dict[str, Any]:
    author = accounts.account(db, "x", row["account"])
    if author is not None:
        return user_json(db, author, wanted)
    return {"id": row["account"], "name": row["person_name"], "username": row["person"]}


def x_media_json(db: Db, post: Row, item: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    kind = {"image": "photo", "gif": "animated_gif", "video": "video"}[item["kind"]]
    everything = {
        "alt_text": item["alt"],
        "width": item["width"],
        "height": item["height"],
        "url": f"{request.host_url}file/{item['sha256']}" if kind == "photo" else None,
        "duration_ms": int(1000 * item["duration_s"]) if item["duration_s"] else None,
        "public_metrics": {"view_count": counts(db, post)["views"] // 2} if kind == "video" else None,
    }
    base = {"media_key": KEY_PREFIX[item["kind"]] + item["id"], "type": kind}
    return base | {
        key: value for key, value in everything.items() if key in wanted and value not in (None, "")
    }


def post_json(
    db: Db, me: Row, row: Row, old: set[str], new: set[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One post. `old` are the names before API 2.167 (tweet.fields), `new` those since (post.fields); each gets its own."""
    author = accounts.account(db, "x", row["account"])
    media = json.loads(row["media"])
    text, urls = shorten(row["text"], media, author["handle"] if author else "", row["id"])
    data = json.loads(row["data"])
    answer: dict[str, Any] = {"id": row["id"], "text": text}
    answer["edit_history_post_ids" if new and not old else "edit_history_tweet_ids"] = [row["id"]]
    wanted, errors = old | new, []
    parent = find_tweet(db, row["reply_to"]) if row["reply_to"] else None
    simple = {
        "created_at": seconds(row["made_at"]),
        "author_id": row["account"],
        "conversation_id": data["conversation"],
        "reply_settings": data["reply_settings"],
        "lang": "en",
        "possibly_sensitive": False,
        "source": "Hustings",
        "in_reply_to_user_id": parent["account"] if parent else None,
        "entities": _entities(row["text"], text, urls),
        "attachments": {"media_keys": [KEY_PREFIX[item["kind"]] + item["id"] for item in media]}
        if media
        else None,
    }
    answer |= {key: value for key, value in simple.items() if key in wanted and value}
    if row["reply_to"]:
        linked = [{"type": "replied_to", "id": row["reply_to"]}]
        answer |= {name: linked for name in ("referenced_tweets", "referenced_posts") if name in wanted}
    now = counts(db, row) if wanted & {"public_metrics", "non_public_metrics", "organic_metrics"} else {}
    if "public_metrics" in wanted:
        answer["public_metrics"] = public_metrics(now, "public_metrics" in old, "public_metrics" in new)
    for name in ("non_public_metrics", "organic_metrics"):
        if name not in wanted:
            continue
        if row["account"] == me["id"] and instant(row["made_at"]) > box().now() - timedelta(days=30):
            answer[name] = own_metrics(now, name)
        else:
            errors.append(
                {
                    "resource_id": row["id"], "parameter": f"tweet.fields.{name}", "resource_type": "tweet",
                    "section": "data",
                    "title": "Field Authorization Error", "value": row["id"],
                    "detail": f"Sorry, you are not authorized to access '{name}' on the Tweet with ids : [{row['id']}].",
                    "type": f"{PROBLEM}not-authorized-for-field",
                }
            )  # fmt: skip
    return answer, errors


def _entities(sent: str, text: str, urls: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if urls:
        found["urls"] = urls
    for name, sign, key in (("hashtags", "#", "tag"), ("mentions", "@", "username")):
        items = [
            {"start": match.start(), "end": match.end(), key: match[1]}
            for match in re.finditer(rf"(?<!\w){sign}(\w+)", text)
        ]
        if items:
            found[name] = items
    return found


def counts(db: Db, row: Row) -> dict[str, int]:
    """The numbers of a post now. A comment of somebody else has none."""
    author = accounts.account(db, "x", row["account"])
    if author is None:
        return dict.fromkeys(
            (
                "reach",
                "views",
                "likes",
                "shares",
                "quotes",
                "saves",
                "clicks",
                "profile_visits",
                "follows",
                "comments",
            ),
            0,
        )
    now = box().now()
    growth.arrive(db, box().pace, row, now, author["handle"])
    found = growth.numbers(
        row, author["followers"], growth.age_d(box().pace, row["made_at"], now, setting(db, "ahead_s", 0))
    )
    own = rows(db, "SELECT 1 FROM post WHERE network='x' AND reply_to=? AND deleted_at IS NULL", row["id"])
    return found | {"comments": len(growth.comments_of(db, "x", row["id"])) + len(own)}


def public_metrics(now: dict[str, int], old: bool, new: bool) -> dict[str, int]:
    answer = {
        "reply_count": now["comments"],
        "like_count": now["likes"],
        "quote_count": now["quotes"],
        "bookmark_count": now["saves"],
        "impression_count": now["views"],
    }
    if old:
        answer["retweet_count"] = now["shares"]
    if new:
        answer["repost_count"] = now["shares"]
    return answer


def own_metrics(now: dict[str, int], name: str) -> dict[str, int]:
    answer = {
        "impression_count": now["views"],
        "user_profile_clicks": now["profile_visits"],
        "url_link_clicks": now["clicks"],
    }
    if name == "organic_metrics":
        return answer | {
            "like_count": now["likes"],
            "reply_count": now["comments"],
            "retweet_count": now["shares"],
        }
    return answer | {
        "engagements": now["likes"] + now["shares"] + now["comments"] + now["clicks"] + now["profile_visits"]
    }


@wire(
    "PUT", "/2/tweets/<post_id>/hidden", scopes=("tweet.read", "tweet.moderate.write", "users.read"), limit=50
)
def hide_reply(me: Row, post_id: str) -> Response:
    hidden = json_body({"hidden"}).get("hidden")
    if not isinstance(hidden, bool):
        raise invalid("$.hidden: boolean expected", "hidden", hidden)
    with box().store.tx() as db:
        changed = db.execute(
            "UPDATE comment SET hidden=? WHERE network='x' AND id=?"
            " AND post IN (SELECT id FROM post WHERE network='x' AND account=?)",
            (int(hidden), post_id, me["id"]),
        )
        if changed.rowcount != 1:
            raise forbidden("You are not permitted to perform this action.")
    return jsonify(data={"hidden": hidden})
