"""The only writer of snapshots and of what is kept of them, in one transaction.

A reading newer than all before changes the few rows that :mod:`engagement.core.rollups` names. A late one has its
publication's rows made anew from the snapshots; one that is there already changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from channels.connectors.base import Reading
from cms.models import CampaignPage
from engagement.core import rollups
from engagement.core.metrics import NAMES
from engagement.core.packing import pack
from engagement.core.rollups import LATEST, Day, Told
from engagement.core.schedule import is_gap
from engagement.models import DayFigure, Oddity, OddityKind, Snapshot, Standing
from formats import schedule
from publishing.models import Publication

COLUMNS = (*NAMES, "followers")
GAINS = tuple(f"{name}_gain" for name in NAMES)
DESCRIBED = ("campaign_id", "channel_id", "story_id", "platform", "format", "published_at")
_MOMENT = ("at", "age_s", *COLUMNS)
_CHUNK = 500


@dataclass(frozen=True)
class Kept:
    """What became of one reading: whether it was new, and whether it said the same as the one before."""

    new: bool
    unchanged: bool


def keep(publication: Publication, reading: Reading) -> Kept:
    """Store one reading. ``publication`` with its channel and variant."""
    return keep_all([(publication, reading)])[0]


def keep_all(pairs: Sequence[tuple[Publication, Reading]]) -> list[Kept]:
    """Store a batch, one reading per publication, with all that follows from it. The queries do not grow with it."""
    told = [(publication, told_of(publication, reading)) for publication, reading in pairs]
    ids = [publication.pk for publication, _ in told]
    with transaction.atomic():
        standing = _standings(ids)
        zones = zones_of({publication.campaign_id for publication, _ in told})
        newest = _newest_days(standing, {p.pk: zones[p.campaign_id] for p, _ in told})
        known = _known([(p, t) for p, t in told if _is_late(standing[p.pk], t)])
        older = _older_than_standings([pk for pk in ids if not standing[pk]])
        work = _Writing()
        kept = []
        for (publication, now), (_, reading) in zip(told, pairs, strict=True):
            before = standing[publication.pk].get(LATEST)
            if (publication.pk, now.at) in known:
                kept.append(Kept(new=False, unchanged=True))
                continue
            unchanged = before is not None and _same(before, now)
            work.snapshots.append(_snapshot(publication, now, None if unchanged else reading.raw))
            kept.append(Kept(True, unchanged))
            day = rollups.day_after(newest.get(publication.pk), now, zones[publication.campaign_id])
            if day is None or publication.pk in older or _is_late(standing[publication.pk], now):
                work.anew.append(publication)
            else:
                for age, at in rollups.standings_after(standing[publication.pk], now).items():
                    work.standings.append(_standing(publication, age, at))
                work.days.append(_day(publication, day))
            if before is not None and before.at < now.at:
                work.oddities += _oddities(publication, before, now)
                work.told_again(publication, before, now)
        work.write(zones)
    return kept


def rebuild(publications: Iterable[Publication]) -> int:
    """Make the rows of publications (with channel and variant) anew from their snapshots; returns how many rows."""
    publications = list(publications)
    return _rebuild(publications, zones_of({p.campaign_id for p in publications}))


def told_of(publication: Publication, reading: Reading) -> Told:
    age = max(timedelta(0), reading.at - publication.published_at)
    values = {name: reading.metrics.get(name) for name in NAMES}
    return Told(
        reading.at,
        timedelta(seconds=int(age.total_seconds())),
        {**values, "followers": publication.channel.followers},
    )


# Reading ----------------------------------------------------------------------------------------------------


def _standings(ids: Iterable[Any]) -> Mapping[Any, dict[str, Told]]:
    found: dict[Any, dict[str, Told]] = defaultdict(dict)
    for pk, age, *moment in Standing.objects.filter(publication__in=list(ids)).values_list(
        "publication_id", "age", *_MOMENT
    ):
        found[pk][age] = _told(moment)
    return found


def _newest_days(standing: Mapping[Any, Mapping[str, Told]], zones: Mapping[Any, ZoneInfo]) -> dict[Any, Day]:
    """The newest day of each publication: the one that its newest reading lies on."""
    days = {pk: rows[LATEST].at.astimezone(zones[pk]).date() for pk, rows in standing.items() if rows}
    rows = DayFigure.objects.filter(publication__in=list(days), day__in=set(days.values()))
    found = {}
    for pk, on, *rest in rows.values_list("publication_id", "day", *_MOMENT, *GAINS):
        if days[pk] == on:
            moment, gains = rest[: len(_MOMENT)], rest[len(_MOMENT) :]
            found[pk] = Day(on, _told(moment), dict(zip(NAMES, gains, strict=True)))
    return found


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
            silent = Oddity.objects.filter(publication=publication_id, kind=OddityKind.SILENT, until=None)
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
            readings: dict[Any, list[Told]] = defaultdict(list)
            rows = Snapshot.objects.filter(publication__in=ids).values_list("publication_id", *_MOMENT)
            for pk, *moment in rows.iterator():
                readings[pk].append(_told(moment))
            standings = [
                _standing(p, age, told)
                for p in chunk
                for age, told in rollups.standings(readings[p.pk]).items()
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


def _oddities(publication: Publication, before: Told, now: Told) -> list[Oddity]:
    def odd(kind: OddityKind, **more: Any) -> Oddity:
        values = {"at": now.at, "until": now.at, **more}
        return Oddity(publication=publication, campaign_id=publication.campaign_id, kind=kind, **values)

    found = [
        odd(OddityKind.CORRECTION, metric=c.metric, before=c.before, after=c.after)
        for c in rollups.corrections(before.values, now.values)
    ]
    found += [
        odd(OddityKind.SILENT, metric=name, before=before.values[name], until=None)
        for name in rollups.fell_silent(before.values, now.values)
    ]
    if is_gap(before.age, now.age):
        found.append(odd(OddityKind.GAP, at=before.at))
    return found
