"""Google's sign-in for YouTube, and the channel that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry, renews_until

SCOPE = "https://www.googleapis.com/auth/"
CHANNEL_PARTS = "snippet,contentDetails,statistics,status"


class YouTubeFlow(Flow):
    """A refresh key is given only for ``access_type=offline``, and again only when consent is asked for again. It
    stays the same over refreshes, and ends after seven days while Google's consent screen is in testing.
    """

    platform = "youtube"
    label = "YouTube"
    pkce = "S256"
    scopes = {
        f"{SCOPE}youtube.upload": "upload videos",
        f"{SCOPE}youtube.force-ssl": "publish and delete videos, add captions, read and answer comments",
        f"{SCOPE}youtube.readonly": "read your channel, your videos and their numbers",
        f"{SCOPE}yt-analytics.readonly": "read watch time and shares",
    }
    optional = frozenset({f"{SCOPE}yt-analytics.readonly"})

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/o/oauth2/v2/auth?access_type=offline&prompt=consent"

    @property
    def token_url(self) -> str:
        return f"{self.network['token']}/token"

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        token = self.fetch(
            self.session(redirect_uri=redirect_uri),
            code=code,
            code_verifier=verifier,
            include_client_id=True,
            client_secret=self.network["client_secret"],
        )
        return self._grant(token)

    def _grant(self, token: Mapping[str, Any], kept: str = "") -> Grant:
        scope = token.get("scope") or ()
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or kept,
            expires_at=expiry(token),
            scopes=tuple(scope.split() if isinstance(scope, str) else scope),
            extra=renews_until(token),  # while Google's consent screen is in testing
        )

    def accounts(self, grant: Grant) -> list[Account]:
        url = f"{self.network['api']}/youtube/v3/channels"
        params = {"part": CHANNEL_PARTS, "mine": True}
        found = self.read(self.wire(grant.access_token).get(url, params=params)).get("items") or []
        if not found:
            raise OAuthFailed(
                "This Google account has no YouTube channel yet. Make one at YouTube, then connect again.",
                dead=True,
            )
        return [self._account(channel, grant) for channel in found]

    def _account(self, channel: Mapping[str, Any], grant: Grant) -> Account:
        said = facts_of(channel, self.network["site"])
        return Account(
            remote_id=channel["id"],
            handle=said["handle"],
            name=said["name"],
            url=said["url"],
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=grant.expires_at,
            followers=said["followers"],
            facts={**said["facts"], **grant.extra},
        )

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        session = self.session()
        session.scope = session._client.scope = None  # Google keeps the scopes of the consent
        app = {"client_id": self.network["client_id"], "client_secret": self.network["client_secret"]}
        return self._grant(self.renew(session, refresh_token=refresh_token, **app), kept=refresh_token)

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        form = {"token": refresh_token or access_token}
        return self.wire().post(f"{self.network['token']}/revoke", form=form, scheme="").ok

    def next_refresh(self, *, now: datetime, expires_at: datetime | None) -> datetime | None:
        # The access key lives an hour and is renewed when needed; a refresh key that nobody uses ends after six months.
        return now + timedelta(days=30)


def facts_of(channel: Mapping[str, Any], site: str) -> dict[str, Any]:
    """What a channel resource says of an account, as ``Connector.account`` gives it."""
    snippet, numbers = channel.get("snippet") or {}, channel.get("statistics") or {}
    handle = snippet.get("customUrl") or snippet.get("title") or channel["id"]
    hidden = numbers.get("hiddenSubscriberCount") or "subscriberCount" not in numbers
    lists = (channel.get("contentDetails") or {}).get("relatedPlaylists") or {}
    status = channel.get("status") or {}
    return {
        "handle": handle,
        "name": snippet.get("title", ""),
        "url": f"{site}/channel/{channel['id']}",
        "followers": None if hidden else int(numbers["subscriberCount"]),
        "facts": {"uploads": lists.get("uploads", ""), "long_uploads": status.get("longUploadsStatus", "")},
    }
