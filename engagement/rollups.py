"""The only writer of snapshots and of what is kept of them, in one transaction.

A reading newer than all before changes the few rows that :mod:`engagement.core.rollups` names. A late one has its
publication's rows made anew from the snapshots; one that is there already changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from channels.connectors.base import Reading
from cms.models import CampaignPage
from engagement.core import rollups
from engagement.core.catalogue import has_ended
from engagement.core.metrics import NAMES
from engagement.core.packing import pack
from engagement.core.rollups import AGES, LATEST, NEAR, Day, Told
from engagement.core.schedule import is_gap
from engagement.models import (
    NO_LONGER_TOLD,
    CountedZone,
    DayFigure,
    Oddity,
    OddityKind,
    Snapshot,
    Standing,
)
from formats import schedule
from publishing.models import Publication

COLUMNS = (*NAMES, "followers")
GAINS = tuple(f"{name}_gain" for name in NAMES)
DESCRIBED = ("campaign_id", "channel_id", "story_id", "platform", "format", "published_at")
_MOMENT = ("at", "age_s", *COLUMNS)
_CHUNK = 500
LARGEST = 2**63 - 1  # that a column takes
KNOWN_FOR = timedelta(days=2)  # followers are read once a day


@dataclass(frozen=True)
class Kept:
    """What became of one reading: whether it was new, and whether it said the same as the one before."""

    new: bool
    unchanged: bool


def keep(publication: Publication, reading: Reading) -> Kept:
    """Store one reading. ``publication`` with its channel and variant."""
    return keep_all([(publication, reading)])[0]


def keep_all(
    pairs: Sequence[tuple[Publication, Reading]], *, unchanged: Mapping[Any, int] | None = None
) -> list[Kept]:
    """Store a batch, one reading per publication, with all that follows from it. The queries do not grow with it.

    ``unchanged`` by publication: how many readings in a row brought nothing new before this one, where that set when
    it was read.
    """
    in_a_row = unchanged or {}
    told = [(publication, told_of(publication, reading)) for publication, reading in pairs]
    ids = [publication.pk for publication, _ in told]
    with transaction.atomic():
        standing = _standings(ids)
        zones = zones_of({publication.campaign_id for publication, _ in told})
        newest = _newest_days(standing)
        known = _known([(p, t) for p, t in told if _is_late(standing[p.pk], t)])
        older = _older_than_standings([pk for pk in ids if not standing[pk]])
        work = _Writing()
        kept = []
        for (publication, now), (_, reading) in zip(told, pairs, strict=True):
            before = standing[publication.pk].get(LATEST)
            if (publication.pk, now.at) in known:
                kept.append(Kept(new=False, unchanged=True))
                continue
            same = before is not None and _same(before, now)
            work.snapshots.append(_snapshot(publication, now, None if same else reading.raw))
            kept.append(Kept(True, same))
            last, zone = newest.get(publication.pk), zones[publication.campaign_id]
            day = rollups.day_after(last, now, zone) if _fits(last, before, zone) else None
            if day is None or publication.pk in older or _is_late(standing[publication.pk], now):
                work.anew.append(publication)
            else:
                for age, at in rollups.standings_after(standing[publication.pk], now).items():
                    if _is_sure(publication, age):
                        work.standings.append(_standing(publication, age, at))
                work.days.append(_day(publication, day))
            if before is None and publication.pk not in older:
                work.oddities += _read_late(publication, now)
            elif before is not None and before.at < now.at:
                work.oddities += _oddities(publication, before, now, in_a_row.get(publication.pk))
                work.told_again(publication, before, now)
        work.write(zones)
    return kept


def rebuild(publications: Iterable[Publication]) -> int:
    """Make the rows of publications (with channel and variant) anew from their snapshots; returns how many rows."""
    publications = list(publications)
    return _rebuild(publications, zones_of({p.campaign_id for p in publications}))


def rebuild_all(
    publications: QuerySet[Publication], keep: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """The same for any number of them, some at a time, each lot whole: (rows, publications). May be cut off and repeated.

    ``keep`` is called before each lot.
    """
    ids, made = list(publications.order_by("pk").values_list("pk", flat=True)), 0
    for start in range(0, len(ids), _CHUNK):
        keep()
        chunk = Publication.objects.filter(pk__in=ids[start : start + _CHUNK])
        made += rebuild(chunk.select_related("channel", "variant"))
    return made, len(ids)


def follow_zones(keep: Callable[[], None] = lambda: None) -> int:
    """Count the days of each campaign anew whose time zone was changed; returns how many campaigns. Safe to repeat.

    What is read in between has its own publication counted anew at once (:func:`keep_all`).
    """
    counted, changed = dict(CountedZone.objects.values_list("campaign_id", "zone")), 0
    for campaign, zone in CampaignPage.objects.values_list("pk", "time_zone"):
        if counted.get(campaign, zone) != zone:
            rebuild_all(Publication.objects.filter(campaign=campaign, published_at__isnull=False), keep)
            changed += 1
        if counted.get(campaign) != zone:
            CountedZone.objects.update_or_create(campaign_id=campaign, defaults={"zone": zone})
    return changed


def age_anew(publication: Publication) -> None:
    """It is known now when a publication went out: its readings are of other ages, and so is all that follows from them."""
    snapshots = list(Snapshot.objects.filter(publication=publication).only("at"))
    for snapshot in snapshots:
        snapshot.age_s = int(max(timedelta(0), snapshot.at - publication.published_at).total_seconds())
    Snapshot.objects.bulk_update(snapshots, ["age_s"], batch_size=_CHUNK)
    rebuild([publication])


def number(told: Any) -> int | float | None:
    """What a network told as a count, if it can be one; None for everything else, as where it does not tell."""
    fits = isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= LARGEST
    return told if fits else None


def told_of(publication: Publication, reading: Reading) -> Told:
    age = max(timedelta(0), reading.at - publication.published_at)
    values = {name: number(reading.metrics.get(name)) for name in NAMES}
    return Told(
        reading.at,
        timedelta(seconds=int(age.total_seconds())),
        {**values, "followers": _followers(publication.channel, reading.at)},
    )


def _followers(channel: Any, at: datetime) -> int | None:
    """How many an account had then; unknown where it has not told for long, for instance since it was blocked."""
    if channel.followers_at is not None and at - channel.followers_at > KNOWN_FOR:
        return None
    return channel.followers


# Reading ----------------------------------------------------------------------------------------------------


def _standings(ids: Iterable[Any]) -> Mapping[Any, dict[str, Told]]:
    found: dict[Any, dict[str, Told]] = defaultdict(dict)
    for pk, age, *moment in _locked(ids).values_list("publication_id", "age", *_MOMENT):
        found[pk][age] = _told(moment)
    return found


def _locked(ids: Iterable[Any]) -> QuerySet[Standing]:
    """The standings, so that keeping a reading and making all anew wait for each other."""
    return Standing.objects.select_for_update().filter(publication__in=list(ids)).order_by("pk")


def _newest_days(standing: Mapping[Any, Mapping[str, Told]]) -> dict[Any, Day]:
    """The day of each publication that its newest reading was put on, in whatever zone that was."""
    moments = {pk: rows[LATEST].at for pk, rows in standing.items() if rows}
    around = {at.date() + timedelta(days=n) for at in moments.values() for n in (-1, 0, 1)}
    rows = DayFigure.objects.filter(publication__in=list(moments), day__in=around)
    found = {}
    for pk, on, *rest in rows.values_list("publication_id", "day", *_MOMENT, *GAINS):
        moment, gains = rest[: len(_MOMENT)], rest[len(_MOMENT) :]
        if moment[0] == moments[pk]:
            found[pk] = Day(on, _told(moment), dict(zip(NAMES, gains, strict=True)))
    return found


def _fits(newest: Day | None, before: Told | None, zone: ZoneInfo) -> bool:
    """Whether the newest day stands where it would be put today: not so when the campaign's zone was changed."""
    if newest is None:
        return before is None
    return newest.on == newest.told.at.astimezone(zone).date()


