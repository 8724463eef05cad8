"""The sandbox's own side: the ledger, faults, clock and a page to hold them in hand. No part of any network's wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from sandbox import accounts, calling, direct, faults, growth, stream
from sandbox.box import box
from sandbox.store import Db, Row, insert, put_setting, rows, setting, stamp

bp = Blueprint("control", __name__)


def networks() -> dict[str, Any]:
    from sandbox.networks.registry import NETWORKS  # the registry's modules come after this one

    return NETWORKS


@bp.before_request
def only_from_here() -> None:
    """A page of another site must not reset or break the sandbox behind the back of who is looking at it."""
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


def full_ledger(db: Db) -> list[Row]:
    """Every public object of every network once, oldest first."""
    now = box().now()
    found: list[Row] = []
    for network in networks().values():
        network.settle(db, now)
        found += network.ledger(db)
    found.sort(key=lambda row: (row["created_at"], row["remote_id"]))
    wanted = ("sha256", "mime", "bytes", "width", "height", "alt")
    return [row | {"media": [{key: item[key] for key in wanted} for item in row["media"]]} for row in found]


@bp.get("/_sandbox/ledger")
def ledger() -> Response:
    with box().store.tx() as db:
        return jsonify(full_ledger(db))


@bp.get("/_sandbox/said")
def said() -> Response:
    """What people have said under posts and in private, oldest first, and not taken back; nothing of ours."""
    wanted = "SELECT network, id, author, text FROM comment WHERE number!=-1 AND deleted_at IS NULL"
    with box().store.tx() as db:
        return jsonify(rows(db, f"{wanted} ORDER BY made_at, network, id"))


@bp.get("/_sandbox/calls")
def calls() -> Response:
    """The last wire calls, oldest first; status 0 means that the connection was cut."""
    with box().store.tx() as db:
        return jsonify(rows(db, "SELECT at, network, method, path, status, fault FROM call ORDER BY id"))


@bp.get("/_sandbox/faults")
def list_faults() -> Response:
    with box().store.tx() as db:
        return jsonify(faults.waiting(db))


@bp.post("/_sandbox/faults")
def add_fault() -> Any:
    asked = request.get_json(silent=True) if request.is_json else {k: v for k, v in request.form.items() if v}
    try:
        if not isinstance(asked, dict):
            raise faults.BadFault("A JSON object is expected.")
        with box().store.tx() as db:
            kept = faults.add(db, asked, list(networks()), box().now())
    except faults.BadFault as trouble:
        return _answer({"error": str(trouble)}, 400)
    return _answer(kept, 201)


@bp.delete("/_sandbox/faults")
@bp.post("/_sandbox/faults/clear")
def clear_faults() -> Any:
    fault_id = request.values.get("id", type=int)
    with box().store.tx() as db:
        faults.clear(db, fault_id)
    return _answer({"cleared": fault_id or "all"})


@bp.post("/_sandbox/reset")
def reset() -> Any:
    """Back to the first start: no posts, no tokens, no faults; the accounts anew."""
    box().store.reset()
    with box().store.tx() as db:
        for network in networks().values():
            network.seed(db, box().now())
    return _answer({"reset": True})


@bp.post("/_sandbox/clock")
def clock() -> Any:
    """Let time pass for numbers and comments only: {"advance_days": 3}, in days as this sandbox lives them."""
    given = request.get_json(silent=True) if request.is_json else request.form
    try:
        days = float((given or {}).get("advance_days", ""))
    except (TypeError, ValueError):
        return _answer({"error": "advance_days must be a number."}, 400)
    if not 0 <= days <= 3650:
        return _answer({"error": "advance_days must be 0 to 3650."}, 400)
    with box().store.tx() as db:
        ahead_s = setting(db, "ahead_s", 0) + days * box().pace.day_s
        put_setting(db, "ahead_s", ahead_s)
    return _answer({"ahead_days": ahead_s / box().pace.day_s, "pace": box().pace.name})


@bp.post("/_sandbox/expire")
def expire() -> Any:
    """Let access tokens run out: {"network": "x", "account": "riverside_council"}; without account: of all.

    With "whole" refresh tokens too, so that only a person helps; "in_s": so many seconds from now.
    """
    given = request.get_json(silent=True) if request.is_json else request.form
    network, name = (given or {}).get("network", ""), (given or {}).get("account", "")
    if network not in networks():
        return _answer({"error": f"No network {network!r}."}, 400)
    try:
        in_s = float((given or {}).get("in_s") or -1)
    except (TypeError, ValueError):
        return _answer({"error": "in_s must be a number."}, 400)
    with box().store.tx() as db:
        account = accounts.by_name(db, network, name) if name else None
        if name and account is None:
            return _answer({"error": f"No account {name!r}."}, 400)
        count = accounts.expire(
            db,
            network,
            box().now(),
            account["id"] if account else None,
            whole=bool((given or {}).get("whole")),
            in_s=in_s,
        )
    return _answer({"expired": count})


LAPSES = ("instagram", "threads")  # what is prepared there says of itself that it has run out


@bp.post("/_sandbox/lose")
def lose() -> Any:
    """Let a network lose what was prepared there and no post uses: {"network": "x"}."""
    given = request.get_json(silent=True) if request.is_json else request.form
    network = (given or {}).get("network", "")
    if network not in networks():
        return _answer({"error": f"No network {network!r}."}, 400)
    unused = "network IN (?, ? || ' job') AND used_by IS NULL AND kind!='template'"
    with box().store.tx() as db:
        if network in LAPSES:
            sql = f"UPDATE media SET expires_at='{stamp(box().now())}' WHERE {unused}"  # noqa: S608 (no value of others)
        else:
            sql = f"DELETE FROM media WHERE {unused}"  # noqa: S608
        count = db.execute(sql, (network, network)).rowcount
    return _answer({"lost": count})


SETTINGS = {
    "instagram quota": "How many media an Instagram account may publish in 24 hours (50).",
    "instagram wrapped token": "Answer the code exchange inside data[0], as Instagram sometimes does (false).",
    "linkedin refresh tokens": "Give refresh tokens, as LinkedIn does to approved apps (true).",
    "linkedin activity": "Has anything happened to the posts? If not, all are left out of the statistics (true).",
    "linkedin calls a day": "How many calls an app may make for a member until midnight UTC (100000).",
    "whatsapp limit": 'How many people a number may write to first in 24 hours ("TIER_250").',
    "whatsapp open": "The numbers of people who have written within 24 hours.",
    "threads quota": "How many posts a Threads account may publish in 24 hours (250).",
    "threads reply quota": "How many replies a Threads account may publish in 24 hours (1000).",
    "tiktok audited": "Has TikTok audited our app? If not, only private posts are taken (true).",
    "tiktok creator": 'What creator_info says instead, for example {"comment_disabled": true} ({}).',
    "tiktok posts a day": "How many posts a TikTok account may make in 24 hours (15).",
    "youtube units": "How many units a day the app has at YouTube (10000).",
    "youtube uploads": "How many uploads a day the app has at YouTube (100).",
    "bluesky videos a day": "How many videos an account may upload in 24 hours (25).",
    "bluesky video bytes a day": "How many bytes of video an account may upload in 24 hours (10 GiB).",
    "bluesky unconfirmed": "Whether the account's e-mail address is not confirmed, so that it may upload no video (false).",
    "facebook businesses": "Portfolios whose pages me/accounts misses: {id: {name, owned_pages, client_pages}} (none).",
    "facebook usage": "The percentage in X-App-Usage (4).",
}


@bp.post("/_sandbox/settings")
def change_settings() -> Any:
    """Set a knob: {"instagram quota": 25}, {"limit x POST /2/tweets": 3}."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or not all(key in SETTINGS or key.startswith("limit ") for key in given):
        return _answer({"error": f"Settings: {', '.join(SETTINGS)}, limit NETWORK CALL."}, 400)
    with box().store.tx() as db:
        for key, value in given.items():
            put_setting(db, key, value)
    return _answer(given)


