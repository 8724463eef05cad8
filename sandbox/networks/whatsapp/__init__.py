"""WhatsApp Cloud API on loopback: graph.facebook.com as far as it concerns messages, and wa.me.

Messages to single people, uploaded media, templates and their approval, the 24-hour window, limits, and what became of a
message. A message outside the window is accepted and fails later, as on the real network.
Not here: lists and buttons, reactions, groups, calls, flows, media by link.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from sandbox import accounts, graph
from sandbox.box import box
from sandbox.network import Network, Seed
from sandbox.networks.whatsapp import messages, numbers, templates  # noqa: F401 (their edges)
from sandbox.networks.whatsapp.calls import CALLS
from sandbox.networks.whatsapp.door import MANAGEMENT, MESSAGING, TOKEN, bp, router
from sandbox.store import Db, Row, insert, one, rows, stamp


@bp.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def any_path(path: str) -> Any:
    return router.answer(graph.without_version(path))


@bp.get("/<int:number>")
def as_linked(number: int) -> Any:
    """wa.me: where anybody can begin to write to a number."""
    with box().store.tx() as db:
        account = accounts.by_name(db, "whatsapp", str(number))
    if account is None:
        return Response("There is no such number.", 404)
    return redirect(url_for("feed", network="whatsapp", name=account["handle"]))


@bp.route("/settings/system-users", methods=["GET", "POST"])
def system_users() -> str:
    """Where a person of the sandbox makes the token of a system user, with the permissions of their choice."""
    token = ""
    if request.method == "POST":
        granted = [scope for scope in (MESSAGING, MANAGEMENT) if scope in request.form.getlist("granted")]
        with box().store.tx() as db:
            token = accounts.give_token(
                db, "whatsapp", "system", now=box().now(), account="", scopes=" ".join(granted),
                family=secrets.token_hex(8), life_s=None, prefix="EAA",
            )  # fmt: skip
    return render_template("sandbox/whatsapp_tokens.html", scopes=(MESSAGING, MANAGEMENT), token=token)


def ledger(db: Db) -> list[Row]:
    """Every message that reaches its person."""
    found = rows(
        db,
        "SELECT post.*, account.handle FROM post JOIN account ON account.network='whatsapp'"
        " AND account.id=post.account WHERE post.network='whatsapp' AND deleted_at IS NULL",
    )
    return [
        {
            "network": "whatsapp", "account": numbers.display(row), "kind": row["kind"], "text": row["text"],
            "media": json.loads(row["media"]), "reply_to": row["reply_to"], "remote_id": row["id"],
            "created_at": row["made_at"], "to": json.loads(row["data"])["to"],
        }
        for row in found
        if not json.loads(row["data"])["failed"]
    ]  # fmt: skip


class WhatsApp(Network):
    """There is no sign-in page: a system user's token is there from the start."""

    def seed(self, db: Db, now: datetime) -> None:
        super().seed(db, now)
        if one(db, "SELECT 1 FROM token WHERE token=?", TOKEN) is None:
            insert(
                db, "token", token=TOKEN, network=self.name, kind="system", account="", accounts="[]",
                scopes=f"{MESSAGING} {MANAGEMENT}", family="system", made_at=stamp(now),
            )  # fmt: skip


NETWORK = WhatsApp(
    name="whatsapp",
    label="WhatsApp",
    blueprint=bp,
    calls=CALLS,
    seeds=(
        Seed(
            "106540350000101",
            "4930901820101",
            "Riverside Town Council",
            "News for those who asked for it.",
            0,
        ),
        Seed("106540350000202", "4930901820202", "Riverside Library", "Your books and our hours.", 0),
    ),
    refusal=graph.refusal(80007, "whatsapp"),
    ledger=ledger,
    counts=numbers.counts,
)
