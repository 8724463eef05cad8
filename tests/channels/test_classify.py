"""Every documented refusal and what it means, as tables. No network."""

import json
from datetime import UTC, datetime

import pytest

from channels.connectors import meta
from channels.connectors.base import OutcomeKind as K
from channels.connectors.registry import CONNECTORS
from channels.wire import Answer

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def answer(status: int, body=None, method: str = "POST", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(method, "https://api.example/2/x", status, headers, raw, 0.1, received_at=NOW)


def problem(name: str, title: str = "", detail: str = "", host: str = "api.x.com") -> dict:
    return {"type": f"https://{host}/2/problems/{name}", "title": title, "detail": detail}


X = [
    (400, problem("invalid-request", "Invalid Request"), K.CONTENT),
    (400, {"errors": [{"message": "Your media IDs are invalid."}], **problem("invalid-request")}, K.BUSY),
    (401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, K.AUTH),
    (402, problem("credits-depleted", "Payment Required", "credits depleted"), K.PERMISSION),
    (402, {"title": "CreditsDepleted", "type": "https://api.twitter.com/2/problems/credits"}, K.PERMISSION),
    (
        403,
        {"detail": "You are not allowed to create a Tweet with duplicate content.", "type": "about:blank"},
        K.DUPLICATE,
    ),
    (
        403,
        {"detail": "Reply to this conversation is not allowed because you have not been mentioned"},
        K.CONTENT,
    ),
    (403, {"detail": "You attempted to reply to a Tweet that is deleted or not visible to you."}, K.BUSY),
    (403, {"detail": "You are not permitted to perform this action."}, K.PERMISSION),
    (403, problem("client-forbidden", "Client Forbidden"), K.PERMISSION),
    (403, {"title": "Unsupported Authentication", "detail": "…"}, K.PERMISSION),
    (403, problem("user-suspended"), K.PERMISSION),
    (403, {"detail": "Your account is temporarily locked."}, K.PERMISSION),
    (403, {"detail": "A Tweet may contain a maximum of one cashtag"}, K.CONTENT),
    (403, {"detail": "This user is not allowed to post a video longer than 2 minutes"}, K.CONTENT),
    (403, {"detail": "The Tweet contains an invalid URL."}, K.CONTENT),
    (403, {"detail": "Something that nobody has seen yet"}, K.CONTENT),
    (404, problem("resource-not-found"), K.CONTENT),
    (413, b"too large", K.CONTENT),
    (418, {"detail": "teapot"}, K.CONTENT),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, K.RATE),
    (429, {"title": "Too Many Requests"}, K.RATE),
    (429, {"title": "UsageCapExceeded", **problem("usage-capped")}, K.RATE),
    (500, problem("internal-error"), K.UNKNOWN),
    (503, b"Service Unavailable", K.UNKNOWN),
    (201, b"<html>", K.UNKNOWN),
    (307, b"", K.BUG),
]


@pytest.mark.parametrize(("status", "body", "kind"), X)
def test_x(status, body, kind):
    outcome = CONNECTORS["x"].classify(answer(status, body))

    assert outcome.kind is kind
    assert outcome.message
    assert outcome.http_status == status


def test_x_waits_until_the_window_is_over():
    reset = str(int(NOW.timestamp()) + 125)

    outcome = CONNECTORS["x"].classify(answer(429, {}, x_rate_limit_reset=reset))

    assert outcome.retry_after_s == 125


def test_x_waits_a_day_when_the_monthly_cap_is_reached():
    assert CONNECTORS["x"].classify(answer(429, problem("usage-capped"))).retry_after_s == 86_400


def error(code, subcode=None, **more) -> dict:
    body = {"message": "irgendwas", "type": "OAuthException", "code": code, "fbtrace_id": "T1", **more}
    return {"error": body | ({"error_subcode": subcode} if subcode else {})}


