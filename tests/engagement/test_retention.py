from datetime import timedelta

import pytest

from channels.connectors.base import Reading
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
