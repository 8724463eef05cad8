"""Reels: what is sent of them when something gets lost on the way, and what belongs to them."""

from __future__ import annotations

import hashlib
import time
import uuid

import httpx
import pytest

from channels.connectors.base import OutcomeKind
from channels.connectors.facebook_reel import locale_of
from channels.connectors.pieces import pieces, spans
from tests.channels.conftest import payload

pytestmark = pytest.mark.db  # no database, but a server


@pytest.fixture
def reel(drive, clip, picture, files_server):
    """A reel with captions and a cover, of which nothing has been sent yet."""
    folder, _ = files_server
    track = folder / "reel.vtt"
    track.write_text("WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nThe river is clean.\n")
    said = {"file": "reel.vtt", "sha256": hashlib.sha256(track.read_bytes()).hexdigest()}
    cover = picture("reel-cover.jpg", size=(1080, 1920))["file"]
    what = payload(
        "facebook",
        "reel",
        {"text": f"River {uuid.uuid4().hex}", "media": [clip | {"captions": said, "cover": cover}]},
    )
    return drive(what)


def state(drive) -> dict:
    return drive.connector._reel_told(drive.context())


def test_what_has_come_already_is_not_sent_again(reel, files_server, ledger, monkeypatch):
    folder, _ = files_server
    reel.run(until="upload")
    whole = (folder / reel.payload["parts"][0]["media"][0]["file"]).read_bytes()
    half = len(whole) // 2
    headers = {"Authorization": f"OAuth {reel.token}", "offset": "0", "file_size": str(len(whole))}
    url = reel.refs["container"]["upload_url"]
    httpx.post(url, content=whole[:half], headers=headers, trust_env=False).raise_for_status()
    asked = []
    from channels import wire

    real = wire.send
    monkeypatch.setattr(wire, "send", lambda request, **more: asked.append(request) or real(request, **more))

    assert reel.one("upload").ok

    sent = next(request for request in asked if request.method == "POST")
    assert (sent.headers["offset"], sent.headers["content-length"]) == (str(half), str(len(whole) - half))
    reel.run()
    (row,) = ledger("facebook", reel.payload["parts"][0]["text"])
    assert row["media"][0]["sha256"] == hashlib.sha256(whole).hexdigest()


def test_a_lost_answer_to_the_last_byte_is_no_refusal(reel, fault):
    reel.run(until="upload")
    fault("facebook", "POST /video-upload/", "lost_answer")
    assert reel.one("upload").kind is OutcomeKind.UNKNOWN

    assert reel.one("upload").ok
    assert state(reel)["uploading_phase"]["status"] == "complete"


def test_cover_and_captions_follow_the_reel(reel):
    keys = [step.key for step in reel.steps()]
    assert keys == ["container", "upload", "wait", "commit", "thumbnail", "captions", "verify"]
    assert not any(step.required for step in reel.steps()[4:])
    reel.run(until="thumbnail")
    early = reel.one("captions")
    assert early.ok or (early.kind, early.code) == (OutcomeKind.BUSY, "processing")
    end = time.monotonic() + 20
    while not (outcome := reel.one("thumbnail")).ok:
        assert outcome.kind is OutcomeKind.BUSY, outcome
        assert time.monotonic() < end
        time.sleep(0.1)

    assert reel.one("captions").ok

    ctx = reel.context()
    told = ctx.wire.get(reel.connector._of_reel(ctx, "captions")).data["data"]
    assert told == [{"locale": "en_US", "is_default": True}]
    assert reel.one("captions").ok  # a repeat does no harm


@pytest.mark.parametrize("key", ["thumbnail", "captions", "comment", "verify"])
def test_what_fails_after_it_was_handed_over_is_said_with_facebooks_reason(reel, monkeypatch, key):
    """Also where the reason may pass: nothing is sent once more, so nothing will come of it."""
    reel.payload["options"] = {"first_comment": "Where we meet."}
    errors = [{"code": 1363047, "message": "An unknown error."}]
    failed = {"video_status": "error", "processing_phase": {"status": "error", "errors": errors}}
    monkeypatch.setattr(type(reel.connector), "_reel_told", lambda self, ctx: failed)
    reel.refs |= {"container": {"id": "7"}, "commit": {"id": "7"}}

    outcome = reel.one(key)

    assert (outcome.kind, outcome.code, outcome.undone) == (OutcomeKind.CONTENT, "1363047", ("commit",))
    assert outcome.message


@pytest.mark.parametrize("platform", ["facebook", "x"])
def test_captions_that_cannot_be_read_are_left_out_with_the_reason(platform, drive, reel, files_server):
    track = files_server[0] / "reel.vtt"
    track.write_text("WEBVTT\n\nlost words\n")
    clip = reel.payload["parts"][0]["media"][0]
    clip["captions"]["sha256"] = hashlib.sha256(track.read_bytes()).hexdigest()
    other = payload("x", "video", {"text": f"River {uuid.uuid4().hex}", "media": [clip]})
    run = reel if platform == "facebook" else drive(other)
    (step,) = [step for step in run.steps() if step.key.startswith("captions")]
    run.run(until=step.key)

    end = time.monotonic() + 20
    while (outcome := run.one(step.key)).kind is OutcomeKind.BUSY:
        assert time.monotonic() < end
        time.sleep(0.1)

    assert not step.required
    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "captions")
    assert "“lost words” stands where a time was expected" in outcome.message


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "en_US"),
        ("en-GB", "en_GB"),
        ("de", "de_DE"),
        ("uk", "uk_UA"),
        ("pt-br", "pt_BR"),
        ("sv", "sv_SE"),
    ],
)
def test_languages_by_facebooks_names(language, locale):
    assert locale_of(language) == locale


# Pieces -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("have", "size", "wanted"),
    [
        (0, 10, [(0, 4), (4, 8), (8, 10)]),
        (8, 10, [(8, 10)]),
        (10, 10, []),
        (0, 0, []),
        (3, 8, [(3, 7), (7, 8)]),
    ],
)
def test_what_is_left_of_a_file(tmp_path, have, size, wanted):
    path = tmp_path / "film"
    path.write_bytes(bytes(range(size)))
    renewed = []

    assert list(spans(have, size, 4)) == wanted
    assert b"".join(pieces(path, spans(have, size, 4), lambda: renewed.append(1))) == bytes(range(have, size))
    assert len(renewed) == len(wanted)


def test_nothing_is_read_once_the_lease_is_lost(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"abcdef")

    def lost():
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        next(pieces(path, [(0, 3)], lost))
