"""When a round of reading may say that it has shown everything, so that what is missing is gone. No network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.connectors.abilities import Read
from channels.connectors.base import PublishedRef
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Wanted
from channels.connectors.youtube import speak
from channels.wire import Answer

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
POST = PublishedRef("p1", "p1", ("p1",), "", NOW)


class Wire:
    """Answers in their order; ``asked`` are the questions."""

    def __init__(self, *bodies):
        self.bodies, self.asked = list(bodies), []
        self.network = {
            "site": "https://s.example",
            "authorize": "https://s.example",
            "api": "https://s.example",
        }

    def url(self, name, path):
        return f"https://s.example{path}"

    def get(self, url, params=None, **more):
        self.asked.append((url, params))
        raw = json.dumps(self.bodies.pop(0)).encode()
        return Answer("GET", url, 200, {}, raw, 0.1, received_at=NOW)


def ctx_of(*bodies):
    channel = SimpleNamespace(remote_id="us", handle="@us", url="https://s.example/us", facts={})
    return SimpleNamespace(wire=Wire(*bodies), channel=channel, now=NOW, token="t", intent_at=None)


def at(days):
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def insta(number, days=0, **more):
    return {"id": number, "text": "x", "timestamp": at(days), "username": "mara", **more}


def read(platform, ctx, what=Read.COMMENTS, **more):
    return CONNECTORS[platform].messages(Wanted(what, POST, **more), ctx)


def paging(after):
    return {"paging": {"cursors": {"after": after}, "next": "https://s.example/next"}}


def test_instagram_answers_inside_a_comment_are_read_to_their_end():
    inside = {"data": [insta("r1")], **paging("n1")}
    ctx = ctx_of({"data": [insta("c1", replies=inside)]}, {"data": [insta("r2")]})
    page = read("instagram", ctx)
    assert ([m.remote_id for m in page.found], page.complete) == (["c1", "r1", "r2"], True)
    assert {m.parent_id for m in page.found} == {"", "c1"}
    assert ctx.wire.asked[1][1]["after"] == "n1"


def test_instagram_answers_without_end_are_cut_and_the_next_page_knows():
    endless = [{"data": [insta(f"r{n}")], **paging(f"n{n}")} for n in range(9)]
    first = {"data": [insta("c1", replies=endless[0])], **paging("b")}
    ctx = ctx_of(first, *endless[1:6])
    page = read("instagram", ctx)
    assert (page.complete, bool(page.cursor)) == (False, True)

    ctx = ctx_of({"data": [insta("c2")]})
    last = read("instagram", ctx, cursor=page.cursor)
    assert (ctx.wire.asked[0][1]["after"], last.cursor, last.complete) == ("b", "", False)
    assert read("instagram", ctx_of({"data": [insta("c2")]}), cursor="b").complete


def test_comments_that_were_read_until_they_are_older_are_not_all():
    page = read("instagram", ctx_of({"data": [insta("c1", 9)]}), since=NOW - timedelta(days=1))
    assert (page.cursor, page.complete) == ("", False)


@pytest.mark.parametrize(("many", "days", "complete"), [(19, 1, True), (20, 1, False), (20, 30, True)])
def test_a_private_talk_of_which_only_the_newest_are_told_is_cut(many, days, complete):
    said = [
        {"id": f"m{n}", "message": "x", "created_time": at(0), "from": {"id": "1"}} for n in range(many - 1)
    ]
    said.append({"id": "old", "message": "x", "created_time": at(days), "from": {"id": "1"}})
    body = {"data": [{"id": "t", "updated_time": at(0), "messages": {"data": said}}]}
    page = read("facebook", ctx_of(body), Read.DIRECT, since=NOW - timedelta(days=7))
    assert (len(page.found), page.complete) == (many, complete)


def thread(number, days, replies=0):
    said = {
        "textOriginal": "x",
        "publishedAt": (NOW - timedelta(days=days)).isoformat(),
        "authorChannelId": {},
    }
    top = {"id": number, "snippet": said}
    return {"snippet": {"topLevelComment": top, "totalReplyCount": replies}}


def youtube(ctx, **more):
    return speak.page(Wanted(Read.COMMENTS, POST, **more), ctx, lambda answer: answer.json)


def test_youtube_remembers_that_the_shown_were_cut_when_the_held_are_done():
    since = NOW - timedelta(days=1)
    first = youtube(ctx_of({"items": [thread("1", 9)], "nextPageToken": "b"}), since=since)
    last = youtube(ctx_of({"items": []}), since=since, cursor=first.cursor)
    assert (last.cursor, last.complete) == ("", False)

    first = youtube(ctx_of({"items": [thread("1", 0)]}), since=since)
    last = youtube(ctx_of({"items": []}), since=since, cursor=first.cursor)
    assert (last.cursor, last.complete) == ("", True)


def test_youtube_answers_without_end_are_cut():
    endless = [{"items": [], "nextPageToken": "n"}] * speak.PAGES
    first = youtube(ctx_of({"items": [thread("1", 0, replies=900)]}, *endless))
    assert not youtube(ctx_of({"items": []}), cursor=first.cursor).complete


def test_x_says_how_far_back_it_has_shown_everything():
    page = read("x", ctx_of({"data": [], "meta": {}}))
    assert page.complete
    assert NOW - page.reach < timedelta(days=7)
    assert not read("x", ctx_of({"data": [], "meta": {"next_token": "b"}})).complete
    assert not read("x", ctx_of({"data": [], "meta": {}}), Read.MENTIONS).complete


def test_a_row_that_cannot_be_read_stops_no_other():
    broken = {"id": "b", "username": "mara"}
    page = read("instagram", ctx_of({"data": [broken, insta("c1")]}))
    assert ([m.remote_id for m in page.found], page.complete) == (["c1"], False)

    post = {"id": "1", "text": "Hi", "created_at": NOW.isoformat()}
    page = read("x", ctx_of({"data": [{"id": "b"}, post], "meta": {"next_token": "n"}}))
    assert ([m.remote_id for m in page.found], page.cut, page.cursor) == (["1"], True, "n")
