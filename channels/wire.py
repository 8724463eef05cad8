"""The one way out to the networks: one httpx client that never repeats, never follows and knows when a byte
has left.

Whether a post may be sent again depends on one fact: did any byte of the request leave this machine? httpx
tells it through its trace (``send_request_headers.started``). An error before that moment is
:class:`NotSent`; an error after it is :class:`AnswerLost`, whatever its name. At the same moment, with the
connection ready and not a byte sent, the caller's guard is asked for the last time whether its lease still
covers the call.

One refusal is no answer to the caller: that of a server which wants its latest word in the proof of a bound token. It has
done nothing then, and the call is made once more (:mod:`channels.bound`).

There is no keep-alive: a pooled connection that the other side has just closed looks exactly like a lost
answer, and a handshake costs less than a look-up. There are no proxies and nothing is read from the
environment.
"""

from __future__ import annotations

import json
import logging
import math
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from channels.bound import Bound, nonce_is_news, secrets_of

log = logging.getLogger(__name__)
# httpx writes whole addresses to its log, and httpcore headers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

CALL_MAX_S: float = settings.PUBLISHING[
    "call_max_s"
]  # a lease is reckoned with it: publishing-design section 5
CONNECT_S = 5.0
READ_S = min(30.0, CALL_MAX_S)
MAX_BODY_BYTES = 2 * 1024 * 1024
KEPT_BODY_BYTES = 4096
USER_AGENT = "Hustings/0.1"


class WireError(Exception):
    """A call that brought no answer. ``code`` is short and stable; the text is for people."""

    def __init__(self, message: str, code: str):
        super().__init__(message)
        self.code = code


class NotSent(WireError):
    """No byte of the request left: resolving, connecting, TLS, or the guard. Safe to repeat."""


class GuardLate(NotSent):
    """The guard found that the lease no longer covers the call. Nothing was sent."""

    def __init__(self, message: str = "the lease no longer covers the call"):
        super().__init__(message, "guard_late")


class AnswerLost(WireError):
    """At least one byte left and no whole answer came back. What it did is not known."""


# Guard and clock --------------------------------------------------------------------------------------------


def boot_clock() -> float:
    """Return seconds on a clock that goes on while the machine sleeps and that nobody can set."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else time.time()


def lease_guard(renewed_at: float, lease_s: float, *, call_max_s: float = CALL_MAX_S, margin_s: float = 10.0):
    """Return a guard that raises GuardLate once a call begun now could outlive the lease.

    ``renewed_at`` is :func:`boot_clock` read *before* the lease was last renewed.
    """
    last = renewed_at + lease_s - call_max_s - margin_s

    def guard() -> None:
        if (late_s := boot_clock() - last) > 0:
            raise GuardLate(f"the lease no longer covers the call ({late_s:.1f} s late)")

    return guard


# Redaction --------------------------------------------------------------------------------------------------

_KEYS = (
    "access_token|refresh_token|client_secret|fb_exchange_token|code_verifier|input_token|id_token|password"
)
_SECRETS = re.compile(
    rf"""(?ix)
    (?P<json>"(?:{_KEYS}|token)"\s*:\s*")(?:[^"\\]|\\.)*
    | (?P<form>(?<![\w])(?:{_KEYS}|token|code)=)[^&\s"'<>]+
    | (?P<head>\b(?:Bearer|DPoP|OAuth|Basic)\s+)[\w\-.~+/=|]{{8,}}
    """
)


def redact(body: bytes | str, *secrets: str) -> str:
    """Return a text of at most 4 KiB without tokens: the named ones, and whatever looks like one."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    text = text[: KEPT_BODY_BYTES * 4]
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, "[removed]")
    text = _SECRETS.sub(lambda m: (m["json"] or m["form"] or m["head"]) + "[removed]", text)
    return text.encode()[:KEPT_BODY_BYTES].decode("utf-8", "ignore")


