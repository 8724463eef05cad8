"""What we send, held against the networks' own clients: every request of publishing, reading and answering.

X's ``xdk`` has typed bodies, Meta's ``facebook-business`` tables of parameters. Both let unknown names pass, so those are
compared here. Neither goes out: they only judge what our wire sent to the sandbox.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import typing
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings

from channels import wire
from channels.connectors.abilities import Action, Read
from channels.connectors.base import LookupKind, PublishedRef
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted

pytestmark = pytest.mark.db  # no database, but a server


class Sent:
    """One request as it left, and the answer."""

    def __init__(self, request, body: bytes, answer):
        parts = urlsplit(str(request.url))
        self.method, self.path = request.method, parts.path.partition("/v26.0")[2] or parts.path
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.kind = request.headers.get("content-type", "")
        self.body, self.answer = body, answer

    @property
    def names(self) -> set[str]:
        return set(self.data) | set(re.findall(rb'name="([^"]+)"', self.body) and self._multipart())

    def _multipart(self) -> list[str]:
        return [name.decode() for name in re.findall(rb'form-data; name="([^"]+)"', self.body)]

    @property
    def data(self) -> dict:
        if "json" in self.kind:
            return json.loads(self.body)
        if "urlencoded" in self.kind:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        return {}

    def __repr__(self):
        return f"{self.method} {self.path} {sorted(self.names)}"


@pytest.fixture
def sent(monkeypatch):
    """Every request that a channel's wire sends, with its body."""
    found: list[Sent] = []
    real = wire.send

    def watched(request, **more):
        if "/video-upload/" in str(request.url):  # the bytes themselves, to a host that no table speaks of
            return real(request, **more)
        body = request.read()
        answer = real(request, **more)
        found.append(Sent(request, body, answer))
        return answer

    monkeypatch.setattr(wire, "send", watched)
    return found


def whole_life(drive, what: dict, say, *, called: str = "") -> None:
    """Publish it, read it, its numbers and what is said below it, answer and hide that, take it down."""
    out = drive(what).run()
    connector, commit = out.connector, out.outcomes["commit"].remote_id
    ref = PublishedRef("p", commit, (commit,), what["format"], datetime.now(UTC))
    connector.account(out.context())
    connector.metrics(out.context(), [ref])
    connector.permalink(commit, out.context())
    out.look("commit")
    if commit and "reel" not in what["format"] and "story" not in what["format"]:
        say(what["platform"], f"{called}Parking? {uuid.uuid4().hex[:6]}", post=commit)
        page = connector.read(Wanted(Read.COMMENTS, ref, since=datetime.now(UTC)), out.context())
        for action in (Action.REPLY, Action.HIDE, Action.UNHIDE, Action.DELETE_COMMENT):
            if action in connector.can:
                act = Act.to(action, page.found[0], text=f"Yes. {uuid.uuid4().hex[:6]}")
                assert connector.do(act, out.context()).ok
        if Action.EDIT_POST in connector.can:
            assert connector.do(Act(Action.EDIT_POST, commit, text="Corrected"), out.context()).ok
    if Action.DELETE_POST in connector.can:
        assert connector.do(Act(Action.DELETE_POST, commit), out.context()).ok


def payload(format: str, *parts: dict) -> dict:
    return {
        "schema": 1,
        "format": format,
        "platform": format.partition(".")[0],
        "language": "en",
        "parts": [{"text": "", "link": "", "media": []} | part for part in parts],
    }


# X ----------------------------------------------------------------------------------------------------------------


