"""What every call to LinkedIn's versioned API must carry, and the words in which it refuses."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.store import Db, Row, setting, use

bp = Blueprint("linkedin", __name__, url_prefix="/linkedin")

VERSIONS = ("202512", "202601", "202602", "202603", "202604", "202605", "202606", "202607")
WRITE, ADMIN, READ = "w_organization_social", "rw_organization_admin", "r_organization_social"
SCOPES = {WRITE, ADMIN, READ, "w_member_social", "openid", "profile", "email"}
CALLS_A_DAY = 100_000


def refusal(fault: str, seconds: float) -> Response:
    """LinkedIn's answers to the faults. Nothing says when a quota ends; it is midnight UTC."""
    if fault == "429":
        return error(
            429, "TOO_MANY_REQUESTS", "Resource level throttle POSTS DAY limit for calls is reached."
        )
    if fault == "auth":
        return error(
            401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user", 65601
        )
    if fault == "refused":
        return error(
            400, "INVALID_VALUE_FOR_FIELD", "The content goes against the Professional Community Policies"
        )
    if fault == "502":
        return Response("<html><body>502 Bad Gateway</body></html>", 502, content_type="text/html")
    return error(503, "SERVICE_UNAVAILABLE", "Service Unavailable", 0)


def error(
    status: int, code: str, message: str, service_code: int = 100, field: str = "", about: str = ""
) -> Response:
    body: dict[str, Any] = {
        "status": status,
        "code": code,
        "serviceErrorCode": service_code,
        "message": message,
    }
    if field or about:
        body["errorDetailType"] = "com.linkedin.common.error.BadRequest"
        entry: dict[str, Any] = {"code": code, "description": about or message}
        if field:
            entry["input"] = {"inputPath": {"fieldPath": field}}
        body["errorDetails"] = {"inputErrors": [entry]}
    response = jsonify(body)
    response.status_code = status
    return response


def fail(status: int, code: str, message: str, **more: Any) -> Refused:
    return Refused(error(status, code, message, **more))


def bad(message: str, code: str = "INVALID_VALUE_FOR_FIELD", field: str = "") -> Refused:
    return fail(400, code, message, field=field)


def not_found(what: str) -> Refused:
    return fail(404, "NOT_FOUND", f"Entity with key {what} not found")


@bp.after_request
def name_the_call(response: Response) -> Response:
    response.headers.setdefault("x-li-uuid", secrets.token_urlsafe(12))
    response.headers.setdefault("x-restli-protocol-version", "2.0.0")
    return response


# Who is asking -----------------------------------------------------------------------------------------------------
def signed(*scopes: str, versioned: bool = True) -> Row:
    """The token of this call; it must hold the scopes, and the call the headers of the versioned API."""
    if versioned:
        _check_headers()
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not text:
        raise fail(401, "UNAUTHORIZED", "Empty oauth2 access token", service_code=65604)
    with box().store.tx() as db:
        row = accounts.find_token(db, "linkedin", text)
        if row is None or row["kind"] != "access":
            raise fail(401, "INVALID_ACCESS_TOKEN", "Invalid access token", service_code=65600)
        if row["revoked_at"]:
            raise fail(
                401,
                "REVOKED_ACCESS_TOKEN",
                "The token used in the request has been revoked by the user",
                service_code=65601,
            )
        if not accounts.alive(row, box().now()):
            raise fail(
                401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", service_code=65602
            )
        if set(scopes) - set(row["scopes"].split()):
            name = (
                f"{request.path.split('/')[3]}.{request.method}.{request.headers.get('Linkedin-Version', '')}"
            )
            raise fail(403, "ACCESS_DENIED", f"Not enough permissions to access: {name}")
        _count(db, row)
    return row


def _check_headers() -> None:
    version = request.headers.get("Linkedin-Version", "")
    if not version:
        raise fail(
            400,
            "VERSION_MISSING",
            "A version must be present. Please specify a version by adding the LinkedIn-Version header.",
        )
    if version not in VERSIONS:
        raise fail(426, "NONEXISTENT_VERSION", f"Requested version {version}.01 is not active")
    if request.headers.get("X-Restli-Protocol-Version") != "2.0.0":
        raise fail(400, "ILLEGAL_ARGUMENT", "X-Restli-Protocol-Version 2.0.0 is expected")


def _count(db: Db, row: Row) -> None:
    """One quota a day for the app and the member; it starts anew at midnight UTC."""
    now: datetime = box().now()
    limit = int(setting(db, "linkedin calls a day", CALLS_A_DAY))
    allowed, _, _ = use(
        db, f"linkedin {now:%Y-%m-%d}", row["family"], limit, int(timedelta(days=2).total_seconds()), now
    )
    if not allowed:
        raise Refused(refusal("429", 0))


def administered(row: Row) -> list[str]:
    """The ids of the pages that the member of this token manages."""
    found: list[str] = json.loads(row["accounts"])
    return found


def page_of(row: Row, urn: str) -> Row:
    """The page that is named, if the member manages it."""
    found = re.fullmatch(r"urn:li:organization:(\d+)", urn)
    if found is None:
        raise bad(f"{urn} is not the name of an organization", "INVALID_URN_TYPE")
    with box().store.tx() as db:
        page = accounts.account(db, "linkedin", found[1])
    if page is None or page["id"] not in administered(row):
        raise fail(403, "ACCESS_DENIED", f"Member does not have permission to act as {urn}")
    return page


# What was sent -----------------------------------------------------------------------------------------------------
def body(known: set[str], *, needed: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """The JSON object of this call, with no other fields than the known ones."""
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise bad("The body is not a JSON object", "ILLEGAL_ARGUMENT")
    only(found, known, "")
    for name in needed:
        if name not in found:
            raise fail(400, "MISSING_FIELD", f"{name} :: field is required but not found", field=name)
    return found


def only(found: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(found) - known):
        path = f"{where}/{unknown[0]}"
        raise fail(
            400, "UNRECOGNIZED_FIELD", f"{path} :: unrecognized field found but not allowed", field=path
        )


def query(*known: str) -> dict[str, str]:
    """The parameters of this call, read from the address as it stands: parentheses and commas belong to lists."""
    found = {}
    for pair in filter(None, request.query_string.decode().split("&")):
        name, _, value = pair.partition("=")
        if name not in known:
            raise fail(400, "QUERY_PARAM_NOT_ALLOWED", f"Unpermitted fields present in PARAMETER: {name}")
        found[name] = value
    return found


def urns_in(text: str) -> list[str]:
    """`List(urn%3Ali%3Ashare%3A1,…)`."""
    found = re.fullmatch(r"List\((.*)\)", text)
    if found is None:
        raise bad(f"{text} is not a list", "INVALID_URN_ID")
    return [one_urn(part) for part in found[1].split(",") if part]


def one_urn(text: str) -> str:
    """A name in an address must be percent-encoded; a bare one is not understood there."""
    if ":" in text:
        raise bad("Invalid query parameters passed to request: colons must be encoded", "PARAM_INVALID")
    return unquote(text)


def in_path(name: str) -> str:
    """The part of the raw path after `/name/`, decoded; a bare URN in it is refused as the real network does."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    path = raw.partition("?")[0]
    if path and f"/{name}/urn:" in path:
        raise fail(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")
    return unquote(path)


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def whole(text: str, default: int, most: int) -> int:
    if not text:
        return default
    if not text.isdigit() or int(text) > most:
        raise bad(f"{text} is not a whole number up to {most}", "PARAM_INVALID")
    return int(text)
