"""Threads: tokens, containers and their status, chains, quotas, replies, numbers, and what is refused."""

import json

import pytest

pytestmark = pytest.mark.unit
ME = "26100000000000101"
V = "/threads/v1.0"
SCOPES = (
    "threads_basic,threads_content_publish,threads_read_replies,threads_manage_replies,threads_manage_insights,"
    "threads_delete"
)


def code_of(answer):
    error = answer.json["error"]
    return error["code"], error.get("error_subcode")


def short_token(http, helpers, scope=SCOPES):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": helpers.CALLBACK,
        "response_type": "code",
        "scope": scope,
        "state": "st",
    }
    code = helpers.consent(http, "/threads/oauth/authorize", asked, account=ME)["code"]
    form = {"client_id": "sandbox-app", "client_secret": "sandbox-secret", "grant_type": "authorization_code"}
    return http.post(
        "/threads/oauth/access_token", data=form | {"redirect_uri": helpers.CALLBACK, "code": code}
    )


def sign_in(http, helpers, scope=SCOPES):
    short = short_token(http, helpers, scope).json["access_token"]
    given = {"grant_type": "th_exchange_token", "client_secret": "sandbox-secret", "access_token": short}
    long = http.get("/threads/access_token", query_string=given).json
    return helpers.Signed(http, long["access_token"], ME)


@pytest.fixture
def threads(http, helpers):
    return sign_in(http, helpers)


def create(threads, **form):
    return threads.post(f"{V}/{ME}/threads", data={"media_type": "TEXT"} | form)


def state(threads, container):
    return threads.get(f"{V}/{container}?fields=status,error_message").json


def publish(threads, container):
    return threads.post(f"{V}/{ME}/threads_publish", data={"creation_id": container})


@pytest.fixture
def say(threads, clock):
    """Publish a text and return its id."""

    def post(text, **more):
        container = create(threads, text=text, **more).json["id"]
        clock.pass_by(seconds=10)
        return publish(threads, container).json["id"]

    return post


def listed(threads, path, **query):
    return threads.get(f"{V}/{path}", query_string=query).json["data"]


# Tokens ----------------------------------------------------------------------------------------------------------
def test_exchange_names_no_permissions_and_debug_token_does(http, helpers):
    short = short_token(http, helpers, "threads_basic,threads_content_publish").json

    assert set(short) == {"access_token", "user_id"}
    asked = {"input_token": short["access_token"], "access_token": short["access_token"]}
    said = http.get(f"{V}/debug_token", query_string=asked).json["data"]
    assert said["scopes"] == ["threads_basic", "threads_content_publish"]


def test_token_is_refreshed_after_a_day_only(http, threads, clock):
    given = {"grant_type": "th_refresh_token", "access_token": threads.token}

    assert code_of(http.get("/threads/refresh_access_token", query_string=given)) == (100, None)
    clock.pass_by(hours=25)
    assert http.get("/threads/refresh_access_token", query_string=given).json["expires_in"] == 60 * 86_400


def test_permission_that_was_not_given_is_refused(http, helpers):
    reader = sign_in(http, helpers, "threads_basic")

    assert code_of(create(reader, text="No")) == (10, None)
    assert reader.get(f"{V}/me?fields=username").json["username"] == "riverside.council"


# Posts -----------------------------------------------------------------------------------------------------------
def test_text_is_published_once_ready_and_not_before(threads, clock):
    container = create(threads, text="The weir is open.").json["id"]

    assert state(threads, container)["status"] == "IN_PROGRESS"
    early = publish(threads, container)
    assert code_of(early) == (24, 4279009)
    assert early.json["error"]["is_transient"] is False
    clock.pass_by(seconds=10)
    post = publish(threads, container).json["id"]

    assert state(threads, container)["status"] == "PUBLISHED"
    assert code_of(publish(threads, container)) == (24, 4279009)
    (shown,) = listed(threads, f"{ME}/threads", fields="id,text,media_type,permalink,timestamp")
    assert (shown["id"], shown["text"], shown["media_type"]) == (post, "The weir is open.", "TEXT_POST")
    assert threads.http.get(shown["permalink"].removeprefix("http://localhost")).status_code == 302


