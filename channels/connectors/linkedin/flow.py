"""How LinkedIn lets us in: the pages of organisations that a member manages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from channels.connectors.abilities import Version
from channels.connectors.linkedin import urns
from channels.oauth import Account, Flow, Grant, OAuthFailed, expiry, renews_until

# Kept for a year; the announced ends lie in the middle of the same month a year later (202603: 16 March 2027).
VERSION = Version(
    "202607",
    date(2027, 7, 15),
    "https://learn.microsoft.com/en-us/linkedin/marketing/versioning, read 2026-11-23",
)
HEADERS = {"Linkedin-Version": VERSION.name, "X-Restli-Protocol-Version": "2.0.0"}
PUBLISHING_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"})
MOST_PAGES = 200


class LinkedInFlow(Flow):
    platform = "linkedin"
    label = "LinkedIn"
    shared = True
    # Tokens live sixty days. Refresh tokens (a year, not rotated) are for approved apps only.
    refresh_before = timedelta(days=1)
    scopes = {
        "w_organization_social": "publish posts and comments as the page",
        "rw_organization_admin": "see which pages you manage, and their numbers",
        "r_organization_social": "read the page's posts and comments, and find our own again",
    }
    optional = frozenset({"r_organization_social"})

    @property
    def authorize_url(self) -> str:
        return f"{self.network['authorize']}/oauth/v2/authorization"

    @property
    def token_url(self) -> str:
        return f"{self.network['authorize']}/oauth/v2/accessToken"

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        session = self.session(redirect_uri=redirect_uri)
        secret = self.network["client_secret"]
        return self._grant(self.fetch(session, code=code, include_client_id=True, client_secret=secret))

    def _grant(self, token: Mapping[str, Any], refresh_token: str = "") -> Grant:
        scope = token.get("scope") or ""  # with commas, where the standard has spaces
        scopes = re.split(r"[,\s]+", scope if isinstance(scope, str) else ",".join(scope))
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or refresh_token,
            expires_at=expiry(token),
            scopes=tuple(filter(None, scopes)),
            extra=renews_until(token),
        )

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        if not refresh_token:
            raise OAuthFailed("LinkedIn's key lives sixty days and cannot be renewed by us.", dead=True)
        session = self.session()
        session.scope = session._client.scope = None
        client = {"client_id": self.network["client_id"], "client_secret": self.network["client_secret"]}
        return self._grant(self.renew(session, refresh_token=refresh_token, **client), refresh_token)

    def revoke(self, *, access_token: str, refresh_token: str) -> bool:
        form = {
            "client_id": self.network["client_id"],
            "client_secret": self.network["client_secret"],
            "token": access_token,
        }
        return self.wire().post(f"{self.network['authorize']}/oauth/v2/revoke", form=form, scheme="").ok

    # The pages ----------------------------------------------------------------------------------------------

    def accounts(self, grant: Grant) -> list[Account]:
        roles: dict[str, set[str]] = {}
        person = ""
        for row in self._roles(grant):
            found = re.fullmatch(r"urn:li:organization:(\d+)", str(row.get("organization")))
            if found:
                roles.setdefault(found[1], set()).add(str(row.get("role")))
                person = person or str(row.get("roleAssignee") or "")
        return [self._page(grant, page, held, person) for page, held in list(roles.items())[:MOST_PAGES]]

    def _roles(self, grant: Grant) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        count = 100
        while True:
            query = f"q=roleAssignee&state=APPROVED&start={len(found)}&count={count}"
            page = self._get(grant, f"organizationAcls?{query}").get("elements") or []
            found += page
            if len(page) < count or len(found) >= 10 * count:
                return found

    def _page(self, grant: Grant, page: str, roles: set[str], person: str) -> Account:
        about = self._get(grant, f"organizations/{page}")
        vanity = about.get("vanityName") or page
        urn = urns.encoded(urns.organization(page))
        size = self._get(grant, f"networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
        held = ", ".join(sorted(role.replace("_", " ").lower() for role in roles))
        trouble = "" if roles & PUBLISHING_ROLES else f"Your role there ({held}) may not publish."
        return Account(
            remote_id=page,
            handle=vanity,
            name=about.get("localizedName", ""),
            url=page_url(self.network, vanity),
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=grant.expires_at,
            followers=size.get("firstDegreeSize"),
            facts={"renewable": bool(grant.refresh_token), "roles": sorted(roles), **grant.extra},
            extra={"person": person},
            trouble=trouble,
        )

    def _get(self, grant: Grant, path: str) -> dict[str, Any]:
        answer = self.wire(grant.access_token).get(f"{self.network['api']}/rest/{path}", headers=HEADERS)
        if answer.status in (400, 403, 426) and answer.data.get("message"):
            raise OAuthFailed(f"LinkedIn says: {answer.data['message']}", dead=True)
        return self.read(answer)


def page_url(network: Mapping[str, str], vanity: str) -> str:
    return f"{network['authorize']}/company/{vanity}/"
