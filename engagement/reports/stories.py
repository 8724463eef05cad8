"""One story across platforms: which network carried it, as far as the networks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Subquery
from django.utils import timezone

from access import policy
from cms.models import CampaignPage
from engagement.core import behind, statistics
from engagement.core.metrics import BASES, LABELS, METRICS, NAMES, Metric, Rate, rate
from engagement.core.rollups import AGES, LATEST, is_near
from engagement.core.statistics import Interval
from engagement.models import Oddity, OddityKind, Standing
from engagement.reports import about, apart, clicks
from engagement.reports import behind as behind_words
from engagement.reports.filters import AGE_WORDS
from engagement.reports.posts import format_label, not_near
from engagement.reports.report import (
    RANGES,
    UNKNOWN,
    Cell,
    Chart,
    Column,
    Report,
    Table,
    account_name,
    between,
    several,
)
from formats.registry import FORMATS
from publishing.models import Publication

SAME = "same"
CHOICES = {SAME: "The same age for all", **AGE_WORDS}
LEAST_COUNT = 5  # fewer likes than this are no news, whoever has them


@dataclass(frozen=True)
class Row:
    """One publication at the chosen age; ``age_s`` is None where there is no number of it.

    ``values`` may be compared; ``behind``: what else was told, too late for that. ``far``: there are numbers, but read
    so long before that they may not be compared.
    """

    publication: Any
    age_s: int | None
    values: Mapping[str, Any]
    rates: Mapping[str, Rate | None]
    far: bool = False
    behind: Mapping[str, Any] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        return self.publication.channel.platform

    @property
    def platform_label(self) -> str:
        return FORMATS.platform_label(self.platform)

    def told(self, name: str) -> bool:
        return self.values[name] is not None or name in self.behind

    @property
    def name(self) -> str:
        return f"{format_label(self.publication.variant.format)} · {account_name(self.publication.channel)}"


def stories_with_numbers(user: Any, search: str = "", since: datetime | None = None) -> Any:
    """The stories a person may read numbers of, newest publication first, with how many went out. Three queries a page.

    ``since``: of what went out then or later.
    """
    out = Publication.objects.posts().filter(published_at__isnull=False)
    mine = policy.campaign_ids(user, policy.REPORT)
    if mine is None:
        mine = set(CampaignPage.objects.values_list("pk", flat=True))
    out = out.filter(campaign__in=mine)  # named, so that an index by campaign serves all
    if since is not None:
        out = out.filter(published_at__gte=since)
    if search:
        out = out.filter(variant__story__title__icontains=search)
    rows = (
        out.order_by().values("variant__story").annotate(went_out=Count("pk"), last_out=Max("published_at"))
    )
    return rows.values(
        "went_out", "last_out", pk=F("variant__story"), title=F("variant__story__title")
    ).order_by("-last_out", "-pk")


def report(story: Any, choice: str, now: datetime) -> Report:
    """Built, with what it is about before everything else."""
    made = build(story, choice, now)
    if told := made.extra.get("about"):
        made.basis[:0] = told
    return made


def build(story: Any, choice: str, now: datetime) -> Report:
    """Compare a story's publications; three queries, however many there are."""
    publications = list(
        Publication.objects.filter(variant__story=story, published_at__isnull=False)
        .annotate(
            gone_at=_since(OddityKind.GONE),
            part_gone_at=_since(OddityKind.PART),
        )
        .select_related("variant", "channel", "campaign")
        .order_by("published_at")
    )
    report = Report(story.title)
    if not publications:
        report.empty = "Nothing of this story has gone out yet. Its numbers are compared here once a variant is published."
        return report
    told: dict[str, dict[Any, tuple[int, Mapping[str, Any]]]] = {}
    names = ("age", "publication_id", "age_s", "followers", *NAMES)
    for age, pk, age_s, followers, *numbers in Standing.objects.filter(story=story.pk).values_list(*names):
        values = dict(zip(NAMES, numbers, strict=True)) | {"followers": followers}
        told.setdefault(age, {})[pk] = (age_s, values)
    age = common_age(publications, set(told.get(LATEST, {})), now) if choice == SAME else choice
    rows = [_row(p, told.get(age, {}).get(p.pk), age, now) for p in publications]
    shown = [row for row in rows if row.age_s is not None]
    metrics = [each for each in METRICS if any(row.told(each.name) for row in shown)]
    bases = [base for base in BASES if any(row.rates[base] for row in shown)]
    report.basis = _basis(choice, age, rows)
    report.sentences = [*_gone_from(rows), *sentences(shown, age)]
    report.tables = [_table(rows, shown, metrics, bases)]
    report.charts = _charts(shown, metrics)
    on_site, drawn = clicks.of_story(story)
    report.tables += on_site
    report.charts += drawn
    report.extra["age"] = choice
    accounts = {p.channel_id: p.channel for p in publications}
    times = [p.published_at for p in publications]
    where = about.of_story([p.campaign.title for p in publications], min(times), max(times))
    report.extra["about"] = [where, *about.words_of_sandbox(list(accounts.values()))]
    return report


