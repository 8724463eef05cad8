"""Signing in at a Mastodon server: any program registers itself, then OAuth 2 with PKCE; tokens do not run out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts
from sandbox.box import box
from sandbox.networks.mastodon.wire import SCOPES, bp, covers, given, invalid, refuse
from sandbox.store import Db, put_setting, setting

CODE_LIFE_S = 600
APP_PARAMS = {"client_name", "redirect_uris", "scopes", "website"}
AUTHORIZE_PARAMS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "force_login", "lang",
)  # fmt: skip
TOKEN_PARAMS = {
    "grant_type", "code", "client_id", "client_secret", "redirect_uri", "scope", "code_verifier",
    "oauth_info",  # Mastodon.py sends its notes along
}  # fmt: skip


@bp.get("/.well-known/oauth-authorization-server")
def metadata() -> Response:
    here = f"{request.host_url}mastodon"
    return jsonify(
        issuer=f"{here}/", service_documentation="https://docs.joinmastodon.org/",
        authorization_endpoint=f"{here}/oauth/authorize", token_endpoint=f"{here}/oauth/token",
        app_registration_endpoint=f"{here}/api/v1/apps", revocation_endpoint=f"{here}/oauth/revoke",
        scopes_supported=sorted(SCOPES), response_types_supported=["code"], response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
    )  # fmt: skip


@bp.post("/api/v1/apps")
def register() -> Response:
    asked = given()
    if unknown := set(asked) - APP_PARAMS:
        raise invalid(f"{sorted(unknown)[0]} is no parameter of this call")
    addresses = asked.get("redirect_uris", "")
    addresses = addresses.split() if isinstance(addresses, str) else list(addresses)
    scopes = set(str(asked.get("scopes") or "read").split())
    if not asked.get("client_name"):
        raise invalid("Application name can't be blank")
    if not addresses or not all(u == OUT_OF_BAND or accounts.loopback(u) for u in addresses):
        raise invalid("Redirect URI must be an absolute URI on this machine.")
    if scopes - SCOPES:
        raise invalid("Scopes doesn't match configured on the server.")
    app = {
        "id": str(secrets.randbelow(10**6)), "name": asked["client_name"], "website": asked.get("website"),
        "scopes": sorted(scopes), "redirect_uris": addresses, "redirect_uri": "\n".join(addresses),
        "client_id": secrets.token_urlsafe(32), "client_secret": secrets.token_urlsafe(32),
        "client_secret_expires_at": 0,
    }  # fmt: skip
    with box().store.tx() as db:
        put_setting(db, f"mastodon app {app['client_id']}", app)
    return jsonify(app)


OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


def app_of(db: Db, client_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = setting(db, f"mastodon app {client_id}")
    return found


@bp.get("/api/v1/apps/verify_credentials")
def verify_app() -> Response:
    with box().store.tx() as db:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        row = accounts.find_token(db, "mastodon", token)
        if row is None or not accounts.alive(row, box().now()):
            raise refuse(401, "The access token is invalid")
        app = app_of(db, json.loads(row["accounts"])[0])
    assert app is not None
    return jsonify({k: v for k, v in app.items() if not k.startswith("client_")})


@bp.route("/oauth/authorize", methods=["GET", "POST"])
def authorize() -> Response | str:
    values = request.args if request.method == "GET" else request.form
    asked = {name: values.get(name, "") for name in AUTHORIZE_PARAMS}
    asked["scope"] = asked["scope"] or "read"
    with box().store.tx() as db:
        app = app_of(db, asked["client_id"])
        if trouble := _authorize_trouble(asked, app):
            return accounts.error_page("Mastodon", trouble)
        if request.method == "GET":
            return accounts.consent_page(
                network="mastodon", label="Mastodon", action=request.path, people=accounts.accounts(db, "mastodon"),
                hidden=asked, scopes=asked["scope"].split(), choose_scopes=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(
                asked["redirect_uri"], error="access_denied", state=asked["state"],
                error_description="The resource owner or authorization server denied the request.",
            )  # fmt: skip
        chosen = request.form.get("account", "").partition("@")[0]
        if accounts.account(db, "mastodon", chosen) is None:
            return accounts.error_page("Mastodon", "There is no such account.")
        wanted = asked["scope"].split()
        granted = [s for s in wanted if s in request.form.getlist("granted")] or wanted
        code = accounts.give_code(
            db, "mastodon", now=box().now(), chosen=[chosen, asked["client_id"]], redirect_uri=asked["redirect_uri"],
            scopes=granted, challenge=asked["code_challenge"],
        )  # fmt: skip
    if asked["redirect_uri"] == OUT_OF_BAND:
        return Response(code, content_type="text/plain")
    return accounts.back(asked["redirect_uri"], state=asked["state"], code=code)


def _authorize_trouble(asked: dict[str, str], app: dict[str, Any] | None) -> str:
    if app is None:
        return "Client authentication failed due to unknown client."
    if asked["response_type"] != "code":
        return "The authorization server does not support this response type."
    if asked["redirect_uri"] not in app["redirect_uris"]:
        return "The redirect uri included is not valid."
    if not all(covers(set(app["scopes"]), scope) for scope in asked["scope"].split()):
        return "The requested scope is invalid, unknown, or malformed."
    if asked["code_challenge"] and (
        asked["code_challenge_method"] != "S256"
        or not re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    ):
        return "The code challenge method must be S256."
    return ""


def _client(db: Db, asked: dict[str, Any]) -> dict[str, Any]:
    basic = request.authorization
    name, secret = asked.get("client_id"), asked.get("client_secret")
    if basic is not None and basic.type == "basic":
        name, secret = basic.username, basic.password
    app = app_of(db, str(name))
    if app is None or app["client_secret"] != secret:
        raise refuse(
            401, "invalid_client",
            error_description="Client authentication failed due to unknown client, no client authentication included, "
            "or unsupported authentication method.",
        )  # fmt: skip
    return app


@bp.post("/oauth/token")
def token() -> Response:
    asked = given()
    if unknown := set(asked) - TOKEN_PARAMS:
        raise refuse(400, "invalid_request", error_description=f"Unknown parameter: {sorted(unknown)[0]}")
    now = box().now()
    with box().store.tx() as db:
        app = _client(db, asked)
        if asked.get("grant_type") == "client_credentials":
            wanted = str(asked.get("scope") or "read").split()
            if not all(covers(set(app["scopes"]), scope) for scope in wanted):
                raise refuse(
                    400,
                    "invalid_scope",
                    error_description="The requested scope is invalid, unknown, or malformed.",
                )
            return _token(db, app, kind="app", account="", scopes=" ".join(wanted), family=app["id"])
        if asked.get("grant_type") != "authorization_code":
            raise refuse(400, "unsupported_grant_type", error_description="The grant type is not supported.")
        code = accounts.take_code(db, "mastodon", str(asked.get("code", "")), now=now, life_s=CODE_LIFE_S)
    dead = refuse(
        400, "invalid_grant",
        error_description="The provided authorization grant is invalid, expired, revoked, does not match the "
        "redirection URI used in the authorization request, or was issued to another client.",
    )  # fmt: skip
    if code is None or code["redirect_uri"] != asked.get("redirect_uri"):
        raise dead
    account, client_id = json.loads(code["accounts"])
    if client_id != app["client_id"] or not _proven(code["challenge"], str(asked.get("code_verifier", ""))):
        raise dead
    with box().store.tx() as db:
        return _token(db, app, kind="access", account=account, scopes=code["scopes"], family=code["family"])


def _proven(challenge: str, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return not challenge or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _token(db: Db, app: dict[str, Any], *, kind: str, account: str, scopes: str, family: str) -> Response:
    now = box().now()
    made = accounts.give_token(
        db, "mastodon", kind, now=now, account=account, scopes=scopes, family=family, life_s=None,
        accounts=json.dumps([app["client_id"]]),
    )  # fmt: skip
    return jsonify(access_token=made, token_type="Bearer", scope=scopes, created_at=int(now.timestamp()))  # noqa: S106


@bp.post("/oauth/revoke")
def revoke() -> Response:
    asked = given()
    with box().store.tx() as db:
        app = _client(db, asked)
        row = accounts.find_token(db, "mastodon", str(asked.get("token", "")))
        if row is not None and json.loads(row["accounts"]) != [app["client_id"]]:
            raise refuse(
                403,
                "unauthorized_client",
                error_description="You are not authorized to revoke this token",
            )
        if row is not None:
            accounts.revoke_family(db, row["family"], box().now())
    return jsonify({})