def x_judges() -> list[tuple]:
    """(method, path, model of the body or None, the client's method that makes the call)."""
    from xdk.direct_messages import models as messages
    from xdk.direct_messages.client import DirectMessagesClient
    from xdk.media import models as media
    from xdk.media.client import MediaClient
    from xdk.posts import models as posts
    from xdk.posts.client import PostsClient
    from xdk.users.client import UsersClient

    return [
        ("POST", r"/2/tweets", posts.CreateRequest, PostsClient.create),
        ("PUT", r"/2/tweets/\d+/hidden", posts.HideReplyRequest, PostsClient.hide_reply),
        ("DELETE", r"/2/tweets/\d+", None, PostsClient.delete),
        ("GET", r"/2/tweets", None, PostsClient.get_by_ids),
        ("GET", r"/2/tweets/search/recent", None, PostsClient.search_recent),
        ("GET", r"/2/users/me", None, UsersClient.get_me),
        ("GET", r"/2/users/\d+/tweets", None, UsersClient.get_posts),
        ("GET", r"/2/users/\d+/mentions", None, UsersClient.get_mentions),
        ("GET", r"/2/dm_events", None, DirectMessagesClient.get_events),
        (
            "GET",
            r"/2/dm_conversations/[\d-]+/dm_events",
            None,
            DirectMessagesClient.get_events_by_conversation_id,
        ),
        (
            "POST",
            r"/2/dm_conversations/[\d-]+/messages",
            messages.CreateByConversationIdRequest,
            DirectMessagesClient.create_by_conversation_id,
        ),
        ("POST", r"/2/media/upload", media.UploadRequest, MediaClient.upload),
        ("POST", r"/2/media/upload/initialize", media.InitializeUploadRequest, MediaClient.initialize_upload),
        ("POST", r"/2/media/upload/\d+/append", media.AppendUploadRequest, MediaClient.append_upload),
        ("POST", r"/2/media/upload/\d+/finalize", None, MediaClient.finalize_upload),
        ("GET", r"/2/media/upload", None, MediaClient.get_upload_status),
        ("POST", r"/2/media/metadata", media.CreateMetadataRequest, MediaClient.create_metadata),
        ("POST", r"/2/media/subtitles", media.CreateSubtitlesRequest, MediaClient.create_subtitles),
    ]


def strangers(model, data: dict, path: str = "") -> Iterator[str]:
    """Names in the data that the model does not have, at any depth."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()} | dict(
        model.model_fields
    )
    for name, value in data.items():
        if name not in fields:
            yield f"{path}{name}"
        elif inner := model_in(fields[name].annotation):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from strangers(inner, each, f"{path}{name}.")


def model_in(annotation):
    options, seen = [annotation], 0
    while seen < len(options):  # Optional[List[Model]] is three deep
        options += typing.get_args(options[seen])
        seen += 1
    return next((o for o in options if inspect.isclass(o) and hasattr(o, "model_fields")), None)


def spoken(clip: dict) -> dict:
    """The clip with a file of captions beside it."""
    track = Path(settings.MEDIA_ROOT, "spoken.vtt")
    track.write_text("WEBVTT\n\n00:00:00.200 --> 00:00:02.000\nWe clean the river.\n")
    return clip | {"captions": {"file": "spoken.vtt", "sha256": sha256(track.read_bytes()).hexdigest()}}


def judge_x(one: Sent) -> list[str]:
    path = one.path.removeprefix("/x")
    for method, pattern, model, client in x_judges():
        if one.method == method and re.fullmatch(pattern, path):
            known = set(inspect.signature(client).parameters)
            # The spec renamed tweet.fields in August 2026; the service was seen with both, and we fall back.
            asked = {name.replace(".", "_").replace("tweet_fields", "post_fields") for name in one.query}
            wrong = [f"query {name}" for name in asked - known]
            if model is None:
                return wrong + [f"body {name}" for name in one.names]
            if one.data:
                model.model_validate(one.data)
                return wrong + [f"body {name}" for name in strangers(model, one.data)]
            return wrong + [f"body {name}" for name in one.names - set(model.model_fields)]
    return ["unknown call"]


def judge_answer_of_x(one: Sent) -> list[str]:
    """What its client's own model of an answer does not know, or does not take."""
    path = one.path.removeprefix("/x")
    for method, pattern, _, client in x_judges():
        if one.method == method and re.fullmatch(pattern, path) and one.answer.json is not None:
            named = re.search(r"\w+Response", str(inspect.signature(client).return_annotation))
            models = importlib.import_module(client.__module__.replace(".client", ".models"))
            model = getattr(models, named[0])
            try:
                model.model_validate(one.answer.json)
            except ValueError as error:
                return [str(error)]
            return list(strangers(model, one.answer.json))
    return []


