"""What Instagram and Threads share: tokens of sixty days, and posts that are prepared in containers.

A container is made from a text and the addresses of media, is "in progress" for a while, and is published by one
call. It tells afterwards whether it was published, so a lost answer never needs a guess.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from channels.connectors.base import Context, Outcome, OutcomeKind
from channels.connectors.meta import MetaConnector
from channels.oauth import Flow, Grant, expiry

K = OutcomeKind
FIRST_LOOK_S = 3.0
LIFE = timedelta(hours=23)  # they live a day; an hour is kept for publishing


class LongTokenFlow(Flow):
    """A code becomes a token of an hour, that becomes one of sixty days, and that one is renewed every week."""

    prefix: ClassVar[str]  # of the grant types: "ig" or "th"
    refresh_before = timedelta(days=1)

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/oauth/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.network.get('token') or self.network['graph']}/oauth/access_token"

    def scope_text(self) -> str:
        return ",".join(self.scopes)

    @abstractmethod
    def granted(self, short: Mapping[str, Any], token: str) -> tuple[str, ...]:
        """The permissions that were given, from the answer to the code or asked of the network."""

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        secret = self.network["client_secret"]
        session = self.session(redirect_uri=redirect_uri)
        session.register_compliance_hook("access_token_response", _unwrapped)
        code = code.removesuffix("#_")
        short = self.fetch(session, code=code, include_client_id=True, client_secret=secret)
        long = self._long("access_token", "exchange", short["access_token"], client_secret=secret)
        token = long["access_token"]
        return Grant(token, expires_at=expiry(long), scopes=self.granted(short, token))

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        long = self._long("refresh_access_token", "refresh", access_token)
        return Grant(long["access_token"], expires_at=expiry(long))

    def _long(self, path: str, what: str, token: str, **more: str) -> dict[str, Any]:
        asked = {"grant_type": f"{self.prefix}_{what}_token", "access_token": token, **more}
        return self.read(self.wire().get(f"{self.network['graph']}/{path}", params=asked, scheme=""))

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        return now + timedelta(days=7)


def _unwrapped(response: Any) -> Any:
    """The token answer comes plain or as the only entry of "data"."""
    body = response.json()
    if isinstance(body, dict) and isinstance(body.get("data"), list) and body["data"]:
        response._content = json.dumps(body["data"][0]).encode()
    return response


class ContainerConnector(MetaConnector):
    """The steps of a container: made, looked at until it is ready, made again when it has died."""

    state_field: ClassVar[str]
    reason_field: ClassVar[str]

    def edge(self, ctx: Context, name: str) -> str:
        """The address of a list of the account."""
        return self.graph(ctx, f"{ctx.channel.remote_id}/{name}")

    def made(self, ctx: Context, container: str) -> Outcome:
        ref = {"id": container, "expires_at": (ctx.now + LIFE).isoformat()}
        return Outcome(K.OK, remote_ref=ref)

    def state(self, ctx: Context, container: str) -> tuple[str, str]:
        """What the container says of itself: its state and, where it failed, why."""
        params = {"fields": f"{self.state_field},{self.reason_field}"}
        found = self.data(ctx.wire.get(self.graph(ctx, container), params=params))
        return found.get(self.state_field, ""), found.get(self.reason_field, "")

    def wait(self, of: str, ctx: Context) -> Outcome:
        container = ctx.refs[of]["id"]
        state, reason = self.state(ctx, container)
        if state in {"FINISHED", "PUBLISHED"}:
            return Outcome(K.OK, remote_ref={"id": container})
        if state == "EXPIRED":
            return self.again(of, "The prepared post has run out; it is prepared again.", state)
        if state == "ERROR":
            return self.failed(of, reason)
        message = f"{self.label} is still preparing the post."
        return Outcome(K.BUSY, retry_after_s=FIRST_LOOK_S, code="in-progress", message=message)

    @abstractmethod
    def failed(self, of: str, reason: str) -> Outcome:
        """Say what the reason that a container gives for its failure means."""

    def again(self, of: str, message: str, code: str, retry_after_s: float = 1.0) -> Outcome:
        """Not ready, and will not be: the container must be made anew, and whatever was built on it."""
        redo = (of, of.replace("container", "wait"))
        return Outcome(K.BUSY, retry_after_s=retry_after_s, code=code, message=message, redo=redo)


def kind_of(media: Any) -> str:
    """How Instagram and Threads call a post with these media, when they list it."""
    if len(media) > 1:
        return "CAROUSEL_ALBUM"
    return "VIDEO" if media[0]["kind"] == "video" else "IMAGE"
