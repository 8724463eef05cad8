"""Every publication, by state."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from publishing.core.states import State
from publishing.pages.base import PublishingPage, Row

PER_PAGE = 50
TABS = (
    ("", "All", ()),
    ("attention", "Needs a decision", (State.ATTENTION,)),
    ("scheduled", "Scheduled", (State.SCHEDULED,)),
    ("sending", "Being sent", (State.RUNNING, State.WAITING, State.IN_DOUBT)),
    ("published", "Published", (State.PUBLISHED,)),
    ("over", "Failed or cancelled", (State.FAILED, State.CANCELLED)),
)


def tabs(rows: Any, current: str) -> list[dict[str, Any]]:
    """The states as links with their numbers; one query."""
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    index = reverse("publishing:index")
    return [
        {
            "url": reverse("publishing:attention") if name == "attention" else f"{index}?tab={name}",
            "label": label,
            "count": sum(counts.get(s.value, 0) for s in states) if states else sum(counts.values()),
            "current": name == current,
        }
        for name, label, states in TABS
    ]


class Index(PublishingPage):
    template_name = "publishing/index.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("tab") == "attention":
            return redirect("publishing:attention")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tab = self.request.GET.get("tab", "")
        if tab not in {name for name, _, _ in TABS}:
            tab = ""
        rows = self.publications()
        states = next(states for name, _, states in TABS if name == tab)
        chosen = rows.filter(state__in=states) if states else rows
        order = "due_at" if tab in ("scheduled", "sending") else "-due_at"
        page = Paginator(chosen.order_by(order, "pk"), PER_PAGE).get_page(self.request.GET.get("p"))
        return {
            **super().get_context_data(**kwargs),
            "tabs": tabs(rows, tab),
            "tab": tab,
            "page": page,
            "rows": [Row(publication) for publication in page],
        }
