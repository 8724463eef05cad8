"""X on loopback: API v2 as far as Hustings speaks it, and strict about it.

Not here: OAuth 1.0a, the old `command=INIT|APPEND|FINALIZE` upload, polls' results, prices.
"""

from __future__ import annotations

import json

from sandbox.network import Network, Seed
from sandbox.networks.x import login, media, messages, posts, reading  # noqa: F401 (their endpoints join the blueprint)
from sandbox.networks.x.wire import bp, refusal
from sandbox.store import Db, Row, rows


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='x' AND account.id=post.account"
        " WHERE post.network='x' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "x", "account": f"@{row['handle']}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": row["reply_to"], "remote_id": row["id"],
            "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


NETWORK = Network(
    name="x",
    label="X",
    blueprint=bp,
    seeds=(
        Seed(
            "1562000000000000101",
            "riverside_council",
            "Riverside Town Council",
            "News from the town hall of Riverside.",
            8_420,
        ),
        Seed(
            "1562000000000000202",
            "riverside_library",
            "Riverside Library",
            "Books, rooms and quiet. Mill Lane 4.",
            1_310,
        ),
    ),
    refusal=refusal,
    ledger=ledger,
    counts=reading.counts,
    threads=True,
)
