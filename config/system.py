"""The System page for administrators: is everything that works in the background well, and what should I do if not?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from channels.models import Channel
from config import health
from publishing import chains, marks, metrics
from publishing.models import Breaker
from work import clock, heartbeat
from work.models import Finding, Outbox, PeriodicJob, Worker

SHOWN_WORKERS = timedelta(days=1)
LATE_JOB = timedelta(minutes=5)

JOB_WORDS = {
    "approval dates": "Remind of approvals that are due, and end requests whose time has passed",
    "chains of events": "Check the chains of events",
    "choices that were never saved": "Forget pictures and passages that were chosen and never saved",
    "community.pulls": "Order the reading of what people say, where it is missing",
    "community.retention": "Empty conversations whose time is over",
    "community.watch": "Tell of answers that are due or overdue",
    "community.waves": "Notice many messages alike within an hour",
    "claims that expire soon": "Tell of claims that expire soon",
    "days of another zone": "Count the days of numbers anew where a campaign’s time zone was changed",
    "followers": "Count the followers of each account",
    "media.cleaning": "Clear renders that nothing uses any more",
    "morning mails": "Send each person's morning mail",
    "old numbers": "Let old answers of networks go, and keep the last number of each day",
    "old notices and mails": "Delete old notices and mails",
    "old webhook hints": "Delete what networks told us long ago",
    "posts held back by claims": "Tell of posts that an expired claim holds back",
    "publishing.reminders": "Remind people of posts that wait for them",
    "publishing.sweep": "Find posts that nobody works on or knows of",
    "publishing.zones": "Work times out again when a time zone's rules change",
    "restored posts": "Look up posts after a restore",
    "tries with links": "Forget wrong tries with links for approvers outside",
}


@dataclass(frozen=True)
class Line:
    """One thing that is well or not, with what it says."""

    name: str
    ok: bool
    words: str

    @property
    def mark(self) -> str:
        return "Well" if self.ok else "Trouble"


class System(WagtailAdminTemplateMixin, TemplateView):
    template_name = "hustings/system.html"
    page_title = "System"
    header_icon = "cogs"
    _show_breadcrumbs = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        return {
            **super().get_context_data(**kwargs),
            "now": now,
            "troubles": list(health.troubles()),
            "lines": [_waiting(now), _broker(now), _mail(now), *_findings()],
            "workers": [_worker(row, now) for row in _recent_workers(now)],
            "jobs": [_job(row, now) for row in PeriodicJob.objects.order_by("name")],
            "breakers": _breakers(now),
            "budgets": [(_key(key), round(left)) for key, left in metrics.budgets(now)],
            "database": settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1],
            "version": heartbeat.version(),
        }


def _waiting(now: datetime) -> Line:
    waiting, oldest = metrics.due(now)
    count = waiting.get("publication", 0)
    words = (
        f"{count} due now, the oldest for {oldest:.0f} s."
        if count
        else "Nothing that is due waits for a worker."
    )
    return Line("Due publications", oldest <= health.DUE_S, words)


def _broker(now: datetime) -> Line:
    address = urlsplit(settings.BROKER_URL)
    name = f"{address.scheme}://{address.hostname or ''}"
    if address.scheme == "memory":
        return Line("Broker", True, "None needed: each worker finds its own work.")
    down = [worker.name for worker in metrics.live_workers(now) if worker.broker_down]
    if down:
        return Line(
            "Broker", False, f"{name} takes nothing from {len(down)} workers; they work without it meanwhile."
        )
    return Line("Broker", True, f"{name} takes nudges.")


def _mail(now: datetime) -> Line:
    age_s = metrics.outbox_age(now)
    tried = (
        Outbox.objects.filter(sent_at=None, next_action_at__isnull=False, tries__gt=0)
        .order_by("-tries")
        .first()
    )
    if tried is None:
        return Line("Mail", True, "No mail waits for a second try.")
    return Line(
        "Mail", age_s < 600, f"The oldest mail waits for {_span(age_s)}. The server said: {tried.last_error}"
    )


def _findings() -> list[Line]:
    kept = {row.key: row for row in Finding.objects.filter(key__in=(chains.KEY, marks.KEY))}
    names = {chains.KEY: "Chains of events", marks.KEY: "Restore guard"}
    fine = {
        chains.KEY: "Every event fits the one before it.",
        marks.KEY: "The database knows everything that was sent.",
    }
    lines = []
    for key, name in names.items():
        row = kept.get(key)
        words = "Not checked yet." if row is None else (row.words or fine[key])
        lines.append(Line(name, row is None or row.ok, words))
    return lines


def _recent_workers(now: datetime) -> Any:
    return Worker.objects.filter(seen_at__gte=now - SHOWN_WORKERS).order_by("-seen_at")[:50]


def _worker(row: Worker, now: datetime) -> dict[str, Any]:
    age = (now - row.seen_at).total_seconds()
    if row.stopped_at:
        state, ok = "Stopped", True
    elif age > heartbeat.DEAD_AFTER_S:
        state, ok = "Silent", False
    elif row.holds:
        state, ok = f"Claims nothing: {row.holds}", False
    else:
        state, ok = "Works", abs(row.skew_s) <= heartbeat.SKEW_WARN_S
    return {"row": row, "state": state, "ok": ok, "seen": _span(age), "skew": f"{row.skew_s:+.1f} s"}


def _job(row: PeriodicJob, now: datetime) -> dict[str, Any]:
    late = row.next_action_at is not None and now - row.next_action_at > LATE_JOB
    name = JOB_WORDS.get(row.name, row.name[:1].upper() + row.name[1:])
    return {"row": row, "name": name, "ok": not late and not row.last_error, "late": late}


def _breakers(now: datetime) -> list[dict[str, Any]]:
    rows = Breaker.objects.filter(open_until__gt=now).order_by("key")
    return [{"name": _key(row.key), "until": row.open_until, "tripped": row.tripped} for row in rows]


def _key(key: str) -> str:
    """A key of ours in words: “channel:12” → the channel's handle."""
    of, _, rest = key.partition(":")
    channel_id = rest if of == "channel" else [*rest.split(":"), "", ""][1]
    if channel_id.isdigit() and (channel := Channel.objects.filter(pk=channel_id).first()):
        return f"{channel.handle} on {channel.platform}" + (f" ({of})" if of != "channel" else "")
    return key.replace(":", " ")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
