"""Unknown never turns into zero, and zero never into unknown: in a table, a chart, a rate, a sum, a file and the interface.

Whatever is told of whatever posts. Charts are drawn from the same data; frontend/test/charts.test.mjs has the rest, and
test_unknown_sums.py the sums over days.
"""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from engagement.api.endpoints import _show_days, _show_standings
from engagement.core.measures import MEASURES
from engagement.core.metrics import BASES, INTERACTIONS, METRICS, NAMES, interactions, rate
from engagement.core.weeks import Week
from engagement.models import DayFigure, Standing
from engagement.reports import compared, hours, posts, stories, weekly
from engagement.reports.campaigns import Step
from engagement.reports.posts import Post
from engagement.reports.report import Cell, Column, Report, Table
from engagement.templatetags.numbers import shown
from engagement.views import as_file

pytestmark = pytest.mark.unit
OUT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
number = st.one_of(st.none(), st.just(0), st.integers(0, 5000))
values = st.fixed_dictionaries(dict.fromkeys((*NAMES, "followers"), number))
several = st.lists(values, min_size=1, max_size=9)


def post(told, n=0, fmt="x.thread"):
    return Post(n, 1, 1, "x", fmt, OUT, 86_000, told)


def report_of(rows):
    columns = [Column("Post", "text"), *(Column(each.label) for each in METRICS)]
    lines = [[Cell(f"post {n}"), *(Cell(row[name]) for name in NAMES)] for n, row in enumerate(rows)]
    return Report("R", tables=[Table("T", columns, lines)])


def written(rows, empty):
    return [[empty if row[name] is None else row[name] for name in NAMES] for row in rows]


@settings(max_examples=60, deadline=None)
@given(several)
def test_in_files(rows):
    report = report_of(rows)

    text = as_file(report, "csv", "r").content.decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(text, newline="")))[1 : 1 + len(rows)]
    assert [row[1:] for row in told] == [[str(v) for v in row] for row in written(rows, "")]
    book = load_workbook(io.BytesIO(as_file(report, "xlsx", "r").content))
    told = list(book["T"].iter_rows(min_row=2, min_col=2, values_only=True))
    assert [list(row) for row in told] == written(rows, None)


@settings(max_examples=60, deadline=None)
@given(several)
def test_on_the_page_and_in_the_interface_of_reports(rows):
    (table,) = report_of(rows).tables

    for line, row in zip(table.lines, rows, strict=True):
        for (column, cell), name in zip(line[1:], NAMES, strict=True):
            html = shown(column, cell)
            assert ("report-unknown" in html) == (row[name] is None)
            assert (html == "0") == (row[name] == 0)
    sent = json.loads(json.dumps(table.as_data()))
    assert [[cell["value"] for cell in line[1:]] for line in sent["rows"]] == written(rows, None)


@settings(max_examples=60, deadline=None)
@given(values)
def test_in_the_interface_of_rows(told):
    moment = {"publication_id": "p", "campaign_id": 1, "channel_id": 1, "story_id": 1, "published_at": OUT}
    standing = Standing(**moment, platform="x", format="x.thread", age="24h", at=OUT, age_s=1, **told)
    (sent,) = _show_standings([standing], {})
    assert sent["values"] == told
    for base in BASES:
        found = sent["engagement_percent"][base]
        known = [told[name] for name in INTERACTIONS if told[name] is not None]
        assert (found is None) == (not known or not told[base])
        assert (sent["engagement_range"][base] is None) == (found is None)

    gains = {f"{name}_gain": told[name] for name in NAMES}
    day = DayFigure(
        **moment, platform="x", format="x.thread", day=OUT.date(), at=OUT, age_s=1, **told, **gains
    )
    (sent,) = _show_days([day], {})
    assert sent["gains"] == {name: told[name] for name in NAMES}


