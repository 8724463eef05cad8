"""The feeds as people see them: /<network>/feed/<name>. Server-rendered, without a script."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from PIL import Image, ImageDraw, ImageFont

from sandbox import accounts, control, growth, weighted
from sandbox.box import box
from sandbox.network import Network
from sandbox.networks import instagram
from sandbox.store import Db, Row, instant, one, rows

bp = Blueprint("pages", __name__)

ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
REFRESH_S = range(2, 61)


def install(app: Flask, networks: dict[str, Network]) -> None:
    """A feed for each network, below its own name, before its catch-all addresses."""
    for name in networks:
        app.add_url_rule(f"/{name}/feed/<path:name>", "feed", feed, defaults={"network": name})


def feed(network: str, name: str) -> str:
    now = box().now()
    refresh = request.args.get("refresh", type=int)
    with box().store.tx() as db:
        here = control.networks()[network]
        here.settle(db, now)
        account = accounts.by_name(db, network, name)
        if account is None:
            abort(404)
        posts = [shown(db, here, post, now) for post in public_posts(db, here, account["id"])]
        return render_template(
            f"sandbox/{network}_feed.html",
            network=network,
            account=account,
            posts=[] if here.threads else posts[::-1],
            threads=threads(posts) if here.threads else [],
            everyone={each: accounts.accounts(db, each) for each in control.networks()},
            labels={each.name: each.label for each in control.networks().values()},
            refresh=refresh if refresh in REFRESH_S else None,
        )


@bp.get("/x/<name>", defaults={"network": "x"})
@bp.get("/x/<name>/status/<post>", defaults={"network": "x"})
@bp.get("/facebook/<name>/posts/<post>", defaults={"network": "facebook"})
@bp.get("/instagram/<name>", defaults={"network": "instagram"})
def as_linked(network: str, name: str, post: str = "") -> Any:
    """The addresses that the networks' own sites have, so that a link to a profile or a post leads somewhere."""
    with box().store.tx() as db:
        account = accounts.by_name(db, network, name)
    if account is None:
        return instagram.any_path(name) if network == "instagram" else abort(404)
    anchor = (f"p{name}_{post}" if network == "facebook" else f"p{post}") if post else None
    return redirect(url_for("feed", network=network, name=account["handle"], _anchor=anchor))


@bp.get("/facebook/reel/<video>/")
def reel_as_linked(video: str) -> Any:
    """The same for a reel, whose address names its video and not its post."""
    with box().store.tx() as db:
        control.networks()["facebook"].settle(db, box().now())
        row = one(db, "SELECT account, data FROM media WHERE network='facebook' AND id=?", video)
    if row is None or not json.loads(row["data"]).get("page_post"):
        abort(404)
    return as_linked("facebook", row["account"], json.loads(row["data"])["page_post"].rpartition("_")[2])


def public_posts(db: Db, network: Network, account: str) -> list[Row]:
    """Oldest first."""
    if network.public_posts:
        return network.public_posts(db, account)
    return rows(
        db,
        "SELECT * FROM post WHERE network=? AND account=? AND deleted_at IS NULL ORDER BY made_at, id",
        network.name,
        account,
    )


def shown(db: Db, network: Network, post: Row, now: datetime) -> dict[str, Any]:
    """A post with everything its template needs."""
    media, data = json.loads(post["media"]), json.loads(post["data"])
    counts = network.counts(db, post)  # first, because it lets the comments arrive
    said = [
        {
            "name": row["author_name"],
            "login": row["author"],
            "text": rich(row["text"], network),
            "ago": ago(row["made_at"], now),
            "reply": row["parent"],
        }
        for row in growth.comments_of(db, network.name, post["id"])
        if not row["hidden"]
    ]
    return {
        "id": post["id"],
        "kind": post["kind"],
        "text": rich(post["text"], network),
        "reply_to": post["reply_to"],
        "made_at": post["made_at"],
        "ago": ago(post["made_at"], now),
        "media": [item | {"video": item["mime"].startswith("video/")} for item in media],
        "cover": data.get("cover"),
        "captions": [track["language"] for track in data.get("captions") or ()],
        "warning": data.get("spoiler_text") or "",
        "card": data.get("card"),
        "link": post["link"],
        "title": data.get("title", ""),
        "link_host": urlsplit(post["link"]).netloc if post["link"] else "",
        "counts": counts,
        "comments": said,
    }


def threads(posts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Chain the posts that answer one another; the newest chain first, each in reading order."""
    chains: list[list[dict[str, Any]]] = []
    chain_of: dict[str, list[dict[str, Any]]] = {}
    for post in posts:
        chain = chain_of.get(post["reply_to"] or "")
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(post)
        chain_of[post["id"]] = chain
    return sorted(chains, key=lambda chain: str(chain[0]["made_at"]), reverse=True)


def rich(text: str, network: Network) -> Markup:
    """Escape the text and make links of its addresses and marks of its tags.

    Addresses that the network would not see as one (http://127.0.0.1:8000/…) are links here too: they are what the
    demo's stories are reached by.
    """
    spans = [(link.start, link.end) for link in weighted.links(text)]
    for match in ADDRESS.finditer(text):
        if all(match.end() <= start or match.start() >= end for start, end in spans):
            spans.append(match.span())
    out, position = Markup(""), 0
    for start, end in sorted(spans):
        out += _tagged(text[position:start], network) + _linked(text[start:end], network)
        position = end
    return out + _tagged(text[position:], network)


def _linked(url: str, network: Network) -> Markup:
    if not network.links:
        return escape(url)
    shown_as = re.sub(r"^https?://(www\.)?", "", url)
    shown_as = shown_as if len(shown_as) <= 34 else f"{shown_as[:32]}…"
    target = url if "://" in url else f"http://{url}"
    return Markup('<a href="{}" title="{}" rel="noreferrer">{}</a>').format(target, url, shown_as)


def _tagged(text: str, network: Network) -> Markup:
    parts = network.tag.split(text)
    return Markup("").join(
        Markup('<span class="tag">{}</span>').format(part) if n % 2 else escape(part)
        for n, part in enumerate(parts)
    )


def ago(at: str, now: datetime) -> str:
    passed = max(0, int((now - instant(at)).total_seconds()))
    for size, sign in ((86_400, "d"), (3600, "h"), (60, "min")):
        if passed >= size:
            return f"{passed // size} {sign}"
    return "now" if passed < 5 else f"{passed} s"


@bp.app_template_filter("short")
def short_number(value: int) -> str:
    """1,234 → 1.2K"""
    for size, sign in ((1_000_000, "M"), (1000, "K")):
        if value >= size:
            text = f"{value / size:.1f}".removesuffix(".0")
            return f"{text}{sign}"
    return str(value)


@bp.app_template_global("file_url")
def file_url(sha256: str) -> str:
    return url_for("uploaded_file", sha256=sha256)


@bp.get("/avatar/<network>/<path:name>.png")
def avatar(network: str, name: str) -> Response:
    """The first letter on a colour: the profile picture of an account."""
    with box().store.tx() as db:
        account = accounts.by_name(db, network, name)
    if account is None:
        abort(404)
    hue = hashlib.sha256(account["name"].encode()).digest()[0]
    image = Image.new("HSV", (192, 192), (hue, 150, 130)).convert("RGB")
    ImageDraw.Draw(image).text(
        (96, 96), account["name"][0], fill="white", font=ImageFont.load_default(110), anchor="mm"
    )
    body = io.BytesIO()
    image.save(body, "PNG")
    return Response(body.getvalue(), content_type="image/png", headers={"Cache-Control": "max-age=3600"})
