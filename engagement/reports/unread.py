"""Accounts that have not been read for a while: what they brought since is missing, and their silence is no fall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.db.models.functions import Coalesce

from channels.models import ChannelState
from engagement.core import schedule
from engagement.core.rollups import AGES
from engagement.models import Oddity, OddityKind
from engagement.reports.filters import Frame
from engagement.reports.report import account_name, several
from formats.registry import FORMATS
from publishing.models import Publication


@dataclass(frozen=True)
class Unread:
    """``since``: when any of these posts was read last; where none ever was, when the first of them went out.

    ``on_purpose``: somebody disconnected the account.
    """

    account: str
    platform: str
    posts: int
    since: datetime
    day: date
    on_purpose: bool

    @property
    def words(self) -> str:
        have = "has" if self.posts == 1 else "have"
        return (
            f"{several(self.posts, 'post')} of {self.account} on {FORMATS.platform_label(self.platform)} {have} not been "
            f"read since {self.day:%-d %b %Y}: what came after it is missing here, and no fall."
        )

    @property
    def note(self) -> str:
        posts = several(self.posts, "post")
        return f"without {posts} of {self.account} on {FORMATS.platform_label(self.platform)} since {self.day:%-d %b}"


def of(frame: Frame) -> list[Unread]:
    """Accounts of this frame with posts whose reading is a day overdue, if its days reach past that. One query."""
    days = frame.today - max(AGES.values()) - schedule.DAY, frame.today
    gone = Oddity.objects.filter(publication=OuterRef("pk"), kind=OddityKind.GONE, until=None)
    due = Publication.objects.posts().filter(~Exists(gone), metric_pull__next_action_at__isnull=False)
    rows = frame.chosen(due, days=days).annotate(read=Coalesce("metric_pull__pulled_at", "published_at"))
    grouped = rows.filter(_overdue(frame.now)).order_by().values_list("channel_id")
    told = grouped.annotate(Count("pk"), Max("metric_pull__pulled_at"), Min("published_at"))
    return list(_within(frame, told))


@dataclass(frozen=True)
class ReadAgain:
    """``first``: when any of these posts was read last before it; ``last``: when the last of them was read again."""

    account: str
    platform: str
    posts: int
    first: date
    last: date

    @property
    def words(self) -> str:
        were = "was" if self.posts == 1 else "were"
        return (
            f"{several(self.posts, 'post')} of {self.account} on {FORMATS.platform_label(self.platform)} {were} not read "
            f"between {self.first:%-d %b} and {self.last:%-d %b %Y}: what came in meanwhile counts as of the reading after "
            "it, and is no rise."
        )


def again(frame: Frame) -> list[ReadAgain]:
    """Accounts of the frame's campaign of which posts were read again in its days, after a gap. One query."""
    begin, after = frame.instants()
    gaps = Oddity.objects.filter(
        campaign=frame.campaign.pk if frame.campaign else None,
        at__gte=begin - max(AGES.values()) - schedule.DAY,
        kind=OddityKind.GAP,
        until__gte=begin,
        until__lt=after,
    )
    posts = Count("publication", distinct=True)
    rows = gaps.order_by().values_list("publication__channel_id").annotate(posts, Min("at"), Max("until"))
    return [
        ReadAgain(
            account_name(channel),
            channel.platform,
            count,
            first.astimezone(frame.zone).date(),
            last.astimezone(frame.zone).date(),
        )
        for pk, count, first, last in rows
        if (channel := frame.channels.get(pk)) is not None
    ]


def _within(frame: Frame, rows: Iterable[tuple]) -> Iterator[Unread]:
    _, after = frame.instants()
    for pk, posts, read, first in rows:
        channel, since = frame.channels.get(pk), read or first
        if channel is not None and since < after:
            day = since.astimezone(frame.zone).date()
            on_purpose = channel.state == ChannelState.DISCONNECTED
            yield Unread(account_name(channel), channel.platform, posts, since, day, on_purpose)


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
