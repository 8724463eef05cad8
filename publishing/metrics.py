"""What is going on, in numbers, all read from the database: web processes and workers tell the same.

No label names a person, a text or a token: platforms, reasons, classes, and the ids of our own channels. Queries are
answered from indexes or small tables, or grow with what was published; the caller keeps the answer for some seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, Max, Min, OuterRef, Q, Sum
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from channels.connectors.registry import CONNECTORS
from channels.models import ChannelState, Credential
from publishing import chains, marks
from publishing.core.states import Reason, State, Verdict
from publishing.domain import budget
from publishing.domain.sweep import orphans
from publishing.models import Attempt, Breaker, Budget, Event, Publication
from work import clock, heartbeat, sources, tally
from work.models import Finding, Outbox, Worker

BUCKETS_S = (0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
LEFT = (Verdict.UNKNOWN, Verdict.ABSENT, Verdict.UNKNOWABLE, Verdict.FOUND)


def collect() -> list[Metric]:
    """Every metric, read now."""
    now = clock.now()
    groups = (_lateness, _due, _doubt, _attempts, _tallies, _workers, _limits, _tokens, _told, _findings)
    return [metric for group in groups for metric in group(now)]


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))


def _by(name: str, words: str, labels: Iterable[str], rows: Iterable[tuple[Any, ...]], kind: Any) -> Metric:
    family = kind(name, words, labels=list(labels))
    for *values, number in rows:
        family.add_metric([str(value) for value in values], float(number))
    return family


def _age(now: datetime, at: datetime | None) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


# Publishing -------------------------------------------------------------------------------------------------


def _lateness(now: datetime) -> list[Metric]:
    rows = Publication.objects.filter(lateness_ms__isnull=False)
    counts = rows.aggregate(
        n=Count("pk"),
        mean=Avg("lateness_ms"),
        **{f"le_{i}": Count("pk", filter=Q(lateness_ms__lte=s * 1000)) for i, s in enumerate(BUCKETS_S)},
    )
    family = HistogramMetricFamily(
        "publish_lateness_seconds", "From the due time to the first public call, of everything published."
    )
    buckets = [(str(float(s)), counts[f"le_{i}"]) for i, s in enumerate(BUCKETS_S)]
    family.add_metric(
        [], [*buckets, ("+Inf", counts["n"])], sum_value=(counts["mean"] or 0) * counts["n"] / 1000
    )
    return [family]


def due(now: datetime) -> tuple[dict[str, int], float]:
    """How many rows of each source are due and held by nobody, and for how many seconds the oldest."""
    waiting, oldest = {}, 0.0
    for source in sources.every():
        rows = source.model._default_manager.filter(sources.claimable(now), source.wanted())
        found = rows.aggregate(n=Count("pk"), since=Min("next_action_at"))
        waiting[source.name] = found["n"]
        if source.name == "publication":
            oldest = _age(now, found["since"])
    return waiting, oldest


def _due(now: datetime) -> list[Metric]:
    waiting, oldest = due(now)
    words = "Rows that are due and that no worker holds."
    return [
        _by("due_unclaimed", words, ["source"], waiting.items(), GaugeMetricFamily),
        _gauge(
            "oldest_due_seconds", "For how long the oldest due publication has waited for a worker.", oldest
        ),
        _gauge(
            "orphans",
            "Publications without a next date, or whose date passed unseen. Must be 0.",
            orphans(now),
        ),
    ]


def _doubt(now: datetime) -> list[Metric]:
    doubt = Publication.objects.filter(state=State.IN_DOUBT).aggregate(
        n=Count("pk"), since=Min("state_changed_at")
    )
    asked = dict(
        Publication.objects.filter(state=State.ATTENTION)
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by()
    )
    words = "Publications that wait for a person."
    rows = [(reason.value, asked.get(reason.value, 0)) for reason in Reason]
    return [
        _gauge("in_doubt", "Publications whose last call's outcome is being looked up.", doubt["n"]),
        _gauge(
            "in_doubt_oldest_seconds", "For how long the oldest has been in doubt.", _age(now, doubt["since"])
        ),
        _by("attention_open", words, ["reason"], rows, GaugeMetricFamily),
    ]


def _attempts(now: datetime) -> list[Metric]:
    ended = Attempt.objects.exclude(outcome="").order_by()
    rows = ended.values_list("step__publication__channel__platform", "kind").annotate(n=Count("pk"))
    earlier = Attempt.objects.filter(step=OuterRef("step"), n__lt=OuterRef("n"), outcome__in=LEFT)
    resent = Attempt.objects.filter(n__gt=1).exclude(step__safety="pure").filter(Exists(earlier)).count()
    late = Attempt.objects.filter(code="guard_late").count()
    looks = Event.objects.filter(kind="cannot", data__complete=True).values_list("data", flat=True)
    doubles = sum(1 for data in looks.iterator() if len(data.get("seen") or ()) > 1)
    return [
        _by("attempts", "Calls that ended.", ["platform", "class"], rows, CounterMetricFamily),
        _single("resends", "Calls made again after one that may have arrived.", resent),
        _single("guard_aborts", "Calls stopped at the wire because the lease no longer covered them.", late),
        _single("doubles_detected", "Look-ups that saw a post more than once. Must be 0.", doubles),
    ]


def _single(name: str, words: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, words, value=float(value))


# Workers ----------------------------------------------------------------------------------------------------


def _tallies(now: datetime) -> list[Metric]:
    counted = tally.read()
    return [
        _single(
            "fence_rejects", "Writes refused because the lease was lost.", counted.get("fence_rejects", 0)
        ),
        _single("local_runs", "Rows run without the broker.", counted.get("local_runs", 0)),
    ]


def live_workers(now: datetime) -> Any:
    """The workers whose heartbeat is young and that have not said goodbye."""
    seen = now - timedelta(seconds=heartbeat.DEAD_AFTER_S)
    return Worker.objects.filter(seen_at__gte=seen, stopped_at=None)


def ticker_age(now: datetime) -> float | None:
    """Seconds since any ticker was heard of; None when there has never been one."""
    at = Worker.objects.aggregate(at=Max("seen_at"))["at"]
    return _age(now, at) if at else None


def _workers(now: datetime) -> list[Metric]:
    live = list(live_workers(now))
    age = ticker_age(now)
    skew = max((abs(worker.skew_s) for worker in live), default=0.0)
    return [
        _gauge("workers", "Workers whose heartbeat is younger than 20 s.", len(live)),
        _gauge("ticker_age_seconds", "Since a ticker was heard of.", float("inf") if age is None else age),
        _gauge("clock_skew_seconds", "The largest difference of a worker's clock from the database's.", skew),
        _gauge("broker_down", "Workers that work without the broker now.", sum(w.broker_down for w in live)),
        _gauge("workers_holding", "Workers that claim nothing now.", sum(bool(w.holds) for w in live)),
    ]


# Limits and secrets -----------------------------------------------------------------------------------------


def budgets(now: datetime) -> list[tuple[str, float]]:
    """(key, calls that may be made at once), for each budget that a connector declares."""
    found = []
    for row in Budget.objects.order_by("key"):
        of, platform, _, window = [*row.key.split(":"), "", "", ""][:4]
        rates = getattr(CONNECTORS[platform], "rates", ()) if platform in CONNECTORS else ()
        for rate in rates:
            if rate.of == of and f"{rate.window_s:.0f}" == window:
                every_s, burst = budget.pace(rate)
                found.append((row.key, max(0.0, burst - max(0.0, row.tat - now.timestamp()) / every_s)))
    return found


def _limits(now: datetime) -> list[Metric]:
    breakers = [(b.key, bool(b.open_until and b.open_until > now)) for b in Breaker.objects.order_by("key")]
    return [
        _by("budget_remaining", "Calls left at once.", ["budget"], budgets(now), GaugeMetricFamily),
        _by("breaker_state", "1: nothing is sent under this key now.", ["key"], breakers, GaugeMetricFamily),
    ]


def _tokens(now: datetime) -> list[Metric]:
    live = Credential.objects.filter(token_expires_at__isnull=False, channel__state=ChannelState.CONNECTED)
    ends = live.order_by().values_list("channel__platform").annotate(at=Min("token_expires_at"))
    rows = [(platform, (at - now).total_seconds()) for platform, at in ends]
    words = "Until the first token of a connected channel ends."
    return [_by("token_expires_in", words, ["platform"], rows, GaugeMetricFamily)]


# People and checks ------------------------------------------------------------------------------------------


def outbox_age(now: datetime) -> float:
    """For how long the oldest mail that will still be sent has waited."""
    waiting = Outbox.objects.filter(sent_at=None, next_action_at__isnull=False)
    return _age(now, waiting.aggregate(at=Min("created_at"))["at"])


def _told(now: datetime) -> list[Metric]:
    given_up = Outbox.objects.filter(sent_at=None, next_action_at=None).aggregate(
        n=Count("pk"), t=Sum("tries")
    )
    return [
        _gauge("outbox_age", "Seconds that the oldest waiting mail has waited.", outbox_age(now)),
        _gauge(
            "outbox_given_up", "Mails that could not be sent for days.", given_up["n"] if given_up["t"] else 0
        ),
    ]


def _findings(now: datetime) -> list[Metric]:
    found = {row.key: row.ok for row in Finding.objects.all()}
    return [
        _gauge("hash_chain_ok", "1: the events fit together.", found.get(chains.KEY, True)),
        _gauge(
            "restore_guard_ok", "1: the database knows everything that was sent.", found.get(marks.KEY, True)
        ),
    ]
