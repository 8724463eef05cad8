"""Media and messages: what is sent to whom, with every field looked at."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox import files, growth
from sandbox.box import box
from sandbox.faults import struck
from sandbox.graph import bad, fail, param
from sandbox.networks.whatsapp.door import (
    MAX_CAPTION,
    MAX_TEXT,
    MAX_WITNESS,
    MESSAGING,
    MIMES,
    NOT_THERE,
    PAIR_MOST,
    PAIR_WINDOW_S,
    UPLOAD_LIFE,
    details,
    edge,
    open_to,
    phone,
)
from sandbox.networks.whatsapp.numbers import sent_to
from sandbox.networks.whatsapp.templates import find, status_of
from sandbox.store import Db, Row, insert, instant, one, setting, stamp, use

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
FIELDS = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
}
TYPES = {
    "text": {"body", "preview_url"},
    "image": {"id", "link", "caption"},
    "video": {"id", "link", "caption"},
    "document": {"id", "link", "caption", "filename"},
    "template": {"name", "language", "components"},
}
LIMITS = {"TIER_250": 250, "TIER_2K": 2000, "TIER_10K": 10_000, "TIER_100K": 100_000}


@edge("POST", "{number:id}/media", "messaging_product type file")
def upload(number: str) -> Response:
    row, mime, file = phone(number, MESSAGING), param("type"), request.files.get("file")
    if param("messaging_product") != "whatsapp" or file is None:
        raise bad("The parameters messaging_product=whatsapp and file are required")
    if mime not in MIMES:
        raise bad(
            f"Param file must be a file with one of the following types: {', '.join(MIMES)}. Received {mime}"
        )
    kind, most = MIMES[mime]
    body = file.read()
    if len(body) > most:
        raise bad(f"Param file: the file is larger than {most} bytes")
    sha256 = box().store.keep(body)
    facts = _look(kind, sha256)
    now = box().now()
    with box().store.tx() as db:
        media = growth.remote_id(db, "whatsapp", now)
        insert(
            db, "media", network="whatsapp", id=media, account=row["id"], kind=kind, sha256=sha256, mime=mime,
            bytes=len(body), width=facts.width if facts else 0, height=facts.height if facts else 0,
            duration_s=facts.duration_s if facts else None, error="processing" if struck("media_error") else "",
            made_at=stamp(now), expires_at=stamp(now + UPLOAD_LIFE), data="{}",
        )  # fmt: skip
    return jsonify(id=media)


def _look(kind: str, sha256: str) -> files.Facts | None:
    """What the bytes are; a wrong kind, codec or sound is refused."""
    if kind == "document":
        return None
    try:
        facts = files.look(box().store.path(sha256))
    except files.BadFile as problem:
        raise details(131053, "Media upload error", str(problem)) from problem
    if facts.kind not in (kind, "gif") or (kind == "image" and facts.mime not in ("image/jpeg", "image/png")):
        raise details(131053, "Media upload error", f"The file is {facts.mime}.")
    movie = facts.movie
    if movie is not None and (movie.video is None or movie.video.codec not in ("avc1", "avc3")):
        raise details(131053, "Media upload error", "Only H.264 is supported.")
    if movie is not None and movie.audio is not None and movie.audio.codec != "mp4a":
        raise details(131053, "Media upload error", "Only AAC is supported.")
    return facts


@edge("POST", "{number:id}/messages", " ".join((*FIELDS, *TYPES, "status", "message_id", "typing_indicator")))
def send(number: str) -> Response:
    row, asked = phone(number, MESSAGING), request.get_json(silent=True)
    if not isinstance(asked, dict) or asked.get("messaging_product") != "whatsapp":
        raise bad("The parameter messaging_product is required")
    if asked.get("status") == "read":
        return jsonify(success=True)
    kind = str(asked.get("type", "text"))
    if kind not in TYPES or not isinstance(asked.get(kind), dict):
        raise details(
            131009, "Parameter value is not valid", f"Message type {kind} is unknown or its object is missing"
        )
    if unknown := (set(asked) - FIELDS - {kind}) | (set(asked[kind]) - TYPES[kind]):
        raise details(131009, "Parameter value is not valid", f"Unexpected key {sorted(unknown)[0]!r}")
    to = _addressee(row, asked)
    if len(str(asked.get("biz_opaque_callback_data", ""))) > MAX_WITNESS:
        raise bad(f"Param biz_opaque_callback_data must be at most {MAX_WITNESS} characters long")
    if to == f"+{row['handle']}":
        raise details(131021, "Recipient cannot be sender", "Sender and recipient are the same number")
    now = box().now()
    with box().store.tx() as db:
        allowed, _, _ = use(db, f"whatsapp pair {row['id']}", to, PAIR_MOST, PAIR_WINDOW_S, now)
        if not allowed:
            raise details(
                131056, "Pair rate limit hit", "Too many messages to the same person in a short time"
            )
        text, media = _content(db, row, kind, asked[kind])
        _within_limit(db, row, kind, to, now)
        wamid = _keep(db, row, asked, kind, to, text, media, now)
    contact = {"input": asked["to"], "wa_id": to.removeprefix("+")} if asked.get("to") else {"user_id": to}
    said = {"id": wamid, "message_status": "accepted"}
    return jsonify(messaging_product="whatsapp", contacts=[contact], messages=[said])


def _addressee(row: Row, asked: dict[str, Any]) -> str:
    """Who gets it. A number without "+" is taken for one of our own country, as documented: it goes to a stranger."""
    to, user = str(asked.get("to", "")), str(asked.get("recipient", ""))
    if asked.get("recipient_type", "individual") == "individual":
        if not to and re.fullmatch(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", user):
            return user
        if re.fullmatch(r"\+?[1-9]\d{6,14}", to):
            return to if to.startswith("+") else f"+{row['handle'][:2]}{to}"
    raise details(
        131009, "Parameter value is not valid", "to must be a telephone number with its country code"
    )


def _within_limit(db: Db, row: Row, kind: str, to: str, now: datetime) -> None:
    """So many people a day may be written to first; whoever has written does not count."""
    most = LIMITS.get(setting(db, "whatsapp limit", "TIER_250"))
    if kind == "template" and most is not None and to not in open_to(db):
        known = sent_to(db, row["id"], now - timedelta(hours=24))
        if to not in known and len(known) >= most:
            raise details(131048, "Spam rate limit hit", "The messaging limit of the number is reached")


def _keep(
    db: Db, row: Row, asked: dict[str, Any], kind: str, to: str, text: str, media: list[dict[str, Any]], now: datetime
) -> str:  # fmt: skip
    wamid = f"wamid.HBg{secrets.token_hex(14).upper()}"
    failed = 0
    if to == NOT_THERE:
        failed = 131026
    elif kind == "template" and to in setting(db, "whatsapp opted out", []):
        failed = 131050
    elif kind != "template" and to not in open_to(db):
        failed = 131047  # accepted now; that it fails is told later
    data = {
        "to": to,
        "template": kind == "template",
        "failed": failed,
        "witness": asked.get("biz_opaque_callback_data"),
    }
    above = (asked.get("context") or {}).get("message_id")
    insert(
        db, "post", network="whatsapp", id=wamid, account=row["id"], kind=kind, text=text, reply_to=above,
        media=json.dumps(media), made_at=stamp(now), data=json.dumps(data),
    )  # fmt: skip
    return wamid


# Content -----------------------------------------------------------------------------------------------------------
def _content(db: Db, row: Row, kind: str, said: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    if kind == "text":
        body = str(said.get("body", ""))
        if not 1 <= len(body) <= MAX_TEXT:
            raise bad(f"Param text['body'] must be at most {MAX_TEXT} characters long.")
        if not isinstance(said.get("preview_url", False), bool):
            raise bad("Param text['preview_url'] must be a boolean")
        return body, []
    if kind == "template":
        return _template(db, row, said)
    caption = str(said.get("caption", ""))
    if len(caption) > MAX_CAPTION:
        raise bad(f"Param {kind}['caption'] must be at most {MAX_CAPTION} characters long.")
    return caption, [_medium(db, row, kind, said)]


def _medium(db: Db, row: Row, kind: str, said: dict[str, Any]) -> dict[str, Any]:
    if said.get("link"):
        raise bad("The sandbox takes uploaded media only")
    asset = one(
        db,
        "SELECT * FROM media WHERE network='whatsapp' AND id=? AND account=?",
        str(said.get("id")),
        row["id"],
    )
    if asset is None or asset["kind"] != kind or instant(asset["expires_at"]) <= box().now():
        raise fail(100, f"(#100) Param {kind}['id'] is not the id of an uploaded {kind}", 33)
    if asset["error"]:
        raise details(131053, "Media upload error", "The file could not be processed.")
    names = ("id", "sha256", "mime", "bytes", "width", "height", "duration_s")
    return {name: asset[name] for name in names} | {"alt": ""}


def _template(db: Db, row: Row, said: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    language = (said.get("language") or {}).get("code", "")
    found = find(db, str(said.get("name")), str(language))
    if found is None or status_of(found) != "APPROVED":
        words = f"template name ({said.get('name')}) does not exist in {language}"
        raise details(132001, "Template name does not exist in the translation", words, 404)
    components = json.loads(found["data"])["components"]
    by_type = {c["type"]: c for c in components}
    header = str(by_type.get("HEADER", {}).get("format", "")).lower()
    media = []
    given = said.get("components") or []
    text = str(by_type["BODY"]["text"])
    places = list(dict.fromkeys(PLACE.findall(text)))
    values = next((p.get("parameters") or [] for p in given if p.get("type") == "body"), [])
    if len(values) != len(places):
        words = (
            f"body: number of localizable_params ({len(values)}) does not match the expected ({len(places)})"
        )
        raise details(132000, "Number of parameters does not match the expected number of params", words)
    for n, value in enumerate(values):
        name, said_text = value.get("parameter_name", str(n + 1)), str(value.get("text", ""))
        if value.get("type") != "text" or name not in places or not said_text:
            raise details(132012, "Parameter format does not match", f"body: unexpected parameter {name}")
        if re.search(r"[\n\t]| {5,}", said_text):
            raise details(
                132018, "There's an issue with the parameters", "no line breaks, tabs or more than 4 spaces"
            )
        text = re.sub(rf"\{{\{{\s*{name}\s*\}}\}}", lambda _, put=said_text: put, text)
    for part in given:
        if part.get("type") == "body" and places:
            continue
        if part.get("type") != "header" or not header:
            raise details(132000, "Number of parameters does not match", f"unexpected {part.get('type')}")
        (parameter,) = part.get("parameters") or [{}]
        if parameter.get("type") != header:
            raise details(132012, "Parameter format does not match", f"expected {header}")
        media.append(_medium(db, row, header, parameter.get(header) or {}))
    if header in ("image", "video", "document") and not media:
        raise details(132012, "Parameter format does not match", f"header: expected {header}, received none")
    return text, media
