"""Bluesky: sessions, blobs, records, video, numbers, and everything it must refuse."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit
DID = "did:plc:riversidecouncil22222222"
XRPC = "/bluesky/xrpc"
POST = "app.bsky.feed.post"
KEY = "3lbqxsmtgfo2f"


def sign_in(http, **changes):
    asked = {"identifier": "council.riverside.example", "password": "demo-demo-demo-demo"} | changes
    return http.post(f"{XRPC}/com.atproto.server.createSession", json=asked)


@pytest.fixture
def session(http):
    return sign_in(http).json


@pytest.fixture
def town(http, helpers, session):
    return helpers.Signed(http, session["accessJwt"], DID)


def record(text="Hi", **more):
    return {"$type": POST, "text": text, "createdAt": "2026-11-23T12:00:00.000Z"} | more


def put(town, what=None, rkey=KEY, **more):
    body = {"repo": DID, "collection": POST, "rkey": rkey, "record": what or record()} | more
    return town.post(f"{XRPC}/com.atproto.repo.putRecord", json=body)


def blob(town, body, mime="image/jpeg"):
    url = f"{XRPC}/com.atproto.repo.uploadBlob"
    return town.post(url, data=body, headers={"Content-Type": mime}).json["blob"]


def images(*blobs, **more):
    return {"$type": "app.bsky.embed.images", "images": [{"image": b, "alt": ""} | more for b in blobs]}


# Sessions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"password": "no"}, {"identifier": "nobody.example"}])
def test_wrong_names_and_passwords(http, change):
    answer = sign_in(http, **change)

    assert (answer.status_code, answer.json["error"]) == (401, "AuthenticationRequired")


def test_the_31st_sign_in_in_five_minutes_is_refused(http):
    answers = [sign_in(http).status_code for _ in range(31)]

    assert answers == [200] * 30 + [429]
    assert sign_in(http).headers["RateLimit-Policy"] == "30;w=300"


def test_keys_run_out_and_are_renewed(http, town, session, clock):
    clock.pass_by(hours=2, seconds=1)
    late = put(town)
    again = {"Authorization": f"Bearer {session['refreshJwt']}"}

    first = http.post(f"{XRPC}/com.atproto.server.refreshSession", headers=again).json
    second = http.post(f"{XRPC}/com.atproto.server.refreshSession", headers=again).json

    assert (late.status_code, late.json["error"]) == (400, "ExpiredToken")
    assert first["refreshJwt"] == second["refreshJwt"] != session["refreshJwt"]
    clock.pass_by(hours=2, seconds=1)
    assert http.post(f"{XRPC}/com.atproto.server.refreshSession", headers=again).status_code == 400


def test_a_short_key_renews_nothing(http, session):
    head = {"Authorization": f"Bearer {session['accessJwt']}"}
    assert (
        http.post(f"{XRPC}/com.atproto.server.refreshSession", headers=head).json["error"] == "InvalidToken"
    )


def test_no_key_at_all(http):
    assert http.post(f"{XRPC}/com.atproto.repo.putRecord", json={}).json["error"] == "AuthMissing"


# Records --------------------------------------------------------------------------------------------------------


def facet(start, end, **feature):
    kind = {"$type": f"app.bsky.richtext.facet#{feature.pop('kind', 'link')}"}
    return {
        "index": {"byteStart": start, "byteEnd": end},
        "features": [kind | (feature or {"uri": "https://a.example"})],
    }


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (record("x" * 301), "grapheme too big (maximum 300, got 301)"),
        (record("👨\u200d👩\u200d👧" * 200), "string too big (maximum 3000"),
        (record(""), "a post needs a text"),
        (record(colour="red"), "unknown property colour"),
        (record(createdAt="yesterday"), "invalid datetime"),
        (record(langs=["a b"]), "invalid language tag"),
        (record(langs=["en", "de", "fr", "it"]), "array too big (maximum 3)"),
        (record("Hé!", facets=[facet(0, 9)]), "outside the text"),
        (record("Hé!", facets=[facet(0, 2)]), "cuts a character"),
        (record("Hello", facets=[facet(0, 3), facet(2, 4)]), "over another"),
        (record("Hello", facets=[facet(0, 3, kind="mention", did="mayor")]), "invalid did"),
        (record("Hello", facets=[facet(0, 3, kind="poke")]), "unknown feature"),
        (record(embed={"$type": "app.bsky.embed.images", "images": []}), "array too big (maximum 4"),
        (record(embed={"$type": "app.bsky.embed.record"}), "knows no embed"),
        (
            record(embed={"$type": "app.bsky.embed.external", "external": {"uri": "x"}}),
            'Missing required key "title"',
        ),
        (record(reply={"root": {"uri": "x", "cid": "y"}, "parent": {"uri": "x", "cid": "y"}}), "not there"),
        ({"$type": "app.bsky.feed.like"}, "Invalid $type"),
    ],
)
def test_records_are_refused(town, what, words):
    answer = put(town, what)

    assert answer.status_code == 400
    assert words in answer.json["message"] or "is not an at-uri" in answer.json["message"]


@pytest.mark.parametrize("rkey", ["", "self", "3LBQXSMTGFO2F", "zlbqxsmtgfo2f"])
def test_keys_must_be_tids(town, rkey):
    assert "no TID" in put(town, rkey=rkey).json["message"]


def test_anothers_repository_and_unknown_fields(town):
    assert put(town, repo="did:plc:other").status_code == 401
    assert "unknown property" in put(town, colour="red").json["message"]


def test_putting_the_same_twice_writes_once_and_another_replaces(town, http):
    first, second = put(town).json, put(town).json
    third = put(town, record("Changed")).json

    assert "commit" in first
    assert "commit" not in second
    assert first["cid"] == second["cid"] != third["cid"]
    assert [row["text"] for row in http.get("/_sandbox/ledger").json] == ["Changed"]


def test_create_only_is_kept(town):
    put(town)

    assert put(town, record("Other"), swapRecord=None).json["error"] == "InvalidSwap"
    body = {"repo": DID, "collection": POST, "rkey": KEY, "record": record("Other")}
    assert town.post(f"{XRPC}/com.atproto.repo.createRecord", json=body).status_code == 500


def test_reading_back_and_what_is_gone(town, http):
    put(town)
    asked = {"repo": DID, "collection": POST, "rkey": KEY}
    assert http.get(f"{XRPC}/com.atproto.repo.getRecord", query_string=asked).json["value"]["text"] == "Hi"

    for _ in range(2):
        assert town.post(f"{XRPC}/com.atproto.repo.deleteRecord", json=asked).status_code == 200

    gone = http.get(f"{XRPC}/com.atproto.repo.getRecord", query_string=asked)
    assert (gone.status_code, gone.json["error"]) == (400, "RecordNotFound")


def test_writes_are_counted_in_points(town, http):
    http.post("/_sandbox/settings", json={"limit bluesky points": 5})

    assert put(town).headers["RateLimit-Remaining"] == "2"
    assert put(town, record("2"), rkey="3lbqxsmtgfo2g").status_code == 429


# Blobs ----------------------------------------------------------------------------------------------------------


def test_pictures_are_named_by_their_content_and_checked(town, helpers, http):
    first = blob(town, helpers.picture())
    assert first == blob(town, helpers.picture())
    assert first["ref"]["$link"].startswith("bafkrei")

    assert put(town, record(embed=images(first, alt="A river"))).status_code == 200
    (row,) = http.get("/_sandbox/ledger").json
    assert (row["media"][0]["alt"], row["media"][0]["width"]) == ("A river", 1080)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"ref": {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}}, "BlobNotFound"),
        ({"mimeType": "image/png"}, "InvalidMimeType"),
        ({"size": 7}, "InvalidSize"),
        ({"$type": "file"}, "InvalidRequest"),
    ],
)
def test_blobs_that_do_not_fit_are_refused(town, helpers, change, error):
    assert put(town, record(embed=images(blob(town, helpers.picture()) | change))).json["error"] == error


def test_a_picture_over_two_million_bytes_can_be_uploaded_but_not_posted(town, helpers):
    body = helpers.picture(2000, 1500, noise=True)
    assert 2_000_000 < len(body) < 5_000_000

    assert (
        "blob too big (maximum 2000000" in put(town, record(embed=images(blob(town, body)))).json["message"]
    )


def test_files_over_five_megabytes_are_not_taken(town):
    url, head = f"{XRPC}/com.atproto.repo.uploadBlob", {"Content-Type": "image/jpeg"}

    answer = town.post(url, data=bytes(5 * 2**20 + 1), headers=head)

    assert answer.status_code == 413


def test_alt_must_be_said_even_if_empty(town, helpers):
    embed = {"$type": "app.bsky.embed.images", "images": [{"image": blob(town, helpers.picture())}]}

    assert 'Missing required key "alt"' in put(town, record(embed=embed)).json["message"]


# Video ----------------------------------------------------------------------------------------------------------


def ticket(town, method="com.atproto.repo.uploadBlob", **more):
    asked = {"aud": "did:web:pds.example", "lxm": method} | more
    return town.get(f"{XRPC}/com.atproto.server.getServiceAuth", query_string=asked)


def film(http, token, body, **more):
    return http.post(
        f"{XRPC}/app.bsky.video.uploadVideo", query_string={"did": DID, "name": "a.mp4"} | more, data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "video/mp4"},
    )  # fmt: skip


def test_video_is_worked_on_and_known_the_second_time(town, helpers, http, clock):
    job = film(http, ticket(town).json["token"], helpers.movie()).json["jobStatus"]
    assert job["state"] == "JOB_STATE_ENCODING"
    clock.pass_by(seconds=20)

    done = http.get(f"{XRPC}/app.bsky.video.getJobStatus", query_string={"jobId": job["jobId"]}).json[
        "jobStatus"
    ]
    again = film(http, ticket(town).json["token"], helpers.movie())

    assert (done["state"], done["blob"]["mimeType"]) == ("JOB_STATE_COMPLETED", "video/mp4")
    assert (again.status_code, again.json["error"]) == (409, "already_exists")
    assert again.json["jobStatus"]["jobId"] == job["jobId"]
    embed = {"$type": "app.bsky.embed.video", "video": done["blob"], "alt": "A film"}
    assert put(town, record(embed=embed)).status_code == 200


def test_video_needs_a_ticket_for_just_that(town, helpers, http, session):
    assert film(http, session["accessJwt"], helpers.movie()).status_code == 400
    assert (
        film(http, ticket(town, "app.bsky.video.getUploadLimits").json["token"], helpers.movie()).status_code
        == 401
    )
    assert film(http, ticket(town).json["token"], helpers.movie(), did="did:plc:other").status_code == 400
    assert ticket(town, exp="1").json["error"] == "BadExpiration"


def test_what_is_no_video_fails_in_processing(town, http, clock):
    job = film(http, ticket(town).json["token"], b"no film").json["jobStatus"]
    clock.pass_by(seconds=20)

    told = http.get(f"{XRPC}/app.bsky.video.getJobStatus", query_string={"jobId": job["jobId"]}).json[
        "jobStatus"
    ]

    assert (told["state"], told["failureCode"]) == ("JOB_STATE_FAILED", "validation_failure")


# People ---------------------------------------------------------------------------------------------------------


def test_numbers_grow_people_answer_and_can_be_hidden(town, http):
    made = put(town, record("The river is clean again, and here is why")).json
    http.post("/_sandbox/clock", json={"advance_days": 30})

    (seen,) = http.get(f"{XRPC}/app.bsky.feed.getPosts", query_string={"uris": [made["uri"]]}).json["posts"]
    tree = http.get(f"{XRPC}/app.bsky.feed.getPostThread", query_string={"uri": made["uri"]}).json["thread"]
    told = town.get(f"{XRPC}/app.bsky.notification.listNotifications").json["notifications"]
    answer = tree["replies"][0]["post"]

    assert seen["likeCount"] > 0
    assert seen["replyCount"] == len(tree["replies"]) > 0
    assert answer["uri"].startswith(f"at://{answer['author']['did']}/")
    assert answer["record"]["reply"]["root"] == {"uri": made["uri"], "cid": made["cid"]}
    assert answer["uri"] in [each["uri"] for each in told]
    gate = {
        "$type": "app.bsky.feed.threadgate", "post": made["uri"], "createdAt": "2026-11-23T12:00:00Z",
        "hiddenReplies": [answer["uri"]],
    }  # fmt: skip
    put(town, gate, collection="app.bsky.feed.threadgate")
    after = http.get(f"{XRPC}/app.bsky.feed.getPostThread", query_string={"uri": made["uri"]}).json["thread"]
    assert answer["uri"] not in [each["post"]["uri"] for each in after["replies"]]


def test_pages_for_people(http, town):
    put(town)

    assert "demo-demo-demo-demo" in http.get("/bluesky/settings/app-passwords").text
    assert "Hi" in http.get("/bluesky/feed/council.riverside.example").text
    there = http.get(f"/bluesky/profile/council.riverside.example/post/{KEY}")
    assert there.location.endswith(f"#p{KEY}")
