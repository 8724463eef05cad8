"""What went down, is lost, is no longer told or was not read, for a campaign's report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, CharField, Count, F, Min, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Cast, Concat, RowNumber, TruncDate

from engagement.core.metrics import METRICS
from engagement.models import Oddity, OddityKind
from engagement.reports.filters import Frame
from engagement.reports.posts import format_label
from engagement.reports.report import Cell, Column, Table, account_name, several
from engagement.reports.unread import A_DAY_LONG, LONGEST
from formats.registry import FORMATS

MOST = 100
LABELS = {each.name: each.label for each in METRICS}
WORDS = {
    OddityKind.CORRECTION: "went down",
    OddityKind.GAP: "not read for",
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
    "publication__channel",
    "platform",
    "posts",
    "last",
    "began",
    "noticed",
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
    """Of these days, or of before if it still is so or ended in them. One query.

    ``rows``: oddities as the filters want them.
    """
    first, after = frame.instants()
    mine = Oddity.objects.filter(campaign=frame.filters.campaign).order_by().values("pk")
    of_days, lasting = mine.filter(at__gte=first, at__lt=after), mine.filter(until=None, kind__in=LASTING)
    begun = mine.filter(kind=OddityKind.GAP, at__gte=first - LONGEST, at__lt=first, until__gte=first)
    # An index for each part: with “or” SQLite walks over the whole past.
    rows = rows.filter(pk__in=of_days.union(lasting, begun), at__lt=after)
    if frame.filters.channel:
        rows = rows.filter(publication__channel=frame.filters.channel)
    rows = rows.exclude(_past_silence())
    lines = _lines(frame, rows)
    if not lines:
        return []
    note = f"{NOTE} The newest {MOST}." if len(lines) > MOST else NOTE
    lines = lines[:MOST]
    title = f"What went down, was lost or not read ({several(len(lines), 'line')})"
    return [Table(title, COLUMNS, lines, note=note)]


def _past_silence() -> Q:
    """What fell silent for a while and is told again."""
    return Q(kind=OddityKind.SILENT, until__isnull=False)


def _lines(frame: Frame, rows: QuerySet) -> list[list[Cell]]:
    """A line for each, newest first: the falls of one number of one post on one day together, all posts of a network that
    no longer tell a number, and all of an account whose gaps of a day or more ended on the same day.
    """
    found = rows.filter(kind__in=list(WORDS)).annotate(
        fall=F("before") - F("after"), squared=F("fall") * F("fall")
    )
    found = found.filter(~Q(kind=OddityKind.CORRECTION) | LISTED).filter(~Q(kind=OddityKind.GAP) | A_DAY_LONG)
    platform = F("publication__channel__platform")
    account, ended = Cast("publication__channel", CharField()), TruncDate("until", tzinfo=frame.zone)
    together = Case(
        When(kind=OddityKind.SILENT, then=Concat("metric", Value(" "), platform)),
        When(kind=OddityKind.GAP, then=Concat(account, Value(" until "), Cast(ended, CharField()))),
        default=Cast("pk", CharField()),
        output_field=CharField(),
    )
    found = found.annotate(
        platform=platform,
        noticed=Case(When(kind=OddityKind.GAP, then=F("until")), default=F("at")),
        posts=Window(Count("pk"), partition_by=together),
        last=Window(Sum("before"), partition_by=together),
        began=Window(Min("at"), partition_by=together),
        place=Window(RowNumber(), partition_by=together, order_by=[F("noticed").desc(), F("pk").desc()]),
    ).filter(place=1)
    lines: dict[tuple[Any, ...], list[Cell]] = {}
    for row in found.order_by("-noticed", "-pk").values(*NAMES)[: 5 * MOST]:
        kind, at = row["kind"], row["at"]
        key = row["publication_id"], kind, row["metric"], at.date() if kind == OddityKind.CORRECTION else at
        if known := lines.get(key):
            known[2] = Cell(row["before"])  # the newest comes first: this one is from earlier that day
            continue
        lines[key] = _line(frame, row)
    return list(lines.values())


def _line(frame: Frame, row: Mapping[str, Any]) -> list[Cell]:
    kind, posts = row["kind"], row["posts"]
    words = f"{LABELS.get(row['metric'], '')} {WORDS[kind]}".strip()
    where, values = FORMATS.platform_label(row["platform"]), (row["before"], row["after"])
    together = kind == OddityKind.SILENT
    if kind == OddityKind.SILENT:
        values = row["last"], None
    elif kind == OddityKind.GAP:
        words += f" {_days(frame, row)}"
        together = posts > 1
        if channel := frame.channels.get(row["publication__channel"]):
            where = f"{account_name(channel)} on {where}"
    of = Cell(
        row["publication__variant__story__title"], note=format_label(row["publication__variant__format"])
    )
    if together:
        of = Cell(several(posts, "post"), note=where)
    return [of, Cell(words[:1].upper() + words[1:]), *(Cell(value) for value in values), Cell(row["noticed"])]


def _days(frame: Frame, row: Mapping[str, Any]) -> str:
    """How long a gap was, or the longest of several, as the mail counts it."""
    first, last = (row[name].astimezone(frame.zone).date() for name in ("began", "noticed"))
    return f"{'up to ' if row['posts'] > 1 else ''}{several((last - first).days, 'day')}"
