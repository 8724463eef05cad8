"""What needs attention: every case that waits for a person, and one decision for many late posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from channels.models import Channel
from formats import schedule
from publishing import words
from publishing.core.states import Reason, State
from publishing.domain import late
from publishing.domain.late import Choice, Way
from publishing.pages.base import PublishingPage, Row
from publishing.pages.listing import tabs
from work import clock

PER_PAGE = 25
REASONS = frozenset(reason.value for reason in Reason)
FILTERS = ("campaign", "channel", "reason")
WAYS = (
    (Way.SPACED, "Send them, one after the other"),
    (Way.NEW_TIME, "Give them a new time"),
    (Way.DROP, "Leave them out"),
)


class AttentionPage(PublishingPage):
    template_name = "publishing/attention.html"
    page_title = "Needs attention"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        mine = self.publications()
        cases = mine.filter(state=State.ATTENTION).select_related("attention_opened_by")
        chosen = {name: self.request.GET.get(name, "") for name in FILTERS}
        page = Paginator(
            filtered(cases, chosen).order_by("attention_since", "due_at", "pk"), PER_PAGE
        ).get_page(self.request.GET.get("p"))
        may = policy.campaign_ids(user, policy.PUBLISH)
        rows = [case_row(p, may is None or p.campaign_id in may) for p in page]
        kept = urlencode({k: v for k, v in chosen.items() if v})
        return {
            **super().get_context_data(**kwargs),
            "tabs": tabs(mine, "attention"),
            "page": page,
            "rows": rows,
            "filters": choices(cases, chosen),
            "filtered": bool(kept),
            "kept": f"{kept}&" if kept else "",
            "may_settle": any(row["can_settle"] for row in rows),
            "ways": WAYS,
            "gaps": late.GAPS_MIN,
            "zone": timezone.get_current_timezone_name(),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        """One decision for the ticked late posts."""
        back = HttpResponseRedirect(
            f"{reverse('publishing:attention')}?{request.GET.urlencode()}".rstrip("?")
        )
        ticked = [pk for pk in request.POST.getlist("case") if is_uuid(pk)]
        rows = list(
            self.publications(policy.PUBLISH).filter(pk__in=ticked, state=State.ATTENTION, reason=Reason.LATE)
        )
        if not ticked:
            messages.warning(request, "Tick the posts that you want to decide about.")
            return back
        try:
            choice = choice_of(request.POST.get("way", ""), request.POST.get("wall", ""))
        except ValueError as error:
            messages.error(request, str(error))
            return back
        gap = timedelta(minutes=gap_of(request.POST.get("gap", "")))
        settled = late.settle(rows, lambda p: choice, gap=gap, by=request.user)
        say_settled(request, settled, gone=len(ticked) - len(rows))
        return back


def filtered(rows: Any, chosen: dict[str, str]) -> Any:
    if chosen["campaign"].isdigit():
        rows = rows.filter(campaign_id=chosen["campaign"])
    if chosen["channel"].isdigit():
        rows = rows.filter(channel_id=chosen["channel"])
    if chosen["reason"] in REASONS:
        rows = rows.filter(reason=chosen["reason"])
    return rows


def choices(cases: Any, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """The filters with what there is to choose, each with its number. Three queries."""
    plain = cases.select_related(None).order_by()
    campaigns = plain.values_list("campaign_id", "campaign__title").annotate(n=Count("pk"))
    channels = dict(plain.values_list("channel_id").annotate(n=Count("pk")))
    names = Channel.objects.filter(pk__in=channels)
    reasons = plain.values_list("reason").annotate(n=Count("pk"))
    return [
        _filter("campaign", "Campaign", chosen, [(str(pk), title, n) for pk, title, n in campaigns]),
        _filter("channel", "Channel", chosen, [(str(c.pk), str(c), channels[c.pk]) for c in names]),
        _filter(
            "reason",
            "Reason",
            chosen,
            [(r, words.REASON_WORDS[Reason(r)], n) for r, n in reasons if r in REASONS],
        ),
    ]


def _filter(name: str, label: str, chosen: dict[str, str], options: list[Any]) -> dict[str, Any]:
    ordered = sorted(options, key=lambda option: option[1].casefold())
    return {"name": name, "label": label, "value": chosen[name], "options": ordered}


def case_row(publication: Any, may: bool) -> dict[str, Any]:
    opened = publication.attention_opened_by
    return {
        "row": Row(publication),
        "publication": publication,
        "can_settle": may and publication.reason == Reason.LATE,
        "opened_by": (opened.get_full_name() or opened.get_username()) if opened else "",
    }


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def gap_of(text: str) -> int:
    minutes = int(text) if text.isdigit() else 0
    return minutes if minutes in late.GAPS_MIN else late.GAPS_MIN[1]


def choice_of(way: str, wall: str) -> Choice:
    """What a form asks for; its time is on the reader's clock. Raises ValueError with words for people."""
    if way not in {name.value for name, _ in WAYS}:
        raise ValueError("Choose what shall happen with them.")
    if way != Way.NEW_TIME:
        return Choice(Way(way))
    try:
        when = datetime.fromisoformat(wall).replace(tzinfo=None)
    except ValueError:
        raise ValueError("Give the new day and time.") from None
    at = schedule.resolve(when, timezone.get_current_timezone_name()).at
    if at <= clock.now():
        raise ValueError("That time has passed already.")
    return Choice(Way.NEW_TIME, at)


DONE = {
    Way.SPACED: ("goes out", "go out, one after the other"),
    Way.NEW_TIME: ("has a new time", "have a new time"),
    Way.DROP: ("is left out", "are left out"),
    Way.KEEP: ("still waits for a decision", "still wait for a decision"),
}


def say_settled(request: HttpRequest, settled: late.Settled, *, gone: int = 0) -> None:
    said = [f"{n} {DONE[way][n != 1]}" for way, n in settled.counts.items() if n]
    if said:
        messages.success(request, f"{'; '.join(said)}.")
    for line in late.titles(settled.refused)[:5]:
        messages.warning(request, line)
    left = gone + max(0, len(settled.refused) - 5)
    if left:
        messages.warning(request, f"{left} had been decided already and stay as they are.")
