"""Threads: what its plan is made of, what its errors mean, and chains over real HTTP against the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    Lookup,
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.hooks import NotGenuine
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from channels.connectors.threads import chain_metrics, post_form, same
from channels.wire import Answer
from tests.channels.conftest import carry_out

K = OutcomeKind
THREADS = CONNECTORS["threads"]
PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}
VIDEO = {"kind": "video", "mime": "video/mp4", "file": "a.mp4", "alt": "Boats"}


def payload(*parts) -> dict:
    whole = [{"text": "", "link": "", "media": []} | part for part in parts]
    return {"platform": "threads", "format": "threads.thread", "language": "en", "parts": whole}


def keys(*parts) -> list[str]:
    return [step.key for step in THREADS.plan(payload(*parts), None)]


@pytest.mark.unit
class TestPlan:
    def test_text_alone(self):
        assert keys({"text": "1"}) == ["container 1", "wait 1", "commit", "verify"]

    def test_carousels_of_all_parts_are_prepared_before_anything_is_public(self):
        assert keys({"text": "1", "media": [PICTURE]}, {"text": "2", "media": [PICTURE, VIDEO]}) == [
            "container 2.1", "container 2.2", "wait 2.1", "wait 2.2", "container 1", "wait 1", "commit",
            "container 2", "wait 2", "reply 2", "verify",
        ]  # fmt: skip

    def test_every_public_step_can_be_asked_about(self):
        steps = THREADS.plan(payload({"text": "1"}, {"text": "2"}), None)
        public = [s.safety for s in steps if s.kind in {StepKind.COMMIT, StepKind.REPLY}]

        assert public == [Safety.EXACT, Safety.EXACT]

    @pytest.mark.parametrize(
        "parts",
        [
            [],
            [{"text": ""}],
            [{"text": "1", "media": [PICTURE] * 21}],
            [{"text": "1", "media": [PICTURE], "link": "https://a.example/"}],
        ],
    )
    def test_what_cannot_be_said_is_refused_by_name(self, parts):
        with pytest.raises(UnsupportedFeature, match="cannot take"):
            keys(*parts)

    def test_forms(self):
        def address(medium):
            return f"https://h.example/{medium['file']}"

        part = {"text": "Read it", "link": "https://a.example/", "media": []}
        assert post_form(part, [], address)["link_attachment"] == "https://a.example/"
        assert post_form(part | {"text": "See https://a.example/"}, [], address)["link_attachment"] is None
        video = post_form({"text": "", "media": [VIDEO]}, [], address)
        assert (video["media_type"], video["video_url"], video["alt_text"], video["text"]) == (
            "VIDEO", "https://h.example/a.mp4", "Boats", None,
        )  # fmt: skip
        assert post_form(part, ["1", "2"], address)["children"] == "1,2"


def error(code, subcode=None, message="x", **more):
    return {"error": {"code": code, "error_subcode": subcode, "message": message, **more}}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (error(24, 4279009, is_transient=False), K.BUSY, "yet"),
        (error(100, 4279013), K.PERMISSION, "restricted"),
        (error(4, 2207051), K.PERMISSION, "Threads took this for spam"),
        (error(4), K.RATE, "wait"),
        (error(9, 2207042), K.RATE, "used up"),
        (error(10), K.PERMISSION, "permission"),
        (error(200), K.PERMISSION, "permission"),
        (error(190, 463), K.AUTH, "run out"),
        (error(1), K.UNKNOWN, "Threads"),
        (error(2), K.UNKNOWN, "Threads"),
        (error(613), K.RATE, "wait"),
        (error(100, 2207052), K.CONTENT, "public address"),
        (error(100, message="Param text must be at most 500 characters long."), K.CONTENT, "500"),
        (error(100, message="THREADS_API__LINK_LIMIT_EXCEEDED"), K.CONTENT, "five different links"),
        (error(100, error_user_title="THREADS_API__FEATURE_NOT_AVAILABLE"), K.CONTENT, "does not offer"),
        (error(100, error_user_msg="GEO_GATING_INVALID_COUNTRY_CODES"), K.CONTENT, "countries"),
        (error(36001, 2207005), K.CONTENT, "PNG"),
    ],
)
def test_errors(body, kind, words):
    sent = Answer("POST", "https://t.example/", 400, {}, json.dumps(body).encode(), 0.1)
    outcome = THREADS.classify(sent)

    assert outcome.kind is kind
    assert words in outcome.message
    assert "Instagram" not in outcome.message
    assert "{" not in outcome.message


@pytest.mark.unit
@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("FAILED_DOWNLOADING_VIDEO", K.BUSY),
        ("FAILED_PROCESSING_VIDEO", K.BUSY),
        ("UNKNOWN", K.BUSY),
        ("INVALID_ASPEC_RATIO", K.CONTENT),
        ("INVALID_DURATION", K.CONTENT),
        ("SOMETHING_NEW: with words", K.CONTENT),
        ("", K.CONTENT),
    ],
)
def test_failed_container_is_made_again_or_explained(reason, kind):
    outcome = THREADS.failed("container 2.1", reason)

    assert outcome.kind is kind
    assert outcome.redo == (("container 2.1", "wait 2.1") if kind is K.BUSY else ())
    assert outcome.message


@pytest.mark.unit
def test_numbers_of_a_chain():
    first = {"views": 10, "likes": 2, "replies": 3, "reposts": 1, "quotes": 1, "shares": 9}
    second = {"views": 5, "likes": 0, "replies": 1, "reposts": 0, "quotes": 0}

    found = chain_metrics([first, second], ours=1)

    assert (found["views"], found["likes"], found["comments"], found["shares"]) == (15, 2, 3, 2)
    assert found["impressions"] is None
    assert set(chain_metrics([], ours=0).values()) == {None}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "is_it"),
    [
        ({}, True),
        ({"text": "Another"}, False),
        ({"media_type": "IMAGE"}, False),
        ({"timestamp": "2026-11-23T17:00:00+0000"}, False),
        ({"replied_to": {"id": "8"}}, False),
    ],
)
def test_post_is_recognised(change, is_it):
    at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    post = {"media_type": "TEXT_POST", "text": "A  text", "timestamp": "2026-11-23T18:00:00+0000"}
    post |= {"replied_to": {"id": "7"}} | change

    assert same(post, {"text": "A text"}, since=at, parent="7") is is_it


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tag():
    return uuid.uuid4().hex


@pytest.fixture
def chain(drive, picture, clip, tag):
    return drive(
        payload(
            {"text": f"{tag} one", "media": [picture("t1.jpg")]},
            {"text": f"{tag} two", "media": [picture("t2.jpg"), clip | {"alt": "Boats on the river"}]},
            {"text": f"{tag} three", "link": "https://riverside.example/plan"},
        )
    )


@pytest.mark.db
def test_chain_stands_as_planned(chain, ledger, tag):
    chain.run()

    rows = ledger("threads", tag)
    assert [row["text"] for row in rows] == [f"{tag} one", f"{tag} two", f"{tag} three"]
    assert [row["reply_to"] for row in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]
    assert [[m["alt"] for m in row["media"]] for row in rows] == [
        ["Volunteers with nets by the river"],
        ["Volunteers with nets by the river", "Boats on the river"],
        [],
    ]
    assert "/post/" in chain.outcomes["verify"].remote_url


@pytest.mark.db
def test_lost_answer_in_the_middle_is_found_and_the_chain_goes_on(chain, ledger, fault, tag):
    chain.run(until="reply 2")
    fault("threads", "threads_publish", "lost_answer")

    assert chain.one("reply 2").kind is K.UNKNOWN
    lookup = chain.look("reply 2")
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True)
    chain.refs["reply 2"] = dict(lookup.remote_ref)
    for key in ("container 3", "wait 3"):
        while not chain.one(key).ok:
            pass
    assert chain.one("reply 3").ok

    rows = ledger("threads", tag)
    assert [row["reply_to"] for row in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]


@pytest.mark.db
def test_published_container_that_is_not_listed_yet_is_asked_again(chain, fault, monkeypatch):
    chain.run(until="commit")
    fault("threads", "threads_publish", "lost_answer")
    chain.one("commit")
    monkeypatch.setattr(THREADS, "_own", lambda *args: [])

    lookup = chain.look("commit")  # two parts follow, so its id is needed

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False)


@pytest.mark.db
def test_last_post_that_is_not_listed_is_out_without_a_link(drive, fault, monkeypatch, tag):
    post = drive(payload({"text": f"{tag} alone"})).run(until="commit")
    fault("threads", "threads_publish", "lost_answer")
    post.one("commit")
    monkeypatch.setattr(THREADS, "_own", lambda *args: [])

    lookup = post.look("commit")

    assert (lookup.kind, lookup.remote_id, lookup.complete) == (LookupKind.FOUND, "", True)


@pytest.mark.db
def test_container_that_nobody_knows_any_more_is_looked_for(drive, tag):
    post = drive(payload({"text": f"{tag} old"})).run(until="commit")
    post.refs["container 1"] = {"id": "18999999999999999", "expires_at": datetime.now(UTC).isoformat()}

    assert post.one("commit").kind is K.UNKNOWN  # it may be out
    lookup = post.look("commit")
    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, False)


@pytest.mark.db
def test_the_same_words_of_an_earlier_post_are_not_taken_for_ours(drive, tag):
    drive(payload({"text": f"{tag} twice"})).run()
    post = drive(payload({"text": f"{tag} twice"})).run(until="commit")
    post.refs["container 1"] = {"id": "18999999999999999", "expires_at": datetime.now(UTC).isoformat()}

    lookup = post.look("commit", intent_at=datetime.now(UTC) + timedelta(seconds=120))

    assert lookup.kind is not LookupKind.FOUND
    assert post.look("commit").kind is LookupKind.FOUND  # it is listed; only its time tells them apart


@pytest.mark.db
def test_container_that_cannot_be_published_for_a_minute_is_made_again(drive, fault, tag):
    post = drive(payload({"text": f"{tag} stale"})).run(until="commit")
    young = dict(post.refs["container 1"])
    post.refs["container 1"] |= {"expires_at": (datetime.now(UTC) + timedelta(hours=22)).isoformat()}
    one = drive(payload({"text": f"{tag} other"})).run(until="commit")

    one.refs["container 1"] = {"id": "1", "expires_at": young["expires_at"]}
    fresh = one.one("commit")
    assert (fresh.kind, fresh.redo) == (K.BUSY, ())  # a matter of seconds at first

    post.one("commit")
    again = post.one("commit")  # it is out already: no second one may be made
    assert (again.kind, again.redo) == (K.UNKNOWN, ())


@pytest.mark.db
def test_correction_answers_the_post_it_corrects(drive, ledger, tag):
    first = drive(payload({"text": f"{tag} wrong"})).run().outcomes["commit"].remote_id
    drive(payload({"text": f"{tag} right"}) | {"reply_to": first}).run()

    assert ledger("threads", f"{tag} right")[0]["reply_to"] == first


@pytest.mark.db
def test_numbers_of_all_parts(chain):
    chain.run()
    ids = tuple(chain.outcomes[key].remote_id for key in ("commit", "reply 2", "reply 3"))
    ref = PublishedRef("p", ids[0], ids, "threads.thread", datetime.now(UTC))

    (reading,) = THREADS.metrics(chain.context(), [ref])

    assert set(reading.raw) == set(ids)
    assert reading.metrics["views"] is not None
    assert reading.metrics["comments"] is not None
    assert reading.metrics["clicks"] is None


@pytest.mark.db
def test_quota_is_told_before_the_post(chain, monkeypatch):
    used = {"quota_usage": 250, "config": {"quota_total": 250}, "reply_quota_usage": 1}
    monkeypatch.setattr(THREADS, "_quota", lambda ctx: used)

    (trouble,) = THREADS.preflight(chain.channel, chain.context())

    assert trouble == "Threads takes 250 posts in 24 hours, and 250 are out already."
    assert trouble.kind is TroubleKind.QUOTA


@pytest.mark.db
def test_followers_are_unknown_without_the_permission(chain):
    chain.channel.scopes.remove("threads_manage_insights")

    assert THREADS.account(chain.context())["followers"] is None


# Replies --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def discussed(drive, on_sandbox, tag):
    """A chain of two posts that people have answered: (drive, what reads the answers)."""
    chain = drive(payload({"text": f"{tag} who comes along?"}, {"text": f"{tag} bring gloves"})).run()
    httpx.post(f"{on_sandbox}/_sandbox/clock", json={"advance_days": 60}, trust_env=False)
    ids = tuple(chain.outcomes[key].remote_id for key in ("commit", "reply 2"))
    ref = PublishedRef("p", ids[0], ids, "threads.thread", datetime.now(UTC))
    return chain, lambda **more: THREADS.read(Wanted(Read.COMMENTS, post=ref, **more), chain.context())


@pytest.mark.db
def test_replies_are_read_and_our_own_chain_is_none_of_them(discussed):
    chain, read = discussed

    page = read()

    assert (page.problem, page.complete) == ("", True)
    ours = {outcome.remote_id for outcome in chain.outcomes.values()}
    assert page.found
    assert not ours & {m.remote_id for m in page.found}
    assert {m.kind for m in page.found} == {MessageKind.COMMENT}
    assert all(m.author_handle.startswith("@") and not m.ours for m in page.found)
    small = read(limit=1)
    assert small.cursor
    assert not small.complete


@pytest.mark.db
def test_reply_is_answered_and_hidden(discussed):
    chain, read = discussed
    first = read().found[0]

    outcome = carry_out(THREADS, Act.to(Action.REPLY, first, text="Thank you!"), chain.context())
    assert outcome.ok, outcome
    (answer,) = [m for m in read().found if m.ours]
    assert (answer.remote_id, answer.parent_id, answer.kind) == (
        outcome.remote_id, first.remote_id, MessageKind.REPLY,
    )  # fmt: skip
    assert THREADS.permalink(answer.remote_id, chain.context()).startswith("http")

    top = chain.outcomes["commit"].remote_id  # hiding is for the first level below a post, not below a reply
    on_top = next(m for m in read().found if m.raw["replied_to"]["id"] == top and not m.ours)
    for action, hidden in ((Action.HIDE, True), (Action.HIDE, True), (Action.UNHIDE, False)):
        assert carry_out(THREADS, Act.to(action, on_top), chain.context()).ok
        assert next(m for m in read().found if m.remote_id == on_top.remote_id).hidden is hidden


def until_ready(wait, chain):
    end = time.monotonic() + 10
    while not (outcome := THREADS.run(wait, chain.context())).ok and time.monotonic() < end:
        time.sleep(0.1)
    assert outcome.ok, outcome


@pytest.mark.db
def test_lost_answer_to_a_reply_is_found_and_never_becomes_two(discussed, fault):
    chain, read = discussed
    act = Act.to(Action.REPLY, read().found[0], text="Thank you!")
    prepare, wait, step = THREADS.steps_of(act)
    assert THREADS.lookup(step, chain.context()).kind is LookupKind.ABSENT
    chain.refs[prepare.key] = dict(THREADS.run(prepare, chain.context()).remote_ref)
    until_ready(wait, chain)
    look = THREADS.lookup(step, chain.context())
    assert (look.kind, look.complete) == (LookupKind.ABSENT, True)  # its container says so
    fault("threads", "/threads_publish", "lost_answer")

    assert THREADS.run(step, chain.context()).kind is K.UNKNOWN

    found = THREADS.lookup(step, chain.context())
    assert (found.kind, found.remote_id) == (
        LookupKind.FOUND,
        next(m for m in read().found if m.ours).remote_id,
    )
    assert THREADS.run(step, chain.context()).kind is not K.OK  # a container goes out once
    assert len([m for m in read().found if m.ours]) == 1


@pytest.mark.db
def test_the_container_of_an_answer_tells_also_where_threads_has_changed_the_words(
    discussed, fault, monkeypatch
):
    chain, read = discussed
    act = Act.to(Action.REPLY, read().found[0], text="Thank you!")
    prepare, wait, step = THREADS.steps_of(act)
    chain.refs[prepare.key] = dict(THREADS.run(prepare, chain.context()).remote_ref)
    until_ready(wait, chain)
    fault("threads", "/threads_publish", "lost_answer")
    assert THREADS.run(step, chain.context()).kind is K.UNKNOWN
    monkeypatch.setattr(type(THREADS), "the_one", lambda *a, **k: Lookup(LookupKind.ABSENT, complete=True))

    found = THREADS.lookup(step, chain.context())

    assert (found.kind, found.complete, found.remote_id) == (LookupKind.FOUND, True, "")


@pytest.mark.db
def test_reply_that_is_gone_is_explained(discussed):
    chain, _ = discussed

    outcome = carry_out(THREADS, Act(Action.HIDE, "18999999999999999"), chain.context())

    assert (outcome.kind, "deleted it" in outcome.message) == (K.CONTENT, True)


def signed(body: object, secret: str = "s") -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"x-hub-signature-256": f"sha256={digest}"}


ROOT = {"id": "7", "owner_id": "26100000000000101"}
CALL = {
    "topic": "moderate", "target_id": "26100000000000101", "time": 1790000000,
    "values": {"value": {"id": "77", "text": "Hi", "root_post": ROOT}, "field": "replies"},
}  # fmt: skip


@pytest.mark.unit
def test_call_of_threads_is_a_hint():
    raw, head = signed(CALL)

    (hint,) = THREADS.hints(raw, head, "s")

    assert (hint.account_id, hint.what, hint.remote_id, hint.post_id) == (
        "26100000000000101", Read.COMMENTS, "77", "7",
    )  # fmt: skip
    assert hint == THREADS.hints(raw, head, "s")[0]
    with pytest.raises(NotGenuine):
        THREADS.hints(raw, head, "another")
    asked = {"hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": "5"}
    assert THREADS.challenge(asked, "t") == "5"
    assert THREADS.challenge(asked, "other") is None


@pytest.mark.unit
@pytest.mark.parametrize(
    "body", [[], {}, {"values": 7}, [CALL | {"values": {"value": {}, "field": "replies"}}], "x", None]
)
def test_call_that_cannot_be_read_names_nothing(body):
    assert THREADS.hints(*signed(body), "s") == []
