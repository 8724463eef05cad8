"""A network to try faults on: a real HTTP server on loopback that does what it is asked and then lies about it.

It keeps a ledger of what is public. Time is the test's clock, so that hours pass at once: a request may land
90 s late, a list may lag, a limit may reset, a token may run out. What is wrong with the next calls is said
beforehand::

    lab.next("POST /post", LOST)             # done, and the connection is reset
    lab.next("GET /posts", HTML, times=3)    # look-ups that cannot be read
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.faults.history import Stood

Answer = tuple[int, dict[str, Any]]
HTML_PAGE = b"<!doctype html><title>502 Bad Gateway</title><h1>Bad gateway</h1>"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call.

    ``done``: the network does it (True), does not (False), or does it so many seconds later (a number).
    ``answer``: "true" (what really happened), "silence", "reset", or "say": ``status``, ``headers``, ``body``.
    """

    done: bool | float = True
    answer: str = "say"
    status: int = 500
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()

    def undone(self) -> Fault:
        return replace(self, done=False)


SILENT = Fault(answer="silence")
LOST = Fault(answer="reset")
LATE = Fault(done=90.0, answer="reset")
HTML = Fault(status=200, body=HTML_PAGE, headers=(("Content-Type", "text/html"),))
CUT_JSON = Fault(status=201, body=b'{"id": "p-')
NO_ID = Fault(status=201, body=b'{"ok": true}')
CUT_SHORT = Fault(status=201, body=b'{"id"', headers=(("Content-Length", "400"),))


def status(code: int, *, done: bool = True, body: bytes = HTML_PAGE, **headers: str) -> Fault:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault(done=done, status=code, body=body, headers=pairs)


def refusal(code: int, word: str, message: str = "", **headers: str) -> Fault:
    body = json.dumps({"error": word, "message": message or word}).encode()
    return status(code, done=False, body=body, **headers)


@dataclass
class Post:
    id: str
    account: str
    sent: str
    shown: str
    at: datetime
    parent: str = ""
    by: str = "us"
    media: tuple[str, ...] = ()
    gone: bool = False


@dataclass
class Container:
    id: str
    text: str
    media: tuple[str, ...]
    made_at: datetime
    post_id: str = ""


