"""What reading costs where a network charges for it, and about how much a campaign lets it cost in a month.

Counted is what is read for numbers, followers and conversations. What is read to look for a post whose answer was lost,
or when an account is connected, is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from access import policy
from channels.connectors.base import Reading
from channels.connectors.registry import CONNECTORS
from cms.models import CampaignPage
from engagement.models import MetricPull, ReadSpending
from formats.cost import money
from publishing.models import Publication
from publishing.pages.costs import Reads
from work import claim

CURRENCY = "USD"
REACHED = "The campaign’s limit for paid reads is reached."
WORDS = (
    f"{REACHED} Reading goes on when a manager raises the limit on the campaign’s page, and on {{until:%-d %B}} in any "
    "case."
)


@dataclass(frozen=True)
class Taken:
    """What was read, or is to be read, and has not been charged on that day yet."""

    posts: int = 0
    people: int = 0
    messages: int = 0

    def __bool__(self) -> bool:
        return bool(self.posts or self.people or self.messages)

    def amount(self, connector: Any) -> Decimal:
        parts = (
            (connector.numbers_price, self.posts),
            (connector.person_price, self.people),
            (connector.message_price, self.messages),
        )
        return sum((price.amount * count for price, count in parts if price is not None), Decimal(0))


def is_charged(connector: Any) -> bool:
    return bool(Taken(1, 1, 1).amount(connector))


def unpaid(connector: Any, row: MetricPull, publication: Publication, now: datetime, missing: int = 0) -> int:
    """Of how many posts a reading now is charged, where ``missing`` are not told: each once a day by UTC."""
    if connector.numbers_price is None:
        return 0
    told = max(1, publication.parts_out) - missing
    return max(0, told - (row.charged_posts if row.charged_on == _day(now) else 0))


def within_cap(
    connector: Any, pairs: Sequence[tuple[MetricPull, Publication]], now: datetime
) -> tuple[list[tuple[MetricPull, Publication]], list[tuple[MetricPull, Publication]]]:
    """What may be read now, and what would go over its campaign's limit. Without a price nothing is looked up."""
    if connector.numbers_price is None or not pairs:
        return list(pairs), []
    campaign_id = pairs[0][1].campaign_id  # a channel has one campaign
    cap = CampaignPage.objects.filter(pk=campaign_id).values_list("reads_cap_usd", flat=True).first()
    if cap is None:
        return list(pairs), []
    spent, fits, dear = this_month(campaign_id, now), [], []
    for row, publication in pairs:
        amount = Taken(posts=unpaid(connector, row, publication, now)).amount(connector)
        (fits if not amount or spent + amount <= cap else dear).append((row, publication))
        spent += amount if fits and fits[-1][0] is row else 0
    return fits, dear


def closed_until(connector: Any, campaign_id: int, most: Taken, now: datetime) -> datetime | None:
    """Until when nothing like ``most`` is read, since it could go over the campaign's limit; None: go on."""
    if not (amount := most.amount(connector)):
        return None
    cap = CampaignPage.objects.filter(pk=campaign_id).values_list("reads_cap_usd", flat=True).first()
    if cap is None or this_month(campaign_id, now) + amount <= cap:
        return None
    return min(next_month(now), now + timedelta(days=1))


def has_room(campaign_id: int, now: datetime) -> bool:
    """Whether a campaign may still spend something on reading this month."""
    cap = CampaignPage.objects.filter(pk=campaign_id).values_list("reads_cap_usd", flat=True).first()
    return cap is None or this_month(campaign_id, now) < cap


def note(connector: Any, told: Sequence[tuple[MetricPull, Publication, Reading]]) -> None:
    """Write down what reading numbers was charged, also where a part of a post was not told.

    In the transaction that keeps what was told, if it was to be kept.
    """
    sums: dict[tuple[int, date], int] = defaultdict(int)
    for row, publication, reading in told:
        posts = unpaid(connector, row, publication, reading.at, len(reading.missing))
        if posts and not reading.problem:
            day = _day(reading.at)
            row.charged_posts = posts + (row.charged_posts if row.charged_on == day else 0)
            row.charged_on = day
            claim.write(row, charged_on=day, charged_posts=row.charged_posts)
            sums[publication.campaign_id, day] += posts
    for (campaign_id, day), posts in sums.items():
        _add(connector, campaign_id, day, Taken(posts=posts))


def note_taken(connector: Any, campaign_id: int, taken: Taken, now: datetime) -> None:
    """Write down what was charged besides, in the transaction that keeps it."""
    if taken and is_charged(connector):
        _add(connector, campaign_id, _day(now), taken)


def _add(connector: Any, campaign_id: int, day: date, taken: Taken) -> None:
    key = {"campaign_id": campaign_id, "platform": connector.platform, "day": day}
    row, _ = ReadSpending.objects.get_or_create(**key, defaults={"currency": CURRENCY})
    ReadSpending.objects.filter(pk=row.pk).update(
        posts=F("posts") + taken.posts,
        people=F("people") + taken.people,
        messages=F("messages") + taken.messages,
        amount=F("amount") + taken.amount(connector),
    )


def shown(user: Any, since: datetime) -> Iterator[Reads]:
    """What reading has cost the campaigns that a person may see, for the page of costs."""
    rows = policy.scoped(ReadSpending.objects.filter(day__gte=_day(since)), user, policy.VIEW)
    sums = rows.values("campaign", "campaign__title", "platform", "currency")
    sums = sums.annotate(
        all=Sum("posts"), persons=Sum("people"), private=Sum("messages"), cost=Sum("amount")
    ).order_by("campaign__title", "platform")
    sums = list(sums)
    ids = {row["campaign"] for row in sums}
    caps = dict(CampaignPage.objects.filter(pk__in=ids).values_list("pk", "reads_cap_usd")) if ids else {}
    for row in sums:
        cap = caps.get(row["campaign"])
        yield Reads(
            row["campaign__title"],
            CONNECTORS[row["platform"]].label,
            row["all"],
            money(row["cost"], row["currency"]),
            "none" if cap is None else f"about {money(cap, 'USD')}",
            row["persons"],
            row["private"],
        )


def this_month(campaign_id: int, now: datetime) -> Decimal:
    rows = ReadSpending.objects.filter(campaign=campaign_id, day__gte=_day(now).replace(day=1))
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def next_month(now: datetime) -> datetime:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
