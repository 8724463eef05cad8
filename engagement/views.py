"""The report pages. What they show is computed in ``reports``; who may see it is asked of ``access.policy``."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views import View
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.models import Page

from access import policy
from channels import rhythm
from channels.connectors.registry import CONNECTORS
from engagement import kinds
from engagement.core.catalogue import NETWORKS, definitions, lag_h
from engagement.core.measures import MEASURES
from engagement.core.metrics import METRICS
from engagement.reports import about, stories
from engagement.reports.filters import AGE_WORDS, BEGINNING, PERIODS, Filters, Frame
from engagement.reports.report import Report, account_name
from media import sheets
from work import clock

PER_PAGE = 30
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Numbers(WagtailAdminTemplateMixin, View):
    """A page for people who may read numbers somewhere."""

    header_icon = "history"
    crumb = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.REPORT)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [*super().get_breadcrumbs_items(), {"url": reverse("engagement:index"), "label": "Reports"}]
        return [*items, {"url": "", "label": self.crumb}] if self.crumb else items

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        return TemplateResponse(self.request, template, self.get_context_data(**context), status=status)


class Index(Numbers):
    page_title = "Reports"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("engagement/index.html", kinds=kinds.KINDS)


class Meanings(Numbers):
    """The catalogue: each metric, its unit, and what each network means by it."""

    page_title = crumb = "What the numbers mean"
    header_icon = "help"

    def get(self, request: HttpRequest) -> HttpResponse:
        labels = {platform: CONNECTORS[platform].label for platform in NETWORKS}
        told = [
            (
                m,
                [(labels[p], d, lag_h(p, m.name)) for p, d in definitions(m.name, NETWORKS) if d is not None],
            )
            for m in METRICS
        ]
        networks = [(labels[platform], network) for platform, network in NETWORKS.items()]
        return self.page("engagement/meanings.html", told=told, networks=networks)


class Stories(Numbers):
    page_title = crumb = "Stories across platforms"

    def get(self, request: HttpRequest) -> HttpResponse:
        search = request.GET.get("q", "").strip()[:200]
        filters = Filters.of(request.GET)
        first, _ = filters.days(clock.now().date())
        since = None if first == BEGINNING else datetime.combine(first, time(), tzinfo=UTC)
        found = Paginator(stories.stories_with_numbers(request.user, search, since), PER_PAGE)
        here = urlencode({name: text for name, text in (("q", search), ("period", filters.period)) if text})
        return self.page(
            "engagement/stories.html",
            page=found.get_page(request.GET.get("p")),
            search=search,
            periods=PERIODS.items(),
            period=filters.period,
            here=here,
        )


class Answer(Numbers):
    """One report as a page, for paper, or as a file: all of the same address."""

    def answer(self, report: Report, query: dict[str, str], file: str = "", **context: Any) -> HttpResponse:
        here = urlencode(query)
        kind = self.request.GET.get("export", "")
        if kind in FILES and not report.empty:
            return as_file(report, kind, file or slugify(report.title))
        context |= {"report": report, "here": here, "charts": [chart.as_data() for chart in report.charts]}
        if self.request.GET.get("paper"):
            return TemplateResponse(
                self.request,
                "engagement/paper.html",
                {
                    **context,
                    "back": f"{self.request.path}?{here}",
                    "zone": timezone.get_current_timezone_name(),
                },
            )
        return self.page("engagement/report.html", **context)


class Story(Answer):
    """One story across platforms."""

    def get(self, request: HttpRequest, story_id: int) -> HttpResponse:
        story = get_object_or_404(Page, pk=story_id).specific
        policy.require(request.user, policy.REPORT, story)
        choice = request.GET.get("age", stories.SAME)
        choice = choice if choice in stories.CHOICES else stories.SAME
        self.page_title = self.crumb = story.title
        report = stories.report(story, choice, clock.now())
        fields = [_select("age", "Compare", stories.CHOICES.items(), choice)]
        return self.answer(report, {"age": choice}, slugify(f"{story.title[:100]} {choice}"), fields=fields)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        *items, last = super().get_breadcrumbs_items()
        return [*items, {"url": reverse("engagement:stories"), "label": "Stories across platforms"}, last]


class ReportPage(Answer):
    """One of ``kinds.KINDS``."""

    kind: kinds.Kind = None  # type: ignore[assignment]  # given by as_view

    def get(self, request: HttpRequest) -> HttpResponse:
        self.page_title = self.crumb = self.kind.title
        asked = {name: value for name, value in request.GET.items() if self._has(name)}
        frame = Frame.of(request.user, Filters.of(asked), clock.now())
        report = self.kind.report(frame)
        query = frame.filters.as_query()
        context = {"fields": fields_of(self.kind, frame, report), "kind": self.kind, "frame": frame}
        campaign = report.extra.get("campaign")
        context["sets_goals"] = campaign and policy.can(request.user, policy.GOALS, campaign)
        context["takes_slots"] = frame.channel and policy.can(request.user, policy.CHANNELS, frame.channel)
        context["imports_clicks"] = self.kind.slug == "clicks" and policy.can(request.user, policy.GOALS)
        name = about.file_name(report.title, frame, self.kind.filters)
        return self.answer(report, query, name, **context)

    def _has(self, name: str) -> bool:
        return name in self.kind.filters or (name in ("from", "to") and "period" in self.kind.filters)


class TakeSlots(Numbers):
    """Hours of the heat map become slots of an account. Those who connect accounts decide, as on its own page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        frame = Frame.of(request.user, Filters.of(request.POST), clock.now())
        back = f"{reverse('engagement:hours')}?{urlencode(frame.filters.as_query())}"
        if frame.channel is None:
            messages.error(request, "Choose one account first: slots belong to an account.")
            return HttpResponseRedirect(back)
        policy.require(request.user, policy.CHANNELS, frame.channel)
        wanted = {slot for text in request.POST.getlist("slot") if (slot := _slot(text))}
        if not wanted:
            messages.warning(request, "Tick at least one hour.")
            return HttpResponseRedirect(back)
        added = rhythm.add(frame.channel, wanted, by=request.user)
        words = f"{added} slot{'' if added == 1 else 's'} added" if added else "They were there already"
        messages.success(request, f"{frame.channel.handle}: {words}. The calendar offers them from now on.")
        return HttpResponseRedirect(back)


