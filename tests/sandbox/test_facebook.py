"""Facebook Pages: tokens, posts, photos, videos, numbers and comments, and what is refused."""

import io
import json

import pytest

pytestmark = pytest.mark.unit
PAGE = "104200000000101"
V = "/facebook/v26.0"


def code_of(answer):
    error = answer.json["error"]
    return error["code"], error.get("error_subcode")


def photo(page, helpers, **more):
    form = {"published": "false", "source": (io.BytesIO(helpers.picture(600, 400)), "a.jpg")} | more
    return page.post(f"{V}/{PAGE}/photos", data=form)


def test_page_tokens_come_from_a_long_lived_user_token_and_do_not_end(http, helpers):
    user = helpers.fb_user_token(http)

    pages = http.get(
        f"{V}/me/accounts", query_string={"fields": "id,name,access_token,tasks", "access_token": user}
    ).json["data"]
    told = http.get(
        f"{V}/debug_token",
        query_string={"input_token": pages[0]["access_token"], "access_token": "sandbox-app|sandbox-secret"},
    ).json["data"]

    assert [(p["id"], p["name"]) for p in pages] == [(PAGE, "Riverside Town Council")]
    assert (told["type"], told["is_valid"], told["expires_at"], told["profile_id"]) == ("PAGE", True, 0, PAGE)


def test_declined_permission_is_told_and_missing(http, helpers):
    user = helpers.fb_user_token(http, granted=["pages_show_list"])

    told = http.get(f"{V}/me/permissions", query_string={"access_token": user}).json["data"]

    assert {"permission": "pages_manage_posts", "status": "declined"} in told
    token = http.get(f"{V}/me/accounts", query_string={"access_token": user}).json["data"][0]["access_token"]
    answer = http.post(f"{V}/{PAGE}/feed", data={"message": "No", "access_token": token})
    assert code_of(answer) == (200, None)


def test_user_token_cannot_post_for_a_page(http, helpers):
    answer = http.post(
        f"{V}/{PAGE}/feed", data={"message": "No", "access_token": helpers.fb_user_token(http)}
    )

    assert code_of(answer) == (190, 2069032)


def test_short_user_token_ends(http, helpers, clock):
    user = helpers.fb_user_token(http, long=False)
    clock.pass_by(hours=2)

    assert code_of(http.get(f"{V}/me", query_string={"access_token": user})) == (190, 463)


def test_code_works_once_and_for_its_redirect_uri(http, helpers):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": helpers.CALLBACK,
        "state": "st",
        "scope": "pages_show_list",
    }
    given = {"client_id": "sandbox-app", "client_secret": "sandbox-secret", "redirect_uri": helpers.CALLBACK}
    first = helpers.consent(http, f"{V}/dialog/oauth", asked, account=PAGE)["code"]
    second = helpers.consent(http, f"{V}/dialog/oauth", asked, account=PAGE)["code"]

    exchange = f"{V}/oauth/access_token"
    assert http.get(exchange, query_string=given | {"code": first}).status_code == 200
    assert code_of(http.get(exchange, query_string=given | {"code": first})) == (100, 36009)
    other = given | {"code": second, "redirect_uri": helpers.CALLBACK + "/"}
    assert code_of(http.get(exchange, query_string=other)) == (100, 36008)


def test_denied_consent_goes_back_with_an_error(http, helpers):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": helpers.CALLBACK,
        "state": "st",
        "scope": "pages_show_list",
    }

    answer = http.post(f"{V}/dialog/oauth", data=asked | {"decision": "deny"})

    assert "error=access_denied" in answer.location
    assert "state=st" in answer.location


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, (100, None)),
        ({"message": "   "}, (100, None)),
        ({"message": "a" * 63_207}, (100, None)),
        ({"message": "a", "colour": "red"}, (100, None)),
        ({"message": "a", "pretty": "1"}, (100, None)),
        ({"message": "a", "link": "ftp://x"}, (100, None)),
        ({"message": "a", "link": "https://www.facebook.com/x"}, (100, 1609008)),
        ({"message": "a", "attached_media": '[{"media_fbid":"1"}]'}, (100, None)),
        ({"message": "a", "attached_media": '["1"]'}, (100, None)),
        (
            {"message": "a", "link": "https://example.org", "attached_media": '[{"media_fbid":"1"}]'},
            (100, None),
        ),
        ({"message": "a", "published": "maybe"}, (100, None)),
        ({"message": "a", "scheduled_publish_time": "1"}, (100, None)),
        ({"message": "a", "published": "false", "scheduled_publish_time": "1"}, (100, None)),
    ],
)
def test_feed_refuses(page, http, form, expected):
    answer = page.post(f"{V}/{PAGE}/feed", data=form)

    assert (answer.status_code, code_of(answer)) == (400, expected)
    assert http.get("/_sandbox/ledger").json == []


