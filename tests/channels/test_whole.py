"""When a round of reading may say that it has shown everything, so that what is missing is gone. No network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.connectors import meta_talk
from channels.connectors.abilities import Read
from channels.connectors.base import PublishedRef
from channels.connectors.meta import every
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
    most = meta_talk.PAGES
    endless = [{"data": [insta(f"r{n}")], **paging(f"n{n}")} for n in range(most + 4)]
    first = {"data": [insta("c1", replies=endless[0])], **paging("b")}
    ctx = ctx_of(first, *endless[1 : most + 1])
    page = read("instagram", ctx)
    assert (page.complete, bool(page.cursor), page.deeper) == (False, True, ("c1",))

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
    assert (len(page.found), page.complete, page.deeper) == (many, complete, () if complete else ("t",))


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


def said_on_linkedin(number, *, above="", answers=0):
    urn = f"urn:li:comment:(urn:li:activity:1,{number})"
    row = {"id": str(number), "$URN": urn, "actor": "urn:li:person:1", "message": {"text": "x"}}
    row |= {"created": {"time": 1}, "commentsSummary": {"aggregatedTotalComments": answers}}
    return row | ({"parentComment": above} if above else {})


def linkedin_answers(first, many):
    above = "urn:li:comment:(urn:li:activity:1,1)"
    return {"elements": [said_on_linkedin(n, above=above) for n in range(first, first + many)]}


def test_linkedin_answers_below_a_comment_are_read_to_their_end():
    ctx = ctx_of(
        {"elements": [said_on_linkedin(1, answers=150)]}, linkedin_answers(2, 100), linkedin_answers(102, 50)
    )

    page = read("linkedin", ctx)

    assert (len({m.remote_id for m in page.found}), page.complete, page.cut) == (151, True, False)
    assert "start=100" in ctx.wire.asked[-1][0]


def test_linkedin_answers_without_end_are_cut():
    endless = [linkedin_answers(100 * n, 100) for n in range(1, 11)]

    page = read("linkedin", ctx_of({"elements": [said_on_linkedin(1, answers=9000)]}, *endless))

    assert (len(page.found), page.complete, page.cut) == (1001, False, True)


def skeet(name, *replies, answers=None):
    record = {"text": "x", "createdAt": NOW.isoformat()}
    post = {"uri": name, "record": record, "author": {}, "indexedAt": NOW.isoformat()}
    told = {"post": post | {"replyCount": len(replies) if answers is None else answers}}
    return told | {"replies": list(replies)} if replies else told


def below(*trees, parts):
    ctx = ctx_of({"thread": trees[0]}, {})
    ctx.wire.network["app"] = "https://s.example"
    wanted = Wanted(Read.COMMENTS, PublishedRef("p", parts[0], parts, "", NOW))
    return ctx, CONNECTORS["bluesky"].messages(wanted, ctx)


def test_bluesky_is_asked_deep_enough_to_see_below_the_last_part():
    parts = tuple(f"at://us/app.bsky.feed.post/{n}" for n in range(25))

    ctx, _ = below(skeet(parts[0]), parts=parts)

    assert ctx.wire.asked[0][1]["depth"] > len(parts)


@pytest.mark.parametrize(
    ("tree", "complete"),
    [
        (skeet("at://us/p/1"), True),
        (skeet("at://us/p/1", skeet("at://c/p/1")), True),
        (skeet("at://us/p/1", skeet("at://c/p/1", answers=3)), False),
        (skeet("at://us/p/1", {"notFound": True, "uri": "at://c/p/2"}, skeet("at://c/p/1")), True),
    ],
)
def test_a_tree_that_bluesky_cut_off_is_not_all(tree, complete):
    _, page = below(tree, parts=("at://us/p/1",))

    assert (page.complete, page.cut) == (complete, not complete)


def test_rows_of_meta_are_read_over_all_their_pages():
    told = [{"data": [1, 2], **paging("b")}, {"data": [3]}]
    asked = []

    assert every(lambda after: asked.append(dict(after)) or told[len(asked) - 1]) == [1, 2, 3]
    assert asked == [{}, {"after": "b"}]


def test_a_template_on_a_later_page_is_found_and_so_is_a_number():
    rows = [{"name": "news", "language": f"l{n}", "status": "APPROVED"} for n in range(100)]
    own = {
        "name": "news",
        "language": "en",
        "status": "APPROVED",
        "components": [{"type": "BODY", "text": "Hi"}],
    }
    ctx = ctx_of({"data": rows, **paging("b")}, {"data": [own]})
    ctx.wire.network["graph"] = "https://s.example"
    ctx.payload = {"language": "en", "options": {"template": "news"}, "parts": [{"text": "Hi", "media": []}]}
    ctx.parts = lambda: ctx.payload["parts"]
    ctx.channel.facts = {"business": "7"}

    assert CONNECTORS["whatsapp"]._template(ctx).ok
    assert ctx.wire.asked[1][1]["after"] == "b"