def _since(kind: OddityKind) -> Subquery:
    """Since when something has been so of a publication; null where it is not."""
    rows = Oddity.objects.filter(publication=OuterRef("pk"), kind=kind, until=None)
    return Subquery(rows.order_by("at").values("at")[:1])


def common_age(publications: Sequence[Any], told: set[Any], now: datetime) -> str:
    """The greatest standard age that every publication with numbers has reached; comparing there is fair.

    The newest numbers where one is younger than the least of them.
    """
    youngest = min((now - p.published_at for p in publications if p.pk in told), default=None)
    reached = [code for code, age in AGES.items() if youngest is not None and age <= youngest]
    return reached[-1] if reached else LATEST


def _row(publication: Any, told: tuple[int, Mapping[str, Any]] | None, age: str, now: datetime) -> Row:
    reached = told is not None and (age == LATEST or publication.published_at + AGES[age] <= now)
    if told is None or not reached or not is_near(age, told[0]):
        values: Mapping[str, Any] = dict.fromkeys((*NAMES, "followers"))
        return Row(publication, None, values, dict.fromkeys(BASES), far=reached)
    age_s, values = told
    values, late = behind.part(publication.channel.platform, age, age_s, values)
    return Row(publication, age_s, values, {base: rate(values, base) for base in BASES}, behind=late)


def _basis(choice: str, age: str, rows: Sequence[Row]) -> list[str]:
    of, far = len(rows), sum(row.far for row in rows)
    missing = sum(row.age_s is None for row in rows) - far
    if age == LATEST:
        words = "The newest numbers of each publication; their ages differ, so compare with care."
        if choice == SAME and len(rows) > 1 and any(row.age_s is not None for row in rows):
            words = f"The youngest has been out for less than an hour, so there is no age yet that all have. {words}"
    else:
        words = f"Each publication {AGE_WORDS[age]}"
        words += ", the greatest age that all have reached." if choice == SAME else "."
    said = [words]
    if missing:
        said.append(
            f"{missing:,} of {several(of, 'publication')} have no numbers at this age, or are younger."
        )
    if far:
        said.append(f"Of {several(of, 'publication')}, {not_near(far)}")
    formats = (row.publication.variant.format for row in rows)
    return [*said, *behind_words.words(age, rows), *behind_words.of_no_age(formats)]


def _table(rows: list[Row], shown: list[Row], metrics: list[Metric], bases: list[str]) -> Table:
    columns = [
        Column("Publication", "text"),
        Column("Platform", "text", only="file"),
        Column("Format", "text", only="file"),
        Column("Account", "text", only="file"),
        Column("Went out", "moment"),
        Column("Age", "text", only="page"),
        Column("Age", unit="minutes", only="file"),
        Column("Address", "text", only="file"),
        Column("Followers", meaning="Of the account at that time"),
        *(
            Column(each.label, meaning=each.meaning, unit="" if each.unit == "times" else each.unit)
            for each in metrics
        ),
    ]
    for base in bases:
        label = f"Engagement rate by {base}"
        columns += [
            Column(
                label,
                "percent",
                meaning="Likes, comments, shares and saves per hundred, as far as they are told",
            ),
            Column(f"{label}, from", "percent", only="file"),
            Column(f"{label}, to", "percent", only="file"),
        ]
    foot = [
        Cell("Told by"),
        *[UNKNOWN] * 7,
        _told(shown, "followers"),
        *(_told(shown, m.name) for m in metrics),
    ]
    foot += [Cell("")] * (3 * len(bases))
    lines = [_line(row, metrics, bases) for row in rows]
    return Table("Each publication", columns, lines, foot=foot, note=RANGES if bases else "")


