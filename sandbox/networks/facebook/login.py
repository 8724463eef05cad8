"""Facebook Login: the dialog, user tokens, Page tokens, and what a Page says about itself."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import accounts, graph, graphcalls
from sandbox.box import CLIENT_ID, CLIENT_SECRET, box
from sandbox.graph import Field, bad, fail, missing, param, pick, say
from sandbox.networks.facebook.door import (
    CODE_LIFE_S,
    LONG_LIFE_S,
    PERSON,
    SCOPES,
    SHORT_LIFE_S,
    TASKS,
    edge,
    page_token,
)
from sandbox.store import Db, Row, instant, rows, setting, stamp


def dialog() -> Any:
    given = request.args if request.method == "GET" else request.form
    names = ("client_id", "redirect_uri", "state", "response_type", "scope", "auth_type", "display")
    asked = {name: given.get(name, "") for name in names}
    scopes = [scope for scope in re.split(r"[,\s]+", asked["scope"]) if scope]
    if trouble := _dialog_trouble(asked, scopes):
        return accounts.error_page("Facebook", trouble)
    with box().store.tx() as db:
        people = accounts.accounts(db, "facebook")
        if request.method == "GET":
            return accounts.consent_page(
                network="facebook", label="Facebook", action=request.path, people=people, hidden=asked, scopes=scopes,
                several=True, choose_scopes=True,
            )  # fmt: skip
        if request.form.get("decision") != "allow":
            return accounts.back(
                asked["redirect_uri"], error="access_denied", error_code="200", error_description="Permissions error",
                error_reason="user_denied", state=asked["state"],
            )  # fmt: skip
        known = {row["id"] for row in people}
        chosen = [page for page in request.form.getlist("account") if page in known]
        granted = request.form.getlist("granted") if "granted" in request.form else scopes
        granted = [scope for scope in scopes if scope in granted]
        declined = [scope for scope in scopes if scope not in granted]
        code = accounts.give_code(
            db, "facebook", now=box().now(), chosen=chosen, redirect_uri=asked["redirect_uri"],
            scopes=["public_profile", *[s for s in granted if s != "public_profile"]], challenge=" ".join(declined),
        )  # fmt: skip
    return accounts.back(asked["redirect_uri"], code=code, state=asked["state"])


def _dialog_trouble(asked: dict[str, str], scopes: list[str]) -> str:
    if asked["client_id"] != CLIENT_ID:
        return "There is no app with this client_id."
    if not accounts.loopback(asked["redirect_uri"]):
        return "The redirect_uri must be an address on this machine."
    if asked["response_type"] not in ("", "code"):
        return "response_type must be code."
    if unknown := set(scopes) - SCOPES:
        return f"Invalid Scopes: {', '.join(sorted(unknown))}."
    return ""


def check_app() -> None:
    if param("client_id") != CLIENT_ID:
        raise fail(101, "Error validating application. Cannot get application info due to a system error.")
    if param("client_secret") != CLIENT_SECRET:
        raise fail(1, "Error validating client secret.")


TOKEN_PARAMS = "client_id redirect_uri client_secret code grant_type fb_exchange_token code_verifier"  # noqa: S105 (names, not a secret)


@edge("GET", "oauth/access_token", TOKEN_PARAMS)
@edge("POST", "oauth/access_token", TOKEN_PARAMS)
def access_token() -> Response:
    check_app()
    if param("grant_type") == "fb_exchange_token":
        return _exchange_token()
    if param("grant_type") not in ("", "authorization_code"):
        raise bad(f"Unsupported grant_type: {param('grant_type')}")
    now = box().now()
    with box().store.tx() as db:
        code = accounts.take_code(db, "facebook", param("code"), now=now, life_s=CODE_LIFE_S)
    if code is None:
        raise fail(100, "This authorization code has been used or has expired.", 36009)
    if param("redirect_uri") != code["redirect_uri"]:
        raise fail(100, graph.REDIRECT_DIFFERS, 36008)
    with box().store.tx() as db:
        text = accounts.give_token(
            db, "facebook", "user", now=now, account=PERSON["id"], scopes=code["scopes"], family=code["family"],
            life_s=SHORT_LIFE_S, accounts=_shared(json.loads(code["accounts"]), code["challenge"]), prefix="EAAS",
        )  # fmt: skip
    return jsonify(access_token=text, token_type="bearer", expires_in=SHORT_LIFE_S)  # noqa: S106


def _shared(pages: list[str], declined: str) -> str:
    return json.dumps({"pages": pages, "declined": declined.split()})


def _exchange_token() -> Response:
    now = box().now()
    with box().store.tx() as db:
        short = accounts.find_token(db, "facebook", param("fb_exchange_token"))
        if short is None or short["kind"] != "user" or not accounts.alive(short, now):
            short = None
        else:
            text = accounts.give_token(
                db, "facebook", "user", now=now, account=PERSON["id"], scopes=short["scopes"], family=short["family"],
                life_s=LONG_LIFE_S, accounts=short["accounts"], prefix="EAAL",
            )  # fmt: skip
    if short is None:
        raise fail(190, "Error validating access token: Session has expired.", 463)
    return jsonify(access_token=text, token_type="bearer", expires_in=LONG_LIFE_S)  # noqa: S106


@edge("GET", "debug_token", "input_token")
def debug_token() -> Response:
    given = request.values.get("access_token", "")
    if given != graph.APP_TOKEN:
        graph.token("facebook")
    with box().store.tx() as db:
        row = accounts.find_token(db, "facebook", param("input_token"))
        answer = graph.show_tokens(db, row, box().now())
        if row is not None:
            answer |= {"user_id": PERSON["id"]} | (
                {"profile_id": row["account"]} if row["kind"] == "page" else {}
            )
    return jsonify(data=answer)


@edge("GET", "me")
def me() -> Response:
    row = graph.token("facebook")
    if row["kind"] == "page":
        return read_page(row["account"])
    return jsonify(
        pick("User", graph.asked_fields(), ("name",), {key: say(value) for key, value in PERSON.items()})
    )


@edge("GET", "me/permissions")
def permissions() -> Response:
    row = graph.token("facebook")
    if row["kind"] != "user":
        raise bad("Tried accessing nonexisting field (permissions) on node type (Page)")
    shared = json.loads(row["accounts"])
    found = [{"permission": scope, "status": "granted"} for scope in row["scopes"].split()]
    return jsonify(data=found + [{"permission": scope, "status": "declined"} for scope in shared["declined"]])


@edge("DELETE", "me/permissions")
def give_back() -> Response:
    """All that the person gave our app: their own tokens end, and those of their pages."""
    row = graph.token("facebook")
    if row["kind"] != "user":
        raise bad("Tried accessing nonexisting field (permissions) on node type (Page)")
    with box().store.tx() as db:
        db.execute(
            "UPDATE token SET revoked_at=? WHERE network='facebook' AND kind IN ('user', 'page') AND revoked_at IS NULL",
            (stamp(box().now()),),
        )
    return jsonify(success=True)


@edge("GET", "me/accounts")
@edge("GET", PERSON["id"] + "/accounts")
def my_pages() -> Response:
    row = graph.token("facebook")
    if row["kind"] != "user":
        raise bad("Tried accessing nonexisting field (accounts) on node type (Page)")
    if "pages_show_list" not in row["scopes"].split():
        return jsonify(data=[])
    with box().store.tx() as db:
        hidden = {page for business in businesses(db).values() for page in business_pages(business)}
        chosen = [page for page in json.loads(row["accounts"])["pages"] if page not in hidden]
        pages = [accounts.account(db, "facebook", page) for page in chosen]
        asked, default = graph.asked_fields(), ("access_token", "category", "name", "id", "tasks")
        return jsonify(
            graph.listing([p for p in pages if p], lambda page: page_json(db, page, asked, default, row))
        )


def businesses(db: Db) -> dict[str, Any]:
    """Portfolios of the person's: {"id": {"name": …, "owned_pages": [ids], "client_pages": [ids]}}."""
    return dict(setting(db, "facebook businesses", {}))


