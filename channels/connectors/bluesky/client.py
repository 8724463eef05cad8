"""What Hustings is to a Bluesky server's sign-in page: a client that is known by the address of its description.

atproto.com/specs/oauth, read in November 2026. An installation with a public address describes itself there and proves
that it is itself with a key of its own; sessions of such a client go on as long as they are used. One on this machine is
known by what it asks for alone, and its sessions end after two weeks.
"""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from channels import keys
from channels.bound import Key
from channels.oauth import OAuthFailed, is_loopback

SCOPE = "atproto transition:generic"  # as much as an app password may
PATH = "/connect/bluesky/client-metadata.json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_S = 60


def here() -> str:
    return str(settings.PUBLIC_URL)


def on_this_machine() -> bool:
    return is_loopback(urlsplit(here()).hostname or "")


def client_id(redirect_uri: str) -> str:
    """Raises OAuthFailed where a server could not look us up."""
    if on_this_machine():
        if urlsplit(here()).hostname == "localhost":
            raise OAuthFailed(
                "Bluesky sends nobody back to “localhost”. Open Hustings as 127.0.0.1, or use an app password."
            )
        return f"http://localhost?{urlencode({'redirect_uri': redirect_uri, 'scope': SCOPE})}"
    if not here().startswith("https://"):
        raise OAuthFailed(
            "Signing in on the account's own server needs a public https address of Hustings. Use an app password instead."
        )
    return here() + PATH


def key() -> Key:
    """The installation's own key; made when it is first needed."""
    found = keys.stored("bluesky")
    if found is None or not found.client_secret:
        keys.remember("bluesky", here() + PATH, Key.new().text)
        found = keys.stored("bluesky")
    assert found is not None
    return Key(found.client_secret)


def described(redirect_uri: str) -> dict[str, Any]:
    """What stands at our client id."""
    ours = key()
    return {
        "client_id": here() + PATH,
        "client_name": "Hustings",
        "client_uri": here(),
        "application_type": "web",
        "dpop_bound_access_tokens": True,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "redirect_uris": [redirect_uri],
        "scope": SCOPE,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [{**ours.public, "kid": ours.thumbprint, "use": "sig", "alg": "ES256"}]},
    }


def proves(issuer: str, ours: str) -> dict[str, str]:
    """The fields with which we say at a token address that we are ourselves."""
    if on_this_machine():
        return {"client_id": ours}
    now, mine = int(time.time()), key()
    claims = {
        "iss": ours, "sub": ours, "aud": issuer, "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + ASSERTION_S,
    }  # fmt: skip
    assertion = mine.signed({"typ": "JWT", "kid": mine.thumbprint}, claims)
    return {"client_id": ours, "client_assertion_type": ASSERTION, "client_assertion": assertion}


def back() -> str:
    """Where people are sent back to: channels.connect.callback_url."""
    return f"{here()}/admin/channels/callback/bluesky/"


def metadata(request: HttpRequest) -> JsonResponse:
    """The page at our client id, for anybody."""
    return JsonResponse(described(back()))
