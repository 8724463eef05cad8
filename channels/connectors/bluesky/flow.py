"""Connecting a Bluesky account with an app password: a session of a short key and a long one that renews both.

com.atproto.server.{create,refresh,delete}Session, read 2026-11-23. The used long key goes on giving the same successor
for two hours, so a renewal whose answer was lost may be asked for once more. The app password itself is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.abilities import ConnectField
from channels.connectors.bluesky.names import claims
from channels.connectors.bluesky.refusals import REFUSALS, name_of, said
from channels.keys import AppKeys
from channels.oauth import Account, Flow, Grant, OAuthFailed
from channels.safe import UnsafeAddress
from channels.servers import server_address
from channels.wire import Answer, AnswerLost, NotSent, Wire

ACCESS_LIFE = timedelta(hours=2)  # where the key does not tell its own end
APP_PASSWORD = "com.atproto.appPass"  # noqa: S105 (the name of a scope)
PRIVILEGED = "com.atproto.appPassPrivileged"
WHOLE = "com.atproto.access"


class BlueskyFlow(Flow):
    platform = "bluesky"
    label = "Bluesky"
    redirects = False
    needs_app = False
    scopes = {APP_PASSWORD: "publish, read and delete posts with an app password"}
    fields = (
        ConnectField(
            "handle",
            "Name of the account",
            help="As it stands in the profile, without @: town.bsky.social or town.gov.uk.",
            sample="council.riverside.example",
            placeholder="name.bsky.social",
            autocomplete="username",
        ),
        ConnectField(
            "password",
            "App password",
            help="Not the account's own password: make one for Hustings under Settings → Privacy and security → "
            "App passwords. It can be taken back there at any time.",
            secret=True,
            sample="demo-demo-demo-demo",
            placeholder="xxxx-xxxx-xxxx-xxxx",
        ),
        ConnectField(
            "server",
            "Server of the account",
            help="bsky.social, unless the account lives on a server of its own.",
            sample="{sandbox}",
            usual="bsky.social",
            placeholder="bsky.social",
        ),
    )

    def prepare(
        self, answers: Mapping[str, str], known: Callable[[str], AppKeys | None]
    ) -> Mapping[str, str]:
        return {"server": server_address(answers["server"])}

    def sign_in(self, answers: Mapping[str, str]) -> Grant:
        wire = self.wire()
        asked = {"identifier": answers["handle"].lstrip("@").strip(), "password": answers["password"]}
        answer = wire.post(wire.url("pds", "/xrpc/com.atproto.server.createSession"), json=asked, scheme="")
        grant = self._grant(self._session(answer))
        if WHOLE in grant.scopes:
            self.revoke(access_token=grant.access_token, refresh_token=grant.refresh_token)
            raise OAuthFailed(
                "That was the account's own password. Please make an app password in Bluesky's settings and use it here."
            )
        return grant

    def _session(self, answer: Answer) -> dict[str, Any]:
        """The session of an answer; OAuthFailed with words for a no."""
        if answer.ok:
            session = answer.data
            if not all(isinstance(session.get(n), str) for n in ("accessJwt", "refreshJwt", "did", "handle")):
                raise AnswerLost("the session could not be read", "unreadable")
            return session
        if answer.status == 429:
            raise NotSent("Bluesky asks us to wait", "429")
        if answer.status >= 500:
            raise AnswerLost(f"Bluesky answered {answer.status}", str(answer.status))
        raise OAuthFailed(_words(answer), dead=True)

    def _grant(self, session: Mapping[str, Any]) -> Grant:
        told = claims(session["accessJwt"])
        ends = told.get("exp")
        now = datetime.now(UTC)
        scope = told.get("scope") or APP_PASSWORD
        return Grant(
            access_token=session["accessJwt"],
            refresh_token=session["refreshJwt"],
            expires_at=datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else now + ACCESS_LIFE,
            scopes=(APP_PASSWORD,) if scope == PRIVILEGED else (str(scope),),
            extra={name: session.get(name) for name in ("did", "handle", "didDoc", "active", "status")},
        )

    def accounts(self, grant: Grant) -> list[Account]:
        did, handle = str(grant.extra["did"]), str(grant.extra["handle"])
        profile = self._profile(grant.access_token, did)
        followers = profile.get("followersCount")
        return [
            Account(
                remote_id=did,
                handle=f"@{handle}",
                name=str(profile.get("displayName") or handle),
                url=f"{self.network['app']}/profile/{handle}",
                access_token=grant.access_token,
                refresh_token=grant.refresh_token,
                expires_at=grant.expires_at,
                followers=followers if isinstance(followers, int) else None,
                trouble=_trouble(grant.extra),
                server=self._home(grant.extra.get("didDoc")),
            )
        ]

    def _profile(self, token: str, did: str) -> Mapping[str, Any]:
        """What the network shows of the account; empty where its view knows nothing of it (yet)."""
        wire = self.wire()
        answer = wire.get(
            wire.url("appview", "/xrpc/app.bsky.actor.getProfile"), params={"actor": did}, scheme=""
        )
        return answer.data if answer.ok else {}

    def _home(self, document: Any) -> str:
        """The server where the account's posts lie, as its document says; else the one that was named."""
        for service in (document or {}).get("service") or () if isinstance(document, Mapping) else ():
            if isinstance(service, Mapping) and str(service.get("id", "")).endswith("#atproto_pds"):
                try:
                    return server_address(str(service.get("serviceEndpoint") or ""))
                except UnsafeAddress:
                    break
        return self.kept["server"]

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        wire = Wire(self.platform, token=refresh_token, server=self.kept["server"])
        answer = wire.post(wire.url("pds", "/xrpc/com.atproto.server.refreshSession"))
        session = self._session(answer)
        if session["did"] != remote_id:
            raise OAuthFailed("Bluesky gave the key of another account.", dead=True)
        return self._grant(session)

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        wire = Wire(self.platform, token=refresh_token, server=self.kept["server"])
        return wire.post(wire.url("pds", "/xrpc/com.atproto.server.deleteSession")).ok

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        # The short key is renewed when it is needed. The long one ends after about ninety days without use.
        return now + timedelta(days=20)


def _words(answer: Answer) -> str:
    for error, _, fragment, _, message in REFUSALS:
        if error and error == name_of(answer) and fragment in said(answer).lower():
            return message.format(said=said(answer))
    return f"Bluesky says: {said(answer) or name_of(answer) or answer.status}"


def _trouble(session: Mapping[str, Any]) -> str:
    if session.get("active") is False:
        return (
            f"This account is not active ({session.get('status') or 'no reason given'}). Sign in there first."
        )
    return ""
