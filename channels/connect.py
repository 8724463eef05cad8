"""Connecting and disconnecting an account: from "let me in" to tokens at rest, whoever the person is acting
through.

The pending request lives in the person's own session under its ``state``: bound to that session, good for ten
minutes and for one answer. Secrets in it are sealed, because a session is a row like any other.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from wagtail.log_actions import log

from channels import keys, servers
from channels.connectors.registry import CONNECTORS, flow_of
from channels.crypto import CannotDecrypt, seal, unseal
from channels.models import Channel, ChannelState, Credential
from channels.oauth import Account, Flow, Grant, OAuthFailed
from channels.safe import UnsafeAddress
from channels.signals import channel_connected, channel_disconnected
from channels.wire import WireError
from work import clock

LIFE = timedelta(minutes=10)
KEY = "channels.pending"
MOST = 5
SAID_NO = frozenset(
    {"access_denied", "user_cancelled_authorize", "user_cancelled_login"}
)  # the latter are LinkedIn's


class ConnectFailed(Exception):
    """The account could not be connected; the text is for the person at the screen."""


class Returned(Enum):
    """What became of the permission at the network when an account was disconnected."""

    TOLD = "given back"
    KEPT = "kept, because other accounts here need it"
    NO_WAY = "the network takes nothing back"
    BEFORE = "it was disconnected already"
    FAILED = "the network was asked and did not take it"


@dataclass
class Pending:
    """A person's request to connect, between our page and the network's answer."""

    state: str
    platform: str
    campaign_id: int
    user_id: int
    channel_id: int | None
    began_at: str
    sealed_verifier: str = field(default="", repr=False)
    sealed_accounts: str = field(default="", repr=False)
    sealed_kept: str = field(default="", repr=False)
    scopes: list[str] = field(default_factory=list)

    def is_old(self, now: datetime) -> bool:
        return now - datetime.fromisoformat(self.began_at) > LIFE


def callback_url(platform: str) -> str:
    """The one address that the app is registered with at the network; compared there letter by letter."""
    return f"{settings.PUBLIC_URL}/admin/channels/callback/{platform}/"


def on_sandbox(platform: str, server: str = "") -> bool:
    """Whether an account lives on the sandbox; of a network of many servers, without one: may live there."""
    if not settings.SANDBOX_URL:
        return False
    if servers.has_servers(platform) and not server:
        return True
    return any(v.startswith(settings.SANDBOX_URL) for v in servers.network_of(platform, server).values())


def sample_answers(platform: str) -> dict[str, str]:
    """What the sandbox takes in the fields of this network; nothing where it is not in use."""
    if not on_sandbox(platform):
        return {}
    here = f"{settings.SANDBOX_URL}/{platform}"
    return {f.name: f.sample.replace("{sandbox}", here) for f in CONNECTORS[platform].oauth.fields}


# The pending request ----------------------------------------------------------------------------------------


def begin(
    session: MutableMapping[str, Any],
    *,
    platform: str,
    campaign_id: int,
    by: Any,
    channel: Channel | None = None,
) -> Pending:
    flow = CONNECTORS[platform].oauth
    if not flow.configured:
        raise ConnectFailed(
            f"{flow.label} is not set up here: an administrator must enter our app's id and secret first "
            f"(or NETWORK_{platform.upper()}_CLIENT_ID in the environment)."
        )
    pending = Pending(
        state=secrets.token_urlsafe(32),
        platform=platform,
        campaign_id=campaign_id,
        user_id=by.pk,
        channel_id=channel.pk if channel else None,
        began_at=clock.now().isoformat(),
    )
    keep(session, pending)
    return pending


def network_address(session: MutableMapping[str, Any], pending: Pending) -> str:
    """The network's consent page for this request; makes the PKCE pair and keeps its secret half."""
    flow = flow_for(pending)
    with _in_words(flow):
        url, verifier = flow.begin(redirect_uri=callback_url(pending.platform), state=pending.state)
    pending.sealed_verifier = seal(verifier, KEY, pending.state)
    keep(session, pending)
    return url


