"""The wire of Bluesky: XRPC answers, the door each call goes through, and the spellings of the AT Protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.networks.bluesky import proof
from sandbox.store import Db, Row, setting, use

bp = Blueprint("bluesky", __name__, url_prefix="/bluesky")

APP_PASSWORD = "demo-demo-demo-demo"  # noqa: S105 (known to everyone, opens nothing but the sandbox)
ACCESS_LIFE_S = 7200
REFRESH_LIFE_S = 90 * 86_400
GRACE_S = 7200  # so long a used refresh token still gives the same successor
POINTS_HOUR, POINTS_DAY = 5000, 35_000
CREATE, UPDATE, DELETE = 3, 2, 1
LOGINS, LOGINS_S = 30, 300
CALLS, CALLS_S = 3000, 300
POST = "app.bsky.feed.post"
GATE = "app.bsky.feed.threadgate"
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
TID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")


def error(status: int, name: str, message: str) -> Response:
    response = jsonify(error=name, message=message)
    response.status_code = status
    return response


def refuse(status: int, name: str, message: str) -> Refused:
    return Refused(error(status, name, message))


def invalid(message: str) -> Refused:
    return refuse(400, "InvalidRequest", message)


def too_many(limit: int, length_s: float, ends_at: datetime) -> Response:
    response = error(429, "RateLimitExceeded", "Rate Limit Exceeded")
    response.headers.update(_quota(limit, 0, length_s, ends_at))
    return response


def _quota(limit: int, left: int, length_s: float, ends_at: datetime) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(left),
        "RateLimit-Reset": str(int(ends_at.timestamp()) + 1),
        "RateLimit-Policy": f"{limit};w={int(length_s)}",
    }


def refusal(fault: str, seconds: float) -> Response:
    if fault == "429":
        return too_many(POINTS_HOUR, 3600, box().now() + timedelta(seconds=seconds))
    if fault == "auth":
        return error(400, "InvalidToken", "Token could not be verified")
    if fault == "refused":
        return error(
            400,
            "InvalidRequest",
            "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text",
        )
    if fault == "502":
        return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html")
    return error(503, "NotEnoughResources", "The service is overloaded")


@bp.after_request
def say_headers(response: Response) -> Response:
    for name, value in g.get("quota", {}).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("x-request-id", secrets.token_hex(8))
    return response


def window_s(length_s: float) -> int:
    return max(1, int(length_s * box().pace.day_s / 86_400))


def count(db: Db, name: str, who: str, limit: int, length_s: float, points: int = 1) -> None:
    limit = setting(db, f"limit bluesky {name}", limit)
    for _ in range(points):
        allowed, left, ends_at = use(db, f"bluesky {name}", who, limit, window_s(length_s), box().now())
        g.quota = _quota(limit, left, length_s, ends_at)
        if not allowed:
            raise Refused(too_many(limit, length_s, ends_at))


def count_write(db: Db, who: str, points: int) -> None:
    """Writes are counted in points: creating 3, updating 2, deleting 1."""
    count(db, "day", who, POINTS_DAY, 86_400, points)
    count(db, "points", who, POINTS_HOUR, 3600, points)


# Tokens ---------------------------------------------------------------------------------------------------------


def as_jwt(secret: str, scope: str, did: str, now: datetime, life_s: float) -> str:
    """A token that looks like one of theirs: its claims can be read, and it is known by its whole text."""
    head = {"typ": "at+jwt", "alg": "HS256"}
    claims = {"scope": scope, "sub": did, "iat": int(now.timestamp()), "exp": int(now.timestamp() + life_s)}
    return ".".join((*(_b64(json.dumps(part)) for part in (head, claims)), _b64(secret)))


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def bearer(db: Db, kind: str = "access") -> Row:
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        raise refuse(401, "AuthMissing", "Authentication Required")
    row, proven = accounts.find_token(db, "bluesky", token), word.lower() == "dpop"
    key = proof.thumbprint(token=token, resource=True) if proven else ""
    if word.lower() not in ("bearer", "dpop") or row is None or row["kind"] != kind or row["revoked_at"]:
        row = None
    if row is None or _bound_to(row) != key:
        raise dead(proven, "InvalidToken", "Token could not be verified")
    if not accounts.alive(row, box().now()):
        raise dead(proven, "ExpiredToken", "Token has expired")
    return row


def dead(proven: bool, name: str, words: str) -> Refused:
    """A token of the sign-in page is refused in the words of OAuth."""
    return proof.no("invalid_token", words, resource=True) if proven else refuse(400, name, words)


def _bound_to(row: Row) -> str:
    """The key that a token is bound to; "" for those of an app password. A used refresh token holds its successors there."""
    held = json.loads(row["accounts"])
    return str(held[0]) if row["scopes"].startswith("atproto") else ""


def me_of(db: Db, row: Row) -> Row:
    me = accounts.account(db, "bluesky", row["account"])
    assert me is not None
    return me


def xrpc(
    method: str,
    name: str,
    *,
    params: Sequence[str] = (),
    body: Sequence[str] | None = None,
    signed: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put one method on the wire. Its function gets the account (or None) and what was given: the parameters of a
    query, the fields of a procedure. ``body`` None: the raw bytes are the function's own affair."""

    def door(handle: Callable[..., Any]) -> Callable[..., Any]:
        @bp.route(f"/xrpc/{name}", methods=[method], endpoint=name.replace(".", "-"))
        @wraps(handle)
        def view() -> Any:
            me = None
            with box().store.tx() as db:
                if signed or request.headers.get("Authorization"):
                    me = me_of(db, bearer(db))
                count(db, "calls", me["id"] if me else "anybody", CALLS, CALLS_S)
            if unknown := set(request.args) - set(params):
                raise invalid(f"{sorted(unknown)[0]} is no parameter of {name}")
            given: dict[str, Any] = {k: request.args.getlist(k) for k in request.args}
            if body is not None and method == "POST":
                given |= _body(name, body)
            return handle(me, given)

        return view

    return door


