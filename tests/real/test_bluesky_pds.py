"""Our Bluesky connector against the server that Bluesky itself runs: what it takes, keeps, refuses and renews."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.test import override_settings
from PIL import Image

from channels import bound as bound_module
from channels import wire as wire_module
from channels.bound import Bound, Key
from channels.connectors.abilities import Action
from channels.connectors.base import Context, LookupKind, Outcome, OutcomeKind
from channels.connectors.bluesky import client as ourselves
from channels.connectors.bluesky import names, records
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act
from channels.oauth import OAuthFailed
from channels.wire import Wire
from formats.core import facets
from tests.real import consent, pds

pytestmark = pytest.mark.pds

K = OutcomeKind
BLUESKY = CONNECTORS["bluesky"]
PASSWORD = "whole-password-of-the-account"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    with pds.running(tmp_path_factory.mktemp("pds")) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def server(servers):
    return servers[0]


@pytest.fixture(scope="session")
def account(server):
    """A fresh account with an app password: (handle, app password)."""
    with httpx.Client(base_url=f"{server}/xrpc/", trust_env=False, timeout=30) as http:
        asked = {"handle": "town.test", "email": "press@town.test", "password": PASSWORD}
        made = http.post("com.atproto.server.createAccount", json=asked).raise_for_status().json()
        head = {"Authorization": f"Bearer {made['accessJwt']}"}
        name = {"name": "Hustings"}
        app = http.post("com.atproto.server.createAppPassword", json=name, headers=head).raise_for_status()
        return "town.test", app.json()["password"]


@pytest.fixture(autouse=True)
def on_the_real_one(servers):
    server, directory = servers
    host = server.removeprefix("http://")
    network = {
        "pds": "{server}",
        "app": "https://bsky.app",
        "appview": server,
        "video": server,
        "plc": directory,
    }
    app = {"client_id": "unused", "client_secret": ""}
    with override_settings(
        HUSTINGS_PRIVATE_HOSTS=[host],
        SANDBOX_URL="",
        PUBLIC_URL="http://127.0.0.1:8000",
        NETWORKS={"bluesky": network | app},
    ):
        yield


@pytest.fixture
def flow(server):
    return BLUESKY.oauth.at(BLUESKY.oauth.prepare({"server": server}, lambda at: None))


@pytest.fixture(scope="session")
def signed(server, account):
    """The session of the whole run: (channel, token). The server lets nobody sign in all the time."""
    kept: dict[str, Any] = {}

    def sign(flow):
        if not kept:
            grant = flow.sign_in({"handle": account[0], "password": account[1]})
            (found,) = flow.accounts(grant)
            kept["is"] = (found, grant)
        return kept["is"]

    return sign


@dataclass
class Drive:
    channel: Any
    token: str
    payload: dict[str, Any]
    folder: Any
    refs: dict[str, Any] = field(default_factory=dict)

    def context(self, **more: Any) -> Context:
        now = datetime.now(UTC)
        return Context(
            channel=self.channel,
            wire=Wire(self.channel, token=more.pop("token", self.token)),
            now=now,
            payload=self.payload,
            refs=dict(self.refs),
            intent_at=now,
            open_media=lambda medium: self.folder / medium["file"],
            **more,
        )

    def step(self, key: str):
        return next(s for s in BLUESKY.plan(self.payload, self.channel) if s.key == key)

    def one(self, key: str, **more: Any) -> Outcome:
        outcome = BLUESKY.run(self.step(key), self.context(**more))
        if outcome.ok:
            self.refs[key] = dict(outcome.remote_ref)
        return outcome

    def run(self) -> Drive:
        for step in BLUESKY.plan(self.payload, self.channel):
            outcome = self.one(step.key)
            assert outcome.ok or not step.required, (step.key, outcome)
        return self

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        wire = self.context().wire
        return wire.get(wire.url("pds", f"/xrpc/{method}"), params=params).data

    def standing(self, text: str) -> list[dict[str, Any]]:
        found = self.ask(
            "com.atproto.repo.listRecords", repo=self.channel.remote_id, collection=names.POST, limit=100
        )
        return [r for r in found["records"] if text in r["value"]["text"]][::-1]


def part(text: str, *media: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "link": "", "media": list(media), "facets": [vars(f) for f in facets.of(text)]}


@pytest.fixture
def drive(flow, signed, tmp_path):
    found, grant = signed(flow)
    channel = SimpleNamespace(
        platform="bluesky", remote_id=found.remote_id, handle=found.handle, server=found.server, scopes=grant.scopes,
        facts={},
    )  # fmt: skip

    def start(*parts: dict[str, Any], **more: Any) -> Drive:
        payload = {"platform": "bluesky", "language": "en", "parts": list(parts), **more}
        return Drive(channel, grant.access_token, payload, tmp_path)

    return start


@pytest.fixture
def picture(tmp_path):
    def make(
        name: str = "river.jpg", size=(640, 480), alt: str = "The river", noise: int = 0
    ) -> dict[str, Any]:
        image = Image.effect_noise(size, noise).convert("RGB") if noise else Image.new("RGB", size, "teal")
        image.save(tmp_path / name, quality=98)
        return {
            "kind": "image",
            "mime": "image/jpeg",
            "file": name,
            "alt": alt,
            "width": size[0],
            "height": size[1],
        }

    return make


@pytest.fixture
def tag():
    return uuid.uuid4().hex[:12]


def test_an_app_password_lets_in_and_the_accounts_own_does_not(flow, signed, account):
    found, grant = signed(flow)

    assert grant.scopes == ("com.atproto.appPass",)
    assert timedelta(minutes=90) < grant.expires_at - datetime.now(UTC) < timedelta(hours=3)
    assert (found.handle, found.remote_id[:8]) == ("@town.test", "did:plc:")
    with pytest.raises(OAuthFailed, match="make an app password"):
        flow.sign_in({"handle": account[0], "password": PASSWORD})
    with pytest.raises(OAuthFailed, match="does not know this name with this app password"):
        flow.sign_in({"handle": account[0], "password": "xxxx-xxxx-xxxx-xxxx"})


def test_a_thread_with_pictures_stands_as_it_was_approved(drive, picture, tag):
    first = part(f"{tag} 👍 one: https://riverside.example/a?b=c by @town.test and @nobody.test #Über1")
    thread = drive(
        first, part(f"{tag} two", picture("a.jpg"), picture("b.jpg", alt="")), part(f"{tag} three")
    ).run()

    one, two, three = thread.standing(tag)
    raw = one["value"]["text"].encode()
    told = [
        (
            raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(),
            f["features"][0]["$type"].partition("#")[2],
        )
        for f in one["value"]["facets"]
    ]
    assert told == [
        ("https://riverside.example/a?b=c", "link"), ("@town.test", "mention"), ("#Über1", "tag"),
    ]  # fmt: skip
    assert [r["uri"] for r in (one, two, three)] == [
        thread.refs[key]["id"] for key in ("commit", "reply 2", "reply 3")
    ]
    assert three["value"]["reply"] == {
        "root": {"uri": one["uri"], "cid": one["cid"]}, "parent": {"uri": two["uri"], "cid": two["cid"]},
    }  # fmt: skip
    images = two["value"]["embed"]["images"]
    assert [(i["alt"], i["aspectRatio"]) for i in images] == [
        ("The river", {"width": 640, "height": 480}), ("", {"width": 640, "height": 480}),
    ]  # fmt: skip
    wire = thread.context().wire
    blob = wire.get(
        wire.url("pds", "/xrpc/com.atproto.sync.getBlob"),
        params={"did": thread.channel.remote_id, "cid": images[0]["image"]["ref"]["$link"]},
    )
    assert blob.body == (thread.folder / "a.jpg").read_bytes()


def test_putting_twice_is_putting_once(drive, tag):
    post = drive(part(f"{tag} once"))
    post.one("keys")
    before = BLUESKY.lookup(post.step("commit"), post.context())

    first, second = post.one("commit"), post.one("commit")
    after = BLUESKY.lookup(post.step("commit"), post.context())

    assert (before.kind, before.complete) == (LookupKind.ABSENT, True)
    assert first.remote_ref == second.remote_ref
    assert '"commit"' in first.body
    assert '"commit"' not in second.body  # nothing was written
    assert (after.kind, after.remote_ref) == (LookupKind.FOUND, first.remote_ref)
    assert len(post.standing(tag)) == 1


def test_deleting_twice_does_no_harm(drive, tag):
    post = drive(part(f"{tag} gone")).run()
    act = BLUESKY.step_of(Act(Action.DELETE_POST, post.refs["commit"]["id"]))

    assert BLUESKY.run(act, post.context()).ok
    assert BLUESKY.run(act, post.context()).ok
    assert post.standing(tag) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("x" * 301, "300 characters"), (FAMILY * 300, "3,000 bytes")],
)
def test_texts_that_are_too_long_are_refused_in_words(drive, text, words):
    post = drive(part(text))
    post.one("keys")

    outcome = post.one("commit")

    assert (outcome.kind, outcome.code) == (K.CONTENT, "InvalidRequest")
    assert words in outcome.message


def test_a_picture_that_is_too_large_for_a_post_is_refused(drive, picture):
    big = picture("big.jpg", (1800, 1500), noise=90)
    post = drive(part("Look", big))
    assert (post.folder / "big.jpg").stat().st_size > 2_000_000
    assert post.one("upload 1.1").ok
    post.one("keys")

    outcome = post.one("commit")

    assert outcome.kind is K.CONTENT
    assert "larger than Bluesky takes" in outcome.message


def test_a_file_that_was_never_uploaded_is_asked_for_again(drive, picture):
    post = drive(part("Look", picture()))
    post.one("upload 1.1")
    post.one("keys")
    blob = post.refs["upload 1.1"]["blob"]
    other = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    post.refs["upload 1.1"]["blob"] = {**blob, "ref": {"$link": other}}

    outcome = post.one("commit")

    assert (outcome.kind, outcome.redo) == (K.BUSY, ("upload 1.1",))


def test_a_dead_token_is_auth(drive):
    post = drive(part("Hi"))
    post.one("keys")

    outcome = post.one("commit", token="not-a-token")

    assert outcome.kind is K.AUTH
    assert "not-a-token" not in repr(outcome)


def test_sessions_are_renewed_and_a_lost_renewal_may_be_repeated(flow, account, drive):
    grant = flow.sign_in({"handle": account[0], "password": account[1]})
    (found,) = flow.accounts(grant)

    def renew():
        return flow.refresh(access_token="", refresh_token=grant.refresh_token, remote_id=found.remote_id)

    one, again = renew(), renew()

    for each in (one, again):
        told = drive(part("Hi")).context(token=each.access_token)
        assert BLUESKY.preflight(SimpleNamespace(), told) == []
    assert flow.revoke(access_token=again.access_token, refresh_token=again.refresh_token)
    with pytest.raises(OAuthFailed):
        flow.refresh(access_token="", refresh_token=again.refresh_token, remote_id=found.remote_id)


# On the server's own sign-in page -------------------------------------------------------------------------------

BACK = "http://127.0.0.1:8000/admin/channels/callback/bluesky/"


@pytest.fixture
def page(server):
    """What somebody without an app password is sent to: (the flow, its address, the verifier)."""
    kept = BLUESKY.oauth.prepare({"server": server, "handle": "town.test", "password": ""}, lambda at: None)
    asking = BLUESKY.oauth.at(kept)
    assert asking.redirects
    return asking, *asking.begin(redirect_uri=BACK, state="our-state")


@pytest.fixture
def let_in(page):
    """A session by the sign-in page: (the flow of the channel, its account, the grant)."""
    asking, address, verifier = page
    params = consent.allow(address, "town.test", PASSWORD)
    assert params["state"] == "our-state"
    asking.came_back(params)
    grant = asking.exchange(params["code"], redirect_uri=BACK, verifier=verifier)
    (found,) = asking.accounts(grant)
    return BLUESKY.oauth.at({"server": found.server}), found, grant


def renewed(flow, found, grant):
    return flow.refresh(
        access_token=grant.access_token, refresh_token=grant.refresh_token, remote_id=found.remote_id
    )


def test_the_sign_in_page_gives_keys_that_are_bound_to_ours(let_in, drive, picture, tag):
    _, found, grant = let_in
    assert (found.handle, found.remote_id[:8], grant.scopes) == (
        "@town.test",
        "did:plc:",
        ("com.atproto.appPass",),
    )
    post = drive(part(f"{tag} one", picture()), part(f"{tag} two"))
    post.channel, post.token = (
        SimpleNamespace(**vars(post.channel) | {"remote_id": found.remote_id}),
        found.access_token,
    )

    post.run()

    assert [row["value"]["text"] for row in post.standing(tag)] == [f"{tag} one", f"{tag} two"]
    assert BLUESKY.preflight(post.channel, post.context()) == []
    assert BLUESKY.account(post.context())["handle"] == "@town.test"
    ticket = BLUESKY.ticket(post.context(), "did:web:video.test", "com.atproto.repo.uploadBlob")
    assert ticket.count(".") == 2
    assert BLUESKY.delete(post.refs["reply 2"]["id"], post.context()).ok


def test_a_stolen_key_opens_nothing(let_in, drive):
    bound = Bound.of(let_in[2].access_token)
    thieves = {
        "without our key": bound.token,
        "with another key": str(Bound(Key.new(), bound.token)),
        "cut": str(Bound(bound.key, bound.token[:-4])),
    }
    for how, token in thieves.items():
        post = drive(part("Hi"))
        post.one("keys")

        outcome = post.one("commit", token=token)

        assert outcome.kind is K.AUTH, (how, outcome)
        assert bound.token not in repr(outcome)


def test_a_server_that_wants_another_proof_gets_one_and_one_post_comes_of_it(let_in, drive, tag, monkeypatch):
    """As after three minutes of silence, when the server's word of the last call has run out."""
    asked = []
    post = drive(part(f"{tag} nonce"))
    post.token = let_in[2].access_token
    post.one("keys")
    bound_module._nonces.clear()
    monkeypatch.setattr(wire_module, "observers", [lambda *call: asked.append(call[3].status)])

    assert post.one("commit").ok

    assert asked == [401, 200]
    assert len(post.standing(tag)) == 1


