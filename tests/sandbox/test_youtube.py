"""YouTube's stand-in: signing in, uploads, who sees what, and everything that it must refuse."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.unit
ME = "UCriverside0000000000101"
BASE = "https://www.googleapis.com/auth/"
SCOPES = [
    f"{BASE}{name}"
    for name in ("youtube.upload", "youtube.force-ssl", "youtube.readonly", "yt-analytics.readonly")
]
ABOUT = {
    "snippet": {"title": "River", "description": "Clean", "tags": ["a"], "categoryId": "25"},
    "status": {"privacyStatus": "private", "selfDeclaredMadeForKids": False},
}
AUTH = "/youtube/o/oauth2/v2/auth"


def asked(helpers, **changes):
    return {
        "response_type": "code", "client_id": "sandbox-app", "redirect_uri": helpers.CALLBACK, "scope": " ".join(SCOPES),
        "state": "st", "access_type": "offline", "prompt": "consent", "code_challenge": helpers.CHALLENGE,
        "code_challenge_method": "S256",
    } | changes  # fmt: skip


def exchange(http, helpers, code, **changes):
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": "sandbox-app", "client_secret": "sandbox-secret",
        "redirect_uri": helpers.CALLBACK, "code_verifier": helpers.VERIFIER,
    } | changes  # fmt: skip
    return http.post("/youtube/token", data=form)


@pytest.fixture
def grant(http, helpers):
    def make(scopes=SCOPES, account=ME, **changes):
        code = helpers.consent(http, AUTH, asked(helpers, **changes) | {"granted": scopes}, account=account)[
            "code"
        ]
        return exchange(http, helpers, code).json

    return make


@pytest.fixture
def call(http, grant):
    """Calls of the Data API with a token of the council's channel."""
    token = grant()["access_token"]

    def send(verb, path, **more):
        head = {"Authorization": f"Bearer {more.pop('token', token)}", **more.pop("headers", {})}
        return http.open(f"/youtube{path}", method=verb, headers=head, **more)

    return send


def reason(answer) -> str:
    return answer.json["error"]["errors"][0]["reason"]


def begin(call, about=ABOUT, size=None, **params):
    query = {"uploadType": "resumable", "part": "snippet,status"} | params
    head = {"X-Upload-Content-Type": "video/mp4"} | ({"X-Upload-Content-Length": str(size)} if size else {})
    return call("POST", "/upload/youtube/v3/videos", query_string=query, json=about, headers=head)


def put(http, session, body=b"", said=""):
    return http.put(session, data=body, headers={"Content-Range": said} if said else {})


def uploaded(http, call, body, about=ABOUT):
    session = begin(call, about, size=len(body)).headers["Location"]
    return put(http, session, body, f"bytes 0-{len(body) - 1}/{len(body)}").json["id"]


def video(call, key, parts="snippet,status,statistics,contentDetails,processingDetails"):
    items = call("GET", "/youtube/v3/videos", query_string={"part": parts, "id": key}).json["items"]
    return items[0] if items else None


# Signing in ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"}, {"response_type": "token"}, {"redirect_uri": "https://evil.example/"}, {"scope": ""},
        {"scope": "everything"}, {"code_challenge": "short"}, {"code_challenge_method": "plain"}, {"prompt": "please"},
        {"colour": "red"},
    ],
)  # fmt: skip
def test_consent_refuses(http, helpers, change):
    assert http.get(AUTH, query_string=asked(helpers, **change)).status_code == 400


def test_refresh_keeps_its_token_and_offline_is_asked_for(http, grant):
    first = grant()
    form = {"grant_type": "refresh_token", "client_id": "sandbox-app", "client_secret": "sandbox-secret"}
    again = [
        http.post("/youtube/token", data=form | {"refresh_token": first["refresh_token"]}).json
        for _ in range(2)
    ]

    assert first["expires_in"] == 3599
    assert all("refresh_token" not in each and each["access_token"] for each in again)
    assert "refresh_token" not in grant(access_type="online")
    assert http.post("/youtube/revoke", data={"token": first["refresh_token"]}).status_code == 200
    answer = http.post("/youtube/token", data=form | {"refresh_token": first["refresh_token"]})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 64}, {"redirect_uri": "http://127.0.0.1:1/"}, {"client_secret": "x"}]
)
def test_the_exchange_refuses(http, helpers, change):
    code = helpers.consent(http, AUTH, asked(helpers), account=ME)["code"]

    assert exchange(http, helpers, code, **change).status_code in (400, 401)


