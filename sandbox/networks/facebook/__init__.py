"""Facebook Pages on loopback: the Graph API as far as Hustings speaks it.

Stands for graph.facebook.com, www.facebook.com (the dialog) and rupload.facebook.com under one address.
Not here: stories, ads, Instagram through Facebook Login.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response

from sandbox import accounts, graph, graphcalls
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.facebook import comments, login, mentions, messages, numbers, posts, publishing, videos  # noqa: F401 (their edges)
from sandbox.networks.facebook.door import bp, edge, public_posts, router
from sandbox.networks.facebook.login import dialog, read_page
from sandbox.networks.facebook.publishing import read_photo
from sandbox.networks.facebook.videos import read_video, settle, upload_reel
from sandbox.store import Db, Row, one


@bp.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def any_path(path: str) -> Any:
    if found := re.fullmatch(r"video-upload/v\d+\.0/(\d+)", path):
        return upload_reel(found[1])
    rest = graph.without_version(path)
    if rest == "dialog/oauth":
        return dialog()
    with box().store.tx() as db:
        settle(db, box().now())
    return router.answer(rest)


@edge("GET", "{page:id}")
def read_node(page: str) -> Response:
    """A bare number is a Page, a photo or a video."""
    with box().store.tx() as db:
        medium = one(db, "SELECT kind FROM media WHERE network='facebook' AND id=?", page)
    if medium is not None:
        return read_video(page) if medium["kind"] == "video" else read_photo(page)
    return read_page(page)


def ledger(db: Db) -> list[Row]:
    found: list[Row] = []
    for page in accounts.accounts(db, "facebook"):
        for post in public_posts(db, page["id"]):
            data = json.loads(post["data"])
            found.append(
                {
                    "network": "facebook", "account": page["name"], "kind": post["kind"], "text": post["text"],
                    "media": json.loads(post["media"]), "reply_to": None,
                    "remote_id": data["video"] if post["kind"] == "reel" else post["id"], "created_at": post["made_at"],
                }
            )  # fmt: skip
    return found


NETWORK = Network(
    name="facebook",
    label="Facebook",
    blueprint=bp,
    calls=graphcalls.FACEBOOK,
    seeds=(
        Seed(
            "104200000000101",
            "riversidetowncouncil",
            "Riverside Town Council",
            "The town hall of Riverside. Open weekdays 9 to 4.",
            12_650,
        ),
        Seed(
            "104200000000202",
            "riversidelibrary",
            "Riverside Library",
            "Books, rooms and quiet. Mill Lane 4.",
            2_140,
        ),
    ),
    refusal=graph.refusal(80001, "pages"),
    ledger=ledger,
    counts=numbers.counts,
    tag=re.compile(r"(?<![\w&/])(#\w+)"),
    public_posts=public_posts,
    settle=settle,
)
