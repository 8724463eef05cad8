"""What the networks document as refused, and the words that the owner of a post reads."""

from __future__ import annotations

import json

import pytest

from channels.connectors.base import OutcomeKind
from channels.connectors.bluesky import refusals as bluesky
from channels.connectors.registry import CONNECTORS
from channels.connectors.tiktok import errors as tiktok
from channels.connectors.youtube import errors as youtube
from channels.wire import Answer

pytestmark = pytest.mark.unit
K = OutcomeKind


def answer(status: int, body: dict, **headers: str) -> Answer:
    return Answer("POST", "https://n.example/", status, headers, json.dumps(body).encode(), 0.1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("validation_failure", "ten minutes"),
        ("encoding_failure", "convert"),
        ("pds_upload_failure", "account's server"),
        ("pds_upload_unsupported_blob_size", "as large"),
        ("generic_failure", "once more"),
        ("something_new", "could not process"),
        ("", "could not process"),
    ],
)
def test_why_bluesky_has_no_video(code, words):
    outcome = bluesky.video_failed(code, "Bad moov atom")

    assert (outcome.kind, outcome.code) == (K.CONTENT, code or "video-failed")
    assert words in outcome.message
    assert outcome.message.endswith("It says: Bad moov atom")
    assert bluesky.video_failed(code, "").message.endswith(".")


# platform notes, section on errors: code → what follows
DOCUMENTED = [
    ("tiktok", 401, {"error": {"code": "access_token_invalid"}}, K.AUTH),
    ("tiktok", 401, {"error": {"code": "scope_not_authorized"}}, K.AUTH),
    ("tiktok", 400, {"error": {"code": "invalid_param"}}, K.CONTENT),
    ("tiktok", 403, {"error": {"code": "privacy_level_option_mismatch"}}, K.CONTENT),
    ("tiktok", 403, {"error": {"code": "unaudited_client_can_only_post_to_private_accounts"}}, K.CONTENT),
    ("tiktok", 403, {"error": {"code": "url_ownership_unverified"}}, K.PERMISSION),
    ("tiktok", 403, {"error": {"code": "reached_active_user_cap"}}, K.RATE),
    ("tiktok", 403, {"error": {"code": "spam_risk_too_many_posts"}}, K.RATE),
    ("tiktok", 403, {"error": {"code": "spam_risk_too_many_pending_share"}}, K.RATE),
    ("tiktok", 403, {"error": {"code": "spam_risk_user_banned_from_posting"}}, K.PERMISSION),
    ("tiktok", 429, {"error": {"code": "rate_limit_exceeded"}}, K.RATE),
    ("tiktok", 500, {"error": {"code": "internal_error"}}, K.UNKNOWN),
    ("bluesky", 400, {"error": "ExpiredToken"}, K.AUTH),
    ("bluesky", 401, {"error": "AuthMissing"}, K.AUTH),
    ("bluesky", 403, {"error": "AccountTakedown"}, K.PERMISSION),
    ("bluesky", 400, {"error": "InvalidSwap"}, K.DUPLICATE),
    ("bluesky", 400, {"error": "BlobTooLarge"}, K.CONTENT),
    ("bluesky", 413, {"error": "PayloadTooLarge"}, K.CONTENT),
    ("bluesky", 400, {"error": "InvalidMimeType"}, K.CONTENT),
    ("bluesky", 403, {"error": "ScopeMissingError"}, K.PERMISSION),
    ("bluesky", 404, {"error": "XRPCNotSupported"}, K.CONTENT),
    ("bluesky", 429, {"error": "RateLimitExceeded"}, K.RATE),
    ("bluesky", 500, {"error": "InternalServerError"}, K.UNKNOWN),
    ("bluesky", 502, {"error": "UpstreamFailure"}, K.UNKNOWN),
    ("linkedin", 401, {"code": "REVOKED_ACCESS_TOKEN"}, K.AUTH),
    ("linkedin", 403, {"code": "ACCESS_DENIED"}, K.PERMISSION),
    ("linkedin", 409, {"code": "CONFLICT"}, K.UNKNOWN),
    ("linkedin", 422, {"message": "Content is a duplicate of urn:li:share:1"}, K.DUPLICATE),
    ("linkedin", 426, {"code": "NONEXISTENT_VERSION"}, K.PERMISSION),
    ("linkedin", 429, {"code": "TOO_MANY_REQUESTS"}, K.RATE),
    ("linkedin", 500, {}, K.UNKNOWN),
]


@pytest.mark.parametrize(("platform", "status", "body", "kind"), DOCUMENTED)
def test_what_is_documented_has_a_meaning_and_words(platform, status, body, kind):
    outcome = CONNECTORS[platform].classify(answer(status, body))

    assert outcome.kind is kind
    assert outcome.message.endswith((".", ")"))
    assert "{" not in outcome.message
    assert (outcome.retry_after_s is not None) is (kind is K.RATE)


@pytest.mark.parametrize("reason", sorted(tiktok.FAILED))
def test_why_tiktok_made_no_post_of_an_upload(reason):
    assert tiktok.failed(reason).message == tiktok.FAILED[reason]
    assert tiktok.failed("brand_new").message == "TikTok could not publish the post: brand_new."


@pytest.mark.parametrize("reason", sorted(youtube.REASONS))
def test_every_reason_of_youtube(reason):
    body = {"error": {"code": 403, "message": "x", "errors": [{"reason": reason, "domain": "youtube"}]}}
    outcome = CONNECTORS["youtube"].classify(answer(403, body))

    kind, wait_s, words = youtube.REASONS[reason]
    assert (outcome.kind, outcome.code, outcome.message) == (kind, reason, words)
    assert (outcome.retry_after_s is not None) is (wait_s is not None)