def _known(late: Sequence[tuple[Publication, Told]]) -> set[tuple[Any, Any]]:
    """Which of these readings are there already."""
    if not late:
        return set()
    rows = Snapshot.objects.filter(
        publication__in=[p.pk for p, _ in late], at__in={told.at for _, told in late}
    )
    return set(rows.values_list("publication_id", "at"))


def _older_than_standings(ids: Sequence[Any]) -> set[Any]:
    """Which of these have snapshots from before standings were kept."""
    if not ids:
        return set()
    return set(Snapshot.objects.filter(publication__in=ids).values_list("publication_id", flat=True))


def _is_late(standing: Mapping[str, Told], told: Told) -> bool:
    return LATEST in standing and told.at <= standing[LATEST].at


def _same(before: Told, now: Told) -> bool:
    return all(before.values[name] == now.values[name] for name in NAMES)


def _told(moment: Sequence[Any]) -> Told:
    at, age_s, *values = moment
    return Told(at, timedelta(seconds=age_s), dict(zip(COLUMNS, values, strict=True)))


def zones_of(campaigns: set[int]) -> dict[int, ZoneInfo]:
    """The zone in which each campaign's days end."""
    rows = dict(CampaignPage.objects.filter(pk__in=campaigns).values_list("pk", "time_zone"))
    return {pk: _zone(rows.get(pk) or "UTC") for pk in campaigns}


def _zone(name: str) -> ZoneInfo:
    try:
        return schedule.zone_info(name)
    except schedule.UnknownZone:
        return ZoneInfo("UTC")


# Writing ----------------------------------------------------------------------------------------------------


