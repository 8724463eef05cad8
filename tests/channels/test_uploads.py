"""Long uploads go on where they stopped, have the time that they need, and are asked for before they begin."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from channels import wire
from channels.connectors import x as x_module
from channels.connectors.base import (
    Context,
    Interrupted,
    OutcomeKind,
    Safety,
    StepKind,
    StepSpec,
    TroubleKind,
)
from channels.connectors.bluesky import video
from channels.connectors.pieces import Sent, deadline_s
from channels.connectors.registry import CONNECTORS
from channels.wire import CALL_MAX_S
from tests.channels.conftest import payload
from tests.channels.test_doubt import Says, context

K = OutcomeKind
MB = 1_000_000


@pytest.fixture
def paths(monkeypatch):
    """The calls that are made, as "METHOD /path", and the seconds that each may take."""
    seen, late, real = [], [], wire.send

    def send(request, **more):
        seen.append(f"{request.method} {request.url.path}")
        late.append(more["total_s"])
        return real(request, **more)

    monkeypatch.setattr(wire, "send", send)
    return SimpleNamespace(seen=seen, late=late, count=lambda part: sum(part in each for each in seen))


@pytest.fixture
def settings_of(on_sandbox):
    """Turn a knob of the sandbox; afterwards it stands as before."""
    usual = {}

    def turn(name, value, before):
        usual[name] = before
        httpx.post(f"{on_sandbox}/_sandbox/settings", json={name: value}, trust_env=False).raise_for_status()

    yield turn
    httpx.post(f"{on_sandbox}/_sandbox/settings", json=usual, trust_env=False).raise_for_status()


# X ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def film(drive, clip, monkeypatch):
    """A video that X takes in four segments."""
    monkeypatch.setattr(x_module, "CHUNK_BYTES", clip["bytes"] // 4 + 1)
    text = f"River {uuid.uuid4().hex}"
    return drive(payload("x", "video", {"text": text, "media": [dict(clip)]}))


@pytest.mark.db
def test_an_upload_to_x_goes_on_with_the_segment_whose_answer_was_lost(film, fault, paths, ledger):
    fault("x", "/append", "lost_answer", skip=1)

    assert film.one("upload 1.1").kind is K.UNKNOWN
    assert film.refs["upload 1.1"]["sent"] == 1
    film.run()

    assert (paths.count("/initialize"), paths.count("/append"), paths.count("/finalize")) == (1, 5, 1)
    (row,) = ledger("x", film.payload["parts"][0]["text"])
    assert [m["sha256"] for m in row["media"]] == [film.payload["parts"][0]["media"][0]["sha256"]]


@pytest.mark.db
def test_an_upload_to_x_that_is_complete_is_asked_about(film, fault, paths, ledger):
    fault("x", "/finalize", "lost_answer")

    assert film.one("upload 1.1").kind is K.UNKNOWN
    film.run()

    assert (paths.count("/initialize"), paths.count("/append"), paths.count("/finalize")) == (1, 4, 1)
    assert len(ledger("x", film.payload["parts"][0]["text"])) == 1


@pytest.mark.db
def test_an_upload_to_x_whose_last_call_did_not_arrive_is_ended(film, fault, paths):
    fault("x", "/finalize", "cut")

    assert film.one("upload 1.1").kind is K.UNKNOWN
    assert film.one("upload 1.1").ok

    assert (paths.count("/append"), paths.count("/finalize")) == (4, 2)


@pytest.mark.db
@pytest.mark.parametrize(
    "change",
    [{"media_id": "1999999999999999999"}, {"usable_until": "2020-01-01T00:00:00+00:00"}, {"segment": 7}],
)
def test_an_upload_that_x_has_forgotten_begins_anew(film, fault, paths, change):
    fault("x", "/append", "lost_answer", skip=1)
    film.one("upload 1.1")
    film.refs["upload 1.1"] |= change

    assert film.one("upload 1.1").ok
    assert paths.count("/initialize") == 2


@pytest.mark.db
def test_an_upload_to_x_stops_when_its_row_is_no_longer_ours(film, paths):
    def lost(ref):
        raise Interrupted

    with pytest.raises(Interrupted):
        film.one("upload 1.1", keep=lost)
    assert paths.count("/append") == 0


# Time ---------------------------------------------------------------------------------------------------------------


@pytest.mark.unit
def test_a_large_file_has_more_time_than_a_small_one():
    assert deadline_s(0) == CALL_MAX_S
    assert deadline_s(300 * MB) == CALL_MAX_S + 1200
    assert deadline_s(10_000 * MB) == 1800


@pytest.mark.unit
def test_a_file_that_goes_out_in_one_form_prolongs_the_lease(tmp_path):
    path, renewed = tmp_path / "film.mp4", []
    path.write_bytes(bytes(3 * 1024 * 1024))

    with Sent(path, lambda: renewed.append(1)) as file:
        request = httpx.Request("POST", "http://n.example/", files={"media": ("film.mp4", file, "video/mp4")})
        body = b"".join(request.stream)

    assert len(renewed) == 4  # at each megabyte, and at the end
    assert int(request.headers["content-length"]) == len(body)


@pytest.mark.unit
def test_a_file_is_read_no_further_once_the_row_is_lost(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(10))

    def lost():
        raise Interrupted

    with Sent(path, lost) as file, pytest.raises(Interrupted):
        file.read(5)


@pytest.mark.db
@pytest.mark.parametrize(
    ("platform", "format", "call"),
    [
        ("bluesky", "thread", "uploadVideo"),
        ("mastodon", "thread", "/api/v2/media"),
        ("facebook", "reel", "/video-upload/"),
        ("x", "video", "/append"),
        ("tiktok", "video", "PUT /video/"),
        ("linkedin", "post", "dms-uploads"),
        ("whatsapp", "message", "/media"),
        ("youtube", "short", "PUT"),
    ],
)
def test_an_upload_has_the_time_that_its_bytes_need(drive, clip, paths, monkeypatch, platform, format, call):
    from tests.channels.conftest import profile_of

    monkeypatch.setattr("channels.connectors.pieces.LEAST_SPEED", 1)
    what = payload(platform, format, {"text": f"River {uuid.uuid4().hex}", "media": [dict(clip)]})
    going = drive(what | dict(profile_of(platform, format).OPTIONS))
    for step in going.steps():
        if step.kind is StepKind.COMMIT and platform not in (
            "tiktok",
            "youtube",
        ):  # there it is the upload that publishes
            break
        if step.kind is StepKind.COMMIT or step.key != "wait":
            going.one(step.key)

    late = [late for each, late in zip(paths.seen, paths.late, strict=True) if call.split()[-1] in each]
    assert late
    assert max(late) > CALL_MAX_S


# Bluesky: limits ----------------------------------------------------------------------------------------------------


def told(**said):
    return {"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 500 * MB} | said


@pytest.mark.unit
@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (told(), None, ""),
        ({}, None, ""),
        ({"canUpload": True}, None, ""),
        (told(remainingDailyVideos="many"), None, ""),
        (told(remainingDailyVideos=0, canUpload=False), K.RATE, "takes no videos from this account today"),
        (told(remainingDailyVideos=1), K.RATE, "takes 1 video from this account today; this post has 2"),
        (
            told(remainingDailyBytes=5 * MB),
            K.RATE,
            "takes 5 MB of video from this account today; this post has 80 MB",
        ),
        (told(canUpload=False, message="Please confirm"), K.CONTENT, "It says: Please confirm"),
        (told(canUpload=False), K.CONTENT, "confirmed?"),
    ],
)
def test_what_blueskys_limits_mean_for_a_post(said, kind, words):
    outcome = video.no_room(said, [{"bytes": 40 * MB}, {"bytes": 40 * MB}])

    assert (outcome and outcome.kind) is kind
    assert words in (outcome.message if outcome else "")
    assert outcome is None or outcome.alone is (kind is K.RATE)  # its account goes on posting


@pytest.mark.unit
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, []),
        (video.told_room(told(remainingDailyVideos=3)), ["took 3 videos and 500 MB of video more"]),
        (video.told_room({"canUpload": False}), ["took no videos"]),
    ],
)
def test_the_channels_page_tells_how_much_video_is_left(facts, words):
    found = CONNECTORS["bluesky"].told(SimpleNamespace(facts=facts))

    assert [any(word in each for each in found) for word in words] == [True] * len(words)
    assert bool(found) is bool(words)


@pytest.fixture
def clip_post(drive, clip):
    text = f"River {uuid.uuid4().hex}"
    return drive(payload("bluesky", "thread", {"text": text, "media": [dict(clip)]}))


@pytest.mark.db
def test_bluesky_is_asked_for_room_before_a_byte_of_video_is_sent(clip_post, settings_of, paths):
    settings_of("bluesky video bytes a day", 1000, 10 * 2**30)

    outcome = clip_post.one("limits")

    assert clip_post.steps()[0].key == "limits"
    assert (outcome.kind, outcome.code, outcome.alone) == (K.RATE, "video-limit", True)
    assert paths.count("uploadVideo") == 0
    (trouble,) = clip_post.connector.foreseen(clip_post.payload, clip_post.context())
    assert (trouble.kind, str(trouble)) == (TroubleKind.QUOTA, outcome.message)


@pytest.mark.db
def test_bluesky_takes_no_video_of_an_account_that_is_not_confirmed(clip_post, settings_of):
    settings_of("bluesky unconfirmed", True, False)

    outcome = clip_post.one("limits")

    assert outcome.kind is K.CONTENT
    assert "confirm your e-mail" in outcome.message
    assert clip_post.connector.account(clip_post.context())["facts"]["videos"] is False


@pytest.mark.db
def test_a_post_without_video_asks_nothing_about_video(drive, paths):
    post = drive(payload("bluesky", "thread", {"text": "River"}))

    assert not post.connector.foresees(post.payload)
    assert "limits" not in [step.key for step in post.steps()]


@pytest.mark.db
def test_a_server_that_does_not_know_the_question_stands_in_no_videos_way(clip_post, fault):
    fault("bluesky", "getUploadLimits", "refused")

    assert clip_post.one("limits").ok


@pytest.mark.db
def test_bluesky_goes_on_when_the_limits_cannot_be_read_for_the_account(clip_post, fault):
    fault("bluesky", "getUploadLimits", "lost_answer")

    assert clip_post.connector.account(clip_post.context())["handle"]


# Failures that pass -------------------------------------------------------------------------------------------------


def finish(going, key, *, turns=400):
    import time

    outcome = going.one(key)
    while outcome.kind is K.BUSY and not outcome.redo and turns:
        time.sleep(0.05)
        outcome, turns = going.one(key), turns - 1
    return outcome


@pytest.mark.db
@pytest.mark.parametrize(
    ("platform", "format", "until", "call", "redo", "undone"),
    [
        ("bluesky", "thread", "wait 1.1", "uploadVideo", ("upload 1.1",), ()),
        ("tiktok", "video", "wait", "PUT /video/", ("container", "commit"), ("commit",)),
    ],
)
def test_a_failure_in_processing_that_passes_is_tried_again(
    drive, files_server, clip, fault, ledger, platform, format, until, call, redo, undone
):
    from tests.channels.conftest import entry, profile_of

    folder, _ = files_server
    path = folder / f"again-{platform}.mp4"
    path.write_bytes((folder / clip["file"]).read_bytes() + b"\0\0\0\x08free")
    clip = clip | {
        k: v for k, v in entry(path, folder, "video", "video/mp4").items() if k in ("file", "sha256", "bytes")
    }
    text = f"River {uuid.uuid4().hex}"
    what = payload(platform, format, {"text": text, "media": [clip]})
    going = drive(what | dict(profile_of(platform, format).OPTIONS))
    fault(platform, call, "media_passing")
    going.run(until=until)

    outcome = finish(going, until)

    assert (outcome.kind, outcome.redo, outcome.undone) == (K.BUSY, redo, undone)
    assert "sent once more" in outcome.message
    for key in redo:
        going.refs.pop(key)
        assert going.one(key).ok
    assert finish(going, until).ok


@pytest.mark.unit
def test_what_fails_again_and_again_is_said_at_last():
    connector, kept = CONNECTORS["bluesky"], {}
    from channels.connectors.base import Outcome

    def fails():
        ctx = Context(
            None,
            SimpleNamespace(),
            datetime.now(UTC),
            refs=dict(kept),
            keep=lambda ref: kept.update({"wait": ref}),
        )
        failed = Outcome(K.UNKNOWN, code="generic_failure", message="Bluesky could not process the video.")
        return connector.once_more(
            StepSpec("wait", StepKind.WAIT, Safety.PURE), ctx, failed, redo=("upload",)
        )

    kinds = [fails() for _ in range(3)]

    assert [each.kind for each in kinds] == [K.BUSY, K.BUSY, K.CONTENT]
    assert timedelta(seconds=kinds[1].retry_after_s) > timedelta(seconds=kinds[0].retry_after_s)
    assert kinds[2].message == "Bluesky could not process the video."


@pytest.mark.unit
@pytest.mark.parametrize("code", [131052, 131053])
def test_a_file_that_whatsapp_could_not_take_is_offered_again_before_it_is_a_no(tmp_path, code):
    (tmp_path / "file").write_bytes(b"12345")
    refused = 400, {"error": {"code": code, "message": "x"}}
    kept: dict[str, Any] = {}
    what = {
        "parts": [{"text": "Look!", "media": [{"kind": "image", "mime": "image/jpeg"}]}],
        "options": {"recipients": "+4915155501001"},
    }
    steps = {
        "upload": StepSpec("upload", StepKind.UPLOAD, Safety.PURE),
        "commit": StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"person": 0}),
    }

    def outcome(key):
        ctx = context(
            Says(media=refused, messages=refused),
            payload=what,
            refs={"upload": {"id": "5"}} if key == "commit" else dict(kept),
            open_media=lambda medium: tmp_path / "file",
            keep=lambda ref: kept.update({"upload": ref}),
        )
        return CONNECTORS["whatsapp"].run(steps[key], ctx)

    assert [outcome("upload").kind for _ in range(3)] == [K.BUSY, K.BUSY, K.CONTENT]
    assert "the file" in outcome("upload").message
    assert outcome("commit").kind is K.CONTENT  # nothing of a message is ever sent twice


@pytest.mark.unit
def test_a_permission_that_was_withdrawn_meanwhile_and_given_again_lets_a_video_be_made_again():
    """Its state can only be read with a permission: so there is one again."""
    wire = Says(
        fetch=(200, {"data": {"status": "FAILED", "fail_reason": "auth_removed"}, "error": {"code": "ok"}})
    )
    what = {"format": "tiktok.video", "parts": [{"text": "Look!", "media": [{"kind": "video"}]}]}
    kept = {"commit": {"id": "v_pub_file~1"}}

    def outcome():
        ctx = context(wire, payload=what, refs=dict(kept), keep=lambda ref: kept.update({"wait": ref}))
        return CONNECTORS["tiktok"].run(StepSpec("wait", StepKind.WAIT, Safety.PURE), ctx)

    first, _, last = [outcome() for _ in range(3)]

    assert (first.kind, first.redo, first.undone) == (K.BUSY, ("container", "commit"), ("commit",))
    assert (last.kind, last.undone) == (K.CONTENT, ("commit",))
    assert "Reconnect" in last.message