def test_container_runs_out_after_a_day(threads, clock):
    container = create(threads, text="Too late").json["id"]
    clock.pass_by(hours=25)

    assert state(threads, container)["status"] == "EXPIRED"
    assert code_of(publish(threads, container)) == (24, 4279009)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"text": ""}, 100),
        ({"text": "x" * 501}, 100),
        ({"text": "x" * 497 + "💚"}, 100),  # an emoji counts its four bytes
        ({"text": "A", "media_type": "STORY"}, 100),
        ({"text": "A", "shiny": "1"}, 100),
        ({"text": "A", "topic_tag": "a.b"}, 100),
        ({"text": "A", "alt_text": "A weir"}, 100),
        ({"text": "A", "reply_control": "nobody"}, 100),
        ({"text": "A", "link_attachment": "weir"}, 100),
        ({"text": " ".join(f"https://a{n}.example" for n in range(6))}, 100),
        ({"text": "A", "reply_to_id": "18999999999999999"}, 24),
        ({"media_type": "CAROUSEL", "children": "1"}, 100),
        ({"media_type": "IMAGE", "text": "A"}, 100),
    ],
)
def test_what_is_refused(threads, form, code):
    assert code_of(create(threads, **form))[0] == code


def test_longest_text_and_five_links_pass(threads):
    assert create(threads, text="x" * 496 + "💚").status_code == 200
    links = " ".join(f"https://a{n}.example" for n in range(5))
    assert create(threads, text=links + " https://a0.example").status_code == 200
    refused = create(threads, text=links, link_attachment="https://b.example")
    assert "LINK_LIMIT_EXCEEDED" in refused.json["error"]["message"]


def test_picture_keeps_its_alt_text_and_png_is_taken(threads, http, shelf, helpers, clock):
    image = shelf.put("cover.png", helpers.picture(kind="PNG"))
    container = create(threads, media_type="IMAGE", image_url=image, text="Look", alt_text="A weir").json[
        "id"
    ]
    clock.pass_by(seconds=10)
    publish(threads, container)

    (row,) = http.get("/_sandbox/ledger").json
    assert [(m["alt"], m["mime"]) for m in row["media"]] == [("A weir", "image/png")]


def test_pictures_that_cannot_be_used_are_refused(threads, shelf, helpers):
    wide = shelf.put("wide.jpg", helpers.picture(2200, 200))
    gif = shelf.put("moving.gif", helpers.picture(kind="GIF"))

    for address, code in ((wide, 36003), (gif, 36001), (f"{shelf.address}/none.jpg", 100)):
        assert code_of(create(threads, media_type="IMAGE", image_url=address))[0] == code


@pytest.mark.parametrize(
    ("film", "reason"),
    [
        ({"seconds": 301.0}, "INVALID_DURATION"),
        ({"fps": 15}, "INVALID_FRAME_RATE"),
        ({"faststart": False}, "FAILED_PROCESSING_VIDEO"),
        ({"sound": b"opus"}, "FAILED_PROCESSING_AUDIO"),
        ({"width": 2160, "height": 3840}, "INVALID_ASPEC_RATIO"),
        ({}, None),
    ],
)
def test_video_says_in_its_container_what_is_wrong(threads, shelf, helpers, clock, film, reason):
    address = shelf.put("film.mp4", helpers.movie(**film))
    container = create(threads, media_type="VIDEO", video_url=address, text="Film").json["id"]
    clock.pass_by(seconds=60)

    said = state(threads, container)
    assert (said["status"], said.get("error_message")) == ("ERROR" if reason else "FINISHED", reason)


def test_carousel_of_ready_items(threads, http, shelf, helpers, clock):
    image = shelf.put("cover.jpg", helpers.picture())
    item = {"media_type": "IMAGE", "image_url": image, "is_carousel_item": "true"}
    items = [create(threads, **item, alt_text=f"Item {n}").json["id"] for n in range(2)]
    assert code_of(create(threads, media_type="CAROUSEL", children=",".join(items)))[0] == 24
    clock.pass_by(seconds=10)
    assert code_of(publish(threads, items[0]))[0] == 100
    container = create(threads, media_type="CAROUSEL", children=",".join(items), text="Two").json["id"]
    clock.pass_by(seconds=10)
    publish(threads, container)

    (row,) = http.get("/_sandbox/ledger").json
    assert [m["alt"] for m in row["media"]] == ["Item 0", "Item 1"]


