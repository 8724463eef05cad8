"""Clicks to the site: who brought people there, as the site's own statistics count. They come from imported files.

They are not the clicks that a network counts: those are of everybody who tapped, these are of those who arrived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from access import policy
from cms.models import CampaignPage
from engagement.core import statistics
from engagement.models import SiteClicks, SiteImport
from engagement.reports.filters import BEGINNING, Frame
from engagement.reports.posts import format_label
from engagement.reports.report import Cell, Chart, Column, Report, Table, several
from formats.registry import FORMATS
from publishing.models import Publication

LABEL = "Clicks to the site"
MEANING = "Visits that the site's own statistics credit to the tags in our links"
SHOWN = 100
DRAWN, LINES = 20, 5
ByDay = Counter[tuple[str, date]]
NO_FILE = (
    "No clicks have been imported. A manager exports them from the site's own statistics and uploads the file "
    "on this page."
)
NONE_HERE = (
    "No imported clicks are of these days and filters. That is no zero: no file says anything of them."
)


@dataclass(frozen=True)
class Row:
    """Clicks of one tag; ``variant`` and ``story`` where they are known."""

    source: str
    content: str
    variant: int | None
    story: int | None
    title: str
    clicks: int

    @property
    def label(self) -> str:
        return format_label(self.content) if self.content else "a format that the file does not name"


def build(frame: Frame) -> Report:
    report = Report(LABEL)
    of_mine = _mine(frame)
    have = _told(frame)
    if have is None:
        report.empty = NO_FILE
        return report
    rows, by_day = _rows(_in_days(frame, of_mine))
    report.basis = [_basis(frame, have)]
    if not rows:
        report.empty = _nothing(have)
        return report
    if have["undated"] and not _everything(frame):
        report.basis.append(
            f"{several(have['undated'], 'click')} are of no day in their file and stand only under “Everything”."
        )
    report.tables = [_by_source(rows), *_by_story(rows), *_by_post(rows)]
    report.charts = _charts(rows, by_day)
    report.sentences = _sentences(frame, rows)
    return report


def of_story(story: Any) -> tuple[list[Table], list[Chart]]:
    """What a story's own report shows of them; nothing where no file tells of it. One query."""
    rows, _ = _rows(SiteClicks.objects.filter(story=story.pk, current=True))
    if not rows:
        return [], []
    note = "Counted by the site, of visits at any time; a network counts taps. The two are never added."
    (table,) = _by_post(rows, LABEL, note, every=True)
    labels = [_post_label(rows_of[0]) for rows_of in _grouped(rows, _post_key)]
    values = [sum(row.clicks for row in rows_of) for rows_of in _grouped(rows, _post_key)]
    return [table], [Chart(LABEL, "bar", labels, [(LABEL, values)])]


# Choosing ---------------------------------------------------------------------------------------------------------
def _mine(frame: Frame) -> QuerySet[SiteClicks]:
    rows = SiteClicks.objects.filter(current=True)
    if frame.filters.campaign is not None:
        return rows.filter(campaign=frame.filters.campaign)
    return policy.scoped(rows, frame.user, policy.REPORT)


def _everything(frame: Frame) -> bool:
    first, last = frame.days()
    return first == BEGINNING and last >= frame.today


def _in_days(frame: Frame, rows: QuerySet[SiteClicks]) -> QuerySet[SiteClicks]:
    first, last = frame.days()
    if not _everything(frame):
        rows = rows.filter(day__gte=first, day__lte=last)
    chosen = frame.filters
    if chosen.platform:
        rows = rows.filter(source=chosen.platform)
    if chosen.format:
        rows = rows.filter(Q(variant__format=chosen.format) | Q(content=chosen.format))
    if chosen.language:
        rows = rows.filter(variant__language=chosen.language)
    return rows


