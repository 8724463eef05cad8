"""The wire of Google's interfaces: answers, errors, and the door each call goes through (token, scopes, units, names)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.store import Db, Row, one, setting

bp = Blueprint("youtube", __name__, url_prefix="/youtube")

BASE = "https://www.googleapis.com/auth/"
UPLOAD, SSL, READ, ANALYTICS = (
    f"{BASE}{name}"
    for name in ("youtube.upload", "youtube.force-ssl", "youtube.readonly", "yt-analytics.readonly")
)
SCOPES = {UPLOAD, SSL, READ, ANALYTICS, f"{BASE}youtube", f"{BASE}youtubepartner", "openid"}
TOKEN_LIFE_S = 3599
CODE_LIFE_S = 600
UNITS_A_DAY = 10_000
UPLOADS_A_DAY = 100
PACIFIC = ZoneInfo("America/Los_Angeles")
# Every Google interface knows these: the discovery document's own "parameters".
STANDARD = {
    "$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser",
}  # fmt: skip
SAID = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS",
        429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}  # fmt: skip


def error(status: int, reason: str, message: str, domain: str = "youtube.api", **more: Any) -> Response:
    first = {"message": message, "domain": domain, "reason": reason, **more}
    body = {"code": status, "message": message, "errors": [first], "status": SAID.get(status, "UNKNOWN")}
    response = jsonify(error=body)
    response.status_code = status
    return response


def refuse(status: int, reason: str, message: str, domain: str = "youtube.api", **more: Any) -> Refused:
    return Refused(error(status, reason, message, domain, **more))


def bad(message: str, reason: str = "badRequest") -> Refused:
    return refuse(400, reason, message, "global")


def refusal(fault: str, seconds: float) -> Response:
    if fault == "429":
        response = error(429, "rateLimitExceeded", "Too many requests.", "usageLimits")
        response.headers["Retry-After"] = str(int(seconds))
        return response
    if fault == "auth":
        return error(
            401, "authError", "Invalid Credentials", "global", locationType="header", location="Authorization"
        )
    if fault == "refused":
        return error(
            400,
            "invalidDescription",
            "The request metadata specifies an invalid video description.",
            "youtube.video",
        )
    if fault == "502":
        return Response(
            "<html><title>Error 502 (Server Error)!!1</title></html>", 502, content_type="text/html"
        )
    return error(503, "backendError", "Backend Error", "global")


def bearer(db: Db) -> Row:
    """The token that came with the call, if it still works."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    row = accounts.find_token(db, "youtube", token) if kind.lower() == "bearer" else None
    if row is None or row["kind"] != "access" or not accounts.alive(row, box().now()):
        raise Refused(refusal("auth", 0))
    return row


def needs(row: Row, scopes: Sequence[str]) -> None:
    if not set(scopes) & set(row["scopes"].split()):
        raise refuse(
            403, "insufficientPermissions", "Request had insufficient authentication scopes.", "global",
        )  # fmt: skip


def method(
    verb: str,
    rule: str,
    *,
    scopes: Sequence[str],
    query: Sequence[str] = (),
    units: int = 1,
    upload: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put one method on the wire. ``scopes``: any of them lets it through. ``query``: the names it knows."""
    known = STANDARD | set(query) | ({"uploadType", "upload_id", "upload_protocol"} if upload else set())

    def door(handle: Callable[..., Any]) -> Callable[..., Any]:
        @bp.route(rule, methods=[verb], endpoint=handle.__name__)
        @wraps(handle)
        def view(**path: str) -> Any:
            with box().store.tx() as db:
                token = bearer(db)
                needs(token, scopes)
                me = accounts.account(db, "youtube", token["account"])
                assert me is not None
                charge(db, units)
            for name in request.args:
                if name not in known:
                    raise bad(
                        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                    )
            return handle(me, **path)

        return view

    return door


def charge(db: Db, units: int) -> None:
    """Take units of the app's day; a refused call is not counted here."""
    count(db, "units", units, int(setting(db, "youtube units", UNITS_A_DAY)))


def count_upload(db: Db) -> None:
    count(db, "uploads", 1, int(setting(db, "youtube uploads", UPLOADS_A_DAY)))


def count(db: Db, bucket: str, number: int, limit: int) -> None:
    day = box().now().astimezone(PACIFIC).date().isoformat()
    row = one(db, "SELECT count FROM used WHERE window=? AND who=?", f"youtube {bucket}", day)
    used = (row["count"] if row else 0) + number
    if used > limit:
        raise refuse(
            403,
            "quotaExceeded",
            "The request cannot be completed because you have exceeded your quota.",
            "youtube.quota",
        )
    db.execute(
        "INSERT INTO used (window, who, started_at, count) VALUES (?, ?, ?, ?) ON CONFLICT (window, who)"
        " DO UPDATE SET count=excluded.count",
        (f"youtube {bucket}", day, day, used),
    )


def parts(known: set[str], where: str = "part") -> list[str]:
    asked = [part for each in request.args.getlist("part") for part in each.split(",") if part]
    if not asked:
        raise refuse(
            400, "missingRequiredParameter", "No filter selected. Expected: part", "global", location=where
        )
    if unknown := [part for part in asked if part not in known]:
        raise refuse(400, "unknownPart", f"'{unknown[0]}'", location="part", locationType="parameter")
    return asked


def ids(name: str = "id") -> list[str]:
    return [each for value in request.args.getlist(name) for each in value.split(",") if each]


def number_in(name: str, least: int, most: int, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise bad(
            f"Invalid value '{text}'. Values must be within the range: [{least}, {most}]", "invalidParameter"
        )
    return int(text)


def one_of(name: str, values: Sequence[str], default: str) -> str:
    text = request.args.get(name, default)
    if text not in values:
        raise bad(f"Invalid value at '{name}': \"{text}\"", "invalidParameter")
    return text


def truth(name: str, default: bool) -> bool:
    text = request.args.get(name, str(default).lower())
    if text not in ("true", "false"):
        raise bad(f"Invalid value at '{name}' (TYPE_BOOL), \"{text}\"", "invalidParameter")
    return text == "true"


Shape = dict[str, Any]


def body_of(given: Any, shape: Shape, where: str = "resource") -> dict[str, Any]:
    """A JSON object with no names but those of ``shape`` (name → type, or a shape of its own)."""
    if not isinstance(given, dict):
        raise refuse(400, "parseError", "Parse Error", "global")
    for name, value in given.items():
        if name not in shape:
            raise bad(
                f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
            )
        wanted = shape[name]
        if isinstance(wanted, dict):
            body_of(value, wanted, f"{where}.{name}")
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise bad(f"Invalid value at '{where}.{name}'")
    return given


def json_body(shape: Shape) -> dict[str, Any]:
    return body_of(request.get_json(silent=True), shape)


def told(at: str) -> str:
    """A time as Google writes it: whole seconds."""
    return re.sub(r"\.\d+Z$", "Z", at)


def listing(kind: str, items: list[Any], *, size: int, page: str = "") -> dict[str, Any]:
    """One page of a list. The token is the place at which it begins."""
    if page and not page.isdigit():
        raise refuse(400, "invalidPageToken", "The request specifies an invalid page token.")
    start = int(page or 0)
    answer: dict[str, Any] = {"kind": kind, "etag": "sandbox"}
    if start + size < len(items):
        answer["nextPageToken"] = str(start + size)
    answer["pageInfo"] = {"totalResults": len(items), "resultsPerPage": size}
    answer["items"] = items[start : start + size]
    return answer


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
