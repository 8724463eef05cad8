"""TikTok's sign-in: OAuth 2.0 with its own names (client_key), scopes between commas, and PKCE in hex."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from channels.connectors.tiktok.errors import code_of
from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry, renews_until, require_safe
from channels.wire import Answer, AnswerLost, NotSent

USER_FIELDS = "open_id,union_id,display_name,avatar_url,username,follower_count"
SWITCHES = ("comment", "duet", "stitch")


class TikTokFlow(Flow):
    """The access key lives a day, the refresh key a year; a refresh may bring a new refresh key, which is then kept."""

    platform = "tiktok"
    label = "TikTok"
    scopes = {
        "user.info.basic": "know which account it is",
        "user.info.profile": "read the account's name",
        "user.info.stats": "read the number of followers",
        "video.publish": "publish videos",
        "video.list": "read your videos and their numbers",
    }
    optional = frozenset({"user.info.stats", "video.list"})

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/v2/auth/authorize/"

    @property
    def token_url(self) -> str:
        return f"{self.network['api']}/v2/oauth/token/"

    def begin(self, *, redirect_uri: str, state: str) -> tuple[str, str]:
        require_safe(self.authorize_url)
        verifier = secrets.token_urlsafe(48)
        asked = {
            "client_key": self.network["client_id"],
            "response_type": "code",
            "scope": ",".join(self.scopes),
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": hashlib.sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
        }
        return f"{self.authorize_url}?{urlencode(asked)}", verifier

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        session = self.session(redirect_uri=redirect_uri)
        app = self._app()
        return self._grant(
            self.fetch(session, code=code, code_verifier=verifier, body=app, include_client_id=False)
        )

    def _app(self) -> str:
        names = {"client_key": self.network["client_id"], "client_secret": self.network["client_secret"]}
        return urlencode(names)

    def _grant(self, token: Mapping[str, Any], kept: str = "") -> Grant:
        said = token.get("scope") or ""
        words = said if isinstance(said, str) else " ".join(said)
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or kept,
            expires_at=expiry(token),
            scopes=tuple(filter(None, re.split(r"[,\s]+", words))),
            extra=renews_until(token),
        )

    def accounts(self, grant: Grant) -> list[Account]:
        wire = self.wire(grant.access_token)
        url = f"{self.network['api']}/v2/user/info/"
        user = self.read(wire.get(url, params={"fields": fields_for(grant.scopes)}))["data"]["user"]
        said = facts_of(user, self.network["authorize"])
        return [
            Account(
                remote_id=str(user["open_id"]),
                handle=said["handle"],
                name=said["name"],
                url=said["url"],
                access_token=grant.access_token,
                refresh_token=grant.refresh_token,
                expires_at=grant.expires_at,
                followers=said["followers"],
                facts={"options": self._offered(wire), **grant.extra},
            )
        ]

    def _offered(self, wire: Any) -> dict[str, Any]:
        """What the account may choose from. Not worth failing for: it is asked again before every post."""
        url = f"{self.network['api']}/v2/post/publish/creator_info/query/"
        try:
            return offered(self.read(wire.post(url, json={})).get("data") or {})
        except (OAuthFailed, AnswerLost, NotSent):
            return {}

    def read(self, answer: Answer) -> dict[str, Any]:
        """As for every network, but TikTok's envelope names an error "ok" when there is none."""
        code = code_of(answer)
        if answer.ok and code == "ok":
            return answer.data
        if answer.status >= 500 or (answer.ok and not code):
            raise AnswerLost("the answer could not be read", str(answer.status))
        if answer.status == 429:
            raise NotSent("TikTok asks us to wait", code or "429")
        error = answer.data.get("error")
        words = error.get("message") if isinstance(error, Mapping) else ""
        raise OAuthFailed(f"TikTok says: {words or code or answer.status}", dead=True)

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        session = self.session()
        session.scope = session._client.scope = None  # TikTok keeps the scopes of the consent
        return self._grant(
            self.renew(session, refresh_token=refresh_token, body=self._app()), kept=refresh_token
        )

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        form = {
            "client_key": self.network["client_id"],
            "client_secret": self.network["client_secret"],
            "token": access_token,
        }
        return self.wire().post(f"{self.network['api']}/v2/oauth/revoke/", form=form, scheme="").ok

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        # The access key lives a day and is renewed when needed. The refresh key of a channel that nobody uses ends after
        # a year.
        return now + timedelta(days=60)


def fields_for(scopes: Any) -> str:
    """The fields that these permissions let us ask for; one too many refuses the whole call."""
    needed = {"username": "user.info.profile", "follower_count": "user.info.stats"}
    return ",".join(name for name in USER_FIELDS.split(",") if needed.get(name, "user.info.basic") in scopes)


def facts_of(user: Mapping[str, Any], site: str) -> dict[str, Any]:
    """What the user object says of an account, as ``Connector.account`` gives it."""
    name = user.get("username") or ""
    return {
        "handle": f"@{name}" if name else str(user.get("display_name") or user["open_id"]),
        "name": str(user.get("display_name") or ""),
        "url": f"{site}/@{name}" if name else site,
        "followers": user.get("follower_count"),
    }


def offered(creator: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that the account may give to each option, as ``facts["options"]`` of a channel holds them."""
    found: dict[str, Any] = {}
    if "privacy_level_options" in creator:
        found["privacy"] = list(creator["privacy_level_options"])
    for name in SWITCHES:
        if creator.get(f"{name}_disabled"):
            found[name] = [False]
    return found
