"""The posts of a report: where each stood at one age, in one query, with what is left out counted beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from engagement.core import behind, measures, numerals
from engagement.core.measures import MEASURES, Measure
from engagement.core.metrics import INTERACTIONS, LABELS, NAMES
from engagement.core.rollups import LATEST, is_near
from engagement.core.statistics import Spread, spread
from engagement.models import Standing
from engagement.reports import apart
from engagement.reports import behind as behind_words
from engagement.reports.filters import AGE_WORDS, Frame, age_reached
from engagement.reports.report import several
from formats.registry import FORMATS
from publishing.models import Publication

COLUMNS = (
    "publication_id",
    "channel_id",
    "story_id",
    "platform",
    "format",
    "published_at",
    "age_s",
    "followers",
    *NAMES,
)


@dataclass(frozen=True)
class Post:
    """``values``: what may be compared at its age; ``behind``: what else was told, too late for that."""

    publication_id: Any
    channel_id: int
    story_id: int
    platform: str
    format: str
    published_at: datetime
    age_s: int
    values: Mapping[str, Any]
    behind: Mapping[str, Any] = field(default_factory=dict)

    @property
    def format_label(self) -> str:
        return format_label(self.format)


@dataclass
class Posts:
    """``of`` went out in the period; those of ``rows`` have numbers at the age, ``far`` others only long before it.

    ``formats`` of all of these.
    """

    rows: list[Post]
    of: int
    age: str
    far: int = 0
    formats: frozenset[str] = frozenset()

    @property
    def basis(self) -> str:
        """How much of the period these are, in a sentence."""
        have = f"{len(self.rows):,} of {several(self.of, 'post')} of these days"
        if self.age == LATEST:
            words = f"The newest numbers of {have}; their ages differ, so compare with care."
        else:
            words = f"{AGE_WORDS[self.age].capitalize()}: {have}."
        if self.far:
            words += f" {not_near(self.far)}"
        missing = self.of - len(self.rows) - self.far
        if missing:
            is_, has = ("is", "has") if missing == 1 else ("are", "have")
            why = f"{has} no numbers" if self.age == LATEST else f"{is_} younger or {has} no numbers"
            words += f" The other {missing:,} {why}."
        late = behind_words.words(self.age, self.rows)
        return " ".join([words, *late, *behind_words.of_no_age(self.formats)])


def load(frame: Frame, *, days: tuple[date, date] | None = None, age: str = "") -> Posts:
    """Two queries."""
    age = age or frame.filters.age
    return _near(_standing(frame, days, age), _out(frame, days).count(), age)


Days = tuple[date, date]


@dataclass(frozen=True)
class Two:
    """Two stretches of days, the one just before the other, each with how many posts went out in all.

    Where the end of the later one is too young for the age, both are cut off at the same point, ``until`` of the later:
    ``before`` and ``now`` hold the posts up to there.
    """

    before: Posts
    now: Posts
    out_before: int
    out: int
    until: datetime | None


def load_two(frame: Frame, earlier: Days, later: Days, *, age: str) -> Two:
    """One query."""
    middle, after = frame.instants(later)
    reached = age_reached(age, frame.now) or after
    until = max(reached, middle) if reached < after else None
    ends = _same_point(frame, until, later[0] - earlier[0]) if until else middle, until or after
    standing = FilteredRelation("standings", condition=Q(standings__age=age))
    posts = _out(frame, (earlier[0], later[1])).annotate(standing=standing).order_by("published_at")
    before, now = Posts([], 0, age), Posts([], 0, age)
    out = {True: 0, False: 0}
    for at, *row in posts.values_list("published_at", *(f"standing__{name}" for name in COLUMNS)):
        is_before = at < middle
        out[is_before] += 1
        if at < ends[0] or middle <= at < ends[1]:
            _count(before if is_before else now, _post(row, age) if row[0] and at <= reached else None)
    return Two(before, now, out[True], out[False], until)


def _count(posts: Posts, post: Post | None) -> None:
    """One more that went out, with its numbers if there are any at the age."""
    posts.of += 1
    if post is not None and is_near(posts.age, post.age_s):
        posts.rows.append(post)
    elif post is not None:
        posts.far += 1


def _same_point(frame: Frame, at: datetime, back: timedelta) -> datetime:
    """The same time of day so many days before, on the clock of the days."""
    return (at.astimezone(frame.zone) - back).astimezone(UTC)


def _near(rows: list[Post], of: int, age: str) -> Posts:
    """Without those whose numbers at this age are really of a much younger one."""
    near = [row for row in rows if is_near(age, row.age_s)]
    return Posts(near, of, age, len(rows) - len(near), frozenset(row.format for row in rows))


def not_near(count: int) -> str:
    return f"{count:,} {'was' if count == 1 else 'were'} not read near that age."


def _standing(frame: Frame, days: Days | None, age: str) -> list[Post]:
    standing = frame.chosen(Standing.objects.at_age(age, frame.now), own="publication", days=days)
    return [_post(row, age) for row in standing.order_by("published_at").values_list(*COLUMNS)]


def _out(frame: Frame, days: Days | None) -> QuerySet[Publication]:
    return frame.chosen(Publication.objects.posts().filter(published_at__isnull=False), days=days).order_by()


def _post(row: Sequence[Any], age: str) -> Post:
    *first, followers = row[:8]
    told = dict(zip(NAMES, row[8:], strict=True)) | {"followers": followers}
    platform, age_s = first[3], first[6]
    values, late = behind.part(platform, age, age_s, told)
    return Post(*first, values=values, behind=late)


def unseen(frame: Frame) -> dict[Any, datetime]:
    """The posts of these days of which nobody knows when they went out, each with the latest moment it can have been.

    One query.
    """
    return dict(_out(frame, None).filter(out_until__isnull=False).values_list("pk", "out_until"))


def format_label(code: str) -> str:
    found = FORMATS.get(code)
    return found.label if found else code


# Groups -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Group:
    """``posts`` of one kind; ``spread`` of the measure over those that have it, None where none has."""

    key: Any
    posts: list[Post]
    values: list[float | None]
    spread: Spread | None


@dataclass(frozen=True)
class Comparison:
    """Groups by one measure. ``counted``: the interactions that all of them tell.

    ``apart``: what the networks among them count each in its own way under the measure's name; nothing leads by that.
    """

    measure: Measure
    counted: tuple[str, ...]
    groups: list[Group]
    apart: str = ""

    @property
    def kind(self) -> str:
        return "percent" if self.measure.is_rate else "decimal"

    @property
    def meaning(self) -> str:
        """What is compared, in a sentence."""
        return " ".join(filter(None, (self._measured, self.apart)))

    @property
    def _measured(self) -> str:
        if self.measure.metric:
            return f"Compared by {self.measure.label.lower()}."
        return f"Compared by {self.measure.label.lower()} ({counted_words(self.counted)})."

    def write(self, value: float) -> str:
        """A value of the measure without its unit, as its column writes it."""
        return numerals.short(value) if self.measure.is_rate else numerals.decimal(value)

    def said(self, value: float) -> str:
        return self._with_unit(self.write(value))

    def told_apart(self, one: float, other: float) -> tuple[str, str]:
        """Two medians of which a sentence says that the one is above the other."""
        first, second = numerals.told_apart(one, other, self.write)
        return self._with_unit(first), self._with_unit(second)

    def _with_unit(self, words: str) -> str:
        return f"{words}\u00a0%" if self.measure.is_rate else words


def told_by_every_format(posts: Iterable[Post], *, late: bool = False) -> tuple[str, ...]:
    """What may be counted where these posts stand side by side: a group may mix networks, a format does not.

    ``late``: also what was told too late for their age.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for post in posts:
        found.setdefault(post.format, []).append({**post.values, **post.behind} if late else post.values)
    return measures.told_by_all(found.values())


