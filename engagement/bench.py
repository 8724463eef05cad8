"""Reports over a fixed period while the past before it grows, and what keeping readings costs. Needs an empty database.

The sizes can be chosen: BENCH_SNAPSHOTS=200000,2000000 (what SQLite has of itself; PostgreSQL has 10000000 too).
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.connectors.base import Reading
from engagement.core.metrics import NAMES
from engagement.core.packing import pack
from engagement.core.rollups import LATEST
from engagement.history import Size, make, publications_for
from engagement.kinds import KINDS
from engagement.models import Snapshot, Standing
from engagement.rollups import COLUMNS, keep, keep_all
from publishing.models import Publication
from work import clock

USUAL_SIZES = {"postgresql": "200000,2000000,10000000", "sqlite": "200000,2000000"}
EACH = 100  # snapshots of a publication
ROUNDS, WARM = 40, 2
MOST_QUERIES, MOST_GROWTH = 11, 1.3  # under twelve
MOST_BATCHED, MOST_ALONE = 12.0, 6.0
BATCH, KEPT = 50, 1000
RAW = {"public_metrics": {"like_count": 3, "reply_count": 1}, "id": "1234567890"}


class Nothing(Exception):
    """A page that was to be measured shows nothing: its time would say nothing either."""


def measure() -> Iterator[dict[str, Any]]:
    logging.getLogger("wagtail").setLevel(logging.WARNING)  # a line for every page
    User.objects.create_superuser("bench-numbers")
    client = Client()
    client.force_login(User.objects.get(username="bench-numbers"))
    sizes = os.environ.get("BENCH_SNAPSHOTS") or USUAL_SIZES[connection.vendor]
    now, skip = clock.now(), 0
    before: dict[str, float] = {}
    addresses: dict[str, str] = {}
    for wanted in (int(size) for size in sizes.split(",")):
        skip, campaigns = _grow(wanted, skip, now)
        there = Snapshot.objects.count()
        addresses = addresses or dict(_reports(campaigns[0]))
        for name, address in addresses.items():
            _look(client, address)
            queries = _queries(client, address)
            yield row(f"report {name}, {there:,} snapshots: queries", queries, MOST_QUERIES, 1.0, "queries")
        times = _times(
            {name: lambda address=address: _get(client, address) for name, address in addresses.items()}
        )
        for name, seconds in times.items():
            words = f"report {name}: time at {there:,} snapshots"
            yield row(words, seconds, before.get(name, seconds), MOST_GROWTH, "s")
        before = times
    yield from keeping()


def _grow(wanted: int, there: int, now: datetime) -> tuple[int, list[Any]]:
    """(publications, campaigns) when the past has so many snapshots."""
    began = time.perf_counter()
    count = publications_for(wanted, EACH)
    made = make(Size(publications=count, snapshots=count * EACH), now, skip=there, each=EACH)
    _refresh_statistics()
    seconds = time.perf_counter() - began
    print(f"{made.snapshots:,} snapshots more in {seconds:,.0f} s", file=sys.stderr)
    return count, made.campaigns


def _reports(campaign: Any) -> Iterator[tuple[str, str]]:
    """Each over the last thirty days, of one campaign or one account; and of the newest story that has many posts."""
    channel = campaign.channels.order_by("pk").first()
    yield "index", reverse("engagement:index")
    yield "stories", f"{reverse('engagement:stories')}?period=30"
    out = Publication.objects.filter(campaign=campaign).order_by("-published_at")
    story = out.values_list("variant__story", flat=True)[50]
    yield "story", f"{reverse('engagement:story', args=[story])}?age=24h"
    for kind in KINDS:
        chosen = f"channel={channel.pk}" if kind.one == "channel" else f"campaign={campaign.pk}"
        yield kind.slug, f"{reverse(f'engagement:{kind.slug}')}?{chosen}&period=30"


def keeping() -> Iterator[dict[str, Any]]:
    """A thousand new readings, kept with all that follows from them, against the bare rows; in turns.

    Each tells what its post told before, and a little more of it.
    """
    read = Publication.objects.filter(Exists(Standing.objects.filter(publication=OuterRef("pk"), age=LATEST)))
    posts = list(read.select_related("channel", "variant").order_by("-published_at")[:KEPT])
    before = dict(_told_last(posts))
    at = clock.now() + timedelta(hours=1)

    def readings(shift: int) -> list[tuple[Publication, Reading]]:
        when = at + timedelta(minutes=shift)
        return [(p, Reading(str(p.pk), _more(before[p.pk], shift), RAW, when)) for p in posts]

    ours = bare = 0.0
    batches = readings(1)
    rows = _bare(posts, at + timedelta(minutes=2))
    for n in range(0, len(posts), BATCH):
        ours += _once(lambda n=n: keep_all(batches[n : n + BATCH]))
        bare += _once(lambda n=n: Snapshot.objects.bulk_create(rows[n : n + BATCH]))
    each = readings(3)[:200]
    single = _once(lambda: [keep(*pair) for pair in each])
    alone = _bare(posts[:200], at + timedelta(minutes=4))
    old = _once(
        lambda: [(p.snapshots.order_by("-at").first(), s.save()) for p, s in zip(posts, alone, strict=False)]
    )
    words = (
        f"readings kept in batches of {BATCH}, beside a bare bulk insert of as many; ratio: times the time"
    )
    yield per_second(words, len(posts), ours, bare, MOST_BATCHED)
    words = "readings kept one by one, beside its snapshot alone; ratio: times the time"
    yield per_second(words, len(each), single, old, MOST_ALONE)


def _told_last(posts: list[Publication]) -> Iterator[tuple[Any, dict[str, int]]]:
    rows = Standing.objects.filter(publication__in=posts, age=LATEST)
    for pk, *numbers in rows.values_list("publication_id", *NAMES):
        yield pk, {name: number for name, number in zip(NAMES, numbers, strict=True) if number is not None}


def _more(told: dict[str, int], shift: int) -> dict[str, int]:
    return {name: number + shift for name, number in told.items()}


def _bare(posts: list[Publication], at: Any) -> list[Snapshot]:
    values = dict.fromkeys(COLUMNS) | {"likes": 10_001, "comments": 5}
    return [Snapshot(publication=p, at=at, age_s=1, packed=pack(RAW), **values) for p in posts]


def _refresh_statistics() -> None:
    """As a database does by itself after so many rows, and without the time limit that pages have."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("RESET statement_timeout")
        else:
            cursor.execute("ANALYZE")


def _get(client: Client, address: str) -> Any:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return answer


def _look(client: Client, address: str) -> None:
    """Refuse to measure an empty page."""
    page = _get(client, address).content.decode()
    if "report-empty" in page or ("<tbody>" not in page and "<li" not in page):
        raise Nothing(address)


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _get(client, address)
    return len(queries)


def _times(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The quickest of several each, taken in turns: what other programs took from the machine meanwhile is left out."""
    for _ in range(WARM):
        for call in calls.values():
            call()
    rounds = [{name: _once(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    return {name: min(each[name] for each in rounds) for name in calls}


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


def per_second(name: str, count: int, ours_s: float, bare_s: float, goal: float) -> dict[str, Any]:
    """Rows a second of both; the ratio is of the times, so that more is worse as everywhere in the table."""
    made = row(name, ours_s, bare_s, goal, "rows a second")
    return {**made, "ours": count / ours_s, "baseline": count / bare_s}
