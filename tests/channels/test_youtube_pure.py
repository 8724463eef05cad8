"""YouTube's answers as tables, and the pure parts of its connector. No network."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from channels.connectors.base import OutcomeKind as K
from channels.connectors.base import UnsupportedFeature
from channels.connectors.registry import CONNECTORS
from channels.connectors.youtube import connector, errors, numbers, upload
from channels.wire import Answer

pytestmark = pytest.mark.unit

VIDEO = {
    "kind": "video",
    "mime": "video/mp4",
    "file": "a.mp4",
    "alt": "",
    "cover": "a.jpg",
    "captions": {"file": "a"},
}
PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}


def answer(status: int, body=None, at=datetime(2026, 11, 23, 18, tzinfo=UTC), **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("POST", "https://api.example", status, headers, raw, 0.1, received_at=at)


def refusal(reason: str, message: str = "") -> dict:
    return {"error": {"code": 400, "message": message, "errors": [{"reason": reason, "domain": "youtube"}]}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, refusal("invalidTitle"), K.CONTENT),
        (400, refusal("uploadLimitExceeded"), K.RATE),
        (400, refusal("somethingNew", "Whatever"), K.CONTENT),
        (400, refusal("processingFailure"), K.UNKNOWN),
        (401, refusal("authError"), K.AUTH),
        (401, {}, K.AUTH),
        (401, refusal("youtubeSignupRequired"), K.PERMISSION),
        (403, refusal("quotaExceeded"), K.RATE),
        (403, refusal("rateLimitExceeded"), K.RATE),
        (403, refusal("insufficientPermissions"), K.AUTH),
        (403, {"error": {"details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}, K.AUTH),
        (403, refusal("forbidden"), K.PERMISSION),
        (403, refusal("commentsDisabled"), K.CONTENT),
        (404, refusal("videoNotFound"), K.CONTENT),
        (409, refusal("captionExists"), K.DUPLICATE),
        (429, {}, K.RATE),
        (503, refusal("backendError"), K.UNKNOWN),
        (500, b"<html>", K.UNKNOWN),
        (307, {}, K.BUG),
        (200, b"{", K.UNKNOWN),
        (400, {"error": "invalid_request"}, K.CONTENT),
        (400, {"error": {"errors": "none"}}, K.CONTENT),
        (400, [], K.CONTENT),
    ],
)  # fmt: skip
def test_what_an_answer_means(status, body, kind):
    outcome = CONNECTORS["youtube"].classify(answer(status, body))

    assert outcome.kind is kind
    assert outcome.message
    assert (outcome.retry_after_s is not None) is (kind is K.RATE)


def test_every_documented_reason_has_words_for_people():
    for reason, (kind, wait_s, words) in errors.REASONS.items():
        assert words.endswith("."), reason
        assert (wait_s is not None) is (kind is K.RATE), reason


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(2026, 11, 23, 18, tzinfo=UTC), 14),  # 10:00 in California
        (datetime(2026, 7, 1, 6, 59, tzinfo=UTC), 1 / 60),
        (datetime(2026, 11, 1, 7, tzinfo=UTC), 25),  # the night the clocks go back
    ],
)
def test_the_day_of_quota_ends_at_midnight_in_california(at, hours):
    assert errors.until_midnight(at) == pytest.approx(hours * 3600)


def payload(*parts, **more) -> dict:
    return {
        "format": "youtube.short",
        "language": "en",
        "parts": [{"text": "", "link": "", "media": []} | p for p in parts],
    } | more


def test_a_plan_with_cover_and_captions_and_what_it_costs():
    steps = CONNECTORS["youtube"].plan(payload({"text": "T", "media": [VIDEO]}), None)

    assert [step.key for step in steps] == [
        "session",
        "upload",
        "wait",
        "thumbnail",
        "captions",
        "commit",
        "verify",
    ]
    assert connector.units(steps) == 502
    bare = CONNECTORS["youtube"].plan(
        payload({"text": "T", "media": [{**VIDEO, "cover": None, "captions": None}]}), None
    )
    assert [step.key for step in bare] == ["session", "upload", "wait", "commit", "verify"]


@pytest.mark.parametrize(
    "what",
    [
        payload({"text": "T"}),
        payload({"text": "T", "media": [PICTURE]}),
        payload({"text": "T", "media": [VIDEO, VIDEO]}),
        payload({"text": "T", "media": [VIDEO]}, {"text": "U"}),
        payload({"text": "T", "media": [VIDEO], "link": "https://riverside.example"}),
        payload({"text": "T", "media": [VIDEO]}, reply_to="1"),
    ],
)
def test_what_it_cannot_take_is_refused_by_name(what):
    with pytest.raises(UnsupportedFeature):
        CONNECTORS["youtube"].plan(what, None)


def test_title_and_description_come_from_the_text():
    what = payload({"text": "The title\n\nThe first line\nThe second"}, options={"tags": " a, b c ,,a"})

    made = connector.snippet(what)

    assert (made["title"], made["description"]) == ("The title", "The first line\nThe second")
    assert made["tags"] == ["a", "b c"]


@pytest.mark.parametrize(("header", "have"), [("bytes=0-99", 100), ("0-0", 1), ("", 0), ("bytes 5-9", 0)])
def test_how_far_an_upload_has_come(header, have):
    assert upload.received(answer(308, range=header)) == have


def test_hidden_counts_are_unknown():
    made = numbers.normalised({"viewCount": "12"}, {"estimatedMinutesWatched": 3})

    assert (made["views"], made["likes"], made["comments"]) == (12, None, None)
    assert made["watch_time_s"] == 180
    assert made["reach"] is None
