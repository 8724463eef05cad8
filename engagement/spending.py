"""What reading numbers costs where a network charges for it, and the most that a campaign lets it cost in a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from access import policy
from channels.connectors.registry import CONNECTORS
from cms.models import CampaignPage
from engagement.models import MetricPull, ReadSpending
from formats.cost import money
from publishing.models import Publication
from publishing.pages.costs import Reads

WORDS = (
    "The campaign’s limit for paid reads is reached. Reading goes on when a manager raises the limit on the campaign’s "
    "page, and on {until:%-d %B} in any case."
)


def cost(connector: Any, row: MetricPull, publication: Publication, now: datetime) -> tuple[int, Decimal]:
    """(posts, amount) that reading a publication now is charged: each post once a day by UTC, however often."""
    price = connector.numbers_price
    if price is None or (row.pulled_at is not None and row.pulled_at.astimezone(UTC).date() == _day(now)):
        return 0, Decimal(0)
    posts = max(1, publication.parts_out)
    return posts, price.amount * posts


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
        _, amount = cost(connector, row, publication, now)
        (fits if not amount or spent + amount <= cap else dear).append((row, publication))
        spent += amount if fits and fits[-1][0] is row else 0
    return fits, dear


def closed_until(connector: Any, campaign_id: int, posts: int, now: datetime) -> datetime | None:
    """Until when no conversations are read, since so many more posts could go over the campaign's limit; None: go on."""
    if connector.numbers_price is None:
        return None
    cap = CampaignPage.objects.filter(pk=campaign_id).values_list("reads_cap_usd", flat=True).first()
    if cap is None or this_month(campaign_id, now) + connector.numbers_price.amount * posts <= cap:
        return None
    return min(next_month(now), now + timedelta(days=1))


def note_conversation(connector: Any, campaign_id: int, posts: int, now: datetime) -> None:
    """Write down what a page of conversations was charged, in the transaction that keeps it."""
    if connector.numbers_price is not None and posts:
        _add(connector, campaign_id, _day(now), posts, connector.numbers_price.amount * posts)


def note(connector: Any, told: Sequence[tuple[MetricPull, Publication, datetime]]) -> None:
    """Write down what was charged, in the transaction that keeps what was told. Rows as they were before it."""
    sums: dict[tuple[int, date], tuple[int, Decimal]] = {}
    for row, publication, at in told:
        posts, amount = cost(connector, row, publication, at)
        if posts:
            before = sums.get((publication.campaign_id, _day(at)), (0, Decimal(0)))
            sums[publication.campaign_id, _day(at)] = (before[0] + posts, before[1] + amount)
    for (campaign_id, day), (posts, amount) in sums.items():
        _add(connector, campaign_id, day, posts, amount)


def _add(connector: Any, campaign_id: int, day: date, posts: int, amount: Decimal) -> None:
    key = {"campaign_id": campaign_id, "platform": connector.platform, "day": day}
    row, _ = ReadSpending.objects.get_or_create(
        **key, defaults={"currency": connector.numbers_price.currency}
    )
    ReadSpending.objects.filter(pk=row.pk).update(posts=F("posts") + posts, amount=F("amount") + amount)


def shown(user: Any, since: datetime) -> Iterator[Reads]:
    """What reading has cost the campaigns that a person may see, for the page of costs."""
    rows = policy.scoped(ReadSpending.objects.filter(day__gte=_day(since)), user, policy.VIEW)
    sums = rows.values("campaign", "campaign__title", "platform", "currency")
    sums = list(sums.annotate(all=Sum("posts"), cost=Sum("amount")).order_by("campaign__title", "platform"))
    ids = {row["campaign"] for row in sums}
    caps = dict(CampaignPage.objects.filter(pk__in=ids).values_list("pk", "reads_cap_usd")) if ids else {}
    for row in sums:
        cap = caps.get(row["campaign"])
        yield Reads(
            row["campaign__title"],
            CONNECTORS[row["platform"]].label,
            row["all"],
            money(row["cost"], row["currency"]),
            "none" if cap is None else money(cap, "USD"),
        )


def this_month(campaign_id: int, now: datetime) -> Decimal:
    rows = ReadSpending.objects.filter(campaign=campaign_id, day__gte=_day(now).replace(day=1))
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def next_month(now: datetime) -> datetime:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
