"""The wire of X's API v2: its answers, and the door each call goes through (token, scopes, window, parameters)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.store import Db, Row, instant, setting, use

bp = Blueprint("x", __name__, url_prefix="/x")

SCOPES = {
    "tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "media.write", "offline.access", "follows.read",
    "follows.write", "like.read", "like.write", "list.read", "list.write", "space.read", "mute.read", "mute.write",
    "block.read", "block.write", "bookmark.read", "bookmark.write", "dm.read", "dm.write", "users.email",
}  # fmt: skip
CODE_LIFE_S = 30
TOKEN_LIFE_S = 7200
REFRESH_LIFE_S = 180 * 86_400
WINDOW_S = 900
EASY = 100
MAX_IMAGE = 5 * 2**20
MAX_GIF = 15 * 2**20
MAX_VIDEO = 512 * 2**20
MAX_CHUNK = 5 * 2**20
MEDIA_LIFE_S = 86_400
DUPLICATE_WINDOW = timedelta(hours=24)
POST_KEYS = {
    "text", "media", "reply", "reply_settings", "poll", "quote_tweet_id", "geo", "for_super_followers_only",
    "direct_message_deep_link", "card_uri", "community_id", "share_with_followers", "nullcast", "made_with_ai",
    "paid_partnership", "edit_options",
}  # fmt: skip
POST_FIELDS = {
    "attachments", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "edit_history_post_ids",
    "entities", "id", "in_reply_to_user_id", "lang", "non_public_metrics", "organic_metrics", "possibly_sensitive",
    "public_metrics", "referenced_tweets", "referenced_posts", "reply_settings", "source", "text", "edit_controls",
}  # fmt: skip
USER_FIELDS = {
    "created_at", "description", "id", "name", "profile_image_url", "protected", "public_metrics", "url", "username",
    "verified", "verified_type",
}  # fmt: skip
MEDIA_FIELDS = {
    "alt_text", "duration_ms", "height", "media_key", "preview_image_url", "public_metrics", "type", "url", "width",
    "variants", "non_public_metrics", "organic_metrics",
}  # fmt: skip
EXPANSIONS = {
    "attachments.media_keys",
    "author_id",
    "in_reply_to_user_id",
    "referenced_tweets.id",
    "referenced_posts.id",
}
FIELD_QUERY = ("tweet.fields", "post.fields", "user.fields", "media.fields", "expansions")
NOT_MENTIONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of"
    " the post you are replying to."
)
READ = ("tweet.read", "users.read")
PROBLEM = "https://api.twitter.com/2/problems/"


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> Response:
    body = {"title": title, "detail": detail, "type": kind, "status": status, **more}
    response = jsonify(body)
    response.status_code = status
    return response


def invalid(message: str, parameter: str = "", value: Any = None) -> Refused:
    error = {"message": message, "parameters": {parameter: [str(value)]} if parameter else {}}
    return Refused(
        problem(
            400, "Invalid Request", "One or more parameters to your request was invalid.", f"{PROBLEM}invalid-request",
            errors=[error],
        )
    )  # fmt: skip


def forbidden(detail: str) -> Refused:
    return Refused(problem(403, "Forbidden", detail))


def not_found(kind: str, parameter: str, value: str) -> dict[str, Any]:
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{PROBLEM}resource-not-found",
    }


def too_many(ends_at: datetime) -> Response:
    response = problem(429, "Too Many Requests", "Too Many Requests")
    response.headers["x-rate-limit-remaining"] = "0"
    response.headers["x-rate-limit-reset"] = str(int(ends_at.timestamp()) + 1)
    return response


def refusal(fault: str, seconds: float) -> Response:
    if fault == "429":
        response = too_many(box().now() + timedelta(seconds=seconds))
        response.headers["x-rate-limit-limit"] = "100"
        return response
    if fault == "auth":
        return problem(401, "Unauthorized", "Unauthorized")
    if fault == "refused":
        return problem(403, "Forbidden", "You may use a maximum of one cashtag in a post.")
    if fault == "502":
        return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html")
    return problem(503, "Service Unavailable", "Service Unavailable")


@bp.after_request
def say_headers(response: Response) -> Response:
    for name, value in g.get("x_headers", {}).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("x-transaction-id", secrets.token_hex(8))
    response.headers.setdefault("api-version", "2.167")
    return response


def bearer(db: Db, scopes: Sequence[str]) -> Row:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    row = accounts.find_token(db, "x", token) if kind.lower() == "bearer" else None
    if row is None or row["kind"] != "access" or not accounts.alive(row, box().now()):
        raise Refused(problem(401, "Unauthorized", "Unauthorized"))
    if missing := set(scopes) - set(row["scopes"].split()):
        raise forbidden(
            f"You are not permitted to perform this action. Missing scope: {', '.join(sorted(missing))}."
        )
    me = accounts.account(db, "x", row["account"])
    assert me is not None
    return me


def wire(
    method: str,
    rule: str,
    *,
    scopes: Sequence[str],
    limit: int,
    app_limit: int | None = None,
    query: Sequence[str] = (),
    easy: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put one endpoint on the wire. `limit` is per user in 15 minutes, `app_limit` per app in 24 hours.

    ``easy``: the "test" pace, which lives a day in seconds, lets so many more through.
    """
    name = f"{method} {re.sub(r'<[^>]+>', ':id', rule)}"

    def door(handle: Callable[..., Any]) -> Callable[..., Any]:
        @bp.route(rule, methods=[method], endpoint=handle.__name__)
        @wraps(handle)
        def view(**path: str) -> Any:
            with box().store.tx() as db:
                me = bearer(db, scopes)
                most = limit * EASY if easy and box().pace.name == "test" else limit
                full = _count(db, name, me["id"], most, app_limit)
            if full is not None:
                raise Refused(too_many(full))
            if unknown := set(request.args) - set(query):
                first = sorted(unknown)[0]
                raise invalid(
                    f"The query parameter [{first}] is not one of [{','.join(query)}]",
                    first,
                    request.args[first],
                )
            return handle(me, **path)

        return view

    return door