def _told(frame: Frame) -> dict[str, Any] | None:
    """What the files are about at all, before days and posts are chosen; None without any. One query.

    From both ends of an index, since the rows themselves are as many as the past is long.
    """
    rows = SiteClicks.objects.filter(campaign=OuterRef("pk"), current=True)
    days = rows.filter(day__isnull=False)
    undated = rows.filter(day=None).order_by().values("campaign").annotate(sum=Sum("clicks"))
    files = SiteImport.objects.filter(campaign=OuterRef("pk"))
    chosen = [frame.filters.campaign] if frame.filters.campaign is not None else list(frame.campaigns)
    told = CampaignPage.objects.filter(pk__in=chosen).values_list(
        Subquery(days.order_by("day").values("day")[:1]),
        Subquery(days.order_by("-day").values("day")[:1]),
        Subquery(undated.values("sum")),
        Subquery(files.order_by("-at").values("at")[:1]),
    )
    told = [each for each in told.order_by() if each[0] is not None or each[2] is not None]
    if not told:
        return None
    first, last, undated_clicks, at = zip(*told, strict=True)
    return {
        "first": min((day for day in first if day), default=None),
        "last": max((day for day in last if day), default=None),
        "undated": sum(clicks or 0 for clicks in undated_clicks),
        "at": max(each for each in at if each),
    }


def _rows(rows: QuerySet[SiteClicks]) -> tuple[list[Row], ByDay]:
    """Summed over days and pages, most clicks first; and by network and day. One query."""
    names = ("source", "content", "variant_id", "variant__format", "story_id", "story__title")
    summed = rows.order_by().values_list(*names, "day").annotate(total=Sum("clicks"))
    found: Counter[tuple] = Counter()
    by_day: ByDay = Counter()
    for *tags, day, total in summed:
        found[tuple(tags)] += total
        if day is not None:
            by_day[tags[0], day] += total
    made = [
        Row(source, fmt or content, variant, story, title or "", total)
        for (source, content, variant, fmt, story, title), total in found.items()
    ]
    return sorted(made, key=lambda row: (-row.clicks, row.source, row.content, row.variant or 0)), by_day


def _basis(frame: Frame, have: dict[str, Any]) -> str:
    days = ""
    if have["first"]:
        days = f" The files are about days from {_day(have['first'])} to {_day(have['last'])}."
    last = _day(have["at"].astimezone(frame.zone).date())
    return f"Visits that the site’s own statistics credit to our links, imported last on {last}.{days}"


def _nothing(have: dict[str, Any]) -> str:
    if have["first"]:
        return f"{NONE_HERE} The files are about days from {_day(have['first'])} to {_day(have['last'])}."
    return f"{NONE_HERE} The files have no days: choose “Everything”."


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