def test_a_bound_session_is_renewed_once_and_a_second_time_kills_it(let_in, drive):
    flow, found, grant = let_in
    one = renewed(flow, found, grant)
    assert BLUESKY.preflight(SimpleNamespace(), drive(part("Hi")).context(token=one.access_token)) == []

    with pytest.raises(OAuthFailed, match="replayed") as refused:
        renewed(flow, found, grant)

    assert refused.value.dead
    with pytest.raises(OAuthFailed):
        renewed(flow, found, one)


def test_disconnecting_ends_a_bound_session(let_in, drive):
    flow, found, grant = let_in

    assert flow.revoke(access_token=grant.access_token, refresh_token=grant.refresh_token)

    with pytest.raises(OAuthFailed) as refused:
        renewed(flow, found, grant)
    assert refused.value.dead


def test_who_says_no_on_the_page_comes_back_with_it(page):
    _, address, _ = page
    assert consent.deny(address)["error"] == "access_denied"


def test_an_answer_of_another_server_is_not_taken(page):
    with pytest.raises(OAuthFailed, match="another server"):
        page[0].came_back({"iss": "https://elsewhere.example", "code": "c"})


def test_a_server_may_not_speak_for_the_accounts_of_another(page, signed, flow):
    did = signed(flow)[0].remote_id
    assert page[0]._known(did)["handle"] == "town.test"
    page[0].kept["issuer"] = "https://elsewhere.example"
    with pytest.raises(OAuthFailed, match="may not speak"):
        page[0]._known(did)


