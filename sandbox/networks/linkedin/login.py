"""OAuth: the consent, codes, tokens of sixty days, and refresh tokens that are not rotated."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts
from sandbox.box import CLIENT_ID, CLIENT_SECRET, box
from sandbox.networks.linkedin.wire import SCOPES, bp
from sandbox.store import Db, instant, setting, stamp

CODE_LIFE_S = 1800
TOKEN_LIFE_S = 60 * 86_400
REFRESH_LIFE_S = 365 * 86_400


@bp.route("/oauth/v2/authorization", methods=["GET", "POST"])
def authorize() -> Any:
    given = request.args if request.method == "GET" else request.form
    names = ("response_type", "client_id", "redirect_uri", "state", "scope")
    asked = {name: given.get(name, "") for name in names}
    scopes = [scope for scope in re.split(r"[,\s]+", asked["scope"]) if scope]
    if asked["client_id"] != CLIENT_ID:
        return accounts.error_page("LinkedIn", "The passed in client_id is invalid.")
    if not accounts.loopback(asked["redirect_uri"]):
        return accounts.error_page("LinkedIn", "The redirect_uri does not match the registered value.")
    if asked["response_type"] != "code" or not scopes:
        return accounts.error_page("LinkedIn", "response_type must be code, and a scope must be asked for.")
    if unknown := set(scopes) - SCOPES:
        words = f'Scope "{sorted(unknown)[0]}" is not authorized for your application'
        return accounts.back(
            asked["redirect_uri"],
            error="unauthorized_scope_error",
            error_description=words,
            state=asked["state"],
        )
    with box().store.tx() as db:
        people = accounts.accounts(db, "linkedin")
        if request.method == "GET":
            return accounts.consent_page(
                network="linkedin", label="LinkedIn", action=request.path, people=people, hidden=asked,
                scopes=scopes, several=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(
                asked["redirect_uri"], error="user_cancelled_authorize",
                error_description="The user cancelled the authorization", state=asked["state"],
            )  # fmt: skip
        known = {row["id"] for row in people}
        chosen = [page for page in request.form.getlist("account") if page in known]
        code = accounts.give_code(
            db, "linkedin", now=box().now(), chosen=chosen, redirect_uri=asked["redirect_uri"], scopes=scopes
        )
    return accounts.back(asked["redirect_uri"], code=code, state=asked["state"])


def _no(error: str, words: str, status: int = 400) -> Response:
    response = jsonify(error=error, error_description=words)
    response.status_code = status
    return response


@bp.post("/oauth/v2/accessToken")
def access_token() -> Response:
    form, now = request.form, box().now()
    if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
        return _no("invalid_client", "Client authentication failed", 401)
    kind = form.get("grant_type")
    if kind not in ("authorization_code", "refresh_token"):
        return _no("invalid_request", 'A required parameter "grant_type" is missing or wrong')
    with box().store.tx() as db:
        if kind == "refresh_token":
            old = accounts.find_token(db, "linkedin", form.get("refresh_token", ""))
            if old is None or old["kind"] != "refresh" or not accounts.alive(old, now):
                return _no(
                    "invalid_grant",
                    "The provided authorization grant or refresh token is invalid, expired or revoked.",
                )
            answer = _give(db, old["accounts"], old["scopes"], old["family"])
            ends_s = int((instant(old["expires_at"]) - now).total_seconds())
            return jsonify(answer | {"refresh_token": old["token"], "refresh_token_expires_in": ends_s})
        code = accounts.take_code(db, "linkedin", form.get("code", ""), now=now, life_s=CODE_LIFE_S)
        if code is None:
            return _no("invalid_request", "Unable to retrieve access token: authorization code not found")
        if form.get("redirect_uri") != code["redirect_uri"]:
            return _no(
                "invalid_redirect_uri", "Unable to retrieve access token: the redirect_uri does not match"
            )
        answer = _give(db, code["accounts"], code["scopes"], code["family"])
        if setting(db, "linkedin refresh tokens", True):
            refresh = accounts.give_token(
                db, "linkedin", "refresh", now=now, account="", accounts=code["accounts"], scopes=code["scopes"],
                family=code["family"], life_s=REFRESH_LIFE_S, prefix="AQX",
            )  # fmt: skip
            answer |= {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_LIFE_S}
    return jsonify(answer)


def _give(db: Db, pages: str, scopes: str, family: str) -> dict[str, Any]:
    first = (json.loads(pages) or [""])[0]
    token = accounts.give_token(
        db, "linkedin", "access", now=box().now(), account=first, accounts=pages, scopes=scopes, family=family,
        life_s=TOKEN_LIFE_S, prefix="AQV",
    )  # fmt: skip
    return {
        "access_token": token,
        "expires_in": TOKEN_LIFE_S,
        "scope": scopes.replace(" ", ","),
        "token_type": "Bearer",
    }


@bp.post("/oauth/v2/revoke")
def revoke() -> Response:
    form = request.form
    if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
        return _no("invalid_client", "Client authentication failed", 401)
    with box().store.tx() as db:
        row = accounts.find_token(db, "linkedin", form.get("token", ""))
        if row is None:
            return _no("invalid_request", "The token is not known")
        at = stamp(box().now())
        db.execute("UPDATE token SET revoked_at=? WHERE family=? AND revoked_at IS NULL", (at, row["family"]))
    return Response(status=200)
