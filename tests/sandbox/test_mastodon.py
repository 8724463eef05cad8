"""The Mastodon server: signing in, media, posts, keys, numbers, and everything it must refuse."""

from __future__ import annotations

import io
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.unit
ME = "109400000000000101"
SCOPES = "read:accounts read:statuses read:notifications write:statuses write:media"


def register(http, **changes):
    form = {
        "client_name": "Test",
        "redirect_uris": "http://127.0.0.1:8000/callback",
        "scopes": SCOPES,
    } | changes
    return http.post("/mastodon/api/v1/apps", data=form)


def asked(helpers, app, **changes):
    return {
        "response_type": "code", "client_id": app["client_id"], "redirect_uri": helpers.CALLBACK, "scope": SCOPES,
        "state": "st", "code_challenge": helpers.CHALLENGE, "code_challenge_method": "S256",
    } | changes  # fmt: skip


def exchange(http, helpers, app, given, **changes):
    form = {
        "grant_type": "authorization_code", "code": given, "redirect_uri": helpers.CALLBACK,
        "client_id": app["client_id"], "client_secret": app["client_secret"], "code_verifier": helpers.VERIFIER,
    }  # fmt: skip
    return http.post("/mastodon/oauth/token", data=form | changes)


@pytest.fixture
def app_keys(http):
    return register(http).json


@pytest.fixture
def code(http, helpers, app_keys):
    return helpers.consent(http, "/mastodon/oauth/authorize", asked(helpers, app_keys), account=ME)["code"]


@pytest.fixture
def town(http, helpers, app_keys, code):
    return helpers.Signed(http, exchange(http, helpers, app_keys, code).json["access_token"], ME)


def post(town, text, **more):
    return town.post("/mastodon/api/v1/statuses", json={"status": text} | more)


def upload(town, body, **form):
    return town.post("/mastodon/api/v2/media", data={"file": (io.BytesIO(body), "a.jpg")} | form)


# Signing in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"client_name": ""},
        {"redirect_uris": "https://evil.example/"},
        {"scopes": "everything"},
        {"colour": "red"},
    ],
)
def test_apps_are_refused(http, change):
    assert register(http, **change).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"response_type": "token"},
        {"redirect_uri": "http://127.0.0.1:8000/other"},
        {"scope": "write:accounts"},
        {"code_challenge_method": "plain"},
    ],
)
def test_consent_is_refused(http, helpers, app_keys, change):
    page = http.get("/mastodon/oauth/authorize", query_string=asked(helpers, app_keys, **change))
    assert page.status_code == 400


def test_saying_no_goes_back_with_state(http, helpers, app_keys):
    answer = http.post("/mastodon/oauth/authorize", data=asked(helpers, app_keys) | {"decision": "deny"})

    found = parse_qs(urlsplit(answer.location).query)
    assert (found["error"], found["state"]) == (["access_denied"], ["st"])


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "no"}, 401, "invalid_client"),
        ({"code_verifier": "w" * 64}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8000/other"}, 400, "invalid_grant"),
        ({"code": "guess"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"colour": "red"}, 400, "invalid_request"),
    ],
)
def test_exchange_is_refused(http, helpers, app_keys, code, change, status, error):
    answer = exchange(http, helpers, app_keys, code, **change)

    assert (answer.status_code, answer.json["error"]) == (status, error)


def test_a_code_is_good_once_and_a_token_until_it_is_taken_back(http, helpers, app_keys, code):
    token = exchange(http, helpers, app_keys, code).json
    assert "expires_in" not in token
    me = {"Authorization": f"Bearer {token['access_token']}"}
    assert (
        http.get("/mastodon/api/v1/accounts/verify_credentials", headers=me).json["username"]
        == "riverside_council"
    )
    form = {k: app_keys[k] for k in ("client_id", "client_secret")} | {"token": token["access_token"]}

    assert http.post("/mastodon/oauth/revoke", data=form).status_code == 200

    assert http.get("/mastodon/api/v1/accounts/verify_credentials", headers=me).status_code == 401
    assert exchange(http, helpers, app_keys, code).status_code == 400


def test_narrower_scopes_refuse_with_403(http, helpers, app_keys):
    narrow = asked(helpers, app_keys, scope="read:accounts")
    code = helpers.consent(http, "/mastodon/oauth/authorize", narrow, account=ME)["code"]
    town = helpers.Signed(http, exchange(http, helpers, app_keys, code).json["access_token"], ME)

    assert (post(town, "Hi").status_code, post(town, "Hi").json["error"]) == (
        403,
        "This action is outside the authorized scopes",
    )


