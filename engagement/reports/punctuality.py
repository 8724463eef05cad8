"""How punctually posts went out: how late in the middle and at the far end, and how many did not go out at all."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db.models import Q

from engagement.core import numerals, statistics
from engagement.reports.compared import SMALL
from engagement.reports.filters import Frame
from engagement.reports.report import (
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
from publishing.core.states import State
from publishing.models import Publication

BASIS = (
    "Posts that were due in these days. Lateness is from the planned time to the first call that makes something public; "
    "of a thread or a video it may take minutes from there until all is out."
)
BOUNDS_S = (5, 60)
STILL_TO_GO = (State.SCHEDULED, State.RUNNING, State.WAITING, State.IN_DOUBT)
OVERDUE = "overdue"  # to go, although its time was more than the longer bound ago
COLUMNS = (
    Column("Account", "text"),
    Column("Platform", "text", only="file"),
    Column("Went out"),
    Column("Median lateness", "seconds", meaning="Half of the posts were less late"),
    Column("95 of 100 within", "seconds", meaning="The 95th percentile of lateness"),
    Column("Latest", "seconds"),
    Column("Within 5 s", "percent"),
    Column("Within 60 s", "percent"),
    Column("Failed", meaning="Given up, or refused by the network"),
    Column("Waits for a person", meaning="Somebody must decide what happens"),
    Column("Overdue", meaning="Still to go, more than a minute after the planned time"),
)


def build(frame: Frame) -> Report:
    first, after = frame.instants()
    rows = frame.mine(Publication.objects.posts().filter(due_at__gte=first, due_at__lt=after))
    for name, column in (("platform", "channel__platform"), ("format", "variant__format")):
        if value := getattr(frame.filters, name):
            rows = rows.filter(**{column: value})
    if frame.filters.language:
        rows = rows.filter(variant__language=frame.filters.language)
    overdue = Q(state__in=STILL_TO_GO, due_at__lt=frame.now - timedelta(seconds=BOUNDS_S[-1]))
    rows = rows.filter(
        Q(published_at__isnull=False) | Q(state__in=[State.FAILED, State.ATTENTION]) | overdue
    ).order_by()
    late: dict[int, list[int | None]] = defaultdict(list)
    states: dict[int, list[str]] = defaultdict(list)
    for channel, lateness_ms, state, published_at in rows.values_list(
        "channel_id", "lateness_ms", "state", "published_at"
    ):
        states[channel].append(OVERDUE if published_at is None and state in STILL_TO_GO else state)
        if published_at is not None:
            late[channel].append(lateness_ms)
    report = Report("Punctuality", basis=[BASIS])
    if not states:
        report.empty = "Nothing was due in these days. Choose other days, or take a filter off."
        return report
    accounts = sorted(states, key=lambda pk: str(frame.channels.get(pk, "")))
    lines = [_line(frame, pk, late[pk], states[pk]) for pk in accounts]
    all_late, all_states = (
        [n for rows in late.values() for n in rows],
        [s for rows in states.values() for s in rows],
    )
    foot = _cells([Cell("All together"), Cell("")], all_late, all_states)
    report.tables = [Table("Lateness by account", COLUMNS, lines, foot=foot)]
    labels = [" · ".join(filter(None, (line[1].value, line[0].value))) for line in lines]
    series = [("Median", [line[3].value for line in lines]), ("95 of 100", [line[4].value for line in lines])]
    report.charts = [Chart("Seconds late", "bar", labels, series, "s")]
    report.sentences = _sentences(all_late, all_states)
    return report


def _line(frame: Frame, pk: int, late: list[int | None], states: list[str]) -> list[Cell]:
    channel = frame.channels.get(pk)
    if channel is None:
        return _cells([Cell("an account that is gone"), UNKNOWN], late, states)
    label = FORMATS.platform_label(channel.platform)
    return _cells([Cell(account_name(channel), platform=channel.platform), Cell(label)], late, states)


def _cells(first: list[Cell], late: list[int | None], states: list[str]) -> list[Cell]:
    seconds = [max(0, n) / 1000 for n in late if n is not None]
    ended = [Cell(states.count(state)) for state in (State.FAILED, State.ATTENTION, OVERDUE)]
    if not seconds:
        return [*first, Cell(len(late)), *[UNKNOWN] * 5, *ended]
    unknown, small = len(late) - len(seconds), len(seconds) < statistics.LEAST
    shares = []
    for bound in BOUNDS_S:
        inside = sum(n <= bound for n in seconds)
        around = statistics.share_interval(inside, len(seconds))
        shares.append(Cell(100 * inside / len(seconds), note=between(around)))
    return [
        *first,
        Cell(len(late), note=f"{unknown} without a measured time" if unknown else ""),
        Cell(
            statistics.median(seconds), note=SMALL if small else between(statistics.median_interval(seconds))
        ),
        Cell(statistics.percentile(seconds, 95), note=SMALL if small else ""),
        Cell(max(seconds)),
        *shares,
        *ended,
    ]


def _sentences(late: list[int | None], states: list[str]) -> list[str]:
    seconds = [max(0, n) / 1000 for n in late if n is not None]
    said = []
    if seconds:
        inside = sum(n <= BOUNDS_S[-1] for n in seconds)
        said.append(
            f"{inside:,} of {several(len(seconds), 'post')} went out within a minute of the planned time; "
            f"the latest was {numerals.short(max(seconds))} seconds late."
        )
    if overdue := states.count(OVERDUE):
        said.append(
            f"{several(overdue, 'post')} should have gone out and {'has' if overdue == 1 else 'have'} not: publishing is "
            "paused, held up or behind. Publishing, Scheduled lists them."
        )
    failed = states.count(State.FAILED)
    if failed:
        said.append(f"{several(failed, 'post')} failed. Publishing, Failed says why of each.")
    return said
