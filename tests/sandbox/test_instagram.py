"""Instagram: tokens, containers and their status, publishing, numbers, comments, and what is refused."""

import pytest

pytestmark = pytest.mark.unit
IG = "17841400000000101"
V = "/instagram/v26.0"


def code_of(answer):
    error = answer.json["error"]
    return error["code"], error.get("error_subcode")


def create(ig, **form):
    return ig.post(f"{V}/{IG}/media", data=form)


def state(ig, container):
    return ig.get(f"{V}/{container}?fields=status_code,status").json


def publish(ig, container):
    return ig.post(f"{V}/{IG}/media_publish", data={"creation_id": container})


@pytest.fixture
def cover(shelf, helpers):
    return shelf.put("cover.jpg", helpers.picture())


@pytest.fixture
def film(shelf, helpers):
    return shelf.put("film.mp4", helpers.movie())


@pytest.fixture
def published(instagram, cover, clock):
    """Publish one picture and return its id."""
    container = create(instagram, image_url=cover, caption="The weir", alt_text="A weir").json["id"]
    clock.pass_by(seconds=5)
    return publish(instagram, container).json["id"]


# Tokens --------------------------------------------------------------------------------------------------------
def test_code_comes_back_with_a_fragment_and_the_exchange_lists_permissions(http, helpers):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": helpers.CALLBACK,
        "response_type": "code",
        "scope": helpers.IG_SCOPES,
        "state": "st",
    }

    answer = http.post("/instagram/oauth/authorize", data=asked | {"decision": "allow", "account": IG})

    assert answer.location.endswith("#_")
    short = helpers.ig_short_token(http).json
    assert short["user_id"] == int(IG)
    assert "instagram_business_content_publish" in short["permissions"]


def test_wrapped_exchange_can_be_switched_on(http, helpers):
    http.post("/_sandbox/settings", json={"instagram wrapped token": True})

    assert helpers.ig_short_token(http).json["data"][0]["user_id"] == int(IG)


def test_long_token_is_refreshed_after_a_day_only(instagram, http, clock):
    given = {"grant_type": "ig_refresh_token", "access_token": instagram.token}

    assert code_of(http.get("/instagram/refresh_access_token", query_string=given)) == (100, None)
    clock.pass_by(hours=25)
    refreshed = http.get("/instagram/refresh_access_token", query_string=given).json
    assert refreshed["expires_in"] == 60 * 86_400
    me = http.get(
        f"{V}/me?fields=user_id,username,account_type",
        headers={"Authorization": f"Bearer {refreshed['access_token']}"},
    )
    assert me.json == {"user_id": IG, "username": "riverside.council", "account_type": "BUSINESS", "id": IG}


def test_short_token_lives_an_hour_and_long_one_60_days(instagram, http, helpers, clock):
    short = helpers.ig_short_token(http).json["access_token"]
    clock.pass_by(hours=1)
    assert code_of(http.get(f"{V}/me", query_string={"access_token": short})) == (190, 463)
    clock.pass_by(days=60)
    assert code_of(instagram.get(f"{V}/me")) == (190, 463)


def test_publishing_needs_its_permission(http, helpers, cover):
    reader = helpers.sign_in_instagram(http, scope="instagram_business_basic")

    answer = create(reader, image_url=cover)

    assert (answer.status_code, code_of(answer)) == (403, (10, None))


def test_other_accounts_are_not_ours(instagram, cover):
    answer = instagram.post(f"{V}/17841400000000202/media", data={"image_url": cover})

    assert code_of(answer) == (100, 33)