class _Writing:
    """What a batch has to write."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.standings: list[Standing] = []
        self.days: list[DayFigure] = []
        self.oddities: list[Oddity] = []
        self.anew: list[Publication] = []
        self.again: list[tuple[Any, Any, tuple[str, ...]]] = []

    def told_again(self, publication: Publication, before: Told, now: Told) -> None:
        """What had fallen silent is told again. Rare, so a query each."""
        if metrics := rollups.fell_silent(now.values, before.values):
            self.again.append((publication.pk, now.at, metrics))

    def write(self, zones: Mapping[int, ZoneInfo]) -> None:
        Snapshot.objects.bulk_create(self.snapshots)
        _upsert(Standing, self.standings, "age", _MOMENT)
        _upsert(DayFigure, self.days, "day", (*_MOMENT, *GAINS))
        Oddity.objects.bulk_create(self.oddities, ignore_conflicts=True)
        for publication_id, at, metrics in self.again:
            silent = Oddity.objects.filter(publication=publication_id, kind__in=NO_LONGER_TOLD, until=None)
            silent.filter(metric__in=metrics).update(until=at)
        if self.anew:
            _rebuild(self.anew, zones)


def _upsert(model: Any, rows: Sequence[Any], by: str, fields: Sequence[str]) -> None:
    if rows:
        model.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["publication", by], update_fields=fields
        )


def _rebuild(publications: Sequence[Publication], zones: Mapping[int, ZoneInfo]) -> int:
    made = 0
    for start in range(0, len(publications), _CHUNK):
        chunk = publications[start : start + _CHUNK]
        ids = [p.pk for p in chunk]
        with transaction.atomic():
            list(_locked(ids).values_list("pk"))
            readings: dict[Any, list[Told]] = defaultdict(list)
            rows = Snapshot.objects.filter(publication__in=ids).values_list("publication_id", *_MOMENT)
            for pk, *moment in rows.iterator():
                readings[pk].append(_told(moment))
            standings = [
                _standing(p, age, told)
                for p in chunk
                for age, told in rollups.standings(readings[p.pk]).items()
                if _is_sure(p, age)
            ]
            days = [
                _day(p, day)
                for p in chunk
                for day in rollups.days(readings[p.pk], zones[p.campaign_id]).values()
            ]
            Standing.objects.filter(publication__in=ids).delete()
            DayFigure.objects.filter(publication__in=ids).delete()
            Standing.objects.bulk_create(standings, batch_size=_CHUNK)
            DayFigure.objects.bulk_create(days, batch_size=_CHUNK)
            made += len(standings) + len(days)
    return made


def _is_sure(publication: Publication, age: str) -> bool:
    """Whether it is known well enough when it went out for its numbers to stand at an age beside others."""
    if publication.out_until is None or age == LATEST:
        return True
    return publication.out_until - publication.published_at <= (1 - NEAR) * AGES[age]


def _snapshot(publication: Publication, told: Told, raw: Mapping[str, Any] | None) -> Snapshot:
    packed = None if raw is None else pack(raw)
    return Snapshot(publication=publication, packed=packed, **_moment(told))


def _standing(publication: Publication, age: str, told: Told) -> Standing:
    return Standing(publication=publication, age=age, **_described(publication), **_moment(told))


def _day(publication: Publication, day: Day) -> DayFigure:
    gains = {f"{name}_gain": gain for name, gain in day.gains.items()}
    return DayFigure(
        publication=publication, day=day.on, **gains, **_described(publication), **_moment(day.told)
    )


def _described(publication: Publication) -> dict[str, Any]:
    variant = publication.variant
    values = (
        publication.campaign_id,
        publication.channel_id,
        variant.story_id,
        publication.channel.platform,
        variant.format,
        publication.published_at,
    )
    return dict(zip(DESCRIBED, values, strict=True))


def _moment(told: Told) -> dict[str, Any]:
    return {"at": told.at, "age_s": int(told.age.total_seconds()), **told.values}


def silence_of(platform: str, metric: str, age: timedelta) -> OddityKind:
    """What it is that a number is not told any more: what its network states of every post is no news."""
    return OddityKind.ENDED if has_ended(platform, metric, age) else OddityKind.SILENT


def _read_late(publication: Publication, first: Told) -> list[Oddity]:
    """That the first reading came long after the post was out: what it tells came in all that time."""
    out = publication.out_until or publication.published_at  # surely out by then
    if not is_gap(timedelta(0), first.at - out):
        return []
    return [_odd(publication, first, OddityKind.GAP, at=out)]


def _odd(publication: Publication, now: Told, kind: OddityKind, **more: Any) -> Oddity:
    values = {"at": now.at, "until": now.at, **more}
    return Oddity(publication=publication, campaign_id=publication.campaign_id, kind=kind, **values)


def _oddities(publication: Publication, before: Told, now: Told, unchanged: int | None) -> list[Oddity]:
    odd = partial(_odd, publication, now)
    found = [
        odd(OddityKind.CORRECTION, metric=c.metric, before=c.before, after=c.after)
        for c in rollups.corrections(before.values, now.values)
    ]
    platform = publication.channel.platform
    found += [
        odd(silence_of(platform, name, now.age), metric=name, before=before.values[name], until=None)
        for name in rollups.fell_silent(before.values, now.values)
    ]
    if is_gap(before.age, now.age, unchanged=unchanged):
        found.append(odd(OddityKind.GAP, at=before.at))
    return found
