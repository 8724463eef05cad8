"""Sessions: an app password gives a short and a long token; the long one gives the next pair."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, render_template, request

from sandbox import accounts
from sandbox.box import box
from sandbox.networks.bluesky.wire import (
    ACCESS_LIFE_S,
    APP_PASSWORD,
    GRACE_S,
    LOGINS,
    LOGINS_S,
    REFRESH_LIFE_S,
    as_jwt,
    bearer,
    bp,
    count,
    first,
    invalid,
    me_of,
    refuse,
    xrpc,
)
from sandbox.store import Db, Row, insert, instant, one, stamp

SCOPE = "com.atproto.appPass"


@bp.get("/settings/app-passwords")
def app_passwords() -> str:
    """Where a person of the sandbox reads what to type."""
    with box().store.tx() as db:
        people = accounts.accounts(db, "bluesky")
    return render_template("sandbox/bluesky_passwords.html", people=people, password=APP_PASSWORD)


@bp.get("/xrpc/com.atproto.server.describeServer")
def describe() -> Response:
    return jsonify(
        did="did:web:pds.sandbox.example", availableUserDomains=[".sandbox.example"], inviteCodeRequired=True
    )


@xrpc(
    "POST",
    "com.atproto.server.createSession",
    body=("identifier", "password", "authFactorToken", "allowTakendown"),
    signed=False,
)
def create(me: Row | None, given: dict[str, Any]) -> Response:
    name, password = str(given.get("identifier", "")), str(given.get("password", ""))
    with box().store.tx() as db:
        count(db, "logins", name.lower(), LOGINS, LOGINS_S)
        person = accounts.by_name(db, "bluesky", name)
        if person is None or password != APP_PASSWORD:
            raise refuse(401, "AuthenticationRequired", "Invalid identifier or password")
        return _pair(db, person, secrets.token_hex(8))


def _pair(db: Db, person: Row, family: str) -> Response:
    now = box().now()
    made = {}
    for kind, scope, life_s in (
        ("access", SCOPE, ACCESS_LIFE_S),
        ("refresh", "com.atproto.refresh", REFRESH_LIFE_S),
    ):
        token = as_jwt(secrets.token_hex(32), scope, person["id"], now, life_s)
        insert(
            db, "token", token=token, network="bluesky", kind=kind, account=person["id"], accounts="[]", scopes=scope,
            family=family, made_at=stamp(now), expires_at=stamp(now + timedelta(seconds=life_s)),
        )  # fmt: skip
        made[kind] = token
    return jsonify(session_json(person, made["access"], made["refresh"]))


def session_json(person: Row, access: str, refresh: str) -> dict[str, Any]:
    return {
        "accessJwt": access, "refreshJwt": refresh, "handle": person["handle"], "did": person["id"], "active": True,
        "email": "press@riverside.example", "emailConfirmed": True, "didDoc": did_doc(person),
    }  # fmt: skip


def did_doc(person: Row) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/did/v1"], "id": person["id"],
        "alsoKnownAs": [f"at://{person['handle']}"],
        "service": [
            {
                "id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": f"{request.host_url}bluesky",
            }
        ],
    }  # fmt: skip


@bp.post("/xrpc/com.atproto.server.refreshSession")
def refresh() -> Response:
    """A used token gives the same pair again for two hours, so that a lost answer can be asked for once more."""
    now = box().now()
    with box().store.tx() as db:
        row = bearer(db, "refresh")
        person = me_of(db, row)
        if row["used_at"]:
            if instant(row["used_at"]) + timedelta(seconds=GRACE_S) <= now:
                raise refuse(400, "ExpiredToken", "Token has been revoked")
            access, following = json.loads(row["accounts"])
            return jsonify(session_json(person, access, following))
        answer = _pair(db, person, row["family"])
        given = answer.get_json()
        db.execute(
            "UPDATE token SET used_at=?, accounts=? WHERE token=?",
            (stamp(now), json.dumps([given["accessJwt"], given["refreshJwt"]]), row["token"]),
        )
        return answer


@bp.post("/xrpc/com.atproto.server.deleteSession")
def end() -> Response:
    with box().store.tx() as db:
        accounts.revoke_family(db, bearer(db, "refresh")["family"], box().now())
    return Response(status=200)


@xrpc("GET", "com.atproto.server.getSession")
def session(me: Row, given: dict[str, Any]) -> Response:
    return jsonify(did=me["id"], handle=me["handle"], active=True, emailConfirmed=True, didDoc=did_doc(me))


@xrpc("GET", "com.atproto.server.getServiceAuth", params=("aud", "lxm", "exp"))
def service_auth(me: Row, given: dict[str, Any]) -> Response:
    """A token for one method of another service."""
    audience, method = first(given, "aud"), first(given, "lxm")
    if not audience.startswith("did:") or not method:
        raise invalid("aud must be a DID, and lxm must be given")
    now = box().now()
    life_s = 60.0
    if asked := first(given, "exp"):
        life_s = int(asked) - now.timestamp()
        if not 0 < life_s <= 3600:
            raise refuse(400, "BadExpiration", "expiration is in past or too far in the future")
    token = as_jwt(secrets.token_hex(16), method, me["id"], now, life_s)
    with box().store.tx() as db:
        insert(
            db, "token", token=token, network="bluesky", kind="service", account=me["id"], accounts="[]",
            scopes=f"{audience} {method}", family=secrets.token_hex(8), made_at=stamp(now),
            expires_at=stamp(now + timedelta(seconds=life_s)),
        )  # fmt: skip
    return jsonify(token=token)


@xrpc("GET", "com.atproto.identity.resolveHandle", params=("handle",), signed=False)
def resolve(me: Row | None, given: dict[str, Any]) -> Response:
    with box().store.tx() as db:
        person = one(
            db, "SELECT id FROM account WHERE network='bluesky' AND lower(handle)=lower(?)", first(given, "handle")
        )  # fmt: skip
    if person is None:
        raise refuse(400, "InvalidRequest", "Unable to resolve handle")
    return jsonify(did=person["id"])
