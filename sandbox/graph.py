"""What Facebook and Instagram share: Graph paths, parameters, tokens, fields, pages of a list and errors."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, jsonify, request

from sandbox import accounts
from sandbox.box import CLIENT_ID, CLIENT_SECRET, Refused, box
from sandbox.store import Db, Row, instant, setting

NEWEST = 26
REMOVED = {"pretty", "debug", "date_format"}  # gone for every version since 27 October 2026
COMMON = {
    "access_token",
    "appsecret_proof",
    "fields",
    "limit",
    "after",
    "before",
    "locale",
    "since",
    "until",
    "format",
}
REDIRECT_DIFFERS = (
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the"
    " OAuth dialog request"
)
APP_TOKEN = f"{CLIENT_ID}|{CLIENT_SECRET}"


# Errors ------------------------------------------------------------------------------------------------------
def error(code: int, message: str, subcode: int | None = None, *, status: int = 400, **more: Any) -> Response:
    """The error envelope; `more` may hold type, transient, title and text (for the person)."""
    body: dict[str, Any] = {"message": message, "type": more.get("type", "OAuthException"), "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    body["is_transient"] = more.get("transient", False)
    if "text" in more:
        body |= {"error_user_title": more.get("title", ""), "error_user_msg": more["text"]}
    body["fbtrace_id"] = "A" + secrets.token_urlsafe(16).replace("-", "x")
    response = jsonify(error=body)
    response.status_code = status
    if code == 190:
        response.headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return response


def fail(code: int, message: str, subcode: int | None = None, **more: Any) -> Refused:
    return Refused(error(code, message, subcode, **more))


def bad(message: str) -> Refused:
    return fail(100, f"(#100) {message}")


def missing(node: str) -> Refused:
    return fail(
        100,
        f"Unsupported {request.method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to"
        " missing permissions, or does not support this operation",
        33,
        type="GraphMethodException",
    )


def refusal(throttle_code: int, kind: str) -> Callable[[str, float], Response]:
    """Build a network's answers to the faults. Meta throttles with HTTP 400, a code and a header, not with 429."""

    def answer(fault: str, seconds: float) -> Response:
        if fault == "429":
            minutes = max(1, round(seconds / 60))
            response = error(
                throttle_code, f"(#{throttle_code}) There have been too many calls to this account."
            )
            usage = {"type": kind, "call_count": 100, "total_cputime": 30, "total_time": 30}
            case = {"1": [usage | {"estimated_time_to_regain_access": minutes}]}
            response.headers["X-Business-Use-Case-Usage"] = json.dumps(case)
            response.headers["X-App-Usage"] = json.dumps(
                {"call_count": 100, "total_time": 30, "total_cputime": 30}
            )
            return response
        if fault == "auth":
            return error(190, "Error validating access token: Session has expired.", 463)
        if fault == "refused":
            return error(1404102, "This content goes against our Community Standards.")
        if fault == "error":
            return error(-1, "(#-1) An unexpected server error has occurred.", 2207001)
        if fault == "502":
            return Response(
                "<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html"
            )
        return error(
            2,
            "An unexpected error has occurred. Please retry your request later.",
            status=503,
            transient=True,
        )

    return answer


# Paths -------------------------------------------------------------------------------------------------------
Handler = Callable[..., Any]


@dataclass
class Router:
    """The edges of one network. A pattern names its ids: `{page:id}/feed`, `{post:post}/comments`."""

    kinds: dict[str, str] = field(
        default_factory=lambda: {"id": r"\d+", "post": r"\d+_\d+", "any": r"\d+(?:_\d+)?", "talk": r"t_\d+"}
    )
    edges: list[tuple[str, re.Pattern[str], set[str], Handler]] = field(default_factory=list)

    def edge(self, method: str, pattern: str, params: str = "") -> Callable[[Handler], Handler]:
        def shape(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{self.kinds[found[2]]})"

        compiled = re.compile(re.sub(r"\{(\w+):(\w+)\}", shape, pattern))

        def keep(handle: Handler) -> Handler:
            self.edges.append((method, compiled, set(params.split()), handle))
            return handle

        return keep

    def answer(self, path: str) -> Any:
        """Find the edge for the path (without the version), check the parameters, run it."""
        path = path.strip("/")
        for method, pattern, params, handle in self.edges:
            if method == request.method and (found := pattern.fullmatch(path)):
                g.params = parameters()
                unknown = {name.partition("[")[0] for name in (*g.params, *request.files)} - params - COMMON
                if unknown:
                    raise bad(
                        f"Unknown parameter: {sorted(unknown)[0]}. (The real network would leave it out of account.)"
                    )
                return handle(**found.groupdict())
        head, _, rest = path.partition("/")
        if not path or (rest and any(pattern.fullmatch(path) for _, pattern, _, _ in self.edges)):
            raise bad(f"Unsupported {request.method.lower()} request")
        if rest:
            raise fail(2500, f"Unknown path components: /{rest}")
        raise missing(head)