# Chains and replies ------------------------------------------------------------------------------------------------
def test_chain_is_replies_to_replies(threads, http, say):
    first = say("One")
    second = say("Two", reply_to_id=first)
    third = say("Three", reply_to_id=second)

    assert [row["reply_to"] for row in http.get("/_sandbox/ledger").json] == [None, first, second]
    assert [row["id"] for row in listed(threads, f"{ME}/threads")] == [first]
    assert [row["id"] for row in listed(threads, f"{ME}/replies")] == [third, second]
    below = listed(threads, f"{first}/conversation", fields="id,replied_to,root_post", reverse="false")
    ours = {row["id"]: (row["replied_to"]["id"], row["root_post"]["id"]) for row in below}
    assert (ours[second], ours[third]) == ((first, first), (second, first))


def test_quotas_are_counted_and_kept(threads, http, say, clock):
    http.post("/_sandbox/settings", json={"threads quota": 1, "threads reply quota": 1})
    first = say("One")
    say("Two", reply_to_id=first)

    asked = f"{V}/{ME}/threads_publishing_limit?fields=quota_usage,config,reply_quota_usage,reply_config"
    (said,) = threads.get(asked).json["data"]
    assert (said["quota_usage"], said["reply_quota_usage"], said["config"]["quota_total"]) == (1, 1, 1)
    container = create(threads, text="Three").json["id"]
    clock.pass_by(seconds=10)
    assert code_of(publish(threads, container)) == (9, 2207042)
    clock.pass_by(hours=23)
    assert "id" not in publish(threads, container).json
    clock.pass_by(hours=2)
    assert threads.get(asked).json["data"][0]["quota_usage"] == 0


def test_replies_arrive_are_hidden_and_answered(threads, http, say):
    post = say("Who comes along to the river?")
    http.post("/_sandbox/clock", json={"advance_days": 30})
    fields = "id,text,username,hide_status,is_reply_owned_by_me"
    first = listed(threads, f"{post}/replies", fields=fields)[0]
    assert first["hide_status"] == "NOT_HUSHED"

    assert threads.post(f"{V}/{first['id']}/manage_reply", data={"hide": "true"}).json == {"success": True}
    assert threads.get(f"{V}/{first['id']}?fields=hide_status").json["hide_status"] == "HIDDEN"
    answer = say("Thank you!", reply_to_id=first["id"])

    (shown,) = listed(threads, f"{first['id']}/replies", fields=fields)
    assert (shown["id"], shown["is_reply_owned_by_me"]) == (answer, True)
    assert code_of(threads.delete(f"{V}/{first['id']}")) == (100, 33)  # of others nothing can be deleted


def test_numbers_grow_and_know_their_names(threads, http, say):
    post = say("Numbers")
    asked = f"{V}/{post}/insights?metric=views,likes,replies,reposts,quotes,shares"
    before = {row["name"]: row["values"][0]["value"] for row in threads.get(asked).json["data"]}
    http.post("/_sandbox/clock", json={"advance_days": 30})
    after = {row["name"]: row["values"][0]["value"] for row in threads.get(asked).json["data"]}

    assert before["views"] < after["views"]
    assert code_of(threads.get(f"{V}/{post}/insights?metric=reach")) == (100, None)
    followers = threads.get(f"{V}/{ME}/threads_insights?metric=followers_count").json["data"]
    assert followers[0]["total_value"]["value"] == 3_940


def test_deleted_post_is_gone(threads, http, say):
    post = say("Gone")

    assert threads.delete(f"{V}/{post}").json == {"success": True, "deleted_id": post}
    assert code_of(threads.delete(f"{V}/{post}")) == (100, 33)
    assert http.get("/_sandbox/ledger").json == []


def test_feed_shows_the_chain(http, say):
    say("Two below", reply_to_id=say("One above", link_attachment="https://river.example/plan"))

    page = http.get("/threads/feed/riverside.council").text

    assert page.index("One above") < page.index("Two below")
    assert "Thread of 2 posts" in page
    assert "river.example" in page


def test_only_version_one_exists(threads):
    assert code_of(threads.get("/threads/v2.0/me")) == (2500, None)


def test_parameters_may_come_as_json(threads):
    body = json.dumps({"media_type": "TEXT", "text": "As JSON"})
    answer = threads.post(f"{V}/me/threads", data=body, content_type="application/json")
    assert answer.json["id"]
