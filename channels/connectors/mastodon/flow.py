"""Connecting an account on any Mastodon server: our app is registered there first, then the usual redirect.

docs.joinmastodon.org/methods/{apps,oauth,accounts}, read 2026-11-23. Servers drop an app that nobody has used for a
day, so one that we know is tried before a person is sent there with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from channels.connectors.abilities import ConnectField
from channels.connectors.mastodon import limits
from channels.keys import AppKeys
from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry
from channels.servers import server_address
from channels.wire import Wire

APP_NAME = "Hustings"


class MastodonFlow(Flow):
    platform = "mastodon"
    label = "Mastodon"
    pkce = "S256"  # servers before 4.3 do not look at it
    needs_app = False  # it is registered on the spot
    scopes = {
        "read:accounts": "read your name and profile",
        "read:statuses": "read your posts, their numbers and the answers to them",
        "read:notifications": "read who mentions you",
        "write:statuses": "publish, edit and delete posts",
        "write:media": "upload pictures and video",
        "write:blocks": "block people, and unblock them",
    }
    optional = frozenset({"read:notifications", "write:blocks"})
    one_key = True
    fields = (
        ConnectField(
            "server",
            "Server of the account",
            help="The part behind the second @ of your name there: for @town@mastodon.social it is mastodon.social.",
            sample="{sandbox}",
            placeholder="mastodon.social",
        ),
    )

    @property
    def authorize_url(self) -> str:
        return f"{self.network['api']}/oauth/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.network['api']}/oauth/token"

    def prepare(
        self, answers: Mapping[str, str], known: Callable[[str], AppKeys | None]
    ) -> Mapping[str, str]:
        server = server_address(answers["server"])
        wire = Wire(self.platform, server=server)
        if not read_instance(wire):
            host = urlsplit(server).hostname
            raise OAuthFailed(f"{host} does not answer as a Mastodon server. Is its name right?")
        app = known(server)
        if app is None or not self._still_there(app, server):
            app = self._register(wire)
        return {"server": server, **app.as_kept()}

    def _register(self, wire: Wire) -> AppKeys:
        form = {
            "client_name": APP_NAME,
            "redirect_uris": _callback(),
            "scopes": " ".join(self.scopes),
            "website": settings.PUBLIC_URL,
        }
        made = self.read(wire.post(wire.url("api", "/api/v1/apps"), form=form, scheme=""))
        return AppKeys(str(made["client_id"]), str(made["client_secret"]))

    def _still_there(self, app: AppKeys, server: str) -> bool:
        """Whether the server knows our app, with all scopes and this address to come back to."""
        wire = Wire(self.platform, server=server)
        asked = {"grant_type": "client_credentials", "scope": " ".join(self.scopes), **app.as_kept()}
        answer = wire.post(wire.url("api", "/oauth/token"), form=asked, scheme="")
        token = answer.data.get("access_token")
        if not answer.ok or not isinstance(token, str):
            return False
        signed = Wire(self.platform, token=token, server=server)
        told = signed.get(signed.url("api", "/api/v1/apps/verify_credentials")).data
        back_to = told.get("redirect_uris") or told.get("redirect_uri") or [_callback()]
        return _callback() in (back_to.split() if isinstance(back_to, str) else back_to)

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        token = self.fetch(
            self.session(redirect_uri=redirect_uri),
            code=code,
            code_verifier=verifier,
            include_client_id=True,
            client_secret=self.network["client_secret"],
        )
        return self._grant(token)

    def _grant(self, token: Mapping[str, Any]) -> Grant:
        scope = token.get("scope") or tuple(self.scopes)
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or "",
            expires_at=expiry(token),
            scopes=tuple(scope.split() if isinstance(scope, str) else scope),
        )

    def accounts(self, grant: Grant) -> list[Account]:
        wire = self.wire(grant.access_token)
        person = self.read(wire.get(wire.url("api", "/api/v1/accounts/verify_credentials")))
        instance = read_instance(self.wire())
        told = account_facts(person, instance, self.network["api"])
        domain = told["handle"].rpartition("@")[2]
        return [
            Account(
                remote_id=f"{person['id']}@{domain}"[:80],
                handle=told["handle"],
                name=told["name"],
                url=told["url"],
                access_token=grant.access_token,
                refresh_token=grant.refresh_token,
                expires_at=grant.expires_at,
                followers=told["followers"],
                facts=told["facts"],
                trouble="The server has suspended this account." if told["facts"]["suspended"] else "",
                server=self.kept["server"],
            )
        ]

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        """Mastodon's tokens do not run out; some servers that speak its API renew theirs."""
        if not refresh_token:
            return super().refresh(
                access_token=access_token, refresh_token=refresh_token, remote_id=remote_id
            )
        session = self.session()
        client = {name: self.network[name] for name in ("client_id", "client_secret")}
        return self._grant(self.renew(session, refresh_token=refresh_token, **client))

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        wire = self.wire()
        form = {
            "client_id": self.network["client_id"],
            "client_secret": self.network["client_secret"],
            "token": access_token,
        }
        return wire.post(wire.url("api", "/oauth/revoke"), form=form, scheme="").ok


def read_instance(wire: Wire) -> Mapping[str, Any]:
    """The server's account of itself; empty where it gives none that can be read."""
    for path in ("/api/v2/instance", "/api/v1/instance"):
        answer = wire.get(wire.url("api", path))
        if answer.ok and answer.data:
            return answer.data
    return {}


def account_facts(person: Mapping[str, Any], instance: Mapping[str, Any], server: str) -> dict[str, Any]:
    """What a connector tells of an account, from the account's and the server's own words."""
    host = urlsplit(server).hostname or ""
    domain = instance.get("domain") or instance.get("uri") or host
    domain = urlsplit(domain).hostname if "://" in str(domain) else domain
    followers = person.get("followers_count")
    return {
        "handle": f"@{person.get('username') or person.get('acct')}@{domain}",
        "name": str(person.get("display_name") or person.get("username") or ""),
        "url": str(person.get("url") or ""),
        "followers": followers if isinstance(followers, int) and followers >= 0 else None,
        "facts": {
            "limits": limits.of_instance(instance),
            "mimes": limits.mimes(instance),
            "software": limits.software(instance),
            "suspended": bool(person.get("suspended")),
        },
    }


def _callback() -> str:
    from channels.connect import callback_url  # it imports the registry, which imports this

    return callback_url(MastodonFlow.platform)