def shown_of_each(posts: Sequence[Post]) -> tuple[str, ...]:
    """What is counted of each post in a list of them: what may be compared; without any such, what was told late."""
    return told_by_every_format(posts) or told_by_every_format(posts, late=True)


def counted_words(counted: Sequence[str]) -> str:
    words = f"counted: {', '.join(LABELS[name] for name in counted) or 'nothing that all of them tell'}"
    if counted and len(counted) < len(INTERACTIONS):
        words += ", which is what every one of them tells"
    return words


def compare(
    posts: Iterable[Post], by: str, key: Callable[[Post], Iterable[Hashable] | Hashable]
) -> Comparison:
    """Posts in groups, by the measure ``by`` or, without one, by that which most of them have."""
    grouped: dict[Any, list[Post]] = {}
    for post in posts:
        found = key(post)
        for each in found if isinstance(found, list | tuple) else [found]:
            grouped.setdefault(each, []).append(post)
    counted = told_by_every_format(post for rows in grouped.values() for post in rows)
    everything = [post.values for rows in grouped.values() for post in rows]
    measure = MEASURES[by] if by else measures.most_known(everything, counted)
    groups = []
    for each, rows in grouped.items():
        values = [measure.of(post.values, counted) for post in rows]
        groups.append(Group(each, rows, values, spread(values)))
    groups.sort(key=lambda g: (g.spread is None, -(g.spread.median if g.spread else 0), str(g.key)))
    known = (
        p.platform for rows in grouped.values() for p in rows if measure.of(p.values, counted) is not None
    )
    return Comparison(measure, counted, groups, apart.words(measure.metric or measure.base, known))
