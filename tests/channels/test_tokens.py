"""Refreshing under lease and intent, against the sandbox's token endpoints."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from channels import tokens
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState, Credential
from channels.oauth import Flow
from channels.service import context
from channels.tokens import ReconnectNeeded, TokenBusy, fresh_token, refresh_row
from work import claim
from work.models import Notice

pytestmark = pytest.mark.db

TOKEN_CALL = {"x": "POST /2/oauth2/token", "instagram": "refresh_access_token"}


RENEWS = [c.platform for c in CONNECTORS if type(c.oauth).refresh is not Flow.refresh]


def expire(channel, minutes: int = 5) -> None:
    Credential.objects.filter(pk=channel.pk).update(
        token_expires_at=datetime.now(UTC) + timedelta(minutes=minutes)
    )


def credential(channel) -> Credential:
    return Credential.objects.get(pk=channel.pk)


@pytest.fixture
def x(connected):
    return connected("x")["x"]


def test_good_token_is_given_as_it_is(x):
    assert fresh_token(x, worker="w") == credential(x).access_token
    assert credential(x).version == 1


def test_token_near_its_end_is_refreshed_and_the_new_pair_stored(x):
    before = credential(x)
    expire(x)

    token = fresh_token(x, worker="w")

    after = credential(x)
    assert token == after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert (after.version, after.refresh_began_at, after.lease_owner, after.tries) == (2, None, "", 0)
    assert after.token_expires_at > datetime.now(UTC) + timedelta(hours=1)
    assert fresh_token(x, worker="w") == token


def test_refused_token_is_replaced_once_for_all(x):
    refused = credential(x).access_token

    first = fresh_token(x, worker="a", refused=refused)
    second = fresh_token(x, worker="b", refused=refused)

    assert first == second != refused
    assert credential(x).version == 2


def test_dead_grant_needs_a_person_who_is_told_once(x, manager):
    expire(x)
    field = Credential._meta.get_field("refresh_token")
    Credential.objects.filter(pk=x.pk).update(refresh_token=field.seal_for(x.pk, "used-long-ago"))

    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            fresh_token(x, worker="w")

    x.refresh_from_db()
    assert x.state == ChannelState.RECONNECT
    assert x.state_reason
    notice = Notice.objects.get(user=manager)
    assert "must be reconnected" in notice.subject
    assert "used-long-ago" not in notice.body + x.state_reason


def test_lost_answer_is_repeated_once_with_the_old_token_then_left_to_a_person(x, fault):
    """X has used the token up, so the repeat is refused: exactly what a person must mend."""
    expire(x)
    fault("x", TOKEN_CALL["x"], "lost_answer")

    with pytest.raises(TokenBusy):
        fresh_token(x, worker="w")
    held = credential(x)
    assert held.refresh_began_at is not None
    assert held.tries == 1

    with pytest.raises(ReconnectNeeded):
        fresh_token(x, worker="w")


def test_answer_that_was_lost_before_anything_happened_is_mended_by_the_repeat(x, fault):
    expire(x)
    fault("x", TOKEN_CALL["x"], "5xx")

    with pytest.raises(TokenBusy):
        fresh_token(x, worker="w")

    assert fresh_token(x, worker="w") == credential(x).access_token
    assert credential(x).version == 2


def test_two_lost_answers_are_enough(x, fault):
    expire(x)
    fault("x", TOKEN_CALL["x"], "5xx", times=5)

    with pytest.raises(TokenBusy):
        fresh_token(x, worker="w")
    with pytest.raises(ReconnectNeeded):
        fresh_token(x, worker="w")


def test_throttled_refresh_changes_nothing(x, fault):
    expire(x)
    fault("x", TOKEN_CALL["x"], "429", times=3)

    for _ in range(3):
        with pytest.raises(TokenBusy):
            fresh_token(x, worker="w")

    assert (credential(x).tries, credential(x).refresh_began_at) == (0, None)
    x.refresh_from_db()
    assert x.state == ChannelState.CONNECTED


def test_somebody_elses_refresh_is_waited_for(x, monkeypatch):
    expire(x, minutes=-1)
    Credential.objects.filter(pk=x.pk).update(
        lease_owner="other", lease_until=datetime.now(UTC) + timedelta(minutes=1)
    )
    monkeypatch.setattr(tokens, "WAIT_FOR_OTHER_S", 0.3)

    with pytest.raises(TokenBusy):
        fresh_token(x, worker="w")


def test_while_somebody_refreshes_an_old_token_still_does_for_one_call(x):
    expire(x, minutes=5)
    Credential.objects.filter(pk=x.pk).update(
        lease_owner="other", lease_until=datetime.now(UTC) + timedelta(minutes=1)
    )

    assert fresh_token(x, worker="w") == credential(x).access_token


def test_reconnecting_meanwhile_wins_over_a_refresh(x, monkeypatch):
    """The fence has moved on: what the old refresh brought is dropped."""
    expire(x)
    flow = tokens.CONNECTORS["x"].oauth
    real = flow.refresh

    def slow(**kwargs):
        grant = real(**kwargs)
        field = Credential._meta.get_field("access_token")
        Credential.objects.filter(pk=x.pk).update(
            access_token=field.seal_for(x.pk, "from-reconnecting"),
            fence=F("fence") + 1,
            version=F("version") + 1,
        )
        return grant

    monkeypatch.setattr(flow, "refresh", slow)

    with pytest.raises(claim.LeaseLost):
        fresh_token(x, worker="w")

    assert credential(x).access_token == "from-reconnecting"


def test_disconnected_channel_has_no_token(x):
    Credential.objects.all().delete()

    with pytest.raises(ReconnectNeeded):
        fresh_token(x, worker="w")


def test_unreadable_secret_asks_to_reconnect(x, settings):
    from cryptography.fernet import Fernet

    settings.HUSTINGS_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(ReconnectNeeded, match="HUSTINGS_KEYS"):
        fresh_token(x, worker="w")

    assert Channel.objects.get(pk=x.pk).state == ChannelState.RECONNECT


def test_facebook_page_token_is_fetched_again_or_the_person_is_asked(connected):
    page = connected("facebook")["facebook"]

    with pytest.raises(ReconnectNeeded):
        fresh_token(page, worker="w", refused=credential(page).access_token)


@pytest.mark.parametrize("platform", RENEWS)
def test_a_renewed_key_of_every_network_opens_the_account(connected, monkeypatch, platform):
    from sandbox import graphlogin

    real = graphlogin.instant  # Instagram and Threads renew no key within its first day
    monkeypatch.setattr(graphlogin, "instant", lambda text: real(text) - timedelta(days=2))
    account = connected(platform)[platform]
    refused = credential(account).access_token
    if platform == "facebook":  # it tells the page's key of this day; ours is one of before
        refused = "a-key-that-died"
        sealed = Credential._meta.get_field("access_token").seal_for(account.pk, refused)
        Credential.objects.filter(pk=account.pk).update(access_token=sealed)
    if platform == "mastodon":  # its keys have no end, so a refused one cannot be mended by us
        with pytest.raises(ReconnectNeeded):
            fresh_token(account, worker="w", refused=refused)
        return

    token = fresh_token(account, worker="w", refused=refused)

    assert token == credential(account).access_token != refused
    told = CONNECTORS[platform].account(context(account, worker="w", intent_at=datetime.now(UTC)))
    assert told["handle"] == account.handle


def test_instagram_is_renewed_every_week_when_old_enough(connected, on_sandbox, monkeypatch):
    account = connected("instagram")["instagram"]
    due = credential(account).next_action_at
    assert timedelta(days=6) < due - datetime.now(UTC) < timedelta(days=8)
    flow = tokens.CONNECTORS["instagram"].oauth
    asked = []
    real = flow.read
    monkeypatch.setattr(flow, "read", lambda answer: asked.append(answer.status) or real(answer))
    Credential.objects.filter(pk=account.pk).update(next_action_at=datetime.now(UTC))
    row = claim.claim(Credential, account.pk, worker="w")

    refresh_row(
        row
    )  # the token is younger than a minute, which the sandbox refuses as Instagram does under 24 h

    assert asked == [400]
    account.refresh_from_db()
    assert account.state == ChannelState.CONNECTED  # the old token goes on working
    assert fresh_token(account, worker="w") == credential(account).access_token


def test_due_row_is_refreshed_by_the_worker(x):
    Credential.objects.filter(pk=x.pk).update(next_action_at=datetime.now(UTC))
    before = credential(x).access_token
    row = claim.claim(Credential, x.pk, worker="w")

    refresh_row(row)

    after = credential(x)
    assert after.access_token != before
    assert after.lease_owner == ""
    assert after.next_action_at > datetime.now(UTC) + timedelta(days=20)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_refresh_once(x):
    """X kills a family whose refresh token is used twice: one winner, everybody gets its token."""
    expire(x, minutes=-1)
    got: list[str] = []

    def ask():
        try:
            got.append(fresh_token(x, worker=threading.current_thread().name))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert len(got) == 6
    assert set(got) == {credential(x).access_token}
    assert credential(x).version == 2