# Containers ------------------------------------------------------------------------------------------------------
def test_picture_from_container_to_feed(instagram, http, cover, clock):
    container = create(instagram, image_url=cover, caption="The weir #river", alt_text="A weir").json["id"]

    assert state(instagram, container)["status_code"] == "IN_PROGRESS"
    assert code_of(publish(instagram, container)) == (9007, 2207027)
    clock.pass_by(seconds=5)
    assert state(instagram, container)["status_code"] == "FINISHED"
    media = publish(instagram, container).json["id"]
    assert state(instagram, container)["status_code"] == "PUBLISHED"
    assert code_of(publish(instagram, container)) == (9007, 2207027)
    (entry,) = http.get("/_sandbox/ledger").json
    assert (entry["account"], entry["kind"], entry["text"], entry["remote_id"]) == (
        "@riverside.council",
        "image",
        "The weir #river",
        media,
    )
    assert [(m["mime"], m["width"], m["height"], m["alt"]) for m in entry["media"]] == [
        ("image/jpeg", 1080, 1350, "A weir")
    ]
    shown = instagram.get(
        f"{V}/{media}?fields=id,permalink,timestamp,media_product_type,media_type,shortcode,caption"
    ).json
    assert (shown["media_type"], shown["media_product_type"], shown["caption"]) == (
        "IMAGE",
        "FEED",
        "The weir #river",
    )
    assert http.get(shown["permalink"].removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"image_url": "cover", "media_type": "PICTURE"}, (100, 2207023)),
        ({"image_url": "cover", "caption": "a" * 2201}, (36004, 2207010)),
        ({"image_url": "cover", "caption": "#a " * 31}, (100, 2207010)),
        ({"image_url": "cover", "caption": "@a " * 21}, (100, 2207040)),
        ({"image_url": "cover", "alt_text": "a" * 1001}, (100, None)),
        ({"image_url": "cover", "colour": "red"}, (100, None)),
        ({}, (100, None)),
        ({"image_url": "cover", "video_url": "film"}, (100, None)),
        ({"image_url": "cover", "media_type": "REELS"}, (100, None)),
        ({"video_url": "film"}, (100, None)),
        ({"video_url": "film", "media_type": "VIDEO"}, (100, 2207067)),
        ({"video_url": "film", "media_type": "REELS", "alt_text": "No"}, (100, None)),
        ({"video_url": "film", "media_type": "REELS", "is_carousel_item": "true"}, (100, None)),
        ({"video_url": "film", "media_type": "REELS", "thumb_offset": "7000"}, (1, 2207057)),
        ({"image_url": "cover", "is_carousel_item": "true", "caption": "No"}, (100, None)),
        ({"image_url": "cover", "thumb_offset": "1"}, (100, None)),
        ({"image_url": "https://example.org/cover.jpg"}, (9004, 2207052)),
        ({"image_url": "file:///etc/passwd"}, (9004, 2207052)),
        ({"media_type": "CAROUSEL", "children": "1"}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": "1,2"}, (24, 2207006)),
        ({"media_type": "CAROUSEL", "children": ",".join(map(str, range(11)))}, (100, 2207028)),
    ],
)
def test_container_refuses(instagram, cover, film, form, expected):
    addresses = {"cover": cover, "film": film}

    answer = create(instagram, **{name: addresses.get(value, value) for name, value in form.items()})

    assert (answer.status_code, code_of(answer)) == (400, expected)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("gone.jpg", None, (9004, 2207052)),
        ("elsewhere", None, (9004, 2207052)),
        ("text.jpg", lambda h: b"hello", (9004, 2207052)),
        ("a.png", lambda h: h.picture(kind="PNG"), (36001, 2207005)),
        ("tall.jpg", lambda h: h.picture(1000, 1300), (36003, 2207009)),
        ("wide.jpg", lambda h: h.picture(2000, 1000), (36003, 2207009)),
        ("big.jpg", lambda h: h.picture() + bytes(8 * 2**20), (36000, 2207004)),
    ],
)
def test_picture_is_fetched_and_looked_at(instagram, shelf, helpers, name, body, expected):
    url = shelf.put(name, body(helpers)) if body else f"{shelf.address}/{name}"

    answer = create(instagram, image_url=url)

    assert code_of(answer) == expected


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, None),
        ({"faststart": False}, "moov"),
        ({"seconds": 2.5}, "lasts 2.5 s"),
        ({"seconds": 901}, "lasts 901.0 s"),
        ({"codec": b"vp09"}, "codec vp09"),
        ({"sound": b"Opus"}, "AAC"),
        ({"fps": 15}, "15.0 frames"),
        ({"width": 2160, "height": 3840}, "2160x3840"),
        ({"seconds": 3, "picture_bytes": 12 * 2**20}, "25 Mbit/s"),
    ],
)
def test_reel_video_is_judged_in_its_status(instagram, shelf, helpers, clock, change, word):
    url = shelf.put("film.mp4", helpers.movie(**change))

    container = create(instagram, video_url=url, media_type="REELS").json["id"]

    assert state(instagram, container)["status_code"] == "IN_PROGRESS"
    clock.pass_by(seconds=20)
    found = state(instagram, container)
    if word is None:
        assert found["status_code"] == "FINISHED"
    else:
        assert found["status_code"] == "ERROR"
        assert "2207026" in found["status"]
        assert word in found["status"]
        assert code_of(publish(instagram, container)) == (9007, 2207027)