def business_pages(business: dict[str, Any]) -> list[str]:
    return [*business.get("owned_pages", ()), *business.get("client_pages", ())]


def _person_of_business() -> Row:
    row = graph.token("facebook")
    if row["kind"] != "user":
        raise bad("Tried accessing nonexisting field (businesses) on node type (Page)")
    graph.need(row, "business_management")
    return row


@edge("GET", "me/businesses")
def my_businesses() -> Response:
    _person_of_business()
    with box().store.tx() as db:
        found = [{"id": key, "name": each.get("name", "")} for key, each in businesses(db).items()]
    asked = graph.asked_fields()
    show = lambda each: pick("Business", asked, ("id", "name"), {k: say(v) for k, v in each.items()})  # noqa: E731
    return jsonify(graph.listing(found, show))


@edge("GET", "{business:id}/owned_pages")
def owned_pages(business: str) -> Response:
    return _pages_of(business, "owned_pages")


@edge("GET", "{business:id}/client_pages")
def client_pages(business: str) -> Response:
    return _pages_of(business, "client_pages")


def _pages_of(business: str, edge_name: str) -> Response:
    row = _person_of_business()
    with box().store.tx() as db:
        known = businesses(db).get(business)
        if known is None:
            raise missing(business)
        if known.get("closed"):
            raise fail(200, "(#200) You do not have permission to access this business.", status=403)
        keyless = known.get("keyless", ())
        found = [accounts.account(db, "facebook", page) for page in known.get(edge_name, ())]
        asked, default = graph.asked_fields(), ("name", "id")
        if any(field.name == "tasks" for field in asked):
            raise bad("Tried accessing nonexisting field (tasks) on node type (Page)")

        def show(page: Row) -> dict[str, Any]:
            whole = page_json(db, page, asked, default, row)
            return {k: v for k, v in whole.items() if k != "access_token" or page["id"] not in keyless}

        return jsonify(graph.listing([page for page in found if page], show))


