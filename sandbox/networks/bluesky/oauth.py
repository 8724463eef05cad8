"""The account's server as it lets programs in: pushed requests, its sign-in page, tokens that are bound to a key.

atproto.com/specs/oauth and @atproto/oauth-provider, read in November 2026. Only clients on this machine are taken
(`http://localhost?redirect_uri=…`). A refresh token is good once: used again it kills its session.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, jsonify, request

from sandbox import accounts
from sandbox.box import Refused, box
from sandbox.networks.bluesky import proof
from sandbox.networks.bluesky.session import did_doc
from sandbox.networks.bluesky.wire import bp
from sandbox.store import Db, insert, instant, one, put_setting, setting, stamp

SCOPES = {"atproto", "transition:generic"}
BOUND = "DPoP"
REQUEST_S, CODE_S, ACCESS_S, REFRESH_S = 300, 60, 3600, 14 * 86_400
ASKED = {
    "client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "login_hint",
}  # fmt: skip
TOKEN_NAMES = {
    "authorization_code": {"grant_type", "code", "client_id", "redirect_uri", "code_verifier"},
    "refresh_token": {"grant_type", "refresh_token", "client_id"},
}
PREFIX = "urn:ietf:params:oauth:request_uri:req-"


def base() -> str:
    return f"{request.host_url}bluesky"


def bad(name: str, words: str) -> Refused:
    return proof.no(name, words, resource=False)


bp.after_request(proof.say_nonce)


@bp.get("/.well-known/oauth-protected-resource")
def resource() -> Response:
    return jsonify(
        resource=base(),
        authorization_servers=[base()],
        scopes_supported=[],
        bearer_methods_supported=["header"],
    )


@bp.get("/.well-known/oauth-authorization-server")
def about() -> Response:
    return jsonify(
        issuer=base(),
        pushed_authorization_request_endpoint=f"{base()}/oauth/par",
        authorization_endpoint=f"{base()}/oauth/authorize",
        token_endpoint=f"{base()}/oauth/token",
        revocation_endpoint=f"{base()}/oauth/revoke",
        scopes_supported=sorted(SCOPES),
        response_types_supported=["code"],
        grant_types_supported=sorted(TOKEN_NAMES),
        code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
        dpop_signing_alg_values_supported=["ES256"],
        require_pushed_authorization_requests=True,
        authorization_response_iss_parameter_supported=True,
        client_id_metadata_document_supported=True,
    )


@bp.get("/<string:did>")
def directory(did: str) -> Any:
    """The directory of accounts (plc.directory)."""
    with box().store.tx() as db:
        person = accounts.account(db, "bluesky", did)
    if person is None:
        return jsonify(message=f"DID not registered: {did}"), 404
    return jsonify(did_doc(person))


def form(allowed: set[str]) -> dict[str, str]:
    if unknown := set(request.form) - allowed:
        raise bad("invalid_request", f"Unknown parameter {sorted(unknown)[0]}")
    return dict(request.form)


@bp.post("/oauth/par")
def push() -> Any:
    key, asked = proof.thumbprint(), form(ASKED)
    if trouble := _trouble(asked):
        raise bad("invalid_request", trouble)
    scopes, known = set(asked.get("scope", "").split()), parse_qs(urlsplit(asked["client_id"]).query)
    if "atproto" not in scopes or scopes - SCOPES or scopes - set(known.get("scope", ["atproto"])[0].split()):
        raise bad("invalid_scope", "Scope is not declared in the client metadata, or lacks atproto")
    uri = PREFIX + secrets.token_hex(16)
    with box().store.tx() as db:
        put_setting(db, uri, {**asked, "key": key, "made_at": stamp(box().now())})
    return jsonify(request_uri=uri, expires_in=REQUEST_S), 201


def _trouble(asked: dict[str, str]) -> str:
    client = urlsplit(asked.get("client_id", ""))
    known = {name: values[0] for name, values in parse_qs(client.query).items()}
    if (client.scheme, client.netloc, client.path) != ("http", "localhost", ""):
        return "The sandbox knows clients on this machine only: http://localhost?redirect_uri=…"
    if (
        asked.get("redirect_uri") != known.get("redirect_uri")
        or urlsplit(known["redirect_uri"]).hostname == "localhost"
    ):
        return "Invalid redirect_uri"
    if not accounts.loopback(known["redirect_uri"]):
        return "Invalid redirect_uri: it must be an address on this machine"
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return "response_type must be code, code_challenge_method S256"
    if not asked.get("code_challenge") or not asked.get("state"):
        return "code_challenge and state are required"
    return ""


@bp.route("/oauth/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    given = request.args if request.method == "GET" else request.form
    hidden = {name: given.get(name, "") for name in ("client_id", "request_uri")}
    with box().store.tx() as db:
        asked = setting(db, hidden["request_uri"], None) if hidden["request_uri"].startswith(PREFIX) else None
        late = asked and instant(asked["made_at"]) + timedelta(seconds=REQUEST_S) < box().now()
        if not asked or late or asked["client_id"] != hidden["client_id"]:
            return accounts.error_page("Bluesky", "This request is not known, or it is too old.")
        if request.method == "GET":
            people = accounts.accounts(db, "bluesky")
            hint = asked.get("login_hint", "")
            people.sort(key=lambda person: person["handle"] != hint)
            return accounts.consent_page(
                network="bluesky", label="Bluesky", action=request.path, people=people, hidden=hidden,
                scopes=asked["scope"].split(),
            )  # fmt: skip
        put_setting(db, hidden["request_uri"], None)
        more = {"iss": base(), "state": asked["state"]}
        if request.form.get("decision") != "allow":
            words = "The user rejected the request"
            return accounts.back(
                asked["redirect_uri"], error="access_denied", error_description=words, **more
            )
        chosen = request.form.get("account", "")
        if accounts.account(db, "bluesky", chosen) is None:
            return accounts.error_page("Bluesky", "There is no such account.")
        code = accounts.give_code(
            db, "bluesky", now=box().now(), chosen=[chosen, asked["key"], asked["client_id"]],
            redirect_uri=asked["redirect_uri"], scopes=asked["scope"].split(), challenge=asked["code_challenge"],
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], code=code, **more)


@bp.post("/oauth/token")
def token() -> Response:
    key, kind = proof.thumbprint(), request.form.get("grant_type", "")
    if kind not in TOKEN_NAMES:
        raise bad("unsupported_grant_type", f"Grant type {kind} is not supported")
    given = form(TOKEN_NAMES[kind])
    trouble: Refused | None = None
    with box().store.tx() as db:
        try:
            return _for_code(db, given, key) if kind == "authorization_code" else _for_refresh(db, given, key)
        except Refused as refused:  # what was used up or killed stays so
            trouble = refused
    raise trouble


def _for_code(db: Db, given: dict[str, str], key: str) -> Response:
    row = accounts.take_code(db, "bluesky", given.get("code", ""), now=box().now(), life_s=CODE_S)
    if row is None:
        raise bad("invalid_grant", "Invalid code")
    account, first_key, client = json.loads(row["accounts"])
    made = (
        base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        .rstrip(b"=")
        .decode()
    )
    if made != row["challenge"]:
        raise bad("invalid_grant", "Invalid code_verifier")
    if (given.get("redirect_uri"), given.get("client_id"), key) != (row["redirect_uri"], client, first_key):
        raise bad("invalid_grant", "The redirect_uri, the client or the key differs from the request's")
    return _pair(db, account, row["scopes"], row["family"], [key, client])


def _for_refresh(db: Db, given: dict[str, str], key: str) -> Response:
    row, now = accounts.find_token(db, "bluesky", given.get("refresh_token", "")), box().now()
    if row is None or row["kind"] != "refresh" or not row["accounts"].startswith('["'):
        raise bad("invalid_grant", "Invalid refresh token")
    if json.loads(row["accounts"]) != [key, given.get("client_id", "")]:
        raise bad("invalid_grant", "The refresh token is bound to another key or client")
    if row["used_at"]:
        accounts.revoke_family(db, row["family"], now)
        raise bad("invalid_grant", "Refresh token replayed")
    if not accounts.alive(row, now):
        raise bad("invalid_grant", "Session expired")
    db.execute("UPDATE token SET used_at=? WHERE token=?", (stamp(now), row["token"]))
    db.execute(
        "UPDATE token SET revoked_at=? WHERE family=? AND kind='access' AND revoked_at IS NULL",
        (stamp(now), row["family"]),
    )
    return _pair(db, row["account"], row["scopes"], row["family"], [key, given["client_id"]])


def _pair(db: Db, account: str, scopes: str, family: str, bound: list[str]) -> Response:
    now, made = box().now(), {}
    for kind, life_s in (("access", ACCESS_S), ("refresh", REFRESH_S)):
        made[kind] = secrets.token_urlsafe(48)
        insert(
            db, "token", token=made[kind], network="bluesky", kind=kind, account=account, accounts=json.dumps(bound),
            scopes=scopes, family=family, made_at=stamp(now), expires_at=stamp(now + timedelta(seconds=life_s)),
        )  # fmt: skip
    return jsonify(
        access_token=made["access"], token_type=BOUND, expires_in=ACCESS_S, refresh_token=made["refresh"], scope=scopes,
        sub=account,
    )  # fmt: skip


@bp.post("/oauth/revoke")
def revoke() -> Response:
    proof.thumbprint()
    given = form({"token", "client_id"})
    with box().store.tx() as db:
        if row := one(db, "SELECT * FROM token WHERE token=? AND network='bluesky'", given.get("token", "")):
            accounts.revoke_family(db, row["family"], box().now())
    return jsonify({})
