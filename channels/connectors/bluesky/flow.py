"""Connecting a Bluesky account: with an app password, or on its server's own sign-in page.

com.atproto.server.{create,refresh,delete}Session, read 2026-11-23. The used long key goes on giving the same successor
for two hours, so a renewal whose answer was lost may be asked for once more. The app password itself is not kept.
The sign-in page is OAuth with bound tokens (atproto.com/specs/oauth): its long key is good for one renewal, and a lost
answer to that costs the session.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from channels import safe
from channels.bound import Bound, Key, b64
from channels.connectors.abilities import ConnectField
from channels.connectors.bluesky import client
from channels.connectors.bluesky.names import claims
from channels.connectors.bluesky.refusals import REFUSALS, name_of, said
from channels.keys import AppKeys
from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry
from channels.safe import UnsafeAddress
from channels.servers import server_address
from channels.wire import Answer, AnswerLost, NotSent, Wire

ACCESS_LIFE = timedelta(hours=2)  # where the key does not tell its own end
APP_PASSWORD = "com.atproto.appPass"  # noqa: S105 (the name of a scope)
PRIVILEGED = "com.atproto.appPassPrivileged"
WHOLE = "com.atproto.access"
AS_MUCH = "transition:generic"  # what an app password may, in the words of the sign-in page
DID = re.compile(r"did:(plc:[a-z0-9]+|web:[A-Za-z0-9.-]+)")
ADDRESSES = ("pushed_authorization_request", "authorization", "token", "revocation")


class BlueskyFlow(Flow):
    platform = "bluesky"
    label = "Bluesky"
    redirects = False
    needs_app = False
    one_key = True
    scopes = {APP_PASSWORD: "publish, read and delete posts"}
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
            "App passwords. It can be taken back there at any time. Or leave this empty and sign in on the account's own "
            "server.",
            secret=True,
            optional=True,
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
        server = server_address(answers["server"])
        if answers.get("password", "x"):
            return {"server": server}
        found = self._meet(server)
        return {"server": server, "key": Key.new().text, "hint": answers["handle"].lstrip("@"), **found}

    def at(self, kept: Mapping[str, str]) -> Self:
        bound = super().at(kept)
        bound.redirects = "issuer" in kept
        return bound

    # The server's own sign-in page ----------------------------------------------------------------------------

    def _meet(self, server: str) -> dict[str, str]:
        """Who lets people in at this server, and the addresses for it."""
        no = OAuthFailed("That server has no sign-in page for other programs. Use an app password instead.")
        listed = self._listed(server)
        issuer = server_address(listed[0]) if listed else server
        answer = Wire(self.platform, server=issuer).get(f"{issuer}/.well-known/oauth-authorization-server")
        if answer.status >= 500:
            raise AnswerLost(f"the server answered {answer.status}", str(answer.status))
        told = answer.data
        found = {name: str(told.get(f"{name}_endpoint") or "") for name in ADDRESSES}
        if not answer.ok or told.get("issuer") != issuer:
            raise no
        if not all(address.startswith(f"{issuer}/") for address in found.values()):
            raise no
        return {"issuer": issuer, **found}

    def _listed(self, server: str) -> list[str]:
        """Who lets people in at a server, as it says itself; empty where it says nothing."""
        answer = Wire(self.platform, server=server).get(f"{server}/.well-known/oauth-protected-resource")
        listed = answer.data.get("authorization_servers") if answer.ok else None
        return [str(each) for each in listed] if isinstance(listed, list) else []

    def _ask(
        self, what: str, key: Key, form: Mapping[str, str], at: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Post a form to one of the addresses with a proof of our key. OAuthFailed(dead) when the grant is gone."""
        at = at or self.kept
        answer = Wire(self.platform, token=str(Bound(key)), server=at["issuer"]).post(at[what], form=form)
        if answer.ok and (answer.json is not None or what == "revocation"):
            return answer.data
        if answer.ok or answer.status >= 500:
            raise AnswerLost("the answer could not be read", str(answer.status))
        if answer.status == 429:
            raise NotSent("Bluesky asks us to wait", "429")
        words = answer.data.get("error_description") or answer.data.get("error") or answer.status
        raise OAuthFailed(f"Bluesky says: {words}", dead=answer.data.get("error") == "invalid_grant")

    def begin(self, *, redirect_uri: str, state: str) -> tuple[str, str]:
        verifier, ours = secrets.token_urlsafe(48), client.client_id(redirect_uri)
        form = {
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": client.SCOPE,
            "state": state,
            "code_challenge": b64(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "login_hint": self.kept["hint"],
            **client.proves(self.kept["issuer"], ours),
        }
        asked = self._ask("pushed_authorization_request", Key(self.kept["key"]), form)
        query = urlencode({"client_id": ours, "request_uri": asked["request_uri"]})
        return f"{self.kept['authorization']}?{query}", verifier

    def came_back(self, params: Mapping[str, str]) -> None:
        if params.get("iss") != self.kept["issuer"]:
            raise OAuthFailed("The answer came from another server than the one that was asked.")

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        key = Key(self.kept["key"])
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        proof = client.proves(self.kept["issuer"], client.client_id(redirect_uri))
        return self._bound_grant(key, self._ask("token", key, {**form, **proof}))

    def _bound_grant(self, key: Key, token: Mapping[str, Any]) -> Grant:
        if str(token.get("token_type")).lower() != "dpop":
            raise OAuthFailed("Bluesky gave a key that is not bound to ours.", dead=True)
        long = str(token.get("refresh_token") or "")
        return Grant(
            access_token=str(Bound(key, token["access_token"])),
            refresh_token=str(Bound(key, long)) if long else "",
            expires_at=expiry(token),
            scopes=(APP_PASSWORD,) if AS_MUCH in str(token.get("scope")).split() else (),
            extra={"did": token["sub"]},
        )

    def _known(self, did: str) -> dict[str, Any]:
        """The account as its own document says, held against who let us in: a server may not speak for others' accounts."""
        document = self._document(did)
        names = [str(name).removeprefix("at://") for name in document.get("alsoKnownAs") or ()]
        if document.get("id") != did or self.kept["issuer"] not in self._listed(self._home(document)):
            raise OAuthFailed("This server may not speak for that account.", dead=True)
        return {"did": did, "handle": names[0] if names else did, "didDoc": document, "active": True}

    def _document(self, did: str) -> dict[str, Any]:
        if not DID.fullmatch(did):
            raise OAuthFailed("Bluesky named an account in a way that is not known here.", dead=True)
        if did.startswith("did:web:"):
            found = safe.fetch_public(f"https://{did.removeprefix('did:web:')}/.well-known/did.json")
            document = json.loads(found.body)
            return document if isinstance(document, dict) else {}
        wire = Wire(self.platform)  # an address of ours, not one that a person has named
        return self.read(wire.get(wire.url("plc", f"/{did}")))

    # With an app password -------------------------------------------------------------------------------------

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
        known = grant.extra if "handle" in grant.extra else self._known(grant.extra["did"])
        did, handle = str(known["did"]), str(known["handle"])
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
                trouble=_trouble(known),
                server=self._home(known.get("didDoc")),
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
        if bound := Bound.of(refresh_token):
            return self._refresh_bound(bound, remote_id)
        wire = Wire(self.platform, token=refresh_token, server=self.kept["server"])
        answer = wire.post(wire.url("pds", "/xrpc/com.atproto.server.refreshSession"))
        session = self._session(answer)
        if session["did"] != remote_id:
            raise OAuthFailed("Bluesky gave the key of another account.", dead=True)
        return self._grant(session)

    def _refresh_bound(self, bound: Bound, remote_id: str) -> Grant:
        at = self._meet(self.kept["server"])
        form = {"grant_type": "refresh_token", "refresh_token": bound.token, **self._ourselves(at)}
        token = self._ask("token", bound.key, form, at)
        if token.get("sub") != remote_id:
            raise OAuthFailed("Bluesky gave the key of another account.", dead=True)
        return self._bound_grant(bound.key, token)

    def _ourselves(self, at: Mapping[str, str]) -> dict[str, str]:
        return client.proves(at["issuer"], client.client_id(client.back()))

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        if bound := Bound.of(refresh_token):
            at = self._meet(self.kept["server"])
            self._ask("revocation", bound.key, {"token": bound.token, **self._ourselves(at)}, at)
            return True
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