def test_what_x_is_asked_and_answers_is_what_its_own_client_knows(
    drive, picture, clip, say, sent, monkeypatch
):
    monkeypatch.setattr(CONNECTORS["x"], "_fields_key", "post.fields")  # its client knows the new names only
    tag = uuid.uuid4().hex
    channel = drive(payload("x.thread", {"text": "-"})).channel
    cards = [picture(f"x-judge-{c}.jpg", colour=c) for c in ("teal", "navy")]
    whole_life(
        drive,
        payload(
            "x.thread", {"text": f"One {tag}", "media": cards}, {"text": f"Two {tag} https://example.org"}
        ),
        say,
        called=f"{channel.handle} ",
    )
    whole_life(
        drive,
        payload("x.video", {"text": f"Clip {tag}", "media": [spoken(clip)]}),
        say,
        called=f"{channel.handle} ",
    )
    connector, ctx = CONNECTORS["x"], drive(payload("x.thread", {"text": "-"})).context()
    connector.read(Wanted(Read.MENTIONS), ctx)
    say("x", "In private?", account=ctx.channel.remote_id)
    written = connector.read(Wanted(Read.DIRECT), ctx).found[0]
    act = Act.to(Action.REPLY, written, text=f"Private {tag}", key=tag)
    assert connector.do(act, ctx).ok
    assert connector.find(act, ctx).kind is LookupKind.FOUND

    assert {repr(one): wrong for one in sent if (wrong := judge_x(one))} == {}
    assert {repr(one): wrong for one in sent if (wrong := judge_answer_of_x(one))} == {}
    assert len(sent) > 20
    judged = [one for one in sent if one.answer.json is not None]
    assert len(judged) > 20


def test_the_judge_of_x_sees_a_wrong_name(sent):
    class Wrong(Sent):
        def __init__(self):
            self.method, self.path, self.query = "POST", "/x/2/tweets", {}
            self.kind, self.body = "application/json", b'{"text": "a", "reply": {"to": "1"}, "colour": "red"}'

    with pytest.raises(ValueError, match="in_reply_to_tweet_id"):
        judge_x(Wrong())
    from xdk.posts.models import CreateRequest, GetByIdsResponse

    told = {"data": [{"id": "1", "text": "a", "colour": 1}], "includes": {"users": [{"shoe": 1}]}}
    assert list(strangers(GetByIdsResponse, told)) == ["data.colour", "includes.users.shoe"]
    assert list(strangers(CreateRequest, {"text": "a", "colour": 1, "media": {"media_ids": [], "x": 1}})) == [
        "colour",
        "media.x",
    ]


def test_what_the_stand_in_of_x_answers_is_what_its_client_reads(drive, say, sent, monkeypatch):
    from xdk.posts.models import CreateResponse, GetByIdsResponse

    monkeypatch.setattr(CONNECTORS["x"], "_fields_key", "post.fields")  # its client knows the new names only
    out = drive(payload("x.thread", {"text": f"Read me {uuid.uuid4().hex}"})).run()
    commit = out.outcomes["commit"].remote_id
    ref = PublishedRef("p", commit, (commit,), "x.thread", datetime.now(UTC))
    out.connector.metrics(out.context(), [ref])

    made = next(one for one in sent if one.method == "POST" and one.path.endswith("/2/tweets"))
    read = next(one for one in sent if one.method == "GET" and one.path.endswith("/2/tweets"))
    assert CreateResponse.model_validate(made.answer.json).data.id == commit
    assert GetByIdsResponse.model_validate(read.answer.json).data[0].id == commit


# Meta -------------------------------------------------------------------------------------------------------------


