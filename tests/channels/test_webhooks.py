"""A network calls us: only when it signed the call, once per event, bounded, and read back before it counts."""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from channels import keys, webhooks
from channels.connectors.abilities import Read
from channels.connectors.meta_talk import meta_hints
from channels.models import Channel, ChannelState, WebhookHint
from channels.signals import channel_told
from work import clock
from work.claim import claim

pytestmark = pytest.mark.db
SECRET = "sandbox-secret"


def comment_event(account: str, post: str, comment: str = "c1") -> dict:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": comment,
        "post_id": post,
        "created_time": 1790000000,
    }
    return {
        "object": "page",
        "entry": [{"id": account, "time": 1, "changes": [{"field": "feed", "value": value}]}],
    }


def call(client, platform: str, event, *, secret: str = SECRET, sign: bool = True):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    head = {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    return client.post(
        f"/hooks/{platform}/", body, content_type="application/json", headers=head if sign else {}
    )


@contextmanager
def heard():
    found: list = []

    def listen(sender, **told):
        found.append(told)

    channel_told.connect(listen, weak=False, dispatch_uid="test")
    try:
        yield found
    finally:
        channel_told.disconnect(dispatch_uid="test")


@pytest.fixture
def page(on_sandbox, campaign, manager):
    return Channel.objects.create(
        platform="facebook", remote_id="104200000000101", handle="Riverside", campaign=campaign
    )


def test_the_network_may_ask_whether_the_address_is_ours(client):
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}

    good = client.get("/hooks/facebook/", asked | {"hub.verify_token": keys.webhook_token("facebook")})
    bad = [
        client.get("/hooks/facebook/", asked | {"hub.verify_token": word})
        for word in ("guess", "erratén", "")
    ]

    assert (good.status_code, good.content, good["Content-Type"]) == (200, b"1158201444", "text/plain")
    assert [answer.status_code for answer in bad] == [403] * 3
    assert keys.webhook_token("facebook") != keys.webhook_token("instagram")


def test_what_is_not_signed_with_our_secret_is_not_read(client, page):
    event = comment_event(page.remote_id, "1_2")

    assert call(client, "facebook", event, sign=False).status_code == 403
    assert call(client, "facebook", event, secret="other").status_code == 403
    assert not WebhookHint.objects.exists()


