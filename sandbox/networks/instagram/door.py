"""Who is asking, and the paths of the API."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import fail, missing
from sandbox.store import Db, Row

bp = Blueprint("instagram", __name__, url_prefix="/instagram")
router = graph.Router()
edge = router.edge

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
INSIGHTS = "instagram_business_manage_insights"
MESSAGES = "instagram_business_manage_messages"
SCOPES = {BASIC, PUBLISH, COMMENTS, INSIGHTS, MESSAGES}
CONTAINER_LIFE = timedelta(hours=24)
CONTAINERS_A_DAY = 400
MAX_CAPTION = 2200
MAX_ALT = 1000
MAX_TAGS = 30
MAX_MENTIONS = 20
MAX_IMAGE = 8 * 2**20
MAX_REEL = 300 * 2**20
MAX_STORY = 100 * 2**20
KINDS = ("", "IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL")


@bp.after_request
def say_usage(response: Response) -> Response:
    return graph.usage_headers(response, "instagram")


def who(*scopes: str) -> Row:
    """The account whose token this is; the token must hold the scopes."""
    token = graph.token("instagram")
    if lacking := {BASIC, *scopes} - set(token["scopes"].split()):
        raise fail(
            10,
            f"(#10) Application does not have permission for this action: {', '.join(sorted(lacking))}",
            status=403,
        )
    with box().store.tx() as db:
        me = accounts.account(db, "instagram", token["account"])
    assert me is not None
    return me


def own(account_id: str, *scopes: str) -> Row:
    me = who(*scopes)
    if me["id"] != account_id:
        raise missing(account_id)
    return me


def own_post(db: Db, me: Row, post_id: str) -> Row:
    post = growth.find_post(db, "instagram", post_id)
    if post is None or post["account"] != me["id"]:
        raise missing(post_id)
    return post
