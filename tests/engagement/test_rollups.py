"""What is kept of snapshots follows from them alone, whatever their order. Properties of the pure part first."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Page

from channels.connectors.base import Reading
from cms.models import CampaignPage
from engagement.core import rollups
from engagement.core.metrics import NAMES
from engagement.core.rollups import Told
from engagement.models import DayFigure, Oddity, Snapshot, Standing
from engagement.rollups import follow_zones, keep, keep_all, rebuild
from publishing.models import Publication
from tests.engagement.test_pull import campaign, publication, story  # noqa: F401  fixtures

OUT = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the night after, the clocks of Berlin go forward
BERLIN = ZoneInfo("Europe/Berlin")
NOTHING = dict.fromkeys((*NAMES, "followers"))


def told(minutes, **values):
    age = timedelta(minutes=minutes)
    return Told(OUT + age, age, NOTHING | values)


numbers = st.one_of(st.none(), st.integers(0, 1000))
readings = st.lists(
    st.builds(
        lambda minutes, likes, views: told(minutes, likes=likes, views=views),
        st.one_of(st.integers(0, 120), st.integers(0, 60 * 24 * 100)),
        numbers,
        numbers,
    ),
    max_size=12,
    unique_by=lambda t: t.at,
)


@pytest.mark.unit
@settings(max_examples=40, deadline=None)
@given(readings, st.randoms(use_true_random=False))
def test_rollups_do_not_ask_in_which_order_or_how_often_they_were_told(told, random):
    shuffled = told + told[:3]
    random.shuffle(shuffled)

    assert rollups.standings(shuffled) == rollups.standings(told)
    assert rollups.days(shuffled, BERLIN) == rollups.days(told, BERLIN)


@pytest.mark.unit
@settings(max_examples=40, deadline=None)
@given(readings)
def test_a_standing_is_the_last_reading_not_older_than_its_age(told):
    found = rollups.standings(told)

    newest = max(told, key=lambda t: t.at, default=None)
    assert found.get("latest") == newest
    for code, limit in rollups.AGES.items():
        fitting = [t for t in told if t.age <= limit]
        assert found.get(code) in (None, max(fitting, key=lambda t: t.at, default=None))
        if fitting and newest.age >= limit:
            assert code in found


@pytest.mark.unit
@settings(max_examples=40, deadline=None)
@given(readings)
def test_gains_add_up_to_what_was_last_told_and_unknown_stays_unknown(told):
    for name in ("likes", "views", "saves"):
        stands, sum_ = None, 0
        for day in sorted(rollups.days(told, BERLIN).values(), key=lambda d: d.on):
            value, gain = day.told.values[name], day.gains[name]
            assert (value is None) == (gain is None)
            if value is not None:
                stands, sum_ = value, sum_ + gain
                assert sum_ == stands


@pytest.mark.unit
@settings(max_examples=40, deadline=None)
@given(readings)
def test_the_short_way_comes_to_the_same(told):
    standing, days = {}, {}
    for n, reading in enumerate(sorted(told, key=lambda t: t.at)):
        standing |= rollups.standings_after(standing, reading)
        newest = max(days.values(), key=lambda d: d.on, default=None)
        day = rollups.day_after(newest, reading, BERLIN)
        if day is None:
            days = rollups.days(sorted(told, key=lambda t: t.at)[: n + 1], BERLIN)
        else:
            days[day.on] = day

    assert standing == rollups.standings(told)
    assert days == rollups.days(told, BERLIN)


@pytest.mark.unit
@settings(max_examples=40, deadline=None)
@given(readings)
def test_what_is_worth_keeping_gives_the_same_rollups(told):
    moments = rollups.worth_keeping(told, BERLIN)
    thinned = [t for t in told if t.at in moments]

    assert rollups.standings(thinned) == rollups.standings(told)
    assert rollups.days(thinned, BERLIN) == rollups.days(told, BERLIN)


@pytest.mark.unit
def test_standings_of_a_post_as_it_grows():
    first, second = told(30, likes=1), told(58, likes=4)
    assert rollups.standings([first]) == {"1h": first, "latest": first}
    assert rollups.standings([first, second]) == {"1h": second, "latest": second}

    day = told(60 * 23, likes=9)
    assert rollups.standings([first, second, day]) == {
        "1h": second,
        "6h": second,  # nothing was told between
        "24h": day,
        "latest": day,
    }
    assert set(rollups.standings([told(60 * 24 * 8)])) == {"30d", "latest"}


@pytest.mark.unit
def test_a_day_ends_at_midnight_of_the_campaign():
    late, early = (
        told(60 * 10 + 59, likes=3),
        told(60 * 11, likes=5),
    )  # 23:59 and, an hour on, 24:00 in Berlin

    found = rollups.days([late, early], BERLIN)

    assert [(on, day.gains["likes"]) for on, day in found.items()] == [
        (date(2026, 3, 28), 3),
        (date(2026, 3, 29), 2),
    ]


@pytest.mark.unit
def test_what_the_network_takes_back_is_a_loss_and_a_correction():
    before, after = told(60, likes=10, views=5), told(60 * 24, likes=7)

    found = rollups.days([before, after], BERLIN)

    assert found[date(2026, 3, 29)].gains["likes"] == -3
    assert rollups.corrections(before.values, after.values) == [rollups.Correction("likes", 10, 7)]
    assert rollups.fell_silent(before.values, after.values) == ("views",)


# With a database --------------------------------------------------------------------------------------------


def rows():
    standings = Standing.objects.order_by("publication", "age").values_list("age", "at", "likes", "views")
    days = DayFigure.objects.order_by("publication", "day").values_list("day", "likes", "likes_gain", "views")
    return list(standings), list(days)


def reading(out, minutes, **values):
    return Reading(str(out.pk), values, {"told": minutes}, out.published_at + timedelta(minutes=minutes))


@pytest.mark.db
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 9), numbers, numbers), max_size=6))
def test_kept_as_they_come_or_made_anew_the_rows_are_the_same(out, told):
    for model in (Snapshot, Standing, DayFigure, Oddity):
        model.objects.all().delete()

    for minutes, likes, views in [*told, *told[:2]]:
        keep(out, reading(out, minutes, likes=likes, views=views))
    as_they_came = rows()
    rebuild([out])

    assert as_they_came == rows()
    assert Snapshot.objects.count() == len({minutes for minutes, _, _ in told})


@pytest.fixture
def out(story):  # noqa: F811
    return publication(story)


@pytest.mark.db
def test_a_repeated_reading_changes_nothing_and_a_late_one_only_the_past(out):
    keep(out, reading(out, 30, likes=2))
    keep(out, reading(out, 300, likes=9))
    before = rows()

    again = keep(out, reading(out, 300, likes=9))
    assert (again.new, again.unchanged, rows()) == (False, True, before)

    keep(out, reading(out, 50, likes=5))
    standing = dict(Standing.objects.values_list("age", "likes"))
    assert standing == {"1h": 5, "6h": 9, "latest": 9}
    assert [o.kind for o in Oddity.objects.all()] == ["gap"]


@pytest.mark.db
@pytest.mark.parametrize(
    ("minutes", "is_gap"), [(5, False), (20, False), (99, False), (101, True), (4320, True)]
)
def test_a_first_reading_long_after_a_post_was_out_is_a_gap(out, minutes, is_gap):
    """Read every five minutes at first, every twenty where nothing moves: a hundred are too many."""
    keep(out, reading(out, minutes, likes=7))
    keep(out, reading(out, minutes + 5, likes=8))

    until = out.published_at + timedelta(minutes=minutes)
    gaps = [("gap", out.published_at, until)] if is_gap else []
    assert list(Oddity.objects.values_list("kind", "at", "until")) == gaps
    before = rows()
    rebuild([out])
    assert rows() == before
    assert list(Oddity.objects.values_list("kind", "at", "until")) == gaps


@pytest.mark.db
def test_a_post_that_was_out_since_nobody_knows_when_was_unread_since_it_surely_was(out):
    """Out for five hours or for two; and of the other for five, or for ten minutes."""
    early, late = out, publication(out.variant.story, fmt="x.video")
    for post, minutes in ((early, 180), (late, 290)):
        post.out_until = post.published_at + timedelta(minutes=minutes)
        post.save()
        keep(post, reading(post, 300, likes=7))

    assert list(Oddity.objects.values_list("publication", "at")) == [(early.pk, early.out_until)]


@pytest.mark.db
def test_a_shrinking_number_is_kept_as_told_and_noted(out):
    keep(out, reading(out, 30, likes=9, views=40))
    keep(out, reading(out, 40, likes=7))

    assert dict(Standing.objects.values_list("age", "likes")) == {"1h": 7, "latest": 7}
    assert Standing.objects.get(age="latest").views is None
    noted = Oddity.objects.order_by("kind").values_list("kind", "metric", "before", "after")
    assert list(noted) == [("correction", "likes", 9, 7), ("silent", "views", 40, None)]


@pytest.mark.db
def test_standings_of_an_age_leave_out_those_that_have_not_reached_it(out):
    keep(out, reading(out, 30, likes=9))

    at = out.published_at
    assert not Standing.objects.at_age("1h", at + timedelta(minutes=59)).exists()
    assert Standing.objects.at_age("1h", at + timedelta(minutes=60)).exists()
    assert Standing.objects.at_age("latest", at).exists()


@pytest.mark.db
@pytest.mark.parametrize(("days", "followers"), [(2, 200), (3, None)])
def test_followers_that_were_told_long_ago_are_not_those_of_then(out, days, followers):
    out.channel.followers_at = out.published_at + timedelta(minutes=30) - timedelta(days=days)

    keep(out, reading(out, 30, likes=9))

    assert Standing.objects.get(age="latest").followers == followers


@pytest.mark.db
def test_a_batch_asks_no_more_often_than_one(story, django_assert_num_queries):  # noqa: F811
    several = [publication(story, fmt=f) for f in ("x.thread", "x.video")]
    for count in (1, 2):
        for minutes in (5, 10):
            pairs = [(out, reading(out, minutes * count, likes=minutes)) for out in several[:count]]
            if minutes == 10:
                with django_assert_num_queries(8):
                    keep_all(pairs)
            else:
                keep_all(pairs)


@pytest.mark.db
def test_snapshots_from_before_standings_were_kept_count(out):
    Snapshot.objects.create(publication=out, at=out.published_at, age_s=0, likes=3, raw={})

    keep(out, reading(out, 60 * 24, likes=5))

    assert list(DayFigure.objects.order_by("day").values_list("likes_gain", flat=True)) == [3, 2]


# The campaign's zone is changed ------------------------------------------------------------------------------

ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles")


@pytest.fixture
def zone(monkeypatch):
    """The campaign's zone, as it is now: ``zone.name``."""

    class Zone:
        name = "UTC"

    found = Zone()
    monkeypatch.setattr("engagement.rollups.zones_of", lambda ids: dict.fromkeys(ids, ZoneInfo(found.name)))
    return found


