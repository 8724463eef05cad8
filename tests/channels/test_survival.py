"""Any instance's answers are survived: whatever a server says, a connector returns an outcome and never guesses.

No sandbox: the answers are made up here and put in the wire's place, for every registered connector.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace

import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import Context, LookupKind, OutcomeKind, PublishedRef, Safety, StepKind
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from channels.wire import Answer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HTML = b"<!doctype html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"


class Canned:
    """A wire whose every call has the same answer."""

    def __init__(self, platform: str, status: int, body: bytes = b"", headers: dict | None = None):
        from channels.wire import Wire

        self._real = Wire(platform, token="t0ken-of-tests", server="https://a.example")
        self.network, self.token = self._real.network, self._real.token
        self.platform, self.answers = platform, 1
        self.bytes_started_at: datetime | None = NOW
        self._answer = (status, body, headers or {})

    def url(self, part: str, path: str) -> str:
        return self._real.url(part, path)

    def call(self, method: str, url: str, **more) -> Answer:
        status, body, headers = self._answer
        for held in (more.get("content"), *(more.get("files") or {}).values()):
            if hasattr(held, "__next__"):
                list(held)  # a network reads what it is sent
        return Answer(method, url, status, headers, body, 0.01, received_at=NOW)

    def get(self, url, **more):
        return self.call("GET", url, **more)

    def post(self, url, **more):
        return self.call("POST", url, **more)

    def put(self, url, **more):
        return self.call("PUT", url, **more)

    def delete(self, url, **more):
        return self.call("DELETE", url, **more)


def context(platform: str, status: int, body: bytes = b"", headers: dict | None = None, **more) -> Context:
    channel = SimpleNamespace(
        pk=1,
        platform=platform,
        remote_id="42",
        handle="@river",
        url="https://a.example/@river",
        scopes=[],
        server="https://a.example",
        facts={},
        extra={},
    )
    return Context(
        channel=channel, wire=Canned(platform, status, body, headers), now=NOW, intent_at=NOW, **more
    )


@pytest.fixture(params=list(CONNECTORS), ids=lambda c: c.platform)
def connector(request):
    return request.param


def acts_of(connector) -> list[Act]:
    kinds = {
        "kind": MessageKind.COMMENT,
        "text": "Hello",
        "post_id": "7",
        "person_id": "8",
        "conversation_id": "9",
    }
    return [Act(action, "5", key="k", data={"id": "5"}, **kinds) for action in connector.acts]


@pytest.mark.parametrize("status", [302, 404, 429, 500, 503, 599])
def test_html_instead_of_an_answer_is_classified_and_its_markup_not_shown(connector, status):
    outcome = connector.classify(
        Answer("GET", "https://a.example/", status, {"content-type": "text/html"}, HTML, 0.1)
    )

    assert not outcome.ok
    assert outcome.message
    assert "<" not in outcome.message
    if status >= 500:
        assert outcome.kind in {OutcomeKind.UNKNOWN, OutcomeKind.BUSY}
    if status == 429:
        assert outcome.kind is OutcomeKind.RATE
        assert outcome.retry_after_s is None or outcome.retry_after_s > 0


BODIES = (
    b"",
    b"null",
    b"[]",
    b'""',
    b"{}",
    b'{"data": null}',
    b'{"data": []}',
    b'{"error": "no"}',
    b'{"error": []}',
    b'{"errors": "none"}',
    b'{"id": null}',
    b'{"error": {"code": "abc", "error_subcode": {}}}',
    b"\xff\xfe\x00",
    b"[" * 2000,
)


@pytest.mark.parametrize("status", [200, 204, 400, 403, 422])
def test_whatever_is_in_a_body_no_act_is_taken_for_done_by_accident_and_nothing_is_raised(connector, status):
    for act, body in product(acts_of(connector), BODIES):
        outcome = connector.do(act, context(connector.platform, status, body))

        assert outcome.kind is not OutcomeKind.BUG, (act.action, outcome)
        if act.action is Action.REPLY:
            assert not outcome.ok, (act.action, outcome)  # a new message without an id is none
        if status >= 400:
            assert not outcome.ok or act.action in {Action.DELETE_COMMENT, Action.DELETE_POST}, (
                act.action,
                outcome,
            )


def test_a_list_that_cannot_be_read_is_no_empty_list_of_messages(connector):
    post = PublishedRef("p", "42_7", ("42_7",), "any.post", NOW)
    wanted = connector.reads & {Read.COMMENTS, Read.MENTIONS, Read.DIRECT}
    for what, body in product(wanted, (b"", b"null", b"7", b'{"data": 5}', b'{"data": [null]}', HTML)):
        page = connector.read(Wanted(what, post, since=NOW), context(connector.platform, 200, body))

        assert page.found == ()
        assert not page.complete or not page.problem


def test_answers_without_any_header_are_read(connector):
    for status in (200, 400, 401, 403, 404, 429, 503):
        answer = Answer("POST", "https://a.example/", status, {}, b'{"error": {"message": "no"}}', 0.1)
        outcome = connector.classify(answer)
        assert outcome.request_id == ""
        assert outcome.retry_after_s is None or outcome.retry_after_s > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "soon"},
        {"retry-after": "-5"},
        {"retry-after": "inf"},
        {"retry-after": "1e400"},
        {"x-rate-limit-reset": "tomorrow", "x-ratelimit-reset": "yesterday", "ratelimit-reset": "never"},
        {"x-rate-limit-reset": "nan", "x-ratelimit-reset": "", "ratelimit-reset": "-1"},
        {"x-business-use-case-usage": "[[", "x-app-usage": "7"},
    ],
)
def test_headers_that_make_no_sense_give_a_wait_that_does(connector, headers):
    outcome = connector.classify(
        Answer("POST", "https://a.example/", 429, headers, b"{}", 0.1, received_at=NOW)
    )

    assert outcome.kind is OutcomeKind.RATE
    assert outcome.retry_after_s is None or 0 < outcome.retry_after_s < 10**7


def test_ids_are_opaque_texts(connector):
    """An id is never reckoned with: whatever its shape, an act on it comes to an outcome."""
    shapes = ("0", "abc", "3mf6z2", "at://did:plc:x/app.bsky.feed.post/3k", "🜁", "9" * 60)
    for action, remote_id in product(connector.acts, shapes):
        act = Act(action, remote_id, text="Hello", kind=MessageKind.COMMENT, post_id=remote_id, key="k")
        outcome = connector.do(
            act, context(connector.platform, 404, b'{"error": {"code": 100, "error_subcode": 33}}')
        )
        assert outcome.kind is not OutcomeKind.BUG, (action, outcome)


def test_a_lookup_of_an_act_that_cannot_be_read_is_no_absence(connector):
    for act in acts_of(connector):
        safety = connector.acts[act.action]
        if safety in {Safety.SEARCH, Safety.EXACT}:
            step = connector.step_of(act)
            assert step.kind is StepKind.ACT
            for status, body in [(502, HTML), (200, HTML), (200, b"7"), (429, b"{}"), (401, b"{}")]:
                lookup = connector.lookup(step, context(connector.platform, status, body))
                assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False), (
                    act.action,
                    status,
                    body,
                    lookup,
                )


def test_a_token_that_a_server_repeats_is_not_shown(connector):
    body = json.dumps(
        {"error": {"message": "bad token t0ken-of-tests"}, "detail": "t0ken-of-tests", "title": "x"}
    )
    for act in acts_of(connector):
        outcome = connector.do(act, context(connector.platform, 400, body.encode()))
        assert "t0ken-of-tests" not in outcome.message + outcome.code
