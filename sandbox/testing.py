"""A real sandbox for a test: `with running(tmp_path) as base_url: …`."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox import server
from sandbox.box import CLIENT_ID, CLIENT_SECRET, utc_now

CALLBACK = "http://127.0.0.1:8000/callback"
X_SCOPES = "tweet.read tweet.write users.read media.write offline.access"


@contextmanager
def running(
    folder: Path | str, *, pace: str = "test", port: int = 0, now: Callable[[], datetime] = utc_now
) -> Iterator[str]:
    """Serve the networks on a free port of loopback, with threads, and give the base address without a final slash.

    The state lies in `folder`; starting again over the same folder goes on where it stopped. Pace "test" makes
    processing last a fraction of a second and a day ten seconds. ``now``: the networks' clock.
    """
    with server.in_thread(server.make(Path(folder), port=port, pace=pace, now=now)) as address:
        yield address


def sign_in_x(base_url: str, account: str = "1562000000000000101", scope: str = X_SCOPES) -> dict[str, str]:
    """Go through the consent page of X as a browser would and return the token endpoint's answer."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "scope": scope, "state": "state",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    code = _allow(f"{base_url}/x/i/oauth2/authorize", asked | {"account": account})
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    token: dict[str, str] = httpx.post(
        f"{base_url}/x/2/oauth2/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET), trust_env=False
    ).json()
    return token


def _allow(address: str, form: dict[str, str]) -> str:
    answer = httpx.post(address, data=form | {"decision": "allow"}, trust_env=False)
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
