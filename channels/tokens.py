"""A token that works, for whoever is about to call a network.

Refreshing is not repeatable where refresh tokens are single-use (X: a used one kills the whole family), so it
follows the rule of every such call: lease and fence on the row, the intent written first, the new pair
durable before it is used, and a lost answer repeated once with the old token, then left to a person.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q

from access.models import CampaignRole, Role
from channels.bound import secrets_of
from channels.connectors.registry import CONNECTORS, flow_of
from channels.crypto import CannotDecrypt
from channels.models import Channel, ChannelState, Credential
from channels.oauth import Grant, OAuthFailed
from channels.wire import AnswerLost, NotSent, redact
from work import clock, outbox
from work.claim import LeaseLost, release

LEASE_S = 90
WAIT_FOR_OTHER_S = 10
AGAIN = timedelta(hours=1)  # a renewal that nobody is waiting for
LOST_ANSWERS = 2  # the first may be repeated once; after the second a person must help


class TokenError(Exception):
    """There is no token to use now. The text is for people."""


class ReconnectNeeded(TokenError):
    """Only a person can help: the channel has been set to "must be reconnected" and its people were told."""


class TokenBusy(TokenError):
    """Somebody else is refreshing it, or the network could not be asked. Nothing was sent; come back."""

    retry_after_s = 5.0


def fresh_token(channel: Channel, *, worker: str, refused: str = "") -> str:
    """Return a token that is good for at least ten minutes, refreshing it if need be.

    ``refused``: the token that the network has just refused; a newer one is returned, or made. Raises
    ReconnectNeeded or TokenBusy. Must not be called inside a transaction: a new pair has to be durable before
    it is used.
    """
    flow = flow_of(channel)
    give_up = time.monotonic() + WAIT_FOR_OTHER_S
    while True:
        credential = _read(channel)
        token, now = _open(credential, "access_token"), clock.now()
        dead = token == refused
        ends = credential.token_expires_at
        if token and not dead and (ends is None or ends - now > flow.refresh_before):
            return token
        if taken := _take(credential, worker, now):
            return _refresh(taken, channel, flow, refused=refused)
        if token and not dead and ends and ends - now > timedelta(seconds=90):
            return token  # somebody is refreshing it; this one still does for one call
        if time.monotonic() > give_up:
            raise TokenBusy("the account's key is just being renewed")
        time.sleep(0.2)


def refresh_row(credential: Credential) -> None:
    """Refresh a claimed credential that is due, so that one which nobody uses does not run out."""
    channel = credential.channel
    if channel.state != ChannelState.CONNECTED:
        release(credential, next_action_at=None)
        return
    credential.refresh_began_at = credential.refresh_began_at or clock.now()
    if not _note_intent(credential):
        raise LeaseLost
    try:
        _refresh(credential, channel, flow_of(channel))
    except TokenError:
        return  # written down where it happened


def need_reconnect(channel: Channel, reason: str, *, event: str = "") -> None:
    """Say that only a person can help: state, reason and notice together. Harmless when repeated."""
    with transaction.atomic():
        changed = Channel.objects.filter(pk=channel.pk, state=ChannelState.CONNECTED).update(
            state=ChannelState.RECONNECT, state_reason=reason
        )
        Credential.objects.filter(pk=channel.pk).update(next_action_at=None)
        if changed:
            outbox.tell(
                caretakers(channel),
                subject=f"{channel.handle} must be reconnected",
                body=f"{CONNECTORS[channel.platform].label} no longer lets us into {channel.handle}. "
                f"{reason}\nNothing is published there until somebody connects it again.",
                url=f"/admin/channels/{channel.pk}/",
                event_id=event or f"reconnect-{channel.pk}-{clock.now():%Y%m%d%H%M%S}",
                kind="reconnect",
            )
    channel.state, channel.state_reason = ChannelState.RECONNECT, reason


def caretakers(channel: Channel) -> list[Any]:
    """Who connected it, and the managers of its campaign."""
    groups = CampaignRole.objects.filter(campaign_id=channel.campaign_id, role=Role.MANAGER).values("group")
    who = Q(groups__in=groups) | Q(pk=channel.connected_by_id or 0)
    return list(get_user_model().objects.filter(who, is_active=True).distinct())


# Parts --------------------------------------------------------------------------------------------------


def _read(channel: Channel) -> Credential:
    credential = Credential.objects.filter(pk=channel.pk).first()
    state = Channel.objects.values_list("state", flat=True).get(pk=channel.pk)
    if credential is None or state in {ChannelState.RECONNECT, ChannelState.DISCONNECTED}:
        raise ReconnectNeeded(f"{channel.handle} must be connected again")
    return credential


def _open(credential: Credential, name: str) -> str:
    try:
        return getattr(credential, name)
    except CannotDecrypt as error:
        reason = "Its stored key cannot be read with the keys of this installation (HUSTINGS_KEYS)."
        need_reconnect(credential.channel, reason)
        raise ReconnectNeeded(reason) from error


def _take(credential: Credential, worker: str, now: datetime) -> Credential | None:
    """Lease and intent in one commit; None when somebody holds it or has changed it meanwhile."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    taken = Credential.objects.filter(free, pk=credential.pk, version=credential.version).update(
        lease_owner=worker[:80],
        lease_until=now + timedelta(seconds=LEASE_S),
        fence=F("fence") + 1,
        refresh_began_at=now,
        tries=F("tries") + 1,
    )
    return Credential.objects.get(pk=credential.pk) if taken else None