def _body(name: str, allowed: Sequence[str]) -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise invalid("A request body is expected but none was provided")
    return only(found, allowed, f"Input of {name}")


def only(found: Any, allowed: Sequence[str], where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise invalid(f"{where} must be an object")
    if unknown := set(found) - set(allowed):
        raise invalid(f"{where} has an unknown property {sorted(unknown)[0]}")
    return found


def first(given: dict[str, Any], name: str) -> str:
    values = given.get(name) or [""]
    return str(values[0])


def number_in(given: dict[str, Any], name: str, most: int, usual: int) -> int:
    text = first(given, name) or str(usual)
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}")
    return int(text)


# Names of things ------------------------------------------------------------------------------------------------


def cid(data: bytes, codec: int) -> str:
    """A content identifier: version 1, sha-256, base32. ``codec`` 0x55 for raw bytes, 0x71 for a record."""
    whole = bytes((1, codec, 0x12, 0x20)) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(whole).decode().lower().rstrip("=")


def record_cid(record: Any) -> str:
    """The real one hashes CBOR; for telling two records apart JSON does as well."""
    return cid(json.dumps(record, sort_keys=True, ensure_ascii=False).encode(), 0x71)


def tid(micros: int) -> str:
    """Thirteen letters that sort as the time does."""
    value, out = micros << 10, ""
    for _ in range(13):
        out, value = LETTERS[value & 31] + out, value >> 5
    return out


def uri(did: str, collection: str, rkey: str) -> str:
    return f"at://{did}/{collection}/{rkey}"


def split_uri(text: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"at://([^/]+)/([^/]+)/([^/]+)", text)
    if match is None:
        raise invalid(f"{text} is not an at-uri")
    return match[1], match[2], match[3]