def meta_judges() -> list[tuple]:
    from facebook_business.adobjects.advideo import AdVideo
    from facebook_business.adobjects.business import Business
    from facebook_business.adobjects.comment import Comment
    from facebook_business.adobjects.igcomment import IGComment
    from facebook_business.adobjects.igmedia import IGMedia
    from facebook_business.adobjects.iguser import IGUser
    from facebook_business.adobjects.page import Page
    from facebook_business.adobjects.pagepost import PagePost
    from facebook_business.adobjects.user import User

    page, ig = (lambda: Page("1")), (lambda: IGUser("1"))
    return [
        ("facebook", "POST", r"/\d+/feed", lambda: page().create_feed),
        ("facebook", "POST", r"/\d+/photos", lambda: page().create_photo),
        ("facebook", "POST", r"/\d+/video_reels", lambda: page().create_video_reel),
        ("facebook", "POST", r"/\d+/messages", lambda: page().create_message),
        ("facebook", "GET", r"/\d+/published_posts", lambda: page().get_published_posts),
        ("facebook", "GET", r"/\d+/conversations", lambda: page().get_conversations),
        ("facebook", "GET", r"/\d+/tagged", lambda: page().get_tagged),
        ("facebook", "GET", r"/\d+_\d+/comments", lambda: PagePost("1").get_comments),
        ("facebook", "POST", r"/\d+_\d+/comments", lambda: Comment("1").create_comment),
        ("facebook", "GET", r"/\d+_\d+/insights", lambda: PagePost("1").get_insights),
        ("facebook", "DELETE", r"/\d+_\d+", lambda: PagePost("1").api_delete),
        ("facebook", "DELETE", r"/\d+", lambda: AdVideo("1").api_delete),
        ("facebook", "POST", r"/\d+/thumbnails", lambda: AdVideo("1").create_thumbnail),
        ("facebook", "GET", r"/\d+/video_insights", lambda: AdVideo("1").get_video_insights),
        ("facebook", "GET", r"/me/businesses", lambda: User("1").get_businesses),
        ("facebook", "GET", r"/\d+/owned_pages", lambda: Business("1").get_owned_pages),
        ("facebook", "GET", r"/\d+/client_pages", lambda: Business("1").get_client_pages),
        ("instagram", "POST", r"/\d+/media", lambda: ig().create_media),
        ("instagram", "POST", r"/\d+/media_publish", lambda: ig().create_media_publish),
        ("instagram", "POST", r"/\d+/messages", lambda: ig().create_message),
        ("instagram", "GET", r"/\d+/content_publishing_limit", lambda: ig().get_content_publishing_limit),
        ("instagram", "GET", r"/\d+/conversations", lambda: ig().get_conversations),
        ("instagram", "GET", r"/\d+/tags", lambda: ig().get_tags),
        ("instagram", "POST", r"/\d+/mentions", lambda: ig().create_mention),
        ("instagram", "GET", r"/\d+/comments", lambda: IGMedia("1").get_comments),
        ("instagram", "GET", r"/\d+/replies", lambda: IGComment("1").get_replies),
        ("instagram", "POST", r"/\d+/replies", lambda: IGComment("1").create_reply),
        ("instagram", "GET", r"/\d+/insights", lambda: IGMedia("1").get_insights),
        ("instagram", "DELETE", r"/\d+", lambda: IGComment("1").api_delete),
        ("instagram", "POST", r"/\d+", lambda: IGComment("1").api_update),
    ]


def either(*methods):
    """The tables of a change to a post or to a comment: the path does not tell them apart."""
    return set().union(*(table(method) for method in methods))


def table(method) -> set[str]:
    return set(method(params={}, pending=True)._param_checker._type_check_info)


USUAL = {
    "fields",
    "limit",
    "after",
    "before",
    "since",
    "until",
    "access_token",
}  # of every read of the Graph API
# Documented, and missing from the tables of 26.0.3: the pages on comments and on content publishing.
DOCUMENTED = {
    ("facebook", "POST", "comments"): {"message"},
    ("facebook", "POST", "photos"): {"source"},  # the file itself
    ("instagram", "GET", "insights"): {"metric", "period"},
}


@pytest.fixture(scope="module")
def tables():
    pytest.importorskip("facebook_business")
    from facebook_business.api import FacebookAdsApi

    before = FacebookAdsApi.get_default_api()
    FacebookAdsApi.init(access_token="never-used", crash_log=False)
    yield
    FacebookAdsApi.set_default_api(before)


