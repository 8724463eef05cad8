"""Instagram on loopback: the API with Instagram Login as far as Hustings speaks it.

Stands for graph.instagram.com, www.instagram.com (the dialog) and api.instagram.com under one address. Media are really
fetched and looked at. A picture that cannot be used is refused when its container is made; a video goes through
"IN_PROGRESS" first and says why it failed in the container's status.
Not here: the same API on graph.facebook.com, resumable uploads, messages, webhooks, product tags.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox import graph
from sandbox.network import Network, Seed
from sandbox.networks.instagram import account, comments, containers, login, numbers, posts, publishing  # noqa: F401 (their edges)
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
)