CALLED = {
    "feed": ("pages_manage_metadata",),
    "mention": ("pages_manage_metadata",),
    "messages": ("pages_manage_metadata", "pages_messaging"),
}


@edge("POST", "{page:id}/subscribed_apps", "subscribed_fields")
def subscribe_page(page: str) -> Response:
    token = page_token(page, "pages_manage_metadata", "pages_show_list")
    return graphcalls.subscribe("facebook", page, CALLED, token["scopes"].split())


def page_access_token(db: Db, page: Row, user: Row) -> str:
    """The Page's token for this person: the same one as long as it lives; from a long-lived token it has no end."""
    now = box().now()
    long = instant(user["expires_at"]) - instant(user["made_at"]) > timedelta(days=1)
    same = (
        "SELECT * FROM token WHERE network='facebook' AND kind='page' AND account=? AND family=? AND scopes=?"
    )
    old = rows(db, same, page["id"], user["family"], user["scopes"])
    for row in old:
        if accounts.alive(row, now) and (row["expires_at"] is None) is long:
            return str(row["token"])
    life_s = None if long else (instant(user["expires_at"]) - now).total_seconds()
    return accounts.give_token(
        db, "facebook", "page", now=now, account=page["id"], scopes=user["scopes"], family=user["family"], life_s=life_s,
        prefix="EAAP",
    )  # fmt: skip


def page_json(
    db: Db, page: Row, asked: tuple[Field, ...], default: tuple[str, ...], token: Row
) -> dict[str, Any]:
    link = f"{request.host_url}facebook/feed/{page['handle']}"
    getters: dict[str, graph.Getter] = {
        "id": say(page["id"]),
        "name": say(page["name"]),
        "username": say(page["handle"]),
        "about": say(page["about"]),
        "category": say("Government organization"),
        "link": say(link),
        "fan_count": say(page["followers"]),
        "followers_count": say(page["followers"]),
        "tasks": say(TASKS),
        "picture": say(
            {
                "data": {
                    "url": f"{request.host_url}avatar/facebook/{page['handle']}.png",
                    "is_silhouette": False,
                }
            }
        ),
        "instagram_business_account": say(None),
        "is_published": say(True),
        "access_token": lambda wanted: (
            page_access_token(db, page, token) if token["kind"] == "user" else token["token"]
        ),
    }
    return pick("Page", asked, default, getters)


def read_page(page_id: str) -> Response:
    row = graph.token("facebook")
    with box().store.tx() as db:
        page = accounts.account(db, "facebook", page_id)
        of_business = [p for each in businesses(db).values() for p in business_pages(each)]
        mine = [*json.loads(row["accounts"])["pages"], *of_business] if row["kind"] == "user" else [page_id]
        if page is None or page_id not in mine:
            raise missing(page_id)
        return jsonify(page_json(db, page, graph.asked_fields(), ("name",), row))
