"""What stands on the calendar between two days, for one person, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language_info

from access import policy
from channels.models import Channel
from editorial.core.clashes import Clash, Slot, clashes
from editorial.enums import FIXED, NOT_ON_ITS_WAY, OFF_THE_CALENDAR, Look, look_of, platform_label
from editorial.models import QuietPeriod
from formats.models import Variant
from formats.schedule import wall_of, zone_info
from publishing.status import status_of, with_reviews
from work import clock

MARGIN = timedelta(days=1)  # neighbours just outside the range still clash with what is in it
FAR = timedelta(days=3660)
MAX_UNPLANNED = 200
NONE_HERE = "Nothing of it here"
WORDS = ("parts", "plans", "derivation")  # large, and only read for a search


@dataclass(frozen=True)
class Filters:
    """What the address says. Unknown values filter nothing away, so that an old bookmark still opens."""

    campaign: int | None = None
    platform: str = ""
    status: str = ""
    text: str = ""
    channel: int | None = None
    owner: int | None = None
    language: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        return cls(
            campaign=_number(query.get("campaign", "")),
            platform=query.get("platform", "")[:20],
            status=query.get("status", "")[:20],
            text=query.get("q", "").strip()[:100],
            channel=_number(query.get("channel", "")),
            owner=_number(query.get("owner", "")),
            language=query.get("language", "")[:20],
        )

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@dataclass
class Entry:
    """One variant as the calendar shows it."""

    variant: Variant
    word: str
    detail: str
    channels: list[Channel]
    past: bool
    may_move: bool
    clashes: list[Clash] = field(default_factory=list)
    quiet: QuietPeriod | None = None
    your_wall: datetime | None = None

    @property
    def look(self) -> Look:
        return look_of(self.word)

    @property
    def pk(self) -> int:
        return self.variant.pk

    @property
    def title(self) -> str:
        return self.variant.story.title

    @property
    def drifted(self) -> bool:
        """Whether the story says something else now; what is out cannot follow it any more."""
        return self.variant.drifted_at is not None and self.word != "published"

    @property
    def platform_label(self) -> str:
        return platform_label(self.variant.platform)

    @property
    def url(self) -> str:
        return reverse("editorial:variant", args=[self.pk])

    @property
    def problems(self) -> list[str]:
        """What is wrong with its place, in words."""
        found = []
        if self.past:
            found.append("Its time has passed")
        if self.quiet is not None:
            found.append(f"Quiet period: {self.quiet.name}")
        if self.drifted:
            found.append("The story has changed since")
        found += [f"{gap_words(clash)} on {self._handle(clash.channel)}" for clash in self.clashes]
        return found

    def _handle(self, channel_id: int) -> str:
        return next((c.handle for c in self.channels if c.pk == channel_id), "the same account")

    @property
    def spoken(self) -> str:
        """The whole entry in one line, for people who hear the calendar."""
        wall = self.variant.planned_wall
        when = f"{wall:%H:%M} " if wall else ""
        return ". ".join(
            [f"{when}{self.title}, {self.variant.format_label}", self.look.label, *self.problems]
        )

    def as_event(self) -> dict[str, Any]:
        """As FullCalendar takes it. The start is the wall time: a campaign's 18:00 stands at 18:00."""
        wall = self.variant.planned_wall
        return {
            "id": str(self.pk),
            "title": self.title,
            "start": wall and wall.isoformat(timespec="seconds"),
            "url": self.url,
            "editable": self.may_move,
            "format": self.variant.format_label,
            "platform": self.variant.platform,
            "platformLabel": self.platform_label,
            "status": self.word,
            "statusLabel": self.look.label,
            "tone": self.look.tone,
            "icon": self.look.icon,
            "zone": self.variant.planned_zone,
            "fold": self.variant.planned_fold,
            "problems": self.problems,
            "spoken": self.spoken,
            "moveUrl": reverse("editorial:move", args=[self.pk]),
            "panelUrl": reverse("editorial:panel", args=[self.pk]),
        }