def test_a_signed_call_becomes_one_row_however_often_it_comes(client, page):
    event = comment_event(page.remote_id, "1_2")

    answers = [call(client, "facebook", event).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    (row,) = WebhookHint.objects.all()
    assert (row.what, row.remote_id, row.post_id) == ("comments", "c1", "1_2")
    assert row.next_action_at is not None


def test_a_repeat_after_it_was_read_back_changes_nothing(client, page):
    call(client, "facebook", comment_event(page.remote_id, "1_2"))
    WebhookHint.objects.update(next_action_at=None, done_at=clock.now())

    call(client, "facebook", comment_event(page.remote_id, "1_2"))

    assert WebhookHint.objects.get().next_action_at is None


def test_accounts_that_are_not_ours_and_nonsense_leave_nothing(client, page):
    assert call(client, "facebook", comment_event("999", "1_2")).status_code == 200
    for body in (b"", b"[]", b"{}", b"not json", b'{"entry": 3}', b'{"entry": [{"id": 1, "changes": 5}]}'):
        assert call(client, "facebook", body).status_code == 200
    assert not WebhookHint.objects.exists()


def test_a_body_larger_than_any_network_sends_is_not_read(client, page, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_BODY", 100)

    assert call(client, "facebook", b"x" * 101).status_code == 413


def test_networks_that_do_not_call_us_have_no_address(client):
    assert client.get("/hooks/x/").status_code == 404
    assert client.post("/hooks/nobody/").status_code == 404
    assert client.put("/hooks/facebook/").status_code == 405


def test_the_worker_reads_back_what_the_hint_named(client, connected, say, ledger, on_sandbox):
    channel = connected("facebook")["facebook"]
    from channels.service import context

    made = context(channel, worker="t").wire
    post = made.post(made.url("graph", f"/v26.0/{channel.remote_id}/feed"), form={"message": "Hooked"}).data[
        "id"
    ]
    comment = say("facebook", "Is there parking?", post=post)
    call(client, "facebook", comment_event(channel.remote_id, post, comment))
    row = claim(WebhookHint, WebhookHint.objects.get().pk, worker="w")

    with heard() as told:
        webhooks.run_row(row)

    (one,) = told
    assert (one["channel"].pk, one["post_id"], one["remote_id"]) == (channel.pk, post, comment)
    assert comment in [message.remote_id for message in one["messages"]]
    row.refresh_from_db()
    assert (row.next_action_at, row.lease_owner) == (None, "")
    assert row.done_at is not None


def test_a_post_that_the_network_does_not_show_is_not_believed(client, connected):
    channel = connected("facebook")["facebook"]
    event = comment_event(channel.remote_id, f"{channel.remote_id}_1999", "c9")
    event["entry"][0]["changes"][0]["value"] |= {"item": "status", "comment_id": ""}
    call(client, "facebook", event)
    row = claim(WebhookHint, WebhookHint.objects.get().pk, worker="w")

    with heard() as told:
        webhooks.run_row(row)

    assert [one["post_id"] for one in told] in ([], [""])


def test_a_network_that_cannot_be_asked_is_asked_again_and_not_for_ever(client, connected, fault):
    channel = connected("facebook")["facebook"]
    call(client, "facebook", comment_event(channel.remote_id, "1_2"))
    fault("facebook", "GET /", "5xx", times=99)

    for n in range(webhooks.TRIES):
        WebhookHint.objects.update(next_action_at=clock.now())
        row = claim(WebhookHint, WebhookHint.objects.get().pk, worker="w")
        webhooks.run_row(row)
        assert row.tries == n + 1
        assert row.last_error
        assert (row.next_action_at is None) is (n + 1 == webhooks.TRIES)


def test_every_sort_of_event_names_what_to_read():
    entry = {
        "id": 7,
        "changes": [
            {"field": "comments", "value": {"id": "c", "media": {"id": "m"}}},
            {"field": "mentions", "value": {"media_id": "n", "comment_id": "k"}},
            {"field": "story_insights", "value": {}},
        ],
        "messaging": [{"sender": {"id": "1"}, "message": {"mid": "d", "text": "x"}}, {"read": {}}],
    }

    found = meta_hints(json.dumps({"entry": [entry]}).encode())

    assert [(h.account_id, h.what, h.remote_id, h.post_id) for h in found] == [
        ("7", Read.COMMENTS, "c", "m"),
        ("7", Read.MENTIONS, "k", ""),
        ("7", Read.DIRECT, "d", ""),
    ]
    assert len({h.key for h in found}) == 3


def test_old_hints_are_forgotten(page):
    WebhookHint.objects.create(
        platform="facebook",
        account_id="1",
        what="comments",
        key="k",
        received_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    WebhookHint.objects.create(
        platform="facebook", account_id="1", what="comments", key="l", received_at=clock.now()
    )

    assert webhooks.prune() == 1


def removed(client, channel):
    """TikTok calls about a permission that was taken back; the row, run by the worker."""
    about = json.dumps({"reason": 1})
    event = {"client_key": "k", "event": "authorization.removed", "create_time": 1790000000, "content": about}
    body = json.dumps(event | {"user_openid": channel.remote_id}).encode()
    mac = hmac.new(SECRET.encode(), b"1790000000." + body, hashlib.sha256).hexdigest()
    answer = client.post(
        "/hooks/tiktok/",
        body,
        content_type="application/json",
        headers={"TikTok-Signature": f"t=1790000000,s={mac}"},
    )
    assert answer.status_code == 200
    webhooks.run_row(claim(WebhookHint, WebhookHint.objects.get().pk, worker="w"))
    channel.refresh_from_db()
    return WebhookHint.objects.get()


def test_a_permission_that_was_taken_back_is_found_out_at_once(client, connected, on_sandbox):
    channel = connected("tiktok")["tiktok"]
    gone = {"network": "tiktok", "whole": True}
    httpx.post(f"{on_sandbox}/_sandbox/expire", json=gone, trust_env=False).raise_for_status()

    row = removed(client, channel)

    assert row.done_at is not None
    assert channel.state == ChannelState.RECONNECT


def test_a_call_about_the_account_proves_nothing(client, connected):
    channel = connected("tiktok")["tiktok"]

    row = removed(client, channel)

    assert row.done_at is not None
    assert channel.state == ChannelState.CONNECTED


def test_an_account_that_cannot_be_asked_after_a_call_is_asked_again(client, connected, fault):
    channel = connected("tiktok")["tiktok"]
    fault("tiktok", "user/info", "5xx", times=9)

    row = removed(client, channel)

    assert row.done_at is None
    assert row.next_action_at > clock.now()
    assert row.last_error
