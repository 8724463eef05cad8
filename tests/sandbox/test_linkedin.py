"""LinkedIn: headers, tokens, uploads, posts and what is refused in them, comments, numbers."""

import json
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.unit
PAGE = "10400101"
ORG = f"urn:li:organization:{PAGE}"
HEAD = {"Linkedin-Version": "202607", "X-Restli-Protocol-Version": "2.0.0"}
SCOPES = "w_organization_social rw_organization_admin r_organization_social"


def consented(http, helpers, scope=SCOPES, pages=(PAGE,)):
    asked = {
        "client_id": "sandbox-app",
        "redirect_uri": helpers.CALLBACK,
        "response_type": "code",
        "scope": scope,
        "state": "st",
    }
    return helpers.consent(http, "/linkedin/oauth/v2/authorization", asked, account=list(pages))


def exchange(http, helpers, code, **changes):
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": "sandbox-app",
        "client_secret": "sandbox-secret", "redirect_uri": helpers.CALLBACK,
    }  # fmt: skip
    return http.post("/linkedin/oauth/v2/accessToken", data=form | changes)


class Member:
    """Calls of one signed-in member, with the headers of the versioned API."""

    def __init__(self, http, token):
        self.http, self.token = http, token

    def __getattr__(self, method):
        def call(path, **more):
            head = HEAD | {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
            path = path.removeprefix("http://localhost")
            path = path if path.startswith("/") else f"/linkedin/rest/{path}"
            return getattr(self.http, method)(path, headers=head, **more)

        return call


def sign_in(http, helpers, scope=SCOPES):
    code = consented(http, helpers, scope)["code"]
    return Member(http, exchange(http, helpers, code).json["access_token"])


@pytest.fixture
def member(http, helpers):
    return sign_in(http, helpers)


def post_of(text, **more):
    return {
        "author": ORG,
        "commentary": text,
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    } | more


def publish(member, text, **more):
    return member.post("posts", json=post_of(text, **more))


def upload_image(member, clock, body):
    asked = {"initializeUploadRequest": {"owner": ORG}}
    value = member.post("images?action=initializeUpload", json=asked).json["value"]
    assert member.put(value["uploadUrl"], data=body).status_code == 201
    clock.pass_by(seconds=10)
    return value["image"]


# The door ----------------------------------------------------------------------------------------------------------
def test_headers_of_the_versioned_api_are_asked_for(member):
    assert member.get("organizationAcls?q=roleAssignee", headers={"Linkedin-Version": ""}).status_code == 400
    old = member.get("organizationAcls?q=roleAssignee", headers={"Linkedin-Version": "202401"})
    assert (old.status_code, old.json["code"]) == (426, "NONEXISTENT_VERSION")
    assert (
        member.get("organizationAcls?q=roleAssignee", headers={"X-Restli-Protocol-Version": "1"}).status_code
        == 400
    )


def test_scope_that_is_not_approved_fails_the_whole_request(http, helpers):
    assert (
        consented(http, helpers, "w_organization_social r_everything")["error"] == "unauthorized_scope_error"
    )


def test_token_is_renewed_and_its_refresh_token_stays(http, helpers, clock):
    first = exchange(http, helpers, consented(http, helpers)["code"]).json
    assert first["scope"] == SCOPES.replace(" ", ",")
    clock.pass_by(days=61)
    late = Member(http, first["access_token"]).get("organizationAcls?q=roleAssignee")
    assert (late.status_code, late.json["code"]) == (401, "EXPIRED_ACCESS_TOKEN")

    again = exchange(http, helpers, "", grant_type="refresh_token", refresh_token=first["refresh_token"]).json

    assert again["refresh_token"] == first["refresh_token"]
    assert again["refresh_token_expires_in"] < first["refresh_token_expires_in"]
    assert Member(http, again["access_token"]).get("organizationAcls?q=roleAssignee").status_code == 200


def test_refresh_tokens_can_be_left_out_and_tokens_taken_back(http, helpers):
    http.post("/_sandbox/settings", json={"linkedin refresh tokens": False})
    token = exchange(http, helpers, consented(http, helpers)["code"]).json
    assert "refresh_token" not in token

    form = {"client_id": "sandbox-app", "client_secret": "sandbox-secret", "token": token["access_token"]}
    assert http.post("/linkedin/oauth/v2/revoke", data=form).status_code == 200
    gone = Member(http, token["access_token"]).get("organizationAcls?q=roleAssignee")
    assert gone.json["code"] == "REVOKED_ACCESS_TOKEN"


def test_missing_permission_and_foreign_page(http, helpers):
    reader = sign_in(http, helpers, "r_organization_social rw_organization_admin")
    assert publish(reader, "No").status_code == 403

    member = sign_in(http, helpers)
    assert publish(member, "No", author="urn:li:organization:10400202").status_code == 403


def test_pages_that_one_manages(member):
    (acl,) = member.get("organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=100").json["elements"]
    assert (acl["organization"], acl["role"]) == (ORG, "ADMINISTRATOR")
    assert member.get(f"organizations/{PAGE}").json["localizedName"] == "Riverside Town Council"
    sizes = member.get(f"networkSizes/{quote(ORG, safe='')}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    assert sizes.json == {"firstDegreeSize": 2_410}


# Posts -------------------------------------------------------------------------------------------------------------
def test_post_is_named_in_a_header_only(member, http):
    made = publish(member, r"Rivers \& weirs: 50\_50 {hashtag|\#|CleanRiver}".replace(r"\&", "&"))

    assert (made.status_code, made.data) == (201, b"")
    urn = made.headers["x-restli-id"]
    (row,) = http.get("/_sandbox/ledger").json
    assert (row["remote_id"], row["text"]) == (urn, "Rivers & weirs: 50_50 #CleanRiver")
    read = member.get(f"posts/{quote(urn, safe='')}").json
    assert (read["author"], read["lifecycleState"]) == (ORG, "PUBLISHED")
    assert member.http.get(f"/linkedin/feed/update/{urn}/").status_code == 302


def test_same_text_within_ten_minutes_names_the_first(member, clock):
    urn = publish(member, "Twice").headers["x-restli-id"]

    refused = publish(member, "Twice")

    assert refused.status_code == 422
    assert refused.json["message"] == f"Content is a duplicate of {urn}"
    assert refused.json["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    clock.pass_by(minutes=11)
    assert publish(member, "Twice").status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"commentary": "Not (escaped)"}, "INVALID_VALUE_FOR_FIELD"),
        ({"commentary": "A lone \\ here"}, "INVALID_VALUE_FOR_FIELD"),
        ({"commentary": "x" * 3001}, "FIELD_LENGTH_TOO_LONG"),
        ({"commentary": 7}, "INVALID_VALUE_FOR_FIELD"),
        ({"shiny": True}, "UNRECOGNIZED_FIELD"),
        ({"visibility": "CONNECTIONS"}, "INVALID_VALUE_FOR_FIELD"),
        ({"lifecycleState": "DRAFT"}, "INVALID_VALUE_FOR_FIELD"),
        ({"author": "urn:li:person:abc"}, "INVALID_URN_TYPE"),
        ({"content": {"article": {"source": "https://a.example"}}}, "MISSING_FIELD"),
        ({"content": {"article": {"source": "weir", "title": "T"}}}, "INVALID_VALUE_FOR_FIELD"),
        ({"content": {"media": {"id": "urn:li:image:none"}}}, "INVALID_URN_ID"),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:none"}]}}}, "INVALID_VALUE_FOR_FIELD"),
    ],
)
def test_what_is_refused(member, changes, code):
    refused = member.post("posts", json=post_of("Fine") | changes)

    assert refused.status_code == 400
    assert refused.json["code"] == code


