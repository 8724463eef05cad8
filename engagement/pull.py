"""Asking a network for publications' numbers: one channel's due ones together, and keeping what it said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from channels.connectors.base import Outcome, OutcomeKind, PublishedRef, Reading, Refused
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState
from channels.service import check_channel, context
from engagement import accounts, spending
from engagement.core import schedule
from engagement.models import MetricPull, Oddity, OddityKind
from engagement.rollups import age_anew, keep_all
from publishing import limits
from publishing.domain import budget, moment, silence
from publishing.models import Publication
from work import claim, clock

log = logging.getLogger(__name__)
WORKER = "metrics"
Pair = tuple[MetricPull, Publication]
PASSING = frozenset({OddityKind.GONE, OddityKind.PART})


class NoNumbers(Exception):
    """The network could not be asked, or gave nothing; the words are for people."""


def went_out(publication: Publication, **kwargs: Any) -> None:
    """Order the first pull, in the transaction that says the publication is out. Harmless when called again.

    It may have been out for a while: its age counts from when it went out.
    Answers and other acts have no numbers of their own.
    """
    if publication.variant_id is None:
        return
    now = clock.now()
    wait = _pause(CONNECTORS[publication.channel.platform], publication, now, 0)
    if publication.out_until is not None:  # the network may know when that was
        soon = schedule.pause(timedelta(0), pace=settings.METRICS_PACE)
        wait = min(filter(None, (wait, soon)))
    MetricPull.objects.get_or_create(
        publication=publication,
        defaults={
            "next_action_at": None if wait is None else now + wait,
            "thin_at": now + timedelta(days=settings.NUMBERS_FINE_DAYS + 2),
        },
    )


def pull(row: MetricPull) -> None:
    """Ask once, for this row and what else of its channel is due; keep the answers, set the next dates.

    Trouble is no loss: the same question is asked again later.
    """
    now = clock.now()
    pairs = _with_mates(row, now)
    channel = pairs[0][1].channel
    connector = CONNECTORS[channel.platform]
    if until := _held_until(connector, channel, now):
        for each, _ in pairs:
            claim.release(each, next_action_at=until)
        return
    if wait_s := budget.take_spare(connector, channel, now, calls=_calls(connector, pairs)):
        _put_off(pairs, now, timedelta(seconds=wait_s))
        return
    pairs, dear = spending.within_cap(connector, pairs, now)
    if dear:
        _wait_for_money(dear, now)
    if not pairs:
        return
    _has_money([row for row, _ in pairs], now)
    try:
        readings = ask(
            channel,
            [publication for _, publication in pairs],
            taken=_calls(connector, pairs),
            guard=silence.Keeping([row for row, _ in pairs]),
        )
    except Exception as trouble:
        silence.heard(connector, channel, trouble, clock.now())
        if isinstance(trouble, Refused) and trouble.outcome.kind == OutcomeKind.RATE:
            _slow_down(channel, pairs, trouble.outcome.retry_after_s)
            return
        reason = str(trouble) if isinstance(trouble, NoNumbers) else type(trouble).__name__
        log.warning("No numbers of %s: %s", channel.pk, reason)
        for each, publication in pairs:
            _try_later(each, publication, reason)
        return
    silence.heard(connector, channel, None, clock.now())
    _take_down_each(connector, list(zip(pairs, readings, strict=True)))


def ask(
    channel: Channel,
    publications: Sequence[Publication],
    *,
    taken: int = 0,
    guard: Callable[[], None] | None = None,
) -> list[Reading]:
    """Read publications' numbers from their network. Raises NoNumbers, a token's or the wire's exception.

    ``taken`` calls are booked already; what it took beyond them is booked too, whatever came of it. ``guard`` is asked
    before each call.
    """
    if channel.state not in (ChannelState.CONNECTED, ChannelState.BLOCKED):
        raise NoNumbers(f"{channel} is not connected")
    refs = [
        PublishedRef(
            publication_id=str(publication.pk),
            remote_id=publication.remote_id,
            parts=publication.remote_parts(),
            format=publication.variant.format,
            published_at=publication.published_at,
        )
        for publication in publications
    ]
    connector, ctx = CONNECTORS[channel.platform], context(channel, worker=WORKER)
    ctx.wire.guard = guard
    try:
        return connector.metrics(ctx, refs)
    finally:
        budget.spend(connector, channel, clock.now(), calls=ctx.wire.answers - taken)


def refresh_followers(keep: Callable[[], None] = lambda: None) -> None:
    """Read each connected channel's own figures (followers, limits) once a day of its campaign; trouble is on the channel.

    Safe to repeat. Inside what reading may take, as the numbers of posts: who has to wait comes in the next round, and so
    do the other accounts of a network that does not answer. ``keep`` is called before each account.
    """
    for channel in Channel.objects.filter(state=ChannelState.CONNECTED).order_by("pk"):
        keep()
        try:
            now, connector = clock.now(), CONNECTORS[channel.platform]
            if accounts.told_today(channel, now) or _held_until(connector, channel, now):
                continue
            if spending.closed_until(connector, channel.campaign_id, spending.Taken(people=1), now):
                continue
            if budget.take_spare(connector, channel, now):
                continue
            check_channel(channel, worker=WORKER, refused=partial(_told, channel))
        except Exception as trouble:
            log.warning("Channel %s could not be checked: %s", channel.pk, type(trouble).__name__)


def _with_mates(row: MetricPull, now: datetime) -> list[Pair]:
    """The row and other due ones of its channel, claimed for the same worker, as many as the network takes at once."""
    channel = Channel.objects.get(publications=row.publication_id)
    most = CONNECTORS[channel.platform].numbers_at_once
    rows = [row]
    if most > 1:
        due = MetricPull.objects.filter(claim.claimable(now), publication__channel=channel)
        for pk in due.order_by("next_action_at").values_list("pk", flat=True)[: most - 1]:
            if mate := claim.claim(MetricPull, pk, worker=row.lease_owner):
                rows.append(mate)
    found = Publication.objects.select_related("channel", "variant").in_bulk([r.publication_id for r in rows])
    return [(each, found[each.publication_id]) for each in rows]


def _calls(connector: Any, pairs: Sequence[Pair]) -> int:
    """One for a batch; else one for each post of each publication."""
    if connector.numbers_at_once > 1:
        return 1
    return sum(max(1, publication.parts_out) for _, publication in pairs)


def _take_down_each(connector: Any, answers: Sequence[tuple[Pair, Reading]]) -> None:
    """Write a batch down. What cannot be written keeps none of the others back, however often it comes again."""
    try:
        _take_down(connector, answers)
    except (claim.LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as trouble:
        if len(answers) > 1:
            for answer in answers:
                with suppress(claim.LeaseLost):
                    _take_down_each(connector, [answer])
            return
        [((row, publication), _)] = answers
        log.exception("Numbers of publication %s could not be written down", publication.pk)
        _try_later(row, publication, type(trouble).__name__)


def _take_down(connector: Any, answers: Sequence[tuple[Pair, Reading]]) -> None:
    """Write down what was told, and by whom nothing was."""
    for (_, publication), reading in answers:
        if reading.out_at is not None and publication.out_until is not None:
            _know_when(publication, reading.out_at)
    told = [
        (row, publication, reading)
        for (row, publication), reading in answers
        if _is_told(row, publication, reading)
    ]
    with transaction.atomic():
        pauses = {publication.pk: row.unchanged for row, publication, _ in told}
        kept = keep_all([(publication, reading) for _, publication, reading in told], unchanged=pauses)
        spending.note(connector, [(row, publication, reading) for (row, publication), reading in answers])
        _all_is_well([row for row, _, reading in told if not reading.missing], told, PASSING)
        _all_is_well([row for row, _, reading in told if reading.missing], told, PASSING - {OddityKind.PART})
        for (row, publication, reading), one in zip(told, kept, strict=True):
            unchanged = row.unchanged + 1 if one.unchanged else 0
            wait = _pause(connector, publication, reading.at, unchanged)
            claim.release(
                row,
                next_action_at=reading.at + wait if wait else None,
                pulled_at=reading.at,
                unchanged=unchanged,
                missed_at=row.missed_at if reading.missing else None,
                tries=0,
                last_error="",
            )
            if reading.missing:
                _note(publication, OddityKind.PART, at=row.missed_at or reading.at)
    written = {row.pk for row, _, _ in told}
    for (row, publication), reading in answers:
        if reading.gone:
            _missed(row, publication, reading)
        elif row.pk not in written and reading.missing:
            words = f"{len(reading.missing)} of {publication.parts_out} parts were not told"
            _miss(row, publication, reading, words)
        elif reading.problem:
            _try_later(row, publication, reading.problem)


def _know_when(publication: Publication, out_at: datetime) -> None:
    """The network says when a post went out that a person had only said to be out: what was read before ages with it."""
    with transaction.atomic():
        if moment.learn(publication, out_at):
            age_anew(publication)


def _is_told(row: MetricPull, publication: Publication, reading: Reading) -> bool:
    """Whether the answer holds numbers of the whole post, or of what will be left of it.

    What stands without one of its parts looks as if likes had been taken back, so a part that is not told is waited for:
    an hour, as for a post that is gone, or until the network forgets the rest.
    """
    if reading.problem or not reading.missing:
        return not reading.problem
    return _is_gone(row, publication, reading) or _retry(publication, reading.at, schedule.MINUTE) is None


def _all_is_well(rows: Sequence[MetricPull], told: Sequence[Any], kinds: Iterable[str]) -> None:
    """What was thought gone is there again."""
    troubled = [row.publication_id for row in rows if row.missed_at or row.last_error]
    if troubled:
        open_ones = Oddity.objects.filter(publication__in=troubled, kind__in=kinds, until=None)
        open_ones.update(until=told[0][2].at)


def _missed(row: MetricPull, publication: Publication, reading: Reading) -> None:
    """The network does not show the post: once is an accident, an hour later it is gone.

    It may come back (a page that was not public for a day, an account that was suspended), so it is looked for now and
    then, ever more rarely, as long as its numbers would be read.
    """
    if not _is_gone(row, publication, reading):
        _miss(row, publication, reading, reading.problem)
        return
    wait = _retry(publication, reading.at, schedule.DAY * 2 ** min(row.tries, 5))
    with transaction.atomic():
        _note(publication, OddityKind.GONE, at=row.missed_at or reading.at)
        claim.release(
            row,
            next_action_at=None if wait is None else reading.at + wait,
            tries=row.tries + 1,
            last_error=reading.problem,
        )


def _is_gone(row: MetricPull, publication: Publication, reading: Reading) -> bool:
    pace = settings.METRICS_PACE
    since = row.missed_at - publication.published_at if row.missed_at else None
    return schedule.is_gone(since * pace if since else None, (reading.at - publication.published_at) * pace)


def _miss(row: MetricPull, publication: Publication, reading: Reading, words: str) -> None:
    """Not there, or not whole, for the first time within an hour: it is looked again."""
    wait = _retry(publication, reading.at, schedule.HOUR)
    claim.release(
        row,
        next_action_at=None if wait is None else reading.at + wait,
        missed_at=row.missed_at or reading.at,
        tries=0,
        last_error=words[:2000],
    )


def _note(publication: Publication, kind: OddityKind, *, at: datetime) -> None:
    Oddity.objects.get_or_create(
        publication=publication,
        kind=kind,
        metric="",
        until=None,
        defaults={"campaign_id": publication.campaign_id, "at": at},
    )


def _try_later(row: MetricPull, publication: Publication, reason: str) -> None:
    now = clock.now()
    wait = _retry(publication, now, schedule.after_trouble(row.tries))
    with transaction.atomic():
        if wait is None:
            _note_end(row, publication, now)
        claim.release(
            row,
            next_action_at=None if wait is None else now + wait,
            tries=row.tries + 1,
            last_error=reason[:2000],
        )


def _note_end(row: MetricPull, publication: Publication, now: datetime) -> None:
    """It is asked for no more, and there was trouble to the end: what was not read stays so."""
    since = row.pulled_at or publication.published_at
    ages = since - publication.published_at, now - publication.published_at
    if schedule.is_gap(*ages, unchanged=row.unchanged):
        values = {"campaign_id": publication.campaign_id, "until": now}
        gap = {"publication": publication, "kind": OddityKind.GAP, "metric": "", "at": since}
        Oddity.objects.get_or_create(**gap, defaults=values)


def _held_until(connector: Any, channel: Channel, now: datetime) -> datetime | None:
    """Until when a channel is asked for nothing: its network said so, or does not answer."""
    untils = limits.held_until([_hold(channel)], now), silence.left_alone_until(connector, channel, now)
    return max(filter(None, untils), default=None)


def _hold(channel: Channel) -> str:
    return f"numbers:{channel.pk}"


def _told(channel: Channel, outcome: Outcome) -> None:
    """A refusal, or no answer: the account, or all of its network, is left alone for a while."""
    silence.heard(CONNECTORS[channel.platform], channel, outcome, clock.now())
    if outcome.kind == OutcomeKind.RATE:
        wait = (
            timedelta(seconds=outcome.retry_after_s) if outcome.retry_after_s else schedule.after_trouble(0)
        )
        limits.hold(_hold(channel), clock.now() + wait)


def _slow_down(channel: Channel, pairs: Sequence[Pair], wait_s: float | None) -> None:
    """The network wants to be asked less: nothing of this channel is asked for until the time that it said.

    Posts are not held back by it: networks count reading and publishing apart.
    """
    now = clock.now()
    log.warning("No numbers of %s: told to wait, %s s", channel.pk, wait_s)
    tries = max(row.tries for row, _ in pairs)
    wait = timedelta(seconds=wait_s) if wait_s else schedule.after_trouble(tries) / settings.METRICS_PACE
    until = now + wait
    limits.hold(_hold(channel), until)
    for row, _ in pairs:
        claim.release(row, next_action_at=until, tries=row.tries + 1, last_error="The network said: slower.")
    others = MetricPull.objects.filter(claim.claimable(now), publication__channel=channel)
    others.update(next_action_at=until)


def _wait_for_money(dear: Sequence[Pair], now: datetime) -> None:
    until = spending.next_month(now)
    for row, publication in dear:
        is_over = _retry(publication, now, schedule.DAY) is None
        with transaction.atomic():
            _note(publication, OddityKind.CAPPED, at=now)
            if is_over:
                _capped(publication=publication).update(until=now)
            claim.release(
                row,
                next_action_at=None if is_over else min(until, now + timedelta(days=1)),
                last_error=spending.WORDS.format(until=until),
            )


def _has_money(rows: Sequence[MetricPull], now: datetime) -> None:
    """These may be read: whatever comes of it, the limit is no longer what keeps them."""
    if waited := [row.publication_id for row in rows if row.last_error]:
        _capped(publication__in=waited).update(until=now)


def _capped(**which: Any) -> QuerySet[Oddity]:
    return Oddity.objects.filter(kind=OddityKind.CAPPED, until=None, **which)


def limit_saved(instance: Any, **kwargs: Any) -> None:
    """A campaign was saved: where its limit has room now, what had to wait for it is due at once."""
    waiting = _capped(campaign=instance.pk)
    if waiting.exists() and spending.has_room(instance.pk, clock.now()):
        rows = MetricPull.objects.filter(publication__in=waiting.values("publication"))
        rows.filter(next_action_at__gt=clock.now()).update(next_action_at=clock.now())


def _put_off(pairs: Sequence[Pair], now: datetime, wait: timedelta) -> None:
    """There is no budget yet. On the eve of an age it is looked whether there is some after all."""
    for row, publication in pairs:
        sooner = _retry(publication, now, wait * settings.METRICS_PACE)
        claim.release(row, next_action_at=now + (wait if sooner is None else sooner))


def _retry(publication: Publication, now: datetime, wait: timedelta) -> timedelta | None:
    forgotten_at = _forgotten_at(CONNECTORS[publication.channel.platform], publication)
    age = now - publication.published_at
    waits = (schedule.retry(age, wait, pace=p, forgotten_at=forgotten_at) for p in _paces(forgotten_at))
    return min((each for each in waits if each is not None), default=None)


def _paces(forgotten_at: timedelta | None) -> tuple[float, ...]:
    """In the demo numbers move faster, and reports are of real ages: posts are read at both paces, and on both eves."""
    fast = settings.METRICS_PACE
    return (fast,) if fast <= 1 or forgotten_at is not None else (fast, 1.0)


def _forgotten_at(connector: Any, publication: Publication) -> timedelta | None:
    return connector.forgets.get(publication.variant.format)


def _pause(connector: Any, publication: Publication, at: datetime, unchanged: int) -> timedelta | None:
    forgotten_at, age = _forgotten_at(connector, publication), at - publication.published_at
    waits = (
        schedule.pause(age, unchanged=unchanged, pace=pace, forgotten_at=forgotten_at)
        for pace in _paces(forgotten_at)
    )
    return min((each for each in waits if each is not None), default=None)
