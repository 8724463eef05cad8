"""Signing in to X: OAuth 2.0 with PKCE, codes of 30 seconds, refresh tokens that work once."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts
from sandbox.box import CLIENT_ID, CLIENT_SECRET, Refused, box
from sandbox.networks.x.wire import CODE_LIFE_S, REFRESH_LIFE_S, SCOPES, TOKEN_LIFE_S, bp
from sandbox.store import Db, stamp

AUTHORIZE_PARAMS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip


@bp.route("/i/oauth2/authorize", methods=["GET", "POST"])
def authorize() -> Response | str:
    given = request.args if request.method == "GET" else request.form
    asked = {name: given.get(name, "") for name in AUTHORIZE_PARAMS}
    if trouble := _authorize_trouble(asked):
        return accounts.error_page("X", trouble)
    with box().store.tx() as db:
        people = accounts.accounts(db, "x")
        if request.method == "GET":
            return accounts.consent_page(
                network="x",
                label="X",
                action=request.path,
                people=people,
                hidden=asked,
                scopes=asked["scope"].split(),
            )
        if request.form.get("decision") != "allow":
            return accounts.back(asked["redirect_uri"], error="access_denied", state=asked["state"])
        chosen = request.form.get("account", "")
        if accounts.account(db, "x", chosen) is None:
            return accounts.error_page("X", "There is no such account.")
        code = accounts.give_code(
            db, "x", now=box().now(), chosen=[chosen], redirect_uri=asked["redirect_uri"], scopes=asked["scope"].split(),
            challenge=asked["code_challenge"],
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], state=asked["state"], code=code)


def _authorize_trouble(asked: dict[str, str]) -> str:
    if asked["response_type"] != "code":
        return "response_type must be code."
    if asked["client_id"] != CLIENT_ID:
        return "There is no app with this client_id."
    if not accounts.loopback(asked["redirect_uri"]):
        return "The redirect_uri must be an address on this machine."
    if unknown := set(asked["scope"].split()) - SCOPES:
        return f"Unknown scope: {', '.join(sorted(unknown))}."
    if not asked["scope"].split():
        return "No scope was asked for."
    if not asked["state"] or len(asked["state"]) > 500:
        return "state must be given and have at most 500 characters."
    if asked["code_challenge_method"] != "S256" or not re.fullmatch(
        r"[A-Za-z0-9_-]{43}", asked["code_challenge"]
    ):
        return "A code_challenge with code_challenge_method=S256 is needed."
    return ""


def oauth_error(status: int, error: str, description: str) -> Refused:
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return Refused(response)


def check_client() -> None:
    """Confidential clients use HTTP Basic, public ones name themselves in the form."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise oauth_error(400, "invalid_request", "Content-Type must be application/x-www-form-urlencoded.")
    if request.authorization is not None and request.authorization.type == "basic":
        given = (request.authorization.username, request.authorization.password)
        if given != (CLIENT_ID, CLIENT_SECRET):
            raise oauth_error(401, "unauthorized_client", "Missing valid authorization header")
    elif request.form.get("client_id") != CLIENT_ID:
        raise oauth_error(401, "unauthorized_client", "Missing valid authorization header")


@bp.post("/2/oauth2/token")
def token() -> Response:
    check_client()
    kind = request.form.get("grant_type")
    if kind == "authorization_code":
        return _token_for_code()
    if kind == "refresh_token":
        return _token_for_refresh()
    raise oauth_error(400, "unsupported_grant_type", f"Value passed for the grant type was invalid: {kind}")


def _token_for_code() -> Response:
    now = box().now()
    with box().store.tx() as db:
        code = accounts.take_code(db, "x", request.form.get("code", ""), now=now, life_s=CODE_LIFE_S)
    if code is None:
        raise oauth_error(400, "invalid_request", "Value passed for the authorization code was invalid.")
    if request.form.get("redirect_uri") != code["redirect_uri"]:
        raise oauth_error(
            400,
            "invalid_request",
            "Value passed for the redirect uri did not match the uri of the authorization code.",
        )
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code["challenge"]:
        raise oauth_error(
            400, "invalid_request", "Value passed for the code_verifier did not match the code challenge."
        )
    with box().store.tx() as db:
        return _pair(db, json.loads(code["accounts"])[0], code["scopes"], code["family"], now)


def _token_for_refresh() -> Response:
    now = box().now()
    dead = oauth_error(400, "invalid_request", "Value passed for the token was invalid.")
    with box().store.tx() as db:
        row = accounts.find_token(db, "x", request.form.get("refresh_token", ""))
        if row is not None and row["kind"] == "refresh" and row["used_at"]:
            accounts.revoke_family(db, row["family"], now)
            row = None
        if row is not None and row["kind"] == "refresh" and accounts.alive(row, now):
            db.execute("UPDATE token SET used_at=? WHERE token=?", (stamp(now), row["token"]))
            return _pair(db, row["account"], row["scopes"], row["family"], now)
    raise dead


def _pair(db: Db, account: str, scopes: str, family: str, now: datetime) -> Response:
    answer: dict[str, Any] = {"token_type": "bearer", "expires_in": TOKEN_LIFE_S, "scope": scopes}
    common: dict[str, Any] = {"now": now, "account": account, "scopes": scopes, "family": family}
    answer["access_token"] = accounts.give_token(db, "x", "access", life_s=TOKEN_LIFE_S, **common)
    if "offline.access" in scopes.split():
        answer["refresh_token"] = accounts.give_token(db, "x", "refresh", life_s=REFRESH_LIFE_S, **common)
    return jsonify(answer)


@bp.post("/2/oauth2/revoke")
def revoke() -> Response:
    check_client()
    with box().store.tx() as db:
        row = accounts.find_token(db, "x", request.form.get("token", ""))
        if row is not None:
            accounts.revoke_family(db, row["family"], box().now())
    return jsonify(revoked=True)
