"""Asking a network for a publication's numbers, and keeping what it said."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from channels.connectors.base import PublishedRef, Reading
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState
from channels.service import check_channel, context
from engagement.core.metrics import NAMES
from engagement.core.schedule import pause
from engagement.models import MetricPull, Snapshot
from publishing.domain import budget
from publishing.models import Publication
from work import claim, clock

log = logging.getLogger(__name__)
AFTER_TROUBLE = timedelta(minutes=10)
WORKER = "metrics"


class NoNumbers(Exception):
    """The network could not be asked, or gave nothing; the words are for people."""


def went_out(publication: Publication, **kwargs: Any) -> None:
    """Order the first pull, in the transaction that says the publication is out. Harmless when called again."""
    wait = _pause(timedelta(0), 0)
    MetricPull.objects.get_or_create(publication=publication, defaults={"next_action_at": clock.now() + wait})


def pull(row: MetricPull) -> None:
    """Ask once, keep the answer, set the next date. Trouble is no loss: the same question is asked again later."""
    publication = Publication.objects.select_related("channel", "variant").get(pk=row.publication_id)
    now, channel = clock.now(), publication.channel
    if wait_s := budget.take_spare(CONNECTORS[channel.platform], channel, now):
        claim.release(row, next_action_at=now + timedelta(seconds=wait_s))
        return
    try:
        reading = ask(publication)
    except Exception as trouble:
        reason = str(trouble) if isinstance(trouble, NoNumbers) else type(trouble).__name__
        log.warning("No numbers of %s: %s", publication.pk, reason)
        retry_at = clock.now() + AFTER_TROUBLE / settings.METRICS_PACE
        claim.release(row, next_action_at=retry_at, tries=row.tries + 1, last_error=reason)
        return
    with transaction.atomic():
        unchanged = row.unchanged + 1 if keep(publication, reading) else 0
        wait = _pause(reading.at - publication.published_at, unchanged)
        claim.release(
            row,
            next_action_at=reading.at + wait if wait else None,
            pulled_at=reading.at,
            unchanged=unchanged,
            tries=0,
            last_error="",
        )


def ask(publication: Publication) -> Reading:
    """Read one publication's numbers from its network. Raises NoNumbers, a token's or the wire's exception."""
    channel = publication.channel
    if channel.state not in (ChannelState.CONNECTED, ChannelState.BLOCKED):
        raise NoNumbers(f"{channel} is not connected")
    ref = PublishedRef(
        publication_id=str(publication.pk),
        remote_id=publication.remote_id,
        parts=publication.remote_parts(),
        format=publication.variant.format,
        published_at=publication.published_at,
    )
    (reading,) = CONNECTORS[channel.platform].metrics(context(channel, worker=WORKER), [ref])
    if reading.problem:
        raise NoNumbers(reading.problem)
    return reading


def keep(publication: Publication, reading: Reading) -> bool:
    """Store a reading; return whether it says the same as the one before."""
    values = {name: reading.metrics.get(name) for name in NAMES}
    before = publication.snapshots.order_by("-at").first()
    Snapshot.objects.create(
        publication=publication,
        at=reading.at,
        age_s=max(0, int((reading.at - publication.published_at).total_seconds())),
        followers=publication.channel.followers,
        raw=dict(reading.raw),
        **values,
    )
    return before is not None and all(getattr(before, name) == values[name] for name in NAMES)


def refresh_followers() -> None:
    """Read each connected channel's own figures (followers, limits). Safe to repeat; trouble is on the channel."""
    for channel in Channel.objects.filter(state=ChannelState.CONNECTED):
        check_channel(channel, worker=WORKER)


def _pause(age: timedelta, unchanged: int) -> timedelta | None:
    return pause(age, unchanged=unchanged, pace=settings.METRICS_PACE)
