"""Reports over a fixed period while the past before it grows, and what keeping readings costs. Needs an empty database.

Larger by environment: BENCH_SNAPSHOTS (200000,2000000; on PostgreSQL also 10000000 is worth a night).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.connectors.base import Reading
from engagement.core.packing import pack
from engagement.history import Size, make
from engagement.kinds import KINDS
from engagement.models import Snapshot
from engagement.rollups import COLUMNS, keep, keep_all
from publishing.models import Publication
from work import clock

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SNAPSHOTS", "200000,2000000").split(","))
EACH = 100  # snapshots of a publication
ROUNDS, WARM = 5, 1
MOST_QUERIES, MOST_GROWTH = 12, 1.3
BATCH, KEPT = 50, 1000
RAW = {"public_metrics": {"like_count": 3, "reply_count": 1}, "id": "1234567890"}


def measure() -> Iterator[dict[str, Any]]:
    User.objects.create_superuser("bench-numbers")
    client = Client()
    client.force_login(User.objects.get(username="bench-numbers"))
    now, skip = clock.now(), 0
    before: dict[str, float] = {}
    for snapshots in SIZES:
        made = make(Size(publications=snapshots // EACH, snapshots=snapshots), now, skip=skip)
        skip = snapshots // EACH
        _refresh_statistics()
        there = Snapshot.objects.count()
        for name, address in _reports(made.campaigns[0]):
            seconds = _time(lambda address=address: _get(client, address))
            queries = _queries(client, address)
            yield row(f"report {name}, {there:,} snapshots: queries", queries, MOST_QUERIES, 1.0, "queries")
            if name in before:
                yield row(
                    f"report {name}: time at {there:,} snapshots", seconds, before[name], MOST_GROWTH, "s"
                )
            else:
                yield row(f"report {name}: time at {there:,} snapshots", seconds, seconds, MOST_GROWTH, "s")
            before[name] = seconds
    yield from keeping()


def _reports(campaign: Any) -> Iterator[tuple[str, str]]:
    """Each over the last thirty days, of one campaign or one account."""
    channel = campaign.channels.order_by("pk").first()
    for kind in KINDS:
        chosen = f"channel={channel.pk}" if kind.one == "channel" else f"campaign={campaign.pk}"
        yield kind.slug, f"{reverse(f'engagement:{kind.slug}')}?{chosen}&period=30"


def keeping() -> Iterator[dict[str, Any]]:
    """A thousand new readings, kept with all that follows from them, against the bare rows."""
    some = Publication.objects.select_related("channel", "variant").order_by("-published_at")[:KEPT]
    posts = list(some)
    at = clock.now() + timedelta(hours=1)

    def readings(shift: int) -> list[tuple[Publication, Reading]]:
        when = at + timedelta(minutes=shift)
        return [(p, Reading(str(p.pk), {"likes": 10_000 + shift, "comments": 5}, RAW, when)) for p in posts]

    batches = readings(1)
    ours = _once(lambda: [keep_all(batches[n : n + BATCH]) for n in range(0, len(batches), BATCH)])
    bare = _once(lambda: Snapshot.objects.bulk_create(_bare(posts, at + timedelta(minutes=2))))
    each = readings(3)[:200]
    single = _once(lambda: [keep(*pair) for pair in each])
    alone = _bare(posts[:200], at + timedelta(minutes=4))
    old = _once(
        lambda: [(p.snapshots.order_by("-at").first(), s.save()) for p, s in zip(posts, alone, strict=False)]
    )
    yield row(
        f"readings kept in batches of {BATCH}, to a bare insert",
        ours / len(posts),
        bare / len(posts),
        12.0,
        "s each",
    )
    yield row(
        "one reading kept alone, to its snapshot alone", single / len(each), old / len(each), 6.0, "s each"
    )


def _bare(posts: list[Publication], at: Any) -> list[Snapshot]:
    values = dict.fromkeys(COLUMNS) | {"likes": 10_001, "comments": 5}
    return [Snapshot(publication=p, at=at, age_s=1, packed=pack(RAW), **values) for p in posts]


def _refresh_statistics() -> None:
    """As a database does by itself after so many rows, and without the time limit that pages have."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("RESET statement_timeout")


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _get(client, address)
    return len(queries)


def _time(call: Callable[[], object]) -> float:
    for _ in range(WARM):
        call()
    return median(_once(call) for _ in range(ROUNDS))


def _once(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def row(name: str, ours: float, baseline: float, goal: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "baseline": baseline,
        "ratio": round(ours / baseline, 2) if baseline else None,
        "goal": goal,
        "unit": unit,
    }
