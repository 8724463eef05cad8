"""Accounts for the sample campaign: walks the consent pages of the sandbox over HTTP, as a person with a
browser would.

Only on the sandbox. The codes, tokens and checks are those of every other connection; nothing is written past
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from django.conf import settings

from channels import connect
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from channels.oauth import Account, Grant


def connect_all(campaign: Any, *, by: Any, platforms: Mapping[str, str] | None = None) -> list[Channel]:
    """Connect one account of each network on the sandbox to a campaign page; returns the channels.

    ``platforms`` maps a platform to the remote id to choose; by default the account that the consent page
    proposes. Repeating it renews the same channels. Raises ConnectFailed in words, also when the sandbox does
    not run.
    """
    wanted = platforms if platforms is not None else {connector.platform: "" for connector in CONNECTORS}
    return [_connect(campaign, platform, remote_id, by=by) for platform, remote_id in wanted.items()]


def _connect(campaign: Any, platform: str, remote_id: str, *, by: Any) -> Channel:
    if not connect.on_sandbox(platform):
        raise connect.ConnectFailed(
            "Sample accounts exist on the sandbox only; HUSTINGS_SANDBOX_URL is not set."
        )
    session: dict[str, Any] = {}
    pending = connect.begin(session, platform=platform, campaign_id=campaign.pk, by=by)
    flow, came = CONNECTORS[platform].oauth, None
    if flow.fields:
        came = connect.take_fields(session, pending, connect.sample_answers(platform))
    if came is None:
        params = allow(connect.network_address(session, pending), remote_id)
        pending = connect.take(session, params.get("state", ""), by=by)
        came = connect.answer(pending, platform=platform, params=params)
    grant, accounts = came
    account = next((a for a in accounts if a.remote_id == remote_id), accounts[0])
    return connect.save(account, platform=platform, campaign_id=campaign.pk, scopes=grant.scopes, by=by)


def enter(platform: str, *, remote_id: str = "") -> tuple[Grant, list[Account]]:
    """Let ourselves in on the sandbox without storing anything: what was granted, and the accounts."""
    flow, answers = CONNECTORS[platform].oauth, connect.sample_answers(platform)
    if flow.fields:
        flow = flow.at(flow.prepare(answers, lambda server: None))
    if flow.redirects:
        redirect = connect.callback_url(platform)
        url, verifier = flow.begin(redirect_uri=redirect, state="s")
        grant = flow.exchange(allow(url, remote_id)["code"], redirect_uri=redirect, verifier=verifier)
    else:
        grant = flow.sign_in(answers)
    return grant, flow.accounts(grant)


def allow(address: str, remote_id: str = "", **changes: Any) -> dict[str, str]:
    """Open a consent page, send its form as it stands (or with changes), return what came back for our
    callback.
    """
    try:
        with httpx.Client(trust_env=False, timeout=30) as browser:
            page = browser.get(address)
            form = _Form.of(page.text)
            if page.status_code != 200 or not form.fields:
                raise connect.ConnectFailed(
                    f"The sandbox did not show its consent page ({page.status_code})."
                )
            fields = {**form.fields, "decision": "allow", **changes}
            if remote_id:
                fields["account"] = remote_id
            answer = browser.post(urljoin(address, form.action), data=fields)
    except httpx.HTTPError as error:
        raise connect.ConnectFailed(
            f"The sandbox does not answer at {settings.SANDBOX_URL}. Is it running?"
        ) from error
    location = answer.headers.get("location", "")
    if not location.startswith(settings.PUBLIC_URL):
        raise connect.ConnectFailed(f"The sandbox did not send us back ({answer.status_code}).")
    return dict(parse_qsl(urlsplit(location).query))


class _Form(HTMLParser):
    """The fields of a page's form as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, Any] = {}

    @classmethod
    def of(cls, page: str) -> _Form:
        form = cls()
        form.feed(page)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found.get("action", "")
        if tag != "input" or "name" not in found:
            return
        kind = found.get("type", "text")
        if kind in {"radio", "checkbox"} and "checked" not in found:
            return
        if kind == "checkbox":
            self.fields.setdefault(found["name"], []).append(found.get("value", "on"))
        else:
            self.fields[found["name"]] = found.get("value", "")
