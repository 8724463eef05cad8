"""Looking ahead: what would stop a post is found, and told, before its time. It never stops one itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from channels import tokens
from channels.connectors.base import Context, Trouble, TroubleKind
from channels.models import ChannelState
from channels.wire import Wire
from publishing import limits
from publishing.core.shapes import Now, Sleep
from publishing.core.states import WORKED, State
from publishing.domain import people
from publishing.models import AccountCheck, Publication
from work import claim, clock

if TYPE_CHECKING:
    from publishing.domain.before import Before

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)  # posts that go out about the same time share one look at their account
ASKING_S = 90.0
OTHERS_S = 2.0  # until the worker that is just looking is asked again

_STATES = {
    ChannelState.RECONNECT: TroubleKind.TOKEN,
    ChannelState.DISCONNECTED: TroubleKind.TOKEN,
    ChannelState.BLOCKED: TroubleKind.ACCOUNT,
}


def look_ahead(run: Before, now: Now) -> Sleep | None:
    """Check and write down what was found; Sleep when another worker is just asking about the account."""
    account = _account(run, now)
    if account is None:
        state = State.WAITING if run.pub.state == State.WAITING else State.SCHEDULED
        return Sleep(min(now.due_at, now.at + timedelta(seconds=OTHERS_S)), state)
    troubles = [*account, *_own(run, now)]
    at = clock.now()
    with transaction.atomic():
        run.write(preflight_at=now.at)
        found = " ".join(troubles) or "Nothing stands in the way."
        run.event("checked", {"found": found, "kinds": sorted({t.kind.value for t in troubles})}, at)
        for trouble in troubles:
            _tell(run.pub, trouble, at)
    return None


def _account(run: Before, now: Now) -> list[Trouble] | None:
    """The channel's troubles, asked at most every ten minutes; None while somebody else is asking."""
    channel = run.channel
    if kind := _STATES.get(channel.state):
        words = channel.state_reason or f"{channel.handle} must be connected again."
        return [Trouble(words, kind)]
    row, _ = AccountCheck.objects.get_or_create(channel_id=channel.pk)
    if row.checked_at is not None and timedelta(0) <= now.at - row.checked_at < FRESH:
        return [Trouble(words, TroubleKind(kind)) for kind, words in row.troubles]
    free = Q(asking_until=None) | Q(asking_until__lte=now.at)
    asking = {"asking_until": now.at + timedelta(seconds=ASKING_S)}
    if not AccountCheck.objects.filter(free, pk=channel.pk).update(**asking):
        return None
    claim.renew(run.pub, lease_s=run.times.lease_s)
    troubles = _ask(run, now)
    AccountCheck.objects.filter(pk=channel.pk).update(
        checked_at=now.at, asking_until=None, troubles=[[t.kind.value, str(t)] for t in troubles]
    )
    return troubles


def _ask(run: Before, now: Now) -> list[Trouble]:
    """Ask the network about the account."""
    return _with_token(run, now, lambda ctx: run.connector.preflight(run.channel, ctx))


def _foreseen(run: Before, now: Now) -> list[Trouble]:
    """What the network says against this very post, where it can be asked; the account's troubles are told already."""
    payload = run.version.payload
    if not run.connector.foresees(payload) or run.channel.state in _STATES:
        return []
    claim.renew(run.pub, lease_s=run.times.lease_s)
    found = _with_token(run, now, lambda ctx: run.connector.foreseen(payload, ctx))
    return [trouble for trouble in found if trouble.kind is TroubleKind.QUOTA]


def _with_token(run: Before, now: Now, ask: Callable[[Context], list[Trouble]]) -> list[Trouble]:
    """Ask with a token that is good; a refused one is renewed once. Trouble in ourselves must not stop a post."""
    refused = ""
    for _ in range(2):
        try:
            token = tokens.fresh_token(run.channel, worker=run.pub.lease_owner, refused=refused)
            wire = Wire(run.channel, token=token)
            found = ask(Context(run.channel, wire, now.at))
        except tokens.ReconnectNeeded as error:
            return [Trouble(str(error), TroubleKind.TOKEN)]
        except tokens.TokenError as error:
            return [Trouble(f"{error}.", TroubleKind.REACH)]
        if not any(trouble.kind is TroubleKind.TOKEN for trouble in found):
            return list(found)
        refused = token
    return list(found)


def _own(run: Before, now: Now) -> list[Trouble]:
    """What only this post has: its files, and a limit that outlasts its time."""
    troubles = _foreseen(run, now)
    if why := run.wrong_file():
        troubles.append(Trouble(why, TroubleKind.MEDIA))
    until = limits.held_until(run.limit_keys(), now.at, tripped=False)
    if until is not None and until > now.due_at:
        words = f"The network wants no more posts before {until:%H:%M} UTC."
        troubles.append(Trouble(words, TroubleKind.QUOTA))
    return troubles


def _tell(publication: Publication, trouble: Trouble, at: Any) -> None:
    """Tell each sort once: a file's per post, an account's once a day, however many posts wait for it."""
    due = f"It is due at {publication.due_at:%Y-%m-%d %H:%M} UTC."
    event_id = f"ahead.{publication.pk}.{trouble.kind}"
    if trouble.kind is not TroubleKind.MEDIA:
        event_id = f"ahead.channel.{publication.channel_id}.{trouble.kind}.{at:%Y%m%d}"
        planned = Publication.objects.filter(channel_id=publication.channel_id, state__in=WORKED)
        others = planned.exclude(pk=publication.pk).filter(due_at__gt=at).count()
        if others:
            due += f" {others} more posts are planned on this account."
    people.tell(
        publication,
        "preflight",
        subject="May not go out",
        body=f"{trouble}\n\n{due} There is still time to mend it.",
        event_id=event_id,
    )
