"""What came of the posts: organic numbers of the last year; a post without any activity is left out of the answer."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from sandbox import accounts, growth
from sandbox.box import box
from sandbox.networks.linkedin.wire import ADMIN, bad, bp, one_urn, page_of, query, signed, urns_in
from sandbox.store import Db, Row, setting


def counts(db: Db, post: Row) -> dict[str, int]:
    owner = accounts.account(db, "linkedin", post["account"]) or {"followers": 0}
    now = box().now()
    growth.arrive(db, box().pace, post, now)
    age = growth.age_d(box().pace, post["made_at"], now, setting(db, "ahead_s", 0))
    said = len(growth.comments_of(db, "linkedin", post["id"]))
    return growth.numbers(post, owner["followers"], age) | {"comments": said}


@bp.get("/rest/organizationalEntityShareStatistics")
def statistics() -> Response:
    row = signed(ADMIN)
    asked = query("q", "organizationalEntity", "shares", "ugcPosts")
    if asked.get("q") != "organizationalEntity":
        raise bad("The finder organizationalEntity is expected", "PARAM_INVALID")
    page = page_of(row, one_urn(asked.get("organizationalEntity", "")))
    elements = []
    with box().store.tx() as db:
        for name, key in (("shares", "share"), ("ugcPosts", "ugcPost")):
            for urn in urns_in(asked[name]) if name in asked else []:
                if not urn.startswith(f"urn:li:{key}:"):
                    raise bad(f"{urn} is no {key}", "INVALID_URN_TYPE")
                post = growth.find_post(db, "linkedin", urn)
                if post is None or post["account"] != page["id"]:
                    continue
                stats = _stats(counts(db, post))
                if any(stats.values()) and setting(db, "linkedin activity", True):
                    entity = f"urn:li:organization:{page['id']}"
                    elements.append({"organizationalEntity": entity, key: urn, "totalShareStatistics": stats})
    return jsonify(paging={"start": 0, "count": len(elements), "links": []}, elements=elements)


def _stats(now: dict[str, int]) -> dict[str, Any]:
    impressions = now["impressions"]
    engaged = now["likes"] + now["comments"] + now["shares"] + now["clicks"]
    return {
        "impressionCount": impressions,
        "uniqueImpressionsCount": now["reach"],
        "likeCount": now["likes"],
        "commentCount": now["comments"],
        "shareCount": now["shares"],
        "clickCount": now["clicks"],
        "engagement": engaged / impressions if impressions else 0,
    }