def test_account_is_read_from_its_own_server(drive):
    facts = BLUESKY.account(drive(part("Hi")).context())

    assert (facts["handle"], facts["followers"], facts["facts"]["active"]) == ("@town.test", None, True)


def test_an_answer_twice_is_one_and_hiding_is_kept_beside_the_thread(drive, tag):
    post = drive(part(f"{tag} thread")).run()
    root = post.refs["commit"]["id"]
    step = BLUESKY.step_of(Act(Action.REPLY, root, text=f"{tag} answer", key="k1"))

    first, second = BLUESKY.run(step, post.context()), BLUESKY.run(step, post.context())

    assert first.ok, first
    assert first.remote_id == second.remote_id
    (reply,) = post.standing(f"{tag} answer")
    assert reply["value"]["reply"]["parent"]["uri"] == root

    def hidden():
        did, _, rkey = names.split(root)
        gate = post.ask("com.atproto.repo.getRecord", repo=did, collection=names.GATE, rkey=rkey)
        return gate["value"]["hiddenReplies"]

    for action, wanted in (
        (Action.HIDE, [first.remote_id]),
        (Action.HIDE, [first.remote_id]),
        (Action.UNHIDE, []),
    ):
        assert BLUESKY.do(Act(action, first.remote_id), post.context()).ok
        assert hidden() == wanted


