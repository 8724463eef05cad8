"""Who is asking, the paths of the API, and its limits (Meta's WhatsApp pages and OpenAPI file, read in November 2026)."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Blueprint, Response

from sandbox import accounts, graph
from sandbox.box import Refused, box
from sandbox.graph import fail, missing
from sandbox.store import Db, Row, setting

bp = Blueprint("whatsapp", __name__, url_prefix="/whatsapp")
router = graph.Router(kinds={"id": r"\d+", "any": r"[\w.]+"})
edge = router.edge

MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
BUSINESS = "102290120000001"
TOKEN = "sandbox-system-token"  # noqa: S105 (known to everyone, opens nothing but the sandbox)
MAX_TEXT, MAX_CAPTION, MAX_WITNESS = 4096, 1024, 512
MIMES = {
    "image/jpeg": ("image", 5 * 2**20),
    "image/png": ("image", 5 * 2**20),
    "video/mp4": ("video", 16 * 2**20),
    "video/3gpp": ("video", 16 * 2**20),
    "application/pdf": ("document", 100 * 2**20),
}
UPLOAD_LIFE = timedelta(days=30)
WINDOW = timedelta(hours=24)
OPEN = ["+4915155501001", "+4915155501002", "+4915155501003"]  # have written just now
NOT_THERE = "+4915155509999"  # is not on WhatsApp
PAIR_WINDOW_S, PAIR_MOST = 6, 10  # to the same person, as bursts were seen


@bp.after_request
def say_usage(response: Response) -> Response:
    return graph.usage_headers(response, "whatsapp")


def who(*scopes: str) -> Row:
    token = graph.token("whatsapp")
    if lacking := set(scopes) - set(token["scopes"].split()):
        raise fail(200, f"(#200) You do not have the permission {', '.join(sorted(lacking))}", status=403)
    return token


def phone(phone_id: str, *scopes: str) -> Row:
    """One of the numbers of the business account."""
    who(*scopes)
    with box().store.tx() as db:
        row = accounts.account(db, "whatsapp", phone_id)
    if row is None:
        raise missing(phone_id)
    return row


def business(business_id: str) -> None:
    who(MANAGEMENT)
    if business_id != BUSINESS:
        raise missing(business_id)


def open_to(db: Db) -> list[str]:
    """Who has written within 24 hours."""
    found: list[str] = setting(db, "whatsapp open", OPEN)
    return found


def details(code: int, message: str, words: str, status: int = 400) -> Exception:
    """The Cloud API says what is wrong in error_data."""
    response = graph.error(code, f"(#{code}) {message}", status=status)
    body = response.get_json()
    body["error"]["error_data"] = {"messaging_product": "whatsapp", "details": words}
    response.set_data(json.dumps(body))
    return Refused(response)
