"""Weekday by hour from our own posts, and the hours that a manager may take over as slots of an account."""

from __future__ import annotations

from calendar import day_name
from datetime import datetime
from zoneinfo import ZoneInfo

from channels import rhythm
from engagement.core import hours, measures
from engagement.core.hours import LEAST_IN_CELL, Grid, Outing
from engagement.core.measures import MEASURES
from engagement.core.rollups import LATEST
from engagement.reports import posts
from engagement.reports.compared import CHOOSE_AGE
from engagement.reports.filters import Frame, zone_named
from engagement.reports.formats import empty
from engagement.reports.report import Cell, Chart, Column, Report, Table, several

WEEKDAYS = tuple(day_name)
UNSEEN = "{posts} cannot be put at an hour, and are left out: nobody knows when they went out."


def build(frame: Frame) -> Report:
    loaded = posts.load(frame)
    report = Report("Weekday and hour", basis=[loaded.basis])
    if not loaded.rows:
        report.empty = empty(loaded)
        return report
    counted = posts.told_by_every_format(loaded.rows)
    by = frame.filters.by
    measure = MEASURES[by] if by else measures.most_known([p.values for p in loaded.rows], counted)
    zones = {pk: zone_named(page.time_zone) for pk, page in frame.campaigns.items()}
    until = posts.unseen(frame)
    outings = [
        Outing(post.channel_id, *place, measure.of(post.values, counted))
        for post in loaded.rows
        if (place := _place(post, until.get(post.publication_id), _zone(frame, post, zones)))
    ]
    if unseen := len(loaded.rows) - len(outings):
        report.basis.append(UNSEEN.format(posts=several(unseen, "post")))
    if not outings:
        report.empty = " ".join(report.basis)
        return report
    cells = hours.grid(outings)
    comparison = posts.Comparison(measure, counted, [])
    report.basis += [
        comparison.meaning,
        "1.0 is what the account's posts usually do (its median), so that large and small accounts can stand in one "
        "table. Hours are on the clock of the campaign.",
    ]
    if lost := hours.without_usual(outings):
        report.basis.append(
            f"{several(lost, 'post')} of accounts that usually bring nothing cannot be held against that, and are left out."
        )
    report.tables = [_table(cells)]
    report.charts = [_chart(cells)] if cells else []
    report.extra["by"] = measure.code
    if loaded.age == LATEST:
        report.sentences = [
            f"These posts are of different ages, so no hour is said to be better. {CHOOSE_AGE}"
        ]
        return report
    suggested = _suggested(frame, cells)
    report.extra["suggestions"] = suggested
    report.extra["sure"] = [each for each in suggested if each["sure"]]
    report.extra["to_try"] = [each for each in suggested if not each["sure"]]
    report.sentences = _sentences(cells)
    return report


def _zone(frame: Frame, post: posts.Post, zones: dict[int, ZoneInfo]) -> ZoneInfo:
    channel = frame.channels.get(post.channel_id)
    return zones.get(channel.campaign_id, ZoneInfo("UTC")) if channel else ZoneInfo("UTC")


def _place(post: posts.Post, until: datetime | None, zone: ZoneInfo) -> tuple[int, int] | None:
    """Weekday and hour; None where nobody knows at which hour it went out."""
    at, last = (moment.astimezone(zone) for moment in (post.published_at, until or post.published_at))
    return (at.weekday(), at.hour) if (at.date(), at.hour) == (last.date(), last.hour) else None


def _table(cells: Grid) -> Table:
    used = sorted({hour for _, hour in cells})
    columns = [Column("Hour", "text"), *(Column(name, "times") for name in WEEKDAYS)]
    rows = []
    for hour in range(min(used), max(used) + 1):
        row = [Cell(f"{hour:02}:00")]
        for weekday in range(7):
            cell = cells.get((weekday, hour))
            if cell is None:
                row.append(Cell())
            else:
                row.append(Cell(cell.ratio, note=several(cell.known, "post"), level=hours.level(cell.ratio)))
        rows.append(row)
    note = f"A dash: no post that can be compared went out then. Cells of fewer than {LEAST_IN_CELL} posts say little."
    return Table("Times the usual, by hour and weekday", columns, rows, note=note, heat=True)


def _chart(cells: Grid) -> Chart:
    used = sorted({hour for _, hour in cells})
    span = range(min(used), max(used) + 1)
    posts_at = [sum(cells[d, h].known for d in range(7) if (d, h) in cells) for h in span]
    return Chart("Posts with numbers by hour", "bar", [f"{h:02}:00" for h in span], [("Posts", posts_at)])


def _suggested(frame: Frame, cells: Grid) -> list[dict]:
    """Each suggested hour, and whether it is a slot of the chosen account already."""
    have = rhythm.slots_of(frame.channel) if frame.channel else set()
    return [
        {
            "weekday": each.weekday,
            "hour": each.hour,
            "words": f"{WEEKDAYS[each.weekday]} {each.hour:02}:00",
            "ratio": each.cell.ratio,
            "known": each.cell.known,
            "sure": each.cell.sure,
            "is_slot": any((d, at.hour) == (each.weekday, each.hour) for d, at in have),
        }
        for each in hours.suggestions(cells)
    ]


def _sentences(cells: Grid) -> list[str]:
    found = hours.suggestions(cells)
    if not found:
        return [f"No hour did a tenth better than usual, or more, over at least {LEAST_IN_CELL} posts."]
    sure = [f"{WEEKDAYS[each.weekday]} {each.hour:02}:00" for each in found if each.cell.sure]
    if sure:
        return [
            f"Clearly above the usual: {', '.join(sure)}. What else differed at these hours is in no number here."
        ]
    return [
        "Some hours did better than usual so far, none of them by more than chance does: hours to try, no best hours."
    ]