# Posts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": ""}, "Text can't be blank"),
        ({"status": "x" * 501}, "Text character limit of 500 exceeded"),
        ({"status": "x" * 480, "spoiler_text": "y" * 21}, "Text character limit of 500 exceeded"),
        ({"status": "Hi", "visibility": "friends"}, "Visibility is not included"),
        ({"status": "Hi", "language": "english"}, "Language is not included"),
        ({"status": "Hi", "media_ids": ["1", "2", "3", "4", "5"]}, "Cannot attach more than 4 files"),
        ({"status": "Hi", "media_ids": ["77"]}, "Media 77 not found"),
        ({"status": "Hi", "poll": {"options": ["a"]}}, "poll is no parameter"),
        ({"status": "Hi", "colour": "red"}, "colour is no parameter"),
    ],
)
def test_posts_are_refused(town, body, words):
    answer = town.post("/mastodon/api/v1/statuses", json=body)

    assert answer.status_code == 422
    assert words in answer.json["error"]


def test_addresses_count_23_and_mentions_without_their_server(town):
    text = " https://riverside.example/" + "a" * 300 + " @mara@people.example"  # counts 1 + 23 + 1 + 5

    assert post(town, "x" * 470 + text).status_code == 200
    assert post(town, "x" * 471 + text).status_code == 422


def test_a_key_gives_the_first_post_again_for_an_hour(town, clock):
    head = {"Idempotency-Key": "k1"}

    def once(text):
        return town.post("/mastodon/api/v1/statuses", json={"status": text}, headers=head).json["id"]

    first = once("One")
    assert once("Two") == first
    clock.pass_by(minutes=61)
    assert once("Two") != first


def test_answers_to_what_is_not_there_are_404(town):
    assert post(town, "Hi", in_reply_to_id="5").status_code == 404


def test_html_of_a_post(town):
    made = post(town, "Fish & <chips>\nfor @mara@people.example\n\nsee https://a.example/ #River").json

    assert made["content"].startswith("<p>Fish &amp; &lt;chips&gt;<br />for <span class=")
    assert 'rel="tag">#<span>River</span></a></p>' in made["content"]
    source = town.get(f"/mastodon/api/v1/statuses/{made['id']}/source").json
    assert source["text"].startswith("Fish & <chips>")


def test_editing_keeps_the_post_and_says_so(town):
    made = post(town, "One").json

    changed = town.put(f"/mastodon/api/v1/statuses/{made['id']}", json={"status": "Two"}).json

    assert (changed["id"], changed["edited_at"] is not None) == (made["id"], True)
    assert town.get(f"/mastodon/api/v1/statuses/{made['id']}/source").json["text"] == "Two"


def test_others_posts_cannot_be_touched(http, helpers, app_keys, town):
    made = post(town, "Mine").json["id"]
    second = helpers.consent(
        http, "/mastodon/oauth/authorize", asked(helpers, app_keys), account="109400000000000202"
    )["code"]
    library = helpers.Signed(http, exchange(http, helpers, app_keys, second).json["access_token"], "2")

    assert library.delete(f"/mastodon/api/v1/statuses/{made}").status_code == 404
    assert library.put(f"/mastodon/api/v1/statuses/{made}", json={"status": "x"}).status_code == 404


# Media ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"description": "d" * 1501}, "Description is too long"),
        ({"focus": "2,0"}, "Focus is invalid"),
        ({"focus": "left"}, "Focus is invalid"),
        ({"colour": "red"}, "colour is no parameter"),
    ],
)
def test_uploads_are_refused(town, helpers, form, words):
    answer = upload(town, helpers.picture(), **form)

    assert answer.status_code == 422
    assert words in answer.json["error"]


def test_what_is_no_picture_is_refused(town):
    assert "content type" in upload(town, b"%PDF-1.4").json["error"]


def test_a_picture_is_ready_and_used_once(town, helpers):
    answer = upload(town, helpers.picture(), description="A river", focus="0.5,-0.25")
    media = answer.json["id"]
    assert (answer.status_code, answer.json["description"]) == (200, "A river")

    assert post(town, "One", media_ids=[media]).json["media_attachments"][0]["meta"]["focus"] == {
        "x": 0.5,
        "y": -0.25,
    }
    assert post(town, "Two", media_ids=[media]).status_code == 422


