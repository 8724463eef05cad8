"""Topics by the hashtags of posts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from engagement.models import TagUse
from engagement.reports import compared, posts
from engagement.reports.filters import Frame
from engagement.reports.formats import empty
from engagement.reports.posts import Group
from engagement.reports.report import Cell, Report, several

SHOWN = 60
NONE = ""


def build(frame: Frame) -> Report:
    loaded = posts.load(frame)
    report = Report("Topics by hashtag", basis=[loaded.basis])
    if not loaded.rows:
        report.empty = empty(loaded)
        return report
    tags, shown = _tags(frame)
    usual = [] if frame.filters.tag else [NONE]
    everything = posts.compare(
        loaded.rows, frame.filters.by, lambda post: list(tags.get(post.publication_id, usual))
    )

    def name(key: str) -> str:
        return f"#{shown[key]}" if key else "no hashtag"

    used = sorted(everything.groups, key=lambda g: -len(g.posts))
    if len(used) > SHOWN:
        kept = {group.key for group in used[:SHOWN]}
        everything = posts.Comparison(
            everything.measure,
            everything.counted,
            [g for g in everything.groups if g.key in kept],
            everything.apart,
        )
        report.basis.append(f"The {SHOWN} that were used most, of {several(len(used), 'hashtag')}.")
    report.basis.append(everything.meaning)
    report.basis.append(
        "A post with several hashtags counts under each. That a hashtag stands there is no cause."
    )
    report.sentences = compared.sentences(everything, name, "hashtag", loaded.age)

    def cell(group: Group) -> Cell:
        return Cell(name(group.key))

    report.tables = [compared.table(everything, "Hashtag", cell, "Hashtags by median")]
    drawn = compared.chart(everything, name, f"{everything.measure.label}: median and middle half")
    report.charts = [drawn] if drawn else []
    report.extra["by"] = everything.measure.code
    return report


def _tags(frame: Frame) -> tuple[dict[Any, list[str]], dict[str, str]]:
    """Tags of each publication of these days, and each tag as it was written. One query."""
    first, after = frame.instants()
    rows = TagUse.objects.filter(
        publication__published_at__gte=first,
        publication__published_at__lt=after,
        publication__campaign__in=[frame.filters.campaign]
        if frame.filters.campaign
        else list(frame.campaigns),
    )
    found: dict[Any, list[str]] = defaultdict(list)
    shown: dict[str, str] = {}
    for pk, tag, written in rows.values_list("publication_id", "tag", "written"):
        found[pk].append(tag)
        shown[tag] = written
    return found, shown