# Answers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a network answered. ``body`` is cut at 2 MiB (``cut`` says so); headers are in lower case."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_s: float
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    cut: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None when it cannot be read as JSON."""
        if self.cut:
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def data(self) -> dict[str, Any]:
        """The parsed body if it is an object, else an empty one: safe to reach into."""
        return self.json if isinstance(self.json, dict) else {}

    @cached_property
    def text(self) -> str:
        """The body for our records: redacted, at most 4 KiB."""
        return redact(self.body, *self.secrets)

    @property
    def retry_after_s(self) -> float | None:
        """The seconds of ``Retry-After`` (a number or a date, held against the answer's own ``Date``); None when
        it is missing, nonsense, or lies in the past.
        """
        text = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(text) if text.isascii() else math.nan
        except ValueError:
            now = _http_date(self.headers.get("date", "")) or self.received_at
            until = _http_date(text)
            seconds = (until - now).total_seconds() if until else math.nan
        return seconds if math.isfinite(seconds) and seconds > 0 else None

    @property
    def request_id(self) -> str:
        for name in ("x-transaction-id", "x-fb-trace-id", "x-fb-request-id", "x-request-id"):
            if value := self.headers.get(name):
                return value[:120]
        error = self.data.get("error")
        return str(error.get("fbtrace_id", ""))[:120] if isinstance(error, dict) else ""


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# The client -------------------------------------------------------------------------------------------------


@dataclass
class _Call:
    """One call under way: its end on the monotonic clock, and when the first byte left."""

    ends: float
    guard: Callable[[], None] | None
    bytes_started_at: datetime | None = None

    def left(self) -> float:
        return self.ends - time.monotonic()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started") and self.bytes_started_at is None:
            if self.left() <= 0:
                raise NotSent("connecting took too long", "deadline")
            if self.guard is not None:
                self.guard()
            self.bytes_started_at = datetime.now(UTC)


_CALL: ContextVar[_Call | None] = ContextVar("channels.wire.call", default=None)


def _within(timeout: float | None, late: type[Exception]) -> float | None:
    """The socket time-out, cut so that the whole call ends in time however slowly the bytes drip."""
    call = _CALL.get()
    if call is None:
        return timeout
    left = call.left()
    if left <= 0:
        raise late("the call took too long")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream):
        self._stream = stream

    def read(self, max_bytes, timeout=None):
        return self._stream.read(max_bytes, _within(timeout, httpcore.ReadTimeout))

    def write(self, buffer, timeout=None):
        # A file of hundreds of MB goes in pieces: each may take as long as the call has left.
        self._stream.write(buffer, _within(timeout, httpcore.WriteTimeout))

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        left = _within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def close(self):
        self._stream.close()

    def get_extra_info(self, info):
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Plain sockets whose every wait ends with the call. ``channels.safe`` adds rules about where it may
    connect."""

    def __init__(self):
        self._plain = httpcore.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        left = _within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(self, path, timeout=None, socket_options=None):
        raise httpcore.ConnectError("no unix sockets")

    def sleep(self, seconds):
        self._plain.sleep(seconds)


class Transport(httpx.HTTPTransport):
    """httpx's transport on our sockets. httpx has no door for a network backend, so the pool is put in its
    place."""

    def __init__(self, backend: httpcore.NetworkBackend):
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=64,
            max_keepalive_connections=0,
            retries=0,
            network_backend=backend,
        )


def new_client(backend: httpcore.NetworkBackend | None = None) -> httpx.Client:
    return httpx.Client(
        transport=Transport(backend or DeadlineBackend()),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
        headers={
            "User-Agent": USER_AGENT,
            "Connection": "close",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        },
    )


_client: httpx.Client | None = None


def client() -> httpx.Client:
    global _client
    if _client is None:
        _client = new_client()
    return _client


