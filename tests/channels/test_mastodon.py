"""What is special about Mastodon: any server's answers, its key, its limits, what people say. Over HTTP and without."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import Context, LookupKind, OutcomeKind, PublishedRef, UnsupportedFeature
from channels.connectors.mastodon import limits, shown
from channels.connectors.mastodon.connector import idempotency_key, thread_metrics
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from channels.oauth import OAuthFailed
from channels.safe import UnsafeAddress
from channels.wire import Answer

K = OutcomeKind
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
MASTODON = CONNECTORS["mastodon"]


def payload(*parts, **more) -> dict:
    whole = [{"text": "", "link": "", "media": []} | part for part in parts]
    return {
        "schema": 1, "format": "mastodon.thread", "platform": "mastodon", "language": "en-GB", "parts": whole, **more,
    }  # fmt: skip


@pytest.fixture
def tag():
    return uuid.uuid4().hex[:12]


# Refusals, without a network ------------------------------------------------------------------------------------


def answer(status: int, body=None, method: str = "POST", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(method, "https://town.example/api/v1/statuses", status, named, raw, 0.1, received_at=NOW)


HTML = b"<html><body><h1>Sorry</h1></body></html>"
REFUSALS = [
    (400, {"error": "invalid_grant"}, K.CONTENT),
    (401, {"error": "The access token is invalid"}, K.AUTH),
    (401, {"error": "Das Zugangstoken ist nicht g\u00fcltig"}, K.AUTH),
    (401, HTML, K.AUTH),
    (403, {"error": "This action is outside the authorized scopes"}, K.PERMISSION),
    (403, {"error": "Your login is currently disabled"}, K.PERMISSION),
    (403, {"error": "This action is not allowed"}, K.PERMISSION),
    (403, HTML, K.PERMISSION),
    (404, {"error": "Record not found"}, K.CONTENT),
    (404, HTML, K.CONTENT),
    (410, b"", K.CONTENT),
    (413, HTML, K.CONTENT),
    (422, {"error": "Validation failed: Text character limit of 500 exceeded"}, K.CONTENT),
    (422, {"error": "Validation failed: Text can't be blank"}, K.CONTENT),
    (422, {"error": "Cannot attach files that have not finished processing. Try again in a moment!"}, K.BUSY),
    (422, {"error": "Cannot attach more than 4 files"}, K.CONTENT),
    (422, {"error": "Validation failed: File content type is invalid"}, K.CONTENT),
    (422, {"error": "Irgendetwas anderes"}, K.CONTENT),
    (422, HTML, K.CONTENT),
    (429, {"error": "Too many requests"}, K.RATE),
    (429, HTML, K.RATE),
    (500, {"error": "There was an error processing thumbnail"}, K.UNKNOWN),
    (502, HTML, K.UNKNOWN),
    (503, {"error": "There was a temporary problem serving your request"}, K.UNKNOWN),
    (504, HTML, K.UNKNOWN),
    (520, HTML, K.UNKNOWN),
    (200, HTML, K.UNKNOWN),
    (302, b"", K.BUG),
    (451, {"error": 7}, K.CONTENT),
]


@pytest.mark.unit
@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_every_refusal_has_a_meaning_and_words(status, body, kind):
    outcome = MASTODON.classify(answer(status, body))

    assert outcome.kind is kind
    assert "town.example" in outcome.message or kind in {K.CONTENT, K.PERMISSION}
    assert outcome.message
    assert "<" not in outcome.message


@pytest.mark.unit
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"x_ratelimit_reset": "2026-11-23T18:02:05.000000Z"}, 125),
        ({"x_ratelimit_reset": "2026-11-23T17:00:00Z"}, 1),
        ({"x_ratelimit_reset": "1764000000"}, 300),
        ({"x_ratelimit_reset": "soon"}, 300),
        ({}, 300),
        ({"retry_after": "40", "x_ratelimit_reset": "2026-11-23T18:02:05Z"}, 40),
    ],
)
def test_waiting_is_read_from_a_date_and_never_missing(headers, wait_s):
    assert MASTODON.classify(answer(429, {}, **headers)).retry_after_s == wait_s


@pytest.mark.unit
def test_limits_are_the_servers_own_and_missing_ones_are_left_out():
    new = {
        "configuration": {
            "statuses": {"max_characters": 5000, "max_media_attachments": 16},
            "media_attachments": {"description_limit": 10_000, "supported_mime_types": ["image/jpeg", 7]},
        }
    }

    assert limits.of_instance(new) == {"text": 5000, "media": 16, "alt": 10_000}
    assert limits.mimes(new) == ["image/jpeg"]
    assert limits.of_instance({"max_toot_chars": 65_535}) == {"text": 65_535}
    for odd in ({}, {"configuration": []}, {"configuration": {"statuses": {"max_characters": "500"}}}):
        assert limits.of_instance(odd) == {}
    assert limits.most_media({}) == 4


@pytest.mark.unit
def test_text_of_what_a_server_shows():
    html = (
        '<p>Hello <span class="h-card"><a href="https://a.example/@mayor">@<span>mayor</span></a></span> &amp; all'
        '<br />see <a href="https://a.example/long"><span class="invisible">https://</span>'
        '<span class="ellipsis">a.example/lo</span><span class="invisible">ng</span></a></p><p>Bye</p>'
    )

    assert shown.text_of(html) == "Hello @mayor & all\nsee https://a.example/long\n\nBye"
    assert shown.text_of(None) == ""


@pytest.mark.unit
def test_numbers_add_up_and_unknown_is_not_zero():
    posts = [
        {"favourites_count": 3, "replies_count": 2, "reblogs_count": 1, "quotes_count": 1},
        {"favourites_count": 1, "replies_count": 0, "reblogs_count": 0},
    ]

    found = thread_metrics(posts, ours=1)

    assert {name: value for name, value in found.items() if value is not None} == {
        "likes": 4, "comments": 1, "shares": 2,
    }  # fmt: skip
    assert set(thread_metrics([], ours=0).values()) == {None}


@pytest.mark.unit
def test_key_is_the_same_over_repeats_and_another_for_anything_else():
    channel, other = SimpleNamespace(remote_id="1@a.example"), SimpleNamespace(remote_id="1@b.example")

    def key(step="commit", where=channel, **changes):
        return idempotency_key(Context(where, None, NOW, payload={"parts": [], **changes}), step)

    assert key() == key()
    assert len({key(), key("reply 2"), key(where=other), key(planned_at="later")}) == 4


@pytest.mark.unit
@pytest.mark.parametrize(
    ("parts", "more", "channel"),
    [
        ([], {}, None),
        ([{"text": ""}], {}, None),
        ([{"text": "1", "media": [{"kind": "image", "mime": "image/jpeg"}] * 5}], {}, None),
        ([{"text": "1", "media": [{"kind": "image", "mime": "image/jpeg"}, {"kind": "video"}]}], {}, None),
        ([{"text": "1"}], {"options": {"visibility": "friends"}}, None),
        (
            [{"text": "1", "media": [{"kind": "image", "mime": "image/jpeg"}] * 2}],
            {},
            SimpleNamespace(facts={"limits": {"media": 1}}),
        ),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(parts, more, channel):
    with pytest.raises(UnsupportedFeature, match="cannot take"):
        MASTODON.plan(payload(*parts, **more), channel)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("handle", "text", "sent"),
    [
        ("@mara@people.example", "Thanks!", "@mara@people.example Thanks!"),
        ("mara@people.example", "Thanks!", "@mara@people.example Thanks!"),
        ("@mara@people.example", "Thanks @Mara@people.example!", "Thanks @Mara@people.example!"),
        ("", "Thanks!", "Thanks!"),
        ("@ann", "Please ask @anna at the desk.", "@ann Please ask @anna at the desk."),
        ("@ann", "Please ask @ann.b, @ann-b or @ann_b.", "@ann Please ask @ann.b, @ann-b or @ann_b."),
        ("@ann", "As @ann@far.example says", "@ann As @ann@far.example says"),
        ("@ann@far.example", "As @ann says", "@ann@far.example As @ann says"),
        ("@ann@far.example", "As @ann@far.example.org says", "@ann@far.example As @ann@far.example.org says"),
        (
            "@ann",
            "See https://a.example/@ann or x@ann.example",
            "@ann See https://a.example/@ann or x@ann.example",
        ),
        ("@ann", "(@Ann.) Thanks", "(@Ann.) Thanks"),
        ("@ann@far.example", "Thanks, @ann@far.example.", "Thanks, @ann@far.example."),
    ],
)
def test_an_answer_names_who_is_answered(handle, text, sent):
    assert MASTODON.named(text, handle) == sent


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("Please ask @anna at the desk.", ["@anna"]),
        ("@Ann, ask @anna or @Anna, or @bo@far.example.", ["@anna", "@bo@far.example"]),
        ("@ann Thanks!", []),
        ("Write to desk@town.example or see https://a.example/@anna", []),
    ],
)
def test_who_else_reads_a_private_answer(text, others):
    assert MASTODON.readers(text, "@ann") == others


# Servers that answer otherwise ----------------------------------------------------------------------------------


class Script:
    """A wire that answers from a table: (method, path) → answers in turn."""

    token, bytes_started_at = "", None
    network = {"api": "https://town.example"}

    def __init__(self, **table):
        self.table, self.sent = table, []

    def url(self, part, path):
        return self.network[part] + path

    def __getattr__(self, method):
        def call(url, **more):
            path = url.removeprefix("https://town.example")
            self.sent.append((method, path, more))
            found = self.table[f"{method} {path}"]
            return found.pop(0) if isinstance(found, list) else found

        return call


def scripted(what=None, **table) -> Context:
    wire = Script(**table)
    channel = SimpleNamespace(remote_id="0xAB@town.example", handle="@town@town.example", facts={}, scopes=[])
    return Context(channel, wire, NOW, payload=what or payload({"text": "Hi"}), intent_at=NOW)


def commit(what=None):
    return next(s for s in MASTODON.plan(what or payload({"text": "Hi"}), None) if s.key == "commit")


@pytest.mark.unit
@pytest.mark.parametrize("status", [200, 201, 202, 207])
@pytest.mark.parametrize("post_id", ["01HX5VZK3M", 17, "AbC-9"])
def test_any_success_with_an_id_of_any_form_is_one(status, post_id):
    ctx = scripted(
        **{"post /api/v1/statuses": answer(status, {"id": post_id, "uri": "https://town.example/o/1"})}
    )

    outcome = MASTODON.run(commit(), ctx)

    assert (outcome.kind, outcome.remote_id) == (K.OK, str(post_id))
    assert outcome.remote_url == "https://town.example/o/1"


@pytest.mark.unit
@pytest.mark.parametrize(
    "body", [{}, [], {"id": None}, {"id": "5", "scheduled_at": "2026-11-24T00:00:00Z"}, HTML]
)
def test_a_success_that_says_nothing_is_unknown(body):
    ctx = scripted(**{"post /api/v1/statuses": answer(200, body)})

    assert MASTODON.run(commit(), ctx).kind is K.UNKNOWN


@pytest.mark.unit
def test_a_server_without_sources_and_batches_is_asked_the_older_way():
    post = {
        "id": "7f", "created_at": "2026-11-23T18:00:00", "content": "<p>Hi</p>", "in_reply_to_id": None,
        "media_attachments": [], "url": "https://town.example/7f", "favourites_count": 2,
    }  # fmt: skip
    ctx = scripted(
        **{
            "get /api/v1/accounts/0xAB/statuses": [answer(200, [post]), answer(200, [])],
            "get /api/v1/statuses/7f/source": answer(404, HTML),
            "get /api/v1/statuses": answer(404, HTML),
            "get /api/v1/statuses/7f": answer(200, post),
            "get /api/v1/statuses/8f": answer(404, {"error": "Record not found"}),
        }
    )

    lookup = MASTODON.lookup(commit(), ctx)
    refs = [PublishedRef(i, i, (i,), "mastodon.thread", NOW) for i in ("7f", "8f")]
    there, gone = MASTODON.metrics(ctx, refs)

    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, "7f")
    assert (there.metrics["likes"], there.metrics["shares"]) == (2, None)
    assert (gone.metrics["likes"], bool(gone.problem)) == (None, True)


@pytest.mark.unit
def test_a_post_cut_by_the_server_is_left_to_a_person():
    post = {
        "id": "7", "created_at": "2026-11-23T18:00:00Z", "content": "<p>The river is clean again, thanks t</p>",
        "in_reply_to_id": None, "media_attachments": [],
    }  # fmt: skip
    what = payload({"text": "The river is clean again, thanks to you"})
    ctx = scripted(
        what,
        **{
            "get /api/v1/accounts/0xAB/statuses": [answer(200, [post]), answer(200, [])],
            "get /api/v1/statuses/7/source": answer(404, HTML),
        },
    )

    lookup = MASTODON.lookup(commit(what), ctx)

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True)


@pytest.mark.unit
def test_an_uploaded_file_that_is_gone_is_uploaded_again():
    what = payload({"text": "Hi", "media": [{"kind": "image", "mime": "image/jpeg", "file": "a", "alt": ""}]})
    words = "Validation failed: Media 9 not found or already attached to another post. Try again!"
    ctx = scripted(
        what,
        **{
            "post /api/v1/statuses": answer(422, {"error": words}),
            "get /api/v1/media/9": answer(404, {"error": "Record not found"}),
        },
    )
    ctx = replace(ctx, refs={"upload 1.1": {"media_id": "9"}, "wait 1.1": {"media_id": "9"}})

    outcome = MASTODON.run(commit(what), ctx)
    waited = MASTODON.run(next(s for s in MASTODON.plan(what, None) if s.key == "wait 1.1"), ctx)

    assert (outcome.kind, outcome.redo) == (K.BUSY, ("upload 1.1", "wait 1.1"))
    assert (waited.kind, waited.redo) == (K.BUSY, ("upload 1.1",))


# Against the twin -----------------------------------------------------------------------------------------------

db = pytest.mark.db


@pytest.fixture
def thread(drive, picture, tag):
    return drive(
        payload(
            {"text": f"{tag} one: 3 tonnes & <nobody> got wet #river"},
            {"text": f"{tag} two, says @mayor@people.example", "media": [picture("m.jpg")]},
            {"text": f"{tag} three: https://riverside.example/clean-up?utm_source=mastodon"},
        )
    )


@db
def test_thread_stands_in_order_below_each_other(thread, ledger, tag):
    thread.run()

    rows = ledger("mastodon", tag)
    assert [row["text"] for row in rows] == [part["text"] for part in thread.payload["parts"]]
    assert [row["reply_to"] for row in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]
    assert rows[1]["media"][0]["alt"] == "Volunteers with nets by the river"


@db
@pytest.mark.parametrize("key", ["commit", "reply 2", "reply 3"])
def test_lost_part_is_found_and_a_repeat_makes_no_second(thread, fault, ledger, tag, key):
    thread.run(until=key)
    fault("mastodon", "POST /api/v1/statuses", "lost_answer")
    assert thread.one(key).kind is K.UNKNOWN

    lookup = thread.look(key)
    again = thread.one(key)

    last = ledger("mastodon", tag)[-1]["remote_id"]
    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, last)
    assert (again.kind, again.remote_id) == (K.OK, last)
    assert len(ledger("mastodon", tag)) == ["commit", "reply 2", "reply 3"].index(key) + 1


@db
def test_older_post_with_the_same_text_is_not_taken_for_ours(thread):
    thread.run(until="reply 2")
    thread.refs.pop("commit")

    lookup = thread.look("commit", intent_at=datetime.now(UTC) + timedelta(seconds=120))

    assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True)


@db
def test_video_is_waited_for(drive, clip, ledger, tag):
    video = drive(payload({"text": f"{tag} video", "media": [clip | {"alt": "A test card"}]}))
    assert video.one("upload 1.1").ok
    first = video.one("wait 1.1")
    video.run()

    (row,) = ledger("mastodon", tag)
    assert (first.kind, first.code) == (K.BUSY, "processing")
    assert [(m["sha256"], m["alt"]) for m in row["media"]] == [(clip["sha256"], "A test card")]


@db
def test_video_that_fails_in_processing_is_named(drive, clip, fault, tag):
    video = drive(payload({"text": f"{tag} video", "media": [clip]}))
    fault("mastodon", "POST /api/v2/media", "media_error")
    video.one("upload 1.1")

    outcome = video.one("wait 1.1")

    assert (outcome.kind, outcome.code) == (K.CONTENT, "media-failed")


@db
def test_visibility_warning_and_language_go_along(drive, tag):
    options = {"visibility": "unlisted", "spoiler_text": "Local politics"}
    post = drive(payload({"text": f"{tag} quiet"}, options=options, language_tag={"language": "de"})).run()

    wire = post.context().wire
    seen = wire.get(wire.url("api", f"/api/v1/statuses/{post.refs['commit']['id']}")).data

    assert (seen["visibility"], seen["spoiler_text"], seen["language"]) == (
        "unlisted",
        "Local politics",
        "de",
    )


@db
def test_a_focal_point_goes_along(drive, picture, tag):
    post = drive(
        payload({"text": f"{tag} focus", "media": [picture("f.jpg") | {"focus": [0.25, -0.5]}]})
    ).run()

    wire = post.context().wire
    seen = wire.get(wire.url("api", f"/api/v1/statuses/{post.refs['commit']['id']}")).data

    assert seen["media_attachments"][0]["meta"]["focus"] == {"x": 0.25, "y": -0.5}


@db
def test_account_reads_the_limits_of_its_server(thread):
    facts = thread.connector.account(thread.context())["facts"]

    assert (facts["limits"]["text"], facts["limits"]["media"], facts["limits"]["alt"]) == (500, 4, 1500)
    assert "image/jpeg" in facts["mimes"]


def grow(base, days=30):
    httpx.post(f"{base}/_sandbox/clock", json={"advance_days": days}, trust_env=False).raise_for_status()


@db
def test_comments_are_read_answered_edited_and_deleted(thread, ledger, tag, on_sandbox):
    thread.run()
    ids = tuple(thread.refs[key]["id"] for key in ("commit", "reply 2", "reply 3"))
    ref = PublishedRef("p", ids[0], ids, "mastodon.thread", datetime.now(UTC))
    connector, ctx = thread.connector, thread.context()
    grow(on_sandbox)

    page = connector.read(Wanted(Read.COMMENTS, post=ref), ctx)
    mentions = connector.read(Wanted(Read.MENTIONS, limit=80), ctx)

    said = page.found[0]
    assert page.complete
    assert not {m.remote_id for m in page.found} & set(ids)
    assert (said.kind, said.parent_id, said.post_id in ids, said.ours) == (
        MessageKind.COMMENT,
        "",
        True,
        False,
    )
    assert said.author_handle.endswith("@people.example")
    assert said.remote_id in {m.remote_id for m in mentions.found}

    act = Act.to(Action.REPLY, said, text=f"{tag} Thank you!", key="k1")
    step = connector.step_of(act)
    first, again = connector.run(step, thread.context()), connector.run(step, thread.context())
    found = connector.lookup(step, thread.context())
    (row,) = [r for r in ledger("mastodon", tag) if "Thank you" in r["text"]]
    assert first.remote_id == again.remote_id == row["remote_id"] == found.remote_id
    assert (row["text"], row["reply_to"]) == (f"{said.author_handle} {tag} Thank you!", said.remote_id)

    edit = connector.step_of(Act(Action.EDIT_POST, ids[1], text=f"{tag} two, mended"))
    assert connector.run(edit, thread.context()).ok
    mended = next(r for r in ledger("mastodon", tag) if r["remote_id"] == ids[1])
    assert (mended["text"], len(mended["media"])) == (f"{tag} two, mended", 1)

    assert connector.permalink(ids[0], thread.context()).endswith(ids[0])


@db
def test_quotes_of_our_posts_are_mentions_and_a_server_that_knows_none_tells_the_rest(
    thread, on_sandbox, fault, tag
):
    thread.run()
    asked = {
        "network": "mastodon",
        "post": thread.refs["commit"]["id"],
        "text": f"{tag} Look at this",
        "quote": True,
    }
    made = httpx.post(f"{on_sandbox}/_sandbox/say", json=asked, trust_env=False).json()["said"]
    connector = thread.connector

    page = connector.read(Wanted(Read.MENTIONS, limit=80), thread.context())
    said = next(m for m in page.found if m.remote_id == made)

    assert (said.kind, said.text, said.parent_id) == (MessageKind.MENTION, f"{tag} Look at this", "")
    assert connector.run(
        connector.step_of(Act.to(Action.REPLY, said, text="Thanks!", key=tag)), thread.context()
    ).ok


@pytest.mark.unit
def test_a_server_that_refuses_the_word_quote_is_asked_for_mentions_alone():
    asked = []

    class Old:
        def url(self, part, path):
            return f"https://old.example{path}"

        def get(self, url, params):
            asked.append(params["types[]"])
            status = 422 if "quote" in params["types[]"] else 200
            return Answer("GET", url, status, {}, b"[]", 0.1, received_at=datetime.now(UTC))

    page = CONNECTORS["mastodon"].messages(Wanted(Read.MENTIONS), SimpleNamespace(wire=Old()))

    assert (page.found, page.complete) == ((), True)
    assert asked == [["mention", "quote"], ["mention"]]


def test_a_mention_that_another_server_told_late_is_kept_and_ends_no_list():
    """The list is in the order in which our server heard of them."""
    hour, now = timedelta(hours=1), datetime.now(UTC)

    def heard(number, ago, written):
        status = {"id": str(number), "created_at": (now - written * hour).isoformat(), "account": {"id": "7"}}
        return {"id": str(number), "created_at": (now - ago * hour).isoformat(), "status": status}

    older = []

    class Server:
        def url(self, part, path):
            return f"https://old.example{path}"

        def get(self, url, params):
            page = [heard(3, 0, 9), heard(2, 1, 1), *older]
            link = {"link": f'<{url}?max_id=2>; rel="next"'}
            return Answer("GET", url, 200, link, json.dumps(page).encode(), 0.1, received_at=now)

    ctx = SimpleNamespace(wire=Server(), channel=SimpleNamespace(remote_id="1@old.example"))
    wanted = Wanted(Read.MENTIONS, since=now - 2 * hour)
    page = CONNECTORS["mastodon"].messages(wanted, ctx)
    assert ([m.remote_id for m in page.found], [m.remote_id for m in page.late]) == (["2"], ["3"])
    assert (bool(page.cursor), page.complete) == (True, False)

    older.append(heard(1, 24 * 400, 24 * 400))  # the server has known it since long before it was asked for
    page = CONNECTORS["mastodon"].messages(wanted, ctx)
    assert ([m.remote_id for m in page.found], [m.remote_id for m in page.late]) == (["2"], ["3"])
    assert (page.cursor, page.complete) == ("", True)


@db
def test_only_young_messages_are_told_when_asked_so(thread, on_sandbox):
    thread.run()
    grow(on_sandbox)
    ids = (thread.refs["commit"]["id"],)
    ref = PublishedRef("p", ids[0], ids, "mastodon.thread", datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(hours=1)

    assert thread.connector.read(Wanted(Read.COMMENTS, post=ref, since=later), thread.context()).found == ()
    page = thread.connector.read(Wanted(Read.MENTIONS, since=later), thread.context())
    assert (page.found, page.complete) == ((), True)


# Connecting -----------------------------------------------------------------------------------------------------


@db
@pytest.mark.parametrize("server", ["http://10.0.0.1", "localhost", "https://user@town.example", ""])
def test_server_that_leads_inside_is_refused(on_sandbox, server):
    with pytest.raises((UnsafeAddress, OAuthFailed)):
        MASTODON.oauth.prepare({"server": server}, lambda s: None)


@db
def test_server_that_is_none_is_named(on_sandbox):
    with pytest.raises(OAuthFailed, match="does not answer as a Mastodon server"):
        MASTODON.oauth.prepare({"server": f"{on_sandbox}/bluesky"}, lambda s: None)


@db
def test_known_app_is_used_again_and_a_forgotten_one_registered_anew(on_sandbox):
    server = {"server": f"{on_sandbox}/mastodon"}
    first = MASTODON.oauth.prepare(server, lambda s: None)
    from channels.keys import AppKeys

    known = AppKeys(first["client_id"], first["client_secret"])
    again = MASTODON.oauth.prepare(server, lambda s: known)
    anew = MASTODON.oauth.prepare(server, lambda s: AppKeys("gone", "gone"))

    assert again == first
    assert anew["client_id"] not in ("gone", first["client_id"])


@db
def test_app_with_another_way_back_is_registered_anew(on_sandbox, settings):
    from channels.keys import AppKeys

    server = {"server": f"{on_sandbox}/mastodon"}
    first = MASTODON.oauth.prepare(server, lambda s: None)
    settings.PUBLIC_URL = "http://127.0.0.1:8999"

    anew = MASTODON.oauth.prepare(server, lambda s: AppKeys(first["client_id"], first["client_secret"]))

    assert anew["client_id"] != first["client_id"]


@db
def test_disconnecting_takes_the_token_back(connected, manager):
    from channels import connect
    from channels.models import Credential
    from channels.service import context

    channel = connected("mastodon")["mastodon"]
    assert channel.server.endswith("/mastodon")
    assert channel.sandbox
    token = Credential.objects.get(pk=channel.pk).access_token

    assert connect.disconnect(channel, by=manager) is connect.Returned.TOLD

    ctx = context(channel, worker="t", token=token)
    assert MASTODON.preflight(channel, ctx)[0].kind == "token"
