"""Pages against Wagtail's own listing of the same rows, in the same run. Needs a test database of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

ROUNDS = 5
SIZES = (0, 200, 10_000)
EMPTY_CALENDAR_BYTES = 40_000
MOST_QUERIES = 15


@contextmanager
def empty_database() -> Iterator[None]:
    """A migrated test database in the place of the real one, destroyed afterwards."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def pages() -> list[dict[str, Any]]:
    """Calendar month and report index, at growing numbers of variants."""
    with empty_database(), override_settings(ALLOWED_HOSTS=["*"]):
        return list(_pages())


def _pages() -> Iterator[dict[str, Any]]:
    client, fill = _set_up()
    at_200: dict[str, float] = {}
    done = 0
    for size in SIZES:
        fill(size - done)
        done = size
        calendar, listing = _side_by_side(
            lambda: client.get("/admin/calendar/"), lambda: client.get("/admin/variants/")
        )
        with CaptureQueriesContext(connection) as queries:
            body = client.get("/admin/calendar/").content
        if size == 0:
            yield _row("calendar month, empty: size", len(body), EMPTY_CALENDAR_BYTES, "bytes of HTML", 1.0)
        if size == 200:
            at_200["calendar"] = calendar
        yield _row(
            f"calendar month, {size} variants: time against Wagtail's listing", calendar, listing, "s", 3.0
        )
        yield _row(f"calendar month, {size} variants: queries", len(queries), MOST_QUERIES, "queries", 1.0)
    yield _row(f"calendar month: time at {SIZES[-1]} against 200", calendar, at_200["calendar"], "s", 1.5)


def _row(name: str, ours: float, baseline: float, unit: str, goal: float) -> dict[str, Any]:
    ratio = round(ours / baseline, 3) if baseline else None
    return {
        "name": name,
        "ours": round(ours, 4),
        "baseline": round(baseline, 4),
        "ratio": ratio,
        "unit": unit,
        "goal": goal,
    }


def _side_by_side(ours: Callable[[], object], baseline: Callable[[], object]) -> tuple[float, float]:
    """Medians of seconds, taken in turn after one warm-up each."""
    ours(), baseline()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, kept in zip((ours, baseline), times, strict=True):
            began = time.perf_counter()
            call()
            kept.append(time.perf_counter() - began)
    return median(times[0]), median(times[1])


def _set_up() -> tuple[Client, Callable[[int], None]]:
    from django.contrib.auth.models import User
    from wagtail.models import Page

    from cms.models import CampaignPage, StoryPage
    from formats.models import Variant

    root = Page.get_first_root_node()
    campaign = root.add_child(
        instance=CampaignPage(title="Bench", slug="bench", goal="Measure", publisher="Bench")
    )
    story = campaign.add_child(instance=StoryPage(title="A story", slug="a-story", lead="A lead."))
    User.objects.create_superuser("bench")
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    # What is measured grows with the months before and after, as a campaign does: the month on the screen always
    # has the same hundred posts.
    now = timezone.now().replace(minute=0, second=0, microsecond=0)

    done = 0

    def fill(count: int) -> None:
        nonlocal done
        at = [now + timedelta(hours=7 * (n // 2 + 1) * (-1) ** n) for n in range(done, done + count)]
        done += count
        Variant.objects.bulk_create(
            Variant(
                story=story,
                campaign=campaign,
                format="x.thread",
                language="en",
                planned_wall=when.replace(tzinfo=None),
                planned_zone="UTC",
                planned_at=when,
            )
            for when in at
        )

    return client, fill