def without_version(path: str) -> str:
    """Strip `v26.0/`. A call without a version is served as well (the real one takes the app's default)."""
    found = re.match(r"v(\d+)\.(\d)(?:/|$)", path)
    if found is None:
        return path
    if int(found[1]) > NEWEST or found[2] != "0":
        raise fail(2500, f"Unknown path components: /{path}")
    return path[found.end() :]


def parameters() -> dict[str, str]:
    """All parameters of the call as texts, wherever they were put; what is JSON in a JSON body stays JSON text."""
    found: dict[str, str] = request.args.to_dict()
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise bad("The body is not a JSON object.")
        found |= {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
    found |= request.form.to_dict()
    if gone := REMOVED & set(found):
        raise bad(f"The parameter {sorted(gone)[0]} was removed.")
    return found


def param(name: str, default: str = "") -> str:
    return str(g.params.get(name, default))


def flag(name: str, default: bool) -> bool:
    text = param(name).lower()
    if text not in ("", "true", "false", "1", "0"):
        raise bad(f"Param {name} must be a boolean")
    return default if text == "" else text in ("true", "1")


def whole(name: str, default: int, low: int = 0, high: int = 2**53) -> int:
    text = param(name)
    if text == "":
        return default
    if not text.lstrip("-").isdigit() or not low <= int(text) <= high:
        raise bad(f"Param {name} must be a whole number from {low} to {high}")
    return int(text)


def moment(name: str) -> datetime | None:
    """A unix time in seconds."""
    return datetime.fromtimestamp(whole(name, 0), UTC) if param(name) else None


def items(name: str) -> list[str]:
    """A list: JSON text, `name[0]`, `name[1]`, … or values with commas between them."""
    numbered = [
        (int(found[1]), value)
        for key, value in g.params.items()
        if (found := re.fullmatch(rf"{name}\[(\d+)\]", key))
    ]
    if numbered:
        return [value for _, value in sorted(numbered)]
    text = param(name).strip()
    if not text:
        return []
    if text.startswith("["):
        try:
            return [value if isinstance(value, str) else json.dumps(value) for value in json.loads(text)]
        except ValueError:
            raise bad(f"Param {name} is not valid JSON") from None
    return [value.strip() for value in text.split(",")]


# Tokens ------------------------------------------------------------------------------------------------------
def token(network: str) -> Row:
    """The token of this call, or the network's words of refusal."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text if kind.lower() in ("bearer", "oauth") else ""
    text = request.values.get("access_token", "") or text
    if not text and request.is_json and isinstance(body := request.get_json(silent=True), dict):
        text = str(body.get("access_token", ""))
    if not text:
        raise fail(2500, "An active access token must be used to query information about the current user.")
    if (proof := request.values.get("appsecret_proof")) and not hmac.compare_digest(
        proof, secret_proof(text)
    ):
        raise fail(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")
    with box().store.tx() as db:
        row = accounts.find_token(db, network, text)
    if row is None:
        raise fail(190, "Invalid OAuth access token - Cannot parse access token")
    if row["revoked_at"]:
        raise fail(190, "Error validating access token: The session has been invalidated.", 467)
    if not accounts.alive(row, box().now()):
        raise fail(190, f"Error validating access token: Session has expired on {row['expires_at']}.", 463)
    return row


def secret_proof(text: str) -> str:
    return hmac.new(CLIENT_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def need(row: Row, *scopes: str) -> None:
    if lacking := set(scopes) - set(row["scopes"].split()):
        raise fail(
            200, f"(#200) Requires {', '.join(sorted(lacking))} permission to manage the object", status=403
        )


# Fields and lists ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Field:
    name: str
    args: dict[str, str]
    sub: tuple[Field, ...]


FIELD = re.compile(r"\s*(\w+)((?:\.\w+\([^()]*\))*)\s*")


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read `id,comments.limit(0).summary(true){id},from` ."""
    found, position = _fields(text, 0)
    if position != len(text):
        raise fail(2500, f'Syntax error "Unexpected end or character at character {position}: {text}"')
    return found


def _fields(text: str, position: int) -> tuple[tuple[Field, ...], int]:
    found: list[Field] = []
    while match := FIELD.match(text, position):
        position = match.end()
        args = dict(re.findall(r"\.(\w+)\(([^()]*)\)", match[2]))
        sub: tuple[Field, ...] = ()
        if text[position : position + 1] == "{":
            sub, position = _fields(text, position + 1)
            if text[position : position + 1] != "}":
                raise fail(2500, f'Syntax error "Expected }} at character {position}: {text}"')
            position += 1
        found.append(Field(match[1], args, sub))
        if text[position : position + 1] != ",":
            break
        position += 1
    return tuple(found), position


Getter = Callable[[Field], Any]


def pick(
    kind: str, asked: Sequence[Field], default: Iterable[str], getters: dict[str, Getter]
) -> dict[str, Any]:
    """Answer with the asked fields; `id` is always there, an empty one is left out, an unknown one fails the call."""
    chosen = list(asked) or [Field(name, {}, ()) for name in default]
    if "id" not in [wanted.name for wanted in chosen]:
        chosen.append(Field("id", {}, ()))
    answer = {}
    for wanted in chosen:
        if wanted.name not in getters:
            raise bad(f"Tried accessing nonexisting field ({wanted.name}) on node type ({kind})")
        value = getters[wanted.name](wanted)
        if value is not None:
            answer[wanted.name] = value
    return answer


def say(value: Any) -> Getter:
    """A field whose value is known already."""
    return lambda wanted: value


def asked_fields() -> tuple[Field, ...]:
    return parse_fields(param("fields"))


def listing(
    found: list[Row], show: Callable[[Row], dict[str, Any]], *, key: str = "id", default: int = 25
) -> dict[str, Any]:
    """One page of a list with cursors; `found` is in the order of the list."""
    limit = whole("limit", default, 0, 100)
    start = 0
    if after := param("after"):
        start = next((n + 1 for n, row in enumerate(found) if cursor(row[key]) == after), len(found))
    page = found[start : start + limit]
    answer: dict[str, Any] = {"data": [show(row) for row in page]}
    if page:
        answer["paging"] = {"cursors": {"before": cursor(page[0][key]), "after": cursor(page[-1][key])}}
        if start + limit < len(found):
            rest = {name: value for name, value in g.params.items() if name not in ("access_token", "after")}
            query = "&".join(
                f"{name}={value}" for name, value in (rest | {"after": cursor(page[-1][key])}).items()
            )
            answer["paging"]["next"] = f"{request.base_url}?{query}"
    return answer


def cursor(text: str) -> str:
    return "QVFI" + hashlib.sha256(text.encode()).hexdigest()[:24]


def between(found: list[Row]) -> list[Row]:
    """Those made from `since` until `until`, if these were given."""
    since, until = moment("since"), moment("until")
    return [
        row
        for row in found
        if (since is None or instant(row["made_at"]) >= since)
        and (until is None or instant(row["made_at"]) <= until)
    ]


def told(text: str) -> str:
    """A time in Graph's words: to the second, with +0000."""
    return instant(text).strftime("%Y-%m-%dT%H:%M:%S+0000")


def usage_headers(response: Response, network: str) -> Response:
    with box().store.tx() as db:
        percent = setting(db, f"{network} usage", 4)
    response.headers.setdefault(
        "X-App-Usage", json.dumps({"call_count": percent, "total_time": 2, "total_cputime": 1})
    )
    response.headers.setdefault("facebook-api-version", f"v{NEWEST}.0")
    response.headers.setdefault("x-fb-trace-id", secrets.token_hex(6))
    return response


def metric(name: str, value: Any, node: str, period: str = "lifetime") -> dict[str, Any]:
    title = name.replace("_", " ").capitalize()
    return {
        "name": name,
        "period": period,
        "values": [{"value": value}],
        "title": title,
        "description": title,
        "id": f"{node}/insights/{name}/{period}",
    }


def show_tokens(db: Db, row: Row | None, now: datetime) -> dict[str, Any]:
    """What debug_token says about a token."""
    if row is None:
        return {
            "is_valid": False,
            "scopes": [],
            "error": {"code": 190, "message": "Invalid OAuth access token."},
        }
    expires_at = int(instant(row["expires_at"]).timestamp()) if row["expires_at"] else 0
    answer = {
        "app_id": CLIENT_ID,
        "application": "Hustings",
        "type": "PAGE" if row["kind"] == "page" else "USER",
        "is_valid": accounts.alive(row, now),
        "issued_at": int(instant(row["made_at"]).timestamp()),
        "expires_at": expires_at,
        "data_access_expires_at": int(instant(row["made_at"]).timestamp()) + 90 * 86_400,
        "scopes": row["scopes"].split(),
        "granular_scopes": [{"scope": scope} for scope in row["scopes"].split()],
    }
    if not answer["is_valid"]:
        answer["error"] = {
            "code": 190,
            "subcode": 463,
            "message": "Error validating access token: Session has expired.",
        }
    return answer
