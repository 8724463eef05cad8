"""What is special about each network, over real HTTP against the sandbox."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from channels.connectors import x as x_module
from channels.connectors.base import Interrupted, LookupKind, OutcomeKind, PublishedRef

pytestmark = pytest.mark.db  # no database, but a server: not for the fast group


def payload(format: str, *parts) -> dict:
    platform = format.partition(".")[0]
    whole = [{"text": "", "link": "", "media": []} | part for part in parts]
    return {"schema": 1, "format": format, "platform": platform, "language": "en", "parts": whole}


@pytest.fixture
def tag():
    return uuid.uuid4().hex[:10]


# X ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def thread(drive, picture, tag):
    return drive(
        payload(
            "x.thread",
            {"text": f"{tag} one: 3 tonnes of rubbish, and <nobody> got wet"},
            {"text": f"{tag} two", "media": [picture("x.jpg")]},
            {
                "text": f"{tag} three: more at https://riverside.example/clean-up?utm_source=x&utm_medium=social"
            },
        )
    )


def test_x_thread_stands_in_order_below_each_other(thread, ledger, tag):
    thread.run()

    rows = ledger("x", tag)
    assert [row["text"] for row in rows] == [part["text"] for part in thread.payload["parts"]]
    assert [row["reply_to"] for row in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]


@pytest.mark.parametrize("key", ["commit", "reply 2", "reply 3"])
def test_x_lost_part_is_found_with_its_parent_and_link(thread, fault, ledger, tag, key):
    thread.run(until=key)
    fault("x", "POST /2/tweets", "lost_answer")

    assert thread.one(key).kind is OutcomeKind.UNKNOWN
    lookup = thread.look(key)

    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, ledger("x", tag)[-1]["remote_id"])
    assert lookup.remote_url.endswith(lookup.remote_id)


def test_x_repeat_of_the_same_text_is_duplicate_and_the_lookup_names_the_first(thread, tag):
    thread.run(until="reply 2")
    first = thread.refs.pop("commit")

    outcome = thread.one("commit")
    lookup = thread.look("commit")

    assert outcome.kind is OutcomeKind.DUPLICATE
    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, first["id"])


def test_x_older_post_with_the_same_text_is_not_taken_for_ours(thread):
    thread.run(until="reply 2")
    thread.refs.pop("commit")

    lookup = thread.look("commit", intent_at=datetime.now(UTC) + timedelta(seconds=120))

    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)


def test_x_video_goes_up_in_pieces_and_is_waited_for(drive, clip, ledger, tag, monkeypatch):
    monkeypatch.setattr(x_module, "CHUNK_BYTES", 64 * 1024)
    video = drive(payload("x.video", {"text": f"{tag} video", "media": [clip]}))
    renewed = []
    outcome = video.one("upload 1.1", renew=lambda: renewed.append(1))
    assert outcome.ok
    assert len(renewed) == -(-clip["bytes"] // (64 * 1024))

    video.run()

    (row,) = ledger("x", tag)
    assert [(m["mime"], m["sha256"]) for m in row["media"]] == [("video/mp4", clip["sha256"])]


def test_x_upload_stops_between_pieces(drive, clip, tag):
    video = drive(payload("x.video", {"text": f"{tag} video", "media": [clip]}))

    def stop():
        raise Interrupted

    with pytest.raises(Interrupted):
        video.one("upload 1.1", renew=stop)


def test_x_forgotten_upload_is_asked_for_again(thread):
    thread.run(until="reply 2")
    thread.refs["upload 2.1"]["media_id"] = "1880000000000000000"

    outcome = thread.one("reply 2")

    redo = ("upload 2.1", "wait 2.1", "alt 2.1", "captions 2.1")  # whatever was said of the id that is lost
    assert (outcome.kind, outcome.redo) == (OutcomeKind.BUSY, redo)


def test_x_video_that_is_forgotten_while_it_is_processed_goes_up_twice_more_at_most(drive, clip, tag):
    """A wait counts no tries of its own: without an end a new upload would follow each second."""
    video = drive(payload("x.video", {"text": f"{tag} video", "media": [clip]}))
    assert video.one("upload 1.1").ok
    video.refs["upload 1.1"] |= {"media_id": "1880000000000000000", "processing": True}

    outcomes = [video.one("wait 1.1") for _ in range(3)]

    assert [each.kind for each in outcomes] == [OutcomeKind.BUSY, OutcomeKind.BUSY, OutcomeKind.CONTENT]
    assert [each.retry_after_s for each in outcomes[:2]] == [60.0, 120.0]
    assert [("upload 1.1" in each.redo, "wait 1.1" in each.redo) for each in outcomes[:2]] == [
        (True, False)
    ] * 2
    assert outcomes[2].redo == ()


def test_x_numbers_of_a_whole_thread(thread):
    thread.run()
    ids = tuple(thread.refs[key]["id"] for key in ("commit", "reply 2", "reply 3"))
    ref = PublishedRef("p", ids[0], ids, "x.thread", datetime.now(UTC))

    (reading,) = thread.connector.metrics(thread.context(), [ref])

    assert [post["id"] for post in reading.raw["posts"]] == list(ids)
    assert reading.metrics["comments"] >= 0
    assert reading.metrics["impressions"] is not None


def test_x_asks_with_the_new_field_names_when_the_old_are_refused(thread, monkeypatch):
    thread.run(until="reply 2")
    monkeypatch.setattr(thread.connector, "_fields_key", "no.fields")

    assert thread.look("reply 2").complete is True
    assert thread.connector._fields_key == "tweet.fields"


def test_x_goes_on_asking_with_the_names_that_were_taken(thread, monkeypatch):
    monkeypatch.setattr(thread.connector, "_fields_key", "post.fields")
    thread.run(until="reply 3")
    answers, real = [], type(thread.context().wire).get
    monkeypatch.setattr(
        type(thread.context().wire), "get", lambda *a, **k: answers.append(real(*a, **k)) or answers[-1]
    )

    thread.refs.pop("reply 2")
    looks = [thread.look("reply 2") for _ in range(2)]

    assert [(look.kind, look.complete) for look in looks] == [(LookupKind.FOUND, True)] * 2
    assert {answer.status for answer in answers} == {200}
    assert thread.connector._fields_key == "post.fields"


# Facebook ---------------------------------------------------------------------------------------------------------


def test_facebook_link_post(drive, ledger, tag):
    post = drive(
        payload("facebook.post", {"text": f"{tag} text", "link": "https://riverside.example/clean-up"})
    ).run()

    (row,) = ledger("facebook", tag)
    assert (row["text"], row["media"]) == (f"{tag} text", [])
    assert post.outcomes["verify"].remote_url.startswith("http")


def test_facebook_same_text_twice_is_duplicate_and_found(drive, tag):
    post = drive(payload("facebook.post", {"text": f"{tag} text"})).run(until="verify")
    first = post.refs.pop("commit")

    assert post.one("commit").kind is OutcomeKind.DUPLICATE
    assert post.look("commit").remote_id == first["id"]


def test_facebook_tells_a_person_all_pages_however_many_lists_they_fill(on_sandbox, settings, monkeypatch):
    from channels.connectors import facebook, meta
    from channels.sample import allow

    settings.PUBLIC_URL, flow = "http://127.0.0.1:8000", facebook.FacebookFlow()
    redirect, ours = (
        "http://127.0.0.1:8000/admin/channels/callback/facebook/",
        ["104200000000101", "104200000000202"],
    )
    url, verifier = flow.begin(redirect_uri=redirect, state="s")
    grant = flow.exchange(allow(url, account=ours)["code"], redirect_uri=redirect, verifier=verifier)

    monkeypatch.setattr(facebook, "A_LIST", 1)
    assert [page.remote_id for page in flow.accounts(grant)] == ours
    monkeypatch.setattr(meta, "MOST_LISTS", 1)  # a list that never ends does end
    assert [page.remote_id for page in flow.accounts(grant)] == ours[:1]


def test_facebook_reel_has_a_whole_address_when_it_is_read_back(drive, clip, tag):
    reel = drive(payload("facebook.reel", {"text": f"{tag} reel", "media": [clip]})).run()
    commit, verify = reel.outcomes["commit"], reel.outcomes["verify"]

    assert verify.remote_url.rstrip("/") == commit.remote_url
    assert reel.connector.permalink(commit.remote_id, reel.context()) == verify.remote_url


def test_facebook_reel(drive, clip, ledger, tag):
    reel = drive(payload("facebook.reel", {"text": f"{tag} reel", "media": [clip]}))
    reel.run(until="commit")
    assert reel.look("commit").kind is LookupKind.ABSENT
    assert ledger("facebook", tag) == []

    reel.run()

    (row,) = ledger("facebook", tag)
    assert [m["sha256"] for m in row["media"]] == [clip["sha256"]]
    assert reel.look("commit").remote_id == reel.outcomes["commit"].remote_id


def test_facebook_reel_lost_answer_is_asked_by_its_handle(drive, clip, fault, tag):
    reel = drive(payload("facebook.reel", {"text": f"{tag} reel", "media": [clip]})).run(until="commit")
    fault("facebook", "video_reels", "lost_answer")

    assert reel.one("commit").kind is OutcomeKind.UNKNOWN
    first = reel.look("commit")
    while (lookup := reel.look("commit")).kind is LookupKind.CANNOT:
        assert not lookup.complete
        time.sleep(0.1)

    assert (first.kind, first.complete) == (LookupKind.CANNOT, False)
    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, reel.refs["container"]["id"])


def test_facebook_reel_numbers(drive, clip, tag):
    reel = drive(payload("facebook.reel", {"text": f"{tag} reel", "media": [clip]})).run()
    video = reel.outcomes["commit"].remote_id

    (reading,) = reel.connector.metrics(
        reel.context(), [PublishedRef("p", video, (video,), "facebook.reel", datetime.now(UTC))]
    )

    assert reading.metrics["views"] is not None
    assert reading.metrics["reach"] is None


def test_facebook_one_unknown_metric_does_not_hide_the_others(drive, tag, monkeypatch):
    from channels.connectors import facebook

    post = drive(payload("facebook.post", {"text": f"{tag} text"})).run()
    remote = post.outcomes["commit"].remote_id
    monkeypatch.setattr(facebook, "POST_METRICS", [*facebook.POST_METRICS, "post_impressions"])
    monkeypatch.setattr(post.connector, "_dead", {})

    (reading,) = post.connector.metrics(
        post.context(), [PublishedRef("p", remote, (remote,), "facebook.post", datetime.now(UTC))]
    )

    assert reading.metrics["views"] is not None
    (refused,) = post.connector._dead.values()
    assert list(refused) == ["post_impressions"]


# Instagram --------------------------------------------------------------------------------------------------------


def test_instagram_single_picture(drive, picture, ledger, tag):
    post = drive(payload("instagram.image", {"text": f"{tag} one", "media": [picture("one.jpg")]})).run()

    (row,) = ledger("instagram", tag)
    assert row["remote_id"] == post.outcomes["commit"].remote_id
    assert post.outcomes["verify"].remote_url.startswith("http")


def test_instagram_reel(drive, clip, picture, ledger, tag):
    video = clip | {"cover": picture("cover.jpg", size=(1080, 1920))["file"]}
    reel = drive(payload("instagram.reel", {"text": f"{tag} reel", "media": [video]})).run()

    (row,) = ledger("instagram", tag)
    assert [m["sha256"] for m in row["media"]] == [clip["sha256"]]
    media = reel.outcomes["commit"].remote_id
    (reading,) = reel.connector.metrics(
        reel.context(), [PublishedRef("p", media, (media,), "instagram.reel", datetime.now(UTC))]
    )
    assert reading.metrics["views"] is not None
    assert reading.metrics["follows"] is None


def test_instagram_container_that_is_not_ready_is_waited_for(drive, clip, tag):
    reel = drive(payload("instagram.reel", {"text": f"{tag} reel", "media": [clip]}))
    reel.one("container 1.1")

    outcome = reel.one("wait 1.1")

    assert (outcome.kind, outcome.code) == (OutcomeKind.BUSY, "in-progress")
    assert outcome.retry_after_s > 0


def test_instagram_refuses_a_png_with_words(drive, files_server, tag):
    from PIL import Image

    folder, _ = files_server
    Image.new("RGB", (1080, 1350), "teal").save(folder / "no.png")
    medium = {"kind": "image", "mime": "image/png", "file": "no.png", "alt": ""}
    post = drive(payload("instagram.image", {"text": f"{tag} png", "media": [medium]}))

    outcome = post.one("container 1.1")
    if outcome.ok:
        outcome = post.one("wait 1.1")

    assert outcome.kind is OutcomeKind.CONTENT
    assert "JPEG" in outcome.message


def test_instagram_file_that_cannot_be_fetched_is_named(drive, picture, tag, settings):
    post = drive(payload("instagram.image", {"text": f"{tag} gone", "media": [picture("gone.jpg")]}))
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    outcome = post.one("container 1.1")
    if outcome.ok:
        outcome = post.one("wait 1.1")

    assert outcome.kind is OutcomeKind.CONTENT
    assert "public address" in outcome.message


def test_instagram_unknown_container_is_looked_for_before_anything_is_made_again(drive, picture, tag):
    """An error answer does not say that it was not published. Only its container knows; without one a person decides."""
    post = drive(payload("instagram.image", {"text": f"{tag} lost", "media": [picture("lost.jpg")]})).run(
        until="commit"
    )
    post.refs["container 1.1"]["id"] = "17999999999999999"

    outcome = post.one("commit")
    step = next(each for each in post.steps() if each.key == "commit")
    found = post.connector.lookup(step, post.context())

    assert (outcome.kind, outcome.redo) == (OutcomeKind.UNKNOWN, ())
    assert found.kind is LookupKind.CANNOT


def test_instagram_published_twice_stands_once(drive, picture, ledger, fault, tag):
    post = drive(payload("instagram.image", {"text": f"{tag} twice", "media": [picture("twice.jpg")]})).run(
        until="commit"
    )
    fault("instagram", "media_publish", "lost_answer")

    post.one("commit")
    lookup = post.look("commit")

    assert lookup.kind is LookupKind.FOUND
    assert [row["remote_id"] for row in ledger("instagram", tag)] == [lookup.remote_id]


def test_instagram_quota_is_told_before_the_post(drive, picture, tag, on_sandbox, monkeypatch):
    post = drive(payload("instagram.image", {"text": f"{tag} quota", "media": [picture("quota.jpg")]}))
    monkeypatch.setattr(post.connector, "_quota", lambda ctx: (50, 50))

    assert post.connector.preflight(post.channel, post.context()) == [
        "Instagram takes 50 posts in 24 hours, and 50 are out already."
    ]


def test_feeds_show_what_was_posted(on_sandbox, drive, tag):
    drive(payload("x.thread", {"text": f"{tag} seen"})).run()

    page = httpx.get(f"{on_sandbox}/x/feed/riverside_council", trust_env=False).text

    assert f"{tag} seen" in page
