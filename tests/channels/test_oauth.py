"""The parts of OAuth that need no network."""

import logging

import pytest

from channels.connectors.registry import CONNECTORS
from channels.oauth import Account, Grant, OAuthFailed, require_safe
from channels.wire import Answer, AnswerLost, NotSent

pytestmark = pytest.mark.unit

FLOW = CONNECTORS["facebook"].oauth


def answer(status: int, body: bytes) -> Answer:
    return Answer("GET", "https://graph.example/", status, {}, body, 0.1)


def test_read_gives_the_body():
    assert FLOW.read(answer(200, b'{"access_token": "t"}')) == {"access_token": "t"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"error": {"message": "no", "code": 190}}', OAuthFailed),
        (200, b'{"error": {"message": "no", "code": 190}}', OAuthFailed),
        (400, b'{"error": {"message": "later", "code": 4}}', NotSent),
        (400, b'{"error": {"message": "later", "code": 2}}', NotSent),
        (429, b"{}", NotSent),
        (500, b"{}", AnswerLost),
        (200, b"<html>", AnswerLost),
    ],
)
def test_read_tells_no_from_not_now_and_from_nobody_knows(status, body, error):
    with pytest.raises(error):
        FLOW.read(answer(status, body))


@pytest.mark.parametrize("url", ["http://x.com/", "http://10.0.0.1/", "ftp://x.com/"])
def test_secrets_do_not_go_to_an_unsafe_address(url):
    with pytest.raises(OAuthFailed, match="not a safe address"):
        require_safe(url)


def test_nothing_shows_a_token():
    shown = repr(Grant("tok-secret", "ref-secret")) + repr(
        Account("1", "@a", "A", "", access_token="tok-secret", refresh_token="ref-secret")
    )

    assert "secret" not in shown


def test_libraries_that_log_secrets_are_kept_quiet():
    assert not logging.getLogger("requests_oauthlib.oauth2_session").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
