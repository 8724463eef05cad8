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
