"""X: signing in, media, posts, numbers, and everything it must refuse."""

import base64
import io
import itertools
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.unit
ME = "1562000000000000101"


def post(x, text, **more):
    return x.post("/x/2/tweets", json={"text": text} | more)


def upload(x, body):
    form = {"media": (io.BytesIO(body), "a.jpg"), "media_category": "tweet_image"}
    return x.post("/x/2/media/upload", data=form).json["data"]["id"]


def chunks(x, body, size=1000, category="tweet_video", kind="video/mp4", total=None):
    begun = {"media_type": kind, "total_bytes": total or len(body), "media_category": category}
    media_id = x.post("/x/2/media/upload/initialize", json=begun).json["data"]["id"]
    for index in range(0, len(body), size):
        form = {
            "segment_index": str(index // size),
            "media": (io.BytesIO(body[index : index + size]), "blob"),
        }
        assert x.post(f"/x/2/media/upload/{media_id}/append", data=form).status_code == 200
    return media_id, x.post(f"/x/2/media/upload/{media_id}/finalize")


def status(x, media_id):
    answer = x.get("/x/2/media/upload", query_string={"command": "STATUS", "media_id": media_id})
    return answer.json["data"]["processing_info"]


# Signing in --------------------------------------------------------------------------------------------------
def test_consent_page_lists_the_accounts(http, helpers):
    page = http.get("/x/i/oauth2/authorize", query_string=helpers.x_asked())

    assert "Sign in to X (sandbox)" in page.text
    assert "@riverside_council" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "change",
    [
        {"response_type": "token"},
        {"client_id": "other"},
        {"redirect_uri": "https://evil.example/callback"},
        {"scope": "tweet.read everything"},
        {"scope": ""},
        {"state": ""},
        {"state": "s" * 501},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
)
def test_authorize_refuses(http, helpers, change):
    assert http.get("/x/i/oauth2/authorize", query_string=helpers.x_asked(**change)).status_code == 400


def test_deny_goes_back_with_state(http, helpers):
    answer = http.post("/x/i/oauth2/authorize", data=helpers.x_asked() | {"decision": "deny"})

    assert parse_qs(urlsplit(answer.location).query) == {"error": ["access_denied"], "state": ["st"]}


@pytest.mark.parametrize(
    ("change", "description"),
    [
        (
            {"redirect_uri": "http://127.0.0.1:8000/other"},
            "Value passed for the redirect uri did not match the uri of the authorization code.",
        ),
        ({"code_verifier": "w" * 64}, "Value passed for the code_verifier did not match the code challenge."),
        ({"code": "guess"}, "Value passed for the authorization code was invalid."),
    ],
)  # fmt: skip
def test_code_exchange_refuses(http, helpers, change, description):
    code = helpers.consent(http, "/x/i/oauth2/authorize", helpers.x_asked(), account=ME)["code"]

    answer = helpers.x_exchange(http, **({"code": code} | change))

    assert answer.status_code == 400
    assert answer.json == {"error": "invalid_request", "error_description": description}


def test_code_is_good_for_30_seconds_and_once(http, helpers, clock):
    def code():
        return helpers.consent(http, "/x/i/oauth2/authorize", helpers.x_asked(), account=ME)["code"]

    late, once = code(), code()
    first = helpers.x_exchange(http, once)
    assert first.json["expires_in"] == 7200
    assert helpers.x_exchange(http, once).status_code == 400
    headers = {"Authorization": f"Bearer {first.json['access_token']}"}
    assert (
        http.get("/x/2/users/me", headers=headers).status_code == 401
    )  # used twice: what it gave is taken back
    clock.pass_by(seconds=31)
    assert helpers.x_exchange(http, late).status_code == 400


def test_wrong_app_secret(http, helpers):
    code = helpers.consent(http, "/x/i/oauth2/authorize", helpers.x_asked(), account=ME)["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": helpers.CALLBACK,
        "code_verifier": helpers.VERIFIER,
    }

    assert http.post("/x/2/oauth2/token", data=form, auth=("sandbox-app", "wrong")).status_code == 401
    assert http.post("/x/2/oauth2/token", data=form).status_code == 401
    assert http.post("/x/2/oauth2/token", data=form | {"client_id": "sandbox-app"}).status_code == 200


def test_refresh_token_works_once_and_its_second_use_kills_the_family(http, helpers, clock):
    code = helpers.consent(http, "/x/i/oauth2/authorize", helpers.x_asked(), account=ME)["code"]
    first = helpers.x_exchange(http, code).json
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": "sandbox-app",
    }

    second = http.post("/x/2/oauth2/token", data=form)
    me = {"Authorization": f"Bearer {second.json['access_token']}"}
    assert http.get("/x/2/users/me", headers=me).status_code == 200
    again = http.post("/x/2/oauth2/token", data=form)
    assert (again.status_code, again.json["error_description"]) == (
        400,
        "Value passed for the token was invalid.",
    )
    assert http.get("/x/2/users/me", headers=me).status_code == 401
    newest = form | {"refresh_token": second.json["refresh_token"]}
    assert http.post("/x/2/oauth2/token", data=newest).status_code == 400