def test_several_photos_in_one_post(page, http, helpers):
    ids = [photo(page, helpers, alt_text_custom=f"Picture {n}").json["id"] for n in (1, 2)]
    attached = json.dumps([{"media_fbid": i} for i in ids])

    post = page.post(
        f"{V}/{PAGE}/feed", json={"message": "Two views of the weir", "attached_media": json.loads(attached)}
    )

    (entry,) = http.get("/_sandbox/ledger").json
    assert post.json == {"id": entry["remote_id"]}
    assert (entry["account"], entry["kind"], entry["text"]) == (
        "Riverside Town Council",
        "photos",
        "Two views of the weir",
    )
    assert [item["alt"] for item in entry["media"]] == ["Picture 1", "Picture 2"]
    again = page.post(f"{V}/{PAGE}/feed", data={"message": "Again", "attached_media": attached})
    assert code_of(again) == (100, 1366051)
    fields = "id,message,created_time,permalink_url,attachments{media_type,subattachments.limit(20)}"
    (found,) = page.get(f"{V}/{PAGE}/published_posts", query_string={"fields": fields, "limit": 25}).json[
        "data"
    ]
    assert found["message"] == "Two views of the weir"
    assert found["attachments"]["data"][0]["media_type"] == "album"
    assert len(found["attachments"]["data"][0]["subattachments"]["data"]) == 2


def test_photo_fetched_from_an_address_and_published_at_once(page, http, shelf, helpers):
    url = shelf.put("weir.png", helpers.picture(800, 500, "PNG"))

    answer = page.post(
        f"{V}/{PAGE}/photos", data={"url": url, "caption": "The weir", "alt_text_custom": "A weir"}
    )

    (entry,) = http.get("/_sandbox/ledger").json
    assert answer.json["post_id"] == entry["remote_id"]
    assert [(m["mime"], m["width"], m["height"], m["alt"]) for m in entry["media"]] == [
        ("image/png", 800, 500, "A weir")
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"not a picture", (100, 1366046)), (None, (324, 2069019))],
)
def test_photo_refuses(page, shelf, body, expected):
    url = shelf.put("x.jpg", body) if body else f"{shelf.address}/missing.jpg"

    assert code_of(page.post(f"{V}/{PAGE}/photos", data={"url": url})) == expected


def test_webp_and_oversized_photos_are_refused(page, helpers):
    webp = photo(page, helpers, source=(io.BytesIO(helpers.picture(300, 300, "WEBP")), "a.webp"))
    big = photo(page, helpers, source=(io.BytesIO(b"\xff" * (10 * 2**20 + 1)), "a.jpg"))

    assert code_of(webp) == code_of(big) == (100, 1366046)


def test_same_text_twice_in_a_row_is_506_but_not_after_another_post(page):
    def post(text):
        return page.post(f"{V}/{PAGE}/feed", data={"message": text})

    assert post("Bins").status_code == 200
    assert code_of(post("Bins")) == (506, None)
    assert post("Something else").status_code == 200
    assert post("Bins").status_code == 200


def test_feed_scheduled_on_the_network_goes_out_by_itself(page, http, clock):
    at = int(clock.at.timestamp()) + 1200
    form = {"message": "Later", "published": "false", "scheduled_publish_time": at}

    assert page.post(f"{V}/{PAGE}/feed", data=form).status_code == 200
    assert http.get("/_sandbox/ledger").json == []
    assert len(page.get(f"{V}/{PAGE}/scheduled_posts").json["data"]) == 1
    clock.pass_by(minutes=21)
    assert [row["text"] for row in http.get("/_sandbox/ledger").json] == ["Later"]


