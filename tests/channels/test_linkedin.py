"""LinkedIn: its text form, what its refusals mean, and pages over real HTTP against the sandbox."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.connect import callback_url
from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    LACKS_SCOPE,
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    StepSpec,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.linkedin import errors, little
from channels.connectors.linkedin.connector import key_troubles, post_body, same, title_of
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from channels.oauth import OAuthFailed
from channels.sample import allow
from channels.wire import Answer
from sandbox.networks.linkedin import little as strict
from tests.channels.conftest import Drive
from tests.channels.test_doubt import Says, context

K = OutcomeKind
LINKEDIN = CONNECTORS["linkedin"]
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}
VIDEO = {"kind": "video", "mime": "video/mp4", "file": "a.mp4", "alt": ""}


def payload(**part) -> dict:
    whole = {"text": "", "link": "", "media": []} | part
    return {"platform": "linkedin", "format": "linkedin.post", "language": "en", "parts": [whole]}


# Pure -----------------------------------------------------------------------------------------------------------------


@pytest.mark.unit
class TestLittleText:
    @pytest.mark.parametrize(
        ("text", "wire"),
        [
            ("Rivers & weirs", "Rivers & weirs"),
            ("50 (of 60) [sic] {x} <y>", r"50 \(of 60\) \[sic\] \{x\} \<y\>"),
            ("a_b *c* ~d~ e|f g\\h", "a\\_b \\*c\\* \\~d\\~ e\\|f g\\\\h"),
            ("#CleanRiver now", "{hashtag|\\#|CleanRiver} now"),
            ("#clean_river", "{hashtag|\\#|clean\\_river}"),
            ("No #1 and c#d, @council", "No \\#1 and c\\#d, \\@council"),
            ("https://a.example/#top", "https://a.example/\\#top"),
        ],
    )
    def test_what_is_sent(self, text, wire):
        assert little.written(text) == wire
        assert little.shown(wire) == text

    @given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=80))
    def test_any_text_comes_back_and_the_sandbox_reads_the_same(self, text):
        assert little.shown(little.written(text)) == text
        assert strict.read(little.written(text)) == text

    def test_mentions_are_shown_by_name(self):
        assert little.shown("With @[Riverside Library](urn:li:organization:2)!") == "With Riverside Library!"


@pytest.mark.unit
class TestPlan:
    def test_steps(self):
        def keys(**part):
            return [(s.key, s.safety, s.stage) for s in LINKEDIN.plan(payload(**part), None)]

        assert keys(text="1") == [("commit", Safety.PROBE, False)]
        assert [key for key, *_ in keys(text="1", media=[PICTURE, PICTURE])] == [
            "upload 1.1", "upload 1.2", "wait 1.1", "wait 1.2", "commit",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "part",
        [
            {"text": ""},
            {"text": "1", "media": [PICTURE] * 21},
            {"text": "1", "media": [PICTURE, VIDEO]},
            {"text": "1", "media": [PICTURE], "link": "https://a.example/"},
        ],
    )
    def test_what_cannot_be_said_is_refused_by_name(self, part):
        with pytest.raises(UnsupportedFeature, match="cannot take"):
            LINKEDIN.plan(payload(**part), None)

    def test_several_parts_are_refused(self):
        two = payload(text="1")
        two["parts"] *= 2
        with pytest.raises(UnsupportedFeature, match="several parts"):
            LINKEDIN.plan(two, None)

    def test_body(self):
        article = post_body("urn:x", {"text": "Title\n\nText", "link": "https://a.example/"}, [])
        assert article["content"] == {"article": {"source": "https://a.example/", "title": "Title"}}
        one = post_body("urn:x", {"text": "T", "media": [PICTURE]}, ["urn:li:image:1"])
        assert one["content"] == {"media": {"id": "urn:li:image:1", "altText": "A river"}}
        film = post_body("urn:x", {"text": "T", "media": [VIDEO]}, ["urn:li:video:1"])
        assert film["content"] == {"media": {"id": "urn:li:video:1", "title": "T"}}
        assert "content" not in post_body(
            "urn:x", {"text": "See https://a.example/", "link": "https://a.example/"}, []
        )
        assert len(title_of("x" * 900)) == 400


def refusal(status, code="", message="", **more):
    body = {"status": status, "code": code, "message": message} | more
    return Answer("POST", "https://l.example/", status, {}, json.dumps(body).encode(), 0.1, received_at=NOW)


NO_PAGE = "Organization Or Events permissions must be used when using organization as author"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(400, "MISSING_FIELD", "title is missing"), K.CONTENT, "title is missing"),
        (refusal(400, "MISSING_FIELD", "title is missing"), K.CONTENT, "asks for something that this post does not have."),
        (refusal(400, "INVALID_VALUE_FOR_FIELD", "no {x}"), K.CONTENT, "does not take a part of this post. It says: no {x}"),
        (refusal(400, "INVALID_VALUE_FOR_FIELD"), K.CONTENT, "does not take a part of this post."),
        (refusal(400, "INVALID_URN_ID", "who?"), K.CONTENT, "does not know (any more) a file, page or post"),
        (refusal(400, "INVALID_URN_TYPE", "what?"), K.CONTENT, "a mistake of Hustings. It says: what?"),
        (refusal(400, "FIELD_LENGTH_TOO_LONG"), K.CONTENT, "longer"),
        (refusal(400, "INVALID_URN_ID", "who?"), K.CONTENT, "who?"),
        (refusal(400, "MEDIA_ASSET_WAITING_UPLOAD"), K.BUSY, "processing"),
        (refusal(400, "MEDIA_ASSET_PROCESSING_FAILED"), K.CONTENT, "could not process"),
        (refusal(400, "INVALID_VIDEO_ID"), K.CONTENT, "video"),
        (refusal(400, "EXPIRED_UPLOAD_URL"), K.BUSY, "begun anew"),
        (refusal(400, "", NO_PAGE), K.PERMISSION, "Reconnect"),
        (refusal(401, "EXPIRED_ACCESS_TOKEN"), K.AUTH, "key"),
        (refusal(401, "REVOKED_ACCESS_TOKEN"), K.AUTH, "key"),
        (refusal(403, "ACCESS_DENIED"), K.PERMISSION, "Reconnect"),
        (refusal(404, "NOT_FOUND"), K.CONTENT, "know"),
        (refusal(409, "CONFLICT"), K.UNKNOWN, "may have taken this"),
        (refusal(413), K.CONTENT, "larger"),
        (refusal(415), K.CONTENT, "kind"),
        (refusal(422, errorDetails={"inputErrors": [{"code": "DUPLICATE_POST"}]}), K.DUPLICATE, "posted this text"),
        (refusal(422, "", "Content is a duplicate of urn:li:share:7"), K.DUPLICATE, "posted this text"),
        (refusal(426, "NONEXISTENT_VERSION"), K.PERMISSION, "Update Hustings"),
        (refusal(429, "TOO_MANY_REQUESTS"), K.RATE, "the day"),
        (refusal(400, "", "Unable to obtain activity"), K.UNKNOWN, "passing"),
        (refusal(500), K.UNKNOWN, "failure"),
        (refusal(302), K.BUG, "elsewhere"),
    ],
)  # fmt: skip
def test_refusals(answer, kind, words):
    outcome = LINKEDIN.classify(answer)

    assert outcome.kind is kind
    assert words in outcome.message or kind is K.BUG


@pytest.mark.unit
def test_quota_is_asked_about_within_the_hour_and_soon_after_midnight():
    late = Answer("GET", "https://l.example/", 429, {}, b"", 0.1, received_at=NOW.replace(hour=23, minute=50))

    assert errors.quota_wait_s(refusal(429)) == 3600
    assert errors.quota_wait_s(late) == 605


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "is_it"),
    [
        ({}, True),
        ({"commentary": "Another"}, False),
        ({"createdAt": (NOW - timedelta(hours=1)).timestamp() * 1000}, False),
        ({"content": {"media": {"id": "urn:li:image:1"}}}, False),
    ],
)
def test_post_is_recognised(change, is_it):
    post = {"commentary": r"50 \(of  60\)", "createdAt": NOW.timestamp() * 1000} | change

    assert same(post, {"text": "50 (of 60)"}, since=NOW) is is_it


@pytest.mark.unit
def test_key_that_cannot_be_renewed_is_told_a_week_before():
    def channel(days, **facts):
        ends = SimpleNamespace(token_expires_at=NOW + timedelta(days=days))
        return SimpleNamespace(credential=ends, facts=facts)

    (trouble,) = key_troubles(channel(6), NOW)
    assert "29 November 2026" in trouble
    assert trouble.kind is TroubleKind.TOKEN
    assert key_troubles(channel(8), NOW) == []
    assert key_troubles(channel(1, renewable=True), NOW) == []


@pytest.mark.unit
def test_without_a_refresh_token_only_the_person_can_help():
    with pytest.raises(OAuthFailed) as failed:
        LINKEDIN.oauth.refresh(access_token="a", refresh_token="", remote_id="1")
    assert failed.value.dead


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tag():
    return uuid.uuid4().hex


@pytest.fixture
def text_post(drive, tag):
    return drive(payload(text=f"{tag} (in short): 50_60 #CleanRiver"))


@pytest.mark.db
def test_text_arrives_letter_by_letter(text_post, ledger, tag):
    text_post.run()

    (row,) = ledger("linkedin", tag)
    assert row["text"] == f"{tag} (in short): 50_60 #CleanRiver"
    url = text_post.outcomes["commit"].remote_url
    assert httpx.get(url, follow_redirects=True, trust_env=False).status_code == 200


@pytest.mark.db
def test_replay_is_settled_by_the_refusal_that_names_the_first(text_post, ledger, fault, tag):
    fault("linkedin", "POST /rest/posts", "lost_answer")

    assert text_post.one("commit").kind is K.UNKNOWN
    again = text_post.one("commit")

    (row,) = ledger("linkedin", tag)
    assert (again.kind, again.remote_id) == (K.OK, row["remote_id"])


@pytest.mark.db
def test_same_text_of_an_earlier_post_is_no_success(text_post, drive, tag):
    text_post.run()
    later = drive(text_post.payload)

    outcome = later.one("commit", intent_at=datetime.now(UTC) + timedelta(minutes=5))

    assert outcome.kind is K.DUPLICATE
    assert outcome.remote_id == ""


@pytest.mark.db
def test_lost_answer_is_found_in_the_list_too(text_post, fault, ledger, tag):
    fault("linkedin", "POST /rest/posts", "lost_answer")
    text_post.one("commit")

    lookup = text_post.look("commit")

    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, ledger("linkedin", tag)[0]["remote_id"])


@pytest.mark.unit
@pytest.mark.parametrize("kind", ["image", "video"])
@pytest.mark.parametrize("value", [{}, {"image": "urn:li:image:1", "video": "urn:li:video:1"}])
def test_an_upload_that_is_granted_without_an_address_is_asked_for_again(tmp_path, kind, value):
    (tmp_path / "file").write_bytes(b"12345")
    wire = Says(initializeUpload=(200, {"value": value}))
    payload = {"parts": [{"text": "", "media": [{"kind": kind, "mime": f"{kind}/x"}]}]}
    step = StepSpec("upload 1.1", StepKind.UPLOAD, Safety.PURE, data={"media": 0})

    outcome = CONNECTORS["linkedin"].run(
        step, context(wire, payload=payload, open_media=lambda medium: tmp_path / "file")
    )

    assert (outcome.kind, outcome.code) == (K.UNKNOWN, "unreadable")


@pytest.mark.db
def test_video_in_pieces(drive, clip, ledger, tag):
    post = drive(payload(text=f"{tag} film", media=[clip])).run()

    (row,) = ledger("linkedin", tag)
    assert [m["sha256"] for m in row["media"]] == [clip["sha256"]]
    assert post.outcomes["commit"].remote_id.startswith("urn:li:ugcPost:")


@pytest.mark.db
def test_document(drive, files_server, ledger, tag):
    from tests.channels.conftest import entry

    folder, _ = files_server
    path = folder / f"{tag}.pdf"
    path.write_bytes(b"%PDF-1.4\n1 0 obj << /Type /Page >> endobj\n%%EOF")
    drive(
        payload(
            text=f"{tag} plan", media=[entry(path, folder, "document", "application/pdf", alt="The plan")]
        )
    ).run()

    assert [m["mime"] for m in ledger("linkedin", tag)[0]["media"]] == ["application/pdf"]


@pytest.mark.db
def test_picture_that_fails_in_processing_is_explained(drive, picture, fault, tag):
    post = drive(payload(text=f"{tag} broken", media=[picture(f"{tag}.jpg")]))
    fault("linkedin", "PUT /dms-uploads", "media_error")
    post.one("upload 1.1")
    while (outcome := post.one("wait 1.1")).kind is K.BUSY:
        pass

    assert outcome.kind is K.CONTENT
    assert "could not process" in outcome.message


@pytest.mark.db
def test_article_has_a_title(drive, ledger, on_sandbox, tag):
    drive(payload(text=f"{tag} headline\n\nMore", link="https://riverside.example/plan")).run()

    page = httpx.get(f"{on_sandbox}/linkedin/feed/riverside-town-council", trust_env=False).text
    assert f"<span>{tag} headline</span>" in page


@pytest.fixture
def unseen(on_sandbox):
    """What is posted has not been seen by anybody, however slow this machine is and whatever time others let pass."""
    settings = f"{on_sandbox}/_sandbox/settings"
    httpx.post(settings, json={"linkedin activity": False}, trust_env=False).raise_for_status()
    yield
    httpx.post(settings, json={"linkedin activity": True}, trust_env=False).raise_for_status()


@pytest.mark.db
def test_the_numbers_of_a_post_do_not_hang_on_whether_posts_may_be_read(text_post, unseen):
    """One that LinkedIn leaves out, as it does before anything has happened to it, cannot be looked for."""
    text_post.run()
    flow, redirect = LINKEDIN.oauth, callback_url("linkedin")
    address, verifier = flow.begin(redirect_uri=redirect, state="s")
    code = allow(address.replace("r_organization_social", "").rstrip("+"))["code"]
    grant = flow.exchange(code, redirect_uri=redirect, verifier=verifier)
    assert "r_organization_social" not in grant.scopes
    urn = text_post.outcomes["commit"].remote_id
    refs = [PublishedRef("p", urn, (urn,), "linkedin.post", datetime.now(UTC))]

    for scopes in (list(grant.scopes), []):  # known to lack it, and only refused it
        channel = SimpleNamespace(**{**vars(text_post.channel), "scopes": scopes})
        ctx = replace(Drive(channel, grant.access_token, text_post.payload).context(), channel=channel)
        (reading,) = LINKEDIN.metrics(ctx, refs)
        assert (set(reading.metrics.values()), reading.problem, reading.gone) == ({None}, "", False)

    wanted = Wanted(Read.COMMENTS, post=refs[0])
    channel = SimpleNamespace(**{**vars(text_post.channel), "scopes": list(grant.scopes)})
    page = LINKEDIN.read(wanted, Drive(channel, grant.access_token, text_post.payload).context())
    assert page.outcome.code == LACKS_SCOPE


@pytest.mark.db
def test_post_that_is_left_out_of_the_statistics_is_unknown_and_one_that_is_gone_is_told_so(
    text_post, unseen
):
    text_post.run()
    urn = text_post.outcomes["commit"].remote_id
    gone = "urn:li:share:1999999999999999999"

    here, away = LINKEDIN.metrics(
        text_post.context(),
        [
            PublishedRef(name, urn, (urn,), "linkedin.post", datetime.now(UTC))
            for name, urn in (("p", urn), ("q", gone))
        ],
    )

    assert (set(here.metrics.values()), here.problem, here.gone) == ({None}, "", False)
    assert (set(away.metrics.values()), bool(away.problem)) == ({None}, True)


@pytest.fixture
def commented(text_post, on_sandbox):
    """A post that people have commented: (drive, its urn, the comments)."""
    text_post.run()
    urn = text_post.outcomes["commit"].remote_id
    httpx.post(f"{on_sandbox}/_sandbox/clock", json={"advance_days": 60}, trust_env=False)
    ref = PublishedRef("p", urn, (urn,), "linkedin.post", datetime.now(UTC))
    wanted = Wanted(Read.COMMENTS, post=ref)
    return text_post, urn, lambda: LINKEDIN.read(wanted, text_post.context())


@pytest.mark.db
def test_comments_are_read_answered_and_deleted(commented):
    drive, urn, read = commented
    page = read()
    assert page.complete
    assert not page.problem
    first = page.found[0]
    assert (first.kind, first.post_id, first.ours) == (MessageKind.COMMENT, urn, False)

    outcome = LINKEDIN.do(Act.to(Action.REPLY, first, text="Thank you!"), drive.context())

    assert outcome.ok, outcome
    (answer,) = [m for m in read().found if m.ours]
    assert (answer.remote_id, answer.text, answer.kind) == (
        outcome.remote_id,
        "Thank you!",
        MessageKind.REPLY,
    )
    assert answer.parent_id == first.remote_id
    for _ in range(2):
        assert LINKEDIN.do(Act.to(Action.DELETE_COMMENT, first), drive.context()).ok
    assert first.remote_id not in [m.remote_id for m in read().found]


@pytest.mark.db
def test_lost_answer_to_a_comment_is_found(commented, fault):
    drive, _, read = commented
    act = Act.to(Action.REPLY, read().found[0], text="Thank you!")
    step = LINKEDIN.step_of(act)
    assert (step.kind, step.safety) == (StepKind.ACT, Safety.SEARCH)
    assert LINKEDIN.lookup(step, drive.context()).kind is LookupKind.ABSENT

    fault("linkedin", "POST /rest/socialActions", "lost_answer")
    assert LINKEDIN.run(step, drive.context()).kind is K.UNKNOWN

    found = LINKEDIN.lookup(step, drive.context())
    assert (found.kind, found.remote_id) == (
        LookupKind.FOUND,
        next(m for m in read().found if m.ours).remote_id,
    )


@pytest.mark.db
def test_text_is_changed(text_post, ledger, tag):
    text_post.run()
    urn = text_post.outcomes["commit"].remote_id

    assert LINKEDIN.do(Act(Action.EDIT_POST, urn, f"{tag} [corrected]"), text_post.context()).ok
    assert ledger("linkedin", tag)[0]["text"] == f"{tag} [corrected]"


@pytest.mark.db
def test_comment_that_is_too_long_is_refused_before_it_goes(text_post):
    outcome = LINKEDIN.do(
        Act(Action.REPLY, "urn:li:comment:(urn:li:activity:1,2)", "x" * 1251), text_post.context()
    )

    assert outcome.kind is K.CONTENT
    assert outcome.bytes_started_at is None


@pytest.mark.db
def test_two_pages_are_offered_and_a_reader_may_not_publish(on_sandbox, monkeypatch):
    from channels.connectors.linkedin.flow import LinkedInFlow
    from channels.sample import allow

    redirect = "http://127.0.0.1:8000/admin/channels/callback/linkedin/"
    flow = LINKEDIN.oauth
    url, _ = flow.begin(redirect_uri=redirect, state="s")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PUBLIC_URL", "http://127.0.0.1:8000")
        code = allow(url, account=["10400101", "10400202"])["code"]
    grant = flow.exchange(code, redirect_uri=redirect, verifier="")
    real = LinkedInFlow._roles

    def roles(self, grant):
        return [
            row | ({"role": "ANALYST"} if row["organization"].endswith("202") else {})
            for row in real(self, grant)
        ]

    monkeypatch.setattr(LinkedInFlow, "_roles", roles)
    council, library = flow.accounts(grant)

    assert (council.trouble, council.followers) == ("", 2_410)
    assert "analyst" in library.trouble
    renewed = flow.refresh(
        access_token=grant.access_token, refresh_token=grant.refresh_token, remote_id="10400101"
    )
    assert renewed.refresh_token == grant.refresh_token
    assert flow.revoke(access_token=renewed.access_token, refresh_token="")


# Where others name the page ---------------------------------------------------------------------------------------------


@pytest.mark.db
def test_mentions_are_asked_for_in_the_networks_own_way_and_read_in_pages(drive, say, tag):
    page = drive(payload(text=tag))
    said = [say("linkedin", f"{tag} {n}", account=page.channel.remote_id, tag="yes") for n in range(3)]
    first = LINKEDIN.read(Wanted(Read.MENTIONS, limit=2), page.context())
    rest = LINKEDIN.read(Wanted(Read.MENTIONS, limit=100, cursor=first.cursor), page.context())

    assert (first.complete, first.cursor, rest.complete) == (False, "2", True)
    found = [m for m in (*first.found, *rest.found) if tag in m.text]
    assert {m.remote_id for m in found} == set(said)
    assert all(m.url.endswith(f"{m.remote_id}/") and m.author_id.startswith("urn:li:person:") for m in found)


@pytest.mark.unit
def test_a_mention_whose_post_is_not_told_says_where_to_look():
    row = {
        "notificationId": 7,
        "action": "SHARE_MENTION",
        "generatedActivity": "urn:li:share:9",
        "lastModifiedAt": 1e12,
    }
    network = {"authorize": "https://www.linkedin.com"}
    ctx = SimpleNamespace(wire=SimpleNamespace(network=network))

    message = LINKEDIN._mention(ctx, row)

    assert (message.remote_id, message.author_id) == ("urn:li:share:9", "")
    assert "at LinkedIn" in message.text
