"""The wire of a Mastodon server: its answers, and the door each call goes through (token, scope, window, parameters).

Forms, JSON and files are taken alike, as the real one does; a parameter that no call of it has is refused here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.store import Db, Row, setting, stamp, use

bp = Blueprint("mastodon", __name__, url_prefix="/mastodon")

DOMAIN = "social.sandbox.example"
VERSION = "4.5.2"
SCOPES = {
    "read", "read:accounts", "read:statuses", "read:notifications", "read:search", "read:follows", "write",
    "write:accounts", "write:statuses", "write:media", "write:favourites", "write:blocks", "write:notifications", "follow",
    "push", "profile",
}  # fmt: skip
CALLS, CALLS_S = 300, 300
MEDIA_CALLS, MEDIA_S = 30, 1800
DELETES, DELETES_S = 30, 1800
POSTS, POSTS_S = 300, 10_800
MAX_CHARACTERS = 500
URL_WEIGHT = 23
MAX_MEDIA = 4
MAX_ALT = 1500
MAX_IMAGE = 16_777_216
MAX_PIXELS = 33_177_600
MAX_VIDEO = 103_809_024
MAX_VIDEO_PIXELS = 8_294_400
MAX_FPS = 120
MIMES = ("image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/quicktime")


def error(status: int, words: str, **more: str) -> Response:
    response = jsonify(error=words, **more)
    response.status_code = status
    return response


def refuse(status: int, words: str, **more: str) -> Refused:
    return Refused(error(status, words, **more))


def invalid(words: str) -> Refused:
    return refuse(422, f"Validation failed: {words}")


def not_found() -> Refused:
    return refuse(404, "Record not found")


def too_many(limit: int, ends_at: datetime) -> Response:
    response = error(429, "Too many requests")
    response.headers.update(_quota(limit, 0, ends_at))
    return response


def _quota(limit: int, left: int, ends_at: datetime) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": stamp(ends_at),
    }


def refusal(fault: str, seconds: float) -> Response:
    if fault == "429":
        return too_many(CALLS, box().now() + timedelta(seconds=seconds))
    if fault == "auth":
        return error(401, "The access token is invalid")
    if fault == "refused":
        return error(422, f"Validation failed: Text character limit of {MAX_CHARACTERS} exceeded")
    if fault == "502":
        return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html")
    return error(503, "There was a temporary problem serving your request, please try again")


@bp.after_request
def say_headers(response: Response) -> Response:
    for name, value in g.get("quota", {}).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("X-Request-Id", secrets.token_hex(8))
    return response


def window_s(length_s: float) -> int:
    """A window as long as the real one, in the days of this sandbox."""
    return max(1, int(length_s * box().pace.day_s / 86_400))


def count(db: Db, name: str, who: str, limit: int, length_s: float) -> None:
    """Count one call in a window; refuses when it is full."""
    limit = setting(db, f"limit mastodon {name}", limit)
    allowed, left, ends_at = use(db, f"mastodon {name}", who, limit, window_s(length_s), box().now())
    g.quota = _quota(limit, left, ends_at)
    if not allowed:
        raise Refused(too_many(limit, ends_at))


def covers(granted: set[str], wanted: str) -> bool:
    return wanted in granted or wanted.partition(":")[0] in granted


def bearer(db: Db, scope: str) -> Row:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    row = accounts.find_token(db, "mastodon", token) if kind.lower() == "bearer" else None
    if row is None or not accounts.alive(row, box().now()):
        raise refuse(401, "The access token is invalid")
    if row["kind"] != "access":  # an app's own token, with nobody signed in
        raise refuse(422, "This method requires an authenticated user")
    if not covers(set(row["scopes"].split()), scope):
        raise refuse(403, "This action is outside the authorized scopes")
    me = accounts.account(db, "mastodon", row["account"])
    assert me is not None
    return me


def given() -> dict[str, Any]:
    """The parameters of address, form or JSON; names that end in [] are lists."""
    found: dict[str, Any] = {}
    for source in (request.args, request.form):
        for name in source:
            found[name.removesuffix("[]")] = source.getlist(name) if name.endswith("[]") else source[name]
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise refuse(400, "The request body is not a JSON object")
        found |= body
    return found


def wire(
    method: str, rule: str, *, scope: str, params: Sequence[str] = (), files: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put one endpoint on the wire. Its function gets the account and the parameters that were given."""

    def door(handle: Callable[..., Any]) -> Callable[..., Any]:
        @bp.route(rule, methods=[method], endpoint=handle.__name__)
        @wraps(handle)
        def view(**path: str) -> Any:
            with box().store.tx() as db:
                me = bearer(db, scope)
                count(db, "calls", me["id"], CALLS, CALLS_S)
            found = given()
            unknown = (set(found) - set(params)) | (set(request.files) - set(files))
            if unknown:
                raise invalid(f"{sorted(unknown)[0]} is no parameter of this call")
            return handle(me, found, **path)

        return view

    return door


def switch(value: Any) -> bool:
    return value in (True, "true", "1", 1, "on")
