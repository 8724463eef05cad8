"""Signing in on the real server's own page and allowing what is asked, by the calls that the page makes."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

API = "/@atproto/oauth-provider/~api"
OPENED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
ASKED = {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}


class Page:
    """A page of the server in a browser. Its cookies are for https only, which a jar takes at its word."""

    def __init__(self, address: str):
        self.address, parts = address, urlsplit(address)
        self.origin, self.cookies = f"{parts.scheme}://{parts.netloc}", {}
        self._keep(httpx.get(address, headers=OPENED, trust_env=False, timeout=30).raise_for_status())

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}

    def call(self, what: str, **body: Any) -> dict[str, Any]:
        head = ASKED | {
            "Origin": self.origin,
            "Referer": self.address,
            "X-CSRF-Token": self.cookies["csrf-token"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        answer = httpx.post(
            f"{self.origin}{API}/{what}", json=body, headers=head, trust_env=False, timeout=30
        )
        assert answer.status_code == 200, answer.text
        self._keep(answer)
        return dict(answer.json())


def allow(address: str, handle: str, password: str) -> dict[str, str]:
    """Sign in, allow it, and return what comes back to us with the browser."""
    page = Page(address)
    account = page.call("sign-in", locale="en", username=handle, password=password, remember=True)["account"]
    return _back(page.call("consent", did=account.get("did") or account["sub"])["url"])


def deny(address: str) -> dict[str, str]:
    return _back(Page(address).call("reject")["url"])


def _back(address: str) -> dict[str, str]:
    said = dict(parse_qsl(urlsplit(address).query))
    return {name: value for name, value in said.items() if not name.startswith("redirect_")}
