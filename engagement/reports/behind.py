"""What a report says of numbers that their network tells late: beside each of them, and once above the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from channels.connectors.registry import CONNECTORS
from engagement.core.behind import a_little_late_at, counts_at_no_age
from engagement.core.catalogue import NETWORKS, lag_h
from engagement.core.measures import Measure
from engagement.core.metrics import LABELS
from engagement.core.rollups import LATEST
from engagement.reports.filters import AGE_WORDS
from engagement.reports.report import Cell
from formats.registry import FORMATS


class Told(Protocol):
    """``values`` may be compared; ``behind`` was told and may not (:mod:`engagement.core.behind`)."""

    @property
    def platform(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def behind(self) -> Mapping[str, Any]: ...


def cell(told: Told, name: str) -> Cell:
    """One number as it was told; how far behind it may be stands under it."""
    if name in told.behind:
        return Cell(told.behind[name], note=_note(told, [name]))
    return Cell(told.values[name])


def measured(told: Told, measure: Measure, counted: Sequence[str]) -> Cell:
    """The measure of one post; of what may not be compared, what was told of it. No rate is made of that."""
    value = measure.of(told.values, counted)
    late = [name for name in ([measure.metric] if measure.metric else counted) if name in told.behind]
    if value is not None or measure.is_rate or not late:
        return Cell(value)
    return Cell(measure.of({**told.values, **told.behind}, counted), note=_note(told, late))


def _note(told: Told, names: Iterable[str]) -> str:
    return f"up to {max(lag_h(told.platform, name) for name in names)} h behind"


def words(age: str, rows: Iterable[Told]) -> list[str]:
    """Which numbers count nowhere because they come too late for the age, and which may lack the end of it."""
    late: dict[str, set[str]] = {}
    little: dict[str, set[str]] = {}
    for row in rows:
        if row.behind:
            late.setdefault(row.platform, set()).update(row.behind)
        if names := a_little_late_at(row.platform, age):
            told = {name for name in names if row.values.get(name) is not None}
            little.setdefault(row.platform, set()).update(told)
    said = []
    if late:
        young = "of young posts" if age == LATEST else AGE_WORDS[age]
        said.append(f"Not told in full {young}, so no comparison counts it: {_listed(late)}.")
    if any(little.values()):
        said.append(f"What was told {AGE_WORDS[age]} may lack the last of it: {_listed(little)}.")
    return said


def of_no_age(formats: Iterable[str]) -> list[str]:
    """Which of these formats cannot be compared at all, however old their posts are."""
    return [words for code in sorted(set(formats)) if (words := _of_no_age(code))]


def _of_no_age(code: str) -> str:
    found = FORMATS.get(code)
    if found is None or found.platform not in NETWORKS:
        return ""
    until = CONNECTORS[found.platform].forgets.get(code)
    if until is None or not counts_at_no_age(found.platform, until):
        return ""
    late = max(lag_h(found.platform, name) for name in NETWORKS[found.platform].metrics)
    return (
        f"{found.label}: its numbers can be read for {until // timedelta(hours=1)} hours only and come up to {late} hours "
        "late, so no comparison counts them at any age."
    )


def _listed(found: Mapping[str, set[str]]) -> str:
    return "; ".join(_of(platform, names) for platform, names in sorted(found.items()) if names)


def _of(platform: str, names: set[str]) -> str:
    lags = {name: lag_h(platform, name) for name in names}
    every = all(lag_h(platform, name) for name in NETWORKS[platform].metrics)
    what = "everything" if every else ", ".join(LABELS[name] for name in LABELS if name in names)
    return f"{what} on {FORMATS.platform_label(platform)} (up to {max(lags.values())} hours behind)"
