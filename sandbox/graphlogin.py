"""The door of Instagram and of Threads: the dialog, the token of an hour, and the one of sixty days."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph
from sandbox.box import CLIENT_ID, CLIENT_SECRET, box
from sandbox.graph import bad, fail
from sandbox.store import instant

CODE_LIFE_S = 3600
SHORT_LIFE_S = 3600
LONG_LIFE_S = 60 * 86_400


@dataclass(frozen=True)
class Door:
    network: str
    label: str
    scopes: frozenset[str]
    basic: str  # the permission without which no token is renewed
    prefix: str  # of the grant types: ig_exchange_token
    tokens: str  # how tokens begin; S and L follow
    lists_permissions: bool = False  # in the answers with a token

    # The dialog -------------------------------------------------------------------------------------------------
    def authorize(self) -> Any:
        given = request.args if request.method == "GET" else request.form
        names = (
            "client_id",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
            "force_reauth",
            "enable_fb_login",
        )
        asked = {name: given.get(name, "") for name in names}
        scopes = [scope for scope in re.split(r"[,\s]+", asked["scope"]) if scope]
        if trouble := self._trouble(asked, scopes):
            return accounts.error_page(self.label, trouble)
        with box().store.tx() as db:
            people = accounts.accounts(db, self.network)
            if request.method == "GET":
                return accounts.consent_page(
                    network=self.network, label=self.label, action=request.path, people=people, hidden=asked,
                    scopes=scopes, choose_scopes=True,
                )  # fmt: skip
            if request.form.get("decision") != "allow":
                return accounts.back(
                    asked["redirect_uri"], error="access_denied", error_reason="user_denied",
                    error_description="The user denied your request", state=asked["state"],
                )  # fmt: skip
            chosen = request.form.get("account", "")
            if accounts.account(db, self.network, chosen) is None:
                return accounts.error_page(self.label, "There is no such account.")
            granted = request.form.getlist("granted") if "granted" in request.form else scopes
            code = accounts.give_code(
                db, self.network, now=box().now(), chosen=[chosen], redirect_uri=asked["redirect_uri"],
                scopes=[scope for scope in scopes if scope in granted],
            )  # fmt: skip
        return accounts.back(asked["redirect_uri"], "#_", code=code, state=asked["state"])

    def _trouble(self, asked: dict[str, str], scopes: list[str]) -> str:
        if asked["client_id"] != CLIENT_ID:
            return "There is no app with this client_id."
        if not accounts.loopback(asked["redirect_uri"]):
            return "The redirect_uri must be an address on this machine."
        if asked["response_type"] != "code":
            return "response_type must be code."
        if not scopes or set(scopes) - self.scopes:
            return f"Invalid scope: {', '.join(sorted(set(scopes) - self.scopes)) or 'none was asked for'}."
        return ""

    # The tokens -------------------------------------------------------------------------------------------------
    def exchange(self) -> tuple[dict[str, Any] | None, str]:
        """Turn the code of a form into (the answer, "") or (None, what is wrong)."""
        form, now = request.form, box().now()
        if form.get("client_id") != CLIENT_ID:
            return None, "Invalid platform app"
        if form.get("client_secret") != CLIENT_SECRET:
            return None, "Error validating client secret."
        if form.get("grant_type") != "authorization_code":
            return None, "Invalid grant_type: only authorization_code is supported"
        with box().store.tx() as db:
            code = accounts.take_code(db, self.network, form.get("code", ""), now=now, life_s=CODE_LIFE_S)
            if code is None:
                return None, "Matching code was not found or was already used"
            if form.get("redirect_uri") != code["redirect_uri"]:
                return None, graph.REDIRECT_DIFFERS
            account = json.loads(code["accounts"])[0]
            text = accounts.give_token(
                db, self.network, "short", now=now, account=account, scopes=code["scopes"], family=code["family"],
                life_s=SHORT_LIFE_S, prefix=f"{self.tokens}S",
            )  # fmt: skip
        answer: dict[str, Any] = {"access_token": text, "user_id": int(account)}
        return answer | ({"permissions": code["scopes"].split()} if self.lists_permissions else {}), ""

    def long_token(self) -> Response:
        if request.args.get("grant_type") != f"{self.prefix}_exchange_token":
            raise bad(f"grant_type must be {self.prefix}_exchange_token")
        if request.args.get("client_secret") != CLIENT_SECRET:
            raise fail(1, "Error validating client secret.")
        return self._new_long("short", 0)

    def refresh_token(self) -> Response:
        if request.args.get("grant_type") != f"{self.prefix}_refresh_token":
            raise bad(f"grant_type must be {self.prefix}_refresh_token")
        return self._new_long("long", box().pace.token_min_age_s)

    def _new_long(self, kind: str, min_age_s: float) -> Response:
        old, now = graph.token(self.network), box().now()
        if old["kind"] != kind:
            raise fail(190, "Error validating access token: this kind of token cannot be used here.", 463)
        if (now - instant(old["made_at"])).total_seconds() < min_age_s:
            raise bad("The token is too young to be refreshed; it must be at least 24 hours old.")
        if self.basic not in old["scopes"].split():
            raise fail(10, f"(#10) {self.basic} is needed.")
        with box().store.tx() as db:
            text = accounts.give_token(
                db, self.network, "long", now=now, account=old["account"], scopes=old["scopes"],
                family=old["family"], life_s=LONG_LIFE_S, prefix=f"{self.tokens}L",
            )  # fmt: skip
        answer: dict[str, Any] = {"access_token": text, "token_type": "bearer", "expires_in": LONG_LIFE_S}
        permissions = old["scopes"].replace(" ", ",")
        return jsonify(answer | ({"permissions": permissions} if self.lists_permissions else {}))
