"""Threads on loopback, as far as Hustings speaks it: graph.threads.net and the dialog of threads.net under one address.

Media are really fetched and looked at. A picture that cannot be used is refused when its container is made; a video
goes through "IN_PROGRESS" first and says why it failed in the container's error_message.
Not here: polls, quotes and reposts, text attachments, spoilers, locations, searches, approvals of replies.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import abort, redirect, url_for

from sandbox import accounts, graph, graphcalls
from sandbox.box import box
from sandbox.graph import fail
from sandbox.network import Network, Seed
from sandbox.networks.threads import containers, login, mentions, posts, profile, publishing  # noqa: F401 (their edges)
from sandbox.networks.threads.door import bp, router
from sandbox.store import Db, Row, rows


@bp.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def any_path(path: str) -> Any:
    found = re.match(r"v1\.0(?:/|$)", path)
    if found is None and re.match(r"v\d+\.\d+(?:/|$)", path):
        raise fail(2500, f"Unknown path components: /{path}")
    return router.answer(path[found.end() :] if found else path)


@bp.get("/@<name>")
@bp.get("/@<name>/post/<code>")
def as_linked(name: str, code: str = "") -> Any:
    """The addresses that the network's own site has."""
    with box().store.tx() as db:
        account = accounts.by_name(db, "threads", name)
    if account is None:
        abort(404)
    anchor = f"p{posts.number_of(code)}" if code else None
    return redirect(url_for("feed", network="threads", name=account["handle"], _anchor=anchor))


def ledger(db: Db) -> list[Row]:
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='threads' AND account.id=post.account"
        " WHERE post.network='threads' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "threads", "account": f"@{row['handle']}", "kind": "reply" if row["reply_to"] else "post",
            "text": row["text"], "media": json.loads(row["media"]), "reply_to": row["reply_to"],
            "remote_id": row["id"], "created_at": row["made_at"],
        }
        for row in found
    ]  # fmt: skip


NETWORK = Network(
    name="threads",
    label="Threads",
    blueprint=bp,
    calls=graphcalls.THREADS,
    seeds=(
        Seed(
            "26100000000000101",
            "riverside.council",
            "Riverside Town Council",
            "Short news from the town hall.",
            3_940,
        ),
        Seed("26100000000000202", "riverside.library", "Riverside Library", "Books, rooms and quiet.", 1_210),
    ),
    refusal=graph.refusal(4, "threads"),
    ledger=ledger,
    counts=profile.counts,
    tag=re.compile(r"(?<![\w&/])(#\w+|@[\w.]+)"),
    threads=True,
)
