"""Reading what people say, a page at a time, inside what publishing leaves of the network's budget."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from access import policy
from channels.connectors.abilities import Read
from channels.connectors.base import OutcomeKind, PublishedRef
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import MessageKind, Messages, Wanted
from channels.models import Channel, ChannelState
from channels.service import context
from channels.tokens import TokenError
from community import facts, ingest, timing
from community.core import clean, rhythm
from community.models import Conversation, Message, Pull
from engagement import spending
from formats.variants import zone_of
from publishing.core.states import State
from publishing.domain import budget, silence
from publishing.models import Publication
from work import claim, clock, outbox

log = logging.getLogger(__name__)
WORKER = "conversations"
PAGES_AT_ONCE = 5
MOST_PAGES = (
    200  # in a row that tell nothing which this round has not told: the network goes round in circles
)
CIRCLES = "The network's list of messages does not come to an end. It is read again from the beginning later."
DEEPER = (
    "There, more messages were written than {label} tells a program at once. Hustings has the newest ones; "
    "read the others in the network's own app."
)
SILENCE = (
    "Nothing could be read there after {since}, and {label} tells a program only what was written from {reach} on. What "
    "lies between stands in the network's own app only."
)
PAGE = 100
CUT = "left-out|"  # before the cursor of a round one of whose pages left something out
SAID_AFTER = 3  # times in a row, people are told that something cannot be read
AFTER_TROUBLE = timedelta(minutes=5)
MOST_TROUBLE = timedelta(hours=6)
OF_CHANNEL = (Read.MENTIONS, Read.DIRECT)


# Which rows there are -------------------------------------------------------------------------------------------


def went_out(publication: Publication, **kwargs: Any) -> None:
    """Order the reading of a post's comments, in the transaction that says it is out. Harmless when repeated."""
    if publication.variant_id is None:
        return
    if Read.COMMENTS in CONNECTORS[publication.channel.platform].reads:
        Pull.objects.get_or_create(
            publication=publication,
            what=Read.COMMENTS,
            defaults={
                "channel_id": publication.channel_id,
                "next_action_at": clock.now() + _wait(publication, 0, publication.channel),
            },
        )


def connected(channel: Channel, **kwargs: Any) -> None:
    """Order the reading of a channel's mentions and private messages, where its network tells them."""
    for what in OF_CHANNEL:
        if what in CONNECTORS[channel.platform].reads:
            Pull.objects.get_or_create(
                channel=channel, what=what, publication=None, defaults={"next_action_at": clock.now()}
            )
    young = Q(publication__published_at__gte=clock.now() - rhythm.POST[-1][0])
    asleep = Pull.objects.filter(Q(publication=None) | young, channel=channel, next_action_at=None)
    asleep.update(next_action_at=clock.now())  # what was put to rest when the account was disconnected


def ensure() -> None:
    """Make the rows that are missing: of channels and posts that were there before this house. Safe to repeat."""
    for channel in Channel.objects.filter(state=ChannelState.CONNECTED):
        connected(channel)
    since = clock.now() - rhythm.POST[-1][0]
    missing = Publication.objects.filter(
        state=State.PUBLISHED, published_at__gte=since, talk_pulls=None, variant__isnull=False
    )
    for publication in missing.select_related("channel")[:500]:
        went_out(publication)


def heard(channel: Channel, messages: Any, at: datetime | None = None, **kwargs: Any) -> None:
    """What a webhook's hint named was read back: keep it. ``at``: when the network was asked, or called us."""
    ingest.store(channel, messages, at=at or clock.now())


def limit_saved(instance: Any, **kwargs: Any) -> None:
    """A campaign was saved: where its limit has room now, what had to wait for it is due at once."""
    waiting = Pull.objects.filter(channel__campaign=instance.pk, problem__startswith=spending.REACHED)
    if waiting.exists() and spending.has_room(instance.pk, clock.now()):
        waiting.filter(next_action_at__gt=clock.now()).update(next_action_at=clock.now())