def test_a_video_takes_its_time(town, helpers, clock):
    answer = upload(town, helpers.movie())
    media = answer.json["id"]

    assert (answer.status_code, answer.json["url"]) == (202, None)
    assert town.get(f"/mastodon/api/v1/media/{media}").status_code == 206
    assert "not finished processing" in post(town, "Too soon", media_ids=[media]).json["error"]
    clock.pass_by(seconds=20)
    assert town.get(f"/mastodon/api/v1/media/{media}").status_code == 200
    assert post(town, "Now", media_ids=[media]).status_code == 200


def test_the_31st_upload_in_half_an_hour_is_refused_with_a_date(town, helpers, http):
    http.post("/_sandbox/settings", json={"limit mastodon media": 1})
    upload(town, helpers.picture())

    answer = upload(town, helpers.picture())

    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["X-RateLimit-Reset"].endswith("Z")


# People ---------------------------------------------------------------------------------------------------------


def test_numbers_grow_and_people_answer(town, http):
    made = post(town, "The river is clean again, and here is why").json["id"]
    assert post(town, "mine", in_reply_to_id=made).status_code == 200
    http.post("/_sandbox/clock", json={"advance_days": 30})

    (seen,) = town.get("/mastodon/api/v1/statuses", query_string={"id[]": [made]}).json
    below = town.get(f"/mastodon/api/v1/statuses/{made}/context").json["descendants"]
    mentions = town.get("/mastodon/api/v1/notifications", query_string={"types[]": ["mention"], "limit": 1})

    assert seen["favourites_count"] > 0
    assert seen["replies_count"] == len(below) > 1
    assert mentions.json[0]["status"]["id"] in [each["id"] for each in below]
    assert 'rel="next"' in mentions.headers["Link"]


def test_feed_shows_the_warning_first(town, http):
    post(town, "Behind it", spoiler_text="Local politics")

    page = http.get("/mastodon/feed/riverside_council").text

    assert "<summary>Local politics</summary>" in page
    assert http.get("/mastodon/@riverside_council").status_code == 302


# The judge: a client that others wrote --------------------------------------------------------------------------


@pytest.mark.db
def test_mastodon_py_drives_it(tmp_path, helpers):
    """Registers, signs in, uploads, posts a thread, reads and deletes, all through Mastodon.py."""
    import httpx
    from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError

    from sandbox.testing import running

    with running(tmp_path) as base:
        server, back = f"{base}/mastodon", "http://127.0.0.1:8000/callback"
        names = Mastodon.create_app("Judge", scopes=SCOPES.split(), redirect_uris=back, api_base_url=server)
        judge = Mastodon(*names, api_base_url=server, ratelimit_method="throw")
        page = judge.auth_request_url(redirect_uris=back, scopes=SCOPES.split(), state="s", allow_http=True)
        form = dict(parse_qs(urlsplit(page).query).items())
        form = {name: values[0] for name, values in form.items()} | {"decision": "allow", "account": ME}
        answer = httpx.post(f"{server}/oauth/authorize", data=form, trust_env=False)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        judge.log_in(code=code, redirect_uri=back, scopes=SCOPES.split(), allow_http=True)

        assert judge.me().username == "riverside_council"
        assert judge.instance().configuration.statuses.max_characters == 500
        picture = judge.media_post(
            helpers.picture(), mime_type="image/jpeg", description="A river", focus=(0.5, 0)
        )
        film = judge.media_post(helpers.movie(), mime_type="video/mp4", synchronous=True)
        key = str(uuid.uuid4())
        first = judge.status_post(
            "One", media_ids=[picture], language="en", visibility="unlisted", spoiler_text="Careful",
            idempotency_key=key,
        )  # fmt: skip
        again = judge.status_post("One", idempotency_key=key)
        second = judge.status_post("Two", in_reply_to_id=first, media_ids=[film])

        assert again.id == first.id
        assert (first.visibility, first.spoiler_text) == ("unlisted", "Careful")
        assert first.media_attachments[0].description == "A river"
        assert [s.id for s in judge.status_context(first).descendants if s.account.id == judge.me().id] == [
            second.id
        ]
        assert [s.id for s in judge.account_statuses(judge.me(), limit=5)] == [second.id, first.id]
        assert judge.status_update(second, "Two, mended").edited_at is not None
        assert judge.status_source(second).text == "Two, mended"
        judge.status_delete(second)
        with pytest.raises(MastodonNotFoundError):
            judge.status(second)
        with pytest.raises(MastodonAPIError, match="character limit"):
            judge.status_post("x" * 501)
        judge.revoke_access_token(allow_http=True)