def _count(db: Db, name: str, who: str, limit: int, app_limit: int | None) -> datetime | None:
    """Count the call and prepare the headers; returns when the window ends if it is full."""
    now = box().now()
    limit = setting(db, f"limit x {name}", limit)
    allowed, left, ends_at = use(db, f"x {name}", who, limit, WINDOW_S, now)
    g.x_headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(left),
        "x-rate-limit-reset": str(int(ends_at.timestamp()) + 1),
    }
    if app_limit is None or not allowed:
        return None if allowed else ends_at
    allowed, left, day_end = use(db, f"x app {name}", "app", app_limit, 86_400, now)
    g.x_headers |= {
        "x-app-limit-24hour-limit": str(app_limit),
        "x-app-limit-24hour-remaining": str(left),
        "x-app-limit-24hour-reset": str(int(day_end.timestamp()) + 1),
    }
    return None if allowed else day_end


def json_body(allowed: set[str], where: str = "$") -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    return known(body, allowed, where)


def known(body: Any, allowed: set[str], where: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid(f"{where}: object expected", where, body)
    for key in body:
        if key not in allowed:
            raise invalid(
                f"{where}.{key}: is not defined in the schema and the schema does not allow additional properties",
                key,
                body[key],
            )
    return body


def fields(name: str, allowed: set[str]) -> set[str]:
    asked = {field for field in request.args.get(name, "").split(",") if field}
    for field in asked - allowed:
        raise invalid(
            f"The `{name}` query parameter value [{field}] is not one of [{','.join(sorted(allowed))}]",
            name,
            field,
        )
    return asked


def number_in(name: str, low: int, high: int, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise invalid(
            f"The `{name}` query parameter value [{text}] is not between {low} and {high}", name, text
        )
    return int(text)


def time_in(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", text):
        raise invalid(
            f"The `{name}` query parameter value [{text}] is not a valid RFC3339 date time (YYYY-MM-DDTHH:mm:ssZ)",
            name,
            text,
        )
    return instant(text)