def keep(session: MutableMapping[str, Any], pending: Pending) -> None:
    now = clock.now()
    rest = {k: v for k, v in _all(session).items() if k != pending.state and not Pending(**v).is_old(now)}
    newest = sorted(rest.items(), key=lambda item: item[1]["began_at"])[-(MOST - 1) :]
    session[KEY] = dict(newest) | {pending.state: asdict(pending)}


def peek(session: MutableMapping[str, Any], state: str, *, by: Any) -> Pending:
    """The request with this state, if it is this person's and not too old."""
    found = _all(session).get(state)
    pending = Pending(**found) if found else None
    if pending is None or pending.user_id != by.pk or pending.is_old(clock.now()):
        raise ConnectFailed(
            "This request is not known here (any more). It lasts ten minutes; please start again."
        )
    return pending


def take(session: MutableMapping[str, Any], state: str, *, by: Any) -> Pending:
    """As peek, and use it up: no state is good for two answers."""
    pending = peek(session, state, by=by)
    session[KEY] = {k: v for k, v in _all(session).items() if k != state}
    return pending


def _all(session: MutableMapping[str, Any]) -> dict[str, dict[str, Any]]:
    return session.get(KEY) or {}


def flow_for(pending: Pending) -> Any:
    """The network's flow, with what was typed or learned for this request."""
    kept = json.loads(unseal(pending.sealed_kept, KEY, pending.state)) if pending.sealed_kept else {}
    return CONNECTORS[pending.platform].oauth.at(kept)


def take_fields(
    session: MutableMapping[str, Any], pending: Pending, typed: Mapping[str, str]
) -> tuple[Grant, list[Account]] | None:
    """Take what was typed on our own page. None: now the network's page comes; else what it led to.

    ConnectFailed with words when the network does not take it; then the same request may be tried again.
    """
    flow = CONNECTORS[pending.platform].oauth
    answers = {f.name: typed.get(f.name, "").strip()[: f.max_length] for f in flow.fields}
    if empty := [f.label for f in flow.fields if not answers[f.name] and not f.optional]:
        raise ConnectFailed(f"Please fill in: {', '.join(empty)}.")
    with _in_words(flow):
        kept = dict(flow.prepare(answers, lambda server: keys.stored(flow.platform, server)))
        _keep_app(flow.platform, kept)
        pending.sealed_kept = seal(json.dumps(kept), KEY, pending.state)
        keep(session, pending)
        bound = flow.at(kept)
        if bound.redirects:
            return None
        grant = bound.sign_in(answers)
        require_scopes(bound, grant)
        return grant, _fitting(pending, bound.accounts(grant))


def _keep_app(platform: str, kept: Mapping[str, str]) -> None:
    """An app that was registered on a server just now is needed again with every renewal."""
    if kept.get("server") and kept.get("client_id"):
        keys.remember(platform, kept["client_id"], kept.get("client_secret", ""), server=kept["server"])


# The answer -------------------------------------------------------------------------------------------------


def answer(
    pending: Pending, *, platform: str, params: MutableMapping[str, str]
) -> tuple[Grant, list[Account]]:
    """Read what the network sent back with the browser; ConnectFailed with words when it is no yes."""
    flow = flow_for(pending)
    if platform != pending.platform:
        raise ConnectFailed("The answer came from another network than the one that was asked.")
    if params.get("error"):
        raise ConnectFailed(refusal(flow.label, params))
    if not params.get("code"):
        raise ConnectFailed(f"{flow.label} sent no code along. Please try again.")
    with _in_words(flow):
        flow.came_back(params)
        grant = flow.exchange(
            params["code"],
            redirect_uri=callback_url(platform),
            verifier=unseal(pending.sealed_verifier, KEY, pending.state),
        )
        require_scopes(flow, grant)
        accounts = flow.accounts(grant)
    return grant, _fitting(pending, accounts)