# One row --------------------------------------------------------------------------------------------------------


def run(row: Pull) -> None:
    """Read some pages of a round. Every page is kept with the cursor of the next one, so that nothing is lost
    when the worker dies; reading a page twice is harmless.
    """
    channel = Channel.objects.get(pk=row.channel_id)
    connector = CONNECTORS[channel.platform]
    if Read(row.what) not in connector.reads or channel.state == ChannelState.DISCONNECTED:
        claim.release(row, next_action_at=None)
        return
    for _ in range(PAGES_AT_ONCE):
        now = clock.now()
        claim.renew(row)
        if until := silence.left_alone_until(connector, channel, now):
            claim.release(row, next_action_at=until)
            return
        if wait_s := budget.take_spare(connector, channel, now):
            claim.release(row, next_action_at=now + timedelta(seconds=wait_s))
            return
        if until := spending.closed_until(connector, channel.campaign_id, _most(row), now):
            claim.release(
                row, next_action_at=until, problem=spending.WORDS.format(until=spending.next_month(now))
            )
            return
        begin(row, now)
        try:
            ctx = context(channel, worker=WORKER)
            ctx.wire.guard = silence.Keeping([row])
            page = connector.read(wanted(row), ctx)
        except TokenError as error:
            page = Messages(cursor=row.cursor, problem=str(error))
        else:
            silence.heard(connector, channel, page.outcome, clock.now())
        if page.problem:
            _trouble(row, page, now)
            return
        if _keep(row, channel, page, now):
            return
    claim.release(row, next_action_at=clock.now())


def begin(row: Pull, now: datetime) -> None:
    """Start a round, unless one is under way. Once a day everything is read, so that what is gone is noticed."""
    if row.round_at is not None:
        return
    whole = row.read_at is None or row.whole_at is None or now - row.whole_at >= _paced(rhythm.WHOLE)
    since: datetime | None
    if row.what == Read.COMMENTS:
        since = None if whole else row.read_at - rhythm.OVERLAP
    elif row.read_at is None:
        since = now - rhythm.FIRST
    else:
        since = row.read_at - rhythm.OVERLAP
        if whole:
            since = min(since, now - rhythm.WHOLE_REACH)  # after a long silence all of it
    claim.write(row, round_at=now, since=since, cursor="", pages=0, found=0, whole=whole)


def wanted(row: Pull) -> Wanted:
    post = None
    if row.publication_id is not None:
        publication = Publication.objects.select_related("variant").get(pk=row.publication_id)
        post = PublishedRef(
            publication_id=str(publication.pk),
            remote_id=publication.remote_id,
            parts=publication.remote_parts(),
            format=publication.payload.get("format", ""),
            published_at=publication.published_at,
        )
    return Wanted(Read(row.what), post, row.since, row.cursor.removeprefix(CUT), PAGE)


def _keep(row: Pull, channel: Channel, page: Messages, now: datetime) -> bool:
    """Keep a page, and say where to go on. True when the row has been given back.

    The last page of a round is kept before what is gone: cut off between the two, it is read again.
    """
    page = _with_late(channel, page)
    fresh = _tells_anew(row, channel, page)
    with transaction.atomic():
        _charge(row, channel, page, now)
        gaps = _gaps(channel, page)
        stored = ingest.store(channel, page.found, at=now, publication=row.publication)
        _tell_gaps(channel, gaps, row)
        _tell_silence(channel, page, row)
        found = row.found + len(stored.new) + stored.changed
        if page.cursor and page.cursor != row.cursor.removeprefix(CUT):
            pages = 0 if fresh else row.pages + 1
            if pages >= MOST_PAGES:
                _trouble(row, Messages(problem=CIRCLES), now)
                return True
            cut = CUT if page.cut or row.cursor.startswith(CUT) else ""
            cursor = f"{cut}{page.cursor}"
            claim.write(row, cursor=cursor, pages=pages, found=found, problem="", tries=0)
            return False
        whole = page.complete and not page.cut and not row.cursor.startswith(CUT)
        # Lists of comments are read until they are older: answers to what is older still are not in them.
        if not (whole and (row.whole or row.what != Read.COMMENTS)):
            _end(row, channel, now, found)
            return True
    with transaction.atomic():  # of its own: the page still held its conversations (ingest.hold)
        since = max(filter(None, (row.since, page.reach)), default=None)
        found += ingest.gone(channel, _scope(row), round_at=row.round_at, since=since, at=now)
        _end(row, channel, now, found)
    return True