def test_reel_with_cover(instagram, http, cover, film, clock):
    container = create(
        instagram,
        video_url=film,
        media_type="REELS",
        cover_url=cover,
        caption="A minute",
        share_to_feed="true",
    ).json["id"]
    clock.pass_by(seconds=20)
    media = publish(instagram, container).json["id"]

    shown = instagram.get(f"{V}/{media}?fields=media_type,media_product_type,thumbnail_url").json
    assert (shown["media_type"], shown["media_product_type"]) == ("VIDEO", "REELS")
    assert [row["kind"] for row in http.get("/_sandbox/ledger").json] == ["reel"]
    page = http.get("/instagram/feed/riverside.council").text
    assert f'poster="{shown["thumbnail_url"].removeprefix("http://localhost")}"' in page


def test_carousel_waits_for_its_children(instagram, http, shelf, helpers, clock):
    def child(number):
        url = shelf.put(f"{number}.jpg", helpers.picture(colour=(60 * number, 90, 90)))
        return create(instagram, image_url=url, is_carousel_item="true", alt_text=f"Card {number}").json["id"]

    children = [child(number) for number in range(3)]
    whole = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": "Three cards"}
    assert code_of(create(instagram, **whole)) == (9007, 2207027)
    clock.pass_by(seconds=5)
    parent = create(instagram, **whole).json["id"]
    assert code_of(publish(instagram, parent)) == (9007, 2207027)
    clock.pass_by(seconds=5)
    assert code_of(publish(instagram, children[0])) == (100, None)
    assert publish(instagram, parent).status_code == 200
    (entry,) = http.get("/_sandbox/ledger").json
    assert entry["kind"] == "carousel"
    assert [item["alt"] for item in entry["media"]] == ["Card 0", "Card 1", "Card 2"]
    assert len({item["sha256"] for item in entry["media"]}) == 3


def test_only_carousel_items_may_be_children(instagram, cover, clock):
    single = [create(instagram, image_url=cover).json["id"] for _ in range(2)]
    clock.pass_by(seconds=5)

    assert code_of(create(instagram, media_type="CAROUSEL", children=",".join(single))) == (100, None)


def test_container_expires(instagram, cover, clock):
    container = create(instagram, image_url=cover).json["id"]
    clock.pass_by(hours=25)

    assert state(instagram, container)["status_code"] == "EXPIRED"
    assert code_of(publish(instagram, container)) == (24, 2207008)


def test_unknown_container(instagram):
    assert code_of(publish(instagram, "1")) == (24, 2207008)


def test_media_error_fault(instagram, http, cover, clock):
    http.post(
        "/_sandbox/faults", json={"network": "instagram", "match": "POST .*/media$", "fault": "media_error"}
    )

    container = create(instagram, image_url=cover).json["id"]
    clock.pass_by(seconds=5)

    assert state(instagram, container)["status_code"] == "ERROR"
    assert "2207053" in state(instagram, container)["status"]


