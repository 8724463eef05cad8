"""What went down, is lost, is no longer told or was not read, for a campaign's report."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Cast, Concat, RowNumber

from engagement.core.metrics import METRICS
from engagement.models import Oddity, OddityKind
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
    OddityKind.SILENT: "no longer told",
}
LASTING = (OddityKind.GONE, OddityKind.PART, OddityKind.CAPPED, OddityKind.SILENT)
# A fall is listed where it is more than people taking back a few likes: three and more, and either a twentieth of what
# stood or thrice what such a count varies by chance (its root).
LEAST_FALL, SHARE, ROOTS = 3, 0.05, 3
LISTED = Q(fall__gte=LEAST_FALL) & (Q(fall__gte=F("before") * SHARE) | Q(squared__gte=F("before") * ROOTS**2))
NAMES = (
    "publication_id",
    "kind",
    "metric",
    "at",
    "before",
    "after",
    "publication__variant__story__title",
    "publication__variant__format",
    "platform",
    "posts",
    "last",
)
NOTE = "A number goes down where people take something back or the network corrects its count; small falls are not listed."
COLUMNS = (
    Column("Post", "text"),
    Column("What happened", "text"),
    Column("Before"),
    Column("After"),
    Column("Noticed", "moment"),
)


def tables(frame: Frame, rows: QuerySet) -> list[Table]:
    """Of these days, or of before if it still is so. One query. ``rows``: oddities as the filters want them."""
    first, after = frame.instants()
    mine = Oddity.objects.filter(campaign=frame.filters.campaign).order_by().values("pk")
    of_days, lasting = mine.filter(at__gte=first, at__lt=after), mine.filter(until=None, kind__in=LASTING)
    # An index for each half: with “or” SQLite walks over the whole past.
    rows = rows.filter(pk__in=of_days.union(lasting), at__lt=after)
    if frame.filters.channel:
        rows = rows.filter(publication__channel=frame.filters.channel)
    rows = rows.exclude(_past_silence())
    lines = _lines(rows)
    if not lines:
        return []
    note = f"{NOTE} The newest {MOST}." if len(lines) > MOST else NOTE
    lines = lines[:MOST]
    title = f"What went down, was lost or not read ({several(len(lines), 'line')})"
    return [Table(title, COLUMNS, lines, note=note)]


def _past_silence() -> Q:
    """What fell silent for a while and is told again."""
    return Q(kind=OddityKind.SILENT, until__isnull=False)


def _lines(rows: QuerySet) -> list[list[Cell]]:
    """A line for each, newest first: the falls of one number of one post on one day together, and all posts of a network
    that no longer tell a number.
    """
    found = rows.filter(kind__in=list(WORDS)).annotate(
        fall=F("before") - F("after"), squared=F("fall") * F("fall")
    )
    found = found.filter(~Q(kind=OddityKind.CORRECTION) | LISTED)
    platform = F("publication__channel__platform")
    together = Case(
        When(kind=OddityKind.SILENT, then=Concat("metric", Value(" "), platform)),
        default=Cast("pk", CharField()),
        output_field=CharField(),
    )
    found = found.annotate(
        platform=platform,
        posts=Window(Count("pk"), partition_by=together),
        last=Window(Sum("before"), partition_by=together),
        place=Window(RowNumber(), partition_by=together, order_by=[F("at").desc(), F("pk").desc()]),
    ).filter(place=1)
    lines: dict[tuple[Any, ...], list[Cell]] = {}
    for pk, kind, metric, at, before, after, title, form, network, posts, last in found.order_by(
        "-at", "-pk"
    ).values_list(*NAMES)[: 5 * MOST]:
        key = (pk, kind, metric, at.date() if kind == OddityKind.CORRECTION else at)
        if known := lines.get(key):
            known[2] = Cell(before)  # the newest comes first: this one is from earlier that day
            continue
        words = f"{LABELS.get(metric, '')} {WORDS[kind]}".strip()
        happened = Cell(words[:1].upper() + words[1:])
        if kind == OddityKind.SILENT:
            of = Cell(several(posts, "post"), note=FORMATS.platform_label(network))
            lines[key] = [of, happened, Cell(last), Cell(None), Cell(at)]
        else:
            of = Cell(title, note=format_label(form))
            lines[key] = [of, happened, Cell(before), Cell(after), Cell(at)]
    return list(lines.values())