def send(
    request: httpx.Request,
    *,
    guard: Callable[[], None] | None = None,
    total_s: float = CALL_MAX_S,
    max_bytes: int = MAX_BODY_BYTES,
    through: httpx.Client | None = None,
    secrets: Iterable[str] = (),
    started: Callable[[datetime | None], None] = lambda at: None,
) -> Answer:
    """Send one request once and return the answer, whatever its status.

    Raises NotSent or AnswerLost; nothing else of the network's doing. ``started`` is told when the first byte
    left (None: it never did), also when an exception follows.
    """
    call = _Call(ends=time.monotonic() + total_s, guard=guard)
    request.extensions = {**request.extensions, "trace": call.trace}
    token = _CALL.set(call)
    begun = time.monotonic()
    status = 0
    try:
        response = (through or client()).send(request, stream=True)
        status = response.status_code
        body, cut = _read_body(response, max_bytes)
    except WireError:
        raise
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        name = type(error).__name__
        if call.bytes_started_at is None:
            raise NotSent(_words(error), name) from error
        raise AnswerLost(_words(error), name) from error
    finally:
        _CALL.reset(token)
        started(call.bytes_started_at)
        log.debug(
            "%s %s%s %s %.0f ms",
            request.method,
            request.url.host,
            request.url.path,
            status or "no answer",
            (time.monotonic() - begun) * 1000,
        )
    headers = {k.lower(): v for k, v in response.headers.items()}
    return Answer(
        method=request.method,
        url=str(request.url.copy_with(query=None)),
        status=status,
        headers=headers,
        body=body,
        elapsed_s=time.monotonic() - begun,
        cut=cut,
        secrets=tuple(secrets),
    )


