"""The report pages. What they show is computed in ``reports``; who may see it is asked of ``access.policy``."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from wagtail.models import Page

from access import policy
from engagement import export, reports
from engagement.core.metrics import METRICS

PER_PAGE = 30
CHART_METRICS = ("impressions", "reach", "views", "likes", "comments", "shares", "saves", "clicks")


def index(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, policy.REPORT)
    search = request.GET.get("q", "").strip()
    pages = Paginator(reports.stories_with_numbers(request.user, search), PER_PAGE)
    context = {
        **_chrome("Platforms compared", [{"url": "", "label": "Platforms compared"}]),
        "page": pages.get_page(request.GET.get("p")),
        "search": search,
    }
    return TemplateResponse(request, "engagement/index.html", context)


def story(request: HttpRequest, story_id: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=story_id)
    specific = page.specific
    policy.require(request.user, policy.REPORT, page)
    choice = request.GET.get("age", "same")
    report = reports.story_report(specific, choice if choice in reports.AGES else "same")
    if (kind := request.GET.get("export")) in {"csv", "xlsx"}:
        return _file(report, kind)
    crumbs = [
        {"url": reverse("engagement:index"), "label": "Platforms compared"},
        {"url": "", "label": specific.title},
    ]
    context = {
        **_chrome(specific.title, crumbs),
        "report": report,
        "ages": [(key, label) for key, (label, _) in reports.AGES.items()],
        "sentences": reports.sentences(report),
        "chart": _chart(report),
        "metrics": METRICS,
        "report_path": request.path,
    }
    return TemplateResponse(request, "engagement/story.html", context)


def _chrome(title: str, crumbs: list[dict[str, str]]) -> dict[str, Any]:
    """What Wagtail's generic page needs around ours."""
    home = {"url": reverse("wagtailadmin_home"), "label": "Home"}
    return {
        "page_title": title,
        "header_title": title,
        "header_icon": "history",
        "breadcrumbs_items": [home, *crumbs],
        "_show_breadcrumbs": True,
    }


def _chart(report: reports.StoryReport) -> dict[str, Any]:
    """Per metric one bar for each publication; null where a network does not tell. Best-known metrics first."""
    shown = [m for m in report.metrics if m.name in CHART_METRICS]
    shown.sort(key=lambda m: -report.coverage[m.name][0])
    return {
        "metrics": [{"name": m.name, "label": m.label} for m in shown],
        "series": [
            {
                "label": r.name,
                "platform": r.publication.channel.platform,
                "values": [r.values[m.name] for m in shown],
            }
            for r in report.rows
            if r.reading
        ],
    }


def _file(report: reports.StoryReport, kind: str) -> HttpResponse:
    heading, rows = export.table(report)
    if kind == "csv":
        content, mime = export.as_csv(heading, rows), "text/csv; charset=utf-8"
    else:
        content = export.as_xlsx(report.story.title, heading, rows)
        mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"platforms-{slugify(report.story.title) or report.story.pk}.{kind}"
    return HttpResponse(
        content, content_type=mime, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
