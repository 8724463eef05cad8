"""One week of a campaign for a mail: what went out, what came in, and how that is against the week before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wagtail.models import Page

from engagement.core.measures import MEASURES
from engagement.core.rollups import LATEST
from engagement.core.weeks import Week
from engagement.reports import campaigns, changes, posts
from engagement.reports.filters import Filters, Frame
from engagement.reports.report import Cell, Chart, Column, Report, Table

MOST_POSTS = 10


def build(frame: Frame, week: Week) -> Report:
    """Nine queries. ``frame`` is of the campaign and this week."""
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
    loaded = posts.load(frame, age=LATEST)
    if not loaded.of and not steps:
        report.empty = "Nothing went out and no numbers came in."
        return report
    report.sentences = changes.sentences(frame)
    report.tables = [_weeks(steps, week), *([_best(loaded.rows)] if loaded.rows else [])]
    report.charts = _charts(steps, week)
    return report


def _weeks(steps: dict[Any, dict[str, Any]], week: Week) -> Table:
    """Each number: this week and the one before. Unknown on every day stays unknown."""

    def total(name: str, of: Week) -> Any:
        days = [steps.get(of.monday + timedelta(days=n), {}).get(name) for n in range(7)]
        known = [each for each in days if each is not None]
        return sum(known) if known else None

    rows = [
        [Cell(each.label_with_unit), Cell(total(each.name, week)), Cell(total(each.name, week.before))]
        for each in campaigns.SUMMED
    ]
    rows = [row for row in rows if any(cell.value is not None for cell in row[1:])]
    return Table(
        "What came in", [Column("Number", "text"), Column("this week"), Column("the week before")], rows
    )


def _best(rows: list[posts.Post]) -> Table:
    """The week's posts, those with the most interactions first; without them the newest."""
    counted = posts.told_by_every_format(rows)
    interactions, rate = MEASURES["interactions"], MEASURES["by_followers"]
    order = sorted(rows, key=lambda p: (-(interactions.of(p.values, counted) or 0), p.published_at))[
        :MOST_POSTS
    ]
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
            Cell(interactions.of(post.values, counted)),
            Cell(rate.of(post.values, counted)),
            *(Cell(post.values[name]) for name in ("impressions", "reach", "views")),
        ]
        for post in order
    ]
    return Table("Posts of the week, as they stand now", columns, lines)


def _charts(steps: dict[Any, dict[str, Any]], week: Week) -> list[Chart]:
    """The two numbers that most days know, a bar for each day of both weeks."""
    days = [week.before.monday + timedelta(days=n) for n in range(14)]
    known = {
        each: [steps.get(day, {}).get(each.name) for day in days]
        for each in campaigns.SUMMED
        if each.name in ("likes", "comments", "shares", "impressions", "views")
    }
    told = {each: values for each, values in known.items() if any(v is not None for v in values)}
    order = sorted(told, key=lambda each: -sum(v is not None for v in told[each]))[:2]
    labels = [day.isoformat() for day in days]
    return [Chart(f"{each.label} each day", "bar", labels, [(each.label, told[each])]) for each in order]


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
