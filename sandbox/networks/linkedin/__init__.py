"""LinkedIn on loopback: api.linkedin.com (versioned), www.linkedin.com (OAuth) and the hosts that take uploads.

Posts of an organization's page, their pictures, video and documents, comments and numbers. Unknown fields and parameters
are refused, the headers of the versioned API are asked for, and texts are read as little text.
Not here: members' own posts, polls, reshares, captions, reactions, webhooks; of notifications only mentions.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, redirect, url_for

from sandbox import accounts
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.linkedin import (  # noqa: F401 (paths)
    assets,
    comments,
    login,
    notifications,
    numbers,
    organizations,
    posts,
    wire,
)
from sandbox.networks.linkedin.wire import bp
from sandbox.store import Db, Row, rows


@bp.get("/company/<name>/")
@bp.get("/feed/update/<path:urn>/")
def as_linked(name: str = "", urn: str = "") -> Any:
    """The addresses that the network's own site has."""
    with box().store.tx() as db:
        found = rows(db, "SELECT account FROM post WHERE network='linkedin' AND id=?", urn) if urn else []
        account = accounts.by_name(db, "linkedin", found[0]["account"] if found else name)
    if account is None:
        return Response("There is no such page.", 404)
    return redirect(
        url_for("feed", network="linkedin", name=account["handle"], _anchor=f"p{urn}" if urn else None)
    )


@bp.route("/rest/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
def unknown(path: str) -> Response:
    return wire.error(404, "RESOURCE_NOT_FOUND", f"No virtual resource found: {path}", 0)


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='linkedin' AND account.id=post.account"
        " WHERE post.network='linkedin' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "linkedin", "account": row["handle"], "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": None, "remote_id": row["id"],
            "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


NETWORK = Network(
    name="linkedin",
    label="LinkedIn",
    blueprint=bp,
    seeds=(
        Seed(
            "10400101",
            "riverside-town-council",
            "Riverside Town Council",
            "Local government · Riverside",
            2_410,
        ),
        Seed("10400202", "riverside-library", "Riverside Library", "Libraries · Riverside", 690),
    ),
    refusal=wire.refusal,
    ledger=ledger,
    counts=numbers.counts,
    tag=re.compile(r"(?<![\w&/])(#\w+)"),
)
