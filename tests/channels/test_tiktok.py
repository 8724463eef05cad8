"""TikTok, over real HTTP against the sandbox: pieces that go on, what the account may choose, what became of it."""

from __future__ import annotations

import struct
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from channels import wire
from channels.connectors.base import LookupKind, OutcomeKind, PublishedRef, TroubleKind
from channels.connectors.tiktok import upload
from channels.oauth import OAuthFailed
from tests.channels.conftest import entry

pytestmark = pytest.mark.db  # no database, but a server: not for the fast group

OPTIONS = {"privacy": "PUBLIC_TO_EVERYONE", "comment": True, "duet": False, "stitch": False}


@pytest.fixture
def knob(on_sandbox):
    """Turn a knob of the stand-in; it is turned back afterwards."""
    back = {"tiktok audited": True, "tiktok creator": {}, "tiktok posts a day": 15}

    def turn(**values):
        named = {f"tiktok {name.replace('_', ' ')}": value for name, value in values.items()}
        httpx.post(f"{on_sandbox}/_sandbox/settings", json=named, trust_env=False).raise_for_status()

    yield turn
    httpx.post(f"{on_sandbox}/_sandbox/settings", json=back, trust_env=False)


@pytest.fixture
def film(drive, clip):
    text = f"Clean river {uuid.uuid4().hex[:8]} #river"
    return drive(
        {
            "schema": 1,
            "format": "tiktok.video",
            "platform": "tiktok",
            "language": "en",
            "options": dict(OPTIONS),
            "parts": [{"text": text, "link": "", "media": [dict(clip)]}],
        }
    )


def text(drive) -> str:
    return drive.payload["parts"][0]["text"]


def ref_of(drive) -> PublishedRef:
    publish_id = drive.refs["commit"]["id"]
    return PublishedRef("p", publish_id, (publish_id,), "tiktok.video", datetime.now(UTC))


def test_it_goes_out_and_its_address_is_learned(film, ledger):
    film.run()

    (row,) = ledger("tiktok", text(film))
    assert row["remote_id"] == film.outcomes["commit"].remote_id
    url = film.outcomes["verify"].remote_url
    assert "/video/" in url
    assert film.connector.permalink(row["remote_id"], film.context()) == url


def test_a_private_video_has_no_address_and_no_numbers(film, ledger):
    film.payload["options"]["privacy"] = "SELF_ONLY"

    film.run()

    assert film.outcomes["verify"].ok
    assert film.outcomes["verify"].remote_url == ""
    (reading,) = film.connector.metrics(film.context(), [ref_of(film)])
    assert set(reading.metrics.values()) == {None}
    assert "everybody" in reading.problem
    assert film.connector.permalink(ref_of(film).remote_id, film.context()) == ""


@pytest.fixture
def long_film(film, files_server):
    """The clip, made larger than two pieces by a box that players skip (ISO/IEC 14496-12, "free")."""
    folder, _ = files_server
    medium = film.payload["parts"][0]["media"][0]
    path = folder / "long-tiktok.mp4"
    padding = 2 * upload.PIECE_BYTES + 1000
    path.write_bytes(
        (folder / medium["file"]).read_bytes() + struct.pack(">I4s", padding, b"free") + bytes(padding - 8)
    )
    made = entry(path, folder, "video", "video/mp4")
    film.payload["parts"][0]["media"][0] = medium | {name: made[name] for name in ("file", "sha256", "bytes")}
    return film


@pytest.fixture
def pieces(monkeypatch):
    seen, real = [], wire.send

    def send(request, **more):
        if "content-range" in request.headers:
            seen.append(request.headers["content-range"])
            assert "authorization" not in request.headers  # the address is the key; no token goes along
        return real(request, **more)

    monkeypatch.setattr(wire, "send", send)
    return seen


def test_a_broken_upload_sends_only_what_is_missing(long_film, pieces, fault, ledger):
    size = long_film.payload["parts"][0]["media"][0]["bytes"]
    first = upload.PIECE_BYTES
    long_film.run(until="commit")
    fault("tiktok", "PUT /video/", "lost_answer")

    assert long_film.one("commit").kind is OutcomeKind.UNKNOWN
    assert long_film.look("commit").kind is LookupKind.ABSENT  # the last piece never left
    assert long_film.one("commit").ok

    assert pieces == [f"bytes 0-{first - 1}/{size}", f"bytes {first}-{size - 1}/{size}"]
    assert len(ledger("tiktok", text(long_film))) == 1


def test_an_address_that_has_run_out_is_asked_for_anew(film):
    film.run(until="commit")
    film.refs["container"] = film.refs["container"] | {"url": film.refs["container"]["url"] + "x"}

    outcome = film.one("commit")

    assert (outcome.kind, outcome.redo) == (OutcomeKind.BUSY, ("container",))


def test_a_question_that_fails_before_the_upload_is_no_doubt(film, fault, ledger):
    film.run(until="commit")
    fault("tiktok", "status/fetch", "5xx")

    assert film.one("commit").kind is OutcomeKind.BUSY
    assert ledger("tiktok", text(film)) == []


def test_a_video_that_fails_says_why_and_is_not_published(film, fault, ledger):
    film.run(until="commit")
    fault("tiktok", "PUT /video/", "media_error")
    assert film.one("commit").ok
    time.sleep(0.5)

    outcome = film.one("wait")

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "file_format_check_failed")
    assert outcome.undone == ("commit",)
    assert ledger("tiktok", text(film)) == []
    assert film.look("commit").kind is LookupKind.FOUND  # it has arrived: never send it again


