"""Pages against Wagtail's own listing of the same rows, in the same run. Needs a test database of its own."""

from __future__ import annotations

import json
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


def conversations() -> list[dict[str, Any]]:
    """The list of conversations as a community manager sees it, at growing numbers of messages."""
    from community import bench

    with empty_database(), override_settings(ALLOWED_HOSTS=["*"]):
        place = _conversations()
        client = Client()
        client.force_login(place.user)

        def page() -> None:
            answer = client.get("/admin/conversations/")
            assert answer.status_code == 200, answer.status_code

        return list(bench.measure(place, page))


def _conversations() -> Any:
    """A community manager of one campaign with accounts kept to groups, and another campaign beside it."""
    from django.contrib.auth.models import Group, User
    from wagtail.models import Page

    from access.models import CampaignRole, Role
    from channels.models import Channel
    from cms.models import CampaignPage, StoryPage
    from cms.roles import make_team
    from community import bench

    root = Page.get_first_root_node()
    campaign, elsewhere = (
        root.add_child(instance=CampaignPage(title=name, slug=name.lower(), goal="Measure", publisher=name))
        for name in ("Bench", "Elsewhere")
    )
    stories = tuple(
        campaign.add_child(instance=StoryPage(title=name, slug=name.lower(), lead="A lead."))
        for name in ("Usual", "Rare")
    )
    for each in (campaign, elsewhere):
        make_team(each)
    group = CampaignRole.objects.get(campaign=campaign, role=Role.COMMUNITY).group
    user, colleague = (User.objects.create_user(name) for name in ("community", "colleague"))
    for each in (user, colleague):
        each.groups.add(group)
    others = Group.objects.create(name="Others")

    def channel(name: str, page: Any = campaign, only: tuple[int, ...] = ()) -> Any:
        return Channel.objects.create(
            campaign_id=page.pk, platform="x", remote_id=name, handle=f"@{name}", only_groups=[*only]
        )

    mine = [*(channel(f"a{n}") for n in range(4)), channel("group", only=(group.pk,)), channel("rare")]
    kept, other = channel("kept", only=(others.pk,)), channel("other", elsewhere)
    return bench.Place(user, colleague, campaign, mine, kept, other, stories)


def numbers() -> list[dict[str, Any]]:
    """Reports over a fixed period while the past grows, and what keeping readings costs."""
    from engagement import bench

    with empty_database(), override_settings(ALLOWED_HOSTS=["*"]):
        return list(bench.measure())


def cache_hit() -> list[dict[str, Any]]:
    from media import bench_video

    with empty_database():
        return [bench_video.cache_hit()]


def _pages() -> Iterator[dict[str, Any]]:
    client, manager, fill = _set_up()
    at_200: dict[str, float] = {}
    done = 0
    for size in SIZES:
        fill(size - done)
        done = size
        calendar, listing = _side_by_side(
            lambda: client.get("/admin/calendar/"), lambda: client.get("/admin/variants/")
        )
        body = client.get("/admin/calendar/").content
        queries, managers = _queries(client, "/admin/calendar/"), _queries(manager, "/admin/calendar/")
        if size == 0:
            yield _row("calendar month, empty: size", len(body), EMPTY_CALENDAR_BYTES, "bytes of HTML", 1.0)
        else:
            listed = len(client.get("/admin/variants/").content)
            yield _row(
                f"calendar month, {size} variants: size against Wagtail's listing",
                len(body),
                listed,
                "bytes of HTML",
                3.0,
            )
        if size == 200:
            at_200["calendar"] = calendar
        yield _row(
            f"calendar month, {size} variants: time against Wagtail's listing", calendar, listing, "s", 3.0
        )
        yield _row(f"calendar month, {size} variants: queries", queries, MOST_QUERIES, "queries", 1.0)
        yield _row(
            f"calendar month, {size} variants: queries of a manager", managers, MOST_QUERIES, "queries", 1.0
        )
    yield _row(f"calendar month: time at {SIZES[-1]} against 200", calendar, at_200["calendar"], "s", 1.5)


def _queries(client: Client, address: str) -> int:
    """After a first time, which fills what is kept between requests."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


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


def _set_up() -> tuple[Client, Client, Callable[[int], None]]:
    """(an administrator's browser, a manager's, what makes so many more variants)."""
    from datetime import time as clock_time

    from django.contrib.auth.models import User
    from wagtail.models import Page

    from access.models import CampaignRole, Role
    from channels.models import Channel
    from cms.models import CampaignPage, StoryPage
    from cms.roles import make_team
    from editorial.models import RecurringSlot
    from formats.core import sameness
    from formats.core.draft import Part
    from formats.models import Variant, stream_of

    root = Page.get_first_root_node()
    campaign = root.add_child(
        instance=CampaignPage(title="Bench", slug="bench", goal="Measure", publisher="Bench")
    )
    story = campaign.add_child(instance=StoryPage(title="A story", slug="a-story", lead="A lead."))
    User.objects.create_superuser("bench")
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    make_team(campaign)
    manager = User.objects.create_user("manager")
    manager.groups.add(CampaignRole.objects.get(campaign=campaign, role=Role.MANAGER).group)
    managers = Client()
    managers.force_login(manager)
    channel = Channel.objects.create(campaign_id=campaign.pk, platform="x", remote_id="1", handle="@bench")
    RecurringSlot.objects.create(channel=channel, weekday=0, at=clock_time(18))
    # What is measured grows with the months before and after, as a campaign does: the month on the screen always
    # has the same hundred posts.
    now = timezone.now().replace(minute=0, second=0, microsecond=0)

    done = 0

    def fill(count: int) -> None:
        nonlocal done
        at = [now + timedelta(hours=7 * (n // 2 + 1) * (-1) ** n) for n in range(done, done + count)]
        done += count
        texts = [
            f"Post {n}. {'Words of a post as they usually are. ' * 6}" for n in range(done - count, done)
        ]
        made = Variant.objects.bulk_create(
            Variant(
                story=story,
                campaign=campaign,
                format="x.thread",
                language="en",
                planned_wall=when.replace(tzinfo=None),
                planned_zone="UTC",
                planned_at=when,
                parts=json.dumps(stream_of([Part(text=text)])[0]),
                words_digest=sameness.digest([text]),
            )
            for when, text in zip(at, texts, strict=True)
        )
        through = Variant.channels.through
        through.objects.bulk_create(through(variant_id=row.pk, channel_id=channel.pk) for row in made)

    return client, managers, fill