@contextmanager
def _in_words(flow: Any) -> Iterator[None]:
    """Whatever goes wrong while a network is asked becomes a ConnectFailed for the person at the screen."""
    try:
        yield
    except UnsafeAddress as error:
        raise ConnectFailed(str(error)) from error
    except OAuthFailed as error:
        raise ConnectFailed(str(error)) from error
    except WireError as error:
        raise ConnectFailed(f"{flow.label} could not be asked: {error}. Please try again.") from error
    except (KeyError, TypeError, AttributeError, ValueError, CannotDecrypt) as error:
        raise ConnectFailed(f"{flow.label} gave an answer that cannot be read. Please try again.") from error


def refusal(label: str, params: MutableMapping[str, str]) -> str:
    if params["error"] in SAID_NO:
        return f"{label} was not allowed to let us in: you (or somebody at the same screen) said no. Nothing has changed."
    words = params.get("error_description") or params.get("error_message") or params["error"]
    return f"{label} says: {words[:300]}"


def require_scopes(flow: Any, grant: Grant) -> None:
    """Without these nothing can be published; what else is missing only takes functions away."""
    missing = [s for s in flow.missing(grant.scopes) if s not in flow.optional]
    if missing:
        words = "; ".join(f"{flow.scopes[scope]} ({scope})" for scope in missing)
        again = (
            "Connect again and leave it allowed."
            if flow.redirects
            else "Make a key that has it and try again."
        )
        raise ConnectFailed(f"{flow.label} did not give us what publishing needs: {words}. {again}")


def _fitting(pending: Pending, accounts: list[Account]) -> list[Account]:
    flow = CONNECTORS[pending.platform].oauth
    if not accounts:
        raise ConnectFailed(f"{flow.label} shows no account or page that you may publish with.")
    if pending.channel_id is not None:
        channel = Channel.objects.get(pk=pending.channel_id)
        same = [account for account in accounts if account.remote_id == channel.remote_id]
        if not same:
            others = ", ".join(account.handle for account in accounts)
            raise ConnectFailed(
                f"You signed in as {others}, but this channel is {channel.handle}. "
                f"Sign in there as {channel.handle} and try again."
            )
        accounts = same
    usable = [account for account in accounts if not account.trouble]
    if not usable:
        raise ConnectFailed(" ".join(f"{account.handle}: {account.trouble}" for account in accounts))
    return accounts


def park(
    session: MutableMapping[str, Any], pending: Pending, grant: Grant, accounts: list[Account]
) -> Pending:
    """Keep the accounts to choose from under a new state, sealed."""
    choice = Pending(
        **{**asdict(pending), "state": secrets.token_urlsafe(32), "sealed_verifier": "", "sealed_kept": ""}
    )
    choice.scopes = list(grant.scopes)
    rows = [asdict(account) | {"expires_at": _text(account.expires_at)} for account in accounts]
    choice.sealed_accounts = seal(json.dumps(rows), KEY, choice.state)
    keep(session, choice)
    return choice


def parked(pending: Pending) -> list[Account]:
    try:
        rows = json.loads(unseal(pending.sealed_accounts, KEY, pending.state))
    except CannotDecrypt as error:
        raise ConnectFailed("This request cannot be read any more; please start again.") from error
    return [
        Account(
            **row | {"expires_at": datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None}
        )
        for row in rows
    ]


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


# At rest ----------------------------------------------------------------------------------------------------


def save(
    account: Account,
    *,
    platform: str,
    campaign_id: int,
    scopes: Sequence[str],
    by: Any,
    at: datetime | None = None,
) -> Channel:
    """Store an account and its tokens; the same account in the same campaign keeps its row."""
    at = at or clock.now()
    if account.trouble:
        raise ConnectFailed(f"{account.handle}: {account.trouble}")
    facts = {**account.facts, **_switched_on(account, platform, scopes)}
    with transaction.atomic():
        channel, new = Channel.objects.update_or_create(
            platform=platform,
            remote_id=account.remote_id,
            campaign_id=campaign_id,
            defaults={
                "handle": account.handle,
                "name": account.name,
                "url": account.url,
                "server": account.server,
                "state": ChannelState.CONNECTED,
                "state_reason": "",
                "sandbox": on_sandbox(platform, account.server),
                "scopes": list(scopes),
                "facts": facts,
                "followers": account.followers,
                "connected_by": by,
                "connected_at": at,
                "checked_at": at,
                "followers_at": at,
            },
        )
        _store_tokens(channel, account, at)
        log(instance=channel, action="channels.connect" if new else "channels.reconnect", user=by)
        channel_connected.send(Channel, channel=channel, by=by)
    return channel


