"""TikTok's stand-in: signing in, pieces, what the creator may choose, and everything that it must refuse."""

from __future__ import annotations

import hashlib

import pytest

pytestmark = pytest.mark.unit
ME, OTHER = "-000riversidecouncil0101", "-000riversidelibrary0202"
SCOPES = ["user.info.basic", "user.info.profile", "user.info.stats", "video.publish", "video.list"]
AUTH = "/tiktok/v2/auth/authorize/"
INFO = {"title": "River", "privacy_level": "PUBLIC_TO_EVERYONE", "disable_comment": False}
MB = 2**20


def asked(helpers, **changes):
    return {
        "client_key": "sandbox-app", "response_type": "code", "scope": ",".join(SCOPES), "state": "st",
        "redirect_uri": helpers.CALLBACK, "code_challenge_method": "S256",
        "code_challenge": hashlib.sha256(helpers.VERIFIER.encode()).hexdigest(),
    } | changes  # fmt: skip


def exchange(http, helpers, given, **changes):
    form = {
        "client_key": "sandbox-app", "client_secret": "sandbox-secret", "grant_type": "authorization_code", "code": given,
        "redirect_uri": helpers.CALLBACK, "code_verifier": helpers.VERIFIER,
    } | changes  # fmt: skip
    return http.post("/tiktok/v2/oauth/token/", data=form)


@pytest.fixture
def grant(http, helpers):
    def make(account=ME, granted=SCOPES):
        code = helpers.consent(http, AUTH, asked(helpers) | {"granted": granted}, account=account)["code"]
        return exchange(http, helpers, code).json

    return make


@pytest.fixture
def call(http, grant):
    token = grant()["access_token"]

    def send(path, body=None, verb="POST", **more):
        head = {"Authorization": f"Bearer {more.pop('token', token)}"}
        more |= {"json": body if body is not None else {}} if verb == "POST" else {}
        return http.open(f"/tiktok/v2/{path}", method=verb, headers=head, **more)

    return send


def code(answer) -> str:
    return answer.json["error"]["code"]


def init(call, size, piece=None, count=1, info=None, **more):
    source = {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": piece or size,
        "total_chunk_count": count,
    }
    return call("post/publish/video/init/", {"post_info": INFO | (info or {}), "source_info": source | more})


def put(http, url, body, first, size, mime="video/mp4"):
    said = f"bytes {first}-{first + len(body) - 1}/{size}"
    return http.put(url, data=body, headers={"Content-Type": mime, "Content-Range": said})


def posted(http, call, body, **info):
    begun = init(call, len(body), info=info).json["data"]
    assert put(http, begun["upload_url"], body, 0, len(body)).status_code == 201
    return begun["publish_id"]


def state(call, publish_id, **more):
    return call("post/publish/status/fetch/", {"publish_id": publish_id}, **more).json["data"]


# Signing in ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"client_key": "other"}, {"response_type": "token"}, {"scope": ""}, {"scope": "everything"}, {"state": ""},
        {"redirect_uri": "https://evil.example/"}, {"code_challenge": "A" * 43}, {"client_id": "sandbox-app"},
    ],
)  # fmt: skip
def test_consent_refuses(http, helpers, change):
    assert http.get(AUTH, query_string=asked(helpers, **change)).status_code == 400


def test_denying_comes_back_as_an_error(http, helpers):
    answer = http.post(AUTH, data=asked(helpers) | {"decision": "deny"})

    assert "error=access_denied" in answer.location


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code": "none"}, "invalid_grant"), ({"redirect_uri": "http://127.0.0.1:1/"}, "invalid_request"),
        ({"code_verifier": "w" * 64}, "invalid_request"), ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "sandbox-app"}, "invalid_request"), ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)  # fmt: skip
def test_the_exchange_refuses(http, helpers, change, error):
    given = helpers.consent(http, AUTH, asked(helpers), account=ME)["code"]

    assert exchange(http, helpers, given, **change).json["error"] == error


def test_an_unticked_scope_is_missing_and_its_fields_are_refused(call, grant):
    given = grant(granted=["user.info.basic", "video.publish"])
    assert given["scope"] == "user.info.basic,video.publish"

    answer = call(
        "user/info/", verb="GET", query_string={"fields": "open_id,username"}, token=given["access_token"]
    )

    assert (answer.status_code, code(answer)) == (401, "scope_not_authorized")
    assert (
        code(call("video/list/", token=given["access_token"], query_string={"fields": "id"}))
        == "scope_not_authorized"
    )


# Posting ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("size", "piece", "count"),
    [
        (4 * MB, 5 * MB, 1), (0, 0, 1), (6 * MB, MB, 6), (70 * MB, 70 * MB, 1), (20 * MB, 8 * MB, 3), (20 * MB, 8 * MB, 1),
        (5_000_000_000, 64 * MB, 74),
    ],
)  # fmt: skip
def test_a_file_that_is_cut_wrongly_is_refused(call, size, piece, count):
    answer = init(call, size, piece, count)

    assert (answer.status_code, code(answer)) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({"privacy_level": "EVERYBODY"}, "invalid_param"), ({"title": "😀" * 1101}, "invalid_param"),
        ({"colour": "red"}, "invalid_params"), ({"disable_duet": "no"}, "invalid_params"),
        ({"privacy_level": "SELF_ONLY", "brand_content_toggle": True}, "invalid_param"),
    ],
)  # fmt: skip
def test_what_is_told_about_the_video_is_checked(call, info, error):
    assert code(init(call, 100, info=info)) == error