def test_an_unticked_scope_is_missing_and_refused(http, call, grant):
    given = grant(scopes=SCOPES[2:3])

    assert given["scope"] == SCOPES[2]
    answer = call(
        "PUT",
        "/youtube/v3/videos",
        query_string={"part": "status"},
        json={"id": "x"},
        token=given["access_token"],
    )
    assert (answer.status_code, reason(answer)) == (403, "insufficientPermissions")


# Uploads ------------------------------------------------------------------------------------------------------------
def test_a_session_takes_pieces_in_order_and_knows_how_far_it_is(http, call, helpers):
    body = helpers.movie()
    step = 256 * 1024
    whole = body + (2 * step).to_bytes(4, "big") + b"free" + bytes(2 * step - 8)
    size = len(whole)
    session = begin(call, size=size).headers["Location"]

    assert put(http, session, said=f"bytes */{size}").status_code == 308
    assert "Range" not in put(http, session, said=f"bytes */{size}").headers
    assert (
        put(http, session, whole[:1000], f"bytes 0-999/{size}").status_code == 400
    )  # no multiple of 256 KiB
    first = put(http, session, whole[:step], f"bytes 0-{step - 1}/{size}")
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{step - 1}")
    assert put(http, session, whole[2 * step :], f"bytes {2 * step}-{size - 1}/{size}").status_code == 416
    assert put(http, session, whole[step:], f"bytes {step}-{size - 1}/{size + 1}").status_code == 400
    last = put(http, session, whole[step:], f"bytes {step}-{size - 1}/{size}")
    assert last.status_code == 200
    assert put(http, session, said=f"bytes */{size}").json["id"] == last.json["id"]


def test_a_session_lives_a_week(http, call, clock):
    session = begin(call, size=10).headers["Location"]
    clock.pass_by(days=8)

    assert put(http, session, said="bytes */10").status_code == 404


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("snippet", {"title": ""}, "invalidTitle"),
        ("snippet", {"title": "x" * 101}, "invalidTitle"),
        ("snippet", {"title": "a <b>"}, "invalidTitle"),
        ("snippet", {"description": "ä" * 2501}, "invalidDescription"),
        ("snippet", {"tags": ["word word"] * 46}, "invalidTags"),
        ("snippet", {"categoryId": "99"}, "invalidCategoryId"),
        ("snippet", {"colour": "red"}, "badRequest"),
        ("snippet", {"title": 5}, "badRequest"),
        ("status", {"privacyStatus": "secret"}, "invalidVideoMetadata"),
        ("status", {"selfDeclaredMadeForKids": "no"}, "badRequest"),
        ("status", {"license": "mine"}, "invalidVideoMetadata"),
    ],
)
def test_what_is_said_of_a_video_is_checked(call, part, change, expected):
    answer = begin(call, ABOUT | {part: ABOUT[part] | change})

    assert (answer.status_code, reason(answer)) == (400, expected)


@pytest.mark.parametrize(
    "query",
    [
        {"uploadType": "simple"},
        {"part": ""},
        {"part": "snippet,colour"},
        {"colour": "red"},
        {"notifySubscribers": "perhaps"},
    ],
)
def test_unknown_parameters_are_refused(call, query):
    assert begin(call, **query).status_code == 400


@pytest.mark.parametrize(("body", "why"), [(b"no video", "invalidFile"), (b"", "emptyFile")])
def test_a_file_that_is_no_video_fails_in_processing(http, call, clock, body, why):
    session = begin(call).headers["Location"]
    key = http.put(session, data=body).json["id"]
    assert video(call, key)["status"]["uploadStatus"] == "uploaded"
    clock.pass_by(minutes=2)

    assert (
        video(call, key)["status"] | {"uploadStatus": "failed", "failureReason": why}
        == video(call, key)["status"]
    )


