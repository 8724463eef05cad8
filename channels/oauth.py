"""Connecting an account: what is the same for every network. The flow of each lies beside its connector.

``requests-oauthlib`` builds and reads the messages; the sending is done by our own wire (see
:class:`WireAdapter`), so that deadline, redaction and the border between "not sent" and "lost" hold for
tokens too.
"""

from __future__ import annotations

import copy
import ipaddress
import logging
import os
from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import httpx
import requests
from oauthlib.oauth2 import OAuth2Error
from requests.adapters import BaseAdapter
from requests_oauthlib import OAuth2Session

from channels import keys, safe, servers
from channels.connectors.abilities import ConnectField
from channels.keys import AppKeys
from channels.wire import CALL_MAX_S, AnswerLost, NotSent, Wire, WireError, redact, send

# Both write tokens and secrets to their debug logs.
for _name in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


# Meta's codes for "not now": unknown failure, out of service, throttled.
PASSING = frozenset({"1", "2", "4", "17", "32", "341", "613", "80001", "80002"})


class OAuthFailed(Exception):
    """The network said no, in words for the person who connects. ``dead``: the grant itself is gone."""

    def __init__(self, message: str, *, dead: bool = False):
        super().__init__(redact(message))
        self.dead = dead


@dataclass(frozen=True)
class Grant:
    """What a person allowed. ``expires_at`` None: the network names no end."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """One account that a grant gives access to. ``trouble`` says why it cannot be connected."""

    remote_id: str
    handle: str
    name: str
    url: str
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    followers: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    server: str = ""  # where the account lives, for a network of many servers


class Flow(ABC):
    """How one network lets people in. ``scopes`` says what each permission is for, in the words of the
    consent page.

    The usual way is a redirect: the browser goes to ``authorize_url`` and comes back with a code. ``fields`` are
    what a person is asked on our own page before that; where ``redirects`` is False they are all there is, and
    :meth:`sign_in` takes them.
    """

    platform: ClassVar[str]
    label: ClassVar[str]
    scopes: ClassVar[Mapping[str, str]]
    optional: ClassVar[frozenset[str]] = frozenset()  # of the scopes: publishing works without these
    in_passing: ClassVar[frozenset[str]] = frozenset()  # of those: only used while accounts are chosen
    shared: ClassVar[bool] = (
        False  # what a person gives covers all their accounts here, and goes back as a whole
    )
    one_key: ClassVar[bool] = False  # giving a key back ends no other key of the same account
    pkce: ClassVar[str | None] = None
    refresh_before: ClassVar[timedelta] = timedelta(minutes=10)
    fields: ClassVar[tuple[ConnectField, ...]] = ()
    redirects: bool = True
    tells_end: ClassVar[bool] = (
        True  # when a key ends; else ``facts["tells_end"]`` of the account says whether it was told
    )
    needs_app: ClassVar[bool] = True  # an id (and secret) of an app of ours, made beforehand by the operator
    kept: Mapping[str, str] = {}

    def at(self, kept: Mapping[str, str]) -> Self:
        """This flow for one request or one account. ``kept`` is what :meth:`prepare` returned: ``server``,
        ``client_id`` and ``client_secret`` take the place of the settings', the rest is the flow's own.
        """
        bound = copy.copy(self)
        bound.kept = dict(kept)
        return bound

    @property
    def network(self) -> Mapping[str, str]:
        """The addresses, with the id and secret of our app."""
        found = servers.network_of(self.platform, self.kept.get("server", ""))
        own = {name: self.kept[name] for name in ("client_id", "client_secret") if name in self.kept}
        return {**found, **(own or keys.of(self.platform).as_kept())}

    @property
    def configured(self) -> bool:
        return not self.needs_app or bool(self.network["client_id"])

    @property
    def authorize_url(self) -> str:
        raise OAuthFailed(f"{self.label} has no sign-in page to go to")

    @property
    def token_url(self) -> str:
        raise OAuthFailed(f"{self.label} gives no token for a code")

    def prepare(
        self, answers: Mapping[str, str], known: Callable[[str], AppKeys | None]
    ) -> Mapping[str, str]:
        """Check what was typed into ``fields`` and return what the rest of the request needs (see :meth:`at`).

        It waits sealed. May ask the server, and register our app there unless ``known(server)`` has it. Raises
        OAuthFailed with words.
        """
        return {}

    def sign_in(self, answers: Mapping[str, str]) -> Grant:
        """Turn the answers into a grant where there is no redirect. Raises OAuthFailed with words."""
        raise OAuthFailed(f"{self.label} lets nobody in without its own sign-in page")

    def came_back(self, params: Mapping[str, str]) -> None:  # noqa: B027 (most networks say no more)
        """Look at what came back beside the code. Raises OAuthFailed with words."""

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        """Turn the code of the redirect into a grant, the longest-lived there is."""
        raise OAuthFailed(f"{self.label} gives no token for a code")

    def accounts(self, grant: Grant) -> list[Account]:
        """The accounts that the person may publish to with this grant."""
        raise NotImplementedError

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        """Ask for a new token. OAuthFailed(dead=True) when only the person can help."""
        raise OAuthFailed(f"{self.label} no longer accepts our key.", dead=True)

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        """Give the permission back at the network; False when it did not take it. Left out where it offers no way."""
        return False

    def switch_on(self, account: Account, scopes: Sequence[str]) -> Mapping[str, Any]:
        """Ask the network to call us about an account that was chosen; returns facts. Connecting does not hang on it."""
        return {}

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        """When the token is to be refreshed although nobody needs it. None: never."""
        return None

    # Shared -------------------------------------------------------------------------------------------------

    def begin(self, *, redirect_uri: str, state: str) -> tuple[str, str]:
        """Return the address for the browser, and the PKCE verifier to keep ("" where none is used)."""
        session = self.session(redirect_uri=redirect_uri, pkce=self.pkce)
        url, _ = session.authorization_url(self.authorize_url, state=state)
        return url, getattr(session, "_code_verifier", None) or ""

    def missing(self, scopes: tuple[str, ...]) -> list[str]:
        return [scope for scope in self.scopes if scope not in scopes]

    def scope_text(self) -> str | list[str]:
        return list(self.scopes)

    def session(self, *, redirect_uri: str = "", pkce: str | None = None) -> OAuth2Session:
        """A session for one exchange. ``pkce`` only where the address is made: the library keeps the verifier on
        the session, and ours lives in the person's.
        """
        for url in (self.authorize_url, self.token_url):
            require_safe(url)
        session = OAuth2Session(
            self.network["client_id"],
            redirect_uri=redirect_uri or None,
            scope=self.scope_text(),
            pkce=pkce,
        )
        session.trust_env = False
        session.max_redirects = 0
        session.adapters.clear()
        for prefix in ("https://", "http://"):
            session.mount(prefix, WireAdapter(safe.client() if self.kept.get("server") else None))
        return session

    def fetch(self, session: OAuth2Session, **kwargs: Any) -> dict[str, Any]:
        """Ask the token endpoint for a token by code; a changed set of scopes is not an error here."""
        return self._token(lambda: session.fetch_token(self.token_url, **kwargs))

    def renew(self, session: OAuth2Session, **kwargs: Any) -> dict[str, Any]:
        return self._token(lambda: session.refresh_token(self.token_url, **kwargs))

    def _token(self, ask: Any) -> dict[str, Any]:
        try:
            return dict(ask())
        except Warning as changed:  # oauthlib raises its warning about narrowed scopes, with the token on it
            token = getattr(changed, "token", None)
            if not token:
                raise
            return dict(token)
        except OAuth2Error as error:
            raise OAuthFailed(self._reason(error), dead=True) from error
        except (ValueError, requests.RequestException) as error:
            raise AnswerLost("the token answer could not be read", type(error).__name__) from error

    def _reason(self, error: OAuth2Error) -> str:
        words = error.description or error.error
        if isinstance(words, Mapping):
            words = words.get("message", "")
        return f"{self.label} says: {words or 'no'}"

    def read(self, answer: Any) -> dict[str, Any]:
        """The body of a successful answer; OAuthFailed with the network's words otherwise."""
        error = answer.data.get("error")
        if answer.ok and not error and answer.json is not None:
            return answer.data
        if answer.status >= 500 or (answer.ok and not error):
            raise AnswerLost("the answer could not be read", str(answer.status))
        code = str(error.get("code")) if isinstance(error, Mapping) else ""
        if answer.status == 429 or code in PASSING:
            raise NotSent(f"{self.label} asks us to wait", code or "429")
        words = error.get("message") if isinstance(error, Mapping) else answer.data.get("detail")
        raise OAuthFailed(f"{self.label} says: {words or answer.status}", dead=True)

    def wire(self, token: str = "") -> Wire:
        return Wire(self.platform, token=token, server=self.kept.get("server", ""))


