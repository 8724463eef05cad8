"""The report on conversations: how fast people were answered, what about, when they write, what they thought of it.

Six queries for ten messages as for ten thousand. Words of people stand there only for those who answer in that
campaign, and never those of private messages: a report is passed on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Substr
from django.urls import reverse

from channels.connectors.talk import MessageKind
from community import inbox
from community.core import speed, threads
from community.core.speed import Timed
from community.core.waiting import Said, Step
from community.enums import LIVE, Direction, Kind
from community.models import Message, Miss, Mute, Rating
from engagement.core import statistics
from engagement.reports.filters import Frame
from engagement.reports.hours import WEEKDAYS
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

TITLE = "Conversations"
FILTERS = ("campaign", "channel", "platform", "language", "period", "step")
TOPICS = 20  # with examples
EXAMPLES = 2
WORDS = 140  # characters of an example
SAID = 20  # of what people wrote beside their marks
NO_TOPIC = "No topic"
MISSED = "missed"  # stands for a direction in rows that are due times passed without an answer
SPEED = (
    Column("Messages", meaning="What people wrote to us in these days"),
    Column("Conversations", meaning="In which they wrote it"),
    Column("Answered", meaning="Waits of these days that a person of ours ended with an answer"),
    Column(
        "First answer",
        "decimal",
        unit="min",
        meaning="Median, by the clock, from what they wrote until we did",
    ),
    Column("Next answers", "decimal", unit="min", meaning="Median of the answers after the first"),
    Column("9 of 10 within", "decimal", unit="min", meaning="90th percentile of all answers"),
    Column(
        "In time",
        "percent",
        meaning="Answers before their due time, of all of which it is known; misses count",
    ),
    Column("Missed", meaning="Due times that passed without an answer"),
    Column("Still waiting", meaning="Nobody has answered, and nobody has closed it"),
    Column("Mark", "decimal", meaning="Mean of 1 to 5, from people who followed the link"),
)


@dataclass
class Talk:
    """One conversation, as far as the report needs it."""

    channel: int
    topic: str
    live: bool
    rows: list[threads.Said] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    missed: list[datetime] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)


@dataclass
class Part:
    """What is counted of one account, topic, day or of everything."""

    messages: int = 0
    talks: set[int] = field(default_factory=set)
    waits: list[Timed] = field(default_factory=list)
    open: int = 0
    marks: list[int] = field(default_factory=list)

    @property
    def kept(self) -> tuple[int, int]:
        return speed.share(self.waits)

    def minutes(self, step: Step | None = None) -> list[float]:
        return [w.minutes for w in self.waits if w.minutes is not None and step in (None, w.step)]


def build(frame: Frame) -> Report:
    report = Report(TITLE)
    first, after = frame.instants()
    talks = _talks(frame, first, after)
    marks = _marks(frame, first, after)
    everything, by_channel, by_topic, by_day = (Part(), _parts(), _parts(), _parts())
    cells: Counter[tuple[int, int]] = Counter()
    for pk, talk in talks.items():
        for said in talk.said:
            if not (said.ours or said.again) and first <= said.at < after:
                local = said.at.astimezone(frame.zone)
                cells[local.weekday(), local.hour] += 1
                day = _step(frame, local.date())
                for part in (everything, by_channel[talk.channel], by_topic[talk.topic], by_day[day]):
                    part.messages += 1
                    part.talks.add(pk)
        for wait in speed.timed(talk.said, talk.missed, talk.silent):
            if first <= wait.since < after:
                day = _step(frame, wait.since.astimezone(frame.zone).date())
                for part in (everything, by_channel[talk.channel], by_topic[talk.topic], by_day[day]):
                    part.waits.append(wait)
                    part.open += wait.open and talk.live
    for mark in marks:
        for part in (everything, by_channel[mark["channel"]], by_topic[mark["topic"]]):
            part.marks.append(mark["score"])
    report.basis = [
        "Waits run by the clock, nights included; whether an answer was in time is what its due time said then, with "
        "office hours. Automatic answers end no wait.",
        "Topics are suggestions, as far as nobody corrected them.",
    ]
    if not everything.messages and not everything.marks:
        report.empty = "Nobody wrote to us in these days. Choose other days, or take a filter off."
        return report
    report.sentences = _sentences(everything)
    report.charts = _charts(frame, by_day, cells)
    report.tables = [
        _accounts(frame, by_channel, everything),
        _topics(frame, by_topic, first, after),
        _days(frame, by_day),
        _hours(cells),
        _satisfaction(everything),
    ]
    if said := _words(frame, marks):
        report.tables.append(said)
    return report


def _parts() -> dict[Any, Part]:
    return defaultdict(Part)


# Reading ----------------------------------------------------------------------------------------------------


def _mine(frame: Frame, rows: QuerySet, way: str = "") -> QuerySet:
    """Rows of this person's campaigns and of what the address chooses; ``way`` leads to the conversation."""
    chosen = frame.filters
    if chosen.campaign is not None:
        rows = rows.filter(**{f"{way}campaign": chosen.campaign})
    else:
        rows = rows.filter(**{f"{way}campaign__in": list(frame.campaigns)})
    if chosen.channel:
        rows = rows.filter(**{f"{way}channel": chosen.channel})
    if chosen.platform:
        rows = rows.filter(**{f"{way}channel__platform": chosen.platform})
    if chosen.language:
        tongue = Q(**{f"{way}language": chosen.language})
        rows = rows.filter(tongue | Q(**{f"{way}language__startswith": f"{chosen.language}-"}))
    return rows