def test_no_refresh_token_without_offline_access(http, helpers):
    asked = helpers.x_asked(scope="tweet.read users.read")
    code = helpers.consent(http, "/x/i/oauth2/authorize", asked, account=ME)["code"]

    assert "refresh_token" not in helpers.x_exchange(http, code).json


def test_access_token_ends_after_two_hours_and_by_revocation(http, helpers, clock):
    early, late = helpers.sign_in_x(http), helpers.sign_in_x(http)
    http.post("/x/2/oauth2/revoke", data={"token": early.token, "client_id": "sandbox-app"})

    assert early.get("/x/2/users/me").status_code == 401
    assert late.get("/x/2/users/me").json["data"] == {
        "id": ME,
        "name": "Riverside Town Council",
        "username": "riverside_council",
    }
    clock.pass_by(hours=2)
    assert late.get("/x/2/users/me").status_code == 401


@pytest.mark.parametrize("scope", ["users.read tweet.read", "tweet.write users.read"])
def test_missing_scope_is_forbidden(http, helpers, scope):
    answer = post(helpers.sign_in_x(http, scope=scope), "No")

    assert answer.status_code == 403
    assert answer.json["detail"].startswith("You are not permitted to perform this action.")


# Posts -----------------------------------------------------------------------------------------------------------
def test_post_is_in_the_ledger_as_it_was_sent(x, http):
    answer = post(x, "Clean-up: https://example.org/river?utm_source=x #river")

    assert answer.status_code == 201
    assert answer.json["data"]["text"].startswith("Clean-up: https://t.co/")
    (entry,) = http.get("/_sandbox/ledger").json
    assert entry == {
        "network": "x",
        "account": "@riverside_council",
        "kind": "post",
        "text": "Clean-up: https://example.org/river?utm_source=x #river",
        "media": [],
        "reply_to": None,
        "remote_id": answer.json["data"]["id"],
        "created_at": entry["created_at"],
    }
    assert entry["created_at"].startswith("2026-11-23T12:00:")
    assert len(entry["created_at"]) == len("2026-11-23T12:00:00.123456Z")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": ""}, 400),
        ({"text": 5}, 400),
        ({"text": "a" * 281}, 400),
        ({"text": "あ" * 141}, 400),
        ({"text": "a" * 258 + " https://example.org/"}, 400),
        ({"text": "a", "colour": "red"}, 400),
        ({"text": "a", "reply": {"to": "1"}}, 400),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": 5}}, 400),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "5"}}, 403),
        ({"text": "a", "media": {"media_ids": []}}, 400),
        ({"text": "a", "media": {"media_ids": ["1"]}}, 400),
        ({"text": "a", "media": {"media_ids": ["1", "2", "3", "4", "5"]}}, 400),
        ({"text": "a", "media": {"media_ids": ["1", "1"]}}, 400),
        ({"text": "a", "media": {"ids": ["1"]}}, 400),
        ({"text": "a", "reply_settings": "everyone"}, 400),
        ({"text": "a", "quote_tweet_id": "1"}, 403),
        ({"text": "$ABC and $XYZ"}, 403),
        ({"text": "a", "poll": {"options": ["one"], "duration_minutes": 60}}, 400),
        ({"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 1}}, 400),
    ],
)
def test_post_refuses(x, http, body, status):
    assert x.post("/x/2/tweets", json=body).status_code == status
    assert http.get("/_sandbox/ledger").json == []


def test_unknown_key_is_named(x):
    answer = post(x, "a", colour="red")

    assert answer.json["errors"][0]["message"] == (
        "$.colour: is not defined in the schema and the schema does not allow additional properties"
    )


@pytest.mark.parametrize(
    "text", ["a" * 280, "a" * 256 + " https://example.org/and/a/long/path", "👨‍👩‍👧‍👦" * 140]
)
def test_exactly_280_weighted_characters_pass(x, text):
    assert post(x, text).status_code == 201


