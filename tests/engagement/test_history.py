import importlib
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from channels.connectors.base import Reading
from cms.models import StoryPage
from community.models import Message
from engagement.core.metrics import NAMES
from engagement.history import publications_for
from engagement.history.beside import insert_oddities, insert_orders
from engagement.history.invent import ages, life
from engagement.history.make import _channel_days
from engagement.models import ChannelDay, DayFigure, Goal, MetricPull, Oddity, SiteClicks, Snapshot, Standing
from engagement.rollups import keep, rebuild
from publishing.models import Publication
from tests.engagement.conftest import NOW


@pytest.mark.unit
@pytest.mark.parametrize("count", [1, 3, 80, 150, 500])
def test_readings_are_as_many_as_asked_for_and_spread_over_the_whole_time(count):
    found = ages(count)

    assert abs(len(found) - count) <= 1
    assert found == sorted(set(found))


def rows():
    standings = Standing.objects.order_by("publication", "age").values()
    days = DayFigure.objects.order_by("publication", "day").values()
    return [[{k: v for k, v in row.items() if k != "id"} for row in each] for each in (standings, days)]


@pytest.mark.db
def test_an_invented_past_is_as_if_it_had_been_read(db):
    said = StringIO()
    call_command("generate_history", channels=12, publications=40, snapshots=400, stdout=said)

    assert Publication.objects.count() == 40
    assert 100 < Snapshot.objects.count() <= 440
    assert ChannelDay.objects.exclude(followers=None).exists()
    assert SiteClicks.objects.filter(current=True, day__isnull=False, clicks__gt=0).exists()
    assert Goal.objects.values("campaign").distinct().count() == 4
    assert Message.objects.filter(conversation__publication__isnull=False).exists()
    assert {page.specific.lead for page in StoryPage.objects.all()} == {"A lead."}
    orders = MetricPull.objects.all()
    assert orders.count() == 40
    assert {each.pulled_at for each in orders} == set(
        Standing.objects.filter(age="latest").values_list("at", flat=True)
    ) | {None}
    assert "40 publications" in said.getvalue()
    before = rows()
    rebuild(Publication.objects.select_related("channel", "variant"))
    assert rows() == before

    with pytest.raises(CommandError, match="has publications"):
        call_command("generate_history", channels=1, publications=1, snapshots=1, stdout=said)


@pytest.mark.unit
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 3, 22, 30, tzinfo=UTC),  # half past eleven in Berlin, after the clocks went back
        datetime(2026, 11, 3, 23, 30, tzinfo=UTC),  # past midnight there, while it is still the third by UTC
        datetime(
            2026, 4, 2, 0, 30, tzinfo=UTC
        ),  # half past two in Berlin: one such night has no half past two
    ],
)
def test_invented_days_of_accounts_are_those_of_their_campaigns_zone_each_once(now):
    zone, channel = ZoneInfo("Europe/Berlin"), SimpleNamespace(pk=7, followers=100)

    rows = list(_channel_days([channel], 40, now, 0))

    last = now.astimezone(zone).date()
    assert [day for _, day, *_ in rows] == [last - timedelta(days=n) for n in range(40)]
    assert all(at.astimezone(zone).date() == day for _, day, at, *_ in rows)
    assert list(_channel_days([channel], 40, now, 0))[1:] == list(_channel_days([channel], 40, now, 1))


@pytest.mark.unit
@pytest.mark.parametrize("wanted", [1_000, 200_000, 2_000_000])
def test_a_past_is_long_enough_for_the_snapshots_that_are_asked_for(wanted):
    """The posts of the last ninety days have been read less often than old ones."""
    count = publications_for(wanted, 100)

    assert wanted / 100 <= count <= wanted / 100 + 20_000 * 90 / 365
    assert count % 40 == 0