@bp.post("/_sandbox/accounts")
def add_account() -> Any:
    """Add an account: {"network", "id", "handle", "name", "about"?, "followers"?}."""
    given = request.get_json(silent=True) or {}
    if given.get("network") not in networks() or not all(given.get(key) for key in ("id", "handle", "name")):
        return _answer({"error": "network, id, handle and name are needed."}, 400)
    with box().store.tx() as db:
        if accounts.account(db, given["network"], given["id"]) or accounts.by_name(
            db, given["network"], given["handle"]
        ):
            return _answer({"error": "This account exists."}, 409)
        insert(
            db,
            "account",
            network=given["network"],
            id=str(given["id"]),
            handle=given["handle"],
            name=given["name"],
            about=given.get("about", ""),
            followers=int(given.get("followers", 1000)),
            made_at=stamp(box().now()),
        )
    return _answer({"added": given["handle"]}, 201)


@bp.post("/_sandbox/callbacks")
def callbacks() -> Any:
    """Tell the app what happens: {"network", "url", "token"?}; without url no longer."""
    given = request.get_json(silent=True) or {}
    network = networks().get(given.get("network", ""))
    if network is None or network.calls is None:
        return _answer({"error": "This network calls nobody."}, 400)
    if not given.get("url"):
        calling.forget(box(), network.name)
        return _answer({"calls": ""})
    try:
        calling.listen(box(), network.name, network.calls, given["url"], given.get("token", ""))
    except calling.NotOurs as problem:
        return _answer({"error": str(problem)}, 400)
    return _answer({"calls": given["url"]}, 201)


