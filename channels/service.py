"""The public door of this house: everything a caller needs to use a connector on a channel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction

from channels.connectors.base import Connector, Context, MediaChanged, Outcome, OutcomeKind, Refused
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState
from channels.signals import channel_checked
from channels.tokens import TokenError, fresh_token, need_reconnect
from channels.wire import Wire, WireError
from work import clock


def context(
    channel: Channel,
    *,
    worker: str,
    now: datetime | None = None,
    token: str | None = None,
    guard: Callable[[], None] | None = None,
    **more: Any,
) -> Context:
    """Return a Context with a token that works. May refresh it: not inside a transaction.

    ``more`` are fields of Context (payload, refs, intent_at, renew). Raises channels.tokens.TokenError.
    """
    wire = Wire(channel, token=fresh_token(channel, worker=worker) if token is None else token, guard=guard)
    return Context(
        channel=channel,
        wire=wire,
        now=now or clock.now(),
        open_media=open_media,
        public_url=public_url,
        **more,
    )


def open_media(media: Mapping[str, Any]) -> Path:
    """Return the file of one media entry of a payload, held against the digest that was approved."""
    path = _path(media["file"])
    if not path.is_file():
        raise MediaChanged(f"{media['file']} is missing")
    stat = path.stat()
    if media.get("sha256") and _digest(path, stat.st_mtime_ns, stat.st_size) != media["sha256"]:
        raise MediaChanged(f"{media['file']} is not the file that was approved")
    return path


def public_url(media: Mapping[str, Any]) -> str:
    """Return the address where a network can fetch one media entry; checks the file as open_media does."""
    open_media(media)
    return f"{settings.PUBLIC_URL}{settings.MEDIA_URL}{quote(media['file'])}"


def _path(name: str) -> Path:
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise MediaChanged(f"{name} lies outside the media folder")
    return path


@lru_cache(maxsize=256)
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_channel(
    channel: Channel, *, worker: str = "check", refused: Callable[[Outcome], None] | None = None
) -> list[str]:
    """Ask the network how the channel is; store what it says; return what is wrong, for its people.

    ``refused`` hears of a refusal, with what the network says of waiting, and of an answer that did not come.
    """
    connector = CONNECTORS[channel.platform]
    try:
        ctx, facts = _account(connector, context(channel, worker=worker), worker)
    except TokenError as error:
        return [str(error)]
    except Refused as refusal:
        if refusal.outcome.kind == "auth":
            need_reconnect(channel, refusal.outcome.message)
            return [str(refusal)]
        if refused is not None:
            refused(refusal.outcome)
        return _noted(channel, [refusal.outcome.message])
    except WireError as error:
        if refused is not None:
            refused(Outcome(OutcomeKind.NOT_SENT, code=error.code, message=str(error)))
        return [f"{connector.label} could not be asked: {error}."]
    except (KeyError, TypeError, AttributeError, ValueError):
        return [f"{connector.label} gave an answer that cannot be read."]
    return _noted(channel, connector.preflight(channel, ctx), facts)


def _account(connector: Connector, ctx: Context, worker: str) -> tuple[Context, dict[str, Any]]:
    """What the network says of the account, and with which key; one that it refuses is renewed once."""
    try:
        return ctx, connector.account(ctx)
    except Refused as refusal:
        if refusal.outcome.kind != "auth":
            raise
    token = fresh_token(ctx.channel, worker=worker, refused=ctx.wire.token)
    ctx = context(ctx.channel, worker=worker, token=token)
    return ctx, connector.account(ctx)


def _noted(channel: Channel, problems: list[str], facts: Mapping[str, Any] | None = None) -> list[str]:
    """Write down a check; a channel that answers is connected again."""
    fields: dict[str, Any] = {"checked_at": clock.now(), "state_reason": " ".join(problems)}
    if facts is not None:
        fields |= {name: facts[name] for name in ("handle", "name", "url", "followers")}
        fields |= {"facts": {**channel.facts, **facts["facts"]}, "followers_at": fields["checked_at"]}
    with transaction.atomic():
        states = [ChannelState.CONNECTED, ChannelState.BLOCKED]
        if facts is not None and not problems:
            fields["state"] = ChannelState.CONNECTED
        Channel.objects.filter(pk=channel.pk, state__in=states).update(**fields)
        if facts is not None:
            channel_checked.send(sender=Channel, channel=channel, facts=facts, at=fields["checked_at"])
    channel.refresh_from_db()
    return problems


__all__ = ["CONNECTORS", "MediaChanged", "check_channel", "context", "open_media", "public_url"]
