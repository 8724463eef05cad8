"""Whether a record is one: the lexicon of posts, stricter than the real server where it does not look (facets)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import regex

from sandbox.networks.bluesky import blobs
from sandbox.networks.bluesky.wire import GATE, POST, TID, invalid, only, refuse, split_uri
from sandbox.store import Db, Row

MAX_GRAPHEMES = 300
MAX_BYTES = 3000
MAX_IMAGE = 2_000_000
MAX_THUMB = 1_000_000
MAX_VIDEO = 300_000_000
KEYS = ("$type", "text", "createdAt", "langs", "facets", "reply", "embed", "labels", "tags")
FEATURES = {
    "app.bsky.richtext.facet#link": "uri",
    "app.bsky.richtext.facet#mention": "did",
    "app.bsky.richtext.facet#tag": "tag",
}


def wrong(what: str, where: str) -> Exception:
    return invalid(f"Invalid {POST} record: {what} at $.record{where}")


def check(db: Db, me: Row, collection: str, rkey: str, record: Any) -> list[dict[str, Any]]:
    """Refuse what the lexicon refuses; returns the media of a post as the ledger keeps them."""
    if not TID.match(rkey):
        raise invalid(f"Invalid record key: {rkey} is no TID")
    if not isinstance(record, dict) or record.get("$type") != collection:
        raise invalid(f"Invalid $type: expected {collection}")
    if collection == GATE:
        _gate(record)
        return []
    if collection != POST:
        raise invalid(f"The sandbox keeps no records of {collection}")
    only(record, KEYS, "record")
    _text(record)
    _time(record)
    _languages(record)
    _facets(record)
    return _embed(db, me, record.get("embed"))


def _gate(record: dict[str, Any]) -> None:
    only(record, ("$type", "post", "allow", "hiddenReplies", "createdAt"), "record")
    split_uri(str(record.get("post")))
    hidden = record.get("hiddenReplies", [])
    if not isinstance(hidden, list) or len(hidden) > 300:
        raise invalid("Invalid app.bsky.feed.threadgate record: array too big (maximum 300)")
    for each in hidden:
        split_uri(str(each))


def _text(record: dict[str, Any]) -> None:
    text = record.get("text")
    if not isinstance(text, str):
        raise wrong("expected string value", ".text")
    if (size := len(text.encode())) > MAX_BYTES:
        raise wrong(f"string too big (maximum {MAX_BYTES}, got {size})", ".text")
    if (count := len(regex.findall(r"\X", text))) > MAX_GRAPHEMES:
        raise wrong(f"grapheme too big (maximum {MAX_GRAPHEMES}, got {count})", ".text")
    if not text.strip() and "embed" not in record:
        raise wrong(
            "a post needs a text or something embedded", ".text"
        )  # the app refuses it, not the server


def _time(record: dict[str, Any]) -> None:
    try:
        if "T" not in record["createdAt"] or datetime.fromisoformat(record["createdAt"]).tzinfo is None:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise wrong("invalid datetime", ".createdAt") from None


def _languages(record: dict[str, Any]) -> None:
    languages = record.get("langs", [])
    if not isinstance(languages, list) or len(languages) > 3:
        raise wrong("array too big (maximum 3)", ".langs")
    for n, language in enumerate(languages):
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", str(language)):
            raise wrong("invalid language tag", f".langs[{n}]")


def _facets(record: dict[str, Any]) -> None:
    data, free = record.get("text", "").encode(), 0
    facets = record.get("facets", [])
    if not isinstance(facets, list):
        raise wrong("expected array", ".facets")
    for n, facet in enumerate(facets):
        where = f".facets[{n}]"
        only(facet, ("$type", "index", "features"), f"record{where}")
        index = only(facet.get("index"), ("byteStart", "byteEnd"), f"record{where}.index")
        start, end = index.get("byteStart"), index.get("byteEnd")
        if not isinstance(start, int) or not isinstance(end, int) or not free <= start < end <= len(data):
            raise wrong("a facet lies outside the text or over another", where)
        try:
            data[:start].decode(), data[start:end].decode()
        except UnicodeDecodeError:
            raise wrong("a facet cuts a character", where) from None
        free = end
        _features(facet.get("features"), where)


def _features(features: Any, where: str) -> None:
    if not isinstance(features, list) or not features:
        raise wrong("a facet needs a feature", where)
    for feature in features:
        kind = feature.get("$type") if isinstance(feature, dict) else None
        if kind not in FEATURES:
            raise wrong(f"unknown feature {kind}", where)
        value = only(feature, ("$type", FEATURES[kind]), f"record{where}").get(FEATURES[kind])
        good = {"uri": r"\w+:\S+", "did": r"did:[a-z]+:\S+", "tag": r"[^#\s]\S{0,639}"}[FEATURES[kind]]
        if not isinstance(value, str) or not re.fullmatch(good, value):
            raise wrong(f"invalid {FEATURES[kind]}", where)


def _embed(db: Db, me: Row, embed: Any) -> list[dict[str, Any]]:
    if embed is None:
        return []
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.images":
        images = only(embed, ("$type", "images"), "record.embed").get("images")
        if not isinstance(images, list) or not 1 <= len(images) <= 4:
            got = len(images) if isinstance(images, list) else 0
            raise wrong(f"array too big (maximum 4, got {got})", ".embed.images")
        return [_image(db, me, image, f".embed.images[{n}]") for n, image in enumerate(images)]
    if kind == "app.bsky.embed.video":
        return [_video(db, me, embed)]
    if kind == "app.bsky.embed.external":
        _card(db, me, embed)
        return []
    raise wrong(f"the sandbox knows no embed {kind}", ".embed")


def _image(db: Db, me: Row, image: Any, where: str) -> dict[str, Any]:
    only(image, ("image", "alt", "aspectRatio"), f"record{where}")
    if not isinstance(image.get("alt"), str):
        raise wrong('Missing required key "alt"', where)
    row = blobs.find(db, me, image.get("image"))
    if not row["mime"].startswith("image/"):
        raise wrong('invalid mime type (expected "image/*")', f"{where}.image")
    if row["bytes"] > MAX_IMAGE:
        raise wrong(f"blob too big (maximum {MAX_IMAGE}, got {row['bytes']})", f"{where}.image")
    _ratio(image.get("aspectRatio"), where)
    return _kept(row, image["alt"])


def _video(db: Db, me: Row, embed: dict[str, Any]) -> dict[str, Any]:
    only(embed, ("$type", "video", "captions", "alt", "aspectRatio", "presentation"), "record.embed")
    row = blobs.find(db, me, embed.get("video"))
    if row["mime"] != "video/mp4" or row["bytes"] > MAX_VIDEO:
        raise wrong('invalid mime type (expected "video/mp4")', ".embed.video")
    captions = embed.get("captions", [])
    if not isinstance(captions, list) or len(captions) > 20:
        raise wrong("array too big (maximum 20)", ".embed.captions")
    for n, each in enumerate(captions):
        only(each, ("lang", "file"), f"record.embed.captions[{n}]")
        file = blobs.find(db, me, each.get("file"))
        if file["mime"] != "text/vtt" or file["bytes"] > 20_000:
            raise wrong('invalid mime type (expected "text/vtt") or size', f".embed.captions[{n}].file")
    _ratio(embed.get("aspectRatio"), ".embed")
    return _kept(row, str(embed.get("alt") or ""))


def _card(db: Db, me: Row, embed: dict[str, Any]) -> None:
    only(embed, ("$type", "external"), "record.embed")
    card = only(embed.get("external"), ("uri", "title", "description", "thumb"), "record.embed.external")
    for name in ("uri", "title", "description"):
        if not isinstance(card.get(name), str):
            raise wrong(f'Missing required key "{name}"', ".embed.external")
    if "thumb" in card:
        row = blobs.find(db, me, card["thumb"])
        if not row["mime"].startswith("image/") or row["bytes"] > MAX_THUMB:
            raise wrong(f"blob too big (maximum {MAX_THUMB})", ".embed.external.thumb")


def _ratio(ratio: Any, where: str) -> None:
    if ratio is None:
        return
    only(ratio, ("width", "height"), f"record{where}.aspectRatio")
    if not all(isinstance(ratio.get(n), int) and ratio[n] >= 1 for n in ("width", "height")):
        raise wrong("integer too small (minimum 1)", f"{where}.aspectRatio")


def _kept(row: Row, alt: str) -> dict[str, Any]:
    names = ("kind", "sha256", "mime", "bytes", "width", "height", "duration_s")
    return {name: row[name] for name in names} | {"id": row["id"], "alt": alt}


def check_reply(db: Db, reply: Any, known: Any) -> tuple[str, str]:
    """The at-uris of root and parent; refuses what names something that is not there (the real one lets it pass)."""
    only(reply, ("root", "parent"), "record.reply")
    found = []
    for name in ("root", "parent"):
        ref = only(reply.get(name), ("uri", "cid", "$type"), f"record.reply.{name}")
        there = known(db, str(ref.get("uri")))
        if there is None or there != ref.get("cid"):
            raise refuse(400, "InvalidRequest", f"record.reply.{name} is not there or has another cid")
        found.append(str(ref["uri"]))
    return found[0], found[1]