def gap_words(clash: Clash) -> str:
    minutes, wanted = int(clash.apart.total_seconds() // 60), int(clash.gap.total_seconds() // 60)
    if minutes == 0:
        return f"At the same time as another post (at least {wanted} min apart wanted)"
    return f"Only {minutes} min from another post ({wanted} wanted)"


@dataclass
class Offered:
    """What the filters can choose from: the accounts, people and languages of what stands here, by name."""

    channels: dict[int, str]
    owners: dict[int, str]
    languages: dict[str, str]

    @classmethod
    def of(cls, entries: Iterable[Entry], filters: Filters) -> Offered:
        """A chosen value stays among them where nothing has it, so that it is seen and can be taken back."""
        channels: dict[int, str] = {filters.channel: NONE_HERE} if filters.channel else {}
        owners: dict[int, str] = {filters.owner: NONE_HERE} if filters.owner else {}
        languages = {filters.language: filters.language} if filters.language else {}
        for entry in entries:
            channels |= {c.pk: f"{c.handle} ({platform_label(c.platform)})" for c in entry.channels}
            languages[entry.variant.language] = language_name(entry.variant.language)
            if (owner := entry.variant.owner) is not None:
                owners[owner.pk] = owner.get_full_name() or owner.get_username()
        return cls(*(dict(sorted(each.items(), key=_by_name)) for each in (channels, owners, languages)))


def _by_name(item: tuple[Any, str]) -> str:
    return item[1].casefold()


def language_name(code: str) -> str:
    """In English, as the editor's languages stand in forms; a code that Django does not know stands for itself."""
    try:
        return get_language_info(code)["name"]
    except KeyError:
        return code


@dataclass
class Board:
    """Entries by day, those without a time, and the quiet periods that touch the range."""

    days: list[tuple[date, list[Entry]]]
    unplanned: list[Entry]
    quiet: list[QuietPeriod]
    offered: Offered

    @property
    def entries(self) -> list[Entry]:
        return [entry for _, entries in self.days for entry in entries]

    @property
    def problems(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.problems or entry.look.tone == "bad"]


def load(
    user: Any,
    start: date,
    end: date,
    filters: Filters | None = None,
    *,
    zone: str = "UTC",
    at: datetime | None = None,
) -> Board:
    """The calendar from ``start`` up to but not including ``end``, as days on the wall of each variant's own zone.

    ``zone`` is the person's: where it shows another time, entries carry it.
    """
    filters = filters or Filters()
    at = at or clock.now()
    rows = policy.scoped(Variant.objects.all(), user, policy.VIEW)
    if filters.campaign:
        rows = rows.filter(campaign_id=filters.campaign)
    if not filters.text:
        rows = rows.defer(*WORDS)
    first, last = datetime.combine(start, time()) - MARGIN, datetime.combine(end, time()) + MARGIN
    unplanned = rows.filter(planned_wall__isnull=True).order_by("-pk").values("pk")[:MAX_UNPLANNED]
    near = Q(planned_wall__gte=first, planned_wall__lt=last) | Q(pk__in=unplanned)
    every = with_reviews(rows.filter(near).select_related("story", "campaign", "owner"))
    quiet = list(_quiet(user, filters, first, last))
    entries = entries_of(every, user, quiet=quiet, zone=zone, at=at)
    shown = [entry for entry in entries if _matches(entry, filters)]
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in shown:
        wall = entry.variant.planned_wall
        if wall is not None and start <= wall.date() < end:
            by_day[wall.date()].append(entry)
    days = [(day, sorted(by_day[day], key=_order)) for day in sorted(by_day)]
    newest = sorted((e for e in shown if e.variant.planned_wall is None), key=lambda e: -e.pk)
    return Board(days, newest, quiet, Offered.of(entries, filters))


def _order(entry: Entry) -> tuple[Any, ...]:
    return (entry.variant.planned_wall, entry.variant.planned_fold, entry.pk)


def _quiet(user: Any, filters: Filters, first: datetime, last: datetime) -> Any:
    """Periods that a person may know of: their campaigns', and those for everybody."""
    utc = zone_info("UTC")
    periods = QuietPeriod.objects.filter(
        starts_at__lt=last.replace(tzinfo=utc), ends_at__gt=first.replace(tzinfo=utc)
    )
    ids = policy.campaign_ids(user, policy.VIEW)
    if ids is not None:
        periods = periods.filter(Q(campaign__in=ids) | Q(campaign__isnull=True))
    if filters.campaign:
        periods = periods.filter(Q(campaign_id=filters.campaign) | Q(campaign__isnull=True))
    return periods


def entries_of(
    variants: Iterable[Variant],
    user: Any,
    *,
    quiet: Iterable[QuietPeriod] = (),
    zone: str = "UTC",
    at: datetime | None = None,
) -> list[Entry]:
    """Entries for these variants, clashes among them included."""
    variants = list(variants)
    at = at or clock.now()
    channels = channels_of(variants)
    states = status_of(variants)
    plannable = policy.campaign_ids(user, policy.PLAN)
    entries = []
    for variant in variants:
        word = states[variant.pk].word
        entries.append(
            Entry(
                variant=variant,
                word=word,
                detail=states[variant.pk].detail,
                channels=channels[variant.pk],
                past=variant.planned_at is not None and variant.planned_at <= at and word in NOT_ON_ITS_WAY,
                may_move=word not in FIXED and (plannable is None or variant.campaign_id in plannable),
                your_wall=_your_wall(variant, zone),
            )
        )
    _mark(entries, list(quiet))
    return entries


def entry_of(variant: Variant, user: Any, *, zone: str = "UTC") -> Entry:
    """One variant with what is wrong with its place: its neighbours on the same channels are looked at too."""
    neighbours: list[Variant] = []
    if variant.planned_at is not None:
        near = Variant.objects.filter(
            campaign_id=variant.campaign_id,
            planned_at__gt=variant.planned_at - MARGIN,
            planned_at__lt=variant.planned_at + MARGIN,
        )
        neighbours = list(near.exclude(pk=variant.pk).select_related("story").defer(*WORDS))
    return entries_of([variant, *neighbours], user, quiet=quiet_now(user), zone=zone)[0]


def quiet_now(user: Any) -> list[QuietPeriod]:
    """Every quiet period from today on that a person may know of."""
    first = datetime.combine(clock.now().date(), time())
    return list(_quiet(user, Filters(), first, first + FAR))


def _mark(entries: list[Entry], quiet: list[QuietPeriod]) -> None:
    standing = [e for e in entries if e.variant.planned_at is not None and e.word not in OFF_THE_CALENDAR]
    slots = [Slot(e.pk, channel.pk, e.variant.planned_at) for e in standing for channel in e.channels]
    gaps = {c.pk: timedelta(minutes=c.min_gap_min) for e in standing for c in e.channels}
    found = clashes(slots, gaps)
    for entry in standing:
        if entry.word != "published":  # what is out cannot be mended any more
            entry.clashes = found.get(entry.pk, [])
            entry.quiet = next((p for p in quiet if _holds(p, entry)), None)


def _holds(period: QuietPeriod, entry: Entry) -> bool:
    variant = entry.variant
    return (
        period.starts_at <= variant.planned_at < period.ends_at
        and period.campaign_id in (None, variant.campaign_id)
        and period.covers({c.pk for c in entry.channels}, variant.planned_zone)
    )


def channels_of(variants: Iterable[Variant]) -> dict[int, list[Channel]]:
    """The channels of many variants; their own relation would ask once per variant."""
    found: dict[int, list[Channel]] = defaultdict(list)
    through = Variant.channels.through.objects
    rows = (
        through.filter(variant__in=[v.pk for v in variants]).select_related("channel").order_by("channel_id")
    )
    for row in rows:
        found[row.variant_id].append(row.channel)
    return found


def _your_wall(variant: Variant, zone: str) -> datetime | None:
    if variant.planned_at is None:
        return None
    wall, _ = wall_of(variant.planned_at, zone)
    return wall if wall != variant.planned_wall else None


def _matches(entry: Entry, filters: Filters) -> bool:
    if filters.platform and entry.variant.platform != filters.platform:
        return False
    if filters.status and entry.word != filters.status:
        return False
    if filters.channel and filters.channel not in {channel.pk for channel in entry.channels}:
        return False
    if filters.owner and entry.variant.owner_id != filters.owner:
        return False
    if filters.language and entry.variant.language != filters.language:
        return False
    return not filters.text or filters.text.casefold() in _searched(entry).casefold()


def _searched(entry: Entry) -> str:
    variant = entry.variant
    return "\n".join([variant.story.title, *(part.text for part in variant.to_parts())])
