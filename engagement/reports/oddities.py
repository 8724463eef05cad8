"""What went down, is lost, is no longer told or was not read, for a campaign's report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from engagement.core.metrics import METRICS
from engagement.models import OddityKind
from engagement.reports.filters import Frame
from engagement.reports.posts import format_label
from engagement.reports.report import Cell, Column, Table, several
from formats.registry import FORMATS

MOST = 100
LABELS = {each.name: each.label for each in METRICS}
WORDS = {
    OddityKind.CORRECTION: "went down",
    OddityKind.GAP: "not read for a while",
    OddityKind.GONE: "the post is gone",
    OddityKind.PART: "a part of the post is gone; its numbers are without it",
    OddityKind.CAPPED: "not read: the limit for paid reads was reached",
}
LASTING = (OddityKind.GONE, OddityKind.PART, OddityKind.CAPPED)
# A fall is listed where it is more than people taking back a few likes: three and more, and either a twentieth of what
# stood or thrice what such a count varies by chance (its root).
LEAST_FALL, SHARE, ROOTS = 3, 0.05, 3
NOTE = "A number goes down where people take something back or the network corrects its count; small falls are not listed."
COLUMNS = (
    Column("Post", "text"),
    Column("What happened", "text"),
    Column("Before"),
    Column("After"),
    Column("Noticed", "moment"),
)


def tables(frame: Frame, rows: QuerySet) -> list[Table]:
    """Of these days, or of before if it still is so. Two queries. ``rows``: oddities as the filters want them."""
    first, after = frame.instants()
    rows = rows.filter(campaign=frame.filters.campaign, at__lt=after)
    if frame.filters.channel:
        rows = rows.filter(publication__channel=frame.filters.channel)
    found = _single(rows.filter(Q(at__gte=first) | Q(until=None, kind__in=LASTING)))
    lines = [*_silent(rows), *found[:MOST]]
    if not lines:
        return []
    note = f"{NOTE} The newest {MOST}." if len(found) > MOST else NOTE
    return [
        Table(
            f"What went down, was lost or not read ({several(len(lines), 'line')})", COLUMNS, lines, note=note
        )
    ]


def _single(rows: QuerySet) -> list[list[Cell]]:
    """A line for each, the falls of one number of one post on one day together."""
    fall = F("before") - F("after")
    listed = Q(fall__gte=LEAST_FALL) & (
        Q(fall__gte=F("before") * SHARE) | Q(squared__gte=F("before") * ROOTS**2)
    )
    rows = rows.filter(kind__in=list(WORDS)).annotate(fall=fall, squared=fall * fall)
    rows = rows.filter(~Q(kind=OddityKind.CORRECTION) | listed).order_by("-at", "-pk")
    names = ("publication_id", "kind", "metric", "at", "before", "after")
    title, fmt = "publication__variant__story__title", "publication__variant__format"
    lines: dict[tuple[Any, ...], list[Cell]] = {}
    for pk, kind, metric, at, before, end, of, form in rows.values_list(*names, title, fmt)[: 5 * MOST]:
        key = (pk, kind, metric, at.date() if kind == OddityKind.CORRECTION else at)
        if known := lines.get(key):
            known[2] = Cell(before)  # the newest comes first: this one is from earlier that day
            continue
        words = f"{LABELS.get(metric, '')} {WORDS[kind]}".strip()
        lines[key] = [
            Cell(of, note=format_label(form)),
            Cell(words[:1].upper() + words[1:]),
            Cell(before),
            Cell(end),
            Cell(at),
        ]
    return list(lines.values())


def _silent(rows: QuerySet) -> Sequence[list[Cell]]:
    """One line for each number that a network no longer tells, however many posts that are."""
    open_ones = rows.filter(kind=OddityKind.SILENT, until=None).order_by()
    grouped = open_ones.values("metric", platform=F("publication__channel__platform"))
    return [
        [
            Cell(several(row["posts"], "post"), note=FORMATS.platform_label(row["platform"])),
            Cell(f"{LABELS.get(row['metric'], row['metric'])} no longer told"),
            Cell(row["last"]),
            Cell(None),
            Cell(row["newest"]),
        ]
        for row in grouped.annotate(posts=Count("pk"), last=Sum("before"), newest=Max("at")).order_by(
            "-newest"
        )
    ]
