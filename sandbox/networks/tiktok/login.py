"""Signing in to TikTok: client_key, scopes between commas, PKCE in hex, refresh tokens that change."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts
from sandbox.box import CLIENT_ID, CLIENT_SECRET, Refused, box
from sandbox.networks.tiktok import videos
from sandbox.networks.tiktok.wire import (
    CODE_LIFE_S,
    REFRESH_LIFE_S,
    SCOPES,
    TOKEN_LIFE_S,
    asked_fields,
    bp,
    call,
    fail,
    ok,
)
from sandbox.store import Db, Row, stamp

ASKED = (
    "client_key", "response_type", "scope", "redirect_uri", "state", "code_challenge", "code_challenge_method",
    "disable_auto_auth",
)  # fmt: skip


@bp.route("/v2/auth/authorize/", methods=["GET", "POST"])
def authorize() -> Response | str:
    given = request.args if request.method == "GET" else request.form
    asked = {name: given.get(name, "") for name in ASKED}
    scopes = [scope for scope in asked["scope"].split(",") if scope]
    if trouble := _trouble(asked, scopes, set(request.args) - set(ASKED)):
        return accounts.error_page("TikTok", trouble)
    with box().store.tx() as db:
        people = accounts.accounts(db, "tiktok")
        if request.method == "GET":
            return accounts.consent_page(
                network="tiktok", label="TikTok", action=request.path, people=people, hidden=asked, scopes=scopes,
                choose_scopes=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(
                asked["redirect_uri"], error="access_denied", error_description="User denied the authorization",
                state=asked["state"],
            )  # fmt: skip
        chosen = request.form.get("account", "")
        if accounts.account(db, "tiktok", chosen) is None:
            return accounts.error_page("TikTok", "There is no such account.")
        granted = request.form.getlist("granted") if "granted" in request.form else scopes
        kept = [scope for scope in scopes if scope in granted]
        code = accounts.give_code(
            db, "tiktok", now=box().now(), chosen=[chosen], redirect_uri=asked["redirect_uri"], scopes=kept,
            challenge=asked["code_challenge"],
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], code=code, scopes=",".join(kept), state=asked["state"])


def _trouble(asked: dict[str, str], scopes: list[str], unknown: set[str]) -> str:
    if unknown:
        return f"Unknown parameter: {', '.join(sorted(unknown))}."
    if asked["client_key"] != CLIENT_ID:
        return "client_key: there is no such app."
    if asked["response_type"] != "code":
        return "response_type must be code."
    if not accounts.loopback(asked["redirect_uri"]):
        return "redirect_uri: it must be an address on this machine."
    if not scopes or set(scopes) - SCOPES:
        return f"scope: {', '.join(sorted(set(scopes) - SCOPES)) or 'none was asked for'}."
    if not asked["state"]:
        return "state is needed."
    if asked["code_challenge"] and not (
        asked["code_challenge_method"] == "S256" and re.fullmatch(r"[0-9a-f]{64}", asked["code_challenge"])
    ):
        return "code_challenge: the SHA-256 of the verifier, in hex."
    return ""


def _no(error: str, description: str, status: int = 400) -> Refused:
    response = jsonify(error=error, error_description=description, log_id="sandbox")
    response.status_code = status
    return Refused(response)


NAMES = {
    "authorization_code": {
        "client_key",
        "client_secret",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
    },
    "refresh_token": {"client_key", "client_secret", "grant_type", "refresh_token"},
}


def _form(names: set[str]) -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise _no("invalid_request", "Only `application/x-www-form-urlencoded` is supported as Content-Type.")
    if unknown := set(request.form) - names:
        raise _no("invalid_request", f"Unknown parameter: {sorted(unknown)[0]}")
    if (request.form.get("client_key"), request.form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise _no("invalid_client", "Client key or secret is incorrect.", 401)
    return request.form.to_dict()


@bp.post("/v2/oauth/token/")
def token() -> Response:
    kind = request.form.get("grant_type", "")
    if kind not in NAMES:
        raise _no("unsupported_grant_type", f"Unsupported grant_type: {kind}")
    form = _form(NAMES[kind])
    now = box().now()
    with box().store.tx() as db:
        return _for_code(db, form, now) if kind == "authorization_code" else _for_refresh(db, form, now)


def _for_code(db: Db, form: dict[str, str], now: datetime) -> Response:
    code = accounts.take_code(db, "tiktok", form.get("code", ""), now=now, life_s=CODE_LIFE_S)
    if code is None:
        raise _no("invalid_grant", "Authorization code is expired.")
    if form.get("redirect_uri") != code["redirect_uri"]:
        raise _no("invalid_request", "Redirect_uri is not matched with the uri when requesting code.")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).hexdigest()
    if code["challenge"] and digest != code["challenge"]:
        raise _no("invalid_request", "Code verifier is incorrect.")
    return _pair(db, json.loads(code["accounts"])[0], code["scopes"], code["family"], now)


def _for_refresh(db: Db, form: dict[str, str], now: datetime) -> Response:
    row = accounts.find_token(db, "tiktok", form.get("refresh_token", ""))
    if row is None or row["kind"] != "refresh" or not accounts.alive(row, now):
        raise _no("invalid_grant", "Refresh token is invalid or expired.")
    db.execute("UPDATE token SET revoked_at=? WHERE token=?", (stamp(now), row["token"]))
    return _pair(db, row["account"], row["scopes"], row["family"], now)


def _pair(db: Db, account: str, scopes: str, family: str, now: datetime) -> Response:
    common: dict[str, Any] = {"now": now, "account": account, "scopes": scopes, "family": family}
    return jsonify(
        access_token=accounts.give_token(
            db, "tiktok", "access", life_s=TOKEN_LIFE_S, prefix="act.", **common
        ),
        expires_in=TOKEN_LIFE_S,
        open_id=account,
        refresh_expires_in=REFRESH_LIFE_S,
        refresh_token=accounts.give_token(
            db, "tiktok", "refresh", life_s=REFRESH_LIFE_S, prefix="rft.", **common
        ),
        scope=",".join(scopes.split()),
        token_type="Bearer",  # noqa: S106
    )


@bp.post("/v2/oauth/revoke/")
def revoke() -> Response:
    form = _form({"client_key", "client_secret", "token"})
    with box().store.tx() as db:
        row = accounts.find_token(db, "tiktok", form.get("token", ""))
        if row is None:
            raise _no("invalid_request", "The token is not known.")
        accounts.revoke_family(db, row["family"], box().now())
    return jsonify({})


NEEDED = {
    "open_id": "user.info.basic", "union_id": "user.info.basic", "display_name": "user.info.basic",
    "avatar_url": "user.info.basic", "username": "user.info.profile", "bio_description": "user.info.profile",
    "is_verified": "user.info.profile", "follower_count": "user.info.stats", "following_count": "user.info.stats",
    "likes_count": "user.info.stats", "video_count": "user.info.stats",
}  # fmt: skip


@call("GET", "/v2/user/info/", scope="user.info.basic", limit=600, query=("fields",))
def user_info(me: Row, token: Row) -> Response:
    asked = asked_fields(NEEDED)
    for name in asked:
        if NEEDED[name] not in token["scopes"].split():
            raise fail(
                "scope_not_authorized", f"The user did not authorize the scope required: {NEEDED[name]}."
            )
    with box().store.tx() as db:
        public = videos.public_posts(db, me["id"])
        likes = sum(videos.counts(db, post)["likes"] for post in public)
    whole = {
        "open_id": me["id"], "union_id": f"u-{me['id']}", "display_name": me["name"], "avatar_url": "",
        "username": me["handle"], "bio_description": me["about"], "is_verified": False,
        "follower_count": me["followers"], "following_count": 12, "likes_count": likes, "video_count": len(public),
    }  # fmt: skip
    return ok({"user": {name: whole[name] for name in asked}})
