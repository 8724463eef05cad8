"""Faults on purpose: what a real network does to its clients on a bad day, at the call of one's choice.

A fault names a network, a text or regular expression that is looked for in `METHOD /path?query` (the path as the real
network has it, `POST /2/tweets`), how often it strikes and how many matching calls it lets pass first.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from flask import Flask, Response, g, request

from sandbox.box import Refused, box
from sandbox.store import Db, Row, insert, one, rows, stamp

FAULTS = {
    "lost_answer": "done, then the connection is cut without an answer",
    "cut": "not done, and the connection is cut without an answer",
    "5xx": "not done, answered with 503",
    "5xx_after": "done, but answered with 502",
    "error_after": "done, but answered with an error of the network's own",
    "garbled": "done, but the body of the answer cannot be read",
    "no_id": "done, but the answer says nothing of what was made",
    "redirect": "not done, sent to another address",
    "echo": "not done, and the refusal repeats the token",
    "says_error": "the state that is asked for is said to be an error, whatever is true",
    "429": "not done, too many requests",
    "slow": "waits, then does it and answers",
    "slow_after": "does it, then waits before it answers",
    "auth": "not done, the token is said to be invalid",
    "refused": "not done, the content is refused for good",
    "media_error": "the medium named by this call fails in processing",
    "media_passing": "it fails in processing too, for a reason that passes (Bluesky, TikTok)",
}
BEFORE = ("5xx", "429", "auth", "refused")
ALWAYS = -1


class BadFault(ValueError):
    """Somebody asked for a fault that cannot be; the message says what is wrong."""


def add(db: Db, asked: dict[str, Any], networks: list[str], at: Any) -> Row:
    """Keep a fault. `times` -1 means until it is taken away."""
    unknown = set(asked) - {"network", "match", "fault", "times", "skip", "seconds"}
    if unknown:
        raise BadFault(f"Unknown keys: {', '.join(sorted(unknown))}.")
    network = str(asked.get("network") or "*")
    if network not in [*networks, "*"]:
        raise BadFault(f"No network {network!r}. There are: {', '.join(networks)} and * for all.")
    fault = str(asked.get("fault", ""))
    if fault not in FAULTS:
        raise BadFault(f"No fault {fault!r}. There are: {', '.join(FAULTS)}.")
    match = str(asked.get("match") or "")
    try:
        re.compile(match)
        times = int(asked.get("times") or 1)
        skip = int(asked.get("skip") or 0)
        seconds = float(asked.get("seconds") or 5)
    except (re.error, TypeError, ValueError) as problem:
        raise BadFault(
            f"match must be a text or a regular expression, times, skip and seconds numbers: {problem}"
        ) from problem
    if times < ALWAYS or skip < 0 or not 0 <= seconds <= 600:
        raise BadFault("times is at least 1 (or -1 for always), skip at least 0, seconds 0 to 600.")
    insert(
        db,
        "fault",
        network=network,
        match=match,
        fault=fault,
        times=times,
        skip=skip,
        seconds=seconds,
        made_at=stamp(at),
    )
    kept = one(db, "SELECT * FROM fault WHERE id=last_insert_rowid()")
    assert kept is not None
    return kept


def waiting(db: Db) -> list[Row]:
    return rows(db, "SELECT * FROM fault ORDER BY id")


def clear(db: Db, fault_id: int | None = None) -> None:
    if fault_id is None:
        db.execute("DELETE FROM fault")
    else:
        db.execute("DELETE FROM fault WHERE id=?", (fault_id,))


def matches(pattern: str, target: str) -> bool:
    return pattern in target or re.search(pattern, target) is not None


def take(db: Db, network: str, target: str) -> Row | None:
    """Return the first fault that strikes this call and count it, or None."""
    found = rows(db, "SELECT * FROM fault WHERE network IN (?, '*') AND times<>0 ORDER BY id", network)
    for fault in found:
        if not matches(fault["match"], target):
            continue
        if fault["skip"] > 0:
            db.execute("UPDATE fault SET skip=skip-1 WHERE id=?", (fault["id"],))
            continue
        left = fault["times"] if fault["times"] == ALWAYS else fault["times"] - 1
        db.execute("UPDATE fault SET times=?, hits=hits+1 WHERE id=?", (left, fault["id"]))
        return fault
    return None


def install(app: Flask, refusals: dict[str, Any]) -> None:
    """Put the faults around every call that speaks a network's wire (not around its pages)."""

    @app.before_request
    def before() -> None:
        g.network, g.wire_path = _wire(request.path, refusals)
        g.fault = None
        if g.network is None:
            return
        query = f"?{request.query_string.decode(errors='replace')}" if request.query_string else ""
        with box().store.tx() as db:
            g.fault = take(db, g.network, f"{request.method} {g.wire_path}{query}")
        if g.fault is None:
            return
        kind, seconds = g.fault["fault"], g.fault["seconds"]
        if kind == "cut":
            request.environ["sandbox.cut"] = True
            raise Refused(Response(status=503))
        if kind == "slow":
            time.sleep(seconds)
        if kind == "redirect":
            raise Refused(Response(status=307, headers={"Location": f"{request.path}/elsewhere"}))
        if kind == "echo":
            raise Refused(_echo())
        if kind in BEFORE:
            raise Refused(refusals[g.network](kind, seconds))

    @app.after_request
    def after(response: Response) -> Response:
        fault = g.get("fault")
        if fault is None:
            return response
        kind = fault["fault"]
        if kind == "lost_answer":
            request.environ["sandbox.cut"] = True
        elif kind == "slow_after":
            time.sleep(fault["seconds"])
        elif kind == "5xx_after":
            answer: Response = refusals[g.network]("502", fault["seconds"])
            return answer
        elif kind == "error_after":
            denied: Response = refusals[g.network]("error", fault["seconds"])
            return denied
        elif kind in ("garbled", "no_id"):
            response.headers.pop("x-restli-id", None)  # where the answer stands in a header
            response.set_data(b'{"data": {"id": "1' if kind == "garbled" else b"{}")
        elif kind == "says_error":
            _say_error(response)
        return response

    app.wsgi_app = CutWire(app.wsgi_app)  # type: ignore[method-assign]