def test_cover_and_captions(http, call, clock, helpers):
    key = uploaded(http, call, helpers.movie())
    cover = {
        "query_string": {"videoId": key, "uploadType": "media"},
        "headers": {"Content-Type": "image/jpeg"},
    }
    picture = helpers.picture()

    assert (
        reason(call("POST", "/upload/youtube/v3/thumbnails/set", data=picture, **cover)) == "forbidden"
    )  # too early
    clock.pass_by(minutes=2)
    assert (
        reason(call("POST", "/upload/youtube/v3/thumbnails/set", data=b"no picture", **cover))
        == "invalidImage"
    )
    assert call("POST", "/upload/youtube/v3/thumbnails/set", data=picture, **cover).status_code == 200

    about = {"snippet": {"videoId": key, "language": "en", "name": ""}}
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(about).encode()
    body += b"\r\n--b\r\nContent-Type: text/vtt\r\n\r\nWEBVTT\n\n00:00.000 --> 00:01.000\nHi\n\r\n--b--\r\n"
    track = {
        "query_string": {"part": "snippet", "uploadType": "multipart"},
        "headers": {"Content-Type": "multipart/related; boundary=b"}, "data": body,
    }  # fmt: skip
    assert call("POST", "/upload/youtube/v3/captions", **track).json["snippet"]["status"] == "serving"
    again = call("POST", "/upload/youtube/v3/captions", **track)
    assert (again.status_code, reason(again)) == (409, "captionExists")


# Who sees what ------------------------------------------------------------------------------------------------------
def test_a_private_video_is_nobody_elses(http, call, helpers, clock, grant):
    key = uploaded(http, call, helpers.movie())
    other = grant(account="UCriverside0000000000202")["access_token"]
    list_it = {"query_string": {"part": "id", "id": key}, "token": other}
    assert call("GET", "/youtube/v3/videos", **list_it).json["items"] == []
    assert http.get(f"/youtube/shorts/{key}").status_code == 404
    assert http.get("/_sandbox/ledger").json == []

    body = {"id": key, "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False}}
    assert (
        reason(call("PUT", "/youtube/v3/videos", query_string={"part": "status"}, json=body, token=other))
        == "forbidden"
    )
    assert call("PUT", "/youtube/v3/videos", query_string={"part": "status"}, json=body).status_code == 200
    assert len(call("GET", "/youtube/v3/videos", **list_it).json["items"]) == 1
    assert http.get(f"/youtube/shorts/{key}").status_code == 302
    page = http.get("/youtube/feed/riversidecouncil")
    assert "River" in page.text
    assert http.get("/_sandbox/ledger").json[0]["text"] == "River\n\nClean"


def test_a_video_for_children_takes_no_comments(http, call, helpers):
    status = {"privacyStatus": "public", "selfDeclaredMadeForKids": True}
    key = uploaded(http, call, helpers.movie(), ABOUT | {"status": status})

    answer = call("GET", "/youtube/v3/commentThreads", query_string={"part": "snippet", "videoId": key})

    assert (answer.status_code, reason(answer)) == (403, "commentsDisabled")
    assert "commentCount" not in video(call, key)["statistics"]


def test_the_report_comes_two_days_late(http, call, helpers, clock):
    status = ABOUT["status"] | {"privacyStatus": "public"}
    key = uploaded(http, call, helpers.movie(), ABOUT | {"status": status})
    asked_for = {
        "ids": "channel==MINE", "startDate": "2026-11-20", "endDate": "2026-11-30", "dimensions": "video",
        "metrics": "estimatedMinutesWatched,shares", "filters": f"video=={key}", "sort": "-shares", "maxResults": "10",
    }  # fmt: skip
    assert "rows" not in call("GET", "/v2/reports", query_string=asked_for).json
    clock.pass_by(minutes=50)
    assert "rows" not in call("GET", "/v2/reports", query_string=asked_for).json
    clock.pass_by(days=3)
    token_ran_out = call("GET", "/v2/reports", query_string=asked_for)
    assert (token_ran_out.status_code, reason(token_ran_out)) == (401, "authError")


def test_the_apps_day_has_so_many_units(http, call):
    http.post("/_sandbox/settings", json={"youtube units": 2})
    ask = {"query_string": {"part": "id", "mine": "true"}}

    assert [call("GET", "/youtube/v3/channels", **ask).status_code for _ in range(3)] == [200, 200, 403]
    assert reason(call("GET", "/youtube/v3/channels", **ask)) == "quotaExceeded"