@pytest.mark.db
def test_invented_corrections_and_gaps_are_those_that_keeping_the_readings_finds(db):
    call_command("generate_history", channels=3, publications=1, snapshots=1, stdout=StringIO())
    out = Publication.objects.select_related("channel", "variant").get()
    begin = NOW - timedelta(days=120)
    out.published_at, random = begin, Random(3)
    made = next(
        found
        for found in (life(random, out.channel.platform, begin, ages(60), 500) for _ in range(200))
        if found.gaps and found.corrections
    )
    for model in (Snapshot, Standing, DayFigure, Oddity):
        model.objects.all().delete()

    for told in made.told:
        keep(out, Reading(str(out.pk), {name: told.values[name] for name in NAMES}, {}, told.at))

    expected = {("correction", c.metric, at) for at, c in made.corrections}
    expected |= {("gap", "", since) for since, _ in made.gaps}
    expected |= {("ended", metric, at) for at, metric, _ in made.silent}
    assert set(Oddity.objects.values_list("kind", "metric", "at")) == expected


@pytest.mark.unit
def test_invented_posts_on_x_fall_silent_when_x_does():
    """Clicks and visits to the profile are told for thirty days. A correction brings none of them back."""
    when = [timedelta(days=days) for days in range(1, 60)]
    lives = [life(Random(seed), "x", NOW, when, 500) for seed in range(30)]

    for made in lives:
        told = {name: [each.values[name] is not None for each in made.told] for name in ("clicks", "likes")}
        young = [each.age < timedelta(days=30) for each in made.told]
        assert told == {"clicks": young, "likes": [True] * len(young)}
        assert sorted(name for _, name, _ in made.silent) == ["clicks", "profile_visits"]
    assert not life(Random(1), "facebook", NOW, when, 500).silent


@pytest.mark.db
def test_what_an_invented_post_on_x_no_longer_tells_has_ended(river):
    (out,) = river.posts([{}], days_ago=60)
    when = [timedelta(days=days) for days in (20, 40)]
    made = life(Random(1), "x", out.published_at, when, 500)

    insert_oddities([out], [made])

    noted = (
        Oddity.objects.exclude(kind="correction").order_by("metric").values_list("kind", "metric", "until")
    )
    assert list(noted) == [("ended", "clicks", None), ("ended", "profile_visits", None)]


@pytest.mark.db
def test_what_is_old_is_asked_for_no_more_and_the_rest_not_while_it_is_measured(river):
    young, old = river.posts([{}, {}], hours_apart=24 * 80)
    read = [timedelta(days=days) for days in (1, 10)]
    lives = [life(Random(1), "x", out.published_at, read, 500) for out in (young, old)]

    insert_orders([young, old], lives, NOW)

    asked = dict(MetricPull.objects.values_list("publication", "next_action_at"))
    assert asked == {young.pk: NOW + timedelta(days=2), old.pk: None}
    assert set(MetricPull.objects.values_list("publication", "pulled_at")) == {
        (out.pk, out.published_at + timedelta(days=10)) for out in (young, old)
    }


@pytest.mark.db
def test_what_x_stopped_telling_before_the_upgrade_has_ended(river):
    old, other = river.posts([{}, {}], days_ago=60)
    (face,) = river.posts([{}], "facebook.post", days_ago=60)

    def silent(out, days, metric):
        at = out.published_at + timedelta(days=days)
        values = {"campaign_id": out.campaign_id, "kind": "silent", "metric": metric, "before": 1, "at": at}
        return Oddity.objects.create(publication=out, **values).pk

    ended = [silent(old, 29, "clicks"), silent(other, 31, "profile_visits")]
    stays = [silent(old, 30, "likes"), silent(other, 28.9, "clicks"), silent(face, 31, "clicks")]
    migration = importlib.import_module("engagement.migrations.0014_what_ends_by_itself")

    def of_kind(kind):
        return set(Oddity.objects.filter(kind=kind).values_list("pk", flat=True))

    migration.what_x_tells_no_longer(apps, None)
    assert (of_kind("ended"), of_kind("silent")) == (set(ended), set(stays))
    migration.back(apps, None)
    assert of_kind("silent") == {*ended, *stays}