META = [
    (400, error(1), K.UNKNOWN),
    (500, error(1), K.UNKNOWN),
    (400, error(1, 2853006), K.PERMISSION),
    (400, error(1, 2207057), K.CONTENT),
    (400, error(2), K.UNKNOWN),
    (400, error(3), K.PERMISSION),
    (400, error(4), K.RATE),
    (400, error(4, 2207051), K.PERMISSION),
    (400, error(9, 2207042), K.RATE),
    (400, error(10), K.PERMISSION),
    (400, error(17), K.RATE),
    (400, error(24, 2207006), K.BUSY),
    (400, error(24, 2207008), K.BUSY),
    (400, error(25, 2207050), K.PERMISSION),
    (400, error(32), K.RATE),
    (400, error(100), K.CONTENT),
    (400, error("100", 2207028), K.CONTENT),
    (400, error(102), K.AUTH),
    (400, error(190), K.AUTH),
    (401, error("190", "463"), K.AUTH),
    (400, error(190, 2069032), K.AUTH),
    (400, error(200), K.PERMISSION),
    (403, error(299), K.PERMISSION),
    (400, error(200, 2069030), K.CONTENT),
    (400, error(341), K.RATE),
    (400, error(352, 2207026), K.CONTENT),
    (400, error(368, is_transient=True), K.PERMISSION),
    (400, error(506), K.DUPLICATE),
    (400, error(613, 1996), K.RATE),
    (400, error(1366046), K.CONTENT),
    (400, error(100, 1366046), K.CONTENT),
    (400, error(1366051), K.DUPLICATE),
    (400, error(1390008), K.RATE),
    (400, error(1609005), K.CONTENT),
    (400, error(9004, 2207052), K.CONTENT),
    (400, error(9007, 2207027), K.BUSY),
    (400, error(36000, 2207004), K.CONTENT),
    (400, error(36001, 2207005), K.CONTENT),
    (400, error(36003, 2207009), K.CONTENT),
    (400, error(36004, 2207010), K.CONTENT),
    (400, error(-1, 2207001), K.BUSY),
    (400, error(-2, 2207003), K.BUSY),
    (400, error(80001), K.RATE),
    (400, error(80002), K.RATE),
    (400, error(4242), K.CONTENT),
    (200, error(190), K.AUTH),
    (500, {}, K.UNKNOWN),
    (502, b"<html>", K.UNKNOWN),
    (200, b"<html>", K.UNKNOWN),
    (429, {}, K.RATE),
]


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
@pytest.mark.parametrize(("status", "body", "kind"), META)
def test_meta(platform, status, body, kind):
    outcome = CONNECTORS[platform].classify(answer(status, body))

    assert outcome.kind is kind
    assert outcome.message
    assert "{" not in outcome.message


def test_meta_keeps_the_trace_id_and_the_codes():
    outcome = CONNECTORS["facebook"].classify(answer(400, error(190, 463)))

    assert (outcome.code, outcome.request_id) == ("190/463", "T1")


def test_meta_waits_the_minutes_of_the_header():
    usage = json.dumps({"1": [{"type": "pages", "estimated_time_to_regain_access": 7, "new_key": None}]})

    outcome = CONNECTORS["facebook"].classify(answer(400, error(80001), x_business_use_case_usage=usage))

    assert outcome.retry_after_s == 420


@pytest.mark.parametrize(
    "said", [error(1390008), error(100, 1390008), error(100, "1390008"), error(9, 2207042)]
)
def test_meta_waits_an_hour_where_the_account_posts_too_fast(said):
    outcome = CONNECTORS["facebook"].classify(answer(400, said))

    assert (outcome.kind, outcome.retry_after_s) == (K.RATE, 3600)


@pytest.mark.parametrize("usage", ["", "nonsense", "[]", '{"1": 5}'])
def test_meta_waits_a_while_when_the_header_says_nothing(usage):
    outcome = CONNECTORS["instagram"].classify(answer(400, error(4), x_business_use_case_usage=usage))

    assert outcome.retry_after_s == meta.DEFAULT_WAIT_S


def test_fresh_object_that_is_not_there_yet_is_asked_again_only_when_reading():
    assert CONNECTORS["instagram"].classify(answer(400, error(100, 33), method="GET")).kind is K.BUSY
    assert CONNECTORS["instagram"].classify(answer(400, error(100, 33), method="POST")).kind is K.CONTENT


@pytest.mark.parametrize(
    ("text", "subcode"), [("Error: … 2207026 …", 2207026), ("Finished", 0), ("12207026", 0)]
)
def test_subcode_in_a_status_text(text, subcode):
    assert meta.subcode_in(text) == subcode


@pytest.mark.parametrize("platform", [c.platform for c in CONNECTORS])
@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b'{"error": 7}', b'{"errors": [7]}', b""]
)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_odd_bodies_never_raise(platform, status, body):
    assert CONNECTORS[platform].classify(answer(status, body)).kind in K
