"""One story across platforms: which network carried it, as far as the networks say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q
from wagtail.models import Page

from access import policy
from channels.connectors.registry import CONNECTORS
from engagement.core.compare import Reading, at_age, common_age, coverage
from engagement.core.metrics import BASES, METRICS, NAMES, Metric, Rate, rate
from engagement.models import Snapshot
from formats.registry import FORMATS
from publishing.models import Publication

AGES: dict[str, tuple[str, timedelta | None]] = {
    "same": ("The same age for all", None),
    "latest": ("The newest numbers", None),
    "1h": ("1 hour after publishing", timedelta(hours=1)),
    "24h": ("24 hours after publishing", timedelta(days=1)),
    "7d": ("7 days after publishing", timedelta(days=7)),
}


@dataclass(frozen=True)
class ReportRow:
    """One publication with its numbers at the chosen age; ``reading`` is None where there is none that young."""

    publication: Any
    format_label: str
    reading: Reading | None
    values: dict[str, Any]
    rates: dict[str, Rate | None]

    @property
    def platform_label(self) -> str:
        return CONNECTORS[self.publication.channel.platform].label

    @property
    def name(self) -> str:
        return f"{self.format_label} · {self.publication.channel.handle}"


@dataclass(frozen=True)
class StoryReport:
    story: Any
    age_choice: str
    age: timedelta | None
    rows: tuple[ReportRow, ...]
    metrics: tuple[Metric, ...]
    coverage: dict[str, tuple[int, int]]
    waiting: int

    @property
    def bases(self) -> tuple[str, ...]:
        return tuple(b for b in BASES if any(r.rates[b] for r in self.rows))


def stories_with_numbers(user: Any, search: str = "") -> Any:
    """The stories a person may read numbers of, newest publication first, with how many went out. Two queries a page."""
    pages = Page.objects.annotate(
        went_out=Count(
            "variants__publications",
            filter=Q(variants__publications__published_at__isnull=False),
            distinct=True,
        ),
        last_out=Max("variants__publications__published_at"),
    ).filter(went_out__gt=0)
    ids = policy.campaign_ids(user, policy.REPORT)
    if ids is not None:
        pages = pages.filter(variants__campaign__in=ids)
    if search:
        pages = pages.filter(title__icontains=search)
    return pages.order_by("-last_out")


def story_report(story: Any, age_choice: str = "same") -> StoryReport:
    """Compare a story's publications. The number of queries does not grow with publications or snapshots."""
    publications = list(
        Publication.objects.filter(variant__story=story, published_at__isnull=False)
        .select_related("variant", "channel")
        .order_by("published_at")
    )
    readings = _readings(publications)
    have = [readings[p.pk] for p in publications if readings[p.pk]]
    age = common_age(have) if age_choice == "same" else AGES[age_choice][1]
    rows = tuple(_row(p, at_age(readings[p.pk], age)) for p in publications)
    shown = [r.values for r in rows if r.reading]
    covered = coverage(shown)
    return StoryReport(
        story=story,
        age_choice=age_choice,
        age=age,
        rows=rows,
        metrics=tuple(m for m in METRICS if covered[m.name][0]),
        coverage=covered,
        waiting=len(publications) - len(have),
    )


def _readings(publications: Iterable[Any]) -> dict[Any, list[Reading]]:
    found: dict[Any, list[Reading]] = {p.pk: [] for p in publications}
    columns = ("publication_id", "age_s", "followers", *NAMES)
    for pk, age_s, followers, *numbers in Snapshot.objects.filter(publication__in=found).values_list(
        *columns
    ):
        values = dict(zip(NAMES, numbers, strict=True)) | {"followers": followers}
        found[pk].append(Reading(timedelta(seconds=age_s), values))
    return found


def _row(publication: Any, reading: Reading | None) -> ReportRow:
    values = dict(reading.values) if reading else dict.fromkeys((*NAMES, "followers"))
    label = FORMATS[publication.variant.format].label
    return ReportRow(publication, label, reading, values, {base: rate(values, base) for base in BASES})


def best(report: StoryReport, metric: str) -> ReportRow | None:
    """The row with the most of a metric, if at least two rows know it and one really leads."""
    known = sorted((r for r in report.rows if r.values[metric] is not None), key=lambda r: -r.values[metric])
    return known[0] if len(known) > 1 and known[0].values[metric] > known[1].values[metric] else None


def sentences(report: StoryReport) -> list[str]:
    """What the numbers say, in words; nothing they do not carry."""
    said = []
    names = {m.name: m.label.lower() for m in METRICS}
    for metric in ("comments", "shares", "likes"):
        leader = best(report, metric)
        if leader and leader.values[metric] >= 5:
            known, of = report.coverage[metric]
            said.append(
                f"{leader.name} brought the most {names[metric]}: {leader.values[metric]:,} "
                f"({known} of {of} publications tell them)."
            )
    for metric in ("impressions", "reach", "views"):
        known, of = report.coverage[metric]
        if 0 < known < of:
            without = [r.platform_label for r in report.rows if r.reading and r.values[metric] is None]
            networks = ", ".join(dict.fromkeys(without))
            said.append(f"{names[metric].capitalize()}: not told by {networks}; an empty cell is not a zero.")
    return said
