"""What is special about Bluesky: our own keys, bytes, sessions, video, cards, hidden replies. Over HTTP and without."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.connectors.abilities import Action, Read
from channels.connectors.base import LookupKind, OutcomeKind, PublishedRef, UnsupportedFeature
from channels.connectors.bluesky import cards, names, records
from channels.connectors.bluesky.connector import thread_metrics
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from channels.oauth import OAuthFailed
from channels.wire import Answer
from formats.core import facets

K = OutcomeKind
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
BLUESKY = CONNECTORS["bluesky"]
HTML = b"<html><body><h1>Sorry</h1></body></html>"


def part(text: str, *media, **more) -> dict:
    """A part as formats.payload makes it."""
    found = [vars(f) for f in facets.of(text)]
    return {"text": text, "link": "", "media": list(media), **({"facets": found} if found else {}), **more}


def payload(*parts, **more) -> dict:
    return {
        "schema": 1, "format": "bluesky.thread", "platform": "bluesky", "language": "en",
        "language_tag": {"langs": ["en-GB"]}, "parts": list(parts), **more,
    }  # fmt: skip


@pytest.fixture
def tag():
    return uuid.uuid4().hex[:12]


# Without a network ----------------------------------------------------------------------------------------------


def answer(status: int, body=None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("POST", "https://pds.example/xrpc/x", status, named, raw, 0.1, received_at=NOW)


def error(name: str, message: str = "") -> dict:
    return {"error": name, "message": message}


GRAPHEMES = "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text"
REFUSALS = [
    (400, error("InvalidRequest", GRAPHEMES), K.CONTENT, "300 characters"),
    (400, error("InvalidRequest", "string too big (maximum 3000)"), K.CONTENT, "3,000 bytes"),
    (400, error("InvalidRequest", "array too big (maximum 4, got 5)"), K.CONTENT, "maximum 4"),
    (400, error("InvalidRequest", "Something new"), K.CONTENT, "Something new"),
    (400, error("ExpiredToken", "Token has expired"), K.AUTH, "key"),
    (400, error("InvalidToken", "Token could not be verified"), K.AUTH, "key"),
    (401, error("AuthMissing"), K.AUTH, "key"),
    (401, error("AuthenticationRequired", "Invalid identifier or password"), K.AUTH, "app password"),
    (401, error("AuthFactorTokenRequired"), K.AUTH, "app password"),
    (401, HTML, K.AUTH, "key"),
    (401, error("AccountTakedown"), K.PERMISSION, "taken this account down"),
    (400, error("AccountTakedown"), K.PERMISSION, "taken this account down"),
    (400, error("AccountDeactivated"), K.PERMISSION, "deactivated"),
    (403, error("AccountSuspended"), K.PERMISSION, "suspended"),
    (403, error("ScopeMissingError"), K.PERMISSION, "permission"),
    (403, HTML, K.PERMISSION, "does not let"),
    (400, error("InvalidSwap", "Record was at x"), K.DUPLICATE, "another post"),
    (400, error("BlobNotFound", "Could not find blob"), K.BUSY, "uploaded again"),
    (400, error("RecordNotFound"), K.CONTENT, "not there"),
    (400, error("RepoNotFound"), K.CONTENT, "does not know"),
    (400, error("InvalidMimeType", "Wrong mimetype"), K.CONTENT, "kind of file"),
    (400, error("BlobTooLarge"), K.CONTENT, "larger"),
    (413, error("PayloadTooLarge"), K.CONTENT, "larger"),
    (413, HTML, K.CONTENT, "larger"),
    (404, error("XRPCNotSupported"), K.CONTENT, "does not know how"),
    (404, HTML, K.CONTENT, "404"),
    (429, error("RateLimitExceeded", "Rate Limit Exceeded"), K.RATE, "wait"),
    (429, HTML, K.RATE, "wait"),
    (500, error("InternalServerError"), K.UNKNOWN, "500"),
    (502, error("UpstreamFailure"), K.UNKNOWN, "502"),
    (503, error("NotEnoughResources"), K.UNKNOWN, "503"),
    (504, HTML, K.UNKNOWN, "504"),
    (200, HTML, K.UNKNOWN, "cannot be read"),
    (307, b"", K.BUG, "somewhere else"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("status", "body", "kind", "words"), REFUSALS)
def test_every_refusal_has_a_meaning_and_words(status, body, kind, words):
    outcome = BLUESKY.classify(answer(status, body))

    assert outcome.kind is kind
    assert words in outcome.message


@pytest.mark.unit
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"ratelimit_reset": str(int(NOW.timestamp()) + 125)}, 125),
        ({"ratelimit_reset": "1"}, 1),
        ({"ratelimit_reset": "soon"}, 300),
        ({"retry_after": "40"}, 40),
        ({}, 300),
    ],
)
def test_waiting_is_as_long_as_the_header_says(headers, wait_s):
    assert BLUESKY.classify(answer(429, {}, **headers)).retry_after_s == wait_s


@pytest.mark.unit
@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(1, 25))
def test_record_keys_are_keys_and_grow(at, count):
    keys = names.keys_for(at, count, "seed")

    assert keys == sorted(set(keys))
    assert all(
        len(key) == 13 and key[0] in "234567abcdefghij" and set(key) <= set(names.LETTERS) for key in keys
    )
    assert keys == names.keys_for(at, count, "seed")
    assert names.tid(int(at.timestamp() * 1e6)) < names.tid(
        int((at + timedelta(seconds=1)).timestamp() * 1e6)
    )


@pytest.mark.unit
@given(st.text(min_size=1))
def test_key_of_an_answer_belongs_to_it(seed):
    key = names.key_of(seed)

    assert key == names.key_of(seed) != names.key_of(seed + "!")
    assert len(key) == 13
    assert key[0] in "234567abcdefghij"


@pytest.mark.unit
def test_facets_are_sent_by_byte_and_unknown_people_stay_text():
    text = "👍 héllo @Mayor.bsky.social and @nobody.example, see https://a.example/x #Über1"

    record = records.post(
        part(text), created_at="2026-11-23T18:00:00.000Z", languages=["en", "de", "fr", "it"],
        people={"mayor.bsky.social": "did:plc:mayor"}, embed=None, reply=None,
    )  # fmt: skip

    raw = text.encode()
    told = [
        (raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(), f["features"][0])
        for f in record["facets"]
    ]
    assert told == [
        ("@Mayor.bsky.social", {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:mayor"}),
        ("https://a.example/x", {"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/x"}),
        ("#Über1", {"$type": "app.bsky.richtext.facet#tag", "tag": "Über1"}),
    ]
    assert record["langs"] == ["en", "de", "fr"]
    assert "embed" not in record


@pytest.mark.unit
def test_addresses_in_an_answer_are_links():
    text = "Ja – 👍 siehe https://a.example/ü?b=c, oder (http://b.example/x)."

    told = [text.encode()[f["start"] : f["end"]].decode() for f in records.links(text)]

    assert told == ["https://a.example/ü?b=c", "http://b.example/x"]
    assert records.links("none.example here") == []


@pytest.mark.unit
@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part("")],
        [part("1", *[{"kind": "image"}] * 5)],
        [part("1", {"kind": "image"}, {"kind": "video"})],
        [part("1", link="https://a.example/")],
    ],
)
def test_what_cannot_be_said_is_refused_by_name(parts):
    with pytest.raises(UnsupportedFeature, match="cannot take"):
        BLUESKY.plan(payload(*parts), None)


@pytest.mark.unit
def test_plan_chooses_the_keys_before_anything_is_public():
    steps = BLUESKY.plan(
        payload(part("1 @a.example https://a.example"), part("2", {"kind": "video", "captions": {"file": "c.vtt"}})), None
    )  # fmt: skip

    assert [(s.key, s.required) for s in steps] == [
        ("limits", True), ("mentions 1", False), ("card 1", False), ("upload 2.1", True), ("wait 2.1", True),
        ("captions 2.1", False),
        ("keys", True), ("commit", True), ("reply 2", True),
    ]  # fmt: skip


@pytest.mark.unit
def test_numbers_add_up_and_unknown_is_not_zero():
    posts = [
        {"likeCount": 3, "replyCount": 2, "repostCount": 1, "quoteCount": 1, "bookmarkCount": 4},
        {"likeCount": 1, "replyCount": 0, "repostCount": 0},
    ]

    found = {name: value for name, value in thread_metrics(posts, ours=1).items() if value is not None}

    assert found == {"likes": 4, "comments": 1, "shares": 2, "saves": 4}
    assert set(thread_metrics([], ours=0).values()) == {None}


@pytest.mark.unit
@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.!!.c", "a.W10.c"])
def test_a_token_that_tells_nothing_is_fine(token):
    assert names.claims(token) == {}


@pytest.mark.unit
def test_head_of_a_page():
    page = (
        '<title>Plain\n title</title><meta property="og:title" content="The river &amp; we"><meta name="description" '
        'content="Words"><meta property="og:image" content="/p.jpg"></head>'
    )

    head = cards.Head.of(page)

    assert (head.title, head.description, head.picture) == ("The river & we", "Words", "/p.jpg")
    assert cards.Head.of("<title>Only\n this</title>").title == "Only this"
    assert cards.Head.of("<p>Nothing").title == ""


# Against the twin -----------------------------------------------------------------------------------------------

db = pytest.mark.db


@pytest.fixture
def thread(drive, picture, tag):
    return drive(
        payload(
            part(f"{tag} one 👍: ask @library.riverside.example #river"),
            part(f"{tag} two", picture("b.jpg")),
            part(f"{tag} three"),
        )
    )


@db
def test_thread_has_one_root_and_each_its_parent(thread, ledger, tag):
    thread.run()

    rows = ledger("bluesky", tag)
    assert [row["text"] for row in rows] == [p["text"] for p in thread.payload["parts"]]
    assert [row["reply_to"] for row in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]
    wire = thread.context().wire
    last = wire.get(
        wire.url("appview", "/xrpc/app.bsky.feed.getPosts"),
        params={"uris": [rows[2]["remote_id"]]},
        scheme="",
    ).data["posts"][0]["record"]
    assert last["reply"]["root"]["uri"] == rows[0]["remote_id"]
    assert last["langs"] == ["en-GB"]


@db
@pytest.mark.parametrize("key", ["commit", "reply 2", "reply 3"])
def test_lost_part_is_found_and_putting_it_again_is_putting_it_once(thread, fault, ledger, tag, key):
    thread.run(until=key)
    fault("bluesky", "putRecord", "lost_answer")
    assert thread.one(key).kind is K.UNKNOWN

    lookup = thread.look(key)
    again = thread.one(key)

    last = ledger("bluesky", tag)[-1]["remote_id"]
    assert (lookup.kind, lookup.remote_id, again.remote_id) == (LookupKind.FOUND, last, last)
    assert lookup.remote_ref == again.remote_ref
    assert len(ledger("bluesky", tag)) == ["commit", "reply 2", "reply 3"].index(key) + 1


@db
def test_a_file_that_the_server_dropped_is_uploaded_again(thread):
    thread.run(until="reply 2")
    thread.refs["upload 2.1"]["blob"] = {
        **thread.refs["upload 2.1"]["blob"], "ref": {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
    }  # fmt: skip

    outcome = thread.one("reply 2")

    assert (outcome.kind, outcome.redo) == (K.BUSY, ("upload 2.1",))


@db
def test_video_goes_through_its_service_with_its_captions(drive, new_clip, ledger, tag, files_server):
    folder, _ = files_server
    (folder / "clip.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    what = new_clip | {"alt": "A test card", "captions": {"file": "clip.vtt"}}
    video = drive(payload(part(f"{tag} video", what)))
    assert video.one("upload 1.1").ok
    first = video.one("wait 1.1")
    video.run()

    (row,) = ledger("bluesky", tag)
    assert (first.kind, first.code) == (K.BUSY, "processing")
    assert [(m["sha256"], m["alt"]) for m in row["media"]] == [(new_clip["sha256"], "A test card")]
    assert video.outcomes["captions 1.1"].ok


@db
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nHel\n\nlo\n", K.OK),
        ("WEBVTT\n\nlost words\n", K.CONTENT),
        ("WEBVTT\n\n" + "".join(f"00:{n:02}.000 --> 00:{n:02}.900\n{'a' * 500}\n\n" for n in range(41)), K.CONTENT),
    ],
    ids=["broken", "unreadable", "long"],
)  # fmt: skip
def test_captions_of_before_go_out_whole_or_not_at_all(
    drive, new_clip, tag, files_server, monkeypatch, text, kind
):
    (files_server[0] / "clip.vtt").write_text(text)
    video = drive(payload(part(f"{tag} video", new_clip | {"alt": "", "captions": {"file": "clip.vtt"}})))
    sent = []
    monkeypatch.setattr(type(video.connector), "blob", lambda self, ctx, data, mime: sent.append(data) or {})

    outcome = video.one("captions 1.1")

    assert outcome.kind is kind
    assert sent == ([b"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHel\nlo\n"] if outcome.ok else [])
    assert outcome.ok or outcome.code == "captions"


@db
def test_a_video_is_never_whole_in_memory(drive, clip, ledger, tag, monkeypatch):
    real = Path.read_bytes

    def read_bytes(path):
        who = sys._getframe(1).f_globals["__name__"]
        assert not who.startswith("channels."), f"{who} read {path.name} as a whole"
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    video = drive(payload(part(f"{tag} video", clip | {"alt": "A test card"}))).run()

    assert video.outcomes["commit"].ok
    assert [m["sha256"] for m in ledger("bluesky", tag)[0]["media"]] == [clip["sha256"]]


@pytest.mark.db
def test_video_that_fails_in_processing_is_named(drive, new_clip, fault, tag, files_server):
    folder, _ = files_server
    other = folder / "other.mp4"
    other.write_bytes((folder / new_clip["file"]).read_bytes() + b"\0\0\0\x08free")
    video = drive(payload(part(f"{tag} v", new_clip | {"file": "other.mp4", "sha256": "", "alt": ""})))
    fault("bluesky", "uploadVideo", "media_error")
    assert video.one("upload 1.1").ok

    outcome = video.one("wait 1.1")
    while outcome.kind is K.BUSY:
        outcome = video.one("wait 1.1")

    assert (outcome.kind, outcome.code) == (K.CONTENT, "encoding_failure")


@db
def test_a_link_gets_the_card_of_its_page(drive, tag, files_server, settings, on_sandbox):
    folder, site = files_server
    (folder / "story.html").write_text(
        '<head><meta property="og:title" content="The river is clean"><meta name="description" content="At last">'
        '<meta property="og:image" content="card.png"></head>'
    )
    from PIL import Image

    Image.new("RGB", (40, 20), "teal").save(folder / "card.png")
    settings.HUSTINGS_PRIVATE_HOSTS = [site.removeprefix("http://")]
    post = drive(payload(part(f"{tag} see {site}/files/story.html"))).run()

    external = post.refs["card 1"]["external"]
    assert (external["title"], external["description"]) == ("The river is clean", "At last")
    assert external["thumb"]["mimeType"] == "image/png"
    page = httpx.get(f"{on_sandbox}/bluesky/feed/council.riverside.example", trust_env=False).text
    assert "The river is clean" in page


@db
def test_a_page_inside_is_not_read_and_the_post_goes_out_without_a_card(drive, tag, ledger):
    post = drive(payload(part(f"{tag} see https://10.0.0.1/secret"))).run()

    assert (post.outcomes["card 1"].kind, post.outcomes["card 1"].code) == (K.CONTENT, "no-card")
    assert "does not lead to a public address" in post.outcomes["card 1"].message
    assert len(ledger("bluesky", tag)) == 1


def grow(base, days=30):
    httpx.post(f"{base}/_sandbox/clock", json={"advance_days": days}, trust_env=False).raise_for_status()


@db
def test_answers_are_found_below_their_part_and_repeats_make_no_second(thread, ledger, tag, say):
    thread.run()
    ids = tuple(thread.refs[key]["id"] for key in ("commit", "reply 2", "reply 3"))
    ref = PublishedRef("p", ids[0], ids, "bluesky.thread", datetime.now(UTC))
    connector = thread.connector
    first = say("bluesky", "Where do I sign up?", post=ids[1])
    below = say("bluesky", "At the town hall.", post=ids[1], parent=first, login="jonahb")

    page = connector.read(Wanted(Read.COMMENTS, post=ref), thread.context())
    told = {m.remote_id: m for m in page.found}

    assert not set(told) & set(ids)
    assert (told[first].kind, told[first].post_id, told[first].parent_id) == (MessageKind.COMMENT, ids[1], "")
    assert (told[below].kind, told[below].post_id, told[below].parent_id) == (
        MessageKind.REPLY,
        ids[1],
        first,
    )
    step = connector.step_of(
        Act.to(Action.REPLY, told[first], text=f"{tag} Here! https://a.example/", key="k")
    )
    one, two = connector.run(step, thread.context()), connector.run(step, thread.context())
    (row,) = [r for r in ledger("bluesky", tag) if "Here!" in r["text"]]
    assert one.remote_id == two.remote_id == row["remote_id"]
    assert row["reply_to"] == first


@db
def test_replies_in_other_peoples_threads_cannot_be_hidden(thread):
    thread.run()
    outcome = thread.connector.do(
        Act(Action.HIDE, "at://did:plc:riversidelibrary22222222/app.bsky.feed.post/3lzzzzzzzzzzz"),
        thread.context(),
    )

    assert outcome.kind is K.CONTENT


# Connecting -----------------------------------------------------------------------------------------------------


def kept(on_sandbox):
    return BLUESKY.oauth.at({"server": f"{on_sandbox}/bluesky"})


@db
def test_wrong_password_is_said_in_words(on_sandbox):
    with pytest.raises(OAuthFailed, match="does not know this name with this app password"):
        kept(on_sandbox).sign_in({"handle": "council.riverside.example", "password": "no"})


@db
def test_a_renewal_may_be_repeated_and_gives_the_same_pair(on_sandbox):
    flow = kept(on_sandbox)
    grant = flow.sign_in({"handle": "@council.riverside.example", "password": "demo-demo-demo-demo"})
    did = "did:plc:riversidecouncil22222222"

    one = flow.refresh(access_token="", refresh_token=grant.refresh_token, remote_id=did)
    two = flow.refresh(access_token="", refresh_token=grant.refresh_token, remote_id=did)

    assert (one.access_token, one.refresh_token) == (two.access_token, two.refresh_token)
    assert one.access_token != grant.access_token
    assert timedelta(minutes=110) < one.expires_at - datetime.now(UTC) <= timedelta(hours=2)
    assert flow.revoke(access_token=one.access_token, refresh_token=one.refresh_token)
    with pytest.raises(OAuthFailed):
        flow.refresh(access_token="", refresh_token=one.refresh_token, remote_id=did)


@db
def test_the_key_of_another_account_is_not_taken(on_sandbox):
    flow = kept(on_sandbox)
    grant = flow.sign_in({"handle": "council.riverside.example", "password": "demo-demo-demo-demo"})

    with pytest.raises(OAuthFailed, match="another account"):
        flow.refresh(access_token="", refresh_token=grant.refresh_token, remote_id="did:plc:other")


@pytest.mark.unit
def test_the_accounts_own_password_is_not_taken(monkeypatch):
    from base64 import urlsafe_b64encode

    told = (
        urlsafe_b64encode(json.dumps({"scope": "com.atproto.access", "exp": 1}).encode()).decode().rstrip("=")
    )
    flow = BLUESKY.oauth.at({"server": "https://pds.example"})
    session = {"accessJwt": f"a.{told}.c", "refreshJwt": "r", "did": "did:plc:a", "handle": "a.example"}
    ended = []
    wire = SimpleNamespace(url=lambda part, path: path, post=lambda url, **more: answer(200, session))
    monkeypatch.setattr(type(flow), "wire", lambda self, token="": wire)
    monkeypatch.setattr(type(flow), "revoke", lambda self, **tokens: ended.append(tokens))

    with pytest.raises(OAuthFailed, match="make an app password"):
        flow.sign_in({"handle": "a.example", "password": "whole"})
    assert ended


@db
def test_connected_with_its_server_and_renewed_when_needed(connected, monkeypatch):
    from channels.models import Credential
    from channels.tokens import fresh_token
    from work import clock

    channel = connected("bluesky")["bluesky"]
    before = Credential.objects.get(pk=channel.pk)
    assert channel.server.endswith("/bluesky")

    with clock.by_hand(clock.now() + timedelta(minutes=115)):
        token = fresh_token(channel, worker="t")

    assert token != before.access_token
    assert Credential.objects.get(pk=channel.pk).refresh_token != before.refresh_token
