"""What the networks charge for our posts, per campaign: what went out and what is still planned.

Reckoned from the approved payloads and the prices in the connectors; the network's own bill is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from access import policy
from channels.connectors.registry import CONNECTORS
from formats.cost import money, sum_of
from publishing.core.states import State
from publishing.pages.base import PublishingPage
from work import clock

PERIODS = {"30": ("the last 30 days", 30), "90": ("the last 90 days", 90), "365": ("the last year", 365)}
DEFAULT = "90"
NEVER_SENT = (State.CANCELLED, State.FAILED)


@dataclass
class Sum:
    posts: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal) -> None:
        self.posts += 1
        self.amount += amount

    @property
    def words(self) -> str:
        return money(self.amount, "USD")


@dataclass
class Line:
    """One campaign on one network."""

    campaign: str
    network: str
    sent: Sum
    planned: Sum

    @property
    def total(self) -> str:
        return money(self.sent.amount + self.planned.amount, "USD")


@dataclass(frozen=True)
class Reads:
    """What reading has cost a campaign on one network; ``limit`` is the most it may cost in a month, in words."""

    campaign: str
    network: str
    posts: int
    amount: str
    limit: str
    people: int = 0
    messages: int = 0


_READS: list[Callable[[Any, datetime], Iterable[Reads]]] = []


def also_reads(provider: Callable[[Any, datetime], Iterable[Reads]]) -> None:
    """Let an upper house say what reading has cost since a moment, as far as a person may see it."""
    if provider not in _READS:
        _READS.append(provider)


class CostsPage(PublishingPage):
    template_name = "publishing/costs.html"
    page_title = "What posts cost"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period = period_of(self.request)
        since = clock.now() - timedelta(days=PERIODS[period][1])
        lines = lines_of(self.rows(since))
        sent, planned = together(line.sent for line in lines), together(line.planned for line in lines)
        return {
            **super().get_context_data(**kwargs),
            "lines": lines,
            "sent": sent,
            "planned": planned,
            "total": money(sent.amount + planned.amount, "USD"),
            "periods": [(key, words, key == period) for key, (words, _) in PERIODS.items()],
            "period": PERIODS[period][0],
            "reads": [row for provider in _READS for row in provider(self.request.user, since)],
            "prices": [(c.label, p, money(p.amount, p.currency)) for c in CONNECTORS for p in c.prices],
        }

    def rows(self, since: datetime) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """(campaign, platform, state, payload) of what is due since then, on networks that charge."""
        priced = [connector.platform for connector in CONNECTORS if connector.prices]
        rows = policy.scoped(self.publications(), self.request.user, policy.VIEW)
        rows = rows.select_related(None).order_by()
        rows = rows.filter(channel__platform__in=priced, due_at__gte=since).exclude(state__in=NEVER_SENT)
        return rows.values_list("campaign__title", "channel__platform", "state", "version__payload").iterator(
            500
        )


def period_of(request: HttpRequest) -> str:
    asked = request.GET.get("period", DEFAULT)
    return asked if asked in PERIODS else DEFAULT


def lines_of(rows: Iterable[tuple[str, str, str, dict[str, Any]]]) -> list[Line]:
    found: dict[tuple[str, str], Line] = {}
    for campaign, platform, state, payload in rows:
        connector = CONNECTORS[platform]
        if not (charges := connector.costs(payload)):
            continue  # it goes out for nothing
        new = Line(campaign, connector.label, Sum(), Sum())
        line = found.setdefault((campaign, platform), new)
        (line.sent if state == State.PUBLISHED else line.planned).add(sum_of(charges))
    return sorted(found.values(), key=lambda line: (line.campaign, line.network))


def together(sums: Iterable[Sum]) -> Sum:
    whole = Sum()
    for each in sums:
        whole.posts += each.posts
        whole.amount += each.amount
    return whole