def _switched_on(account: Account, platform: str, scopes: Sequence[str]) -> Mapping[str, Any]:
    """Facts about whether the network will call us; that it could not be asked only means that we hear later."""
    try:
        return CONNECTORS[platform].oauth.switch_on(account, scopes)
    except (OAuthFailed, WireError):
        return {"calls_us": False}


def _store_tokens(channel: Channel, account: Account, at: datetime) -> None:
    """The fence moves on, so that a refresh under way with the old tokens writes nothing."""
    Credential.objects.get_or_create(channel=channel)
    seal_for = {name: Credential._meta.get_field(name).seal_for for name in ("access_token", "refresh_token")}
    flow = flow_of(channel)
    Credential.objects.filter(pk=channel.pk).update(
        access_token=seal_for["access_token"](channel.pk, account.access_token),
        refresh_token=seal_for["refresh_token"](channel.pk, account.refresh_token),
        token_expires_at=account.expires_at,
        refresh_began_at=None,
        refreshed_at=at,
        next_action_at=flow.next_refresh(now=at, expires_at=account.expires_at),
        lease_owner="",
        lease_until=None,
        tries=0,
        last_error="",
        fence=F("fence") + 1,
        version=F("version") + 1,
        extra=dict(account.extra),
    )


def disconnect(channel: Channel, *, by: Any) -> Returned:
    """Give the permission back at the network where it can be, then forget the tokens, whatever came of it."""
    keyless = not Credential.objects.filter(pk=channel.pk).exists()
    if keyless and Channel.objects.filter(pk=channel.pk, state=ChannelState.DISCONNECTED).exists():
        return Returned.BEFORE
    returned = _give_back(channel)
    with transaction.atomic():
        Credential.objects.filter(pk=channel.pk).delete()
        Channel.objects.filter(pk=channel.pk).update(
            state=ChannelState.DISCONNECTED, state_reason="", scopes=[], checked_at=clock.now()
        )
        channel.refresh_from_db()
        log(
            instance=channel,
            action="channels.disconnect",
            user=by,
            data={"network_told": returned is Returned.TOLD},
        )
        channel_disconnected.send(Channel, channel=channel, by=by)
    return returned


def carries_others(channel: Channel) -> bool:
    """Whether giving back this account's key would end another one here: of another account of the same person, or of
    the same account in another campaign. Where nobody noted whose a shared permission is, it may be anybody's.
    """
    flow = CONNECTORS[channel.platform].oauth
    credentials = Credential.objects.filter(channel__platform=channel.platform)
    if not flow.shared:
        same = credentials.filter(channel__remote_id=channel.remote_id).exclude(pk=channel.pk)
        return not flow.one_key and same.exists()
    people = {each.pk: each.extra.get("person") for each in credentials}
    own = people.pop(channel.pk, None)
    return any(not own or other in (own, None, "") for other in people.values())


def _give_back(channel: Channel) -> Returned:
    if type(CONNECTORS[channel.platform].oauth).revoke is Flow.revoke:
        return Returned.NO_WAY
    if carries_others(channel):
        return Returned.KEPT
    try:
        key = Credential.objects.get(pk=channel.pk)
        told = flow_of(channel).revoke(access_token=key.access_token, refresh_token=key.refresh_token)
    except (Credential.DoesNotExist, CannotDecrypt, OAuthFailed, WireError):
        return Returned.FAILED
    except (KeyError, TypeError, AttributeError, ValueError):  # an answer that cannot be read
        return Returned.FAILED
    return Returned.TOLD if told else Returned.FAILED
