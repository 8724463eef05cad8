"""Tokens that are bound to a key of ours, and the Bluesky sign-in page that gives them; the sandbox verifies each proof."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.urls import reverse

from channels import bound, connect, sample, service, wire
from channels.bound import Bound, Key
from channels.connectors.bluesky import client as ourselves
from channels.connectors.registry import CONNECTORS, flow_of
from channels.models import Channel, ChannelState, Credential, NetworkApp
from channels.oauth import OAuthFailed
from channels.tokens import ReconnectNeeded, TokenBusy, fresh_token
from work import clock

pytestmark = pytest.mark.db
BLUESKY = CONNECTORS["bluesky"]
NAME = "council.riverside.example"


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def opened(proof: str, jwk: dict | None = None) -> tuple[dict, dict]:
    """Head and claims of a JWS, verified with ``jwk``, otherwise with the key in it."""
    first, second, third = proof.split(".")
    head, signature = json.loads(raw(first)), raw(third)
    x, y = (int.from_bytes(raw((jwk or head["jwk"])[name]), "big") for name in ("x", "y"))
    dss = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(dss, f"{first}.{second}".encode(), ec.ECDSA(hashes.SHA256()))
    return head, json.loads(raw(second))


# Without a network ------------------------------------------------------------------------------------------------


def test_key_and_token_are_one_text_that_shows_neither():
    token = Bound(Key.new(), "the-token")

    assert Bound.of(str(token)) == token
    assert Bound.of("plain-token") is None
    assert Bound.of("") is None
    for shown in (repr(token), repr(token.key)):
        assert "the-token" not in shown
        assert token.key.text not in shown
    assert bound.secrets_of(str(token)) == ("the-token", token.key.text)
    assert bound.secrets_of("plain") == ("plain",)


def test_a_proof_is_for_one_call_with_one_token():
    token = Bound(Key.new(), "the-token")
    headers = token.headers("POST", "https://pds.example/xrpc/a", "https://pds.example")

    head, claims = opened(headers["DPoP"])

    assert headers["Authorization"] == "DPoP the-token"
    assert (head["typ"], head["alg"], set(head["jwk"])) == ("dpop+jwt", "ES256", {"kty", "crv", "x", "y"})
    assert (claims["htm"], claims["htu"]) == ("POST", "https://pds.example/xrpc/a")
    assert raw(claims["ath"]) == hashlib.sha256(b"the-token").digest()
    again = token.headers("POST", "https://pds.example/xrpc/a", "https://pds.example")
    assert opened(again["DPoP"])[1]["jti"] != claims["jti"]
    forged = headers["DPoP"].replace(headers["DPoP"].split(".")[1], again["DPoP"].split(".")[1])
    with pytest.raises(InvalidSignature):
        opened(forged)
    assert "Authorization" not in Bound(token.key).headers("POST", "https://a.example/", "https://a.example")


def test_an_installation_describes_itself_and_proves_who_it_is(client, settings, db):
    settings.PUBLIC_URL = "https://plan.riverside.example"

    told = client.get("/connect/bluesky/client-metadata.json").json()
    proof = ourselves.proves("https://bsky.social", told["client_id"])

    assert told["client_id"] == "https://plan.riverside.example/connect/bluesky/client-metadata.json"
    assert told["redirect_uris"] == [connect.callback_url("bluesky")]
    assert (told["token_endpoint_auth_method"], told["dpop_bound_access_tokens"]) == ("private_key_jwt", True)
    (jwk,) = told["jwks"]["keys"]
    assert "d" not in jwk
    head, claims = opened(proof["client_assertion"], jwk)  # by the published key
    assert (head["kid"], head["alg"]) == (jwk["kid"], "ES256")
    with pytest.raises(InvalidSignature):
        opened(proof["client_assertion"], Key.new().public)
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        told["client_id"],
        told["client_id"],
        "https://bsky.social",
    )
    assert 0 < claims["exp"] - claims["iat"] <= 60
    assert client.get("/connect/bluesky/client-metadata.json").json() == told  # the key stays
    assert str(NetworkApp.objects.get(platform="bluesky").__dict__["client_secret"]).startswith("gAAAA")


@pytest.mark.parametrize(
    ("public", "words"),
    [("http://plan.riverside.example", "public https address"), ("http://localhost:8000", "127.0.0.1")],
)
def test_where_no_server_could_look_us_up_it_is_said(settings, public, words):
    settings.PUBLIC_URL = public
    with pytest.raises(OAuthFailed, match=words):
        ourselves.client_id(f"{public}/x/")


def test_an_account_of_a_domain_is_read_there_and_a_name_of_no_kind_is_not_asked_for(monkeypatch, settings):
    asked = []

    def fetch(url):
        asked.append(url)
        body = {"id": "did:web:town.example", "alsoKnownAs": ["at://town.example"]}
        return SimpleNamespace(body=json.dumps(body).encode())

    monkeypatch.setattr("channels.safe.fetch_public", fetch)

    assert BLUESKY.oauth._document("did:web:town.example")["alsoKnownAs"] == ["at://town.example"]
    assert asked == ["https://town.example/.well-known/did.json"]
    for name in ("did:web:town.example/../x", "did:plc:../x", "did:key:z6", ""):
        with pytest.raises(OAuthFailed, match="not known here"):
            BLUESKY.oauth._document(name)


def test_on_the_sandbox_too_a_server_speaks_for_its_own_accounts_only(browser, to_the_page, monkeypatch):
    monkeypatch.setattr(type(BLUESKY.oauth), "_listed", lambda self, server: ["https://elsewhere.example"])
    monkeypatch.setattr(type(BLUESKY.oauth), "_meet", meet_here)

    assert "may not speak for that account" in said(back(browser, sample.allow(to_the_page())))
    assert not Channel.objects.exists()


def meet_here(flow, server):
    paths = {
        "pushed_authorization_request": "par",
        "authorization": "authorize",
        "token": "token",
        "revocation": "revoke",
    }
    return {"issuer": server} | {name: f"{server}/oauth/{path}" for name, path in paths.items()}


# On the sandbox ---------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, manager, on_sandbox):
    bound._nonces.clear()
    client.force_login(manager)
    return client


@pytest.fixture
def to_the_page(browser, campaign):
    """From the first click to the account's own sign-in page; returns its address."""

    def go() -> str:
        answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "bluesky"})
        fields = {"handle": NAME, "password": "", "server": connect.sample_answers("bluesky")["server"]}
        browser.post(answer["Location"], fields)
        return browser.get(answer["Location"]).context["address"]

    return go


