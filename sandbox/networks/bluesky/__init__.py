"""Bluesky on loopback: an account's own server, the view of the network and the video service at one address.

Not here: quotes, galleries, lists, direct messages, the firehose, the upload of a video in parts.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, redirect, url_for

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.bluesky import blobs, oauth, reading, repo, session  # noqa: F401 (their endpoints join the blueprint)
from sandbox.networks.bluesky.reading import counts, stranger_did
from sandbox.networks.bluesky.wire import POST, bp, refusal, tid, uri
from sandbox.store import Db, Row, rows

growth.CURVES["bluesky", "post"] = growth.Curve(
    0.25, 0.8, 0.6, {"likes": 0.021, "shares": 0.005, "quotes": 0.001, "saves": 0.0015, "comments": 0.004}
)
growth.COMMENT_IDS["bluesky"] = lambda number, login: uri(
    stranger_did(login), POST, tid((int(number) >> 16) * 1000 + int(number) % 1000)
)


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='bluesky' AND account.id=post.account"
        " WHERE post.network='bluesky' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "bluesky", "account": f"@{row['handle']}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": row["reply_to"], "remote_id": row["id"],
            "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


@bp.get("/profile/<name>", defaults={"post": ""})
@bp.get("/profile/<name>/post/<post>")
def as_linked(name: str, post: str) -> Any:
    """The addresses that the app has."""
    with box().store.tx() as db:
        account = accounts.by_name(db, "bluesky", name)
    if account is None:
        abort(404)
    anchor = f"p{post}" if post else None
    return redirect(url_for("feed", network="bluesky", name=account["handle"], _anchor=anchor))


NETWORK = Network(
    name="bluesky",
    label="Bluesky",
    blueprint=bp,
    seeds=(
        Seed(
            "did:plc:riversidecouncil22222222",
            "council.riverside.example",
            "Riverside Town Council",
            "News from the town hall of Riverside.",
            1_870,
        ),
        Seed(
            "did:plc:riversidelibrary22222222",
            "library.riverside.example",
            "Riverside Library",
            "Books, rooms and quiet. Mill Lane 4.",
            410,
        ),
    ),
    refusal=refusal,
    ledger=ledger,
    counts=counts,
    threads=True,
    tag=re.compile(r"(?<![\w&/])(#\w+|@[\w-]+(?:\.[\w-]+)+)"),
)