def _talks(frame: Frame, first: datetime, after: datetime) -> dict[int, Talk]:
    """Every conversation of these days with all that was said in it, so that a wait of before is known as one."""
    touched = {"last_message_at__gte": first, "started_at__lt": after}
    rows = _mine(frame, Message.objects.order_by(), "conversation__")
    rows = rows.filter(**{f"conversation__{name}": value for name, value in touched.items()})
    names = (
        "conversation_id",
        "at",
        "direction",
        "automatic",
        "changed_at",
        "seen_at",
        "knew_at",
        "deleted_at",
        "set_aside_at",
        "again_aside_at",
    )
    place = ("kind", "remote_id", "parent_id", "author_id", "speaker")
    of = tuple(f"conversation__{name}" for name in ("channel_id", "topic", "status"))
    found: dict[int, Talk] = {}
    misses = _mine(frame, Miss.objects.order_by(), "conversation__")
    misses = misses.filter(**{f"conversation__{name}": value for name, value in touched.items()})
    never, nobody = Value(None, output_field=DateTimeField()), Value(None, output_field=BigIntegerField())
    missed = ("conversation_id", "due_at", Value(MISSED), Value(False), *[never] * 6)
    nowhere = (Value(""), Value(""), Value(""), nobody, nobody)
    muted = Exists(
        Mute.objects.filter(contact=OuterRef("author"), campaign=OuterRef("conversation__campaign"))
    )
    both = rows.values_list(*names, *place, *of, muted).union(
        misses.values_list(*missed, *nowhere, *of, Value(False)), all=True
    )
    late: list[tuple[int, datetime]] = []
    for (
        pk, at, direction, automatic, again, seen, knew, gone, aside, again_aside, kind, key, parent, author,
        speaker, channel, topic, status, quiet,
    ) in both.iterator(chunk_size=5_000):  # fmt: skip
        if direction == MISSED:
            late.append((pk, at))
            continue
        talk = found.get(pk)
        if talk is None:
            talk = found[pk] = Talk(channel, topic, status in LIVE)
        ours = direction == Direction.OUT
        talk.rows.append(
            threads.Said(
                key, kind, at, parent, "", str(author or ""), "",
                ours, gone is not None, None if ours else again, automatic, knew if ours else seen,
                muted=bool(quiet), aside=aside, again_aside=again_aside, speaker=speaker,
            )
        )  # fmt: skip
    for talk in found.values():
        talk.said, talk.silent = threads.spoken(talk.rows), threads.silenced(talk.rows)
        talk.rows = []
    for pk, due_at in late:
        if pk in found:
            found[pk].missed.append(due_at)
    return found


def _marks(frame: Frame, first: datetime, after: datetime) -> list[dict[str, Any]]:
    rows = _mine(frame, Rating.objects.filter(rated_at__gte=first, rated_at__lt=after), "conversation__")
    names = ("score", "text", "rated_at", "conversation_id")
    of = {"channel": "conversation__channel_id", "topic": "conversation__topic"}
    shown = rows.order_by("-rated_at").values(*names, *of.values())
    return [{**row, **{short: row[long] for short, long in of.items()}} for row in shown]


def _before(frame: Frame) -> dict[str, int] | None:
    """How many messages on each topic in as many days just before; None where there is no before."""
    days = frame.filters.before(frame.today)
    if days is None:
        return None
    first, after = frame.instants(days)
    rows = _mine(frame, Message.objects.order_by(), "conversation__").filter(
        direction=Direction.IN,
        deleted_at=None,
        at__gte=first,
        at__lt=after,
        conversation__last_message_at__gte=first,  # says nothing more, and an index finds them by it
    )
    return Counter(rows.values_list("conversation__topic", flat=True))