# Tables -----------------------------------------------------------------------------------------------------------
def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[list[Row]]:
    """Groups with the most clicks first; rows whose key is None are left out."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if (each := key(row)) is not None:
            found[each].append(row)
    return sorted(found.values(), key=lambda group: -sum(row.clicks for row in group))


def _post_key(row: Row) -> Any:
    return row.variant or (row.source, row.content)


def _post_label(row: Row) -> str:
    return row.label if row.variant or row.content else f"{source_label(row.source)}, {row.label}"


def source_label(source: str) -> str:
    """A network by its name; anything else as it stands in the tag."""
    return FORMATS.platform_label(source) if source in FORMATS.platforms() else source


def _platform(source: str) -> str:
    return source if source in FORMATS.platforms() else ""


def _share(clicks: int, of: int) -> Cell:
    return Cell(100 * clicks / of if of else None)


def _by_source(rows: list[Row]) -> Table:
    columns = [
        Column("From", "text"),
        Column(LABEL, meaning=MEANING),
        Column("Share", "percent", meaning="Of all clicks of this report"),
        Column("Of a known post", meaning="Clicks that can only be of one post"),
        Column("Posts", meaning="Posts that are known to have brought clicks"),
    ]
    total = sum(row.clicks for row in rows)
    lines = []
    for group in _grouped(rows, lambda row: row.source):
        source, clicks = group[0].source, sum(row.clicks for row in group)
        lines.append(
            [
                Cell(source_label(source)),
                Cell(clicks),
                _share(clicks, total),
                Cell(sum(row.clicks for row in group if row.variant)),
                Cell(len({row.variant for row in group if row.variant})),
            ]
        )
    known = sum(row.clicks for row in rows if row.variant)
    posts = len({row.variant for row in rows if row.variant})
    foot = [Cell("All together"), Cell(total), _share(total, total), Cell(known), Cell(posts)]
    return Table("By network", columns, lines, foot=foot)


def _by_story(rows: list[Row]) -> list[Table]:
    groups = _grouped(rows, lambda row: row.story)
    if not groups:
        return []
    columns = [
        Column("Story", "text"),
        Column(LABEL, meaning=MEANING),
        Column("Share", "percent", meaning="Of all clicks of this report"),
        Column("Networks", meaning="How many brought clicks"),
    ]
    total = sum(row.clicks for row in rows)
    lines = []
    for group in groups[:SHOWN]:
        clicks = sum(row.clicks for row in group)
        networks = len({row.source for row in group})
        lines.append([Cell(group[0].title), Cell(clicks), _share(clicks, total), Cell(networks)])
    rest = total - sum(row.clicks for group in groups for row in group)
    note = f"{several(rest, 'click')} can be of several stories or of none." if rest else ""
    return [Table("By story", columns, lines, note=_first(len(groups), "story", "stories", note))]


def _by_post(rows: list[Row], title: str = "By post", note: str = "", every: bool = False) -> list[Table]:
    """``every``: also what can be of several posts, under its tags."""
    groups = _grouped(rows, _post_key if every else lambda row: row.variant)
    if not groups:
        return []
    columns = [
        Column("Post", "text"),
        Column("From", "text", only="file"),
        Column("Story", "text", only="file" if every else ""),
        Column(LABEL, meaning=MEANING),
        Column(
            "Share",
            "percent",
            meaning="Of all clicks of this table" if every else "Of all clicks of this report",
        ),
    ]
    total = sum(row.clicks for row in rows)
    lines = []
    for group in groups[:SHOWN]:
        first, clicks = group[0], sum(row.clicks for row in group)
        several_posts = "" if first.variant else "several posts carry these tags"
        lines.append(
            [
                Cell(_post_label(first), note=several_posts, platform=_platform(first.source)),
                Cell(source_label(first.source)),
                Cell(first.title or None),
                Cell(clicks),
                _share(clicks, total),
            ]
        )
    return [Table(title, columns, lines, note=_first(len(groups), "post", "posts", note))]


def _first(count: int, one: str, many: str, note: str) -> str:
    if count <= SHOWN:
        return note
    return f"The {SHOWN} with the most clicks, of {several(count, one, many)}. {note}".strip()


# Charts and sentences ---------------------------------------------------------------------------------------------
def _charts(rows: list[Row], by_day: ByDay) -> list[Chart]:
    sources = _grouped(rows, lambda row: row.source)
    labels = [source_label(group[0].source) for group in sources[:DRAWN]]
    values = [sum(row.clicks for row in group) for group in sources[:DRAWN]]
    charts = [Chart(f"{LABEL}, by network", "bar", labels, [(LABEL, values)])]
    stories = _grouped(rows, lambda row: row.story)[:DRAWN]
    if len(stories) > 1:
        values = [sum(row.clicks for row in group) for group in stories]
        charts.append(
            Chart(f"{LABEL}, by story", "bar", [group[0].title for group in stories], [(LABEL, values)])
        )
    lines = _lines(by_day, [group[0].source for group in sources[:LINES]])
    return [*charts, lines] if lines else charts


def _lines(by_day: ByDay, sources: list[str]) -> Chart | None:
    """A line for each of the largest networks. A day that no row is of is a gap: nobody said that it was zero."""
    days = sorted({day for source, day in by_day if source in sources})
    if len(days) < 2:
        return None
    every = [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)]
    series = [(source_label(source), [by_day.get((source, day)) for day in every]) for source in sources]
    return Chart(f"{LABEL}, by day", "line", [_day(day) for day in every], series)


def _sentences(frame: Frame, rows: list[Row]) -> list[str]:
    total = sum(row.clicks for row in rows)
    sources = _grouped(rows, lambda row: row.source)
    best = sum(row.clicks for row in sources[0])
    said = [f"{several(total, 'click')} to the site from {several(len(sources), 'network')}."]
    if len(sources) > 1:
        counts = {group[0].source: sum(row.clicks for row in group) for group in sources}
        first = source_label(sources[0][0].source)
        if statistics.counts_lead(counts) is not None:
            said.append(
                f"{first} brought most: {best:,} of {total:,}. Networks had different numbers of posts and followers, so "
                "this does not say which does better."
            )
        else:
            said.append(
                f"No network clearly brought more than the others; {first} stands at {best:,} of {total:,}."
            )
    known = {row.variant for row in rows if row.variant}
    out = Publication.objects.filter(published_at__isnull=False, variant__isnull=False)
    posts = frame.chosen(out).order_by().values("variant").distinct()
    silent = posts.exclude(variant__in=known).count() if known else posts.count()
    if silent:
        said.append(
            f"Of {several(silent, 'post')} that went out in these days no file tells any clicks: "
            "they may have no link, or clicks that cannot be told apart. That is no zero."
        )
    return said
