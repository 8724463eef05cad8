"""One account: its followers over time, its posts, and how they do in the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from wagtail.models import Page

from engagement.core import statistics
from engagement.core.measures import MEASURES, Measure
from engagement.models import ChannelDay
from engagement.reports import behind, compared, posts
from engagement.reports.campaigns import cut
from engagement.reports.filters import BEGINNING, Frame
from engagement.reports.posts import Group, Post, format_label
from engagement.reports.report import Cell, Chart, Column, Report, Table, account_name, between, several

MOST_POSTS = 200
MOST_DAYS = 400
INTERACTIONS = MEASURES["interactions"]


def build(frame: Frame) -> Report:
    frame.with_one_channel()
    channel = frame.channel
    if channel is None:
        return Report("Account", empty="No account is connected yet. Managers connect one under Channels.")
    report = Report(f"{account_name(channel)}: followers and posts")
    days, left_out = _followers(frame)
    loaded = posts.load(frame)
    if not days and not loaded.rows:
        report.empty = "Nobody has told a number of this account in these days. Choose other days."
        return report
    report.basis.append(loaded.basis)
    if left_out:
        report.basis.append(cut("The line of followers", days[0][0], left_out))
    if days:
        report.sentences += _follower_sentences(days)
        labels = [f"{day:%-d %b %Y}" for day, _ in days]
        report.charts.append(Chart("Followers", "line", labels, [("Followers", [n for _, n in days])]))
    if loaded.rows:
        found = posts.compare(loaded.rows, frame.filters.by, lambda post: post.format)
        report.basis.append(found.meaning)
        report.sentences += compared.sentences(found, format_label, "format of this account", loaded.age)
        drawn = compared.chart(found, format_label, f"{found.measure.label}: median and middle half")
        report.charts += [drawn] if drawn else []
        report.tables.append(compared.table(found, "Format", _format, "Its formats by median"))
        report.tables.append(_posts(loaded.rows, found, posts.unseen(frame)))
        report.extra["by"] = found.measure.code
    if days:
        report.tables.append(_days(days))
    return report


def _followers(frame: Frame) -> tuple[list[tuple], int]:
    """Each day of the period; None on days for which nobody told. Without gaps, so that a line has none either.

    Beside them how many days with a number lie too far back to be shown.
    """
    first, last = frame.days()
    rows = ChannelDay.objects.filter(channel=frame.filters.channel, day__gte=first, day__lte=last)
    told = dict(rows.order_by("day").values_list("day", "followers"))
    if not told:
        return [], 0
    first = min(told) if first == BEGINNING else max(first, min(told))
    first = max(first, max(told) - timedelta(days=MOST_DAYS - 1))
    span = (max(told) - first).days + 1
    days = [(day, told.get(day)) for day in (first + timedelta(days=n) for n in range(span))]
    return days, sum(day < first for day in told)


def _follower_sentences(days: list[tuple]) -> list[str]:
    known = [(day, number) for day, number in days if number is not None]
    if len(known) < 2:
        return []
    (first, before), (last, now) = known[0], known[-1]
    change = now - before
    if change:
        words = f"{abs(change):,} {'more' if change > 0 else 'fewer'}"
        said = [f"{words} followers on {last:%-d %B %Y} ({now:,}) than on {first:%-d %B %Y} ({before:,})."]
    else:
        said = [f"As many followers on {last:%-d %B %Y} as on {first:%-d %B %Y}: {now:,}."]
    missing = len(days) - len(known)
    return [*said, f"On {several(missing, 'day')} between nobody told the number."] if missing else said


def _format(group: Group) -> Cell:
    return Cell(format_label(group.key), platform=group.key.split(".", 1)[0])


def _posts(rows: list[Post], found: posts.Comparison, until: Mapping[Any, datetime]) -> Table:
    newest = sorted(rows, key=lambda post: post.published_at, reverse=True)[:MOST_POSTS]
    titles = dict(Page.objects.filter(pk__in={p.story_id for p in newest}).values_list("pk", "title"))
    counted = posts.shown_of_each(rows)
    words = posts.counted_words(counted)
    columns = [
        Column("Story", "text"),
        Column("Format", "text"),
        Column("Went out", "moment"),
        Column(found.measure.label, found.kind),
        Column("Interactions", meaning=f"{words[:1].upper()}{words[1:]}"),
        Column("Impressions"),
        Column("Reach", unit="accounts"),
        Column("Views"),
    ]
    lines = []
    for post in newest:
        lines.append(
            [
                Cell(titles.get(post.story_id), url=reverse("engagement:story", args=[post.story_id])),
                Cell(post.format_label),
                Cell(post.published_at, until=until.get(post.publication_id)),
                _measured(post, found.measure, counted),
                behind.measured(post, INTERACTIONS, counted),
                *(behind.cell(post, name) for name in ("impressions", "reach", "views")),
            ]
        )
    note = f"The newest {MOST_POSTS} of {len(rows):,}." if len(rows) > MOST_POSTS else ""
    return Table("Its posts", columns, lines, note=note)


def _measured(post: Post, measure: Measure, counted: Sequence[str]) -> Cell:
    """With where a rate really lies."""
    if not measure.is_rate:
        return behind.measured(post, measure, counted)
    around = statistics.rate_interval(INTERACTIONS.of(post.values, counted), post.values.get(measure.base))
    return Cell(measure.of(post.values, counted), note=between(around))


def _days(days: list[tuple]) -> Table:
    columns = [Column("Day", "day"), Column("Followers"), Column("Change from the day before")]
    rows, before = [], None
    for day, number in days:
        change = number - before if number is not None and before is not None else None
        rows.append([Cell(day), Cell(number), Cell(change)])
        before = number
    return Table("Followers day by day", columns, rows[::-1])