def _examples(
    frame: Frame, topics: list[str], first: datetime, after: datetime
) -> dict[str, list[tuple[int, str]]]:
    """A few public messages of each topic, the newest ones; only of conversations that this person may open."""
    seen = inbox.visible(frame.user, inbox.channels_of(frame.user))
    rows = _mine(frame, Message.objects.all(), "conversation__").filter(
        conversation__in=seen,
        conversation__topic__in=topics,
        direction=Direction.IN,
        deleted_at=None,
        hidden=False,
        at__gte=first,
        at__lt=after,
        conversation__last_message_at__gte=first,
    )
    rows = rows.exclude(kind=MessageKind.DIRECT).exclude(conversation__wants__in=(Kind.ABUSE, Kind.SPAM))
    words = rows.annotate(start=Substr("text", 1, WORDS + 1)).order_by("-at", "-pk")
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for topic, pk, start in words.values_list("conversation__topic", "conversation_id", "start")[:500]:
        line = " ".join(start.split())
        if line and len(found[topic]) < EXAMPLES and all(pk != other for other, _ in found[topic]):
            found[topic].append((pk, line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"))
    return found


# Tables -----------------------------------------------------------------------------------------------------


def _speed(part: Part) -> list[Cell]:
    kept, known = part.kept
    firsts, nexts, every = part.minutes(Step.FIRST), part.minutes(Step.NEXT), part.minutes()
    around = between(statistics.share_interval(kept, known))
    return [
        Cell(part.messages),
        Cell(len(part.talks)),
        Cell(len(every)),
        _time(statistics.median(firsts)),
        _time(statistics.median(nexts)),
        _time(statistics.percentile(every, 90)),
        Cell(100 * kept / known, note=around) if known else UNKNOWN,
        Cell(known - kept),
        Cell(part.open),
        Cell(sum(part.marks) / len(part.marks), note=several(len(part.marks), "mark"))
        if part.marks
        else UNKNOWN,
    ]


def _time(minutes: float | None) -> Cell:
    if minutes is None:
        return UNKNOWN
    return Cell(round(minutes, 1), note=speed.words(minutes) if minutes >= 60 else "")


def _accounts(frame: Frame, parts: dict[int, Part], everything: Part) -> Table:
    rows = []
    for pk in sorted(parts, key=lambda pk: str(frame.channels.get(pk, ""))):
        channel = frame.channels.get(pk)
        name = (
            Cell(account_name(channel), platform=channel.platform)
            if channel
            else Cell("an account that is gone")
        )
        rows.append([name, *_speed(parts[pk])])
    foot = [Cell("All together"), *_speed(everything)]
    return Table("By account", [Column("Account", "text"), *SPEED], rows, foot=foot)


def _topics(frame: Frame, parts: dict[str, Part], first: datetime, after: datetime) -> Table:
    before = _before(frame)
    ordered = sorted(parts, key=lambda topic: (-parts[topic].messages, topic))
    examples = _examples(frame, ordered[:TOPICS], first, after)
    rows = []
    for topic in ordered:
        part = parts[topic]
        trend = UNKNOWN
        if before is not None:
            change = part.messages - before.get(topic, 0)
            trend = Cell(f"{change:+,}" if change else "0", note=f"{before.get(topic, 0):,} before")
        shown = examples.get(topic, [])
        link = reverse("community:conversation", args=[shown[0][0]]) if shown else ""
        cells = [Cell(topic or NO_TOPIC), Cell(part.messages), trend, *_speed(part)[1:]]
        rows.append([*cells, Cell(" · ".join(words for _, words in shown) or None, url=link)])
    columns = [
        Column("Topic", "text"),
        SPEED[0],
        Column("Change", "text", meaning="Against as many days just before"),
        *SPEED[1:],
        Column("What people write", "text", meaning="The newest public ones that nobody hid"),
    ]
    note = "Examples are shown to those who answer in that campaign; private messages and what was hidden never are."
    return Table("Recurring topics", columns, rows, note=note)


def _step(frame: Frame, day: date) -> date:
    return day - timedelta(days=day.weekday()) if frame.filters.step == "week" else day


def _days(frame: Frame, parts: dict[date, Part]) -> Table:
    label = "Week from" if frame.filters.step == "week" else "Day"
    rows = [[Cell(day, note=frame.part_of_step(day)), *_speed(parts[day])[:-1]] for day in sorted(parts)]
    return Table("Over time", [Column(label, "day"), *SPEED[:-1]], rows)


def _hours(cells: Counter[tuple[int, int]]) -> Table:
    most = max(cells.values(), default=0)
    columns = [Column("Hour", "text"), *(Column(name) for name in WEEKDAYS), Column("Together")]
    rows = []
    for hour in range(24):
        counts = [cells[weekday, hour] for weekday in range(7)]
        shaded = [Cell(count, level=-(-count * 5 // most) if count else 0) for count in counts]
        rows.append([Cell(f"{hour:02}:00"), *shaded, Cell(sum(counts))])
    return Table("When people write", columns, rows, note="By the campaign’s clock.", heat=True)


def _satisfaction(everything: Part) -> Table:
    counted, whole = Counter(everything.marks), len(everything.marks)
    rows = [
        [
            Cell(name),
            Cell(counted[score]),
            Cell(100 * counted[score] / whole) if whole else UNKNOWN,
        ]
        for score, name in ((5, "5 – very satisfied"), (4, "4"), (3, "3"), (2, "2"), (1, "1 – not at all"))
    ]
    columns = [Column("Mark", "text"), Column("People"), Column("Share", "percent")]
    note = "Whoever follows the link decides to; these are not all people, and nobody knows how the others think."
    return Table("Satisfaction", columns, rows, note=note)


def _words(frame: Frame, marks: Iterable[dict[str, Any]]) -> Table | None:
    """What people wrote beside their marks, for those who may open the conversation."""
    with_words = [mark for mark in marks if mark["text"].strip()]
    if not with_words:
        return None
    wanted = [mark["conversation_id"] for mark in with_words[: SAID * 5]]
    mine = inbox.visible(frame.user, inbox.channels_of(frame.user))
    seen = set(mine.filter(pk__in=wanted).values_list("pk", flat=True))
    shown = [mark for mark in with_words if mark["conversation_id"] in seen][:SAID]
    if not shown:
        return None
    columns = [Column("When", "moment"), Column("Mark"), Column("Words", "text")]
    rows = [
        [
            Cell(mark["rated_at"], url=reverse("community:conversation", args=[mark["conversation_id"]])),
            Cell(mark["score"]),
            Cell(" ".join(mark["text"].split())[:500]),
        ]
        for mark in shown
    ]
    return Table("What people wrote beside it", columns, rows)


def _charts(frame: Frame, by_day: dict[date, Part], cells: Counter[tuple[int, int]]) -> list[Chart]:
    days = sorted(by_day)
    labels = [frame.label_of_step(day, f"{day:%-d %b}") for day in days]
    inside: list[float | None] = []
    for day in days:
        kept, known = by_day[day].kept
        inside.append(round(100 * kept / known, 1) if known else None)
    hours = [sum(cells[weekday, hour] for weekday in range(7)) for hour in range(24)]
    per = "week" if frame.filters.step == "week" else "day"
    medians = [statistics.median(by_day[day].minutes(Step.FIRST)) for day in days]
    return [
        Chart(f"Messages a {per}", "bar", labels, [("Messages", [by_day[day].messages for day in days])]),
        Chart("Median first answer", "line", labels, [("First answer", medians)], "min"),
        Chart("Answers in time", "line", labels, [("In time", inside)], "%"),
        Chart("Messages by hour", "bar", [f"{hour:02}" for hour in range(24)], [("Messages", hours)]),
    ]


def _sentences(everything: Part) -> list[str]:
    said = [
        f"{several(everything.messages, 'message')} in {several(len(everything.talks), 'conversation')}; "
        f"{several(everything.open, 'wait')} without an answer so far."
    ]
    middle = statistics.median(everything.minutes(Step.FIRST))
    if middle is not None:
        said.append(f"Half of the first answers came within {speed.words(middle)}.")
    kept, known = everything.kept
    if known:
        said.append(f"{kept:,} of {known:,} came in time ({100 * kept / known:.0f} %).")
    if everything.marks:
        mean = sum(everything.marks) / len(everything.marks)
        people = several(len(everything.marks), "person gave a mark", "people gave marks")
        said.append(f"{people}: {mean:.1f} of 5 in the mean.")
    return said


def register() -> None:
    """Put it among the reports under “Numbers”."""
    from engagement import kinds

    kinds.register(
        kinds.Kind(
            "conversations",
            TITLE,
            "How fast are people answered, what do they write about and when, and what do they think of it?",
            "comment",
            build,
            FILTERS,
        )
    )
