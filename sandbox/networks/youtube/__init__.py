"""YouTube on loopback: the Data API v3 and a report of the Analytics API as far as Hustings speaks them.

Not here: playlists of one's own, live, search, native scheduling, batchGetStats, the bulk reports.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, redirect, request, url_for

from sandbox import accounts
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.youtube import (  # noqa: F401 (their endpoints join the blueprint)
    analytics,
    comments,
    login,
    uploads,
    videos,
)
from sandbox.networks.youtube.wire import bp, refusal
from sandbox.store import Db, Row, rows


@bp.get("/shorts/<video>")
@bp.get("/watch")
def watch(video: str = "") -> Any:
    """The address of a video leads to its place in the feed; a private one to nobody."""
    with box().store.tx() as db:
        row = videos.find(db, video or request.args.get("v", ""))
        if row is None or videos.is_private(row):
            abort(404)
        account = accounts.account(db, "youtube", row["account"])
    return redirect(url_for("feed", network="youtube", name=account["handle"], _anchor=f"p{row['id']}"))  # type: ignore[index]


@bp.get("/channel/<name>")
@bp.get("/@<name>")
def channel_page(name: str) -> Any:
    with box().store.tx() as db:
        account = accounts.by_name(db, "youtube", name)
    return redirect(url_for("feed", network="youtube", name=account["handle"])) if account else abort(404)


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='youtube' AND account.id=post.account"
        " WHERE post.network='youtube' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "youtube", "account": f"@{row['handle']}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": None, "remote_id": row["id"], "created_at": row["made_at"],
        }
        for row in found
        if not videos.is_private(row)
    ]  # fmt: skip


NETWORK = Network(
    name="youtube",
    label="YouTube",
    blueprint=bp,
    seeds=(
        Seed(
            "UCriverside0000000000101",
            "riversidecouncil",
            "Riverside Town Council",
            "Short films from the town hall of Riverside.",
            1_940,
        ),
        Seed(
            "UCriverside0000000000202",
            "riversidelibrary",
            "Riverside Library",
            "Books, rooms and quiet.",
            620,
        ),
    ),
    refusal=refusal,
    ledger=ledger,
    counts=videos.counts,
    tag=re.compile(r"(?<![\w&/])([#@][\w.-]*\w)"),
    public_posts=videos.public_posts,
)
