"""The table, chart and sentences that every report of groups has: medians and spread, and who leads, if anybody does."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from engagement.core import statistics
from engagement.core.rollups import LATEST
from engagement.core.statistics import LEAST
from engagement.reports.posts import Comparison, Group
from engagement.reports.report import UNKNOWN, Cell, Chart, Column, Table, between, several

CHOOSE_AGE = "Choose an age to compare at."
SMALL = f"small: fewer than {LEAST}"
Name = Callable[[Any], str]


def table(found: Comparison, heading: str, cell: Callable[[Group], Cell], title: str) -> Table:
    kind, label = found.kind, found.measure.label.lower()
    columns = [
        Column(heading, "text"),
        Column("Posts", meaning="How many of them have this number"),
        Column("Median", kind, meaning=f"Half of the posts have more: {label}", full=f"Median of {label}"),
        Column("95 % interval from", kind, only="file"),
        Column("95 % interval to", kind, only="file"),
        Column("Lower quarter", kind, meaning="A quarter of the posts have less"),
        Column("Upper quarter", kind, meaning="A quarter of the posts have more"),
        Column("Lowest", kind),
        Column("Highest", kind),
    ]
    rows = [[cell(group), *_numbers(group, found.write)] for group in found.groups]
    note = (
        "Under a median stands where the real one lies in 19 of 20 cases. "
        f"Fewer than {LEAST} posts carry no such interval."
    )
    return Table(title, columns, rows, note=note)


def _numbers(group: Group, write: Callable[[float], str]) -> list[Cell]:
    found, of = group.spread, len(group.posts)
    if found is None:
        return [Cell(0, note=f"of {of}"), *[UNKNOWN] * 7]
    count = Cell(found.known, note=f"of {of}" if found.known < of else "")
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    note = SMALL if found.small else between(found.interval, write)
    values = (found.lower, found.upper, found.lowest, found.highest)
    return [count, Cell(found.median, note=note), Cell(low), Cell(high), *(Cell(value) for value in values)]


def chart(found: Comparison, name: Name, title: str) -> Chart | None:
    shown = [group for group in found.groups if group.spread][:12]
    if not shown:
        return None
    values = [(g.spread.lower, g.spread.median, g.spread.upper) for g in shown if g.spread]
    labels = [f"{name(g.key)} ({g.spread.known})" for g in shown if g.spread]
    unit = "%" if found.measure.is_rate else ""
    return Chart(title, "range", labels, [(found.measure.label, values)], unit)


def sentences(found: Comparison, name: Name, kind: str, age: str) -> list[str]:
    """Who leads beyond chance, or that nobody does; nothing where there is nothing to compare.

    Of different ages nobody leads: the older posts have had more time.
    """
    judged = [g for g in found.groups if g.spread and not g.spread.small]
    label = found.measure.label.lower()
    if len(found.groups) < 2:
        return []
    if age == LATEST:
        return [f"These posts are of different ages, so no {kind} is said to lead. {CHOOSE_AGE}"]
    if found.apart:
        return [f"{found.apart} So no {kind} is said to lead by it: choose one platform, or another measure."]
    said = []
    groups: dict[Hashable, list[float | None]] = {g.key: g.values for g in judged}
    winner = statistics.leads(groups)
    if len(judged) < 2:
        said.append(
            f"No {kind} can be said to lead: that takes at least {LEAST} posts with numbers of two of them."
        )
    elif winner is None:
        highest = max(g.spread.median for g in judged if g.spread)
        first = [name(g.key) for g in judged if g.spread and g.spread.median == highest]
        have = "has" if len(first) == 1 else "have"
        said.append(
            f"No {kind} clearly leads. {' and '.join(first)} {have} the highest median ({found.said(highest)}), but the "
            "posts differ so much among themselves that chance alone could have done it."
        )
    else:
        best = next(g for g in judged if g.key == winner)
        others = (g.spread.median for g in judged if g.spread and g.key != winner)
        middle, after = found.told_apart(best.spread.median if best.spread else 0, max(others))
        said.append(
            f"{name(winner)} clearly leads by {label}: median {middle} over {several(len(known(best)), 'post')}, "
            f"the next {after}, more than chance does."
        )
    small = [name(g.key) for g in found.groups if g.spread and g.spread.small]
    if small and judged:
        more = f" and {len(small) - 4} more" if len(small) > 4 else ""
        said.append(f"Not judged, with fewer than {LEAST} posts: {', '.join(small[:4])}{more}.")
    return said


def known(group: Group) -> list[float]:
    return statistics.known(group.values)