def _note_intent(credential: Credential) -> bool:
    fields = {"refresh_began_at": credential.refresh_began_at, "tries": credential.tries + 1}
    held = Credential.objects.filter(pk=credential.pk, fence=credential.fence)
    credential.tries += 1
    return held.update(**fields) == 1


def _refresh(credential: Credential, channel: Channel, flow: Any, *, refused: str = "") -> str:
    """Ask for a new pair, holding lease and intent. ``tries`` counts intents that have no answer yet."""
    token, refresh_token = _open(credential, "access_token"), _open(credential, "refresh_token")
    try:
        grant = flow.refresh(access_token=token, refresh_token=refresh_token, remote_id=channel.remote_id)
    except NotSent as error:
        _give_back(credential, tries=credential.tries - 1, error=str(error))
        raise TokenBusy(f"the account's key could not be renewed: {error}") from error
    except AnswerLost as error:
        if credential.tries < LOST_ANSWERS:
            _give_back(
                credential, tries=credential.tries, error=str(error), intent=credential.refresh_began_at
            )
            raise TokenBusy(f"the account's key could not be renewed: {error}") from error
        return _lost(credential, channel, "The network did not answer when its key was to be renewed.")
    except OAuthFailed as error:
        said = redact(str(error), *secrets_of(token), *secrets_of(refresh_token))
        if error.dead and not _still_good(credential, token, refused):
            return _lost(credential, channel, said)
        _give_back(credential, tries=credential.tries - 1, error=said)
        raise TokenBusy(said) from None  # the cause may carry what the network repeated
    stored = _store(credential, grant, flow)
    _note_end(channel, grant)
    return stored


def _still_good(credential: Credential, token: str, refused: str) -> bool:
    """A refusal to renew early is no trouble while the old token goes on working."""
    ends = credential.token_expires_at
    return token != refused and ends is not None and ends - clock.now() > timedelta(days=1)


def _store(credential: Credential, grant: Grant, flow: Any) -> str:
    now = clock.now()
    seal = {name: Credential._meta.get_field(name).seal_for for name in ("access_token", "refresh_token")}
    refresh_token = grant.refresh_token or credential.refresh_token
    release(
        credential,
        next_action_at=flow.next_refresh(now=now, expires_at=grant.expires_at),
        access_token=seal["access_token"](credential.pk, grant.access_token),
        refresh_token=seal["refresh_token"](credential.pk, refresh_token),
        token_expires_at=grant.expires_at,
        refresh_began_at=None,
        refreshed_at=now,
        version=credential.version + 1,
        tries=0,
        last_error="",
    )
    return grant.access_token


def _note_end(channel: Channel, grant: Grant) -> None:
    """Until when the network renews, where it says so with every renewal."""
    if not (until := grant.extra.get("renews_until")):
        return
    with transaction.atomic():
        row = Channel.objects.select_for_update(no_key=True).filter(pk=channel.pk)
        channel.facts = {**row.values_list("facts", flat=True)[0], "renews_until": until}
        row.update(facts=channel.facts)


def _give_back(credential: Credential, *, tries: int, error: str, intent: datetime | None = None) -> None:
    again = clock.now() + AGAIN if credential.next_action_at else None
    release(
        credential, next_action_at=again, refresh_began_at=intent, tries=max(tries, 0), last_error=error[:500]
    )


def _lost(credential: Credential, channel: Channel, reason: str) -> str:
    """The network refuses the grant. If another worker has won the race, use what it stored."""
    stored = Credential.objects.get(pk=credential.pk)
    if stored.version != credential.version and stored.access_token:
        return stored.access_token
    _give_back(credential, tries=0, error=reason)
    need_reconnect(channel, reason, event=f"reconnect-{channel.pk}-{credential.version}-{credential.fence}")
    raise ReconnectNeeded(reason)
