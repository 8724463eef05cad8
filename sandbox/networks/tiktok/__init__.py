"""TikTok on loopback: the Content Posting API v2 and the Display API as far as Hustings speaks them.

Not here: drafts to the inbox, pulling from an address, the Business API.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, redirect, url_for

from sandbox import accounts
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.tiktok import login, photos, publishing, videos  # noqa: F401 (their endpoints join the blueprint)
from sandbox.networks.tiktok.calls import CALLS
from sandbox.networks.tiktok.wire import bp, refusal
from sandbox.store import Db, Row, rows


@bp.get("/@<name>")
@bp.get("/@<name>/video/<video>")
@bp.get("/@<name>/photo/<video>")
def as_linked(name: str, video: str = "") -> Any:
    with box().store.tx() as db:
        account = accounts.by_name(db, "tiktok", name)
    if account is None:
        abort(404)
    anchor = f"p{video}" if video else None
    return redirect(url_for("feed", network="tiktok", name=account["handle"], _anchor=anchor))


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='tiktok' AND account.id=post.account"
        " WHERE post.network='tiktok' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "tiktok", "account": f"@{row['handle']}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": None, "remote_id": videos.of(row)["publish_id"],
            "created_at": row["made_at"], "public_id": row["id"],
        }
        for row in found
        if not videos.is_private(row) and not videos.has_failed(row)
    ]  # fmt: skip


NETWORK = Network(
    name="tiktok",
    label="TikTok",
    blueprint=bp,
    calls=CALLS,
    seeds=(
        Seed(
            "-000riversidecouncil0101",
            "riverside.council",
            "Riverside Town Council",
            "Riverside in under a minute.",
            3_150,
        ),
        Seed(
            "-000riversidelibrary0202",
            "riverside.library",
            "Riverside Library",
            "Books, rooms and quiet.",
            880,
        ),
    ),
    refusal=refusal,
    ledger=ledger,
    counts=videos.counts,
    tag=re.compile(r"(?<![\w&/])(#\w+|@[\w.]*\w)"),
    links=False,  # captions there have none
    public_posts=videos.public_posts,
)