def test_names_in_addresses_must_be_encoded(member):
    author = quote(ORG, safe="")
    finder = {"X-RestLi-Method": "FINDER"}

    assert member.get(f"posts?q=author&author={author}", headers=finder).status_code == 200
    assert member.get(f"posts?q=author&author={author}").status_code == 400
    assert member.get(f"posts?q=author&author={ORG}", headers=finder).status_code == 400
    assert member.get(f"posts?q=author&author={author}&colour=red", headers=finder).status_code == 400


def test_pictures_are_uploaded_looked_at_and_keep_their_alt_texts(member, http, clock, helpers):
    images = [upload_image(member, clock, helpers.picture(colour=(n, 0, 0))) for n in (10, 20)]
    entries = [{"id": urn, "altText": f"Picture {n}"} for n, urn in enumerate(images)]

    assert publish(member, "Two", content={"multiImage": {"images": entries}}).status_code == 201

    (row,) = http.get("/_sandbox/ledger").json
    assert [m["alt"] for m in row["media"]] == ["Picture 0", "Picture 1"]


def test_picture_that_is_none_fails_in_processing(member, clock):
    urn = upload_image(member, clock, b"no picture at all")

    state = member.get(f"images/{quote(urn, safe='')}").json
    assert state["status"] == "PROCESSING_FAILED"
    refused = publish(member, "Broken", content={"media": {"id": urn}})
    assert refused.json["code"] == "MEDIA_ASSET_PROCESSING_FAILED"


def test_picture_is_not_ready_at_once_and_its_address_runs_out(member, clock, helpers):
    asked = {"initializeUploadRequest": {"owner": ORG}}
    value = member.post("images?action=initializeUpload", json=asked).json["value"]
    assert (
        publish(member, "Early", content={"media": {"id": value["image"]}}).json["code"]
        == "MEDIA_ASSET_WAITING_UPLOAD"
    )
    clock.pass_by(hours=25)
    assert member.put(value["uploadUrl"], data=helpers.picture()).json["code"] == "EXPIRED_UPLOAD_URL"


def begin_video(member, size):
    asked = {"owner": ORG, "fileSizeBytes": size, "uploadCaptions": False, "uploadThumbnail": False}
    return member.post("videos?action=initializeUpload", json={"initializeUploadRequest": asked})


