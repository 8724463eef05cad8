"""The sandbox's own side: faults, ledger, clock, reset, and the pages people see."""

import io
import itertools

import pytest

from sandbox.growth import CURVES, grown

pytestmark = pytest.mark.unit


def post(x, text):
    return x.post("/x/2/tweets", json={"text": text})


def strike(http, **asked):
    return http.post("/_sandbox/faults", json={"network": "x", "match": "POST /2/tweets", "times": 1} | asked)


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [
        ("5xx", 503, False),
        ("5xx_after", 502, True),
        ("429", 429, False),
        ("auth", 401, False),
        ("garbled", 201, True),
        ("no_id", 201, True),
        ("redirect", 307, False),
        ("echo", 400, False),
    ],
)
def test_fault_strikes_once(x, http, fault, status, done):
    strike(http, fault=fault)

    answer = post(x, "Is it out?")

    assert answer.status_code == status
    assert [row["text"] for row in http.get("/_sandbox/ledger").json] == ["Is it out?"] * done
    assert post(x, "The next one").status_code == 201
    assert [(f["fault"], f["times"], f["hits"]) for f in http.get("/_sandbox/faults").json] == [(fault, 0, 1)]


@pytest.mark.parametrize(("fault", "done"), [("lost_answer", True), ("cut", False)])
def test_cut_connection(x, http, fault, done):
    strike(http, fault=fault)

    with pytest.raises(ConnectionResetError):
        post(x, "Lost")

    assert len(http.get("/_sandbox/ledger").json) == done
    assert http.get("/_sandbox/calls").json[-1] | {"at": ""} == {
        "at": "", "network": "x", "method": "POST", "path": "/2/tweets", "status": 0, "fault": fault,
    }  # fmt: skip


def test_echo_repeats_the_token(x, http):
    strike(http, fault="echo")

    assert x.token in post(x, "Who am I?").text


def test_no_id_says_nothing_of_what_was_made(x, http):
    strike(http, fault="no_id")

    assert post(x, "Out").json == {}


def test_container_that_is_said_to_have_failed_has_not(instagram, http, shelf, clock, helpers):
    """Instagram is known to say so of posts that are out."""
    image = shelf.put("cover.jpg", helpers.picture())
    made = instagram.post(f"/instagram/v26.0/{helpers.IG}/media", data={"image_url": image})
    container = made.json["id"]
    clock.pass_by(seconds=5)
    strike(http, network="instagram", match=f"GET /v26.0/{container}", fault="says_error")
    asked = f"/instagram/v26.0/{container}?fields=status_code"

    assert [instagram.get(asked).json["status_code"] for _ in range(2)] == ["ERROR", "FINISHED"]


def test_429_tells_when_to_come_back(x, http, clock):
    strike(http, fault="429", seconds=42)

    answer = post(x, "Too fast")

    assert answer.headers["x-rate-limit-remaining"] == "0"
    assert 40 <= int(answer.headers["x-rate-limit-reset"]) - clock.at.timestamp() <= 43


@pytest.mark.parametrize("fault", ["slow", "slow_after"])
def test_slow_waits_as_long_as_it_was_told(x, http, monkeypatch, fault):
    waited = []
    monkeypatch.setattr("sandbox.faults.time.sleep", waited.append)
    strike(http, fault=fault, seconds=7)

    assert post(x, "Slow").status_code == 201
    assert waited == [7]


def test_fault_lets_some_calls_pass_and_matches_by_expression(x, http):
    strike(http, match=r"POST .*/tweets$", fault="5xx", times=2, skip=1)

    assert [post(x, str(n)).status_code for n in range(4)] == [201, 503, 503, 201]
    assert x.get("/x/2/users/me").status_code == 200


def test_fault_without_end_until_cleared(x, http):
    strike(http, fault="auth", times=-1, match="")

    assert [x.get("/x/2/users/me").status_code for _ in range(3)] == [401] * 3
    assert http.delete("/_sandbox/faults").json == {"cleared": "all"}
    assert x.get("/x/2/users/me").status_code == 200


def test_fault_of_one_network_spares_the_others(x, page, http):
    strike(http, network="facebook", match="", fault="5xx")

    assert x.get("/x/2/users/me").status_code == 200
    assert page.get("/facebook/v26.0/me").status_code == 503


