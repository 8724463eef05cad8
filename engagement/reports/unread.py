"""Accounts that have not been read for a while: what they brought since is missing, and their silence is no fall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q
from django.db.models.functions import Coalesce, TruncDate

from channels.models import ChannelState
from engagement.core import schedule
from engagement.core.rollups import AGES
from engagement.models import Oddity, OddityKind
from engagement.reports.filters import Frame
from engagement.reports.report import account_name, several
from formats.registry import FORMATS
from publishing.models import Publication

LONGEST = max(AGES.values()) + schedule.DAY  # that a post is asked for, and by which it may be overdue
# Shorter ones move nothing that a number of a day is read for: a young post is missed after an hour or two.
A_DAY_LONG = Q(kind=OddityKind.GAP, until__gte=F("at") + schedule.DAY)


@dataclass(frozen=True)
class Unread:
    """``day``: when any of these posts was read last; where none ever was, when the first of them went out.

    ``first``: the same of the one that has been missing for longest. ``on_purpose``: somebody disconnected the account.
    """

    account: str
    platform: str
    posts: int
    day: date
    first: date
    on_purpose: bool

    @property
    def words(self) -> str:
        have = "has" if self.posts == 1 else "have"
        return (
            f"{several(self.posts, 'post')} of {self.account} on {FORMATS.platform_label(self.platform)} {have} not been "
            f"read since {self._since('%-d %b %Y')}: what came after it is missing here, and no fall."
        )

    @property
    def note(self) -> str:
        posts = several(self.posts, "post")
        return f"without {posts} of {self.account} on {FORMATS.platform_label(self.platform)} since {self._since('%-d %b')}"

    def _since(self, form: str) -> str:
        first = f", one of them since {self.first:{form}}" if self.first < self.day else ""
        return f"{self.day:{form}}{first}"


def of(frame: Frame) -> list[Unread]:
    """Accounts of this frame with posts whose reading is a day overdue, of those that its days reach past. One query."""
    _, after = frame.instants()
    days = frame.today - LONGEST, frame.today
    gone = Oddity.objects.filter(publication=OuterRef("pk"), kind=OddityKind.GONE, until=None)
    due = Publication.objects.posts().filter(~Exists(gone), metric_pull__next_action_at__isnull=False)
    rows = frame.chosen(due, days=days).annotate(read=Coalesce("metric_pull__pulled_at", "published_at"))
    grouped = rows.filter(_overdue(frame.now), read__lt=after).order_by().values_list("channel_id")
    told = grouped.annotate(Count("pk"), Max("metric_pull__pulled_at"), Min("read"))
    return list(_unread(frame, told))


@dataclass(frozen=True)
class Return:
    """A day on which ``posts`` were read again, each after ``least`` to ``most`` days."""

    day: date
    posts: int
    least: int
    most: int

    @property
    def words(self) -> str:
        upto = "up to " if self.least < self.most else ""
        return f"({several(self.posts, 'post')} after {upto}{several(self.most, 'day')})"


@dataclass(frozen=True)
class ReadAgain:
    """``days`` in order, at least one."""

    account: str
    platform: str
    days: tuple[Return, ...]

    @property
    def words(self) -> str:
        *others, last = self.days
        days = [*(f"{each.day:%-d %b} {each.words}" for each in others), f"{last.day:%-d %b %Y} {last.words}"]
        listed = " and ".join(filter(None, (", ".join(days[:-1]), days[-1])))
        those = "these days" if others else "that day"
        return (
            f"Posts of {self.account} on {FORMATS.platform_label(self.platform)} were read again on {listed}: what came in "
            f"meanwhile counts as of {those}, and is no rise."
        )


def again(frame: Frame) -> list[ReadAgain]:
    """Accounts of the frame's campaign of which posts were read again in its days, after a day or more. One query.

    What was given up without another reading was not.
    """
    begin, after = frame.instants()
    gaps = Oddity.objects.filter(
        A_DAY_LONG,
        campaign=frame.campaign.pk if frame.campaign else None,
        at__gte=begin - LONGEST,
        until__gte=begin,
        until__lt=after,
        publication__metric_pull__pulled_at__gte=F("until"),
    )
    first, last = (TruncDate(name, tzinfo=frame.zone) for name in ("at", "until"))
    rows = (
        gaps.order_by().annotate(first=first, last=last).values_list("publication__channel", "first", "last")
    )
    returns: dict[int, dict[date, list[tuple[int, int]]]] = {}
    for pk, since, day, posts in rows.annotate(Count("pk")):
        returns.setdefault(pk, {}).setdefault(day, []).append(((day - since).days, posts))
    return [
        ReadAgain(account_name(channel), channel.platform, tuple(_returns(days)))
        for pk, days in returns.items()
        if (channel := frame.channels.get(pk)) is not None
    ]


def _returns(days: Mapping[date, Sequence[tuple[int, int]]]) -> Iterator[Return]:
    """By day: after how many days how many posts were read again."""
    for day, told in sorted(days.items()):
        after = [each for each, _ in told]
        yield Return(day, sum(posts for _, posts in told), min(after), max(after))


def _unread(frame: Frame, rows: Iterable[tuple]) -> Iterator[Unread]:
    for pk, posts, read, first in rows:
        if (channel := frame.channels.get(pk)) is not None:
            day, longest = (at.astimezone(frame.zone).date() for at in (read or first, first))
            on_purpose = channel.state == ChannelState.DISCONNECTED
            yield Unread(account_name(channel), channel.platform, posts, day, longest, on_purpose)


def _overdue(now: datetime) -> Q:
    """Posts that should have been read a day ago at the latest, by the pauses of their age and by how little moves."""
    found, older_than = Q(), timedelta(0)
    for younger_than, every in schedule.STEPS:
        of_age = Q(published_at__lte=now - older_than, published_at__gt=now - younger_than)
        waits = Q()
        for unchanged in range(schedule.DOUBLINGS + 1):
            last = now - every * 2**unchanged - schedule.DAY
            how = "__gte" if unchanged == schedule.DOUBLINGS else ""
            waits |= Q(read__lt=last, **{f"metric_pull__unchanged{how}": unchanged})
        found |= of_age & waits
        older_than = younger_than
    return found