PERSON = {"whatsapp": "+4917600000001"}  # who speaks where nobody is named


@bp.post("/_sandbox/say")
def say() -> Any:
    """Somebody says something now: {"network", "post", "text", "login"?, "name"?, "parent"?} under a post, or
    {"network", "account", "text", …} in private to an account; with "tag" in a post of their own (Meta's, LinkedIn), or
    in a comment there ("tag": "comment", Instagram); with "quote" in a post that quotes the post (Mastodon)."""
    given = request.get_json(silent=True) if request.is_json else request.form
    given = given or {}
    network, text = given.get("network", ""), given.get("text", "")
    login, name = given.get("login", PERSON.get(network, "mara_lind")), given.get("name", "Mara Lind")
    if network not in networks() or not text:
        return _answer({"error": "network and text are needed."}, 400)
    with box().store.tx() as db:
        if post := growth.find_post(db, network, given.get("post", "")):
            if login in direct.blocked(db, network, post["account"]):
                return _answer({"error": "The account has blocked this person."}, 403)
            if network == "mastodon" and given.get("quote"):
                return _answer({"said": growth.quote(db, post, login, name, text, box().now())}, 201)
            comment = growth.comment_id(db, post, box().now(), login)
            insert(
                db, "comment", network=network, id=comment, post=post["id"], parent=given.get("parent") or None,
                author=login, author_name=name, text=text, made_at=stamp(box().now()), number=-2,
            )  # fmt: skip
            return _answer({"said": comment}, 201)
        account = accounts.by_name(db, network, given.get("account", ""))
        if account is None:
            return _answer({"error": "There is no such post or account."}, 404)
        if login in direct.blocked(db, network, account["id"]):
            return _answer({"error": "The account has blocked this person."}, 403)
        if network == "instagram" and given.get("tag") == "comment":
            return _answer({"said": direct.mention(db, account["id"], login, name, text)}, 201)
        if network in ("facebook", "instagram", "threads", "linkedin") and given.get("tag"):
            return _answer({"said": direct.tag(db, network, account["id"], login, name, text)}, 201)
        message = direct.write(db, network, account["id"], login, name, text)
    return _answer({"said": message}, 201)


@bp.post("/_sandbox/stream")
def set_stream() -> Any:
    """Let people talk by themselves: {"per_hour": 60, "seed"?: "demo"}; 0 stops it."""
    given = request.get_json(silent=True) if request.is_json else request.form
    try:
        per_hour = float((given or {}).get("per_hour", ""))
    except (TypeError, ValueError):
        return _answer({"error": "per_hour must be a number."}, 400)
    if not 0 <= per_hour <= stream.MOST_PER_HOUR:
        return _answer({"error": f"per_hour must be 0 to {stream.MOST_PER_HOUR}."}, 400)
    with box().store.tx() as db:
        kept = stream.start(db, per_hour, str((given or {}).get("seed", "demo")), box().now())
    return _answer(kept)


def _answer(body: Any, status: int = 200) -> Any:
    """JSON for programs; people who used a form go back to the page."""
    if request.is_json or request.mimetype not in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        return jsonify(body), status
    trouble = body.get("error", "") if isinstance(body, dict) else ""
    return redirect(url_for("control.index", trouble=trouble or None), 303)


@bp.get("/")
def index() -> str:
    with box().store.tx() as db:
        entries = full_ledger(db)
        return render_template(
            "sandbox/control.html",
            networks=networks(),
            accounts={name: accounts.accounts(db, name) for name in networks()},
            ledger=entries[::-1][:50],
            total=len(entries),
            faults=faults.waiting(db),
            fault_kinds=faults.FAULTS,
            calls=rows(db, "SELECT * FROM call ORDER BY id DESC LIMIT 40"),
            pace=box().pace,
            ahead_days=setting(db, "ahead_s", 0) / box().pace.day_s,
            trouble=request.args.get("trouble", ""),
        )
