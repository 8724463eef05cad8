"""What a connector's class says of its network is refused, warned of and priced as it stands there."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine

from channels import health
from channels.connectors.abilities import Action, Media, Read, Version, Window
from channels.connectors.base import (
    LACKS_SCOPE,
    Connector,
    Context,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
)
from channels.connectors.hooks import NotGenuine, Webhook, require_signature
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, Message, MessageKind, Wanted
from channels.connectors.tiktok import connector as tiktok

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

MENDING = {Action.DELETE_COMMENT, Action.DELETE_POST, Action.EDIT_POST}


class Bare(Connector):
    platform = label = "Bare"

    def plan(self, payload, channel):
        return []

    def perform(self, step, ctx):
        return Outcome(OutcomeKind.OK)

    def classify(self, answer):
        return Outcome(OutcomeKind.BUG)


class Wireless:
    token, bytes_started_at = "", None


def ctx() -> Context:
    return Context(channel=None, wire=Wireless(), now=NOW)


@pytest.mark.parametrize("action", Action)
def test_what_a_network_does_not_offer_is_refused_by_name(action):
    outcome = Bare().do(Act(action, "1"), ctx())

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "UnsupportedFeature")
    assert "Bare cannot take" in outcome.message


@pytest.mark.parametrize("what", [Read.COMMENTS, Read.MENTIONS, Read.DIRECT])
def test_what_cannot_be_read_is_said_and_not_raised(what):
    page = Bare().read(Wanted(what, cursor="here"), ctx())

    assert (page.found, page.complete, page.cursor) == ((), False, "here")
    assert "Bare cannot take reading" in page.problem


def test_an_act_survives_its_row_and_carries_its_safety():
    class Answering(Bare):
        acts = {Action.REPLY: Safety.SEARCH, Action.HIDE: Safety.PURE}
        done: list = []

        def act(self, act, ctx):
            self.done.append(act)
            return Outcome(OutcomeKind.OK)

        def find(self, act, ctx):
            return Lookup(LookupKind.FOUND, remote_id=act.remote_id)

    message = Message("7", MessageKind.COMMENT, "Hi", NOW, author_id="9", post_id="5", raw={"cid": "x"})
    act = Act.to(Action.REPLY, message, text="Hello", key="k")
    network = Answering()

    step = network.step_of(act)

    assert (step.kind, step.safety) == (StepKind.ACT, Safety.SEARCH)
    assert network.run(step, ctx()).ok
    assert network.done == [act]
    assert network.lookup(step, ctx()).kind is LookupKind.FOUND
    hide = network.step_of(Act(Action.HIDE, "7"))
    assert (network.lookup(hide, ctx()).kind, network.lookup(hide, ctx()).complete) == (
        LookupKind.ABSENT,
        True,
    )


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 8, 1), ""),
        (date(2026, 10, 3), "in 90 days"),
        (date(2026, 12, 31), "in 1 day."),
        (date(2027, 1, 1), "ended on 1 January 2027"),
    ],
)
def test_the_end_of_a_version_is_told_ninety_days_before(today, said):
    warning = Version("v1", date(2027, 1, 1), "page").warning(today)

    assert bool(warning) is bool(said)
    assert said in warning
    assert Version("v1", None, "page").warning(today) == ""


def test_a_version_that_is_only_promised_says_so():
    kept = Version("v1", date(2027, 1, 1), "page", promised=True)

    assert kept.end == "until 1 January 2027 at least"
    assert "is kept until 1 January 2027 at least, in 90 days" in kept.warning(date(2026, 10, 3))
    assert "was promised until 1 January 2027 only" in kept.warning(date(2027, 1, 1))
    assert (Version("v1", None, "page").end, Version("v1", date(2027, 1, 1), "page").end) == (
        "no end announced",
        "until 1 January 2027",
    )


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_the_health_check_tells_a_versions_end_ninety_days_before(connector):
    """Each network names where its version's end was read, and when; the network's channels warn in time."""
    version = connector.version
    assert re.search(r"(, read \d{4}-\d\d-\d\d|, \d+ November 2026)$", version.source)
    assert "." in version.source.partition("/")[0] or version.source.startswith("https://")
    if version.ends_on is None:
        assert connector.platform in {"x", "threads", "youtube", "mastodon", "bluesky", "tiktok"}
        return

    def tones(day):
        with time_machine.travel(datetime.combine(day, datetime.min.time(), UTC), tick=False):
            channel = SimpleNamespace(platform=connector.platform)
            return [point.tone for point in health._version(channel, datetime.now(UTC))]

    assert tones(version.ends_on - timedelta(days=91)) == []
    assert tones(version.ends_on - timedelta(days=90)) == ["warn"]
    assert tones(version.ends_on - timedelta(days=1)) == ["warn"]
    assert tones(version.ends_on) == ["bad"]


def test_direct_messages_are_answered_within_the_window_only():
    class Timed(Bare):
        acts = {Action.REPLY: Safety.BLIND}
        window = Window(24, "page", "Send a template.")

    def said(kind, hours):
        return Timed().may_answer(Message("1", kind, "", NOW - timedelta(hours=hours)), NOW)

    assert said(MessageKind.DIRECT, 23.9) == ""
    assert "within 24 hours" in said(MessageKind.DIRECT, 24)
    assert "Send a template." in said(MessageKind.DIRECT, 24)
    assert said(MessageKind.COMMENT, 99) == ""
    assert "takes no answers" in Bare().may_answer(Message("1", MessageKind.COMMENT, "", NOW), NOW)


def test_only_the_networks_own_signature_is_taken():
    body, hook = b'{"entry":[]}', Webhook()
    good = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()

    require_signature(hook, body, {"x-hub-signature-256": good}, "secret")
    for headers, key, sent in [
        ({}, "secret", body),
        ({"x-hub-signature-256": good}, "other", body),
        ({"x-hub-signature-256": good}, "secret", body + b" "),
        ({"x-hub-signature-256": good.removeprefix("sha256=")}, "secret", body),
        ({"x-hub-signature-256": "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()}, "", body),
        ({"x-hub-signature-256": "sha256=ü"}, "secret", body),
    ]:
        with pytest.raises(NotGenuine):
            require_signature(hook, sent, headers, key)


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_every_network_can_do_what_its_class_says(connector):
    overrides = {name for cls in type(connector).__mro__[:-1] if cls is not Connector for name in vars(cls)}

    if connector.can - {Action.DELETE_POST}:
        assert "act" in overrides
    if Action.DELETE_POST in connector.can:
        assert overrides & {"delete", "act"}
    asked = {s for a, s in connector.acts.items() if s in {Safety.SEARCH, Safety.EXACT, Safety.PROBE}}
    assert not asked or "find" in overrides
    if connector.reads & {Read.COMMENTS, Read.MENTIONS, Read.DIRECT}:
        assert "messages" in overrides
    assert connector.webhook is None or "hints" in overrides
    assert not connector.prices or "costs" in overrides


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.platform)
def test_only_what_the_network_knows_as_such_is_mended(connector):
    """A call for posts or comments that names a direct message would find nothing, which counts as deleted."""
    assert set(connector.mends) <= set(connector.acts) & MENDING
    assert all(connector.mends.values())
    private = {action for action, kinds in connector.mends.items() if MessageKind.DIRECT in kinds}
    assert private == (MENDING & set(connector.acts) if connector.platform == "mastodon" else set())


# Accounts that were connected before a permission was asked for ------------------------------------------------------


def lives(platform, *scopes):
    """An account with these permissions, and a wire that nothing may be sent over."""
    from types import SimpleNamespace

    def call(*args, **kwargs):
        raise AssertionError("nothing may be asked")

    wire = SimpleNamespace(
        token="", bytes_started_at=None, get=call, post=call, delete=call, put=call, url=call
    )
    channel = SimpleNamespace(scopes=list(scopes), remote_id="1", handle="@us", facts={})
    return Context(channel=channel, wire=wire, now=NOW, intent_at=NOW)


def needs():
    return [(c, what, scope) for c in CONNECTORS for what, scope in c.needs.items()]


@pytest.mark.parametrize(
    ("connector", "what", "scope"), needs(), ids=lambda x: getattr(x, "platform", str(x))
)
def test_what_needs_a_missing_permission_is_not_tried_and_says_what_to_do(connector, what, scope):
    assert scope in connector.oauth.optional
    ctx = lives(connector.platform, *(set(connector.oauth.scopes) - {scope}))

    if isinstance(what, Read):
        page = connector.read(Wanted(what, PublishedRef("p", "1", ("1",), "", NOW)), ctx)
        outcome = page.outcome
        assert page.problem == outcome.message
    else:
        outcome = connector.do(Act(what, "1", text="Hello"), ctx)

    assert (outcome.kind, outcome.code) == (
        OutcomeKind.CONTENT,
        LACKS_SCOPE,
    )  # the account goes on publishing
    assert f"“{scope}” ({connector.oauth.scopes[scope]})" in outcome.message
    assert "Reconnect it under Channels" in outcome.message


def test_an_old_account_of_x_answers_no_messages_and_says_why():
    ctx = lives("x", *(set(CONNECTORS["x"].oauth.scopes) - {"dm.write"}))

    outcome = CONNECTORS["x"].do(Act(Action.REPLY, "1", "Hi", MessageKind.DIRECT, conversation_id="7"), ctx)

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, LACKS_SCOPE)
    assert "“dm.write”" in outcome.message


def test_an_account_whose_permissions_nobody_told_is_not_held_back():
    assert CONNECTORS["x"].lacking(lives("x").channel, "dm.read") == ""


@pytest.mark.unit
@pytest.mark.parametrize("platform", [c.platform for c in CONNECTORS if c.oauth.optional])
def test_an_optional_permission_that_is_missing_stands_in_no_posts_way(platform, monkeypatch):
    connector = CONNECTORS[platform]
    given = [scope for scope in connector.oauth.scopes if scope not in connector.oauth.optional]
    channel = SimpleNamespace(platform=platform, scopes=given, facts={}, extra={}, refresh_until=None)
    facts = {
        "facts": dict.fromkeys(("posts_today", "posts_a_day", "replies_today", "replies_a_day"))
        | {"active": True}
    }
    monkeypatch.setattr(type(connector), "account", lambda self, ctx: facts)
    monkeypatch.setattr("channels.connectors.linkedin.connector.key_troubles", lambda *a: [])
    monkeypatch.setattr(type(CONNECTORS["tiktok"]), "_data", lambda self, answer: {})
    monkeypatch.setattr(type(CONNECTORS["tiktok"]), "_creator_info", lambda self, ctx: {})
    wire = SimpleNamespace(url=lambda *a: "", get=lambda *a, **k: None)

    assert connector.check(SimpleNamespace(channel=channel, wire=wire, now=None)) == []
    channel.scopes = given[1:]
    assert len(connector.check(SimpleNamespace(channel=channel, wire=wire, now=None))) == 1


# Covers and captions ---------------------------------------------------------------------------------------------------


def videos():
    return [
        pytest.param(connector.platform, name.partition(".")[2], id=name)
        for connector in CONNECTORS
        for name in sorted(connector.publishes)
        if name in VIDEO_FORMATS
    ]


VIDEO_FORMATS = {
    "x.video",
    "facebook.reel",
    "instagram.reel",
    "threads.thread",
    "linkedin.post",
    "youtube.short",
    "mastodon.thread",
    "bluesky.thread",
    "whatsapp.message",
    "tiktok.video",
}


@pytest.mark.db
@pytest.mark.parametrize(("platform", "format"), videos())
def test_the_table_says_of_covers_and_captions_what_is_done(
    drive, clip, picture, files_server, platform, format
):
    from tests.channels.conftest import payload, profile_of

    folder, _ = files_server
    cover = picture("cover.jpg", size=(540, 960))
    (folder / "said.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    covered = {"cover": cover["file"], "cover_sha256": cover["sha256"], "cover_s": 1.0}
    medium = clip | covered | {"captions": {"file": "said.vtt"}}
    what = payload(platform, format, {"text": f"River {uuid.uuid4().hex}", "media": [medium]})
    going = drive(what | dict(profile_of(platform, format).OPTIONS))
    used, plain = {}, going.context

    def context(**more):
        ctx = plain(**more)

        def opened(entry):
            used[str(entry["file"])] = entry.get("sha256")
            return ctx.open_media(entry)

        def shown(entry):
            used[str(entry["file"])] = entry.get("sha256")
            return ctx.public_url(entry)

        return replace(ctx, open_media=opened, public_url=shown)

    going.context = context
    going.run()

    media = going.connector.media
    moment = platform == "tiktok" and "video_cover_timestamp_ms" in tiktok.post_info(going.payload)
    assert (cover["file"] in used or moment) is (Media.COVER in media)
    assert used.get(cover["file"], cover["sha256"]) == cover["sha256"]  # held against what was approved
    assert ("said.vtt" in used) is (Media.CAPTIONS in media)
