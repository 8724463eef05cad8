"""How far a campaign's goals are: over all its posts, whatever the filters say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Subquery, Sum

from engagement.core.rollups import LATEST
from engagement.models import NO_LONGER_TOLD, DayFigure, Goal, Oddity, Standing
from engagement.reports import apart
from engagement.reports.filters import Frame
from engagement.reports.report import Cell, Column, Table, several

NOTE = "Goals are of the whole campaign; the filters do not change them."
OVER = "Of a goal whose day is over counts what stood by the end of that day, as last read by then."
INVENTED = "Accounts of the sandbox do not count."
ALL_INVENTED = "Sandbox: all these numbers are made up."


def table(frame: Frame, goals: list[Goal]) -> Table:
    accounts = [each for each in frame.channels.values() if each.campaign_id == frame.filters.campaign]
    invented = [each.pk for each in accounts if each.sandbox]
    only = len(invented) == len(accounts)
    left_out = [] if only else invented
    over = [goal for goal in goals if goal.due_on and goal.due_on < frame.today]
    posts, reached = _reached(frame, goals, over, left_out)
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
        counts = so_far.then if goal in over else so_far.value
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
    """``told``: by how many posts. ``silent`` of these told it once and do no more: what they told last is in it.

    ``then``: what stood at the end of the goal's day, once that is over: the gains of all days up to it.
    """

    value: int | float | None
    told: int
    silent: int
    then: int | float | None = None

    @property
    def note(self) -> str:
        return f"{several(self.silent, 'post')} as last told" if self.silent else ""


def _reached(
    frame: Frame, goals: list[Goal], over: list[Goal], left_out: list[int]
) -> tuple[int, dict[str, SoFar]]:
    """How many posts there are, and each metric over them. One query.

    Sandbox accounts are named only where some must be left out, so that an index alone serves all other campaigns.
    """
    rows = Standing.objects.filter(campaign=frame.filters.campaign, age=LATEST)
    silent = Oddity.objects.filter(campaign=frame.filters.campaign, kind__in=NO_LONGER_TOLD, until=None)
    days = DayFigure.objects.filter(campaign=frame.filters.campaign)
    if left_out:
        rows, days = (each.exclude(channel__in=left_out) for each in (rows, days))
        silent = silent.exclude(publication__channel__in=left_out)
    asked: dict[str, Any] = {}
    for goal in goals:
        name = goal.metric
        quiet = silent.filter(metric=name).order_by().values("metric")
        asked |= {f"sum_{name}": Sum(name), f"told_{name}": Count(name)}
        asked[f"last_{name}"] = Max(Subquery(quiet.annotate(of=Sum("before")).values("of")))
        asked[f"silent_{name}"] = Max(Subquery(quiet.annotate(of=Count("*")).values("of")))
    for goal in over:
        until = days.filter(day__lte=goal.due_on).order_by().values("campaign")
        asked[f"then_{goal.metric}"] = Max(
            Subquery(until.annotate(of=Sum(f"{goal.metric}_gain")).values("of"))
        )
    now = rows.aggregate(posts=Count("*"), **asked)  # a count of keys would need the rows
    return now["posts"], {goal.metric: _so_far(now, goal.metric) for goal in goals}


def _so_far(now: Mapping[str, Any], name: str) -> SoFar:
    known = [each for each in (now[f"sum_{name}"], now[f"last_{name}"]) if each is not None]
    silent = now[f"silent_{name}"] or 0
    return SoFar(sum(known) if known else None, now[f"told_{name}"] + silent, silent, now.get(f"then_{name}"))


def _weekly(goal: Goal, reached: int | float | None, today: date) -> int | None:
    if reached is None or goal.due_on is None or goal.due_on <= today:
        return None
    missing, days = max(0, goal.target - reached), (goal.due_on - today).days
    return math.ceil(7 * missing / max(days, 7))  # rounded down it would not be there by the day
