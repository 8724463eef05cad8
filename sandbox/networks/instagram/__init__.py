"""Instagram on loopback: the API with Instagram Login as far as Hustings speaks it.

Stands for graph.instagram.com, www.instagram.com (the dialog) and api.instagram.com under one address. Media are really
fetched and looked at. A picture that cannot be used is refused when its container is made; a video goes through
"IN_PROGRESS" first and says why it failed in the container's status.
Not here: the same API on graph.facebook.com, resumable uploads, product tags.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox import graph, graphcalls
from sandbox.network import Network, Seed
from sandbox.networks.instagram import (  # noqa: F401 (their edges)
    account,
    comments,
    containers,
    login,
    mentions,
    messages,
    numbers,
    posts,
    publishing,
)
from sandbox.networks.instagram.door import bp, router
from sandbox.store import Db, Row, rows


@bp.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def any_path(path: str) -> Any:
    return router.answer(graph.without_version(path))


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='instagram' AND account.id=post.account"
        " WHERE post.network='instagram' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "instagram", "account": f"@{row['handle']}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": None, "remote_id": row["id"], "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


NETWORK = Network(
    name="instagram",
    label="Instagram",
    blueprint=bp,
    calls=graphcalls.INSTAGRAM,
    seeds=(
        Seed(
            "17841400000000101",
            "riverside.council",
            "Riverside Town Council",
            "The town hall of Riverside in pictures.",
            5_280,
        ),
        Seed("17841400000000202", "riverside.library", "Riverside Library", "Books, rooms and quiet.", 1_870),
    ),
    refusal=graph.refusal(80002, "instagram"),
    ledger=ledger,
    counts=numbers.counts,
    tag=re.compile(r"(?<![\w&/])(#\w+|@[\w.]+)"),
    links=False,  # captions there have none
)