def test_delete_twice(page, http):
    post = page.post(f"{V}/{PAGE}/feed", data={"message": "Oops"}).json["id"]

    assert page.delete(f"{V}/{post}").json == {"success": True}
    assert code_of(page.delete(f"{V}/{post}")) == (100, 33)
    assert http.get("/_sandbox/ledger").json == []


def test_post_fields_and_unknown_field(page):
    post = page.post(
        f"{V}/{PAGE}/feed",
        data={"message": "Hello", "link": "https://example.org/a", "fields": "permalink_url"},
    )

    counters = "comments.limit(0).summary(true),reactions.limit(0).summary(total_count)"
    asked = {"fields": f"permalink_url,created_time,is_published,{counters}"}
    read = page.get(f"{V}/{post.json['id']}", query_string=asked).json
    assert read["is_published"] is True
    assert read["permalink_url"] == post.json["permalink_url"]
    assert read["comments"] == {
        "data": [],
        "summary": {"order": "chronological", "total_count": 0, "can_comment": True},
    }
    assert read["reactions"]["summary"]["total_count"] == 0
    assert code_of(page.get(f"{V}/{post.json['id']}", query_string={"fields": "shoesize"})) == (100, None)


def test_one_unknown_metric_fails_the_whole_call(page, clock):
    post = page.post(f"{V}/{PAGE}/feed", data={"message": "Numbers"}).json["id"]
    clock.pass_by(days=2)

    good = page.get(
        f"{V}/{post}/insights?metric=post_media_view,post_total_media_view_unique,post_reactions_by_type_total"
    )
    assert all(entry["values"][0]["value"] for entry in good.json["data"])
    assert code_of(page.get(f"{V}/{post}/insights?metric=post_media_view,post_impressions")) == (100, None)
    assert code_of(page.get(f"{V}/{post}/insights")) == (3001, 1504028)


def test_comments_come_can_be_answered_hidden_and_deleted(page, clock):
    post = page.post(f"{V}/{PAGE}/feed", data={"message": "What do you think?"}).json["id"]
    clock.pass_by(days=30)

    first = page.get(f"{V}/{post}/comments?summary=true&fields=id,message,from,is_hidden").json
    comment = first["data"][0]["id"]
    reply = page.post(f"{V}/{comment}/comments", data={"message": "Thank you!"}).json["id"]

    assert first["summary"]["total_count"] == len(first["data"]) > 0
    answers = page.get(f"{V}/{comment}/comments?fields=id,message,parent").json["data"]
    assert answers == [{"id": reply, "message": "Thank you!", "parent": {"id": comment}}]
    assert page.post(f"{V}/{comment}", data={"is_hidden": "true"}).json == {"success": True}
    assert page.get(f"{V}/{comment}?fields=is_hidden").json["is_hidden"] is True
    assert page.delete(f"{V}/{comment}").json == {"success": True}
    assert comment not in [row["id"] for row in page.get(f"{V}/{post}/comments").json["data"]]


def test_user_token_sees_no_comments_and_no_error(page, http, helpers):
    post = page.post(f"{V}/{PAGE}/feed", data={"message": "Quiet"}).json["id"]

    answer = http.get(f"{V}/{post}/comments", query_string={"access_token": helpers.fb_user_token(http)})

    assert answer.json == {"data": []}


