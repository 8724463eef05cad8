"""One campaign over time: what came on each day or week, what the networks took back, and how far its goals are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from engagement.core.metrics import METRICS
from engagement.models import DayFigure, Oddity
from engagement.reports import apart, changes, oddities, targets, unread
from engagement.reports.filters import BEGINNING, Frame, goals_of
from engagement.reports.report import Cell, Chart, Column, Report, Table, several

SUMMED = tuple(each for each in METRICS if each.name != "reach")
# What came between two readings could be spread over the days between, but no network says on which of them it came.
WHEN_READ = (
    "What came since the reading before stands whole on the day of the reading: posts are read many times on their "
    "first day, four times a day in their first week, then once a day, and after a month once a week; up to four times "
    "less often where nothing moves."
)
BELOW = "Below zero: people took something back, or the network corrected its count."
NOTHING = "No numbers came in these days. Choose other days, or wait for the first post."
MOST_STEPS = 400


def build(frame: Frame) -> Report:
    frame.with_one_campaign()
    campaign = frame.campaign
    if campaign is None:
        return Report("Campaign over time", empty="You belong to no campaign whose numbers you may read.")
    report = Report(f"{campaign.title} over time", extra={"campaign": campaign})
    goals = goals_of(campaign)
    steps, left_out = steps_of(frame)
    report.tables += [targets.table(frame, goals)] if goals else []
    missing = [each.words for each in unread.of(frame)]
    if not steps:
        report.basis += missing
        report.empty = "" if goals else " ".join([NOTHING, *missing])
        return report
    told = [each for each in SUMMED if any(step.gain(each.name) is not None for step in steps.values())]
    word = "week" if frame.filters.step == "week" else "day"
    report.basis.append(
        f"What each {word} added, by the campaign's own clock ({frame.zone}). Reach has no sum: the same people may be "
        f"in the reach of two posts."
    )
    report.basis += [words for each in told if (words := apart.words(each.name, platforms_of(frame)))]
    report.basis += [*missing, *_silence(frame, steps)]
    if left_out:
        report.basis.append(cut("The report", min(steps), left_out, word))
    report.sentences = changes.sentences(frame)
    labels = [frame.label_of_step(day, f"{day:%-d %b %Y}") for day in steps]
    report.charts = [
        Chart(
            f"{each.label}, by {word} of reading",
            "bar",
            labels,
            [(each.label, [step.gain(each.name) for step in steps.values()])],
            each.unit,
        )
        for each in told
    ]
    columns = [
        Column("Read in the week from" if word == "week" else "Read on", "day"),
        Column("Posts with numbers", meaning="Posts that a network told a number of"),
    ]
    columns += [Column(each.label, unit=each.short_unit, meaning=each.meaning) for each in told]
    rows = [
        [Cell(day, note=frame.part_of_step(day)), Cell(step.posts), *(step.cell(each.name) for each in told)]
        for day, step in reversed(steps.items())
    ]
    report.tables.append(
        Table(
            f"Added each {word}",
            columns,
            rows,
            note=f"{WHEN_READ} {BELOW}",
        )
    )
    report.tables += oddities.tables(frame, chosen(frame, Oddity.objects.all(), "publication__"))
    return report


def platforms_of(frame: Frame) -> list[str]:
    """The networks of the accounts that the filters leave."""
    accounts = [frame.channel] if frame.channel else frame.offered_channels()
    return [each.platform for each in accounts if frame.filters.platform in ("", each.platform)]


def _silence(frame: Frame, steps: Mapping[date, Step]) -> list[str]:
    """That nothing was read lately, although these days go on: a table that ends says nothing of why."""
    newest = max(step.last for step in steps.values() if step.last)
    last = min(frame.days()[1], frame.today)
    if last - newest < timedelta(days=2):
        return []
    return [
        f"No number has been read since {newest:%-d %b %Y}: what is missing after it is unknown, not zero."
    ]


def cut(what: str, first: date, left_out: int, word: str = "day") -> str:
    """That a report begins later than was asked for."""
    return f"{what} begins on {first:%-d %b %Y}; {several(left_out, word)} with numbers before that are left out."


def steps_of(frame: Frame) -> tuple[dict[date, Step], int]:
    """Each day or week of the period with what it added. One query.

    Beside it how many days or weeks with numbers lie too far back to be shown.
    """
    first, last = frame.days()
    rows = frame.mine(DayFigure.objects.filter(day__gte=first, day__lte=last))
    rows = chosen(frame, rows)
    weekly = frame.filters.step == "week"
    sums = {f"sum_{each.name}": Sum(f"{each.name}_gain") for each in SUMMED}
    told = {
        f"told_{each.name}": Count(
            "publication", filter=Q(**{f"{each.name}_gain__isnull": False}), distinct=weekly
        )
        for each in SUMMED
    }
    step = TruncWeek("day") if weekly else F("day")
    earlier = chosen(frame, frame.mine(DayFigure.objects.filter(day__lt=first)))
    summed = rows.order_by().annotate(step=step, earlier=Exists(earlier)).values("step", "earlier")
    summed = summed.annotate(posts=Count("publication", distinct=weekly), last=Max("day"), **sums, **told)
    found = {row["step"]: _step(row) for row in summed}
    if not found:
        return {}, 0
    apart = timedelta(days=7 if weekly else 1)
    begin = min(found) if first == BEGINNING else first - timedelta(days=first.weekday() if weekly else 0)
    if not any(row["earlier"] for row in summed):
        begin = max(begin, min(found))  # before the first number of all nothing is missing
    begin = max(begin, max(found) - MOST_STEPS * apart)
    count = (max(found) - begin) // apart + 1
    every = {day: found.get(day, Step()) for day in (begin + n * apart for n in range(count))}
    return every, sum(day < begin for day in found)


@dataclass(frozen=True)
class Step:
    """``posts`` with numbers, each once; ``gains`` of those whose network tells them, ``told`` how many that are.

    ``last``: its last day with a number; None where there is none.
    """

    posts: int = 0
    gains: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    last: date | None = None

    def gain(self, name: str) -> Any:
        """None where nobody told."""
        return self.gains.get(name)

    def cell(self, name: str) -> Cell:
        """What was added, and by how many posts that is known where not by all."""
        value, told = self.gain(name), self.told.get(name, 0)
        few = value is not None and told < self.posts
        return Cell(value, note=f"{told:,} of {self.posts:,} tell it" if few else "")


def _step(row: Mapping[str, Any]) -> Step:
    gains = {each.name: row[f"sum_{each.name}"] for each in SUMMED}
    told = {each.name: row[f"told_{each.name}"] for each in SUMMED}
    return Step(row["posts"], gains, told, row["last"])


def chosen(frame: Frame, rows: QuerySet, way: str = "") -> QuerySet:
    """Rows of a table with platform and format, as the address wants them; ``way`` leads to these two."""
    names = {"platform": "platform", "format": "format"}
    if way:
        names = {"platform": f"{way}channel__platform", "format": f"{way}variant__format"}
    for name, column in names.items():
        if value := getattr(frame.filters, name):
            rows = rows.filter(**{column: value})
    if frame.filters.language:
        rows = rows.filter(publication__variant__language=frame.filters.language)
    if frame.filters.tag:
        rows = rows.filter(publication__tags__tag=frame.filters.tag)
    return rows