def test_duplicate_content(x, clock):
    assert post(x, "Bins are emptied on Monday").status_code == 201
    answer = post(x, "Bins  are emptied on Monday")
    assert (answer.status_code, answer.json["detail"]) == (
        403,
        "You are not allowed to create a Tweet with duplicate content.",
    )
    clock.pass_by(minutes=90)
    assert post(x, "Bins are emptied on Tuesday").status_code == 201


def test_same_text_after_deleting_or_a_day(x, http, helpers, clock):
    first = post(x, "Again").json["data"]["id"]
    assert x.delete(f"/x/2/tweets/{first}").json == {"data": {"deleted": True}}
    assert post(x, "Again").status_code == 201
    clock.pass_by(hours=25)
    assert post(helpers.sign_in_x(http), "Again").status_code == 201
    assert len(http.get("/_sandbox/ledger").json) == 2


def test_thread_and_reply_to_a_deleted_post(x, http):
    first = post(x, "One").json["data"]["id"]
    second = post(x, "Two", reply={"in_reply_to_tweet_id": first}).json["data"]["id"]
    x.delete(f"/x/2/tweets/{second}")

    answer = post(x, "Three", reply={"in_reply_to_tweet_id": second})

    assert answer.status_code == 403
    assert answer.json["detail"] == "You attempted to reply to a Tweet that is deleted or not visible to you."
    third = post(x, "Three", reply={"in_reply_to_tweet_id": first}).json["data"]["id"]
    shown = [(row["kind"], row["remote_id"], row["reply_to"]) for row in http.get("/_sandbox/ledger").json]
    assert shown == [("post", first, None), ("reply", third, first)]
    found = x.get(f"/x/2/tweets/{third}?tweet.fields=conversation_id,referenced_tweets").json["data"]
    assert found["conversation_id"] == first
    assert found["referenced_tweets"] == [{"type": "replied_to", "id": first}]


def test_others_are_answered_only_if_they_mentioned_us(x, http, helpers, clock):
    library = helpers.sign_in_x(http, account="1562000000000000202")
    cold = post(library, "Story hour at four").json["data"]["id"]
    warm = post(library, "Story hour at four, thank you @riverside_council").json["data"]["id"]

    assert post(x, "Nice", reply={"in_reply_to_tweet_id": cold}).status_code == 403
    assert post(x, "Nice", reply={"in_reply_to_tweet_id": warm}).status_code == 201
    assert x.delete(f"/x/2/tweets/{cold}").status_code == 403