def test_pulling_and_unknown_parameters_are_refused(call):
    body = {
        "post_info": INFO,
        "source_info": {"source": "PULL_FROM_URL", "video_url": "https://riverside.example/a.mp4"},
    }
    assert code(call("post/publish/video/init/", body)) == "url_ownership_unverified"
    assert code(call("post/publish/video/init/", body | {"colour": 1})) == "invalid_params"
    assert code(call("post/publish/creator_info/query/", query_string={"a": "b"})) == "invalid_params"


def test_pieces_come_in_order_and_the_last_takes_the_rest(http, call, helpers, clock):
    body = helpers.movie()
    whole = body + (11 * MB).to_bytes(4, "big") + b"free" + bytes(11 * MB - 8)
    size = len(whole)
    begun = init(call, size, 5 * MB, 2).json["data"]
    url = begun["upload_url"]

    assert put(http, url, whole[: 4 * MB], 0, size).status_code == 400  # not of the size that was said
    assert put(http, url, whole[5 * MB :], 5 * MB, size).status_code == 416
    assert put(http, url, whole[: 5 * MB], 0, size, mime="text/plain").status_code == 400
    first = put(http, url, whole[: 5 * MB], 0, size)
    assert (first.status_code, first.headers["Content-Range"]) == (206, f"bytes 0-{5 * MB - 1}/{size}")
    assert state(call, begun["publish_id"]) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 5 * MB}
    assert http.get("/_sandbox/ledger").json == []
    assert put(http, url, whole[5 * MB :], 5 * MB, size).status_code == 201
    assert put(http, url, whole[5 * MB :], 5 * MB, size).status_code == 416
    assert len(http.get("/_sandbox/ledger").json) == 1
    clock.pass_by(minutes=5)
    assert state(call, begun["publish_id"])["status"] == "PUBLISH_COMPLETE"


def test_the_address_lives_an_hour_and_is_a_secret(http, call, helpers, clock):
    body = helpers.movie()
    url = init(call, len(body)).json["data"]["upload_url"]

    assert put(http, url + "x", body, 0, len(body)).status_code == 404
    clock.pass_by(minutes=61)
    assert put(http, url, body, 0, len(body)).status_code == 403


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": b"xvid"}, "file_format_check_failed"), ({"seconds": 601.0}, "duration_check_failed"),
        ({"fps": 15}, "frame_rate_check_failed"), ({"width": 200, "height": 300}, "picture_size_check_failed"),
    ],
)  # fmt: skip
def test_a_video_that_does_not_fit_fails_later_and_is_not_shown(http, call, helpers, clock, change, reason):
    publish_id = posted(http, call, helpers.movie(**change))
    assert state(call, publish_id)["status"] == "PROCESSING_UPLOAD"
    clock.pass_by(minutes=5)

    assert state(call, publish_id)["fail_reason"] == reason
    assert http.get("/_sandbox/ledger").json == []


def test_who_sees_it(http, call, helpers, clock, grant):
    everybody = posted(http, call, helpers.movie())
    ourselves = posted(http, call, helpers.movie(), privacy_level="SELF_ONLY", title="Secret")
    clock.pass_by(minutes=5)

    (video,) = state(call, everybody)["publicaly_available_post_id"]
    assert state(call, ourselves)["publicaly_available_post_id"] == []
    query = {"query_string": {"fields": "id,title,view_count,share_url"}}
    listed = call("video/list/", {"max_count": 20}, **query).json["data"]
    assert [each["id"] for each in listed["videos"]] == [str(video)]
    assert (
        call("video/query/", {"filters": {"video_ids": [str(video)]}}, **query).json["data"]["videos"][0][
            "title"
        ]
        == "River"
    )
    page = http.get("/tiktok/feed/riverside.council").text
    assert "River" in page
    assert "Secret" not in page
    assert http.get(f"/tiktok/@riverside.council/video/{video}").status_code == 302
    other = grant(account=OTHER)["access_token"]
    answer = call("post/publish/status/fetch/", {"publish_id": everybody}, token=other)
    assert code(answer) == "token_not_authorized_for_specified_publish_id"
    assert code(call("post/publish/status/fetch/", {"publish_id": "v_pub_file~none"})) == "invalid_publish_id"


def test_limits_of_a_minute_and_of_a_day(http, call, helpers, clock):
    assert [code(init(call, 100)) for _ in range(7)] == ["ok"] * 6 + ["rate_limit_exceeded"]
    clock.pass_by(minutes=2)
    http.post("/_sandbox/settings", json={"tiktok posts a day": 1})
    posted(http, call, helpers.movie())

    full = call("post/publish/creator_info/query/")
    assert (full.status_code, code(full)) == (200, "spam_risk_too_many_posts")
    assert code(init(call, 100)) == "spam_risk_too_many_posts"


def test_an_app_that_is_not_audited_posts_in_private_only(http, call):
    http.post("/_sandbox/settings", json={"tiktok audited": False})

    assert code(init(call, 100)) == "unaudited_client_can_only_post_to_private_accounts"
    assert code(init(call, 100, info={"privacy_level": "SELF_ONLY"})) == "ok"