def _with_late(channel: Channel, page: Messages) -> Messages:
    """With what was said before it was asked for, as far as it is told for the first time."""
    if not page.late:
        return page
    names = {clean.key(message.remote_id) for message in page.late}
    known = set(
        Message.objects.filter(channel=channel, remote_id__in=names).values_list("remote_id", flat=True)
    )
    new = tuple(message for message in page.late if clean.key(message.remote_id) not in known)
    return replace(page, found=page.found + new, late=())


def _most(row: Pull) -> spending.Taken:
    """What a page may be charged at most: each message of somebody else."""
    return spending.Taken(people=PAGE, **({"messages": PAGE} if row.what == Read.DIRECT else {"posts": PAGE}))


def _charge(row: Pull, channel: Channel, page: Messages, now: datetime) -> None:
    """Where reading costs, each message and each person is charged once on a day by UTC, however often they are told.

    Our own account is charged when its followers are read.
    """
    connector = CONNECTORS[channel.platform]
    if not spending.is_charged(connector):
        return
    names = _keys(page)
    people = {clean.key(m.author_id) for m in page.found if m.author_id and not m.ours}
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    told = Message.objects.filter(told_at__gte=today)
    known = told.filter(author__platform=channel.platform, author__remote_id__in=people)
    new = len(names) - told.filter(channel=channel, remote_id__in=names).count()
    taken = spending.Taken(
        posts=0 if row.what == Read.DIRECT else new,
        messages=new if row.what == Read.DIRECT else 0,
        people=len(people) - known.values("author").distinct().count(),
    )
    spending.note_taken(connector, channel.campaign_id, taken, now)


def _keys(page: Messages) -> set[str]:
    return {clean.key(message.remote_id) for message in page.found if message.remote_id}


def _tells_anew(row: Pull, channel: Channel, page: Messages) -> bool:
    """Whether a page tells something that this round has not told yet."""
    names = _keys(page)
    told = Message.objects.filter(channel=channel, remote_id__in=names, told_at__gte=row.round_at)
    return told.count() < len(names)


def _gaps(channel: Channel, page: Messages) -> dict[str, str]:
    """Threads of which the network leaves out what may be new: nothing that it tells was known. By the oldest one's id."""
    known = set(
        Message.objects.filter(channel=channel, remote_id__in=_keys(page)).values_list("remote_id", flat=True)
    )
    found = {}
    for name in page.deeper:
        told = [m for m in page.found if m.remote_id and name in (m.conversation_id, m.parent_id)]
        if told and not any(clean.key(m.remote_id) in known for m in told):
            found[name] = clean.key(min(told, key=lambda m: m.at).remote_id)
    return found


def _tell_gaps(channel: Channel, gaps: dict[str, str], row: Pull) -> None:
    for name, message in gaps.items():
        talk = Conversation.objects.get(channel=channel, messages__remote_id=message)
        Message.objects.filter(channel=channel, remote_id=message).update(gap_before=True)
        outbox.tell(
            facts.team(channel.campaign_id, policy.REPLY, on=talk),
            subject=f"Not all messages could be read: {channel}",
            body=DEEPER.format(label=CONNECTORS[channel.platform].label),
            url=reverse("community:conversation", args=[talk.pk]),
            event_id=f"community.deeper.{channel.pk}.{name[:60]}.{row.round_at:%Y%m%d}",
            kind="talk_deeper",
            mail=False,
        )


