"""Accounts, consent and tokens: what OAuth on the three networks has in common.

The networks differ in words and addresses and keep those to themselves; here are the states of a code and of a token.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, render_template

from sandbox.store import Db, Row, insert, instant, one, put_setting, rows, setting, stamp

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def account(db: Db, network: str, account_id: str) -> Row | None:
    return one(db, "SELECT * FROM account WHERE network=? AND id=?", network, account_id)


def accounts(db: Db, network: str) -> list[Row]:
    return rows(db, "SELECT * FROM account WHERE network=? ORDER BY rowid", network)


def by_name(db: Db, network: str, name: str) -> Row | None:
    """Find an account by its handle (with or without @), its id or its name."""
    return one(
        db,
        "SELECT * FROM account WHERE network=? AND (lower(handle)=lower(?) OR id=? OR name=?)",
        network,
        name.removeprefix("@"),
        name,
        name,
    )


def loopback(uri: str) -> bool:
    """A redirect address may be any on this machine; anything else would carry a code away from it."""
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK and not parts.fragment


def consent_page(
    *, network: str, label: str, action: str, people: list[Row], hidden: dict[str, str], **more: Any
) -> str:
    """Show who can sign in and what the app wants; the form posts the same fields back with `account` and `decision`."""
    return render_template(
        "sandbox/consent.html",
        network=network,
        label=label,
        action=action,
        people=people,
        hidden=hidden,
        **more,
    )


def error_page(label: str, message: str, status: int = 400) -> Response:
    return Response(render_template("sandbox/consent_error.html", label=label, message=message), status)


def back(redirect_uri: str, fragment: str = "", **params: str) -> Response:
    """Send the browser back to the app."""
    joint = "&" if urlsplit(redirect_uri).query else "?"
    query = urlencode({name: value for name, value in params.items() if value != ""})
    return redirect(f"{redirect_uri}{joint}{query}{fragment}", 302)  # type: ignore[return-value]


def give_code(
    db: Db,
    network: str,
    *,
    now: datetime,
    chosen: Sequence[str],
    redirect_uri: str,
    scopes: Iterable[str],
    challenge: str = "",
) -> str:
    code = secrets.token_urlsafe(32)
    insert(
        db,
        "code",
        code=code,
        network=network,
        accounts=json.dumps(list(chosen)),
        redirect_uri=redirect_uri,
        scopes=" ".join(scopes),
        challenge=challenge,
        made_at=stamp(now),
        family=secrets.token_hex(8),
    )
    return code


def take_code(db: Db, network: str, code: str, *, now: datetime, life_s: float) -> Row | None:
    """Use up a code; None when it is unknown, too old or used (then what it gave before is taken back as well)."""
    row = one(db, "SELECT * FROM code WHERE code=? AND network=?", code, network)
    if row is None:
        return None
    if row["used_at"]:
        revoke_family(db, row["family"], now)
        return None
    db.execute("UPDATE code SET used_at=? WHERE code=?", (stamp(now), code))
    if instant(row["made_at"]) + timedelta(seconds=life_s) < now:
        return None
    return row


def give_token(
    db: Db,
    network: str,
    kind: str,
    *,
    now: datetime,
    account: str,
    scopes: str,
    family: str,
    life_s: float | None,
    accounts: str = "[]",
    prefix: str = "",
) -> str:
    token = prefix + secrets.token_urlsafe(48).replace("-", "A").replace("_", "B")
    insert(
        db,
        "token",
        token=token,
        network=network,
        kind=kind,
        account=account,
        accounts=accounts,
        scopes=scopes,
        family=family,
        made_at=stamp(now),
        expires_at=stamp(now + timedelta(seconds=life_s)) if life_s else None,
    )
    return token


def find_token(db: Db, network: str, token: str) -> Row | None:
    return one(db, "SELECT * FROM token WHERE token=? AND network=?", token, network)


def alive(row: Row | None, now: datetime) -> bool:
    if row is None or row["revoked_at"]:
        return False
    return row["expires_at"] is None or instant(row["expires_at"]) > now


def revoke_family(db: Db, family: str, now: datetime) -> None:
    db.execute("UPDATE token SET revoked_at=? WHERE family=? AND revoked_at IS NULL", (stamp(now), family))


def expire(
    db: Db,
    network: str,
    now: datetime,
    account_id: str | None = None,
    *,
    whole: bool = False,
    in_s: float = -1,
) -> int:
    """Let access tokens run out (refresh tokens stay, unless ``whole``); returns how many did.

    The whole of it is what a person does who takes the permission away; some networks tell the app.
    """
    if whole:
        _note_removed(db, network, now, account_id)
    kept = "" if whole else "refresh"
    done = db.execute(
        "UPDATE token SET expires_at=? WHERE network=? AND kind<>? AND revoked_at IS NULL"
        " AND (? IS NULL OR account=?)",
        (stamp(now + timedelta(seconds=in_s)), network, kept, account_id, account_id),
    )
    return done.rowcount


def _note_removed(db: Db, network: str, now: datetime, account_id: str | None) -> None:
    sql = "SELECT DISTINCT account FROM token WHERE network=? AND revoked_at IS NULL AND (? IS NULL OR account=?)"
    gone = {row["account"]: stamp(now) for row in rows(db, sql, network, account_id, account_id)}
    put_setting(db, f"{network} removed", removed(db, network) | gone)


def removed(db: Db, network: str) -> dict[str, str]:
    """The accounts whose people have taken the permission away, each with when."""
    return dict(setting(db, f"{network} removed", {}))