def test_video_comes_in_pieces_without_our_key(member, http, clock, helpers):
    film = helpers.movie(picture_bytes=5_000_000)
    value = begin_video(member, len(film)).json["value"]
    pieces = value["uploadInstructions"]
    assert [p["firstByte"] for p in pieces] == [0, 4 * 2**20]

    etags = []
    for piece in pieces:
        body = film[piece["firstByte"] : piece["lastByte"] + 1]
        assert member.put(piece["uploadUrl"], data=body).status_code == 400  # with our key
        answer = http.put(piece["uploadUrl"].removeprefix("http://localhost"), data=body)
        etags.append(answer.headers["ETag"].strip('"'))
    finish = {"video": value["video"], "uploadToken": "", "uploadedPartIds": etags[::-1]}
    assert (
        member.post("videos?action=finalizeUpload", json={"finalizeUploadRequest": finish}).status_code == 400
    )
    finish["uploadedPartIds"] = etags
    assert (
        member.post("videos?action=finalizeUpload", json={"finalizeUploadRequest": finish}).status_code == 200
    )
    assert member.get(f"videos/{quote(value['video'], safe='')}").json["status"] == "PROCESSING"
    clock.pass_by(seconds=60)

    made = publish(member, "Film", content={"media": {"id": value["video"], "title": "The weir"}})
    assert made.headers["x-restli-id"].startswith("urn:li:ugcPost:")


@pytest.mark.parametrize("size", [74_999, 500 * 2**20 + 1])
def test_video_of_a_wrong_size_is_refused_at_once(member, size):
    assert begin_video(member, size).status_code == 400


def test_document_needs_a_title(member, clock):
    asked = {"initializeUploadRequest": {"owner": ORG}}
    value = member.post("documents?action=initializeUpload", json=asked).json["value"]
    member.put(value["uploadUrl"], data=b"%PDF-1.4 /Type /Page ")
    clock.pass_by(seconds=10)

    content = {"media": {"id": value["document"]}}
    assert publish(member, "Plan", content=content).json["code"] == "MISSING_FIELD"
    content["media"]["title"] = "The plan"
    assert publish(member, "Plan", content=content).status_code == 201


def test_text_is_changed_and_post_deleted(member, http):
    urn = publish(member, "Furst").headers["x-restli-id"]
    path = f"posts/{quote(urn, safe='')}"
    change = {"patch": {"$set": {"commentary": "First"}}}

    assert member.post(path, json=change).status_code == 400
    assert member.post(path, json=change, headers={"X-RestLi-Method": "PARTIAL_UPDATE"}).status_code == 204
    assert http.get("/_sandbox/ledger").json[0]["text"] == "First"
    assert [member.delete(path).status_code for _ in range(2)] == [204, 204]
    assert member.get(path).status_code == 404


# Comments and numbers ------------------------------------------------------------------------------------------------
def test_comments_arrive_are_answered_and_deleted(member, http):
    urn = publish(member, "Who comes along to the river?").headers["x-restli-id"]
    http.post("/_sandbox/clock", json={"advance_days": 60})
    path = f"socialActions/{quote(urn, safe='')}/comments"
    first = member.get(f"{path}?start=0&count=50").json["elements"][0]
    assert first["actor"].startswith("urn:li:person:")

    below = f"socialActions/{quote(first['$URN'], safe='')}/comments"
    answer = {"actor": ORG, "object": urn, "message": {"text": "Thank you!"}, "parentComment": first["$URN"]}
    made = member.post(below, json=answer)
    assert made.status_code == 201
    (shown,) = member.get(below).json["elements"]
    assert (shown["id"], shown["parentComment"]) == (made.headers["x-restli-id"], first["$URN"])
    too_long = answer | {"message": {"text": "x" * 1251}}
    assert member.post(below, json=too_long).status_code == 400

    gone = f"{path}/{first['id']}?actor={quote(ORG, safe='')}"
    assert [member.delete(gone).status_code for _ in range(2)] == [204, 404]


def test_numbers_of_several_posts_and_none_where_nothing_happened(member, http):
    urns = [publish(member, text).headers["x-restli-id"] for text in ("One", "Two")]
    listed = ",".join(quote(urn, safe="") for urn in urns)
    path = (
        "organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={quote(ORG, safe='')}&shares=List({listed})"
    )
    assert member.get(path).json["elements"] == []
    http.post("/_sandbox/clock", json={"advance_days": 60})

    found = {row["share"]: row["totalShareStatistics"] for row in member.get(path).json["elements"]}

    assert set(found) == set(urns)
    assert all(stats["impressionCount"] >= stats["uniqueImpressionsCount"] > 0 for stats in found.values())


def test_day_quota_ends_at_midnight(member, http, clock):
    http.post("/_sandbox/settings", json={"linkedin calls a day": 1})

    assert publish(member, "One").status_code == 201
    refused = publish(member, "Two")
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert "Retry-After" not in refused.headers
    clock.pass_by(hours=13)
    assert publish(member, "Two").status_code == 201


def test_feed_shows_article_and_text(member, http):
    publish(
        member,
        "See the plan",
        content={"article": {"source": "https://river.example/plan", "title": "The plan"}},
    )

    page = http.get("/linkedin/feed/riverside-town-council").text

    assert "See the plan" in page
    assert "river.example" in page
    assert json.dumps("The plan")[1:-1] in page