@dataclass
class Call:
    method: str
    path: str
    at: datetime
    token: str
    fault: Fault | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Lab:
    """The network's own side: state, ledger and what it has been told to get wrong."""

    clock: Callable[[], datetime]
    account: str = "@river"
    base: str = ""
    posts: list[Post] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    faults: list[list[Any]] = field(default_factory=list)  # [target, fault, skip, times]
    files: dict[str, bytearray] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    landing: list[tuple[datetime, Callable[[], Any]]] = field(default_factory=list)
    tokens: dict[str, datetime | None] = field(default_factory=lambda: {"access-0": None})
    refresh_tokens: set[str] = field(default_factory=lambda: {"refresh-0"})
    serial: int = 0
    # what kind of network it is
    lag_s: float = 0.0  # its list of posts shows a post so much later
    page: int = 50
    knows_keys: bool = True
    refuses_repeats_s: float = 0.0  # the same text within so many seconds is refused, naming the first
    names_the_first: bool = True
    catches_up: bool = False  # when it refuses a repeat, its list shows the first one
    polls: int = 0  # so often a container is still pending
    container_says: str = ""  # instead of the truth
    alter: Callable[[str], str] = str  # what it makes of a text
    limit: tuple[int, float] | None = None  # public calls per so many seconds
    single_use: bool = True  # a refresh token that was used is dead
    refreshes: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()

    # what the test says ---------------------------------------------------------------------------------

    def next(self, target: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Get the next ``times`` calls that begin with ``target`` wrong, after letting ``skip`` of them pass."""
        self.faults.append([target, fault, skip, times])

    def well_again(self) -> None:
        self.faults.clear()

    def by_hand(self, text: str, at: datetime | None = None, parent: str = "") -> Post:
        """The account's owner posts this in the network's own app."""
        return self._post(text, parent=parent, by="owner", at=at)

    def stood(self) -> list[Stood]:
        self.settle()
        return [
            Stood(p.account, p.sent, p.id, p.at, p.parent, p.by == "us", p.media)
            for p in self.posts
            if not p.gone
        ]

    def texts(self) -> list[str]:
        return [post.text for post in self.stood() if post.ours]

    def made(self, target: str) -> list[Call]:
        return [call for call in self.calls if str(call).startswith(target)]

    # its own life ---------------------------------------------------------------------------------------

    def settle(self) -> None:
        now = self.clock()
        due = [do for at, do in self.landing if at <= now]
        self.landing = [(at, do) for at, do in self.landing if at > now]
        for do in due:
            do()

    def struck(self, target: str) -> Fault | None:
        for row in self.faults:
            if not target.startswith(row[0]) or row[3] == 0:
                continue
            if row[2] > 0:
                row[2] -= 1
                continue
            row[3] -= 1
            return row[1]
        return None

    def handle(self, call: Call, query: dict[str, str], body: bytes) -> tuple[Fault | None, Answer]:
        with self.lock:
            self.settle()
            fault = call.fault = self.struck(str(call))
            self.calls.append(call)
            at, (method, path) = self.clock(), (call.method, call.path)
            if fault is not None and fault.done is False:
                return fault, (0, {})
            if fault is not None and fault.done is not True:
                self.landing.append(
                    (at + timedelta(seconds=fault.done), lambda: self.route(method, path, query, body, ""))
                )
                return fault, (0, {})
            if path != "/token" and not self._lets_in(call.token):
                return fault, (401, {"error": "token", "message": "The token is not valid."})
            return fault, self.route(method, path, query, body, call.token)

    def _lets_in(self, token: str) -> bool:
        ends = self.tokens.get(token, self.clock())
        return ends is None or ends > self.clock()

    def route(self, method: str, path: str, query: dict[str, str], body: bytes, token: str) -> Answer:
        for pattern, name in ROUTES:
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return getattr(self, name)(*found.groups(), query=query, body=body)
        return 404, {"error": "unknown", "message": f"{method} {path}"}

    def _new(self, kind: str) -> str:
        self.serial += 1
        return f"{kind}-{self.serial}"

    # routes ---------------------------------------------------------------------------------------------

    def me(self, **_: Any) -> Answer:
        return 200, {"id": "1", "handle": self.account}

    def numbers(self, **_: Any) -> Answer:
        return 200, {"numbers": {p.id: {"likes": 3} for p in self.posts}}

    def token(self, *, body: bytes, **_: Any) -> Answer:
        used = {k: v[0] for k, v in parse_qs(body.decode()).items()}.get("refresh_token", "")
        if used not in self.refresh_tokens:
            return 400, {"error": {"code": "invalid_grant", "message": "This sign-in is over."}}
        if self.single_use:
            self.refresh_tokens.discard(used)
        self.refreshes += 1
        access, refresh = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
        self.tokens = {access: self.clock() + timedelta(hours=2)}
        self.refresh_tokens.add(refresh)
        return 200, {"access_token": access, "refresh_token": refresh, "expires_in": 7200}

    def begin_file(self, **_: Any) -> Answer:
        name = self._new("f")
        self.files[name] = bytearray()
        return 201, {"id": name}

    def add_piece(self, name: str, *, query: dict[str, str], body: bytes) -> Answer:
        if name not in self.files:
            return 404, {"error": "no-file", "message": "No such upload."}
        offset = int(query.get("offset", "0"))
        self.files[name][offset : offset + len(body)] = body
        return 200, {"id": name, "bytes": len(self.files[name])}

    def make_container(self, *, body: bytes, **_: Any) -> Answer:
        asked = json.loads(body)
        made = Container(self._new("c"), asked["text"], self._digests(asked), self.clock())
        self.containers[made.id] = made
        return 201, {"id": made.id}

    def container(self, name: str, **_: Any) -> Answer:
        found = self.containers.get(name)
        if found is None:
            return 404, {"error": "no-container", "message": "No such container."}
        if self.container_says:
            return 200, {"id": name, "state": self.container_says, "post": ""}
        if self.polls > 0:
            self.polls -= 1
            return 200, {"id": name, "state": "pending", "post": ""}
        return 200, {"id": name, "state": "published" if found.post_id else "ready", "post": found.post_id}

    def make_post(self, *, body: bytes, **_: Any) -> Answer:
        asked = json.loads(body)
        if self.limit is not None and (wait_s := self._over_limit()):
            return 429, {"error": "slow-down", "retry_after": wait_s}
        if (parent := asked.get("parent")) and not any(p.id == parent and not p.gone for p in self.posts):
            return 404, {"error": "no-parent", "message": "The post above is gone."}
        container = self.containers.get(asked.get("container") or "")
        if container is not None and container.post_id:
            return 409, {"error": "duplicate", "message": "It has been published."}
        key = asked.get("key") or ""
        if key and self.knows_keys and key in self.keys:
            return 201, self._shown(self.keys[key])
        if first := self._repeated(asked["text"]):
            named = self._shown(first.id) if self.names_the_first else {}
            self.lag_s = 0.0 if self.catches_up else self.lag_s
            return 409, {"error": "duplicate", "message": "You have posted this already.", **named}
        post = self._post(asked["text"], parent=parent or "", media=self._digests(asked))
        if key:
            self.keys[key] = post.id
        if container is not None:
            container.post_id = post.id
        return 201, self._shown(post.id)

    def list_posts(self, *, query: dict[str, str], **_: Any) -> Answer:
        since = datetime.fromisoformat(query["since"])
        seen_until = self.clock() - timedelta(seconds=self.lag_s)
        shown = [p for p in reversed(self.posts) if since <= p.at <= seen_until and not p.gone]
        start = int(query.get("page", "0"))
        rows = [self._shown(p.id) for p in shown[start : start + self.page]]
        more = start + self.page if start + self.page < len(shown) else None
        return 200, {"posts": rows, "next": more}

    def read_post(self, name: str, **_: Any) -> Answer:
        found = any(p.id == name and not p.gone for p in self.posts)
        return (200, self._shown(name)) if found else (404, {"error": "no-post", "message": "Not found."})

    # parts ----------------------------------------------------------------------------------------------

    def _digests(self, asked: dict[str, Any]) -> tuple[str, ...]:
        return tuple(hashlib.sha256(self.files[name]).hexdigest() for name in asked.get("files") or ())

    def _post(self, text: str, *, parent: str, by: str = "us", at: datetime | None = None, media=()) -> Post:
        shown = self.alter(text) if by == "us" else text
        post = Post(self._new("p"), self.account, text, shown, at or self.clock(), parent, by, tuple(media))
        self.posts.append(post)
        return post

    def _shown(self, name: str) -> dict[str, Any]:
        post = next(p for p in self.posts if p.id == name)
        return {
            "id": post.id, "text": post.shown, "created_at": post.at.isoformat(), "parent": post.parent,
            "media": len(post.media), "url": f"{self.base}/shown/{post.id}",
        }  # fmt: skip

    def _repeated(self, text: str) -> Post | None:
        since = self.clock() - timedelta(seconds=self.refuses_repeats_s)
        same = [p for p in self.posts if p.shown == self.alter(text) and p.at >= since and not p.gone]
        return same[0] if same and self.refuses_repeats_s else None

    def _over_limit(self) -> float:
        count, window_s = self.limit or (0, 0.0)
        since = self.clock() - timedelta(seconds=window_s)
        recent = [p.at for p in self.posts if p.at > since and p.by == "us"]
        return 0.0 if len(recent) < count else (min(recent) - since).total_seconds()


ROUTES = (
    (r"GET /me", "me"),
    (r"GET /numbers", "numbers"),
    (r"POST /token", "token"),
    (r"POST /files", "begin_file"),
    (r"PUT /files/([\w-]+)", "add_piece"),
    (r"POST /containers", "make_container"),
    (r"GET /containers/([\w-]+)", "container"),
    (r"POST /(?:post|elsewhere)", "make_post"),
    (r"GET /posts", "list_posts"),
    (r"GET /posts/([\w-]+)", "read_post"),
)


class _Handler(BaseHTTPRequestHandler):
    lab: Lab
    protocol_version = "HTTP/1.1"

    def handle_one(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").partition(" ")[2]
        call = Call(self.command, parts.path, self.lab.clock(), token, None)
        fault, (code, answer) = self.lab.handle(call, query, body)
        self.close_connection = True
        if fault is None or fault.answer == "true":
            extra = {"Retry-After": f"{answer['retry_after']:.0f}"} if "retry_after" in answer else {}
            self._say(code, json.dumps(answer).encode(), {"Content-Type": "application/json", **extra})
        elif fault.answer == "silence":
            self.connection.settimeout(5)
            with suppress(OSError):
                self.connection.recv(1)  # until the client gives up
        elif fault.answer == "reset":
            self._reset()
        else:
            self._say(fault.status, fault.body, dict(fault.headers))

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def _say(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(code)  # no Date but the one that is asked for
        for name, value in {"Content-Length": str(len(body)), **headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # it has been reset
            super().finish()

    def log_message(self, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client went away, as asked


@contextmanager
def serving(lab: Lab) -> Iterator[Lab]:
    """Serve the network on a free port of loopback."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"lab": lab}))
    lab.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield lab
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