@pytest.mark.parametrize("what", ["card", "video"])
def test_cards_and_videos_are_records_that_the_server_takes(drive, picture, tag, what):
    post = drive(part(f"{tag} {what}"))
    ctx = post.context()
    thumb = BLUESKY.blob(ctx, (post.folder / picture()["file"]).read_bytes(), "image/jpeg")
    if what == "card":
        external = {"uri": "https://a.example/", "title": "A", "description": "", "thumb": thumb}
        embed = records.card(external)
    else:
        film = BLUESKY.blob(ctx, b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "video/mp4")
        words = BLUESKY.blob(ctx, b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", "text/vtt")
        embed = records.video({"alt": "A film", "width": 540, "height": 960}, film, words, "en")
    record = records.post(
        part(f"{tag} {what}"), created_at=names.timestamp(ctx.now), languages=["en"], people={}, embed=embed, reply=None,
    )  # fmt: skip

    answer = BLUESKY.put(ctx, names.POST, names.keys_for(ctx.now, 1, tag)[0], record)

    assert (answer.status, answer.data.get("validationStatus")) == (200, "valid")


# What the twin must refuse as the real one does -----------------------------------------------------------------

WRONG = {
    "no text": {"text": None},
    "too long": {"text": "x" * 301},
    "too many bytes": {"text": FAMILY * 200},
    "bad time": {"createdAt": "yesterday"},
    "bad language": {"langs": ["not a language"]},
    "four languages": {"langs": ["en", "de", "fr", "it"]},
    "five pictures": {"embed": {"$type": "app.bsky.embed.images", "images": "five"}},
    "no alt": {"embed": {"$type": "app.bsky.embed.images", "images": "no alt"}},
    "unknown blob": {"embed": {"$type": "app.bsky.embed.images", "images": "unknown"}},
}


def _images(kind: str, blob: dict[str, Any]) -> list[dict[str, Any]]:
    if kind == "five":
        return [{"image": blob, "alt": ""}] * 5
    if kind == "no alt":
        return [{"image": blob}]
    other = {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}
    return [{"image": {**blob, "ref": other}, "alt": ""}]


def refusals(ctx: Context, picture: bytes) -> dict[str, tuple[int, str]]:
    blob = BLUESKY.blob(ctx, picture, "image/jpeg")
    found = {}
    for n, (name, change) in enumerate(WRONG.items()):
        record = {"$type": names.POST, "text": "Hi", "createdAt": names.timestamp(ctx.now), **change}
        if record["text"] is None:
            del record["text"]
        if isinstance(kind := (record.get("embed") or {}).get("images"), str):
            record["embed"] = {**record["embed"], "images": _images(kind, blob)}
        answer = BLUESKY.put(ctx, names.POST, names.keys_for(ctx.now, 99, "t")[n], record)
        found[name] = (answer.status, str(answer.data.get("error", "")))
    gone = BLUESKY.get(ctx, ctx.channel.remote_id, names.POST, "3lzzzzzzzzzzz")
    found["gone"] = (gone.status, str(gone.data.get("error", "")))
    return found


def test_the_sandbox_refuses_as_the_real_one_does(drive, picture, tmp_path):
    from sandbox.testing import running

    post = drive(part("Hi"))
    data = (tmp_path / picture()["file"]).read_bytes()
    real = refusals(post.context(), data)

    with running(tmp_path / "sandbox") as base:
        network = dict.fromkeys(("app", "appview", "video"), f"{base}/bluesky") | {"pds": "{server}"}
        with override_settings(
            SANDBOX_URL=base, NETWORKS={"bluesky": network | {"client_id": "x", "client_secret": ""}}
        ):
            flow = BLUESKY.oauth.at({"server": f"{base}/bluesky"})
            grant = flow.sign_in({"handle": "council.riverside.example", "password": "demo-demo-demo-demo"})
            channel = SimpleNamespace(
                platform="bluesky", remote_id=grant.extra["did"], handle="@c", server=f"{base}/bluesky"
            )
            ctx = Context(channel, Wire(channel, token=grant.access_token), datetime.now(UTC))
            twin = refusals(ctx, data)

    assert twin == real
    assert {status for status, _ in real.values()} == {400}


def page_refusals(server: str) -> dict[str, tuple[int, str]]:
    """What the sign-in side of a server says to what is wrong: (status, name of the error)."""
    redirect = BACK
    asked = {
        "client_id": ourselves.client_id(redirect), "response_type": "code", "redirect_uri": redirect,
        "scope": ourselves.SCOPE, "state": "s", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    code = {"grant_type": "authorization_code", "client_id": asked["client_id"], "redirect_uri": redirect}
    token = str(Bound(Key.new()))
    wire = Wire("bluesky", token=token, server=server)
    form = {**code, "code": "cod-" + "0" * 64, "code_verifier": "v" * 43}
    bare = httpx.post(f"{server}/oauth/token", data=form, trust_env=False)
    found = {"no proof": (bare.status_code, bare.json().get("error"))}
    bound_module._nonces[server] = "not-a-word-of-yours"
    proof = Bound.of(token).headers("POST", f"{server}/oauth/par", server)
    bound_module._nonces.clear()
    stale = httpx.post(f"{server}/oauth/par", data=asked, headers=proof, trust_env=False)
    found["another word"] = (stale.status_code, stale.json().get("error"))
    forms = {
        "a redirect elsewhere": ("par", {**asked, "redirect_uri": "http://127.0.0.1:8000/elsewhere/"}),
        "plain challenge": ("par", {**asked, "code_challenge_method": "plain"}),
        "no challenge": ("par", {k: v for k, v in asked.items() if not k.startswith("code_challenge")}),
        "a scope that was not named": ("par", {**asked, "scope": "atproto transition:chat.bsky"}),
        "without atproto": ("par", {**asked, "scope": "transition:generic"}),
        "no such code": ("token", form),
        "no such renewal": (
            "token",
            {
                "grant_type": "refresh_token",
                "client_id": asked["client_id"],
                "refresh_token": "ref-" + "0" * 64,
            },
        ),
    }
    for name, (path, given) in forms.items():
        answer = wire.post(f"{server}/oauth/{path}", form=given)
        found[name] = (answer.status, str(answer.data.get("error", "")))
    stolen = Wire("bluesky", token=str(Bound(Key.new(), "not-a-token")), server=server)
    answer = stolen.get(f"{server}/xrpc/com.atproto.server.getSession")
    found["a made-up token"] = (answer.status, str(answer.data.get("error", "")))
    return found


def test_the_sandboxs_sign_in_page_refuses_as_the_real_one_does(server, tmp_path):
    from sandbox.testing import running

    real = page_refusals(server)
    with running(tmp_path / "sandbox") as base:
        network = dict.fromkeys(("app", "appview", "video", "plc"), f"{base}/bluesky") | {"pds": "{server}"}
        with override_settings(
            SANDBOX_URL=base, NETWORKS={"bluesky": network | {"client_id": "", "client_secret": ""}}
        ):
            twin = page_refusals(f"{base}/bluesky")

    assert twin == real
