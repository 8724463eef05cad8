"""A day or a week of which nobody told a number is unknown in its sum and in its chart, and one of nothing is a zero."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagement.models import DayFigure
from tests.engagement.test_reports import column, day_figure, likes, report

pytestmark = pytest.mark.db
MONDAY = date(2026, 4, 13)
gain = st.one_of(st.none(), st.just(0), st.integers(-50, 5000))
LABELS = {"likes": "Likes", "views": "Views"}


@pytest.fixture
def two(river):
    return river, river.posts(likes(1, 2))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 1), st.integers(0, 13)),
        st.fixed_dictionaries(dict.fromkeys(LABELS, gain)),
        min_size=1,
        max_size=9,
    )
)
def test_in_a_sum_over_days(two, told):
    river, posts = two
    DayFigure.objects.all().delete()
    for (post, day), gains in told.items():
        day_figure(posts[post], MONDAY + timedelta(days=day), **gains)

    for step, length, heading in (("day", 1, "Read on"), ("week", 7, "Read in the week from")):
        found = report("campaign", river, step=step, **{"from": "2026-04-13", "to": "2026-04-26"})
        (table,) = found.tables
        charts = {chart.series[0][0]: chart.series[0][1] for chart in found.charts}
        for name, label in LABELS.items():
            sums = []
            for begin in column(table, heading):
                of_step = [g[name] for (_, day), g in told.items() if _begin(day, length) == begin]
                known = [each for each in of_step if each is not None]
                sums.append(sum(known) if known else None)
            if any(each is not None for each in sums):
                assert column(table, label) == sums
                assert list(charts[label]) == sums[::-1]
            else:
                assert label not in charts
                assert label not in [each.label for each in table.columns]


def _begin(day: int, length: int) -> date:
    return MONDAY + timedelta(days=day - day % length)
