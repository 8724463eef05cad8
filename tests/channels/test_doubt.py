"""Answers that must not be believed, and permissions that an act needs: over a wire that says what a test wants."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    LACKS_SCOPE,
    Context,
    LookupKind,
    OutcomeKind,
    Safety,
    StepKind,
    StepSpec,
)
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind
from channels.wire import Answer, AnswerLost, NotSent

pytestmark = pytest.mark.unit

FACEBOOK, INSTAGRAM, THREADS = (CONNECTORS[name] for name in ("facebook", "instagram", "threads"))
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
K = OutcomeKind


class Says:
    """A wire whose answers are given beforehand, by the part of the address that they answer; it keeps what was asked."""

    token, bytes_started_at, network = "token", NOW, {"dialog": "https://f.example"}

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def url(self, host, path):
        return f"https://{host}.example{path}"

    def _call(self, method, url, **more):
        self.asked.append((method, url, more))
        found = next(value for part, value in self.answers.items() if part in f"{method} {url} {more}")
        if isinstance(found, Exception):
            raise found
        status, body = found
        return Answer(method, url, status, {}, json.dumps(body).encode(), 0.1)

    def get(self, url, **more):
        return self._call("GET", url, **more)

    def post(self, url, **more):
        return self._call("POST", url, **more)


def context(wire, **more):
    channel = SimpleNamespace(remote_id="17", handle="@river", scopes=[], facts={}, extra={})
    more.setdefault("channel", channel)
    return Context(wire=wire, now=NOW, intent_at=NOW - timedelta(seconds=30), **more)


def graph_error(code, subcode=None):
    return 400, {"error": {"code": code, "error_subcode": subcode, "message": "x"}}


# Instagram: an error answer to publishing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "state", "kind", "again"),
    [
        ((-1, 2207001), "PUBLISHED", K.UNKNOWN, False),
        ((-1, 2207001), "FINISHED", K.UNKNOWN, False),
        ((-1, 2207032), "ERROR", K.UNKNOWN, False),
        ((-1, 2207053), "IN_PROGRESS", K.UNKNOWN, False),
        ((24, 2207008), "EXPIRED", K.BUSY, True),
        ((24, 2207006), "PUBLISHED", K.UNKNOWN, False),
        ((4, 2207051), "PUBLISHED", K.UNKNOWN, False),
        ((4, 2207051), "FINISHED", K.PERMISSION, False),
        ((100, 2207028), "PUBLISHED", K.UNKNOWN, False),
        ((36004, 2207010), "FINISHED", K.CONTENT, False),
        ((9007, 2207027), "IN_PROGRESS", K.BUSY, False),
        ((9, 2207042), "FINISHED", K.RATE, False),
        ((190, 463), "FINISHED", K.AUTH, False),
    ],
)
@pytest.mark.parametrize("format", ["image", "story"])
def test_only_the_container_tells_whether_it_was_published(error, state, kind, again, format):
    wire = Says(media_publish=graph_error(*error), status_code=(200, {"status_code": state}))
    step = StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0})
    payload = {"format": f"instagram.{format}", "parts": [{"text": "", "media": [{"kind": "image"}]}]}
    refs = {"container 1.1": {"id": "5"}, "wait 1.1": {"id": "5"}}

    outcome = INSTAGRAM.run(step, context(wire, payload=payload, refs=refs))

    assert (outcome.kind, bool(outcome.redo)) == (kind, again)


@pytest.mark.parametrize(
    "lost", [AnswerLost("cut", "cut"), NotSent("no way", "connect"), graph_error(100, 33), graph_error(4)]
)
def test_a_container_that_cannot_be_asked_leaves_it_open(lost):
    wire = Says(media_publish=graph_error(-1, 2207001), status_code=lost)
    step = StepSpec("commit", StepKind.COMMIT, Safety.EXACT, data={"part": 0})
    payload = {"format": "instagram.image", "parts": [{"text": "", "media": [{"kind": "image"}]}]}

    outcome = INSTAGRAM.run(step, context(wire, payload=payload, refs={"container 1.1": {"id": "5"}}))

    assert (outcome.kind, outcome.redo) == (K.UNKNOWN, ())


# Facebook: what a reel says of itself ---------------------------------------------------------------------------------


def reel(**phases):
    status = {"video_status": phases.pop("video", "processing")}
    return 200, {"status": status | {f"{name}_phase": {"status": value} for name, value in phases.items()}}


@pytest.mark.parametrize(
    ("told", "kind", "complete"),
    [
        (reel(publishing="complete"), LookupKind.FOUND, True),
        (reel(video="error", publishing="complete"), LookupKind.FOUND, True),
        (reel(video="error"), LookupKind.ABSENT, True),
        (reel(processing="in_progress"), LookupKind.CANNOT, False),
        (reel(processing="complete"), LookupKind.ABSENT, True),
        (graph_error(4), LookupKind.CANNOT, False),
        (graph_error(190, 463), LookupKind.CANNOT, False),
        (graph_error(100, 33), LookupKind.CANNOT, False),
        ((500, {"error": {"code": 1}}), LookupKind.CANNOT, False),
        ((200, {"id": "5"}), LookupKind.CANNOT, False),
    ],
)
def test_a_reel_is_absent_only_where_facebook_says_so(told, kind, complete):
    step = StepSpec("commit", StepKind.COMMIT, Safety.EXACT)

    lookup = FACEBOOK.lookup(step, context(Says(status=told), refs={"container": {"id": "5"}}))

    assert (lookup.kind, lookup.complete) == (kind, complete)
    if told[0] != 200:
        assert lookup.outcome.kind in {K.RATE, K.AUTH, K.BUSY, K.UNKNOWN}


def test_a_reel_that_was_finished_already_is_looked_for():
    wire = Says(video_reels=graph_error(6000, 1363131))
    payload = {"parts": [{"text": "River", "media": [{"kind": "video"}]}]}
    step = StepSpec("commit", StepKind.COMMIT, Safety.EXACT)

    assert (
        FACEBOOK.run(step, context(wire, payload=payload, refs={"container": {"id": "5"}})).kind
        is K.DUPLICATE
    )


# Threads: an answer that does not say what it answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replied_to", "kind"),
    [
        ({"id": "88"}, LookupKind.FOUND),
        ({"id": "99"}, LookupKind.ABSENT),
        (None, LookupKind.CANNOT),
    ],
)
def test_thanks_to_somebody_else_are_not_taken_for_ours(replied_to, kind):
    row = {"id": "5", "text": "Thank you!", "permalink": "https://t.example/5"}
    row |= {"replied_to": replied_to} if replied_to else {}
    act = Act(Action.REPLY, "88", "Thank you!", MessageKind.COMMENT)

    lookup = THREADS.lookup(THREADS.step_of(act), context(Says(replies=(200, {"data": [row]}))))

    assert (lookup.kind, lookup.complete) == (kind, True)


# A conversation of which only the newest messages are told ---------------------------------------------------------------


@pytest.mark.parametrize("connector", [FACEBOOK, INSTAGRAM])
@pytest.mark.parametrize(
    ("count", "oldest_s", "complete"),
    [(3, 5, True), (20, 5, False), (20, 600, True)],
)
def test_an_answer_in_private_is_absent_only_where_the_list_reaches_back(
    connector, count, oldest_s, complete
):
    at = [NOW - timedelta(seconds=oldest_s if n == count - 1 else 1) for n in range(count)]
    rows = [
        {
            "id": f"m{n}",
            "from": {"id": "4"},
            "message": f"Hello {n}",
            "created_time": f"{t:%Y-%m-%dT%H:%M:%S}+0000",
        }
        for n, t in enumerate(at)
    ]
    talk = {"id": "t_1", "messages": {"data": rows}}
    act = Act(Action.REPLY, "m0", "We are open", MessageKind.DIRECT, person_id="4", conversation_id="t_1")

    lookup = connector.lookup(connector.step_of(act), context(Says(t_1=(200, talk))))

    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, complete)


# What an act needs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connector", [FACEBOOK, INSTAGRAM])
@pytest.mark.parametrize(
    ("act", "needs"),
    [
        (Act(Action.REPLY, "1", "Yes", MessageKind.COMMENT), Action.HIDE),
        (Act(Action.REPLY, "1", "Yes", MessageKind.REPLY), Action.HIDE),
        (Act(Action.REPLY, "1", "Yes", MessageKind.DIRECT, person_id="4"), Read.DIRECT),
        (Act(Action.COMMENT, "1", "Yes"), Action.HIDE),
    ],
)
def test_an_act_without_its_permission_is_not_tried(connector, act, needs):
    scope = connector.needs[needs]
    channel = SimpleNamespace(
        remote_id="17",
        handle="@river",
        facts={},
        extra={},
        scopes=[s for s in connector.oauth.scopes if s != scope],
    )
    wire = Says()

    outcome = connector.run(connector.step_of(act), context(wire, channel=channel))

    assert (outcome.kind, outcome.code) == (K.CONTENT, LACKS_SCOPE)
    assert scope in outcome.message
    assert wire.asked == []


def test_changing_our_comment_needs_more_than_changing_our_post():
    comment = Act(Action.EDIT_POST, "1", "Better", MessageKind.COMMENT)

    assert FACEBOOK.needed(comment) == "pages_manage_engagement"
    assert FACEBOOK.needed(Act(Action.EDIT_POST, "1", "Better")) == ""