def back(browser, params):
    return browser.get("/admin/channels/callback/bluesky/", params, follow=True)


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.fixture
def channel(browser, to_the_page):
    answer = back(browser, sample.allow(to_the_page()))
    assert f"@{NAME} is connected" in said(answer)
    return Channel.objects.get()


def test_signing_in_on_the_servers_own_page(channel):
    credential = Credential.objects.get()

    assert (channel.handle, channel.remote_id[:4]) == (f"@{NAME}", "did:")
    assert Bound.of(credential.access_token).key == Bound.of(credential.refresh_token).key
    assert str(credential.__dict__["access_token"]).startswith("gAAAA")
    assert service.check_channel(channel) == []
    assert channel.state == ChannelState.CONNECTED


def test_what_goes_there_is_pushed_and_says_nothing(to_the_page):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(to_the_page()).query).items()}

    assert set(asked) == {"client_id", "request_uri"}
    assert asked["client_id"].startswith("http://localhost?redirect_uri=http")


def test_who_says_no_and_whose_answer_is_another_servers(browser, to_the_page):
    assert "said no" in said(back(browser, sample.allow(to_the_page(), decision="deny")))

    params = sample.allow(to_the_page())
    assert "another server" in said(back(browser, {**params, "iss": "https://elsewhere.example"}))
    assert not Channel.objects.exists()


def test_a_server_without_a_sign_in_page_says_so(browser, campaign, on_sandbox):
    answer = browser.post(reverse("channels:connect"), {"campaign": campaign.pk, "platform": "bluesky"})
    page = browser.post(
        answer["Location"], {"handle": NAME, "password": "", "server": f"{on_sandbox}/mastodon"}
    )

    assert "no sign-in page for other programs" in page.content.decode()


def test_another_key_opens_nothing(channel):
    token = Bound.of(Credential.objects.get().access_token)
    for stolen in (token.token, str(Bound(Key.new(), token.token))):
        ctx = service.context(channel, worker="t", token=stolen)
        (trouble,) = BLUESKY.preflight(channel, ctx)
        assert "no longer accepts our key" in trouble


