"""One week of a campaign for a mail: what went out, what came in, and how that is against the week before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from wagtail.models import Page

from engagement.core.measures import MEASURES
from engagement.core.statistics import Interval, rate_interval
from engagement.core.weeks import Week
from engagement.reports import about, apart, behind, campaigns, changes, posts, unread
from engagement.reports.campaigns import Step
from engagement.reports.filters import Filters, Frame
from engagement.reports.report import RANGES, Cell, Chart, Column, Report, Table, between

MOST_POSTS = 10


def build(frame: Frame, week: Week) -> Report:
    """Ten queries. ``frame`` is of the campaign and this week."""
    campaign = frame.campaign
    assert campaign is not None
    report = Report(campaign.title, extra={"campaign": campaign})
    both = Frame(
        frame.user,
        Filters(campaign=campaign.pk, first=week.before.monday, last=week.sunday),
        frame.now,
        frame.campaigns,
        frame.channels,
    )
    steps, _ = campaigns.steps_of(both)
    loaded = posts.load(frame, days=_a_day_old(week), age=changes.AGE)
    missing = unread.of(frame)
    if not loaded.of and not steps and all(each.on_purpose for each in missing):
        report.empty = "Nothing went out and no numbers came in."
        return report
    report.sentences = [
        *about.made_up(frame),
        *(each.words for each in missing),
        *(each.words for each in unread.again(both)),
        *changes.sentences(frame),
    ]
    without = "; ".join(each.note for each in missing)
    report.tables = [
        *([_weeks(frame, steps, week, without)] if steps else []),
        *([_best(loaded, week)] if loaded.rows else []),
        *_days(steps, week),
    ]
    report.charts = _charts(steps, week)
    return report


def _a_day_old(week: Week) -> tuple[date, date]:
    """From the Sunday before to Saturday: posts that are a day old on Monday morning. So each post is in one mail."""
    return week.monday - timedelta(days=1), week.sunday - timedelta(days=1)


def _gain(steps: Mapping[date, Step], day: date, name: str) -> Any:
    return steps[day].gain(name) if day in steps else None


def _weeks(frame: Frame, steps: Mapping[date, Step], week: Week, without: str) -> Table:
    """Each number: this week and the one before. Unknown on every day stays unknown. ``without``: who was not read."""

    def known(name: str, of: Week) -> list[Any]:
        days = (_gain(steps, of.monday + timedelta(days=n), name) for n in range(7))
        return [each for each in days if each is not None]

    rows, notes = [], [campaigns.WHEN_READ]
    for each in campaigns.SUMMED:
        now, before = known(each.name, week), known(each.name, week.before)
        if now or before:
            values = (Cell(sum(days) if days else None) for days in (now, before))
            told = Cell(f"{len(now)} of 7 days, {len(before)} of 7 before", note=without)
            rows.append([Cell(each.label_with_unit), *values, told])
            notes.append(apart.words(each.name, campaigns.platforms_of(frame)))
    columns = [
        Column("Number", "text"),
        Column("this week"),
        Column("the week before"),
        Column("told on", "text"),
    ]
    return Table("What came in", columns, rows, note=" ".join(filter(None, notes)))


def _best(loaded: posts.Posts, week: Week) -> Table:
    """The week's posts at the same age, those with the most interactions first; where it is not known in full, last."""
    counted = posts.shown_of_each(loaded.rows)
    interactions, rate = MEASURES["interactions"], MEASURES["by_followers"]

    def place(post: posts.Post) -> tuple[bool, float, datetime]:
        value = interactions.of(post.values, counted)
        return value is None, -(value or 0), post.published_at

    def around(post: posts.Post) -> Interval | None:
        return rate_interval(interactions.of(post.values, counted), post.values[rate.base])

    order = sorted(loaded.rows, key=place)[:MOST_POSTS]
    titles = dict(Page.objects.filter(pk__in={p.story_id for p in order}).values_list("pk", "title"))
    columns = [
        Column("Post", "text"),
        Column("interactions"),
        Column("of the followers", "percent"),
        Column("impressions"),
        Column("reach"),
        Column("views"),
    ]
    lines = [
        [
            Cell(f"{titles.get(post.story_id, 'A story that is gone')} ({post.format_label})"),
            behind.measured(post, interactions, counted),
            Cell(rate.of(post.values, counted), note=between(around(post))),
            *(behind.cell(post, name) for name in ("impressions", "reach", "views")),
        ]
        for post in order
    ]
    first, last = _a_day_old(week)
    note = f"Those of {first:%A, %-d %b} to {last:%A, %-d %b}; those of this Sunday stand in the next mail. {loaded.basis}"
    if any(around(post) for post in order):
        note += f" {RANGES}"
    if len(loaded.rows) > MOST_POSTS:
        note += f" The first {MOST_POSTS} of them."
    return Table("Posts of the week, each after its first 24 hours", columns, lines, note=note)


def _days(steps: Mapping[date, Step], week: Week) -> list[Table]:
    """What the charts draw, in numbers."""
    drawn = _charts(steps, week)
    if not drawn:
        return []
    names = [chart.series[0][0] for chart in drawn]
    days = [week.before.monday + timedelta(days=n) for n in range(14)]
    lines = [[Cell(day), *(Cell(chart.series[0][1][n]) for chart in drawn)] for n, day in enumerate(days)]
    columns = [Column("Read on", "day"), *(Column(name) for name in names)]
    return [Table("Day by day", columns, lines)]


def _charts(steps: Mapping[date, Step], week: Week) -> list[Chart]:
    """The two numbers that most days know, a bar for each day of both weeks."""
    days = [week.before.monday + timedelta(days=n) for n in range(14)]
    known = {
        each: [_gain(steps, day, each.name) for day in days]
        for each in campaigns.SUMMED
        if each.name in ("likes", "comments", "shares", "impressions", "views")
    }
    told = {each: values for each, values in known.items() if any(v is not None for v in values)}
    order = sorted(told, key=lambda each: -sum(v is not None for v in told[each]))[:2]
    labels = [day.isoformat() for day in days]
    return [
        Chart(f"{each.label} by day of reading", "bar", labels, [(each.label, told[each])]) for each in order
    ]


def spec(chart: Chart) -> dict[str, Any]:
    """A chart as a Vega-Lite drawing. Its numbers lie inside; a day that nobody told has no bar and no number."""
    ((label, values),) = chart.series
    half = len(chart.labels) // 2
    rows = [
        {"day": day, "value": value, "week": "This week" if n >= half else "The week before"}
        for n, (day, value) in enumerate(zip(chart.labels, values, strict=True))
        if value is not None
    ]
    x = {
        "field": "day",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": list(chart.labels)},
        "axis": {"labelExpr": "timeFormat(toDate(datum.value + 'T00:00:00'), '%a %-d')", "labelAngle": 0},
    }
    y = {"field": "value", "type": "quantitative", "title": label}
    bar = {
        "mark": "bar",
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "week",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["The week before", "This week"], "range": ["#b6c4c6", "#0b5c63"]},
                "legend": {"orient": "top"},
            },
        },
    }
    text = {
        "mark": {"type": "text", "dy": -7, "fontSize": 11},
        "encoding": {"x": x, "y": y, "text": {"field": "value", "format": ",d"}},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "#ffffff",
        "width": 560,
        "height": 180,
        "data": {"values": rows},
        "layer": [bar, text],
    }