@pytest.mark.db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 60 * 24 * 9), numbers, numbers, st.sampled_from(ZONES)),
        min_size=2,
        max_size=6,
        unique_by=lambda t: t[0],
    )
)
def test_a_changed_zone_counts_no_gain_twice(out, zone, told):
    """What was read in another zone stands on other days, and all of them still add up to what was told."""
    for model in (Snapshot, Standing, DayFigure, Oddity):
        model.objects.all().delete()

    for minutes, likes, views, name in sorted(told):
        zone.name = name
        keep(out, reading(out, minutes, likes=likes, views=views))
        last = {"likes": likes, "views": views}
        days = list(DayFigure.objects.order_by("day"))
        for metric, value in last.items():
            if value is not None:
                assert sum(getattr(day, f"{metric}_gain") or 0 for day in days) == value
    as_they_came = rows()
    rebuild([out])

    if {name for *_, name in told} == {zone.name}:
        assert as_they_came == rows()


@pytest.mark.db
@pytest.mark.parametrize("new", ["Europe/Berlin", "America/Los_Angeles"])
def test_a_reading_in_another_zone_has_its_post_counted_anew(out, zone, new):
    """Published at noon, read just before midnight by UTC: tomorrow in Berlin, and this afternoon in California."""
    Publication.objects.filter(pk=out.pk).update(published_at=datetime(2026, 5, 4, 12, tzinfo=UTC))
    out.refresh_from_db()
    keep(out, reading(out, 60 * 11 + 50, likes=100))

    zone.name = new
    keep(out, reading(out, 60 * 16, likes=110))

    as_they_came = rows()
    rebuild([out])
    assert as_they_came == rows()
    assert sum(day.likes_gain for day in DayFigure.objects.all()) == 110


