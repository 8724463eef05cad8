"""The door of Facebook's Graph API: router, Page tokens, and finding posts."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import fail, missing, need
from sandbox.store import Db, Row, rows

bp = Blueprint("facebook", __name__, url_prefix="/facebook")
router = graph.Router()
edge = router.edge

SCOPES = {
    "public_profile",
    "email",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
    "read_insights",
    "pages_messaging",
    "publish_video",
    "business_management",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_contents",
}
PERSON = {"id": "10220000000000042", "name": "Sam Rivers"}
CODE_LIFE_S = 600
SHORT_LIFE_S = 5400
LONG_LIFE_S = 5_183_944
TASKS = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
MAX_MESSAGE = 63_206
MAX_PHOTO = 10 * 2**20
MAX_VIDEO = 2 * 2**30
PHOTO_MIMES = {"image/jpeg", "image/bmp", "image/png", "image/gif", "image/tiff"}
PUBLISH = ("pages_manage_posts", "pages_read_engagement")


@bp.after_request
def say_usage(response: Response) -> Response:
    return graph.usage_headers(response, "facebook")


def page_token(page_id: str, *scopes: str) -> Row:
    """The token of this call, which must be that of this Page and hold the scopes."""
    row = graph.token("facebook")
    if row["kind"] == "user":
        with box().store.tx() as db:
            if accounts.account(db, "facebook", page_id) is None:
                raise missing(page_id)
        raise fail(190, "A Page access token is required to request this resource.", 2069032)
    if row["account"] != page_id:
        raise fail(200, "(#200) The token belongs to another Page.", status=403)
    need(row, *scopes)
    return row


def find_post(db: Db, post_id: str) -> Row:
    row = growth.find_post(db, "facebook", post_id)
    if row is None:
        raise missing(post_id)
    return row


def public_posts(db: Db, page: str) -> list[Row]:
    """The Page's published posts, oldest first."""
    found = rows(
        db,
        "SELECT * FROM post WHERE network='facebook' AND account=? AND deleted_at IS NULL ORDER BY made_at, id",
        page,
    )
    return [row for row in found if json.loads(row["data"])["published"]]
