"""How long what the networks said is kept: answers as they were for a while, every reading for longer, days for ever.

A reading that a standing or a day figure stands on is never thinned out, so that these can always be made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from engagement.core import rollups
from engagement.core.rollups import Told
from engagement.models import MetricPull, Snapshot
from engagement.rollups import zones_of
from publishing.models import Publication
from work import clock

OLDEST_READING = max(rollups.AGES.values())
AT_ONCE = 200  # publications; a transaction each time
MOST = 5_000  # publications in one run of the job; the next run goes on


def thin(keep: Callable[[], None] = lambda: None) -> int:
    """Drop what is older than its class allows; returns how many rows lost something. Safe to cut off anywhere.

    ``keep`` is called before each piece of work.
    """
    now = clock.now()
    return _drop_raw(now - timedelta(days=settings.NUMBERS_RAW_DAYS), keep) + _drop_fine(
        now - timedelta(days=settings.NUMBERS_FINE_DAYS), keep
    )


def _drop_raw(before: datetime, keep: Callable[[], None]) -> int:
    dropped = 0
    for _ in range(MOST // AT_ONCE):
        keep()
        old = Snapshot.objects.filter(packed__isnull=False, at__lt=before).order_by("at")
        ids = list(old.values_list("pk", flat=True)[: AT_ONCE * 25])
        if not ids:
            break
        for start in range(0, len(ids), 500):
            dropped += Snapshot.objects.filter(pk__in=ids[start : start + 500]).update(packed=None)
    return dropped


def _drop_fine(before: datetime, keep: Callable[[], None]) -> int:
    """Thin each publication when its first days are that old, and once more when its last reading is."""
    due = MetricPull.objects.filter(thin_at__lt=clock.now()).order_by("thin_at")
    dropped = 0
    for _ in range(MOST // AT_ONCE):
        keep()
        ids = list(due.values_list("publication_id", flat=True)[:AT_ONCE])
        if not ids:
            break
        dropped += _thin_some(ids, before)
    return dropped


def _thin_some(ids: list[Any], before: datetime) -> int:
    campaigns = dict(Publication.objects.filter(pk__in=ids).values_list("pk", "campaign_id"))
    zones = zones_of(set(campaigns.values()))
    with transaction.atomic():
        readings: dict[Any, dict[datetime, int]] = defaultdict(dict)
        told: dict[Any, list[Told]] = defaultdict(list)
        rows = Snapshot.objects.filter(publication__in=ids).values_list("publication_id", "pk", "at", "age_s")
        for publication_id, pk, at, age_s in rows:
            readings[publication_id][at] = pk
            told[publication_id].append(Told(at, timedelta(seconds=age_s), {}))
        drop = []
        for publication_id, at_pk in readings.items():
            kept = rollups.worth_keeping(told[publication_id], zones[campaigns[publication_id]])
            drop += [pk for at, pk in at_pk.items() if at < before and at not in kept]
        for start in range(0, len(drop), 500):
            Snapshot.objects.filter(pk__in=drop[start : start + 500]).delete()
        young = Publication.objects.filter(pk__in=ids, published_at__gt=before - OLDEST_READING)
        MetricPull.objects.filter(publication__in=ids).update(thin_at=None)
        MetricPull.objects.filter(publication__in=young.values("pk")).update(
            thin_at=clock.now() + OLDEST_READING
        )
    return len(drop)
