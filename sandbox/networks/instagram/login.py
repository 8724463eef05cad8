"""OAuth: the dialog, the short token, the long one."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph
from sandbox.box import CLIENT_ID, CLIENT_SECRET, box
from sandbox.graph import bad, fail
from sandbox.networks.instagram.door import BASIC, CODE_LIFE_S, LONG_LIFE_S, SCOPES, SHORT_LIFE_S, bp
from sandbox.store import instant, setting


@bp.route("/oauth/authorize", methods=["GET", "POST"])
def authorize() -> Any:
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
    if trouble := _authorize_trouble(asked, scopes):
        return accounts.error_page("Instagram", trouble)
    with box().store.tx() as db:
        people = accounts.accounts(db, "instagram")
        if request.method == "GET":
            return accounts.consent_page(
                network="instagram", label="Instagram", action=request.path, people=people, hidden=asked, scopes=scopes,
                choose_scopes=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(
                asked["redirect_uri"], error="access_denied", error_reason="user_denied",
                error_description="The user denied your request", state=asked["state"],
            )  # fmt: skip
        chosen = request.form.get("account", "")
        if accounts.account(db, "instagram", chosen) is None:
            return accounts.error_page("Instagram", "There is no such account.")
        granted = request.form.getlist("granted") if "granted" in request.form else scopes
        code = accounts.give_code(
            db, "instagram", now=box().now(), chosen=[chosen], redirect_uri=asked["redirect_uri"],
            scopes=[scope for scope in scopes if scope in granted],
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], "#_", code=code, state=asked["state"])


def _authorize_trouble(asked: dict[str, str], scopes: list[str]) -> str:
    if asked["client_id"] != CLIENT_ID:
        return "There is no app with this client_id."
    if not accounts.loopback(asked["redirect_uri"]):
        return "The redirect_uri must be an address on this machine."
    if asked["response_type"] != "code":
        return "response_type must be code."
    if not scopes or set(scopes) - SCOPES:
        return f"Invalid scope: {', '.join(sorted(set(scopes) - SCOPES)) or 'none was asked for'}."
    return ""


def _oauth_error(status: int, message: str) -> Response:
    response = jsonify(error_type="OAuthException", code=status, error_message=message)
    response.status_code = status
    return response


@bp.post("/oauth/access_token")
def code_exchange() -> Response:
    """The host api.instagram.com; its errors have an envelope of their own."""
    form, now = request.form, box().now()
    if form.get("client_id") != CLIENT_ID:
        return _oauth_error(400, "Invalid platform app")
    if form.get("client_secret") != CLIENT_SECRET:
        return _oauth_error(400, "Error validating client secret.")
    if form.get("grant_type") != "authorization_code":
        return _oauth_error(400, "Invalid grant_type: only authorization_code is supported")
    with box().store.tx() as db:
        code = accounts.take_code(db, "instagram", form.get("code", ""), now=now, life_s=CODE_LIFE_S)
        if code is None:
            problem: str = "Matching code was not found or was already used"
        elif form.get("redirect_uri") != code["redirect_uri"]:
            problem = graph.REDIRECT_DIFFERS
        else:
            account = json.loads(code["accounts"])[0]
            text = accounts.give_token(
                db, "instagram", "short", now=now, account=account, scopes=code["scopes"], family=code["family"],
                life_s=SHORT_LIFE_S, prefix="IGAAS",
            )  # fmt: skip
            answer = {"access_token": text, "user_id": int(account), "permissions": code["scopes"].split()}
            return jsonify({"data": [answer]} if setting(db, "instagram wrapped token", False) else answer)
    return _oauth_error(400, problem)


@bp.get("/access_token")
def long_token() -> Response:
    if request.args.get("grant_type") != "ig_exchange_token":
        raise bad("grant_type must be ig_exchange_token")
    if request.args.get("client_secret") != CLIENT_SECRET:
        raise fail(1, "Error validating client secret.")
    return _new_long("short", 0)


@bp.get("/refresh_access_token")
def refresh_token() -> Response:
    if request.args.get("grant_type") != "ig_refresh_token":
        raise bad("grant_type must be ig_refresh_token")
    return _new_long("long", box().pace.token_min_age_s)


def _new_long(kind: str, min_age_s: float) -> Response:
    old, now = graph.token("instagram"), box().now()
    if old["kind"] != kind:
        raise fail(190, "Error validating access token: this kind of token cannot be used here.", 463)
    if (now - instant(old["made_at"])).total_seconds() < min_age_s:
        raise bad("The token is too young to be refreshed; it must be at least 24 hours old.")
    if BASIC not in old["scopes"].split():
        raise fail(10, f"(#10) {BASIC} is needed.")
    with box().store.tx() as db:
        text = accounts.give_token(
            db, "instagram", "long", now=now, account=old["account"], scopes=old["scopes"], family=old["family"],
            life_s=LONG_LIFE_S, prefix="IGAAL",
        )  # fmt: skip
    permissions = old["scopes"].replace(" ", ",")
    return jsonify(
        {"access_token": text, "token_type": "bearer", "expires_in": LONG_LIFE_S, "permissions": permissions}
    )