@settings(max_examples=60, deadline=None)
@given(several, st.sampled_from(list(MEASURES)))
def test_in_measures_medians_and_ranges(rows, code):
    """A post that lacks something that is counted has no number, and is in no median."""
    found = posts.compare([post(row, n) for n, row in enumerate(rows)], code, lambda each: each.format)

    (group,) = found.groups
    measure = MEASURES[code]
    for value, row in zip(group.values, rows, strict=True):
        parts = [row[measure.metric]] if measure.metric else [row[name] for name in found.counted]
        lacks = not parts or None in parts or (bool(measure.base) and not row[measure.base])
        assert (value is None) == lacks
    known = [value for value in group.values if value is not None]
    assert (group.spread is None) == (not known)
    if group.spread:
        assert (group.spread.known, group.spread.of) == (len(known), len(rows))
    drawn = compared.chart(found, str, "C")
    assert (drawn is None) == (not known)


@settings(max_examples=60, deadline=None)
@given(values)
def test_in_a_rate(told):
    for base in BASES:
        found = rate(told, base)
        assert (found is None) == (interactions(told) is None or not told[base])
        if found:
            assert set(found.missing) == {name for name in INTERACTIONS if told[name] is None}


MONDAY = date(2026, 4, 20)
days = st.dates(MONDAY - timedelta(days=7), MONDAY + timedelta(days=6))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(days, st.fixed_dictionaries(dict.fromkeys(NAMES, number)), min_size=1))
def test_in_a_chart(told):
    """Those of the weekly mail, down to what is drawn: a day that nobody told has no bar, and one of nothing has one."""
    steps = {day: Step(1, gains) for day, gains in told.items()}
    fortnight = [MONDAY + timedelta(days=n) for n in range(-7, 7)]

    charts = weekly._charts(steps, Week(MONDAY))

    drawn = ("likes", "comments", "shares", "impressions", "views")
    known = [name for name in drawn if any(gains[name] is not None for gains in told.values())]
    assert len(charts) == min(2, len(known))
    for chart in charts:
        (name,) = (each.name for each in METRICS if each.label == chart.series[0][0])
        expected = [told[day][name] if day in told else None for day in fortnight]
        sent = json.loads(json.dumps(chart.as_data()))
        assert sent["series"][0]["values"] == expected
        bars = {row["day"]: row["value"] for row in weekly.spec(chart)["data"]["values"]}
        pairs = zip(fortnight, expected, strict=True)
        assert bars == {day.isoformat(): value for day, value in pairs if value is not None}


@settings(max_examples=60, deadline=None)
@given(several)
def test_in_the_charts_of_a_story_only_who_tells_a_number_has_a_bar(rows):
    made = [
        stories.Row(_publication(n), 3600, row, {base: rate(row, base) for base in BASES})
        for n, row in enumerate(rows)
    ]
    shown_metrics = [each for each in METRICS if any(row[each.name] is not None for row in rows)]

    for chart in stories._charts(made, shown_metrics):
        name = next(each.name for each in METRICS if each.label == chart.title)
        assert list(chart.series[0][1]) == [row[name] for row in rows if row[name] is not None]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), st.integers(1, 9), min_size=1))
def test_an_hour_without_posts_is_a_dash_and_its_bar_is_a_count_of_posts(there):
    """The chart of hours counts posts, and no post is zero posts; the table of what they did has no zero for it."""
    cells = {place: SimpleNamespace(known=known, ratio=1.0) for place, known in there.items()}

    table, chart = hours._table(cells), hours._chart(cells)

    assert sum(cell.value is not None for row in table.rows for cell in row[1:]) == len(cells)
    assert not any(cell.value == 0 for row in table.rows for cell in row[1:])
    assert chart.series[0][0] == "Posts"
    assert sum(chart.series[0][1]) == sum(there.values())


def _publication(n):
    channel = SimpleNamespace(platform="x", handle=f"@{n}", sandbox=False)
    return SimpleNamespace(variant=SimpleNamespace(format="x.thread"), channel=channel)