def judge_meta(platform: str, one: Sent) -> list[str]:
    from facebook_business.adobjects.comment import Comment
    from facebook_business.adobjects.pagepost import PagePost

    if re.search(r"access_token$|^/me/(accounts|permissions)$", one.path):
        return []  # letting us in is not part of the tables
    names = one.names | set(one.query)
    if platform == "facebook" and one.method == "POST" and re.fullmatch(r"/\d+_\d+", one.path):
        return sorted(names - either(PagePost("1").api_update, Comment("1").api_update))
    for network, method, pattern, find in meta_judges():
        if (network, method) == (platform, one.method) and re.fullmatch(pattern, one.path):
            more = DOCUMENTED.get((network, method, one.path.rpartition("/")[2]), set())
            call = find()
            wrong = names - table(call) - more - (USUAL if method == "GET" else set())
            return sorted(wrong) + ill_typed(call, one.data)
    if one.method == "GET" and re.fullmatch(r"/(me|[\d_]+|t_\d+)(/(media|stories))?", one.path):
        return sorted(names - USUAL)
    return ["unknown call"]


def ill_typed(call, data: dict) -> list[str]:
    """Values that the client's own table does not take; "true" is how a form spells a boolean."""
    checker = call(params={}, pending=True)._param_checker
    plain = {
        name: {"true": True, "false": False}.get(value, value)
        for name, value in data.items()
        if isinstance(value, str)
    }
    return [
        f"{name}={value!r}"
        for name, value in plain.items()
        if checker.is_valid_key(name)
        and not str(value).startswith(("[", "{"))  # JSON inside a form
        and "," not in str(value)
        and not checker.is_valid_pair(name, value)
    ]


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_every_request_to_meta_is_one_that_its_own_tables_know(
    platform, drive, picture, clip, say, sent, tables
):
    tag = uuid.uuid4().hex
    cards = [picture(f"{platform}-judge-{c}.jpg", colour=c) for c in ("teal", "navy")]
    frame = picture(f"{platform}-frame.jpg", colour="teal", size=(1080, 1920))
    lives = {
        "facebook": [
            ("post", [{"text": f"A {tag}", "media": cards}]),
            ("reel", [{"text": f"C {tag}", "media": [clip]}]),
        ],
        "instagram": [
            ("carousel", [{"text": f"A {tag}", "media": cards}]),
            ("image", [{"text": f"B {tag}", "media": cards[:1]}]),
            ("reel", [{"text": f"C {tag}", "media": [clip]}]),
            ("story", [{"media": [frame]}]),
        ],
    }[platform]
    for kind, parts in lives:
        whole_life(drive, payload(f"{platform}.{kind}", *parts), say)
    direct(platform, drive, say)

    assert {repr(one): wrong for one in sent if (wrong := judge_meta(platform, one))} == {}
    assert len(sent) > 20


def direct(platform: str, drive, say) -> None:
    out = drive(payload(f"{platform}.post", {"text": "-"}))
    say(platform, "May I ask?", account=out.channel.remote_id)
    page = out.connector.read(Wanted(Read.DIRECT), out.context())
    theirs = next(m for m in page.found if m.kind is MessageKind.DIRECT and not m.ours)
    assert out.connector.do(Act.to(Action.REPLY, theirs, text="Yes."), out.context()).ok
    say(platform, f"Thanks, {out.channel.handle}", account=out.channel.remote_id, tag="yes")
    page = out.connector.read(Wanted(Read.MENTIONS), out.context())
    named = next(m for m in page.found if not out.connector.may_answer(m, m.at) or platform == "facebook")
    assert out.connector.do(Act.to(Action.REPLY, named, text="Welcome."), out.context()).ok is (
        platform == "instagram"
    )


def test_the_judge_of_meta_sees_a_wrong_name_and_a_wrong_value(tables):
    class Wrong(Sent):
        def __init__(self, path, body):
            self.method, self.path, self.query = "POST", path, {}
            self.kind, self.body = "application/x-www-form-urlencoded", body

    assert judge_meta("facebook", Wrong("/1/feed", b"message=a&colour=red")) == ["colour"]
    assert judge_meta("facebook", Wrong("/1/feed", b"message=a&published=perhaps")) == ["published='perhaps'"]
    assert judge_meta("facebook", Wrong("/1/nowhere", b"message=a")) == ["unknown call"]
