"""Google's OAuth 2.0: consent with PKCE, codes that work once, refresh tokens that stay, scopes that can be unticked."""

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
from sandbox.networks.youtube.wire import CODE_LIFE_S, SCOPES, TOKEN_LIFE_S, bp
from sandbox.store import Db

ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "access_type", "prompt", "include_granted_scopes", "login_hint",
)  # fmt: skip


@bp.route("/o/oauth2/v2/auth", methods=["GET", "POST"])
def authorize() -> Response | str:
    given = request.args if request.method == "GET" else request.form
    asked = {name: given.get(name, "") for name in ASKED}
    scopes = asked["scope"].split()
    if trouble := _trouble(asked, scopes, set(request.args) - set(ASKED)):
        return accounts.error_page("Google", trouble)
    with box().store.tx() as db:
        people = accounts.accounts(db, "youtube")
        if request.method == "GET":
            return accounts.consent_page(
                network="youtube", label="Google", action=request.path, people=people, hidden=asked, scopes=scopes,
                choose_scopes=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(asked["redirect_uri"], error="access_denied", state=asked["state"])
        chosen = request.form.get("account", "")
        if accounts.account(db, "youtube", chosen) is None:
            return accounts.error_page("Google", "There is no such account.")
        granted = request.form.getlist("granted") if "granted" in request.form else scopes
        kept = [scope for scope in scopes if scope in granted]
        offline = asked["access_type"] == "offline" and asked["prompt"] == "consent"
        code = accounts.give_code(
            db, "youtube", now=box().now(), chosen=[chosen, "offline" if offline else "online"],
            redirect_uri=asked["redirect_uri"], scopes=kept, challenge=asked["code_challenge"],
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], state=asked["state"], code=code, scope=" ".join(kept))


def _trouble(asked: dict[str, str], scopes: list[str], unknown: set[str]) -> str:
    if unknown:
        return f"Parameter not allowed for this message type: {', '.join(sorted(unknown))}."
    if asked["response_type"] != "code":
        return "response_type must be code."
    if asked["client_id"] != CLIENT_ID:
        return "The OAuth client was not found."
    if not accounts.loopback(asked["redirect_uri"]):
        return "redirect_uri_mismatch: it must be an address on this machine."
    if not scopes or set(scopes) - SCOPES:
        return f"invalid_scope: {', '.join(sorted(set(scopes) - SCOPES)) or 'none was asked for'}."
    if asked["access_type"] not in ("", "online", "offline") or asked["prompt"] not in (
        "",
        "none",
        "consent",
        "select_account",
    ):
        return "access_type or prompt is not known."
    if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
        return "The sandbox takes code_challenge_method=S256 only."
    if asked["code_challenge"] and not re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"]):
        return "The code_challenge is none."
    return ""


def _no(status: int, name: str, description: str) -> Refused:
    response = jsonify(error=name, error_description=description)
    response.status_code = status
    return Refused(response)


TOKEN_NAMES = {
    "authorization_code": {
        "grant_type",
        "code",
        "client_id",
        "client_secret",
        "redirect_uri",
        "code_verifier",
    },
    "refresh_token": {"grant_type", "refresh_token", "client_id", "client_secret"},
}


@bp.post("/token")
def token() -> Response:
    form = request.form
    kind = form.get("grant_type", "")
    if kind not in TOKEN_NAMES:
        raise _no(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")
    if unknown := set(form) - TOKEN_NAMES[kind]:
        raise _no(
            400, "invalid_request", f"Parameter not allowed for this message type: {sorted(unknown)[0]}"
        )
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise _no(401, "invalid_client", "The OAuth client was not found.")
    return _for_code() if kind == "authorization_code" else _for_refresh()


def _for_code() -> Response:
    now, form = box().now(), request.form
    with box().store.tx() as db:
        code = accounts.take_code(db, "youtube", form.get("code", ""), now=now, life_s=CODE_LIFE_S)
    if code is None:
        raise _no(400, "invalid_grant", "Malformed auth code.")
    if form.get("redirect_uri") != code["redirect_uri"]:
        raise _no(400, "redirect_uri_mismatch", "Bad Request")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if code["challenge"] and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code["challenge"]:
        raise _no(400, "invalid_grant", "Invalid code verifier.")
    account, mode = json.loads(code["accounts"])
    with box().store.tx() as db:
        answer = _access(db, account, code["scopes"], code["family"], now)
        if mode == "offline":
            answer["refresh_token"] = accounts.give_token(
                db, "youtube", "refresh", now=now, account=account, scopes=code["scopes"], family=code["family"],
                life_s=None, prefix="1//",
            )  # fmt: skip
    return jsonify(answer)


def _for_refresh() -> Response:
    now = box().now()
    with box().store.tx() as db:
        row = accounts.find_token(db, "youtube", request.form.get("refresh_token", ""))
        if row is None or row["kind"] != "refresh" or not accounts.alive(row, now):
            raise _no(400, "invalid_grant", "Token has been expired or revoked.")
        return jsonify(_access(db, row["account"], row["scopes"], row["family"], now))


def _access(db: Db, account: str, scopes: str, family: str, now: datetime) -> dict[str, Any]:
    token = accounts.give_token(
        db,
        "youtube",
        "access",
        now=now,
        account=account,
        scopes=scopes,
        family=family,
        life_s=TOKEN_LIFE_S,
        prefix="ya29.",
    )
    return {"access_token": token, "expires_in": TOKEN_LIFE_S, "scope": scopes, "token_type": "Bearer"}


@bp.post("/revoke")
def revoke() -> Response:
    with box().store.tx() as db:
        row = accounts.find_token(db, "youtube", request.values.get("token", ""))
        if row is None or not accounts.alive(row, box().now()):
            raise _no(400, "invalid_token", "Token expired or revoked")
        accounts.revoke_family(db, row["family"], box().now())
    return jsonify({})
