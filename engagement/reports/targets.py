"""How far a campaign's goals are: over all its posts, whatever the filters say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from engagement.core.rollups import LATEST
from engagement.models import DayFigure, Goal, Oddity, OddityKind, Standing
from engagement.reports import apart
from engagement.reports.filters import Frame
from engagement.reports.report import Cell, Column, Table, several

NOTE = "Goals are of the whole campaign; the filters do not change them."
OVER = "Of a goal whose day is over counts what stood by the end of that day."
INVENTED = "Accounts of the sandbox do not count."
ALL_INVENTED = "Sandbox: all these numbers are made up."


def table(frame: Frame, goals: list[Goal]) -> Table:
    accounts = [each for each in frame.channels.values() if each.campaign_id == frame.filters.campaign]
    invented = [each.pk for each in accounts if each.sandbox]
    only = len(invented) == len(accounts)
    left_out = [] if only else invented
    posts, reached = _now(frame, goals, left_out)
    over = [goal for goal in goals if goal.due_on and goal.due_on < frame.today]
    by_then = _by_the_day(frame, over, left_out) if over else {}
    columns = [
        Column("Goal", "text"),
        Column("Wanted"),
        Column("By", "day"),
        Column("Reached so far", meaning="Over all posts of the campaign, as far as the networks tell"),
        *([Column("Reached by the day", meaning="What stood at the end of the goal's day")] if over else []),
        Column("Of the goal", "percent"),
        Column("Still needed each week", meaning="To be there by the day, evenly"),
        Column(
            "Told by", "text", meaning="Posts whose network tells this number, or told it until some time ago"
        ),
    ]
    lines = []
    for goal in goals:
        so_far = reached[goal.metric]
        counts = by_then[goal.metric] if goal in over else so_far.value
        share = None if counts is None else 100 * counts / goal.target
        lines.append(
            [
                Cell(goal.get_metric_display()),
                Cell(goal.target),
                Cell(goal.due_on),
                Cell(so_far.value, note=so_far.note),
                *([Cell(counts if goal in over else "")] if over else []),
                Cell(share),
                Cell(_weekly(goal, so_far.value, frame.today)),
                Cell(f"{so_far.told:,} of {posts:,}"),
            ]
        )
    platforms = [each.platform for each in accounts if each.pk not in left_out]
    notes = [
        NOTE,
        OVER if over else "",
        ALL_INVENTED if only and invented else "",
        INVENTED if left_out else "",
    ]
    notes += [apart.words(goal.metric, platforms) for goal in goals]
    return Table("Goals", columns, lines, note=" ".join(filter(None, notes)))


@dataclass(frozen=True)
class SoFar:
    """``told``: by how many posts. ``silent`` of these told it once and do no more: what they told last is in it."""

    value: int | float | None
    told: int
    silent: int

    @property
    def note(self) -> str:
        return f"{several(self.silent, 'post')} as last told" if self.silent else ""


def _now(frame: Frame, goals: list[Goal], left_out: list[int]) -> tuple[int, dict[str, SoFar]]:
    """How many posts there are, and each metric over them. Two queries.

    Sandbox accounts are named only where some must be left out, so that an index alone serves all other campaigns.
    """
    names = [goal.metric for goal in goals]
    rows = Standing.objects.filter(campaign=frame.filters.campaign, age=LATEST)
    silent = Oddity.objects.filter(
        campaign=frame.filters.campaign, kind=OddityKind.SILENT, until=None, metric__in=names
    )
    if left_out:
        rows = rows.exclude(channel__in=left_out)
        silent = silent.exclude(publication__channel__in=left_out)
    sums = {f"sum_{name}": Sum(name) for name in names}
    now = rows.aggregate(posts=Count("pk"), **sums, **{f"told_{name}": Count(name) for name in names})
    last = silent.order_by().values("metric").annotate(posts=Count("pk"), last=Sum("before"))
    before = {row["metric"]: (row["posts"], row["last"]) for row in last}
    return now["posts"], {
        name: _together(now[f"sum_{name}"], now[f"told_{name}"], *before.get(name, (0, None)))
        for name in names
    }


def _together(now: Any, told: int, silent: int, last: Any) -> SoFar:
    known = [each for each in (now, last) if each is not None]
    return SoFar(sum(known) if known else None, told + silent, silent)


def _by_the_day(frame: Frame, goals: list[Goal], left_out: list[int]) -> dict[str, Any]:
    """What stood at the end of each goal's day: the gains of all days up to it. One query."""
    rows: QuerySet = DayFigure.objects.filter(
        campaign=frame.filters.campaign, day__lte=max(goal.due_on for goal in goals if goal.due_on)
    )
    if left_out:
        rows = rows.exclude(channel__in=left_out)
    sums = {g.metric: Sum(f"{g.metric}_gain", filter=Q(day__lte=g.due_on)) for g in goals}
    return rows.aggregate(**sums)


def _weekly(goal: Goal, reached: int | float | None, today: date) -> int | None:
    if reached is None or goal.due_on is None or goal.due_on <= today:
        return None
    missing, weeks = max(0, goal.target - reached), (goal.due_on - today).days / 7
    return round(missing / max(weeks, 1))