def expiry(token: Mapping[str, Any], now: datetime | None = None) -> datetime | None:
    """When a token answer's ``expires_in`` ends; None when it names none."""
    seconds = token.get("expires_in")
    return (now or datetime.now(UTC)) + timedelta(seconds=float(seconds)) if seconds else None


def renews_until(token: Mapping[str, Any]) -> dict[str, str]:
    """As a fact of the account: when the network stops renewing, where a token answer says so."""
    seconds = token.get("refresh_token_expires_in", token.get("refresh_expires_in"))  # the latter is TikTok's
    if not token.get("refresh_token") or not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return {}
    return {"renews_until": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()}


def require_safe(url: str) -> None:
    """Refuse an OAuth address without TLS, unless it is on this machine (the sandbox).

    oauthlib refuses all of them; its switch is process-wide, so it is thrown only once this check has passed an
    address here, and every address passes here.
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    if not is_loopback(parts.hostname or ""):
        raise OAuthFailed(f"{parts.scheme}://{parts.hostname} is not a safe address to hand secrets to")
    os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class WireAdapter(BaseAdapter):
    """Lets a requests session send through our wire.

    An answer of 5xx is a lost one (the code may have been used up); 429 means that nothing was done.
    """

    def __init__(self, through: httpx.Client | None = None):
        super().__init__()
        self._through = through

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        answer = send(
            httpx.Request(request.method, request.url, headers=dict(request.headers), content=request.body),
            total_s=CALL_MAX_S,
            through=self._through,
        )
        if answer.status == 429:
            raise NotSent("too many calls just now", "429")
        if answer.status >= 500:
            raise AnswerLost(f"the network answered {answer.status}", str(answer.status))
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response._content = answer.body
        response.encoding = "utf-8"
        response.url = answer.url
        response.request = request
        return response

    def close(self):
        pass


__all__ = [
    "Account",
    "Flow",
    "Grant",
    "OAuthFailed",
    "WireAdapter",
    "WireError",
    "expiry",
    "is_loopback",
    "renews_until",
    "require_safe",
]
