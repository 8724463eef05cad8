from datetime import timedelta

import pytest
from wagtail.models import Page

from channels.connectors.base import Reading
from cms.models import CampaignPage
from engagement import retention
from engagement.models import DayFigure, MetricPull, Snapshot, Standing
from engagement.rollups import keep, rebuild
from tests.engagement.test_pull import NOON, campaign, publication, story  # noqa: F401  fixtures
from work import clock

pytestmark = pytest.mark.db


def rows():
    return [list(model.objects.order_by("at").values("at", "likes")) for model in (Standing, DayFigure)]


def test_old_answers_go_old_readings_are_thinned_and_what_stands_on_them_stays(story, settings):  # noqa: F811
    out = publication(story)
    MetricPull.objects.create(publication=out, thin_at=NOON + timedelta(days=92))
    for n in range(30):
        at = out.published_at + timedelta(minutes=5 * n)
        keep(out, Reading(str(out.pk), {"likes": n}, {"n": n}, at))
    late = Reading(str(out.pk), {"likes": 99}, {"n": 99}, NOON + timedelta(days=80))
    keep(out, late)
    before = rows()

    with clock.by_hand(NOON + timedelta(days=31)):
        retention.thin()
    assert Snapshot.objects.count() == 31
    assert [s.raw for s in Snapshot.objects.exclude(packed=None)] == [{"n": 99}]

    with clock.by_hand(NOON + timedelta(days=93)):
        retention.thin()
        assert MetricPull.objects.get().thin_at == clock.now() + timedelta(days=90)
    assert Snapshot.objects.count() < 6
    assert rows() == before
    rebuild([out])
    assert rows() == before

    with clock.by_hand(NOON + timedelta(days=184)):
        retention.thin()
        assert MetricPull.objects.get().thin_at is None


def test_readings_that_are_not_old_yet_stay_although_nothing_stands_on_them(story):  # noqa: F811
    """Thinned 93 days after it went out: two readings of the 80th day are of the last ninety, one is not the day's last."""
    out = publication(story)
    MetricPull.objects.create(publication=out, thin_at=NOON + timedelta(days=92))
    for n, age in enumerate(
        (timedelta(minutes=5), timedelta(minutes=10), timedelta(days=80), timedelta(days=80, hours=1))
    ):
        keep(out, Reading(str(out.pk), {"likes": n}, {"n": n}, out.published_at + age))

    with clock.by_hand(NOON + timedelta(days=93)):
        retention.thin()

    assert sorted(Snapshot.objects.values_list("likes", flat=True)) == [1, 2, 3]


def test_days_are_thinned_on_the_clock_of_their_campaign(db):
    """Half-hourly for two days where midnight is noon by UTC: thinned and made anew, the days are what they were."""
    page = Page.get_first_root_node().add_child(
        instance=CampaignPage(title="Lake", slug="lake-r", publisher="Lake", time_zone="Pacific/Auckland")
    )
    out = publication(page.add_child(instance=Page(title="Tale", slug="tale-r")))
    MetricPull.objects.create(publication=out, thin_at=NOON + timedelta(days=92))
    for n in range(1, 97):
        keep(out, Reading(str(out.pk), {"likes": n}, {}, out.published_at + timedelta(minutes=30 * n)))
    before = rows()

    with clock.by_hand(NOON + timedelta(days=93)):
        retention.thin()
    rebuild([out])

    assert Snapshot.objects.count() < 12
    assert rows() == before
