"""TikTok's answers as tables, how files are cut, signatures, and what is told about a video. No network."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.connectors.base import OutcomeKind as K
from channels.connectors.base import UnsupportedFeature
from channels.connectors.hooks import NotGenuine
from channels.connectors.registry import CONNECTORS
from channels.connectors.tiktok import connector, errors, flow, photos, upload
from channels.wire import Answer

pytestmark = pytest.mark.unit

VIDEO = {"kind": "video", "mime": "video/mp4", "file": "a.mp4", "alt": "", "bytes": 100}
MB = 1024 * 1024


def answer(status: int, body=None) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return Answer(
        "POST", "https://api.example", status, {}, raw, 0.1, received_at=datetime(2026, 11, 23, tzinfo=UTC)
    )


def said(code: str, message: str = "") -> dict:
    return {"data": {}, "error": {"code": code, "message": message, "log_id": "L1"}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, said("access_token_invalid"), K.AUTH),
        (401, said("scope_not_authorized"), K.AUTH),
        (400, said("scope_permission_missed"), K.PERMISSION),
        (400, said("invalid_param"), K.CONTENT),
        (400, said("something_new", "Whatever"), K.CONTENT),
        (403, said("unaudited_client_can_only_post_to_private_accounts"), K.CONTENT),
        (403, said("privacy_level_option_mismatch"), K.CONTENT),
        (200, said("spam_risk_too_many_posts"), K.RATE),
        (200, said("spam_risk_user_banned_from_posting"), K.PERMISSION),
        (200, said("reached_active_user_cap"), K.RATE),
        (429, said("rate_limit_exceeded"), K.RATE),
        (429, {}, K.RATE),
        (500, said("internal_error"), K.UNKNOWN),
        (502, b"<html>", K.UNKNOWN),
        (200, b"{", K.UNKNOWN),
        (401, {}, K.AUTH),
        (307, {}, K.BUG),
        (400, {"error": "invalid_request"}, K.CONTENT),
        (400, [], K.CONTENT),
    ],
)
def test_what_an_answer_means(status, body, kind):
    outcome = CONNECTORS["tiktok"].classify(answer(status, body))

    assert outcome.kind is kind
    assert outcome.message
    assert (outcome.retry_after_s is not None) is (kind is K.RATE)


def test_an_app_that_is_not_audited_is_explained():
    outcome = CONNECTORS["tiktok"].classify(
        answer(403, said("unaudited_client_can_only_post_to_private_accounts"))
    )

    assert "not audited our app" in outcome.message
    assert outcome.request_id == "L1"


def test_every_documented_code_and_reason_has_words():
    for code, (kind, wait_s, words) in errors.CODES.items():
        assert words.endswith("."), code
        assert (wait_s is not None) is (kind is K.RATE), code
    for reason in errors.FAILED:
        outcome = errors.failed(reason)
        assert outcome.message.endswith("."), reason
        assert (outcome.kind, outcome.undone) == (K.CONTENT, ("commit",)), (
            reason
        )  # there is no post: never "a part"
    assert "no reason" in errors.failed("").message


@pytest.mark.parametrize(
    ("size", "piece", "count"),
    [
        (1, 1, 1),
        (5 * MB - 1, 5 * MB - 1, 1),
        (9 * MB, 9 * MB, 1),
        (10 * MB, 8 * MB, 1),
        (16 * MB, 8 * MB, 2),
        (16 * MB + 1, 8 * MB, 2),
        (4_000_000_000, 8 * MB, 476),
    ],
)
def test_how_a_file_is_cut(size, piece, count):
    how = upload.cut(size)

    assert (how.piece, how.count) == (piece, count)
    assert how.about() == {"video_size": size, "chunk_size": piece, "total_chunk_count": count}


@given(st.integers(1, 20_000_000_000))
def test_every_cut_obeys_tiktoks_rules_and_covers_the_file(size):
    how = upload.cut(size)
    spans = [how.span(n) for n in (0, how.count - 1)]

    assert how.count == max(1, size // how.piece)
    assert 1 <= how.count <= 1000
    assert spans[0][0] == 0
    assert spans[-1][1] == size
    assert spans[-1][1] - spans[-1][0] <= 128 * MB
    if size >= 5 * MB:
        assert 5 * MB <= how.piece <= 64 * MB
    if how.count > 2:
        assert how.span(1) == (how.piece, 2 * how.piece)


def payload(*parts, **options) -> dict:
    whole = [{"text": "", "link": "", "media": []} | part for part in parts]
    return {"format": "tiktok.video", "parts": whole, "options": options}


def test_nothing_is_allowed_that_nobody_allowed():
    made = connector.post_info(payload({"text": "Hi"}, privacy="SELF_ONLY"))

    assert made == {
        "title": "Hi", "privacy_level": "SELF_ONLY", "disable_comment": True, "disable_duet": True,
        "disable_stitch": True, "brand_content_toggle": False, "brand_organic_toggle": False, "is_aigc": False,
    }  # fmt: skip
    with pytest.raises(UnsupportedFeature):
        connector.post_info(payload({"text": "Hi"}))


@pytest.mark.parametrize(
    "what",
    [
        payload({"text": "T"}),
        payload({"text": "T", "media": [VIDEO, VIDEO]}),
        payload({"text": "T", "media": [VIDEO]}, {"text": "U"}),
        payload({"text": "T", "media": [VIDEO], "link": "https://riverside.example"}),
        payload({"text": "T", "media": [VIDEO]}) | {"reply_to": "1"},
    ],
)
def test_what_it_cannot_take_is_refused_by_name(what):
    with pytest.raises(UnsupportedFeature):
        CONNECTORS["tiktok"].plan(what, None)


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 99}, False),
        ({"status": "PROCESSING_UPLOAD"}, False),
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 100}, True),
        ({"status": "PUBLISH_COMPLETE"}, True),
        ({"status": "FAILED"}, True),
        ({}, False),
    ],
)
def test_when_the_last_byte_is_there(state, there):
    assert connector.arrived(state, 100) is there


def signed(body: bytes, secret: str = "s3cret", at: str = "1764000000") -> dict[str, str]:
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"tiktok-signature": f"t={at},s={mac}"}


EVENT = {
    "client_key": "k", "event": "post.publish.publicly_available", "create_time": 1764000000, "user_openid": "o1",
    "content": json.dumps({"publish_id": "v_pub_file~1", "post_id": "7"}),
}  # fmt: skip


def test_a_signed_call_is_a_hint_and_nothing_more():
    body = json.dumps(EVENT).encode()

    (hint,) = CONNECTORS["tiktok"].hints(body, signed(body), "s3cret")

    assert (hint.account_id, hint.post_id) == ("o1", "v_pub_file~1")
    assert CONNECTORS["tiktok"].hints(body, signed(body), "s3cret") == [hint]  # repeats bear the same key
    other = json.dumps(EVENT | {"create_time": 1764000009}).encode()
    assert CONNECTORS["tiktok"].hints(other, signed(other), "s3cret")[0].key != hint.key


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"tiktok-signature": ""},
        {"tiktok-signature": "t=1764000000,s=00"},
        {"tiktok-signature": "s=1"},
        "other",
        "time",
    ],
)
def test_a_call_that_is_not_signed_is_refused(headers):
    body = json.dumps(EVENT).encode()
    if headers == "other":
        headers = signed(body, secret="another")
    elif headers == "time":
        headers = {"tiktok-signature": signed(body)["tiktok-signature"].replace("t=17", "t=18")}
    with pytest.raises(NotGenuine):
        CONNECTORS["tiktok"].hints(body, headers, "s3cret")
    with pytest.raises(NotGenuine):
        CONNECTORS["tiktok"].hints(body, signed(body, secret=""), "")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"content": "no json", "event": "x"}'])
def test_a_signed_call_that_cannot_be_read_says_nothing(body):
    assert CONNECTORS["tiktok"].hints(body, signed(body), "s3cret") == []


def test_only_fields_that_were_allowed_are_asked_for():
    assert "follower_count" not in flow.fields_for({"user.info.basic", "user.info.profile"})
    assert flow.fields_for({"user.info.basic"}) == "open_id,union_id,display_name,avatar_url"


# Covers and photo posts ---------------------------------------------------------------------------------------------

PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A weir", "bytes": 100}


def photo_payload(*media, text="A\n\nB", **options):
    options = {"privacy": "PUBLIC_TO_EVERYONE", "comment": True} | options
    part = {"text": text, "link": "", "media": list(media) or [PICTURE]}
    return {"format": "tiktok.photo", "platform": "tiktok", "options": options, "parts": [part]}


def test_the_moment_of_the_cover_is_told_where_it_is_known():
    options = {"privacy": "SELF_ONLY"}
    part = {"text": "t", "media": [VIDEO | {"cover_s": 1.25}]}

    said = connector.post_info({"options": options, "parts": [part]})

    assert said["video_cover_timestamp_ms"] == 1250
    assert "video_cover_timestamp_ms" not in connector.post_info(
        {"options": options, "parts": [{"text": "t"}]}
    )


def test_a_photo_post_is_one_public_call_that_is_looked_for():
    steps = CONNECTORS["tiktok"].plan(photo_payload(PICTURE, PICTURE), None)

    assert [(step.key, step.safety) for step in steps] == [
        ("creator", "pure"),
        ("commit", "search"),
        ("wait", "pure"),
        ("verify", "pure"),
    ]
    assert not any(step.stage for step in steps)


def test_what_is_told_about_a_photo_post():
    said = connector.post_info(photo_payload(branded=True))

    body = photos.body(said, "A\n\nB", {"music": True}, ["https://a.example/1.jpg"])

    assert body == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": False,
            "brand_content_toggle": True,
            "brand_organic_toggle": False,
            "description": "A\n\nB",
            "auto_add_music": True,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://a.example/1.jpg"],
            "photo_cover_index": 0,
        },
    }


@pytest.mark.parametrize(
    "media", [[VIDEO], [PICTURE] * 36, [PICTURE, VIDEO], [PICTURE | {"mime": "image/png"}]]
)
def test_what_no_photo_post_can_be_is_refused(media):
    with pytest.raises(UnsupportedFeature):
        CONNECTORS["tiktok"].plan(photo_payload(*media), None)


INTENT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def listed(id="7", text="A B", after_s=5):
    at = int(INTENT.timestamp()) + after_s
    return {"id": id, "create_time": at, "video_description": text, "share_url": f"https://t.example/{id}"}


def test_a_lost_photo_post_is_found_among_the_newest_or_left_to_a_person():
    late = INTENT + photos.PATIENCE + timedelta(seconds=1)
    found = photos.found([listed(), listed("8", "Other")], "A\n\nB", INTENT, INTENT)
    assert (found.kind, found.remote_id, found.remote_url) == ("found", "7", "https://t.example/7")

    for posts in ([], [listed(after_s=-61)], [listed(), listed("9")], [listed(text="A")]):
        look = photos.found(posts, "A\n\nB", INTENT, late)
        assert (look.kind, look.complete) == ("cannot", True)  # never sent again by itself
        assert look.reason
    assert not photos.found([], "A", INTENT, INTENT).complete  # it is asked again for a while
    assert photos.found([listed(), listed("9")], "A B", INTENT, INTENT).complete
    assert photos.found([listed(text="x" * 150)], "x" * 400, INTENT, INTENT).kind == "found"
    assert photos.found([listed(text="")], "", INTENT, late).kind == "cannot"
