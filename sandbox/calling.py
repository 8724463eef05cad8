"""The networks call the app when something happens: signed over the raw body, and again until it is taken.

Where the app listens is set by a program (``POST /_sandbox/callbacks``) and asked first, as Meta does. What had happened
by then is not told. A network says in ``Network.calls`` what it tells and how it signs.
"""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask

from sandbox.box import Box
from sandbox.store import Db, Row, insert, instant, put_setting, rows, setting, stamp

EVERY_S = 1.0
TIMEOUT_S = 5
PATIENCE = timedelta(hours=36)  # Meta's
MOST = 100  # in one round
Body = dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """``happened``: everything that may be told, as (key, how the call's body is made), oldest first.

    ``sign``: the headers that prove the body. ``asks``: whether the network first asks the address for its word.
    """

    happened: Callable[[Db, datetime], Iterable[tuple[str, Callable[[], Body]]]]
    sign: Callable[[bytes, datetime], dict[str, str]]
    asks: bool = True


class NotOurs(Exception):
    """The address did not answer as the app's own would; the message says why."""


def listen(state: Box, network: str, calls: Calls, url: str, token: str) -> None:
    """From now on tell the address what happens; one that listened before is told where it was left. Raises NotOurs."""
    if urlsplit(url).hostname not in state.fetch_hosts:
        raise NotOurs("The sandbox calls addresses on this machine only.")
    if calls.asks:
        word = secrets.token_hex(8)
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": word}
        status, said = _send("GET", f"{url}?{urlencode(asked)}")
        if (status, said) != (200, word.encode()):
            raise NotOurs(f"The address did not give the word back (it answered {status}).")
    with state.store.tx() as db:
        before = setting(db, f"{network} callback")
        put_setting(db, f"{network} callback", {"url": url})
        if before and before["url"] == url:
            return
        told = _told(db, network)
        for key, _ in calls.happened(db, state.now()):
            if key not in told:
                _done(db, network, key, state.now())


def _told(db: Db, network: str) -> set[str]:
    return {row["key"] for row in rows(db, "SELECT key FROM called WHERE network=?", network)}


def forget(state: Box, network: str) -> None:
    with state.store.tx() as db:
        put_setting(db, f"{network} callback", None)


def tell(state: Box, network: str, calls: Calls) -> int:
    """Tell what is new, in order; how many calls were taken. What is not taken waits longer each time."""
    now = state.now()
    with state.store.tx() as db:
        to = setting(db, f"{network} callback")
        if not to or (to.get("again_at") and instant(to["again_at"]) > now):
            return 0
        told = _told(db, network)
        new = [(key, make()) for key, make in calls.happened(db, now) if key not in told][:MOST]
    for number, (key, body) in enumerate(new):
        raw = json.dumps(body).encode()  # plain ASCII: what is not is escaped, as Meta does
        status, _ = _send("POST", to["url"], raw, calls.sign(raw, now))
        with state.store.tx() as db:
            if 200 <= status < 300:
                _done(db, network, key, now)
                put_setting(db, f"{network} callback", {"url": to["url"]})
                continue
            since = instant(to.get("since") or stamp(now))
            if now - since > PATIENCE:
                _done(db, network, key, now)
            tries = to.get("tries", 0) + 1
            again = stamp(now + timedelta(seconds=min(2**tries, 600)))
            waits = {"url": to["url"], "tries": tries, "since": stamp(since), "again_at": again}
            put_setting(db, f"{network} callback", waits)
        return number
    return len(new)


def _done(db: Db, network: str, key: str, now: datetime) -> None:
    insert(db, "called", network=network, key=key, at=stamp(now))


def _send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    """(status, body) of the answer; status 0 when there was none. No redirects."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    head = {"Content-Type": "application/json", "User-Agent": "facebookexternalua (sandbox)"}
    try:
        connection.request(method, path, body, head | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read(10_000)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def start(app: Flask, networks: Iterable[Any]) -> threading.Thread:
    """Tell what happens in a thread of its own, as long as the process lives."""
    state: Box = app.extensions["sandbox"]
    callers = [(network.name, network.calls) for network in networks if network.calls is not None]

    def run() -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_S):
            with app.app_context():
                for name, calls in callers:
                    try:
                        tell(state, name, calls)
                    except Exception:  # one network's trouble is not the others'
                        traceback.print_exc()

    thread = threading.Thread(target=run, name="callbacks", daemon=True)
    thread.start()
    return thread


# What people said, for every network -------------------------------------------------------------------------------
def said(db: Db, network: str, arrive: Callable[[Db, Row], Any]) -> list[tuple[Row, Row]]:
    """(comment, post) for everything said under the network's posts; ``arrive`` lets the comments come first."""
    posts = {
        post["id"]: post
        for post in rows(db, "SELECT * FROM post WHERE network=? AND deleted_at IS NULL", network)
    }
    for post in posts.values():
        arrive(db, post)
    sql = "SELECT * FROM comment WHERE network=? AND deleted_at IS NULL ORDER BY made_at, id"
    return [(row, posts[row["post"]]) for row in rows(db, sql, network) if row["post"] in posts]