def _gone_from(rows: Sequence[Row]) -> list[str]:
    whole = [
        f"{row.name} is deleted or hidden: {row.platform_label} has not shown it since {_day(row.publication.gone_at)}. "
        "Its numbers are of before."
        for row in rows
        if row.publication.gone_at
    ]
    parts = [
        f"A part of {row.name} is deleted or hidden: {row.platform_label} has not shown it since "
        f"{_day(row.publication.part_gone_at)}. The newest numbers are without it."
        for row in rows
        if row.publication.part_gone_at and not row.publication.gone_at
    ]
    return [*whole, *parts]


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %b %Y}"


def _told(shown: list[Row], name: str) -> Cell:
    words = f"{sum(row.values[name] is not None for row in shown)} of {len(shown)}"
    late = sum(name in row.behind for row in shown)
    return Cell(f"{words}, {late} behind" if late else words)


def _line(row: Row, metrics: list[Metric], bases: list[str]) -> list[Cell]:
    out, channel = row.publication, row.publication.channel
    label = format_label(out.variant.format)
    gone = f", gone since {_day(out.gone_at)}" if out.gone_at else ""
    if out.part_gone_at and not gone:
        gone = f", a part gone since {_day(out.part_gone_at)}"
    cells = [
        Cell(label, note=f"{account_name(channel)}{gone}", url=out.remote_url, platform=channel.platform),
        Cell(row.platform_label),
        Cell(label),
        Cell(account_name(channel)),
        Cell(out.published_at, until=out.out_until),
        Cell(None if row.age_s is None else age_words(row.age_s)),
        Cell(None if row.age_s is None else round(row.age_s / 60, 1)),
        Cell(out.remote_url),
        Cell(row.values["followers"]),
        *(behind_words.cell(row, each.name) for each in metrics),
    ]
    for base in bases:
        found = row.rates[base]
        around = _around(found)
        note = between(around)
        if found and found.missing:
            note = f"{note}; without {', '.join(LABELS[name] for name in found.missing)}"
        cells.append(Cell(found.value if found else None, note=note))
        cells += [Cell(around.low if around else None), Cell(around.high if around else None)]
    return cells


def _around(found: Rate | None) -> Interval | None:
    return statistics.rate_interval(found.interactions, found.of) if found else None


def _charts(shown: list[Row], metrics: list[Metric]) -> list[Chart]:
    """For each metric a bar for each publication that tells it; the best known first."""
    charts = []
    for each in metrics:
        told = [row for row in shown if row.values[each.name] is not None]
        if not told:
            continue
        series = [(each.label, [row.values[each.name] for row in told])]
        charts.append((len(told), Chart(each.label, "bar", [row.name for row in told], series, each.unit)))
    return [chart for _, chart in sorted(charts, key=lambda pair: -pair[0])]


def sentences(rows: Sequence[Row], age: str) -> list[str]:
    """What the numbers say, in words; nothing they do not carry.

    One post each tells which of them brought most, and nothing of how posts on these networks do. Of different ages not
    even that: the older ones have had more time.
    """
    said, led = [], False
    if age == LATEST:
        said = (
            ["These publications are of different ages, so none is said to have brought most."]
            if len(rows) > 1
            else []
        )
    for metric in () if age == LATEST else ("comments", "shares", "likes"):
        counts = {n: row.values[metric] for n, row in enumerate(rows) if row.values[metric] is not None}
        if not counts or max(counts.values()) < LEAST_COUNT:
            continue
        if different := apart.words(metric, (rows[n].platform for n in counts)):
            said.append(f"{different} So no publication is said to have brought the most.")
            continue
        winner = statistics.counts_lead(counts)
        if winner is not None:
            best = rows[winner]
            said.append(
                f"{best.name} brought the most {LABELS[metric]}: {best.values[metric]:,}, then {_second(counts):,} "
                f"({len(counts)} of {several(len(rows), 'publication')} tell them)."
            )
            led = True
        elif len(counts) > 1:
            said.append(f"No publication clearly brought the most {LABELS[metric]}.")
    if led:
        said.append("That is one publication each: it says what this story did, not what these networks do.")
    for metric in ("impressions", "reach", "views"):
        without = [row.platform_label for row in rows if not row.told(metric)]
        if without and len(without) < len(rows):
            networks = ", ".join(dict.fromkeys(without))
            said.append(f"{LABELS[metric].capitalize()}: not told by {networks}; a dash is not a zero.")
    return said


def _second(counts: Mapping[Any, Any]) -> Any:
    return sorted(counts.values())[-2]


def age_words(seconds: int) -> str:
    """The two largest units: “2 h 5 min”. No line ends between a number and its unit."""
    words = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count}\u00a0{unit}")
    return " ".join(words[:2]) or "0\u00a0s"
