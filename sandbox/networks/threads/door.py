"""Who is asking, the paths of the API, and its limits (developers.facebook.com/docs/threads, read in November 2026)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response

from sandbox import accounts, graph, growth
from sandbox.box import box
from sandbox.graph import fail, missing
from sandbox.store import Db, Row

bp = Blueprint("threads", __name__, url_prefix="/threads")
router = graph.Router()
edge = router.edge

BASIC = "threads_basic"
PUBLISH = "threads_content_publish"
READ_REPLIES = "threads_read_replies"
MANAGE_REPLIES = "threads_manage_replies"
INSIGHTS = "threads_manage_insights"
DELETE = "threads_delete"
MENTIONS = "threads_manage_mentions"
SCOPES = {BASIC, PUBLISH, READ_REPLIES, MANAGE_REPLIES, INSIGHTS, DELETE, MENTIONS}
CONTAINER_LIFE = timedelta(hours=24)
MAX_TEXT = 500
MAX_ALT = 1000
MAX_LINKS = 5
MAX_ITEMS = 20
MAX_IMAGE = 8 * 2**20
MAX_VIDEO = 2**30
MAX_SECONDS = 300
POSTS_A_DAY = 250
REPLIES_A_DAY = 1000
DELETES_A_DAY = 100
NOT_FOUND = 4279009


@bp.after_request
def say_usage(response: Response) -> Response:
    return graph.usage_headers(response, "threads")


def who(*scopes: str) -> Row:
    """The account whose token this is; the token must hold the scopes."""
    token = graph.token("threads")
    if lacking := {BASIC, *scopes} - set(token["scopes"].split()):
        words = f"(#10) Application does not have permission for this action: {', '.join(sorted(lacking))}"
        raise fail(10, words, status=403, type="THApiException")
    with box().store.tx() as db:
        me = accounts.account(db, "threads", token["account"])
    assert me is not None
    return me


def own(account_id: str, *scopes: str) -> Row:
    me = who(*scopes)
    if account_id and me["id"] != account_id:
        raise missing(account_id)
    return me


def own_post(db: Db, me: Row, post_id: str) -> Row:
    post = growth.find_post(db, "threads", post_id)
    if post is None or post["account"] != me["id"]:
        raise missing(post_id)
    return post


def not_found_yet(what: str) -> Exception:
    """What Threads says of a container or post that it does not know (yet): flagged as no passing trouble."""
    text = "The media with the given id cannot be found."
    return fail(
        24, f"The requested resource does not exist: {what}", NOT_FOUND, title="Media Not Found", text=text,
        type="OAuthException",
    )  # fmt: skip
