"""What a page's administrators are notified of: here posts of others that name the page. ``direct.tag`` makes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, jsonify

from sandbox import direct
from sandbox.box import box
from sandbox.networks.linkedin.wire import ADMIN, bad, bp, millis, one_urn, page_of, query, signed, whole
from sandbox.store import Row, instant

KEPT = timedelta(days=60)
ACTIONS = {"SHARE_MENTION", "COMMENT", "LIKE", "SHARE", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE"}


@bp.get("/rest/organizationalEntityNotifications")
def notifications() -> Response:
    row = signed(ADMIN)
    asked = query("q", "organizationalEntity", "actions", "timeRange", "start", "count", "sourcePost")
    if asked.get("q") != "criteria":
        raise bad("The finder criteria is expected", "PARAM_INVALID")
    page = page_of(row, one_urn(asked.get("organizationalEntity", "")))
    actions = re.fullmatch(r"List\(([A-Z_,]+)\)", asked.get("actions", "List(SHARE_MENTION)"))
    if actions is None or set(actions[1].split(",")) - ACTIONS:
        raise bad("actions is not a list of known actions", "PARAM_INVALID")
    begins, ends = _between(asked.get("timeRange", ""))
    start, count = whole(asked.get("start", ""), 0, 100_000), whole(asked.get("count", ""), 10, 100)
    with box().store.tx() as db:
        rows = direct.tagged(db, "linkedin", page["id"]) if "SHARE_MENTION" in actions[1].split(",") else []
    oldest = max(begins, box().now() - KEPT)
    found = [each for each in rows if oldest <= instant(each["made_at"]) <= ends]
    shown = [_notification(each, page) for each in found[start : start + count]]
    return jsonify(paging={"start": start, "count": count, "total": len(found), "links": []}, elements=shown)


def _between(text: str) -> tuple[datetime, datetime]:
    if not text:
        return datetime.min.replace(tzinfo=UTC), box().now()
    found = re.fullmatch(r"\(start:(\d+)(?:,end:(\d+))?\)", text)
    if found is None:
        raise bad("timeRange is not (start:ms,end:ms)", "PARAM_INVALID")
    ends = (
        datetime.fromtimestamp(int(found[2]) / 1000, UTC) + timedelta(seconds=1) if found[2] else box().now()
    )
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC), ends


def _notification(row: Row, page: Row) -> dict[str, Any]:
    share = {"entity": row["id"], "owner": f"urn:li:person:{row['author']}", "text": row["text"]}
    return {
        "notificationId": int(re.sub(r"\D", "", row["id"])[-15:]),
        "organizationalEntity": f"urn:li:organization:{page['id']}",
        "action": "SHARE_MENTION",
        "generatedActivity": row["id"],
        "decoratedGeneratedActivity": {"share": share},
        "lastModifiedAt": millis(row["made_at"]),
    }