def _tell_silence(channel: Channel, page: Messages, row: Pull) -> None:
    """Who answers there is told when an account was silent for longer than its network reaches back."""
    if row.read_at is None or page.reach is None or page.reach <= row.read_at:
        return
    zone = ZoneInfo(zone_of(channel.campaign))
    since, reach = (f"{at.astimezone(zone):%-d %B %Y, %H:%M}" for at in (row.read_at, page.reach))
    outbox.tell(
        facts.team(channel.campaign_id, policy.REPLY, on=channel),
        subject=f"Not all messages could be read: {channel}",
        body=SILENCE.format(since=since, reach=reach, label=CONNECTORS[channel.platform].label),
        url=reverse("community:inbox"),
        event_id=f"community.silence.{row.pk}.{row.round_at:%Y%m%d%H%M%S}",
        kind="talk_deeper",
        mail=False,
    )


def _end(row: Pull, channel: Channel, now: datetime, found: int) -> None:
    quiet = 0 if found else row.quiet + 1
    wait = _wait(row.publication, quiet, channel)
    claim.release(
        row,
        next_action_at=now + wait if wait else None,
        read_at=row.round_at,
        whole_at=row.round_at if row.whole else row.whole_at,
        round_at=None,
        cursor="",
        quiet=quiet,
        tries=0,
        problem="",
        last_error="",
    )


def _scope(row: Pull) -> Q:
    """The messages that a round of this row shows."""
    if row.what == Read.COMMENTS:
        return Q(post_id=row.publication.remote_id, kind__in=[MessageKind.COMMENT, MessageKind.REPLY])
    return Q(kind=MessageKind.MENTION if row.what == Read.MENTIONS else MessageKind.DIRECT)


def _trouble(row: Pull, page: Messages, now: datetime) -> None:
    """Come back later; a cursor that the network no longer knows begins the round anew."""
    kind = page.outcome.kind if page.outcome else ""
    log.warning("conversations, %s: %s", row, page.problem)
    tries = row.tries + 1
    wait = min(AFTER_TROUBLE * 2 ** min(tries - 1, 10), MOST_TROUBLE) / _pace()
    if kind == OutcomeKind.RATE and page.outcome and page.outcome.retry_after_s:
        wait = max(wait, timedelta(seconds=page.outcome.retry_after_s))
    fields: dict[str, Any] = {}
    if row.cursor and kind not in (OutcomeKind.RATE, OutcomeKind.NOT_SENT, OutcomeKind.UNKNOWN):
        fields = {"round_at": None, "cursor": ""}
    claim.release(
        row,
        next_action_at=now + wait,
        tries=tries,
        problem=page.problem[:2000],
        last_error=str(kind),
        **fields,
    )


def troubles(channels: Iterable[Channel]) -> list[Pull]:
    """One row for each of these accounts of which something could not be read again and again."""
    rows = Pull.objects.filter(channel__in=list(channels), tries__gte=SAID_AFTER).exclude(problem="")
    return list({row.channel_id: row for row in rows.select_related("channel").order_by("pk")}.values())


def untold(channels: Iterable[Channel]) -> dict[str, list[Channel]]:
    """The accounts of which no network tells a program anything that people say, by the network's name."""
    told = {Read.COMMENTS, *OF_CHANNEL}
    found: dict[str, list[Channel]] = {}
    for channel in channels:
        connector = CONNECTORS[channel.platform]
        if channel.state != ChannelState.DISCONNECTED and not told & (connector.reads | connector.hears):
            found.setdefault(connector.label, []).append(channel)
    return found


def _wait(publication: Publication | None, quiet: int, channel: Channel) -> timedelta | None:
    age = None
    if publication is not None:
        age = clock.now() - (publication.published_at or clock.now())
    return rhythm.pause(age, quiet=quiet, pace=_pace(), target=timing.soonest(channel))


def _paced(span: timedelta) -> timedelta:
    return span / _pace()


def _pace() -> float:
    return min(max(settings.METRICS_PACE, 1.0), rhythm.FASTEST)