@pytest.mark.parametrize(
    "asked",
    [
        {"network": "myspace", "fault": "5xx"},
        {"fault": "explosion"},
        {"fault": "5xx", "match": "("},
        {"fault": "5xx", "times": "often"},
        {"fault": "5xx", "times": -2},
        {"fault": "slow", "seconds": 601},
        {"fault": "5xx", "colour": "red"},
    ],
)
def test_impossible_fault_is_explained(http, asked):
    answer = strike(http, **asked)

    assert answer.status_code == 400
    assert answer.json["error"]
    assert http.get("/_sandbox/faults").json == []


def test_faults_do_not_touch_the_pages(http):
    strike(http, network="*", match="", fault="5xx", times=-1)

    assert http.get("/x/feed/riverside_council").status_code == 200
    assert http.get("/").status_code == 200


def test_expire_makes_a_refresh_needed(x, http):
    assert http.post("/_sandbox/expire", json={"network": "x", "account": "riverside_council"}).json == {
        "expired": 1
    }

    assert x.get("/x/2/users/me").status_code == 401


def renewable(http, helpers):
    code = helpers.consent(http, "/x/i/oauth2/authorize", helpers.x_asked(), account="1562000000000000101")[
        "code"
    ]
    return helpers.x_exchange(http, code).json["refresh_token"]


def renewed(http, token):
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "sandbox-app"}
    return http.post("/x/2/oauth2/token", data=form).status_code


def test_expire_leaves_a_way_back_unless_it_is_whole(http, helpers):
    first, second = renewable(http, helpers), renewable(http, helpers)

    assert http.post("/_sandbox/expire", json={"network": "x"}).json["expired"] >= 2
    assert renewed(http, first) == 200
    http.post("/_sandbox/expire", json={"network": "x", "whole": True})
    assert renewed(http, second) == 400


def test_expire_may_be_a_matter_of_seconds(x, http):
    assert http.post("/_sandbox/expire", json={"network": "x", "in_s": 3600}).json["expired"] >= 1
    assert x.get("/x/2/users/me").status_code == 200

    assert http.post("/_sandbox/expire", json={"network": "x", "in_s": "soon"}).status_code == 400


def test_ledger_is_in_the_order_of_publication_across_networks(x, page, http):
    for number in range(3):
        post(x, f"X {number}")
        page.post("/facebook/v26.0/104200000000101/feed", data={"message": f"Page {number}"})

    ledger = http.get("/_sandbox/ledger").json
    assert [row["text"] for row in ledger] == ["X 0", "Page 0", "X 1", "Page 1", "X 2", "Page 2"]
    assert {tuple(row) for row in ledger} == {
        ("network", "account", "kind", "text", "media", "reply_to", "remote_id", "created_at")
    }


def test_reset_forgets_everything_but_the_accounts(x, http):
    post(x, "Gone")
    strike(http, fault="5xx")

    http.post("/_sandbox/reset")

    assert http.get("/_sandbox/ledger").json == []
    assert http.get("/_sandbox/faults").json == []
    assert x.get("/x/2/users/me").status_code == 401
    assert http.get("/x/feed/riverside_council").status_code == 200


