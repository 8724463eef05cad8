"""Pages, who manages them, and how many follow them."""

from __future__ import annotations

from flask import Response, jsonify

from sandbox import accounts
from sandbox.box import box
from sandbox.networks.linkedin.wire import ADMIN, administered, bad, bp, not_found, query, signed, whole


@bp.get("/rest/organizationAcls")
def acls() -> Response:
    row = signed(ADMIN)
    asked = query("q", "role", "state", "start", "count")
    if asked.get("q") != "roleAssignee":
        raise bad("The finder roleAssignee is expected", "PARAM_INVALID")
    start, count = whole(asked.get("start", ""), 0, 10_000), whole(asked.get("count", ""), 10, 100)
    person = f"urn:li:person:{row['family'][:10]}"
    found = [
        {
            "role": "ADMINISTRATOR",
            "roleAssignee": person,
            "state": "APPROVED",
            "organization": f"urn:li:organization:{page}",
        }
        for page in administered(row)
        if asked.get("role", "ADMINISTRATOR") == "ADMINISTRATOR"
    ]
    page = found[start : start + count]
    return jsonify(paging={"start": start, "count": count, "total": len(found), "links": []}, elements=page)


@bp.get("/rest/organizations/<page_id>")
def organization(page_id: str) -> Response:
    row = signed(ADMIN)
    query()
    with box().store.tx() as db:
        page = accounts.account(db, "linkedin", page_id)
    if page is None or page["id"] not in administered(row):
        raise not_found(page_id)
    return jsonify(
        {
            "id": int(page["id"]),
            "$URN": f"urn:li:organization:{page['id']}",
            "vanityName": page["handle"],
            "localizedName": page["name"],
            "localizedDescription": page["about"],
            "organizationType": "GOVERNMENT_AGENCY",
        }
    )


@bp.get("/rest/networkSizes/<path:urn>")
def network_size(urn: str) -> Response:
    signed(ADMIN)
    if query("edgeType").get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise bad("edgeType must be COMPANY_FOLLOWED_BY_MEMBER", "PARAM_INVALID")
    with box().store.tx() as db:
        page = accounts.account(db, "linkedin", urn.rpartition(":")[2])
    if page is None:
        raise not_found(urn)
    return jsonify(firstDegreeSize=page["followers"])
