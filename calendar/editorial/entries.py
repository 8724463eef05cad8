"""One variant as the calendar shows it: where it stands, and what is wrong with its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import JSONObject
from django.urls import reverse

from access import policy
from access.aggregates import rows_of
from channels.models import Channel
from editorial.core.clashes import Clash, Slot, clashes
from editorial.enums import FIXED, NOT_ON_ITS_WAY, OFF_THE_CALENDAR, Look, look_of, platform_label
from editorial.exceptions.models import QuietException, stretch
from editorial.models import QuietPeriod
from formats.models import Variant
from formats.schedule import wall_of, zone_info
from publishing.core.states import GONE, State
from publishing.models import Publication
from publishing.status import status_of
from work import clock

MARGIN = timedelta(days=1)  # neighbours just outside the range still clash with what is in it
FAR = timedelta(days=3660)
SAME_WORDS = timedelta(days=60)  # so near, the same text on one account is a repetition
TO_COME = frozenset({State.SCHEDULED, State.WAITING})
WORDS = ("parts", "plans", "derivation")  # large, and only read for a search


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
    twin: datetime | None = None  # wall time of another post with the same words
    elsewhen: list[tuple[str, datetime]] = field(
        default_factory=list
    )  # accounts it goes to at another wall time

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
        found += [
            f"Goes to {handle} on {when:%a} {when.day} {when:%B, %H:%M} instead"
            for handle, when in self.elsewhen
        ]
        found += [f"{gap_words(clash)} on {self._handle(clash.channel)}" for clash in self.clashes]
        if self.twin is not None and self.word != "published":
            found.append(f"The same text is planned on {self.twin:%a} {self.twin.day} {self.twin:%B, %H:%M}")
        return found

    def _handle(self, channel_id: int) -> str:
        return next((c.handle for c in self.channels if c.pk == channel_id), "the same account")

    @property
    def spoken(self) -> str:
        """The whole entry in one line, for people who hear the calendar."""
        wall = self.variant.planned_wall
        when = f"{wall:%H:%M} " if wall else ""
        if self.your_wall is not None:
            when += f"({self.your_wall:%a %H:%M} your time) "
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
            "yours": self.your_wall and f"{self.your_wall:%a %H:%M}",
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


def entries_of(
    variants: Iterable[Variant],
    user: Any,
    *,
    quiet: Iterable[QuietPeriod] = (),
    zone: str = "UTC",
    at: datetime | None = None,
    known: Mapping[int, Channel] | None = None,
) -> list[Entry]:
    """Entries for these variants, clashes among them included.

    Variants that were read ``with_places`` need only the channels that are ``known`` already.
    """
    variants = list(variants)
    at = at or clock.now()
    channels = channels_of(variants, known)
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
                twin=getattr(variant, "twin_wall", None),
                elsewhen=_elsewhen(variant, states[variant.pk].publications),
            )
        )
    _mark(entries, list(quiet))
    return entries


def _elsewhen(variant: Variant, publications: Iterable[Publication]) -> list[tuple[str, datetime]]:
    """The accounts to which it is still to go at another time than planned: somebody moved that one sending."""
    moved = [p for p in publications if p.state in TO_COME and p.due_at != variant.planned_at]
    if variant.planned_at is None or not moved:
        return []
    return [(p.channel.handle, wall_of(p.due_at, variant.planned_zone)[0]) for p in moved]


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
    if (wall := variant.planned_wall) is not None:
        same = with_places(Variant.objects.filter(pk=variant.pk), wall, wall)
        variant.twin_wall = same.values_list("twin_wall", flat=True).first()
    return entries_of([variant, *neighbours], user, quiet=quiet_now(user), zone=zone)[0]


def with_places(variants: QuerySet, first: datetime, last: datetime) -> QuerySet:
    """The same variants with ``channel_ids``, ``exempt`` (exceptions from quiet periods that were granted for their time),
    and ``twin_wall``: when the same text stands on one of their accounts; what failed or was cancelled stands nowhere.

    ``first`` and ``last`` are the wall times that all of them lie between; twins are looked for further.
    """
    through = Variant.channels.through.objects
    mine = through.filter(variant_id=OuterRef(OuterRef("pk"))).values("channel_id")
    twins = Variant.objects.filter(
        campaign_id=OuterRef("campaign_id"),
        words_digest=OuterRef("words_digest"),
        format=OuterRef("format"),  # a carousel and a reel may well share their caption
        planned_wall__gt=first - SAME_WORDS,
        planned_wall__lt=last + SAME_WORDS,
        channels__in=mine,
    ).exclude(pk=OuterRef("pk"))
    sent = Publication.objects.filter(variant_id=OuterRef("pk"))
    twins = twins.filter(~Exists(sent.filter(state__in=GONE)) | Exists(sent.exclude(state__in=GONE)))
    looked_for = ~Q(words_digest="") & Q(planned_wall__isnull=False)
    return variants.annotate(
        channel_ids=rows_of(through.filter(variant_id=OuterRef("pk")), "variant_id", "channel_id"),
        exempt=rows_of(
            QuietException.objects.filter(variant_id=OuterRef("pk"), at=OuterRef("planned_at"), granted=True),
            "variant_id",
            JSONObject(period="period_id", covers="covers"),
        ),
        twin_wall=Case(
            When(looked_for, then=Subquery(twins.order_by("planned_wall").values("planned_wall")[:1])),
            default=None,
        ),
    )


def quiet_now(user: Any) -> list[QuietPeriod]:
    """Every quiet period from today on that a person may know of."""
    first = datetime.combine(clock.now().date(), time())
    return list(quiet_between(user, first, first + FAR))


def quiet_between(user: Any, first: datetime, last: datetime, campaign: int | None = None) -> QuerySet:
    """Periods that a person may know of: their campaigns', and those for everybody. Wall times are read as UTC."""
    utc = zone_info("UTC")
    periods = QuietPeriod.objects.filter(
        starts_at__lt=last.replace(tzinfo=utc), ends_at__gt=first.replace(tzinfo=utc)
    )
    ids = policy.campaign_ids(user, policy.VIEW)
    if ids is not None:
        periods = periods.filter(Q(campaign__in=ids) | Q(campaign__isnull=True))
    if campaign:
        periods = periods.filter(Q(campaign_id=campaign) | Q(campaign__isnull=True))
    return periods.select_related("channel")