@pytest.mark.db
def test_days_follow_the_campaigns_zone(db):
    page = Page.get_first_root_node().add_child(
        instance=CampaignPage(title="Lake", slug="lake-z", publisher="Lake", time_zone="UTC")
    )
    out = publication(page.add_child(instance=Page(title="Tale", slug="tale-z")))
    Publication.objects.filter(pk=out.pk).update(published_at=datetime(2026, 5, 4, 12, tzinfo=UTC))
    out.refresh_from_db()
    assert follow_zones() == 0
    keep(out, reading(out, 60 * 10 + 30, likes=100))  # 22:30 by UTC, half past midnight in Berlin
    assert [d.day for d in DayFigure.objects.all()] == [date(2026, 5, 4)]

    CampaignPage.objects.filter(pk=page.pk).update(time_zone="Europe/Berlin")
    assert (follow_zones(), follow_zones()) == (1, 0)

    assert [(d.day, d.likes_gain) for d in DayFigure.objects.all()] == [(date(2026, 5, 5), 100)]
    keep(out, reading(out, 60 * 20, likes=110))
    assert [(d.day, d.likes_gain) for d in DayFigure.objects.all()] == [(date(2026, 5, 5), 110)]


@pytest.mark.db
def test_what_a_network_tells_for_thirty_days_only_ends_and_what_it_stops_telling_is_noted(out):
    """X states that clicks end at thirty days. Gone after a week, or likes gone at any age, is something else."""
    for days, values in (
        (7, {"clicks": 5, "likes": 9}),
        (8, {"likes": 9}),
        (29.5, {"clicks": 6, "likes": 9}),
        (31, {}),
    ):
        keep(out, reading(out, days * 1440, **values))

    noted = (
        Oddity.objects.exclude(kind="gap").order_by("at", "metric").values_list("kind", "metric", "before")
    )
    assert list(noted) == [("silent", "clicks", 5), ("ended", "clicks", 6), ("silent", "likes", 9)]
    silent, *_ = Oddity.objects.exclude(kind="gap").order_by("at")
    assert silent.until == out.published_at + timedelta(days=29.5)
    keep(out, reading(out, 32 * 1440, clicks=7, likes=9))
    assert not Oddity.objects.exclude(kind="gap").filter(until=None).exists()