@pytest.mark.parametrize(
    ("creator", "code"),
    [
        ({"privacy_level_options": ["SELF_ONLY"]}, "privacy"),
        ({"comment_disabled": True}, "comment"),
        ({"max_video_post_duration_sec": 2}, "duration"),
    ],
)
def test_what_the_account_may_choose_is_read_before_every_post(film, knob, creator, code):
    knob(creator=creator)

    outcome = film.one("creator")

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, code)


def test_the_account_says_what_it_offers(film, knob):
    knob(creator={"privacy_level_options": ["SELF_ONLY"], "duet_disabled": True})

    facts = film.connector.account(film.context())["facts"]

    assert facts["options"] == {"privacy": ["SELF_ONLY"], "duet": [False]}


def test_an_app_that_is_not_audited_is_explained(film, knob):
    knob(audited=False)
    film.one("creator")

    outcome = film.one("container")

    assert outcome.kind is OutcomeKind.CONTENT
    assert "not audited our app" in outcome.message
    film.payload["options"]["privacy"] = "SELF_ONLY"
    assert film.one("container").ok


def test_the_day_is_full(film, knob):
    film.run()
    knob(posts_a_day=0)

    outcome = film.one("creator")
    (trouble,) = film.connector.preflight(film.channel, film.context())

    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RATE, 86_400)
    assert trouble.kind is TroubleKind.QUOTA


def test_nothing_is_sent_for_which_nobody_chose_who_sees_it(film):
    del film.payload["options"]["privacy"]

    assert film.one("creator").kind is OutcomeKind.CONTENT


def test_the_refresh_key_changes_and_the_old_one_is_dead(on_sandbox):
    from channels.connectors.registry import CONNECTORS
    from channels.sample import enter

    grant, _ = enter("tiktok")
    flow = CONNECTORS["tiktok"].oauth

    new = flow.refresh(access_token=grant.access_token, refresh_token=grant.refresh_token, remote_id="")

    assert new.refresh_token not in ("", grant.refresh_token)
    with pytest.raises(OAuthFailed) as caught:
        flow.refresh(access_token="", refresh_token=grant.refresh_token, remote_id="")
    assert caught.value.dead
    assert set(flow.scopes) == set(grant.scopes)
    assert flow.revoke(access_token=new.access_token, refresh_token=new.refresh_token)


# Photo posts and covers -----------------------------------------------------------------------------------------------


@pytest.fixture
def cards(drive, picture):
    words = f"Clean river {uuid.uuid4().hex[:8]}\n\nForty people came. #river"
    media = [picture(f"tiktok-{n}.jpg", colour=c, size=(1080, 1920)) for n, c in enumerate(("teal", "navy"))]
    return drive(
        {
            "schema": 1,
            "format": "tiktok.photo",
            "platform": "tiktok",
            "language": "en",
            "options": {"privacy": "PUBLIC_TO_EVERYONE", "comment": True, "music": True},
            "parts": [{"text": words, "link": "", "media": media}],
        }
    )


def test_photos_go_out_and_their_address_is_learned(cards, ledger):
    cards.run()

    (row,) = ledger("tiktok", text(cards)[:25])
    assert (row["kind"], row["text"]) == ("photo", text(cards))
    assert [m["sha256"] for m in row["media"]] == [m["sha256"] for m in cards.payload["parts"][0]["media"]]
    assert row["remote_id"] == cards.outcomes["commit"].remote_id
    url = cards.outcomes["verify"].remote_url
    assert "/photo/" in url
    assert httpx.get(url, follow_redirects=True, trust_env=False).status_code == 200


@pytest.mark.parametrize("fault_name", ["lost_answer", "5xx_after", "garbled"])
def test_a_lost_photo_post_is_found_and_never_sent_twice(cards, ledger, fault, fault_name):
    cards.run(until="commit")
    fault("tiktok", "/content/init/", fault_name)

    assert cards.one("commit").kind is OutcomeKind.UNKNOWN
    end = time.monotonic() + 20
    while (look := cards.look("commit")).kind is not LookupKind.FOUND and time.monotonic() < end:
        assert (look.kind, look.complete) == (LookupKind.CANNOT, False)  # asked again, for a while
        time.sleep(0.2)

    assert look.kind is LookupKind.FOUND
    cards.refs["commit"] = dict(look.remote_ref)
    assert cards.one("wait").ok
    assert cards.one("verify").remote_url
    assert len(ledger("tiktok", text(cards)[:25])) == 1


def test_photos_that_did_not_go_out_are_left_to_a_person(cards, fault):
    cards.run(until="commit")
    fault("tiktok", "/content/init/", "5xx")

    assert cards.one("commit").kind is OutcomeKind.UNKNOWN
    look = cards.look("commit", intent_at=cards.started - timedelta(minutes=16))

    assert (look.kind, look.complete) == (LookupKind.CANNOT, True)
    assert "TikTok app" in look.reason


def test_photos_that_tiktok_cannot_take_are_explained(cards, picture):
    cards.payload["parts"][0]["media"] = [picture("tiktok-large.jpg", size=(1440, 2560))]
    cards.run(until="wait")
    end = time.monotonic() + 20
    while (outcome := cards.one("wait")).kind is OutcomeKind.BUSY and time.monotonic() < end:
        time.sleep(0.2)

    assert (outcome.kind, outcome.undone) == (OutcomeKind.CONTENT, ("commit",))
    assert "1,080" in outcome.message


def test_the_moment_of_the_cover_goes_along(film, monkeypatch):
    bodies, real = [], wire.send

    def send(request, **more):
        if request.url.path.endswith("/video/init/"):
            bodies.append(request.content)
        return real(request, **more)

    monkeypatch.setattr(wire, "send", send)
    film.payload["parts"][0]["media"][0]["cover_s"] = 1.5

    film.run()

    assert b'"video_cover_timestamp_ms":1500' in bodies[0].replace(b" ", b"")