def test_page_of_another_site_cannot_steer_the_sandbox(http):
    assert http.post("/_sandbox/reset", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert http.post("/_sandbox/reset", headers={"Origin": "http://localhost"}).status_code == 200


def test_tokens_do_not_stand_in_the_list_of_calls(page, http):
    http.get("/facebook/v26.0/me", query_string={"access_token": page.token})

    assert page.token not in http.get("/_sandbox/calls").text
    assert http.get("/_sandbox/calls").json[-1]["path"] == "/v26.0/me?access_token=…"


def test_forms_of_the_control_page(http):
    answer = http.post(
        "/_sandbox/faults",
        data={"network": "x", "fault": "5xx", "match": "POST", "times": "1", "seconds": "5"},
    )
    assert (answer.status_code, answer.location) == (303, "/")
    assert "5xx" in http.get("/").text
    wrong = http.post(
        "/_sandbox/faults", data={"network": "x", "fault": "5xx", "match": "("}, follow_redirects=True
    )
    assert 'role="alert"' in wrong.text
    fault_id = http.get("/_sandbox/faults").json[0]["id"]
    http.post("/_sandbox/faults/clear", data={"id": fault_id})
    assert http.get("/_sandbox/faults").json == []


def test_added_account_can_sign_in(http, helpers):
    asked = {"network": "x", "id": "77", "handle": "mill_museum", "name": "Mill Museum"}

    assert http.post("/_sandbox/accounts", json=asked).status_code == 201
    assert http.post("/_sandbox/accounts", json=asked).status_code == 409
    assert post(helpers.sign_in_x(http, account="77"), "Open on Sunday").status_code == 201


# Pages ------------------------------------------------------------------------------------------------------------
def test_feed_shows_a_thread_in_order_and_escapes(x, http):
    first = post(x, "One <script>alert(1)</script> https://example.org/?a=1&b=2 #river").json["data"]["id"]
    x.post("/x/2/tweets", json={"text": "Two", "reply": {"in_reply_to_tweet_id": first}})
    post(x, "Apart")

    page = http.get("/x/feed/@riverside_council").text

    assert "<script" not in page
    assert "One &lt;script&gt;" in page
    assert '<a href="https://example.org/?a=1&amp;b=2"' in page
    assert '<span class="tag">#river</span>' in page
    assert page.index("Apart") < page.index("One &lt;") < page.index(">Two<")
    assert page.count('<section class="thread"') == 2


def test_feed_reloads_only_on_demand(http):
    assert "http-equiv" not in http.get("/x/feed/riverside_council").text
    assert '<meta http-equiv="refresh" content="5">' in http.get("/x/feed/riverside_council?refresh=5").text
    assert "http-equiv" not in http.get("/x/feed/riverside_council?refresh=0").text


@pytest.mark.parametrize(
    "path",
    [
        "/x/feed/riverside_council",
        "/facebook/feed/riversidetowncouncil",
        "/facebook/feed/104200000000101",
        "/facebook/feed/Riverside Town Council",
        "/instagram/feed/riverside.council",
        "/",
    ],
)
def test_pages_have_the_banner_and_a_strict_policy(http, path):
    page = http.get(path)

    assert page.status_code == 200
    assert "nothing here is public" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "style=" not in page.text
    assert "onclick" not in page.text


def test_unknown_feed_is_404(http):
    assert http.get("/x/feed/nobody").status_code == 404
    assert http.get("/avatar/x/nobody.png").status_code == 404
    assert http.get("/avatar/x/riverside_council.png").mimetype == "image/png"


# Growth -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("curve", CURVES.values(), ids=["-".join(key) for key in CURVES])
def test_attention_grows_from_nothing_to_all(curve):
    ages = [0, 0.01, 0.1, curve.half_d, 1, 3, 10, 100]
    shares = [grown(curve, age) for age in sorted(ages)]

    assert shares[0] == 0
    assert all(a <= b for a, b in itertools.pairwise(shares))
    assert grown(curve, curve.half_d) == pytest.approx(0.5)
    assert shares[-1] > 0.99


def test_same_post_has_the_same_fate(x, http, helpers):
    def reading():
        signed = helpers.sign_in_x(http)
        post_id = post(signed, "The same words").json["data"]["id"]
        http.post("/_sandbox/clock", json={"advance_days": 3})
        return signed.get(f"/x/2/tweets?ids={post_id}&tweet.fields=public_metrics").json["data"][0][
            "public_metrics"
        ]

    first = reading()
    http.post("/_sandbox/reset")
    assert reading() == first


def test_what_was_uploaded_and_not_used_can_be_lost(x, http, helpers):
    picture = {"media": (io.BytesIO(helpers.picture()), "a.jpg"), "media_category": "tweet_image"}
    media = x.post("/x/2/media/upload", data=picture).json["data"]["id"]

    assert http.post("/_sandbox/lose", json={"network": "elsewhere"}).status_code == 400
    assert http.post("/_sandbox/lose", json={"network": "x"}).json == {"lost": 1}

    answer = x.post("/x/2/tweets", json={"text": "Look!", "media": {"media_ids": [media]}})
    assert answer.status_code == 400
    assert "media IDs are invalid" in answer.text