def _read_body(response: httpx.Response, max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    try:
        for chunk in _unpacked(response, max_bytes + 1):
            body += chunk
            if len(body) > max_bytes:
                return bytes(body[:max_bytes]), True
    except (httpx.HTTPError, httpx.StreamError, OSError):
        # A refusal stays a refusal when its words are cut off; a success whose words are lost is not known to
        # be one.
        if not 400 <= response.status_code < 500:
            raise
        return bytes(body), True
    finally:
        response.close()
    return bytes(body), False


def _unpacked(response: httpx.Response, at_most: int) -> Iterator[bytes]:
    """The body without its packing, in pieces of at most so many bytes: a few kilobytes may unpack to gigabytes,
    and httpx unpacks whatever has arrived in one go.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in {"gzip", "x-gzip", "deflate"}:
        yield from response.iter_raw()
        return
    unpack, empty = zlib.decompressobj(47), True  # either header
    try:
        for packed in response.iter_raw():
            empty = False
            while packed:
                yield unpack.decompress(packed, at_most)
                packed = unpack.unconsumed_tail
        yield unpack.flush(at_most)
    except zlib.error as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
    if not unpack.eof and not empty:
        raise httpx.DecodingError("the packed body is cut short", request=response.request)


def _words(error: Exception) -> str:
    known = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ConnectError: "no connection",
        httpx.ReadTimeout: "no answer in time",
        httpx.WriteTimeout: "sending took too long",
        httpx.ReadError: "the connection broke",
        httpx.WriteError: "the connection broke while sending",
        httpx.RemoteProtocolError: "the connection was closed without an answer",
        httpx.PoolTimeout: "too many calls at once",
    }
    return known.get(type(error)) or type(error).__name__


# A channel's wire -------------------------------------------------------------------------------------------


# Told of every call that a channel's wire made: (channel, method, path, answer or None, error or None).
observers: list[Callable[[Any, str, str, Answer | None, WireError | None], None]] = []


class Wire:
    """The wire of one channel: its network's addresses, its token, its guard.

    The token goes out in the Authorization header, never in an address, and only to the addresses in
    ``settings.NETWORKS``: an address that a network hands us (a next page, an upload address) is held against
    them. Where a network has many servers ("{server}" in its addresses), the channel's ``server`` is put in; a
    person has named it, so those calls go to public addresses only.
    """

    def __init__(
        self,
        channel_or_platform: Any,
        *,
        token: str = "",
        guard: Callable[[], None] | None = None,
        through: httpx.Client | None = None,
        server: str = "",
    ):
        self.platform: str = getattr(channel_or_platform, "platform", channel_or_platform)
        self.network: Mapping[str, str] = settings.NETWORKS[self.platform]
        if server := server or getattr(channel_or_platform, "server", ""):
            from channels import safe, servers

            self.network = servers.network_of(self.platform, server)
            through = through or safe.client()
        self.guard = guard
        self.bytes_started_at: datetime | None = None
        self._channel = channel_or_platform if hasattr(channel_or_platform, "platform") else None
        self.answers = 0
        self._token = token
        self._bound = Bound.of(token)
        self._through = through

    def __repr__(self) -> str:
        return f"<Wire {self.platform}>"

    @property
    def token(self) -> str:
        """The token in use, so that one that was refused can be told from a newer one."""
        return self._token

    def url(self, part: str, path: str) -> str:
        """Return an address below one of the network's bases, as ``wire.url("api", "/2/tweets")``."""
        return self.network[part] + path

    def get(self, url: str, **kwargs: Any) -> Answer:
        return self.call("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Answer:
        return self.call("POST", url, **kwargs)

    def put(self, url: str, **kwargs: Any) -> Answer:
        return self.call("PUT", url, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> Answer:
        return self.call("DELETE", url, **kwargs)

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, Any] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        scheme: str = "Bearer",
        total_s: float = CALL_MAX_S,
    ) -> Answer:
        """Make one call. ``scheme`` is the word before the token; an empty one sends no token.

        With a bound token a server may refuse a call, undone, until its proof repeats what the server has said: then, and
        only then, it is made once more. The guard is asked again.
        """
        self._must_be_ours(url)
        more = {
            "params": _tidy(params),
            "data": _tidy(form),
            "json": json,
            "files": files,
            "content": content,
        }
        wait = max(READ_S, total_s) if total_s > CALL_MAX_S else READ_S
        more["timeout"] = httpx.Timeout(wait, connect=CONNECT_S)
        bound = self._bound if scheme else None
        head = dict(headers or {})
        if self._token and scheme and not bound:
            head["Authorization"] = f"{scheme} {self._token}"
        answer = self._once(method, url, head, more, bound, total_s)
        repeatable = files is None and isinstance(content, bytes | str | None)
        if bound and nonce_is_news(origin_of(url), answer) and repeatable:
            answer = self._once(method, url, head, more, bound, total_s)
            nonce_is_news(origin_of(url), answer)
        return answer

    def _once(
        self,
        method: str,
        url: str,
        head: Mapping[str, str],
        more: Mapping[str, Any],
        bound: Bound | None,
        total_s: float,
    ) -> Answer:
        self.bytes_started_at = None
        request = (self._through or client()).build_request(method, url, headers=dict(head), **more)
        if bound:
            plain = str(request.url.copy_with(query=None, fragment=None))
            request.headers.update(bound.headers(method, plain, origin_of(url)))
        try:
            answer = send(
                request,
                guard=self.guard,
                total_s=total_s,
                through=self._through,
                secrets=(*secrets_of(self._token), self.network.get("client_secret", "")),
                started=self._note_start,
            )
        except WireError as error:
            self._tell(request, None, error)
            raise
        self.answers += 1
        self._tell(request, answer, None)
        return answer

    def _tell(self, request: httpx.Request, answer: Answer | None, error: WireError | None) -> None:
        if self._channel is not None:
            for observe in observers:
                observe(self._channel, request.method, request.url.path, answer, error)

    def _note_start(self, at: datetime | None) -> None:
        self.bytes_started_at = at

    def _must_be_ours(self, url: str) -> None:
        told = urlsplit(url)
        for part, base in self.network.items():
            if part.startswith("client_"):
                continue
            ours = urlsplit(base)
            if (
                told.scheme == ours.scheme
                and _is_at(told.netloc, ours.netloc)
                and told.path.startswith(ours.path)
            ):
                return
        raise NotSent(f"{self.platform} named an address that is not its own", "foreign_address")


def _is_at(place: str, ours: str) -> bool:
    """Whether a host is the network's own. "*.example.org" stands for every host below example.org."""
    if not ours.startswith("*."):
        return place == ours
    return re.fullmatch(r"([a-z0-9-]+\.)+" + re.escape(ours[2:]), place, re.IGNORECASE) is not None


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _tidy(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Drop None, write booleans as the networks spell them."""
    if values is None:
        return None
    spelled = {True: "true", False: "false"}
    return {k: spelled[v] if isinstance(v, bool) else v for k, v in values.items() if v is not None}