def _echo() -> Response:
    """A refusal that hands the token back, as careless gateways do."""
    token = request.headers.get("Authorization", "") or request.values.get("access_token", "")
    words = f"The request with {token} was refused."
    return Response(json.dumps({"detail": words, "error": {"message": words, "code": 100}}), 400)


def _say_error(response: Response) -> None:
    """Turn the state of a container or a video into an error."""
    body = response.get_json(silent=True)
    if not isinstance(body, dict):
        return
    if "status_code" in body:
        body |= {"status_code": "ERROR", "status": "Error: Media upload has failed with error code 2207053"}
    elif body.get("status") in ("IN_PROGRESS", "FINISHED", "PUBLISHED"):
        body |= {"status": "ERROR", "error_message": "UNKNOWN"}
    response.set_data(json.dumps(body))


def struck(kind: str) -> bool:
    """Is this request under the named fault? For faults a handler must play itself (media_error)."""
    fault = g.get("fault")
    return fault is not None and fault["fault"] == kind


def _wire(path: str, networks: dict[str, Any]) -> tuple[str | None, str]:
    """Split `/x/2/tweets` into ("x", "/2/tweets"); pages for people belong to no wire."""
    _, first, *rest = path.split("/")
    if first not in networks or (rest and rest[0] == "feed"):
        return None, path
    return first, "/" + "/".join(rest)


class CutWire:
    """Ends the connection without an answer when a request has been marked so."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        held: list[Any] = []

        def hold(*args: Any) -> Any:
            held.append(args)
            return lambda data: None

        body = self.app(environ, hold)
        if environ.get("sandbox.cut"):
            if hasattr(body, "close"):
                body.close()
            if (wire := environ.get("werkzeug.socket")) is not None:
                wire.shutdown(2)
            raise ConnectionResetError("the sandbox cut the connection on purpose")
        start_response(*held[-1])
        return body
