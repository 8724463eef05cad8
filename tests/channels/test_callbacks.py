"""The sandbox calls us as the networks do: what it signs, our connectors take, and each thing is told until it is taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.connectors.abilities import Read
from channels.connectors.hooks import NotGenuine
from channels.connectors.registry import CONNECTORS
from sandbox import calling
from sandbox.app import create_app
from sandbox.networks.registry import NETWORKS
from sandbox.store import insert, put_setting, stamp

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNTS = {
    "facebook": "104200000000101",
    "instagram": "17841400000000101",
    "threads": "26100000000000101",
    "whatsapp": "106540350000101",
    "tiktok": "-000riversidecouncil0101",
}
VIDEO = {
    "info": {"privacy_level": "PUBLIC_TO_EVERYONE"},
    "reason": "",
    "publish_id": "v_pub_file~1",
    "ready_at": stamp(NOW),
    "shown_at": stamp(NOW + timedelta(hours=1)),
}
SENT = {"to": "+4917600000001", "template": False, "failed": 0, "witness": "w-1"}


class World:
    """A sandbox in memory, and an app that hears its calls. ``status`` is what it answers."""

    def __init__(self, folder, monkeypatch):
        self.now, self.status, self.heard = NOW, 200, []
        self.app = create_app(folder, pace="real", now=lambda: self.now)
        self.box = self.app.extensions["sandbox"]
        monkeypatch.setattr(calling, "_send", self.answer)

    def answer(self, method, url, body=None, headers=None):
        if method == "GET":
            asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            right = asked["hub.verify_token"] == "our-word"
            return (200, asked["hub.challenge"].encode()) if right else (403, b"")
        self.heard.append((body, {name.lower(): value for name, value in headers.items()}))
        return self.status, b"ok"

    def subscribe(self, network, *fields):
        with self.box.store.tx() as db:
            put_setting(db, f"{network} subscribed", {ACCOUNTS[network]: list(fields)})

    def listen(self, network, token="our-word", on=True):
        if on and network in ACCOUNTS:
            self.subscribe(network, "feed", "comments", "messages", "mention", "mentions")
        sent = {"network": network, "url": "http://127.0.0.1:8000/hooks/x/", "token": token}
        return self.app.test_client().post("/_sandbox/callbacks", json=sent)

    def post(self, network, data):
        row = {"kind": "feed", "text": "Hello", "media": "[]", "made_at": stamp(self.now)}
        remote = f"{ACCOUNTS[network]}_77" if network == "facebook" else "77"
        with self.box.store.tx() as db:
            insert(
                db,
                "post",
                network=network,
                id=remote,
                account=ACCOUNTS[network],
                data=json.dumps(data),
                **row,
            )
        return remote

    def say(self, network, **more):
        sent = {"network": network, "text": "Gibt es Öffnungszeiten?", **more}
        answer = self.app.test_client().post("/_sandbox/say", json=sent)
        assert answer.status_code == 201, answer.text
        return answer.json["said"]

    def tell(self, network):
        with self.app.app_context():
            return calling.tell(self.box, network, NETWORKS[network].calls)

    def hints(self, network):
        return [
            hint
            for raw, head in self.heard
            for hint in CONNECTORS[network].hints(raw, head, "sandbox-secret")
        ]


@pytest.fixture
def world(tmp_path, monkeypatch):
    made = World(tmp_path, monkeypatch)
    yield made
    made.box.store.close()


@pytest.mark.parametrize("network", ["facebook", "instagram", "threads"])
def test_a_comment_is_told_once_and_taken_by_our_connector(world, network):
    post = world.post(network, {})
    assert world.listen(network).status_code == 201
    comment = world.say(network, post=post)

    assert world.tell(network) == 1
    assert world.tell(network) == 0

    (hint,) = world.hints(network)
    assert (hint.account_id, hint.what) == (ACCOUNTS[network], Read.COMMENTS)
    assert (hint.remote_id, hint.post_id) == (comment, post)
    raw, head = world.heard[0]
    assert raw.isascii()
    with pytest.raises(NotGenuine):
        CONNECTORS[network].hints(raw + b" ", head, "sandbox-secret")


@pytest.mark.parametrize("network", ["facebook", "instagram", "whatsapp"])
def test_a_private_message_is_told(world, network):
    world.listen(network)
    who = {"login": "+4917600000001"} if network == "whatsapp" else {}
    handle = {
        "facebook": "riversidetowncouncil",
        "instagram": "riverside.council",
        "whatsapp": "4930901820101",
    }
    message = world.say(network, account=handle[network], **who)

    assert world.tell(network) == 1

    (hint,) = world.hints(network)
    assert (hint.account_id, hint.what, hint.remote_id) == (ACCOUNTS[network], Read.DIRECT, message)


def test_the_way_of_a_whatsapp_message_and_of_a_video_is_told(world):
    for network in ("whatsapp", "tiktok"):
        world.listen(network)
    wamid = world.post("whatsapp", SENT)
    world.post("tiktok", VIDEO)

    assert (world.tell("whatsapp"), world.tell("tiktok")) == (1, 1)
    sent, done = world.heard
    assert json.loads(sent[0])["entry"][0]["changes"][0]["value"]["statuses"][0]["status"] == "sent"
    [state] = CONNECTORS["whatsapp"].hints(*sent, "sandbox-secret")
    [video] = CONNECTORS["tiktok"].hints(*done, "sandbox-secret")
    assert (state.what, state.post_id, video.what, video.post_id) == (
        Read.NUMBERS,
        wamid,
        Read.NUMBERS,
        VIDEO["publish_id"],
    )
    world.now += timedelta(hours=2)
    assert world.tell("tiktok") == 1  # now everybody may see it


def test_what_is_not_taken_is_told_again_later_and_in_order(world):
    post = world.post("facebook", {})
    world.listen("facebook")
    first, second = world.say("facebook", post=post), world.say("facebook", post=post)
    world.status = 500

    assert world.tell("facebook") == 0
    assert world.tell("facebook") == 0
    assert len(world.heard) == 1  # it waits before the next try

    world.status, world.heard, world.now = 200, [], world.now + timedelta(seconds=5)
    assert world.tell("facebook") == 2
    assert [hint.remote_id for hint in world.hints("facebook")] == [first, second]


def test_only_an_address_that_knows_the_word_is_called_and_only_what_is_new(world):
    post = world.post("facebook", {})
    world.say("facebook", post=post)

    assert world.listen("facebook", token="guess").status_code == 400
    assert world.listen("x").status_code == 400
    assert world.tell("facebook") == 0
    world.listen("facebook")
    assert world.tell("facebook") == 0
    assert world.heard == []


def test_a_way_out_of_this_machine_is_refused(world):
    sent = {"network": "facebook", "url": "https://example.org/hooks/", "token": "our-word"}

    assert world.app.test_client().post("/_sandbox/callbacks", json=sent).status_code == 400


@pytest.mark.parametrize("network", ["facebook", "instagram"])
def test_of_an_account_for_which_the_app_was_not_put_on_nothing_is_told(world, network):
    post = world.post(network, {})
    world.listen(network, on=False)
    world.say(network, post=post)
    assert world.tell(network) == 0

    world.subscribe(network, "messages")
    assert world.tell(network) == 0
    world.subscribe(network, "feed", "comments")
    assert world.tell(network) == 1


@pytest.mark.parametrize("network", ["facebook", "instagram", "whatsapp"])
def test_who_listens_anew_is_told_where_it_was_left(world, network):
    """As after the demo is stopped and started again: nothing is told twice, and what came meanwhile is told."""
    where = {"account": ACCOUNTS[network]} if network == "whatsapp" else {"post": world.post(network, {})}
    world.say(network, **where)  # before anybody listened
    assert world.listen(network).status_code < 300
    world.say(network, **where)
    assert world.tell(network) == 1

    world.say(network, **where)
    assert world.listen(network).status_code < 300
    assert world.tell(network) == 1
    assert world.tell(network) == 0


def test_a_permission_that_was_taken_away_is_told_once_and_taken_by_our_connector(world):
    with world.box.store.tx() as db:
        for kind in ("access", "refresh"):
            row = {"network": "tiktok", "kind": kind, "account": ACCOUNTS["tiktok"], "made_at": stamp(NOW)}
            insert(db, "token", token=f"{kind}-1", expires_at=stamp(NOW + timedelta(days=1)), **row)
    world.listen("tiktok")
    http = world.app.test_client()

    http.post("/_sandbox/expire", json={"network": "tiktok"})
    assert world.tell("tiktok") == 0  # a day is over; nobody has taken anything away
    http.post("/_sandbox/expire", json={"network": "tiktok", "whole": True})
    assert (world.tell("tiktok"), world.tell("tiktok")) == (1, 0)

    [hint] = world.hints("tiktok")
    assert (hint.account_id, hint.what, hint.post_id) == (ACCOUNTS["tiktok"], Read.NUMBERS, "")
    assert json.loads(world.heard[0][0])["event"] == "authorization.removed"