def test_video_is_public_when_it_has_been_processed(page, http, shelf, clock, helpers):
    url = shelf.put("v.mp4", helpers.movie(width=1280, height=720))

    video = page.post(f"{V}/{PAGE}/videos", data={"file_url": url, "description": "The weir, filmed"}).json[
        "id"
    ]

    assert page.get(f"{V}/{video}?fields=status").json["status"]["video_status"] == "processing"
    assert http.get("/_sandbox/ledger").json == []
    clock.pass_by(seconds=20)
    assert (
        page.get(f"{V}/{video}?fields=status").json["status"]["publishing_phase"]["publish_status"]
        == "published"
    )
    (entry,) = http.get("/_sandbox/ledger").json
    assert (entry["kind"], entry["remote_id"]) == ("video", f"{PAGE}_{video}")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"width": 1080, "height": 1000}, 1363040),
        ({"seconds": 2}, 1363128),
        ({"width": 360, "height": 640}, 1363127),
    ],
)
def test_reel_upload_in_pieces(page, http, clock, helpers, changes, code):
    body = helpers.movie(**changes)
    begun = page.post(f"{V}/{PAGE}/video_reels", data={"upload_phase": "start"}).json
    path = begun["upload_url"].removeprefix("http://localhost")

    def send(offset, part):
        headers = {"Authorization": f"OAuth {page.token}", "offset": str(offset), "file_size": str(len(body))}
        return http.post(path, data=part, headers=headers)

    assert send(0, body[:1000]).json == {"success": True}
    assert send(500, body[500:]).status_code == 400
    assert send(1000, body[1000:]).json == {"success": True}
    finish = {
        "upload_phase": "finish",
        "video_id": begun["video_id"],
        "video_state": "PUBLISHED",
        "description": "Reel",
    }
    assert page.post(f"{V}/{PAGE}/video_reels", data=finish).json["success"] is True
    clock.pass_by(seconds=20)
    status = page.get(f"{V}/{begun['video_id']}?fields=status").json["status"]
    entries = http.get("/_sandbox/ledger").json
    if code is None:
        assert status["publishing_phase"]["status"] == "complete"
        assert [(row["kind"], row["remote_id"]) for row in entries] == [("reel", begun["video_id"])]
        insights = page.get(
            f"{V}/{begun['video_id']}/video_insights?metric=blue_reels_play_count,post_video_followers"
        )
        assert len(insights.json["data"]) == 2
    else:
        assert status["processing_phase"]["errors"][0]["code"] == code
        assert entries == []


def test_paging_and_since(page, clock):
    for number in range(5):
        page.post(f"{V}/{PAGE}/feed", data={"message": f"Post {number}"})
        clock.pass_by(minutes=1)

    first = page.get(f"{V}/{PAGE}/published_posts?fields=message&limit=2").json
    after = first["paging"]["cursors"]["after"]
    second = page.get(
        f"{V}/{PAGE}/published_posts", query_string={"fields": "message", "limit": 2, "after": after}
    ).json
    since = int(clock.at.timestamp()) - 70

    assert [row["message"] for row in first["data"] + second["data"]] == [
        "Post 4",
        "Post 3",
        "Post 2",
        "Post 1",
    ]
    recent = page.get(f"{V}/{PAGE}/published_posts", query_string={"fields": "message", "since": since}).json[
        "data"
    ]
    assert [row["message"] for row in recent] == ["Post 4"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{V}/999", (100, 33)),
        (f"{V}/{PAGE}/shoes", (2500, None)),
        ("/facebook/v27.0/me", (2500, None)),
        (f"{V}/1_2", (100, 33)),
    ],
)
def test_unknown_paths(page, path, expected):
    assert code_of(page.get(path)) == expected


def test_every_answer_tells_the_usage(page, http):
    http.post("/_sandbox/settings", json={"facebook usage": 81})

    assert json.loads(page.get(f"{V}/me").headers["X-App-Usage"])["call_count"] == 81


def test_throttle_fault_is_a_400_with_the_waiting_time(page, http):
    http.post(
        "/_sandbox/faults",
        json={"network": "facebook", "match": "POST .*/feed", "fault": "429", "seconds": 120},
    )

    answer = page.post(f"{V}/{PAGE}/feed", data={"message": "Too fast"})

    assert (answer.status_code, code_of(answer)) == (400, (80001, None))
    (case,) = json.loads(answer.headers["X-Business-Use-Case-Usage"]).values()
    assert case[0]["estimated_time_to_regain_access"] == 2


def test_wrong_appsecret_proof_is_refused(page):
    assert code_of(page.get(f"{V}/me", query_string={"appsecret_proof": "00"})) == (100, None)
