"""Format against format, on what every one of them tells."""

from __future__ import annotations

from engagement.reports import compared, posts
from engagement.reports.filters import Frame
from engagement.reports.posts import Group, format_label
from engagement.reports.report import Cell, Report


def build(frame: Frame) -> Report:
    loaded = posts.load(frame)
    report = Report("Format against format", basis=[loaded.basis])
    if not loaded.rows:
        report.empty = empty(loaded)
        return report
    found = posts.compare(loaded.rows, frame.filters.by, lambda post: post.format)
    report.basis.append(found.meaning)
    report.sentences = compared.sentences(found, format_label, "format", loaded.age)
    report.tables = [compared.table(found, "Format", _name, "Formats by median")]
    drawn = compared.chart(found, format_label, f"{found.measure.label}: median and middle half")
    report.charts = [drawn] if drawn else []
    report.extra["by"] = found.measure.code
    return report


def _name(group: Group) -> Cell:
    return Cell(format_label(group.key), platform=group.key.split(".", 1)[0])


def empty(loaded: posts.Posts) -> str:
    """Why there is nothing, in words that say what to change."""
    if loaded.far:
        return (
            f"No post of these days has numbers at this age: {posts.not_near(loaded.far)} Choose another age."
        )
    if loaded.of:
        return "No post of these days has numbers at this age yet. Choose a younger age or earlier days."
    return "Nothing went out in these days. Choose other days, or take a filter off."