def test_own_posts_since_a_time_for_the_look_up(x, clock):
    post(x, "Old")
    clock.pass_by(minutes=10)
    since = clock.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    clock.pass_by(seconds=5)
    new = post(x, "New https://example.org/").json["data"]["id"]

    query = {
        "start_time": since,
        "exclude": "retweets",
        "max_results": 5,
        "post.fields": "created_at,entities,attachments",
    }
    answer = x.get(f"/x/2/users/{ME}/tweets", query_string=query).json
    assert [row["id"] for row in answer["data"]] == [new]
    assert answer["data"][0]["created_at"] == "2026-11-23T12:10:05.000Z"
    assert answer["data"][0]["entities"]["urls"][0]["expanded_url"] == "https://example.org/"
    assert answer["meta"] == {"result_count": 1, "newest_id": new, "oldest_id": new}
    clock.pass_by(minutes=1)
    none = x.get(
        f"/x/2/users/{ME}/tweets", query_string={"start_time": clock.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    ).json
    assert none == {"meta": {"result_count": 0}}


def test_pages_of_own_posts(x):
    ids = [post(x, f"Post {number}").json["data"]["id"] for number in range(7)]

    first = x.get(f"/x/2/users/{ME}/tweets?max_results=5").json
    second = x.get(
        f"/x/2/users/{ME}/tweets?max_results=5&pagination_token={first['meta']['next_token']}"
    ).json
    assert [row["id"] for row in first["data"] + second["data"]] == ids[::-1]
    assert "next_token" not in second["meta"]


@pytest.mark.parametrize(
    "query", ["max_results=4", "max_results=x", "start_time=yesterday", "tweet.fields=shoesize", "colour=red"]
)
def test_timeline_refuses(x, query):
    assert x.get(f"/x/2/users/{ME}/tweets?{query}").status_code == 400


def test_missing_posts_are_errors_beside_the_found_ones(x):
    found = post(x, "Here").json["data"]["id"]

    answer = x.get(f"/x/2/tweets?ids={found},12345").json

    assert [row["id"] for row in answer["data"]] == [found]
    assert (answer["errors"][0]["title"], answer["errors"][0]["resource_id"]) == ("Not Found Error", "12345")


# Numbers and comments ----------------------------------------------------------------------------------------------
def test_numbers_grow_and_are_named_by_the_parameter(x, clock):
    found = post(x, "Numbers").json["data"]["id"]
    readings = []
    for _ in range(6):
        data = x.get(f"/x/2/tweets?ids={found}&tweet.fields=public_metrics,non_public_metrics").json["data"][
            0
        ]
        readings.append(data["public_metrics"] | data["non_public_metrics"])
        clock.pass_by(minutes=19)

    assert readings[0]["impression_count"] < readings[-1]["impression_count"]
    assert all(a[key] <= b[key] for a, b in itertools.pairwise(readings) for key in a)
    new = x.get(f"/x/2/tweets?ids={found}&post.fields=public_metrics").json["data"][0]["public_metrics"]
    assert "repost_count" in new
    assert "retweet_count" not in new


def test_own_numbers_of_others_are_an_error(x, http, helpers):
    other = post(helpers.sign_in_x(http, account="1562000000000000202"), "Ours").json["data"]["id"]

    answer = x.get(f"/x/2/tweets?ids={other}&tweet.fields=non_public_metrics").json

    assert answer["errors"][0]["title"] == "Field Authorization Error"


def test_people_answer_and_can_be_answered_and_hidden(http, helpers, clock):
    x = helpers.sign_in_x(http, scope=helpers.X_SCOPES + " tweet.moderate.write")
    mine = post(x, "What do you think?").json["data"]["id"]
    http.post("/_sandbox/clock", json={"advance_days": 20})

    mentions = x.get(
        f"/x/2/users/{ME}/mentions?post.fields=conversation_id,author_id&expansions=author_id"
    ).json
    said = mentions["data"][0]
    assert said["conversation_id"] == mine
    assert said["text"].startswith("@riverside_council ")
    assert said["author_id"] in [user["id"] for user in mentions["includes"]["users"]]
    found = x.get(
        "/x/2/tweets/search/recent", query_string={"query": f"conversation_id:{mine} -from:{ME}"}
    ).json
    assert {row["id"] for row in found["data"]} == {row["id"] for row in mentions["data"]}
    assert post(x, "Thank you!", reply={"in_reply_to_tweet_id": said["id"]}).status_code == 201
    assert x.put(f"/x/2/tweets/{said['id']}/hidden", json={"hidden": True}).json == {"data": {"hidden": True}}
    left = x.get(f"/x/2/users/{ME}/mentions").json.get("data", [])
    assert said["id"] not in [row["id"] for row in left]


# Media -----------------------------------------------------------------------------------------------------------------
def test_picture_with_alt_text(x, http, helpers):
    body = helpers.picture(640, 480)
    media_id = upload(x, body)
    alt = {"id": media_id, "metadata": {"alt_text": {"text": "The weir in winter"}}}

    assert x.post("/x/2/media/metadata", json=alt).json["data"]["associated_metadata"] == alt["metadata"]
    assert post(x, "", media={"media_ids": [media_id]}).status_code == 201
    (entry,) = http.get("/_sandbox/ledger").json
    (item,) = entry["media"]
    with http.get(f"/file/{item['sha256']}") as kept:
        assert kept.data == body
    assert item == {
        "sha256": item["sha256"], "mime": "image/jpeg", "bytes": len(body), "width": 640, "height": 480,
        "alt": "The weir in winter",
    }  # fmt: skip


def test_media_id_is_for_its_owner_once_and_a_day(x, http, helpers, clock):
    used, theirs, late = (upload(x, helpers.picture(80, 80, colour=(n, n, n))) for n in range(3))
    library = helpers.sign_in_x(http, account="1562000000000000202")

    assert post(x, "First", media={"media_ids": [used]}).status_code == 201
    assert post(x, "Second", media={"media_ids": [used]}).status_code == 400
    assert post(library, "Theirs", media={"media_ids": [theirs]}).status_code == 400
    clock.pass_by(hours=25)
    answer = post(helpers.sign_in_x(http), "Late", media={"media_ids": [late]})
    assert answer.json["errors"][0]["message"] == "Your media IDs are invalid."


def test_upload_as_json(x, helpers):
    body = {"media": base64.b64encode(helpers.picture(50, 50)).decode(), "media_category": "tweet_image"}

    assert x.post("/x/2/media/upload", json=body).json["data"]["media_key"].startswith("3_")


@pytest.mark.parametrize(
    ("body", "category", "status"),
    [
        (b"text", "tweet_image", 400),
        (b"\xff\xd8" + b"a" * 5 * 2**20, "tweet_image", 413),
        (None, "tweet_video", 400),
        (None, "", 400),
    ],
)
def test_upload_refuses(x, helpers, body, category, status):
    form = {"media": (io.BytesIO(body or helpers.picture(20, 20)), "a.jpg"), "media_category": category}

    assert x.post("/x/2/media/upload", data=form).status_code == status


def test_cut_off_picture_is_refused(x, helpers):
    body = helpers.picture(900, 900, noise=True)
    form = {"media": (io.BytesIO(body[: len(body) // 2]), "a.jpg"), "media_category": "tweet_image"}

    assert x.post("/x/2/media/upload", data=form).status_code == 400


def test_video_in_chunks(x, http, helpers, clock):
    media_id, finished = chunks(x, helpers.movie(width=1280, height=720))

    assert finished.json["data"]["processing_info"]["state"] == "in_progress"
    assert post(x, "Too early", media={"media_ids": [media_id]}).status_code == 400
    clock.pass_by(seconds=20)
    assert status(x, media_id)["state"] == "succeeded"
    assert post(x, "The weir, filmed", media={"media_ids": [media_id]}).status_code == 201
    (entry,) = http.get("/_sandbox/ledger").json
    assert [(m["mime"], m["width"], m["height"]) for m in entry["media"]] == [("video/mp4", 1280, 720)]


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 141},
        {"seconds": 0.2},
        {"codec": b"hvc1"},
        {"sound": b"mp3 "},
        {"width": 4000},
        {"fps": 100},
    ],
)
def test_video_fails_in_processing(x, helpers, clock, change):
    media_id, _ = chunks(x, helpers.movie(**change), size=10_000)
    clock.pass_by(seconds=20)

    assert status(x, media_id)["state"] == "failed"
    assert post(x, "No", media={"media_ids": [media_id]}).status_code == 400


def test_chunks_must_add_up(x, helpers):
    _, finished = chunks(x, helpers.movie(), total=99_999)

    assert finished.status_code == 400


def test_subtitles_belong_to_a_video(x, helpers):
    video, _ = chunks(x, helpers.movie())
    lines = b"1\n00:00:00,000 --> 00:00:02,000\nThe river\n"
    text, _ = chunks(x, lines, category="subtitles", kind="application/x-subrip")

    given = {
        "id": video,
        "media_category": "TweetVideo",
        "subtitles": {"id": text, "language_code": "EN", "display_name": "English"},
    }
    assert x.post("/x/2/media/subtitles", json=given).json["data"]["id"] == video
    assert x.post("/x/2/media/subtitles", json=given | {"id": text}).status_code == 400


def test_photos_and_video_cannot_be_mixed(x, helpers, clock):
    video, _ = chunks(x, helpers.movie())
    clock.pass_by(seconds=20)

    assert (
        post(x, "Both", media={"media_ids": [upload(x, helpers.picture(50, 50)), video]}).status_code == 400
    )


def test_alt_text_is_limited(x, helpers):
    media_id = upload(x, helpers.picture(50, 50))
    alt = {"id": media_id, "metadata": {"alt_text": {"text": "a" * 1001}}}

    assert x.post("/x/2/media/metadata", json=alt).status_code == 400


# Windows ---------------------------------------------------------------------------------------------------------------
def test_every_answer_tells_the_window_and_a_full_one_is_429(x, http, clock):
    http.post("/_sandbox/settings", json={"limit x POST /2/tweets": 2})
    answers = [post(x, f"Post {number}") for number in range(3)]

    assert [a.status_code for a in answers] == [201, 201, 429]
    assert [a.headers["x-rate-limit-remaining"] for a in answers] == ["1", "0", "0"]
    assert {a.headers["x-rate-limit-limit"] for a in answers} == {"2"}
    reset = int(answers[2].headers["x-rate-limit-reset"])
    assert 890 <= reset - clock.at.timestamp() <= 901
    clock.pass_by(seconds=reset - clock.at.timestamp())
    assert post(x, "After the wait").status_code == 201


def test_real_limits(x):
    assert x.get("/x/2/users/me").headers["x-rate-limit-limit"] == "75"
    assert post(x, "a").headers["x-rate-limit-limit"] == "100"
    assert post(x, "b").headers["x-app-limit-24hour-remaining"] == "9998"