def _mark(entries: list[Entry], quiet: list[QuietPeriod]) -> None:
    standing = [e for e in entries if e.variant.planned_at is not None and e.word not in OFF_THE_CALENDAR]
    slots = [Slot(e.pk, channel.pk, e.variant.planned_at) for e in standing for channel in e.channels]
    gaps = {c.pk: timedelta(minutes=c.min_gap_min) for e in standing for c in e.channels}
    found = clashes(slots, gaps)
    for entry in standing:
        if entry.word != "published":  # what is out cannot be mended any more
            entry.clashes = found.get(entry.pk, [])
    unsent = [entry for entry in standing if entry.word != "published"] if quiet else []
    exempt = _exempt([entry.variant for entry in unsent])
    for entry in unsent:
        free = exempt.get(entry.pk, ())
        entry.quiet = next((p for p in quiet if _holds(p, entry) and _mark_of(p) not in free), None)


def _exempt(variants: list[Variant]) -> dict[int, set[tuple[int, str]]]:
    """The quiet periods, as they were then, from which each has a granted exception for its planned time."""
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    if all(hasattr(variant, "exempt") for variant in variants):
        for variant in variants:
            found[variant.pk] = {(row["period"], row["covers"]) for row in variant.exempt or ()}
        return found
    rows = QuietException.objects.filter(variant__in=variants, at=F("variant__planned_at"), granted=True)
    for pk, period, covers in rows.values_list("variant_id", "period_id", "covers"):
        found[pk].add((period, covers))
    return found


def _mark_of(period: QuietPeriod) -> tuple[int, str]:
    return period.pk, stretch(period.starts_at, period.ends_at)


def _holds(period: QuietPeriod, entry: Entry) -> bool:
    variant = entry.variant
    return (
        period.starts_at <= variant.planned_at < period.ends_at
        and period.campaign_id in (None, variant.campaign_id)
        and period.covers({c.pk for c in entry.channels}, variant.planned_zone)
    )


def channels_of(
    variants: Iterable[Variant], known: Mapping[int, Channel] | None = None
) -> dict[int, list[Channel]]:
    """The channels of many variants; their own relation would ask once per variant."""
    variants = list(variants)
    found: dict[int, list[Channel]] = defaultdict(list)
    if known is not None and all(hasattr(variant, "channel_ids") for variant in variants):
        for variant in variants:
            found[variant.pk] = [known[pk] for pk in sorted(variant.channel_ids or ()) if pk in known]
        return found
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