def test_published_though_the_answer_was_an_error(instagram, http, cover, clock):
    container = create(instagram, image_url=cover).json["id"]
    clock.pass_by(seconds=5)
    http.post(
        "/_sandbox/faults", json={"network": "instagram", "match": "media_publish", "fault": "5xx_after"}
    )

    assert publish(instagram, container).status_code == 502
    assert state(instagram, container)["status_code"] == "PUBLISHED"
    assert len(http.get("/_sandbox/ledger").json) == 1


def test_quota(instagram, http, cover, clock):
    http.post("/_sandbox/settings", json={"instagram quota": 1})
    first, second = (create(instagram, image_url=cover, caption=str(n)).json["id"] for n in range(2))
    clock.pass_by(seconds=5)

    assert publish(instagram, first).status_code == 200
    assert code_of(publish(instagram, second)) == (9, 2207042)
    limit = instagram.get(f"{V}/{IG}/content_publishing_limit?fields=quota_usage,config").json
    assert limit == {"data": [{"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": 86400}}]}


# Reading back, numbers, comments -------------------------------------------------------------------------------------
def test_media_list_since(instagram, published, clock):
    fields = "id,caption,timestamp,permalink,shortcode,media_type,media_product_type"
    since = int(clock.at.timestamp()) - 60

    found = instagram.get(
        f"{V}/{IG}/media", query_string={"fields": fields, "since": since, "limit": 25}
    ).json["data"]
    assert [row["id"] for row in found] == [published]
    later = instagram.get(f"{V}/{IG}/media", query_string={"fields": fields, "since": since + 3600}).json
    assert later == {"data": []}


def test_insights_by_kind(instagram, published, film, clock):
    container = create(instagram, video_url=film, media_type="REELS").json["id"]
    clock.pass_by(seconds=20)
    reel = publish(instagram, container).json["id"]
    clock.pass_by(days=2)

    feed = instagram.get(
        f"{V}/{published}/insights?metric=views,reach,likes,comments,shares,saved,follows,profile_visits"
    ).json
    values = {row["name"]: row["values"][0]["value"] for row in feed["data"]}
    assert values["views"] > values["reach"] > values["likes"] > 0
    reel_metrics = (
        "views,reach,likes,comments,shares,saved,ig_reels_video_view_total_time,ig_reels_avg_watch_time"
    )
    assert len(instagram.get(f"{V}/{reel}/insights?metric={reel_metrics}").json["data"]) == 8
    assert code_of(instagram.get(f"{V}/{reel}/insights?metric=views,follows")) == (100, None)
    assert code_of(instagram.get(f"{V}/{published}/insights?metric=impressions")) == (100, None)


def test_comments_can_be_read_answered_hidden_and_deleted(instagram, published, http, clock):
    http.post("/_sandbox/clock", json={"advance_days": 30})

    comments = instagram.get(
        f"{V}/{published}/comments?fields=id,text,username,timestamp,replies{{id,text}}"
    ).json["data"]
    first = comments[0]["id"]
    reply = instagram.post(f"{V}/{first}/replies", data={"message": "Thank you!"}).json["id"]
    nested = instagram.post(f"{V}/{reply}/replies", data={"message": "And see you there"}).json["id"]

    replies = instagram.get(f"{V}/{first}/replies?fields=id,text,username").json["data"]
    assert [(row["id"], row["username"]) for row in replies] == [
        (reply, "riverside.council"),
        (nested, "riverside.council"),
    ]
    assert instagram.post(f"{V}/{first}", data={"hide": "true"}).json == {"success": True}
    assert code_of(instagram.post(f"{V}/{first}/replies", data={"message": "No"})) == (100, None)
    assert instagram.delete(f"{V}/{first}").json == {"success": True}
    assert first not in [row["id"] for row in instagram.get(f"{V}/{published}/comments").json["data"]]


def test_media_cannot_be_deleted_with_instagram_login(instagram, published):
    assert code_of(instagram.delete(f"{V}/{published}")) == (10, None)
