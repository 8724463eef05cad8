"""The wire of TikTok's API v2: the envelope of every answer, and the door each call goes through."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.store import Db, Row, use

bp = Blueprint("tiktok", __name__, url_prefix="/tiktok")

SCOPES = {
    "user.info.basic", "user.info.profile", "user.info.stats", "video.publish", "video.upload", "video.list",
}  # fmt: skip
TOKEN_LIFE_S = 86_400
REFRESH_LIFE_S = 31_536_000
CODE_LIFE_S = 600
STATUS = {
    "access_token_invalid": 401, "scope_not_authorized": 401, "rate_limit_exceeded": 429, "internal_error": 500,
    "privacy_level_option_mismatch": 403, "unaudited_client_can_only_post_to_private_accounts": 403,
    "url_ownership_unverified": 403, "spam_risk_too_many_posts": 403, "spam_risk_user_banned_from_posting": 403,
}  # fmt: skip
EASY = 100  # the "test" pace lives a day in seconds; its windows hold so many times as much


def ok(data: dict[str, Any]) -> Response:
    return jsonify(data=data, error={"code": "ok", "message": "", "log_id": secrets.token_hex(12)})


def no(code: str, message: str = "", status: int | None = None) -> Response:
    response = jsonify(data={}, error={"code": code, "message": message, "log_id": secrets.token_hex(12)})
    response.status_code = STATUS.get(code, 400) if status is None else status
    return response


def fail(code: str, message: str = "", status: int | None = None) -> Refused:
    return Refused(no(code, message, status))


def bad(message: str) -> Refused:
    return fail("invalid_params", message)


def refusal(fault: str, seconds: float) -> Response:
    if fault == "429":
        return no("rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")
    if fault == "auth":
        return no("access_token_invalid", "The access token is invalid or not found in the request.")
    if fault == "refused":
        return no("privacy_level_option_mismatch", "The privacy level is not one of privacy_level_options.")
    if fault == "502":
        return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html")
    return no("internal_error", "Something went wrong. Please try again later.", 503)


def easily(limit: int) -> int:
    return limit * EASY if box().pace.name == "test" else limit


def bearer(db: Db, scope: str) -> Row:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    row = accounts.find_token(db, "tiktok", given) if kind.lower() == "bearer" else None
    if row is None or row["kind"] != "access" or not accounts.alive(row, box().now()):
        raise Refused(refusal("auth", 0))
    if scope not in row["scopes"].split():
        raise fail("scope_not_authorized", f"The user did not authorize the scope required: {scope}.")
    return row


def call(
    verb: str, rule: str, *, scope: str, limit: int, query: Iterable[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put one endpoint on the wire. ``limit``: calls of one account in a minute."""

    def door(handle: Callable[..., Any]) -> Callable[..., Any]:
        @bp.route(rule, methods=[verb], endpoint=handle.__name__)
        @wraps(handle)
        def view() -> Any:
            with box().store.tx() as db:
                token = bearer(db, scope)
                allowed, _, _ = use(db, f"tiktok {rule}", token["account"], easily(limit), 60, box().now())
                me = accounts.account(db, "tiktok", token["account"])
            if not allowed:
                raise Refused(refusal("429", 60))
            if unknown := set(request.args) - set(query):
                raise bad(f"Unknown parameter: {sorted(unknown)[0]}")
            if verb == "POST" and request.mimetype != "application/json":
                raise bad("Content-Type must be application/json; charset=UTF-8")
            assert me is not None
            return handle(me, token)

        return view

    return door


def json_body(known: dict[str, Any]) -> dict[str, Any]:
    return object_of(request.get_json(silent=True), known, "body")


def object_of(given: Any, known: dict[str, Any], where: str) -> dict[str, Any]:
    """An object with no names but those known (name → type)."""
    if not isinstance(given, dict):
        raise bad(f"{where} must be an object")
    for name, value in given.items():
        if name not in known:
            raise bad(f"Unknown field: {where}.{name}")
        if not isinstance(value, known[name]) or (known[name] is int and isinstance(value, bool)):
            raise bad(f"Wrong type: {where}.{name}")
    return given


def asked_fields(known: Iterable[str]) -> list[str]:
    fields = [each for each in request.args.get("fields", "").split(",") if each]
    if not fields:
        raise bad("fields is required")
    if unknown := set(fields) - set(known):
        raise bad(f"Invalid fields: {sorted(unknown)[0]}")
    return fields