def _slot(text: str) -> rhythm.Slot | None:
    day, _, hour = text.partition("-")
    if day in "0123456" and len(day) == 1 and hour.isdecimal() and len(hour) < 3 and int(hour) < 24:
        return int(day), time(int(hour))
    return None


# The form of filters ----------------------------------------------------------------------------------------------
def fields_of(kind: kinds.Kind, frame: Frame, report: Report) -> list[dict[str, Any]]:
    """The fields as the template draws them. A chosen value stays there, so that it is seen and can be taken back."""
    chosen = frame.filters
    found = []
    for name in kind.filters:
        every = [] if kind.one == name else [("", "All")]
        match name:
            case "campaign" if len(frame.campaigns) > 1:
                pairs = [(pk, page.title) for pk, page in frame.campaigns.items()]
                found.append(_select(name, "Campaign", [*every, *pairs], chosen.campaign))
            case "channel":
                pairs = [(c.pk, f"{account_name(c)}, {c.platform}") for c in frame.offered_channels()]
                found.append(_select(name, "Account", [*every, *pairs], chosen.channel))
            case "platform":
                found.append(_select(name, "Platform", [*every, *frame.offered_platforms()], chosen.platform))
            case "format":
                found.append(_select(name, "Format", [*every, *frame.offered_formats()], chosen.format))
            case "language":
                found.append(_select(name, "Language", [*every, *frame.offered_languages()], chosen.language))
            case "tag":
                found.append({"name": name, "label": "Hashtag", "type": "text", "value": chosen.tag})
            case "period":
                found.append(_select(name, "Period", PERIODS.items(), chosen.period))
                for key, label, value in (("from", "or from", chosen.first), ("to", "to", chosen.last)):
                    text = value.isoformat() if value else ""
                    found.append({"name": key, "label": label, "type": "date", "value": text})
            case "age":
                found.append(_select(name, "At the age of", AGE_WORDS.items(), chosen.age))
            case "by":
                pairs = [("", "What most of them tell"), *((m.code, m.label) for m in MEASURES.values())]
                found.append(_select(name, "Compare by", pairs, chosen.by))
            case "step":
                found.append(_select(name, "Step", [("day", "Days"), ("week", "Weeks")], chosen.step))
    return found


def _select(name: str, label: str, pairs: Any, chosen: Any) -> dict[str, Any]:
    options = [(str(value), words) for value, words in pairs]
    value = "" if chosen is None else str(chosen)
    if value and value not in dict(options):
        options.append((value, f"{value} (nothing of it here)"))
    return {"name": name, "label": label, "type": "select", "options": options, "value": value}


# Files ------------------------------------------------------------------------------------------------------------
def as_file(report: Report, kind: str, name: str) -> HttpResponse:
    """CSV holds one table after the other and then the words; XLSX has a sheet for each, and one with the words."""
    name = f"{name or 'report'}.{kind}"
    if kind == "csv":
        rows: list[Any] = []
        for table in report.tables:
            rows += [[], [table.title]] if rows else ([[table.title]] if len(report.tables) > 1 else [])
            rows += table.as_rows()
        rows += [[], *([line] for line in report.words)]
        content = sheets.to_csv(rows)
    else:
        book = {
            "About": [[line] for line in report.words],
            **{table.title: table.as_rows() for table in report.tables},
        }
        content = sheets.to_book(book)
    return HttpResponse(
        content, content_type=FILES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