def test_a_proof_that_was_seen_is_not_taken_again(channel, monkeypatch):
    token = Bound.of(Credential.objects.get().access_token)
    monkeypatch.setattr(bound.secrets, "token_urlsafe", lambda size: "the-same")

    first, second = (
        BLUESKY.preflight(channel, service.context(channel, worker="t", token=str(token))) for _ in "ab"
    )

    assert (first, len(second)) == ([], 1)


def test_a_call_is_repeated_for_the_servers_word_and_for_nothing_else(channel, monkeypatch, fault):
    seen = []
    monkeypatch.setattr(
        wire, "observers", [lambda channel, method, path, answer, error: seen.append(answer.status)]
    )
    bound._nonces.clear()
    ctx = service.context(channel, worker="t")
    url = ctx.wire.url("pds", "/xrpc/com.atproto.server.getSession")

    assert ctx.wire.get(url).ok
    assert seen == [401, 200]
    assert ctx.wire.get(url).ok
    assert seen == [401, 200, 200]
    fault("bluesky", "getSession", "auth")
    assert not ctx.wire.get(url).ok
    assert len(seen) == 4


def test_a_repeat_asks_the_guard_again_and_a_late_one_sends_nothing(channel):
    asked = []

    def guard():
        asked.append(1)
        if len(asked) > 1:
            raise wire.GuardLate

    bound._nonces.clear()
    ctx = service.context(channel, worker="t", guard=guard)

    with pytest.raises(wire.GuardLate):
        ctx.wire.get(ctx.wire.url("pds", "/xrpc/com.atproto.server.getSession"))
    assert ctx.wire.bytes_started_at is None


def test_the_keys_are_renewed_with_the_same_key_of_ours(channel):
    before = Credential.objects.get()
    Credential.objects.update(token_expires_at=clock.now() + timedelta(minutes=1))

    fresh = fresh_token(channel, worker="t")

    after = Credential.objects.get()
    assert Bound.of(fresh).key == Bound.of(before.access_token).key
    assert after.refresh_token != before.refresh_token
    assert BLUESKY.preflight(channel, service.context(channel, worker="t")) == []


def test_a_renewal_whose_answer_is_lost_costs_the_session_and_a_person_is_told(channel, fault):
    Credential.objects.update(token_expires_at=clock.now() + timedelta(minutes=1))
    fault("bluesky", "POST /oauth/token", "lost_answer")

    with pytest.raises(TokenBusy, match="could not be renewed"):
        fresh_token(channel, worker="t")  # lost once: it may be asked for once more
    with pytest.raises(ReconnectNeeded, match="replayed"):
        fresh_token(channel, worker="t", refused=Credential.objects.get().access_token)

    channel.refresh_from_db()
    assert channel.state == ChannelState.RECONNECT


def test_disconnecting_ends_the_session_there(channel, manager):
    credential = Credential.objects.get()
    flow, tokens = (
        flow_of(channel),
        {"access_token": credential.access_token, "refresh_token": credential.refresh_token},
    )

    assert connect.disconnect(channel, by=manager) is connect.Returned.TOLD

    with pytest.raises(OAuthFailed) as refused:
        flow.refresh(**tokens, remote_id=channel.remote_id)
    assert refused.value.dead


@pytest.mark.parametrize(
    ("path", "changes", "name"),
    [
        ("par", {}, "invalid_dpop_proof"),
        ("par", {"unknown": "x"}, "invalid_request"),
        ("par", {"code_challenge_method": "plain"}, "invalid_request"),
        ("par", {"redirect_uri": "http://127.0.0.1:1/other/"}, "invalid_request"),
        ("par", {"scope": "atproto transition:chat.bsky"}, "invalid_scope"),
        ("token", {"grant_type": "password"}, "unsupported_grant_type"),
        ("token", {"grant_type": "authorization_code", "code": "none"}, "invalid_grant"),
    ],
)
def test_the_sandbox_refuses(browser, on_sandbox, path, changes, name):
    redirect = connect.callback_url("bluesky")
    asked = {
        "client_id": ourselves.client_id(redirect), "response_type": "code", "redirect_uri": redirect,
        "scope": ourselves.SCOPE, "state": "s", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    server = f"{on_sandbox}/bluesky"
    if not changes:
        answer = httpx.post(f"{server}/oauth/{path}", data=asked, trust_env=False)
        assert (answer.status_code, answer.json()["error"]) == (401, name)
        return
    told = wire.Wire("bluesky", token=str(Bound(Key.new())), server=server).post(
        f"{server}/oauth/{path}", form=(asked | changes) if path == "par" else changes
    )
    assert (told.status, told.data["error"]) == (400, name)
