"""A Mastodon server on loopback, as far as Hustings speaks to it, and strict about it.

Not here: polls, scheduled posts, quotes, boosts, streaming, other servers (people answer from one all the same).
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, redirect, url_for

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.mastodon import login, media, posts, reading  # noqa: F401 (their endpoints join the blueprint)
from sandbox.networks.mastodon.reading import counts
from sandbox.networks.mastodon.wire import DOMAIN, bp, refusal
from sandbox.store import Db, Row, rows

growth.CURVES["mastodon", "post"] = growth.Curve(
    0.3, 0.8, 0.5, {"likes": 0.018, "shares": 0.011, "quotes": 0.0004, "comments": 0.004}
)


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='mastodon' AND account.id=post.account"
        " WHERE post.network='mastodon' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "mastodon", "account": f"@{row['handle']}@{DOMAIN}", "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": row["reply_to"], "remote_id": row["id"],
            "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


@bp.get("/@<name>", defaults={"post": ""})
@bp.get("/@<name>/<post>")
def as_linked(name: str, post: str) -> Any:
    """The addresses that a server's own site has."""
    with box().store.tx() as db:
        account = accounts.by_name(db, "mastodon", name.partition("@")[0])
    if account is None:
        abort(404)
    anchor = f"p{post}" if post else None
    return redirect(url_for("feed", network="mastodon", name=account["handle"], _anchor=anchor))


NETWORK = Network(
    name="mastodon",
    label="Mastodon",
    blueprint=bp,
    seeds=(
        Seed(
            "109400000000000101",
            "riverside_council",
            "Riverside Town Council",
            "News from the town hall of Riverside.",
            2_960,
        ),
        Seed(
            "109400000000000202",
            "riverside_library",
            "Riverside Library",
            "Books, rooms and quiet. Mill Lane 4.",
            540,
        ),
    ),
    refusal=refusal,
    ledger=ledger,
    counts=counts,
    threads=True,
    tag=re.compile(r"(?<![\w&/])(#\w+|@[\w.-]+(?:@[\w-]+(?:\.[\w-]+)+)?)"),
)
